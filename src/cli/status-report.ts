import { counted } from '../domain/counted.ts';
import { type AgentHealth, isFeedSilent } from '../domain/health.ts';
import { isInForce, type Control } from '../domain/control.ts';
import { isoOf } from '../domain/instant.ts';
import { isAhead } from '../domain/known-time.ts';
import { SEVERITIES } from '../domain/severity.ts';
import type { StatusFigures } from '../ports/operator-store.ts';
import { ageText } from './wording.ts';

const RULE = '='.repeat(70);

/** The specification's report, line for line. */
export function statusReport(agentId: string, figures: StatusFigures): string {
  return [
    RULE,
    'AGENT STATUS REPORT',
    RULE,
    `Agent ID: ${agentId}`,
    `Timestamp: ${isoOf(figures.now)}`,
    `Total recommendations: ${figures.total}`,
    `Pending recommendations: ${figures.pending}`,
    `Commands executed: ${figures.commandsExecuted}`,
    RULE,
  ].join('\n');
}

/** What the report lacks to tell a quiet plant from an agent that sees nothing, and a queue from a flood. */
export function queueReport(
  figures: StatusFigures,
  health: AgentHealth | undefined,
  controls: readonly Control[],
  feedMaxAgeSeconds: number,
): readonly string[] {
  const { now } = figures;
  const { other } = figures.openBySeverity;
  const bySeverity = SEVERITIES.toReversed().map((severity) => `${severity} ${figures.openBySeverity[severity] ?? 0}`);
  if (other !== undefined) bySeverity.push(`other ${other}`);
  const open = Object.values(figures.openBySeverity).reduce((sum, count) => sum + count, 0);
  const oldest = figures.oldestOpenAt === null ? '' : `, oldest ${ageText(figures.oldestOpenAt, now)}`;
  const inForce = controls.filter((control) => isInForce(control, now));
  return [
    `Agent: ${agentText(health, now)}`,
    `Open: ${open} (${bySeverity.join(', ')})${oldest}`,
    `Created in the last 10 minutes: ${figures.createdLast10Minutes}`,
    `Open for more than 24 hours: ${figures.stale}`,
    `Feed: ${feedText(health, now, feedMaxAgeSeconds)}`,
    `Controls: ${inForce.length === 0 ? 'none' : inForce.map((control) => `${control.kind} (${control.scope}) by ${control.by}`).join(', ')}`,
  ];
}

function agoText(since: number, now: number): string {
  return isAhead(since, now) ? `at ${isoOf(since)}, which is still to come` : `${ageText(since, now)} ago`;
}

function agentText(health: AgentHealth | undefined, now: number): string {
  if (health === undefined || health.lastHeartbeat === null) return 'no cycle has run yet';
  const error = health.lastError === null ? '' : `, last error: ${health.lastError}`;
  return `${health.status ?? 'unknown'}, heartbeat ${agoText(health.lastHeartbeat, now)}, ${counted(health.pollsCompleted, 'poll')}${error}`;
}

function feedText(health: AgentHealth | undefined, now: number, maxAgeSeconds: number): string {
  const newest = health?.newestReadingTimestamp ?? null;
  if (health === undefined || newest === null) return 'no good reading has been seen yet';
  return `${isFeedSilent(health, now, maxAgeSeconds) ? 'SILENT, ' : ''}newest good reading ${agoText(newest, now)}`;
}
