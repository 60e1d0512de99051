import type { Settings } from '../config/settings.ts';
import { SECOND_MS } from '../domain/instant.ts';
import { inTurn, isSuperseded, nextReminders, type OutboxRow, planNotifications, withoutContext } from '../domain/notification-plan.ts';
import { delayAfter, MOST_TRIES } from '../domain/notification-tries.ts';
import type { Log } from '../ports/log.ts';
import type { Delivery, Notifier } from '../ports/notifier.ts';
import type { Outbox, OutboxLook, TryRecord } from '../ports/outbox.ts';

export interface TellingPorts {
  readonly outbox: Outbox;
  readonly notifier: Notifier;
  readonly log: Log;
  /** A new id for each claim. */
  readonly newId: () => string;
}

/** What one round did. */
export interface TellingReport {
  readonly planned: number;
  readonly delivered: number;
  readonly failed: number;
  readonly superseded: number;
}

/** Beyond the sending: a claim ends no sooner than its results can be recorded. */
const CLAIM_MARGIN_SECONDS = 60;

type Failure = Extract<Delivery, { readonly kind: 'failed' }>;

const NOTHING: TellingReport = { planned: 0, delivered: 0, failed: 0, superseded: 0 };

/**
 * One round of telling people: after a cycle, when it has given its lease back, and never within one. One statement where there is nothing to do;
 * one more where something is planned, and three more where something is sent. Killed at any point it loses nothing: what was not recorded as
 * delivered is sent again, with the same id.
 * @param signal ends the sending; what was tried by then is recorded
 */
export async function tellPeople(ports: TellingPorts, settings: Settings, signal: AbortSignal): Promise<TellingReport> {
  const { agentId, notify, store } = settings;
  const look = await ports.outbox.look(agentId, store.leaseSeconds, notify.quietMinutes * 60);
  const planned = [
    ...planNotifications({ ...look, agentId, rules: notify.rules }),
    ...look.due.flatMap((row) => nextReminders(row, look.now)),
  ];
  const dealtWith = look.events.at(-1)?.chainSeq ?? look.dealtWith;
  if (planned.length > 0 || look.events.length > 0 || look.isNew) await ports.outbox.save(agentId, unique(planned), dealtWith, look.now);
  const due = dueNow(look, planned);
  if (due.length === 0 || signal.aborted) return { ...NOTHING, planned: planned.length };
  const claimId = ports.newId();
  const claimed = await ports.outbox.claim(
    claimId,
    due.map(({ notificationId }) => notificationId),
    notify.deliverySeconds + CLAIM_MARGIN_SECONDS,
  );
  const mine = due.filter(({ notificationId }) => claimed.has(notificationId));
  if (mine.length === 0) return { ...NOTHING, planned: planned.length };
  const superseded = new Set(look.due.filter(isSuperseded).map(({ notificationId }) => notificationId));
  const tries = await within(notify.deliverySeconds, signal, (until) => tryAll(ports, mine, superseded, until));
  await ports.outbox.record(claimId, tries);
  return reportOf(planned.length, tries);
}

function unique(rows: readonly OutboxRow[]): readonly OutboxRow[] {
  return [...new Map(rows.map((row) => [row.notificationId, row])).values()];
}

/** What was due, and what has just been planned for now. */
function dueNow({ due, now }: OutboxLook, planned: readonly OutboxRow[]): readonly OutboxRow[] {
  const known = new Set(due.map(({ notificationId }) => notificationId));
  return [...due.map(withoutContext), ...planned.filter((row) => row.nextAttemptTimestamp <= now && !known.has(row.notificationId))];
}

async function within<T>(seconds: number, signal: AbortSignal, work: (until: AbortSignal) => Promise<T>): Promise<T> {
  const ending = new AbortController();
  const end = () => ending.abort();
  const timer = setTimeout(end, seconds * SECOND_MS);
  signal.addEventListener('abort', end, { once: true });
  // It may have been given up while the rows were claimed: then no event comes any more.
  if (signal.aborted) end();
  try {
    return await work(ending.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

/** The channels side by side, each in its order: one that is slow keeps no other waiting. */
async function tryAll(
  ports: TellingPorts,
  rows: readonly OutboxRow[],
  superseded: ReadonlySet<string>,
  until: AbortSignal,
): Promise<readonly TryRecord[]> {
  const over = rows.filter(({ notificationId }) => superseded.has(notificationId));
  const byChannel = new Map<string, OutboxRow[]>();
  for (const row of rows) if (!superseded.has(row.notificationId)) byChannel.set(row.channel, [...(byChannel.get(row.channel) ?? []), row]);
  const tried = await Promise.all([...byChannel.values()].map((each) => tryChannel(ports, each, until)));
  return [...over.map((row) => untried(row, 'superseded')), ...tried.flat()];
}

async function tryChannel(ports: TellingPorts, rows: readonly OutboxRow[], until: AbortSignal): Promise<readonly TryRecord[]> {
  const records: TryRecord[] = [];
  let away: Failure | null = null;
  for (const row of inTurn(rows)) {
    if (until.aborted) {
      records.push(untried(row, 'pending'));
      continue;
    }
    // The others would only wait as long for the same answer: it counts for them as well, or what piles up would never be given up.
    const delivery: Delivery = away ?? (await ports.notifier.deliver(row.channel, { ...row, at: row.eventTimestamp }, until));
    const record = recordOf(row, delivery);
    if (away === null || record.status === 'given_up') tell(ports.log, row, record);
    records.push(record);
    if (delivery.kind === 'failed' && delivery.isAway) away = delivery;
  }
  return records;
}

function untried({ notificationId }: OutboxRow, status: 'pending' | 'superseded'): TryRecord {
  return { notificationId, status, isTried: false, waitSeconds: 0, lastError: null };
}

function recordOf({ notificationId, attempt }: OutboxRow, delivery: Delivery): TryRecord {
  const tries = attempt + 1;
  if (delivery.kind !== 'failed') {
    const lastError = delivery.kind === 'partly' ? delivery.reason : null;
    return { notificationId, status: 'delivered', isTried: true, waitSeconds: 0, lastError };
  }
  const status = tries >= MOST_TRIES ? 'given_up' : 'pending';
  const waitSeconds = delayAfter(tries, delivery.retryAfterSeconds);
  return { notificationId, status, isTried: true, waitSeconds, lastError: delivery.reason };
}

function tell(log: Log, { channel, message, reminder }: OutboxRow, { status, waitSeconds, lastError }: TryRecord): void {
  const what = `${reminder === 0 ? '' : `reminder ${reminder} of `}'${message.title}'`;
  if (status === 'delivered' && lastError !== null) log.warn(`NOTIFIED IN PART: ${channel} of ${what}, but ${lastError}`);
  else if (status === 'delivered') log.info(`✓ NOTIFIED: ${channel} of ${what}`);
  else if (status === 'given_up') log.error(`NOTIFICATION GIVEN UP: ${channel} was not told of ${what}: ${lastError ?? ''}`);
  else log.warn(`Not notified: ${channel} of ${what}: ${lastError ?? ''}; the next try is in ${waitSeconds} s`);
}

function reportOf(planned: number, tries: readonly TryRecord[]): TellingReport {
  const count = (of: (record: TryRecord) => boolean) => tries.filter(of).length;
  return {
    planned,
    delivered: count(({ status }) => status === 'delivered'),
    failed: count(({ isTried, status }) => isTried && status !== 'delivered'),
    superseded: count(({ status }) => status === 'superseded'),
  };
}
