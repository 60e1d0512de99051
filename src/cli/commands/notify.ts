import { AgentError } from '../../domain/errors.ts';
import { testNotification } from '../../domain/notification.ts';
import { NOTIFICATION_STATUSES } from '../../domain/notification-tries.ts';
import type { ListedNotification } from '../../ports/outbox.ts';
import type { Delivery } from '../../ports/notifier.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { shortId } from '../find-recommendation.ts';
import type { JsonOption } from '../json-option.ts';
import { knownStatuses, printRows } from '../listing.ts';
import { DEFAULT_ROWS } from '../option-values.ts';
import { plain } from '../output.ts';
import { newRunId } from '../run-id.ts';
import type { Cell, Column } from '../table.ts';
import { timeText } from '../wording.ts';

export interface NotifyTestOptions extends JsonOption {
  readonly channel?: readonly string[];
}

export interface NotifyListOptions extends JsonOption {
  readonly status?: readonly string[];
  readonly limit?: number;
}

const COLUMNS: readonly Column[] = [
  { title: 'KIND' },
  { title: 'SUBJECT' },
  { title: 'CHANNEL', maxLength: 24 },
  { title: 'REMINDER', align: 'right' },
  { title: 'STATUS' },
  { title: 'TRIES', align: 'right' },
  { title: 'CREATED' },
  { title: 'NEXT' },
  { title: 'LAST ERROR', maxLength: 60 },
];

/** What people were told, and are still to be told. */
export async function list(context: CliContext, options: NotifyListOptions): Promise<number> {
  const statuses = knownStatuses(options.status, NOTIFICATION_STATUSES, 'notification');
  const rows = await (await context.outbox()).list({ statuses, limit: options.limit ?? DEFAULT_ROWS });
  return printRows(context, options, rows, { columns: COLUMNS, cells, none: 'No notifications.' });
}

function cells(row: ListedNotification): readonly Cell[] {
  const isOpen = row.status === 'pending' || row.status === 'sending';
  return [
    row.kind,
    shortId(row.subjectId),
    row.channel,
    row.reminder,
    row.status,
    row.attempt,
    timeText(row.createdTimestamp),
    timeText(isOpen ? row.nextAttemptTimestamp : null),
    row.lastError,
  ];
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
  if (delivery.kind === 'delivered') return `✓ ${channel}: delivered`;
  return `✗ ${channel}: ${delivery.kind === 'partly' ? 'delivered, but ' : ''}${delivery.reason}`;
}
