import { HEARTBEAT_MAX_AGE_SECONDS, judgeHealth } from '../../domain/health.ts';
import { isoOf } from '../../domain/instant.ts';
import { signingOf } from '../../domain/row-signatures.ts';
import { inVainText } from '../../domain/notification-tries.ts';
import type { OutboxFigures } from '../../ports/outbox.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { JsonOption } from '../json-option.ts';
import { jsonRow } from '../json.ts';
import { plain } from '../output.ts';
import { signingText } from '../signing-text.ts';

export interface HealthOptions extends JsonOption {
  readonly maxAge?: number;
}

export async function run(context: CliContext, options: HealthOptions): Promise<number> {
  const settings = await context.settings();
  const store = await context.store();
  const { now, health } = await store.readHealth();
  const facts = await store.readSigning(settings.agentId);
  const signing = signingOf(facts);
  const undelivered = settings.notify.rules.length === 0 ? null : await (await context.outbox()).readFigures(settings.agentId);
  const also = [signingText(facts), undeliveredText(undelivered)].map((text) => (text === null ? '' : `; warning: ${text}`)).join('');
  const own = health.find((row) => row.agentId === settings.agentId);
  const verdict = judgeHealth(own, now, {
    maxAgeSeconds: options.maxAge ?? HEARTBEAT_MAX_AGE_SECONDS,
    feedMaxAgeSeconds: settings.source.maxAgeSeconds,
  });
  if (options.json)
    context.out.json({
      ...verdict,
      agent_id: settings.agentId,
      at: isoOf(now),
      signing,
      ...(undelivered && { notifications: jsonRow(undelivered) }),
      ...(own === undefined ? {} : jsonRow(own)),
    });
  else if (verdict.healthy) context.out.print(`healthy: agent ${settings.agentId}, heartbeat ${isoOf(own?.lastHeartbeat ?? now)}${also}`);
  else context.out.print(plain(`unhealthy: agent ${settings.agentId}: ${verdict.reasons.join('; ')}${also}`));
  return verdict.healthy ? EXIT.done : EXIT.unhealthy;
}

/** No reason for another verdict: the agent works, and what it says of itself has to agree with the alert, which looks at one table alone. */
function undeliveredText(figures: OutboxFigures | null): string | null {
  const text = inVainText(figures?.failing ?? 0);
  return text === null ? null : `${text}: ops-agent notify list`;
}
