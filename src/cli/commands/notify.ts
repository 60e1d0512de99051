import { AgentError } from '../../domain/errors.ts';
import { testNotification } from '../../domain/notification.ts';
import type { Delivery } from '../../ports/notifier.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { JsonOption } from '../json-option.ts';
import { plain } from '../output.ts';
import { newRunId } from '../run-id.ts';

export interface NotifyTestOptions extends JsonOption {
  readonly channel?: readonly string[];
}

/** Tells channels that they are being tested: what was not taken is said with its reason. The store is not asked. */
export async function test(context: CliContext, options: NotifyTestOptions): Promise<number> {
  const { agentId } = await context.settings();
  const notifier = await context.notifier();
  const names = chosen(notifier.channels, options.channel);
  const results = await Promise.all(
    names.map(async (channel) => {
      const notification = testNotification(newRunId(), agentId, Date.now());
      return { channel, notification, delivery: await notifier.deliver(channel, notification, context.interruption.signal) };
    }),
  );
  if (options.json)
    context.out.json(
      results.map(({ channel, notification, delivery }) => ({
        channel,
        notification_id: notification.notificationId,
        delivered: delivery.kind === 'delivered',
        reason: reasonOf(delivery),
      })),
    );
  else for (const { channel, delivery } of results) context.out.print(plain(lineOf(channel, delivery)));
  return results.every(({ delivery }) => delivery.kind === 'delivered') ? EXIT.done : EXIT.unavailable;
}

function chosen(known: readonly string[], asked: readonly string[] | undefined): readonly string[] {
  if (known.length === 0) throw new AgentError('usage', 'no channel is configured', 'give notify.channels, see docs/notifications.md');
  const unknown = asked?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new AgentError('usage', `there is no channel '${unknown}'`, `one of ${known.join(', ')}`);
  return asked === undefined ? known : [...new Set(asked)];
}

function reasonOf(delivery: Delivery): string | null {
  return delivery.kind === 'delivered' ? null : delivery.reason;
}

function lineOf(channel: string, delivery: Delivery): string {
  return delivery.kind === 'delivered' ? `✓ ${channel}: delivered` : `✗ ${channel}: ${delivery.reason}`;
}
