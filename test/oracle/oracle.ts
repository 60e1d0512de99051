import type { ComparedRow, FamilyRule, Reading, Rules, Severity, StandingOrder } from './history.ts';
import { accept, FUTURE_TOLERANCE_MS, type Good, isBeyond, look, peakOf, type Sight } from './oracle-readings.ts';

const HOUR_MS = 3_600_000;
/** However much is on at a slice's end, the next one begins at least this much later. */
const LEAST_ADVANCE_MS = 15 * 60_000;
/** A plain-SQL approval this soon after an escalation approved what was there before it. */
const ESCALATION_GRACE_MS = 5000;
const SEVERITIES: readonly Severity[] = ['low', 'medium', 'high', 'critical'];

export interface OracleRow extends ComparedRow {
  readonly equipment: string;
  readonly family: string;
  readonly severity: Severity;
  /** False while an operator's decision waits for the agent to take it over. */
  readonly settled: boolean;
  readonly escalatedAt: number | null;
  readonly approvedAt: number | null;
  readonly deferUntil: number | null;
  /** The last word of the audit, where a run died before it could store it: of the question, or of an approval. */
  readonly announcedEnd: 'question' | 'approval' | null;
}

/** Everything that a cycle leaves to the next one. */
export interface OracleState {
  /** In the order in which they were made. */
  readonly rows: readonly OracleRow[];
  readonly watermark: number | null;
}

interface Range {
  readonly after: number;
  readonly upTo: number;
}

interface Window {
  readonly watermark: number;
  readonly live: Range;
  readonly slice: Range | null;
}

interface Surroundings {
  readonly rules: Rules;
  readonly readings: readonly Reading[];
  readonly orders: readonly StandingOrder[];
  readonly now: number;
}

interface FamilySight {
  readonly family: FamilyRule;
  readonly live: Sight;
  readonly slice: Sight | null;
  /** How much of the past this cycle is done with, while there is a backlog. */
  readonly sliceEnd: number | null;
  /** What the live range says: a newest reading that is too old says nothing. */
  readonly condition: 'holds' | 'cleared' | 'unknown';
}

/** One whole cycle, in memory and without a thought for speed. */
export function cycleOf(state: OracleState, surroundings: Surroundings): OracleState {
  const { rules, readings, orders, now } = surroundings;
  const window = windowOf(state.watermark, rules, now);
  const rows = state.rows.map((row) => takeOver(row, rules, now));
  const made: OracleRow[] = [];
  const end = endOfPast(window, rows, surroundings);
  const equipments = new Set([...readings.map(({ equipment }) => equipment), ...rows.map(({ equipment }) => equipment)]);
  for (const family of rules.families)
    for (const equipment of equipments) {
      if (equipment === null) continue;
      const place = rows.findLastIndex((row) => row.equipment === equipment && row.family === family.id);
      const newest = rows[place] ?? null;
      const sight = sightOf(family, equipment, newest, window, end, surroundings);
      const isStopped = orders.some(
        (order) => order.kind !== 'advisory' && order.equipment === equipment && (order.until === null || order.until > now),
      );
      const { changed, next, earlier = [] } = decide(newest, sight, isStopped, now);
      if (changed) rows[place] = judgeApproval(changed, sight, rules, now);
      rows.splice(place, 0, ...earlier.map((row) => ({ ...row, equipment, family: family.id })));
      made.push(...next.map((row) => ({ ...row, equipment, family: family.id })));
    }
  const spoken = [...rows, ...made].map((row) => (isUndecided(row) ? { ...row, announcedEnd: null } : row));
  return { rows: spoken, watermark: nextWatermark(window, end, rules, readings, now) };
}

function windowOf(stored: number | null, rules: Rules, now: number): Window {
  const delay = Math.max(...rules.families.map((family) => Math.max(family.onDelay, family.offDelay)));
  const overlap = (rules.lateness + delay) * 1000;
  const watermark = Math.min(stored ?? now - rules.firstLookback * 1000, now);
  const upTo = now + FUTURE_TOLERANCE_MS;
  const liveAfter = now - Math.max(overlap, rules.maxAge * 1000);
  // With no overlap at all the reading at the watermark itself is still to be seen.
  const behind = watermark - Math.max(overlap, 1);
  if (watermark + HOUR_MS >= liveAfter) return { watermark, live: { after: Math.min(behind, liveAfter), upTo }, slice: null };
  return { watermark, live: { after: liveAfter, upTo }, slice: { after: behind, upTo: watermark + HOUR_MS } };
}

function isIn(range: Range | null, at: number): boolean {
  return range !== null && at > range.after && at <= range.upTo;
}

function times(readings: readonly Reading[]): readonly number[] {
  return readings.flatMap(({ at }) => at ?? []);
}

function nextWatermark(
  { watermark, live, slice }: Window,
  end: number | null,
  rules: Rules,
  readings: readonly Reading[],
  now: number,
): number {
  const isAccepted = (reading: Reading) => rules.families.some(({ signal }) => accept(reading, signal, now) !== null);
  const accepted = times(readings.filter(isAccepted));
  let reached: number;
  if (slice === null) reached = Math.max(watermark, ...accepted.filter((at) => isIn(live, at)));
  else if (accepted.some((at) => at > watermark && isIn(slice, at))) reached = end ?? slice.upTo;
  else reached = Math.min(...times(readings).filter((at) => at > slice.upTo && at <= live.upTo));
  // No later reading at all: whatever is filled in afterwards is to be read in full.
  return Number.isFinite(reached) ? Math.max(watermark, Math.min(reached, now)) : watermark;
}

function isUndecided({ status }: OracleRow): boolean {
  return status === 'pending' || status === 'deferred';
}

function isOpen(row: OracleRow): boolean {
  return isUndecided(row) || row.status === 'approved';
}

/** The limit beyond which a reading is worse than `severity`. */
function isWorse(family: FamilyRule, value: number, severity: Severity): boolean {
  return family.bands.some((band) => isBeyond(family, value, band.limit) && isMoreSevere(band.severity, severity));
}

function isMoreSevere(a: Severity, b: Severity): boolean {
  return SEVERITIES.indexOf(a) > SEVERITIES.indexOf(b);
}

function severityOf(family: FamilyRule, value: number): Severity {
  const bands = family.bands.filter(({ limit }) => isBeyond(family, value, limit));
  return bands.reduce<Severity>((so, { severity }) => (isMoreSevere(severity, so) ? severity : so), 'low');
}

/** Whether a violation counts, given the newest row of its family. */
function countsAfter(newest: OracleRow | null, family: FamilyRule, { at, value }: Good): boolean {
  if (newest === null) return true;
  const worse = isWorse(family, value, newest.severity);
  if (worse && at >= newest.firstDetected) return true;
  const isLater = at > newest.lastAccounted;
  const isQuiet = newest.quietUntil !== null && at <= newest.quietUntil;
  return isLater && (!isQuiet || worse);
}

function sightOf(
  family: FamilyRule,
  equipment: string,
  newest: OracleRow | null,
  window: Window,
  end: number | null,
  { readings, rules, now }: Surroundings,
): FamilySight {
  const goods = readings.flatMap((reading) => accept(reading, family.signal, now) ?? []).filter((good) => good.equipment === equipment);
  const lookAt = (range: Range) =>
    look(
      goods.filter(({ at }) => isIn(range, at)),
      family,
      (good) => countsAfter(newest, family, good),
    );
  const live = lookAt(window.live);
  const isUnknown = live.newest === null || now - live.newest > rules.maxAge * 1000;
  return {
    family,
    live,
    slice: window.slice && lookAt(window.slice),
    sliceEnd: end,
    condition: isUnknown ? 'unknown' : live.cleared ? 'cleared' : 'holds',
  };
}

/**
 * A slice ends early, right before the first reading of an episode that is not over at the slice's end and older than what is open or hot
 * at its place by now, so that the next slice has all of it.
 */
function endOfPast(window: Window, rows: readonly OracleRow[], surroundings: Surroundings): number | null {
  const { watermark, slice } = window;
  if (slice === null) return null;
  let end = slice.upTo;
  const equipments = new Set(surroundings.readings.flatMap(({ equipment }) => equipment ?? []));
  for (const family of surroundings.rules.families)
    for (const equipment of equipments) {
      const newest = rows.findLast((row) => row.equipment === equipment && row.family === family.id) ?? null;
      const { slice: seen, live } = sightOf(family, equipment, newest, window, null, surroundings);
      const isOfThePresent = newest && isOpen(newest) ? newest.firstDetected <= slice.upTo : live.raising.length === 0;
      const first = seen?.raising[0]?.at;
      if (isOfThePresent || first === undefined || seen?.cleared) continue;
      if (first > watermark + LEAST_ADVANCE_MS) end = Math.min(end, first - 1);
    }
  return end;
}

/** A rejection makes the family quiet; a deferral and an approval wait for what the readings say. */
function takeOver(row: OracleRow, rules: Rules, now: number): OracleRow {
  if (row.settled) return row;
  // Nobody approves what the audit says is over: asked again, and from then on it counts.
  if (row.status === 'approved' && row.announcedEnd === 'question')
    return { ...row, status: row.deferUntil === null ? 'pending' : 'deferred', settled: true, approvedAt: null };
  if (row.status === 'rejected') return { ...row, settled: true, quietUntil: now + rules.hold * 1000 };
  return row.status === 'deferred' ? { ...row, settled: true } : row;
}

interface Decided {
  /** The family's newest row as it will be. */
  readonly changed: OracleRow | null;
  /** What follows it, in order. */
  readonly next: readonly NewRow[];
  /** What was over before it began. */
  readonly earlier?: readonly NewRow[];
}
type NewRow = Omit<OracleRow, 'equipment' | 'family'>;

function decide(newest: OracleRow | null, sight: FamilySight, isStopped: boolean, now: number): Decided {
  if (newest && isOpen(newest)) {
    if (!isStopped) return besideEarlier(newest, sight, now) ?? decideOpen(newest, sight, now);
    return { changed: { ...newest, status: isUndecided(newest) ? 'withdrawn' : 'cancelled' }, next: [] };
  }
  return { changed: newest, next: isStopped ? [] : decideNew(sight) };
}

function newRow(status: string, family: FamilyRule, raising: readonly Good[], lastAccounted: number): NewRow {
  const peak = peakOf(family, raising);
  return {
    status,
    severity: severityOf(family, peak[0]?.value ?? Number.NaN),
    firstDetected: raising[0]?.at ?? Number.NaN,
    lastAccounted,
    peakValue: peak[0]?.value ?? Number.NaN,
    peakReadings: peak.map(({ number }) => number),
    quietUntil: null,
    settled: true,
    escalatedAt: null,
    approvedAt: null,
    deferUntil: null,
    announcedEnd: null,
  };
}

function lastOf(raising: readonly Good[]): number {
  return Math.max(...raising.map(({ at }) => at));
}

/** While there is a backlog, only what the slices have passed is dealt with. */
function passed(at: number, { sliceEnd }: FamilySight): number {
  return Math.min(at, sliceEnd ?? at);
}

/** Nothing of the slice where all that it raises is left to the next one. */
function sliceToDecide({ slice, sliceEnd }: FamilySight): Sight | null {
  return (slice?.raising[0]?.at ?? 0) > (sliceEnd ?? Infinity) ? null : slice;
}

function decideNew(sight: FamilySight): readonly NewRow[] {
  const { family, live, condition, sliceEnd } = sight;
  const slice = sliceToDecide(sight);
  const past: NewRow[] = [];
  if (slice && slice.raising.length > 0) {
    if (!slice.cleared) return [newRow('pending', family, slice.raising, lastOf(slice.raising))];
    past.push(newRow('withdrawn', family, slice.raising, lastOf(slice.raising)));
  }
  if (live.raising.length === 0) return past;
  if (condition !== 'cleared') return [...past, newRow('pending', family, live.raising, passed(lastOf(live.raising), sight))];
  // Over already: recorded as it was, but by the slices where they have still to come there.
  return sliceEnd === null ? [newRow('withdrawn', family, live.raising, lastOf(live.raising))] : past;
}

function worsened(row: OracleRow, seen: Sight | null, sight: FamilySight, now: number): Decided | null {
  if (!seen || seen.raising.length === 0) return null;
  const lastAccounted = Math.max(row.lastAccounted, passed(lastOf(seen.raising), sight));
  const found = newRow('pending', sight.family, seen.raising, lastAccounted);
  if (!isMoreSevere(found.severity, row.severity)) return null;
  if (!isUndecided(row)) return { changed: { ...row, status: 'cancelled' }, next: [found] };
  const { equipment, family, firstDetected } = row;
  return { changed: { ...found, equipment, family, firstDetected, escalatedAt: now }, next: [] };
}

function withdrawn(row: OracleRow, seen: Sight): Decided | null {
  if (!isUndecided(row)) return null;
  return { changed: { ...row, status: 'withdrawn', lastAccounted: Math.max(row.lastAccounted, lastOf(seen.raising)) }, next: [] };
}

/** What a slice shows to have been over before the open row began is another episode, and says nothing about that row. */
function besideEarlier(row: OracleRow, sight: FamilySight, now: number): Decided | null {
  const { slice, family } = sight;
  if (!slice || slice.raising.length === 0 || !slice.cleared || (slice.clearSince ?? Infinity) > row.firstDetected) return null;
  const dealtWith = lastOf(slice.raising);
  const { changed, next } = decideOpen(row, { ...sight, slice: { ...slice, raising: [], cleared: false } }, now);
  const lastAccounted = Math.max(changed?.lastAccounted ?? 0, dealtWith);
  return { changed: changed && { ...changed, lastAccounted }, next, earlier: [newRow('withdrawn', family, slice.raising, dealtWith)] };
}

function decideOpen(row: OracleRow, sight: FamilySight, now: number): Decided {
  const { live, condition, sliceEnd } = sight;
  const slice = sliceToDecide(sight);
  // The past in its own order; it closes a row only where nothing shows that the condition holds now.
  const closes = slice !== null && slice.cleared && (slice.clearSince ?? 0) > row.firstDetected && condition !== 'holds';
  const decision =
    worsened(row, slice, sight, now) ??
    (closes ? withdrawn(row, slice) : null) ??
    worsened(row, live, sight, now) ??
    (condition === 'cleared' && sliceEnd === null ? withdrawn(row, live) : null);
  if (decision) return decision;
  const isDeferralOver = row.status === 'deferred' && (row.deferUntil ?? 0) <= now;
  return { changed: isDeferralOver ? { ...row, status: 'pending', deferUntil: null } : row, next: [] };
}

/** An approval that no plant takes up lives until its end; one of what was there before an escalation does not count. */
function judgeApproval(row: OracleRow, sight: FamilySight, rules: Rules, now: number): OracleRow {
  if (row.status !== 'approved' || row.approvedAt === null) return row;
  if (row.announcedEnd === 'approval') return expired(row, sight);
  if (!row.settled && row.escalatedAt !== null && row.approvedAt < row.escalatedAt + ESCALATION_GRACE_MS)
    return { ...row, status: 'pending', settled: true, approvedAt: null, deferUntil: null };
  if (row.approvedAt + rules.approvalTtl * 1000 > now) return { ...row, settled: true };
  return expired(row, sight);
}

function expired(row: OracleRow, sight: FamilySight): OracleRow {
  const seen = passed(lastOf(sight.live.raising), sight);
  return { ...row, status: 'expired', settled: true, lastAccounted: Math.max(row.lastAccounted, seen) };
}

/** What is left of a run that wrote its audit and nothing else: the ends that it told of. */
export function afterAudit(rows: readonly OracleRow[], wanted: readonly OracleRow[]): readonly OracleRow[] {
  return rows.map((row) => {
    if (!isOpen(row)) return row;
    const told = wanted.find(
      (other) => other.equipment === row.equipment && other.family === row.family && other.firstDetected === row.firstDetected,
    );
    const announcedEnd = told?.status === 'withdrawn' ? 'question' : told && !isOpen(told) ? 'approval' : null;
    return { ...row, announcedEnd };
  });
}
