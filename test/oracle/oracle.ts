import type { ComparedRow, FamilyRule, Reading, Rules, Severity, StandingOrder } from './history.ts';
import { accept, FUTURE_TOLERANCE_MS, type Good, isBeyond, look, peakOf, type Sight, type Sights } from './oracle-readings.ts';

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
  /** An episode that was over before the family's newest row began: it follows none and is followed by none. */
  readonly isBeside: boolean;
  /** False while an operator's decision waits for the agent to take it over. */
  readonly settled: boolean;
  readonly escalatedAt: number | null;
  readonly approvedAt: number | null;
  readonly deferUntil: number | null;
  /** The last word of the audit, where a run died before it could store it: of the question, or of an approval. */
  readonly announcedEnd: 'question' | 'approval' | null;
  /** An approval of it was put back in this cycle: one write takes a row one step, so that its end is the next one's. */
  readonly isBack: boolean;
  /** What the row was to become worse as, where a run died before it could store it. */
  readonly announcedAs: Pick<OracleRow, 'severity' | 'peakValue' | 'peakReadings' | 'firstDetected' | 'lastAccounted'> | null;
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

/** Of the readings from the beginning of the family's newest row on, and of those before. */
interface FamilySight {
  readonly family: FamilyRule;
  readonly live: Sight;
  readonly slice: Sight | null;
  readonly earlier: { readonly live: Sight; readonly slice: Sight | null };
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
  let isWhole = true;
  for (const family of rules.families)
    for (const equipment of equipments) {
      if (equipment === null) continue;
      const place = placeOfNewest(rows, equipment, family);
      const newest = rows[place] ?? null;
      const sight = sightOf(family, equipment, rows, window, end, surroundings);
      const stops = orders.filter(
        (order) => order.kind !== 'advisory' && order.equipment === equipment && (order.until === null || order.until > now),
      );
      const stoppedSince = stops.length === 0 ? null : Math.min(...stops.map(({ since }) => since));
      const past = new Past(rows.filter((row) => row.equipment === equipment && row.family === family.id));
      const { changed, next, leaves = false } = decide(newest, sight, stoppedSince, past, now);
      isWhole &&= !leaves;
      for (const [index, row] of rows.entries()) rows[index] = past.rowAs(row);
      if (changed) rows[place] = judgeApproval(changed, sight, rules, now);
      rows.splice(place, 0, ...past.beside.map((row) => ({ ...row, equipment, family: family.id })));
      made.push(...[...past.chained, ...next].map((row) => ({ ...row, equipment, family: family.id })));
    }
  const whole = [...rows, ...made].map((row) => (window.slice === null ? asAnnounced(row) : row));
  const spoken = whole.map((row) => (isUndecided(row) ? { ...row, announcedEnd: null, isBack: false } : row));
  // What was left is to be seen again, so that the watermark waits.
  return { rows: spoken, watermark: isWhole ? nextWatermark(window, end, rules, readings, now) : state.watermark };
}

function placeOfNewest(rows: readonly OracleRow[], equipment: string, family: FamilyRule): number {
  return rows.findLastIndex((row) => row.equipment === equipment && row.family === family.id && !row.isBeside);
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

/** Whether a violation is on a row's record, or is what the row is quiet about. Nobody saw what is worse than the row says. */
function isDealtWith(row: OracleRow, family: FamilyRule, { at, value }: Good): boolean {
  if (at < row.firstDetected || isWorse(family, value, row.severity)) return false;
  return at <= row.lastAccounted || (row.quietUntil !== null && at <= row.quietUntil);
}

function sightOf(
  family: FamilyRule,
  equipment: string,
  rows: readonly OracleRow[],
  window: Window,
  end: number | null,
  { readings, rules, now }: Surroundings,
): FamilySight {
  const goods = readings.flatMap((reading) => accept(reading, family.signal, now) ?? []).filter((good) => good.equipment === equipment);
  const ours = rows.filter((row) => row.equipment === equipment && row.family === family.id);
  const began = rows[placeOfNewest(rows, equipment, family)]?.firstDetected ?? -Infinity;
  const lookAt = (range: Range): Sights =>
    look(
      goods.filter(({ at }) => isIn(range, at)),
      family,
      (good) => !ours.some((row) => isDealtWith(row, family, good)),
      began,
    );
  const live = lookAt(window.live);
  const slice = window.slice && lookAt(window.slice);
  const isUnknown = live.since.newest === null || now - live.since.newest > rules.maxAge * 1000;
  return {
    family,
    live: live.since,
    slice: slice && slice.since,
    earlier: { live: live.earlier, slice: slice && slice.earlier },
    sliceEnd: end,
    condition: isUnknown ? 'unknown' : live.since.cleared ? 'cleared' : 'holds',
  };
}

/**
 * A slice ends early, right before the first reading of an episode that is not over at the slice's end and older than what is on record
 * or hot at its place by now, so that the next slice has all of it.
 */
function endOfPast(window: Window, rows: readonly OracleRow[], surroundings: Surroundings): number | null {
  const { watermark, slice } = window;
  if (slice === null) return null;
  let end = slice.upTo;
  const equipments = new Set(surroundings.readings.flatMap(({ equipment }) => equipment ?? []));
  for (const family of surroundings.rules.families)
    for (const equipment of equipments) {
      const newest = rows[placeOfNewest(rows, equipment, family)];
      const sight = sightOf(family, equipment, rows, window, null, surroundings);
      const isAllBefore = newest !== undefined && newest.firstDetected > slice.upTo;
      const seen = isAllBefore ? sight.earlier.slice : sight.slice;
      const isOfThePresent = newest && isOpen(newest) ? true : sight.live.raising.length === 0;
      const first = seen?.raising[0]?.at;
      if ((isOfThePresent && !isAllBefore) || first === undefined || seen?.cleared) continue;
      if (first > watermark + LEAST_ADVANCE_MS) end = Math.min(end, first - 1);
    }
  return end;
}

/** A rejection makes the family quiet; a deferral and an approval wait for what the readings say. */
function takeOver(row: OracleRow, rules: Rules, now: number): OracleRow {
  if (row.settled) return row;
  // Nobody approves what the audit says is over: asked again, and from then on it counts.
  if (row.status === 'approved' && row.announcedEnd === 'question')
    return { ...row, status: row.deferUntil === null ? 'pending' : 'deferred', settled: true, approvedAt: null, isBack: true };
  if (row.status === 'rejected') return { ...row, settled: true, quietUntil: now + rules.hold * 1000 };
  return row.status === 'deferred' ? { ...row, settled: true } : row;
}

interface Decided {
  /** The family's newest row as it will be. */
  readonly changed: OracleRow | null;
  /** What follows it, in order. */
  readonly next: readonly NewRow[];
  /** Whether violations wait for the next cycle. */
  readonly leaves?: boolean;
}
type NewRow = Omit<OracleRow, 'equipment' | 'family'>;

/** The rows of one equipment and family, and what violations make of them that are over. */
class Past {
  readonly beside: NewRow[] = [];
  readonly chained: NewRow[] = [];
  readonly #rows: readonly OracleRow[];
  readonly #corrected = new Map<OracleRow, OracleRow>();

  constructor(rows: readonly OracleRow[]) {
    this.#rows = rows;
  }

  rowAs(row: OracleRow): OracleRow {
    return this.#corrected.get(row) ?? row;
  }

  /** On the record of the ended row from which they were never clear; else on one of their own. */
  settle(seen: Sight, family: FamilyRule, isBeside: boolean): void {
    const alone = { ...newRow('withdrawn', family, seen.raising, lastOf(seen.raising)), isBeside };
    const [since, until] = seen.stretch ?? [Number.NaN, Number.NaN];
    const touching = this.#rows.filter((row) => !isOpen(row) && row.firstDetected <= until && row.lastAccounted >= since);
    const [owner] = touching.toSorted(
      (a, b) =>
        SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) ||
        b.lastAccounted - a.lastAccounted ||
        b.firstDetected - a.firstDetected,
    );
    if (!owner || (isMoreSevere(alone.severity, owner.severity) && owner.status !== 'withdrawn')) {
      (isBeside ? this.beside : this.chained).push(alone);
      return;
    }
    const found = this.rowAs(owner);
    const { severity, peakValue, peakReadings } = isMoreSevere(alone.severity, found.severity) ? alone : found;
    const firstDetected = Math.min(found.firstDetected, alone.firstDetected);
    const lastAccounted = Math.max(found.lastAccounted, alone.lastAccounted);
    this.#corrected.set(owner, { ...found, severity, peakValue, peakReadings, firstDetected, lastAccounted });
  }
}

function decide(newest: OracleRow | null, sight: FamilySight, stoppedSince: number | null, past: Past, now: number): Decided {
  if (stoppedSince !== null) return stop(newest, sight, stoppedSince, past);
  if (!newest) return { changed: null, next: decideNew(sight, past) };
  const before = decideEarlier(newest, sight, past, now);
  const hasLater = sight.live.raising.length > 0 || (sight.slice?.raising.length ?? 0) > 0;
  // What is worse made another row of it: what goes on now is for the next cycle.
  if (before.isWorse) return { ...before, leaves: hasLater || before.leaves === true };
  const row = before.changed;
  if (isOpen(row)) return decideOpen(row, sight, now);
  const next = decideNew(sight, past);
  return { changed: past.rowAs(newest), next };
}

/** What is open ends, and nothing opens; what was over before the order came is history like any other. */
function stop(newest: OracleRow | null, sight: FamilySight, since: number, past: Past): Decided {
  const { family, earlier, sliceEnd } = sight;
  const settle = (seen: Sight | null, isBeside: boolean) => {
    if (seen && seen.raising.length > 0 && lastOf(seen.raising) < since) past.settle(seen, family, isBeside);
  };
  settle(unlessLeft(earlier.slice, sight), true);
  if (sliceEnd === null && earlier.live.cleared) settle(earlier.live, true);
  if (newest && isOpen(newest)) {
    if (newest.isBack) return { changed: newest, next: [] };
    const status = isUndecided(newest) ? 'withdrawn' : 'cancelled';
    return { changed: { ...newest, status, lastAccounted: seenAtEnd(newest, sight) }, next: [] };
  }
  settle(unlessLeft(sight.slice, sight), false);
  if (sliceEnd === null && sight.condition === 'cleared') settle(sight.live, false);
  return { changed: newest && past.rowAs(newest), next: [] };
}

function newRow(status: string, family: FamilyRule, raising: readonly Good[], lastAccounted: number): NewRow {
  const peak = peakOf(family, raising);
  return {
    status,
    severity: severityOf(family, peak[0]?.value ?? Number.NaN),
    isBeside: false,
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
    isBack: false,
    announcedAs: null,
  };
}

function lastOf(raising: readonly Good[]): number {
  return Math.max(...raising.map(({ at }) => at));
}

/** While there is a backlog, a row that began before the slice's end has dealt with what the slices have passed, and no more. */
function passed(began: number, at: number, { sliceEnd }: FamilySight): number {
  return sliceEnd !== null && began <= sliceEnd ? Math.min(at, sliceEnd) : at;
}

/** What a row stands for that ends although nothing cleared. */
function seenAtEnd(row: OracleRow, sight: FamilySight): number {
  const seen = [...sight.live.raising, ...(sight.slice?.raising ?? [])].map(({ at }) => passed(row.firstDetected, at, sight));
  return Math.max(row.lastAccounted, ...seen);
}

/** Nothing of a slice where all that it raises is left to the next one. */
function unlessLeft(slice: Sight | null, { sliceEnd }: FamilySight): Sight | null {
  return (slice?.raising[0]?.at ?? 0) > (sliceEnd ?? Infinity) ? null : slice;
}

interface Earlier extends Decided {
  readonly changed: OracleRow;
  readonly isWorse: boolean;
}

/**
 * Violations from before the row that no row has on record. What was on until an open row began is that row's, which began earlier, and may
 * have been worse than it says. All else is settled apart.
 */
function decideEarlier(row: OracleRow, sight: FamilySight, past: Past, now: number): Earlier {
  const { family, sliceEnd } = sight;
  // What lies before the live range has still to come in slices: whether it is another episode will be seen there.
  const live = sliceEnd !== null && sight.earlier.live.cleared ? null : sight.earlier.live;
  const slice = unlessLeft(sight.earlier.slice, sight);
  let changed = row;
  for (const seen of [slice, live]) {
    const first = seen?.raising[0]?.at;
    if (!seen || first === undefined) continue;
    // Where a slice ends before the row began, nobody knows whether it went on until then.
    const isUpToRow = !seen.cleared && (seen !== slice || sliceEnd === null || row.firstDetected <= sliceEnd);
    if (!isOpen(row) || !isUpToRow) {
      past.settle(seen, family, true);
      continue;
    }
    const worse = worsened(changed, seen, sight, now);
    if (worse?.changed) {
      const leaves = seen === slice && sight.earlier.live.newest !== null && isTold(sight.earlier.live);
      return { ...worse, changed: worse.changed, leaves, isWorse: true };
    }
    changed = { ...changed, firstDetected: Math.min(changed.firstDetected, first) };
  }
  return { changed, next: [], isWorse: false };
}

/** Whether the engine tells of a part that is older than the newest row: only where it raises. */
function isTold({ raising }: Sight): boolean {
  return raising.length > 0;
}

function decideNew(sight: FamilySight, past: Past): readonly NewRow[] {
  const { family, live, condition, sliceEnd } = sight;
  const slice = unlessLeft(sight.slice, sight);
  if (slice && slice.raising.length > 0) {
    if (!slice.cleared) return [newRow('pending', family, slice.raising, lastOf(slice.raising))];
    past.settle(slice, family, false);
  }
  const first = live.raising[0]?.at;
  if (first === undefined) return [];
  if (condition !== 'cleared') return [newRow('pending', family, live.raising, passed(first, lastOf(live.raising), sight))];
  // Over already: recorded as it was, but by the slices where they have still to come there.
  if (sliceEnd === null) past.settle(live, family, false);
  return [];
}

function worsened(row: OracleRow, seen: Sight | null, sight: FamilySight, now: number): Decided | null {
  const first = seen?.raising[0]?.at;
  if (!seen || first === undefined) return null;
  const last = lastOf(seen.raising);
  const found = newRow('pending', sight.family, seen.raising, passed(first, last, sight));
  if (!isMoreSevere(found.severity, row.severity)) return null;
  // What the slice showed before what is on now is the row's still.
  if (!isUndecided(row)) {
    const before = seen === sight.live ? (unlessLeft(sight.slice, sight)?.raising ?? []) : [];
    const lastAccounted = Math.max(row.lastAccounted, ...before.map(({ at }) => passed(row.firstDetected, at, sight)));
    return { changed: { ...row, status: 'cancelled', lastAccounted }, next: [found] };
  }
  const { equipment, family } = row;
  const firstDetected = Math.min(row.firstDetected, first);
  const lastAccounted = Math.max(row.lastAccounted, passed(row.firstDetected, last, sight));
  return { changed: { ...found, equipment, family, firstDetected, lastAccounted, escalatedAt: now }, next: [] };
}

/** What was not clear while the row was open is the row's. */
function withdrawn(row: OracleRow, seen: Sight): Decided | null {
  if (!isUndecided(row)) return null;
  if (row.isBack) return { changed: row, next: [] };
  return { changed: { ...row, status: 'withdrawn', lastAccounted: Math.max(row.lastAccounted, seen.lastUnclear ?? 0) }, next: [] };
}

function decideOpen(row: OracleRow, sight: FamilySight, now: number): Decided {
  const { live, condition, sliceEnd } = sight;
  const slice = unlessLeft(sight.slice, sight);
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
  // Approved is the ticket that the row shows; the one that the audit has since is another.
  const { announcedAs, settled } = row;
  if (!settled && announcedAs !== null && isMoreSevere(announcedAs.severity, row.severity))
    return { ...row, status: 'pending', settled: true, approvedAt: null, deferUntil: null };
  if (!row.settled && row.escalatedAt !== null && row.approvedAt < row.escalatedAt + ESCALATION_GRACE_MS)
    return { ...row, status: 'pending', settled: true, approvedAt: null, deferUntil: null };
  if (row.approvedAt + rules.approvalTtl * 1000 > now) return { ...row, settled: true };
  return expired(row, sight);
}

function expired(row: OracleRow, sight: FamilySight): OracleRow {
  return { ...row, status: 'expired', settled: true, lastAccounted: seenAtEnd(row, sight) };
}

/** A row whose escalation was announced is made whole, where all readings were seen and none of them did it. */
function asAnnounced(row: OracleRow): OracleRow {
  const { announcedAs } = row;
  if (announcedAs === null || !isOpen(row)) return row;
  const kept = { ...row, announcedAs: null };
  if (!isMoreSevere(announcedAs.severity, row.severity)) return kept;
  const { severity, peakValue, peakReadings, firstDetected, lastAccounted } = announcedAs;
  return { ...kept, severity, peakValue, peakReadings, firstDetected, lastAccounted };
}

/** What is left of a run that wrote its audit and nothing else: the ends that it told of. */
export function afterAudit(rows: readonly OracleRow[], wanted: readonly OracleRow[]): readonly OracleRow[] {
  // Rows may have been put beside others meanwhile; those of the chain keep their order.
  const chain = wanted.filter(({ isBeside }) => !isBeside);
  const places = rows.filter(({ isBeside }) => !isBeside);
  return rows.map((row) => {
    if (!isOpen(row)) return row;
    const told = chain[places.indexOf(row)];
    const announcedEnd = told?.status === 'withdrawn' ? 'question' : told && !isOpen(told) ? 'approval' : null;
    const isHigher = told && isOpen(told) && isMoreSevere(told.severity, row.severity);
    return { ...row, announcedEnd, announcedAs: isHigher ? told : null };
  });
}
