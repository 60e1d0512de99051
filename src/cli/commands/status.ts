import { isInForce } from '../../domain/control.ts';
import { isoOf, SECOND_MS } from '../../domain/instant.ts';
import { knownTime } from '../../domain/known-time.ts';
import type { AgentHealth } from '../../domain/health.ts';
import { judgeFlood } from '../../domain/queue.ts';
import { signingOf, type SigningFacts } from '../../domain/row-signatures.ts';
import type { StatusFigures } from '../../ports/operator-store.ts';
import type { OutboxFigures } from '../../ports/outbox.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { JsonOption } from '../json-option.ts';
import { jsonRow, jsonTree } from '../json.ts';
import { plain } from '../output.ts';
import { kpiLines, kpisJson } from '../queue-report.ts';
import { signingText } from '../signing-text.ts';
import { queueReport, statusReport } from '../status-report.ts';

export async function run(context: CliContext, options: JsonOption): Promise<number> {
  const { agentId, source, notify } = await context.settings();
  const store = await context.store();
  const figures = await store.readFigures();
  const { health } = await store.readHealth();
  const { controls } = await store.readControls();
  const own = health.find((row) => row.agentId === agentId);
  const { now, queue: facts } = await store.readQueue();
  const day = await store.readQueueDay();
  const flood = judgeFlood(facts, [], now);
  const signing = await store.readSigning(agentId);
  const undelivered = notify.rules.length === 0 ? null : await (await context.outbox()).readFigures(agentId);
  if (options.json) {
    const inForce = controls.filter((control) => isInForce(control, figures.now));
    context.out.json({
      ...statusJson(agentId, figures, own),
      signing: signingOf(signing),
      kpis: kpisJson(day, flood),
      controls: inForce.map(jsonRow),
      ...(undelivered && { notifications: jsonRow(undelivered) }),
    });
  } else {
    const queue = [
      ...queueReport(figures, own, controls, source.maxAgeSeconds),
      ...kpiLines(day, flood, now),
      ...signingLines(signing),
      ...notificationLines(undelivered),
    ].map(plain);
    context.out.print([statusReport(agentId, figures), ...queue].join('\n'));
  }
  return EXIT.done;
}

/** Nothing where nothing is wrong: the report has its lines for whoever compares two of them. */
function signingLines(signing: SigningFacts): readonly string[] {
  const text = signingText(signing);
  return text === null ? [] : [`Signing: STOPPED, ${text}`];
}

/** Nothing where nobody is to be told, for the same reason. */
function notificationLines(figures: OutboxFigures | null): readonly string[] {
  if (figures === null) return [];
  const { waiting, failing, givenUp } = figures;
  const look = failing + givenUp > 0 ? '; look at them with: ops-agent notify list' : '';
  const inVain = failing > 0 ? ` (${failing} tried in vain)` : '';
  return [`Notifications: ${waiting} waiting to be delivered${inVain}, ${givenUp} given up${look}`];
}

function statusJson(agentId: string, figures: StatusFigures, health: AgentHealth | undefined): Record<string, unknown> {
  const newest = knownTime(health?.newestReadingTimestamp ?? null, figures.now);
  return {
    agent_id: agentId,
    at: isoOf(figures.now),
    total_recommendations: figures.total,
    pending_recommendations: figures.pending,
    commands_executed: figures.commandsExecuted,
    open_by_severity: figures.openBySeverity,
    oldest_open_at: figures.oldestOpenAt === null ? null : isoOf(figures.oldestOpenAt),
    created_last_10_minutes: figures.createdLast10Minutes,
    stale: figures.stale,
    feed_age_s: newest === null ? null : (figures.now - newest) / SECOND_MS,
    agent: health === undefined ? null : jsonTree(health),
  };
}
