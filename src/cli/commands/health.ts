import { HEARTBEAT_MAX_AGE_SECONDS, judgeHealth } from '../../domain/health.ts';
import { isoOf } from '../../domain/instant.ts';
import { signingOf } from '../../domain/row-signatures.ts';
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
  const [signing, warning] = [signingOf(facts), signingText(facts)];
  const also = warning === null ? '' : `; warning: ${warning}`;
  const own = health.find((row) => row.agentId === settings.agentId);
  const verdict = judgeHealth(own, now, {
    maxAgeSeconds: options.maxAge ?? HEARTBEAT_MAX_AGE_SECONDS,
    feedMaxAgeSeconds: settings.source.maxAgeSeconds,
  });
  if (options.json)
    context.out.json({ ...verdict, agent_id: settings.agentId, at: isoOf(now), signing, ...(own === undefined ? {} : jsonRow(own)) });
  else if (verdict.healthy) context.out.print(`healthy: agent ${settings.agentId}, heartbeat ${isoOf(own?.lastHeartbeat ?? now)}${also}`);
  else context.out.print(plain(`unhealthy: agent ${settings.agentId}: ${verdict.reasons.join('; ')}${also}`));
  return verdict.healthy ? EXIT.done : EXIT.unhealthy;
}
