import { announcedIn, refuseReplayed } from '../domain/refuse-commands.ts';
import type { Settings } from '../config/settings.ts';
import { lookBackSeconds } from '../domain/detection-request.ts';
import { Draft } from '../domain/draft.ts';
import { AgentError } from '../domain/errors.ts';
import { type AgentHealth, isHeldBy } from '../domain/health.ts';
import { isoOf, SECOND_MS } from '../domain/instant.ts';
import { SIGNING_KEY_VARIABLE } from '../domain/key-ring.ts';
import { eventTime } from '../domain/known-time.ts';
import { otherOwner } from '../domain/ownership.ts';
import { settleOutsideChanges } from '../domain/outside-changes.ts';
import type { OpenWork } from '../ports/cycle-store.ts';
import type { Log } from '../ports/log.ts';
import { disbeliefBy, distrustBy } from '../domain/sensor-faults.ts';
import { Announcements } from './announcements.ts';
import { CycleClock } from './clock.ts';
import { sendableSeconds } from '../domain/policy.ts';
import { activeFamilies } from '../domain/rule-book.ts';
import { windowReachSeconds } from '../domain/window.ts';
import type { Cycle } from './cycle.ts';
import { pause } from './pause.ts';
import type { CycleOptions, CyclePorts } from './ports.ts';
import { type CycleReport, noteError } from './report.ts';
import { SituationIndex } from './situations.ts';
import { takeTablesOver } from './take-over.ts';

const WAIT_STEP_MS = 200;

/** Of the recommendations that end for their tickets; the history of each has the reason. */
const MOST_NAMED = 20;

const LACKS_KEY = `${SIGNING_KEY_VARIABLE} holds no key, and this store's audit is signed: tickets and commands made now bear no signature, and forged rows judge like true ones`;

/** Another run holds the lease, and may: not an error. */
export interface Skipped {
  readonly skipped: string;
}

/**
 * Takes the lease and reads everything that is open. Who holds the lease is read back: on a shared store only the row knows.
 * @throws AgentError usage when the tables belong to another agent, or cannot be taken over; not_set_up
 */
export async function begin(
  ports: CyclePorts,
  settings: Settings,
  signal: AbortSignal,
  options: CycleOptions,
  report: CycleReport,
): Promise<Cycle | Skipped> {
  const waitUntil = ports.monotonic() + options.waitSeconds * SECOND_MS;
  for (;;) {
    const attempt = await tryToHold(ports, settings, options);
    if (!('skipped' in attempt)) return beginCycle(ports, settings, signal, report, attempt);
    if (ports.monotonic() + WAIT_STEP_MS > waitUntil || signal.aborted) return attempt;
    await pause(WAIT_STEP_MS, signal);
  }
}

interface Held {
  readonly work: OpenWork;
  readonly health: AgentHealth;
  readonly sentAt: number;
  readonly clock: CycleClock;
}

async function tryToHold(ports: CyclePorts, settings: Settings, options: CycleOptions): Promise<Held | Skipped> {
  const { store, monotonic } = ports;
  const { agentId } = settings;
  const { runId } = options;
  const sentAt = monotonic();
  const taken = await store.takeLease({ agentId, runId, leaseSeconds: settings.store.leaseSeconds });
  if (!taken) return { skipped: 'another cycle holds the lease' };
  const askedAt = monotonic();
  const { rules, sensorFaults, source } = settings;
  const accountedSeconds = windowReachSeconds(source, activeFamilies(rules), lookBackSeconds(rules, sensorFaults));
  const work = await store.readOpenWork(agentId, settings.policy.approvalTtlSeconds, accountedSeconds);
  const clock = new CycleClock(work.now, askedAt, monotonic(), monotonic);
  const other = work.health.find((row) => row.agentId !== agentId);
  if (other) {
    if (!options.takeOver) throw otherOwner(other.agentId, agentId);
    await takeTablesOver(store, other, { run: { agentId, runId }, keys: settings.signingKeys }, clock.now());
    return tryToHold(ports, settings, { ...options, takeOver: false });
  }
  const health = work.health[0];
  if (!health) throw new AgentError('not_set_up', 'agent_health has no row', 'run: ops-agent setup');
  if (!isHeldBy(health, runId, store.holderId)) {
    const until = health.leaseExpires === null ? '' : ` until ${isoOf(health.leaseExpires)}`;
    return {
      skipped: `${health.leaseOwner === runId ? 'another process of ' : ''}run ${health.leaseOwner ?? 'nobody'} holds the lease${until}`,
    };
  }
  // As a number of ours it would be another one, and no write of this run would pass for the holder's.
  if (!Number.isSafeInteger(health.leaseEpoch))
    throw new AgentError(
      'not_set_up',
      `agent_health.lease_epoch is ${health.leaseEpoch}, which cannot be counted on`,
      'run: ops-agent sql "UPDATE agent_health SET lease_epoch = 0"',
    );
  return { work, health, sentAt, clock };
}

function beginCycle(ports: CyclePorts, settings: Settings, signal: AbortSignal, report: CycleReport, held: Held): Cycle {
  const { work, health, clock } = held;
  const lease = { agentId: settings.agentId, runId: report.runId, epoch: health.leaseEpoch };
  const draft = new Draft(lease, work.recommendations, work.commands);
  settleOutsideChanges(draft, work.recommendations, { ...work, policy: settings.policy });
  refuseReplayed(draft, work.commandEvents, work.now);
  report.startedAt = work.now;
  noteStrangers(report, work, ports.log);
  warnOf(work, ports.log);
  const holdMs = sendableSeconds(settings.store.leaseSeconds, settings.plant.timeoutSeconds) * SECOND_MS;
  // Counted from before the lease was asked for: a stalled process must not trust a lease that has run out meanwhile.
  const sendableMs = () => holdMs - (ports.monotonic() - held.sentAt);
  return {
    ports,
    settings,
    signal,
    report,
    lease,
    clock,
    eventsAt: () => eventTime(clock.now(), work.newestEventAt),
    health,
    families: work.families,
    followedCommands: work.followedCommands,
    announced: announcedIn(work.commandEvents),
    queue: work.queue,
    sessions: work.sessions,
    workOrders: work.workOrders,
    openedFor: work.openedFor,
    newestOrderAt: work.newestOrderAt,
    draft,
    announcements: new Announcements(),
    sendableMs,
    leaseRunsOut: () => sendableMs() < 0,
    controls: work.controls,
    recentWrites: work.recentWrites,
    situations: new SituationIndex(settings.rules, work.families, draft, []),
    distrust: distrustBy(work.workOrders),
    disbelief: disbeliefBy(work.workOrders),
    uncountedSessions: work.uncountedSessions,
    ...NOTHING_DONE_YET,
  };
}

const NOTHING_DONE_YET = {
  detected: null,
  verdicts: null,
  decided: 'none',
  recorded: false,
  hasOrders: false,
  counted: false,
  claims: [],
} as const;

function warnOf({ lacksKey, leftOut }: OpenWork, log: Log): void {
  if (lacksKey) log.warn(LACKS_KEY);
  if (leftOut.length > 0) log.warn(leftOutText(leftOut));
}

/** Nothing can be told of such rows, or written to them, and nobody but who made them knows what they are. */
function leftOutText(leftOut: OpenWork['leftOut']): string {
  const tables = leftOut.map(({ table, rows }) => `${table} ${rows}`).join(', ');
  return `Open rows are left out, because their ids are bytes and no texts (${tables}): end them by SQL, they are where typeof of the id is 'blob'`;
}

/** Two agents with different keys would end each other's recommendations for ever, and nobody could decide in time. */
function noteStrangers(report: CycleReport, { recommendations }: OpenWork, log: Log): void {
  const ids = recommendations.filter(({ isTicketUnsigned }) => isTicketUnsigned).map(({ recommendationId }) => recommendationId);
  const count = ids.length;
  if (count === 0) return;
  const which = count === 1 ? '1 recommendation ends because its ticket is' : `${count} recommendations end because their tickets are`;
  const what = `${which} not signed with a key of this agent`;
  const more = count > MOST_NAMED ? ` and ${count - MOST_NAMED} more` : '';
  log.error(`${what}: ${ids.slice(0, MOST_NAMED).join(', ')}${more}`);
  noteError(
    report,
    'begin',
    new AgentError('unauthorised', what, 'give every machine the same OPS_AGENT_SIGNING_KEY, older keys included'),
  );
}
