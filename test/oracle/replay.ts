import type { RealAgent } from './agent.ts';
import {
  type Act,
  type Arrival,
  BEGINNING,
  type ComparedRow,
  type FamilyRows,
  type History,
  type Reading,
  type StandingOrder,
  type Step,
} from './history.ts';
import { afterAudit, cycleOf, type OracleRow, type OracleState } from './oracle.ts';

interface Plant {
  readings: Reading[];
  orders: StandingOrder[];
}

/** Plays a history to the agent and to the oracle alike. @returns what they disagree about first, or null */
export async function disagreementIn(history: History, agent: RealAgent): Promise<string | null> {
  const { rules, steps } = history;
  await agent.begin(rules);
  const plant: Plant = { readings: [], orders: [] };
  let state: OracleState = { rows: [], watermark: null };
  let now = BEGINNING;
  for (const [index, step] of steps.entries()) {
    now += step.wait * 1000;
    await agent.setClock(now);
    await arrive(step.arrivals, plant, now, agent);
    state = { ...state, rows: await act(step.act, state.rows, plant, now, agent) };
    const wanted = cycleOf(state, { rules, readings: plant.readings, orders: plant.orders, now });
    const stored = await agent.cycle(step.death);
    const kept = stored.audit ? afterAudit(state.rows, wanted.rows) : state.rows;
    state = { rows: stored.rows ? wanted.rows : kept, watermark: stored.watermark ? wanted.watermark : state.watermark };
    const found = differenceOf(state, await agent.chains(), await agent.watermark());
    if (found !== null) return `after cycle ${index + 1}: ${found}`;
  }
  return null;
}

async function arrive(arrivals: readonly Arrival[], plant: Plant, now: number, agent: RealAgent): Promise<void> {
  const readings = arrivals.map(({ equipment, ago, temperature, flow, status }, index) => ({
    number: plant.readings.length + index + 1,
    equipment,
    at: typeof ago === 'number' ? now - ago * 1000 : null,
    spelled: typeof ago === 'string' ? ago : null,
    status,
    temperature,
    flow,
  }));
  await agent.insert(readings);
  plant.readings = [...plant.readings, ...readings];
}

/** @returns the rows as the operator leaves them; the agent's tables are given the same */
async function act(
  what: Act | null,
  rows: readonly OracleRow[],
  plant: Plant,
  now: number,
  agent: RealAgent,
): Promise<readonly OracleRow[]> {
  if (what === null) return rows;
  if (what.kind === 'control' || what.kind === 'lift') {
    plant.orders = what.kind === 'lift' ? [] : withOrder(plant.orders, what, now);
    await agent.setOrders(plant.orders);
    return rows;
  }
  const place = rows.findIndex(({ status }) => status === 'pending' || status === 'deferred');
  const row = rows[place];
  if (!row) return rows;
  await agent.decide(what, row.equipment, row.family, now);
  return rows.with(place, decided(row, what, now));
}

function withOrder(orders: readonly StandingOrder[], { control, equipment, seconds }: Extract<Act, { kind: 'control' }>, now: number) {
  const others = orders.filter((order) => order.kind !== control || order.equipment !== equipment);
  return [...others, { kind: control, equipment, since: now, until: seconds === null ? null : now + seconds * 1000 }];
}

function decided(row: OracleRow, what: Exclude<Act, { kind: 'control' | 'lift' }>, now: number): OracleRow {
  switch (what.kind) {
    case 'reject':
      return { ...row, status: 'rejected', settled: false };
    case 'approve':
      return { ...row, status: 'approved', settled: false, approvedAt: now };
    case 'defer':
      return { ...row, status: 'deferred', settled: false, deferUntil: now + what.seconds * 1000 };
  }
}

function differenceOf(state: OracleState, found: ReadonlyMap<string, FamilyRows>, watermark: number | null): string | null {
  const wanted = new Map<string, FamilyRows>();
  for (const row of state.rows) {
    const key = `${row.equipment} ${row.family}`;
    const { chain = [], beside = [] } = wanted.get(key) ?? {};
    wanted.set(key, row.isBeside ? { chain, beside: [...beside, row] } : { chain: [...chain, row], beside });
  }
  for (const key of new Set([...wanted.keys(), ...found.keys()])) {
    const [theirs, ours] = [wanted.get(key), found.get(key)];
    const difference =
      differenceIn(`recommendation of ${key}`, theirs?.chain ?? [], ours?.chain ?? []) ??
      differenceIn(`earlier episode of ${key}`, inOrder(theirs?.beside), inOrder(ours?.beside));
    if (difference !== null) return difference;
  }
  return state.watermark === watermark ? null : `the watermark\n  oracle: ${moment(state.watermark)}\n  agent:  ${moment(watermark)}`;
}

/** What stands beside a chain has no order of its own. */
function inOrder(rows: readonly ComparedRow[] = []): readonly ComparedRow[] {
  return rows.toSorted((a, b) => a.firstDetected - b.firstDetected || a.severity.localeCompare(b.severity));
}

function differenceIn(what: string, theirs: readonly ComparedRow[], ours: readonly ComparedRow[]): string | null {
  for (let place = 0; place < Math.max(theirs.length, ours.length); place += 1) {
    const [oracle, agent] = [theirs[place], ours[place]];
    if (oracle && agent && isAlike(oracle, agent)) continue;
    return `${what}, number ${place + 1}\n  oracle: ${spelled(oracle)}\n  agent:  ${spelled(agent)}`;
  }
  return null;
}

function isAlike(oracle: ComparedRow, agent: ComparedRow): boolean {
  const isPeakOne = agent.peakReadings.every((number) => oracle.peakReadings.includes(number));
  return isPeakOne && spelled({ ...oracle, peakReadings: [] }) === spelled({ ...agent, peakReadings: [] });
}

function moment(at: number | null): string {
  return at === null ? 'none' : `${(at - BEGINNING) / 1000}s`;
}

function spelled(row: ComparedRow | undefined): string {
  if (!row) return 'none';
  const { status, severity, firstDetected, lastAccounted, peakValue, peakReadings, quietUntil } = row;
  const times = `first ${moment(firstDetected)}, accounted to ${moment(lastAccounted)}, quiet until ${moment(quietUntil)}`;
  return `${status} ${severity}, peak ${peakValue} (reading ${peakReadings.join(' or ')}), ${times}`;
}

/** A history as a person tells it: one line a reading, times in seconds since it began. */
export function tell({ rules, steps }: History): string {
  const lines = rules.families.map(
    ({ id, side, bands, deadband, onDelay, offDelay, clearReadings }) =>
      `${id} ${side} ${bands.map(({ limit, severity }) => `${limit} ${severity}`).join(', ')}; deadband ${deadband}, on-delay ${onDelay}s, off-delay ${offDelay}s, ${clearReadings} clear`,
  );
  const { lateness, maxAge, firstLookback, hold, approvalTtl } = rules;
  lines.push(`lateness ${lateness}s, max age ${maxAge}s, first look back ${firstLookback}s, hold ${hold}s, approvals live ${approvalTtl}s`);
  let now = 0;
  let number = 0;
  for (const [index, step] of steps.entries()) {
    now += step.wait;
    for (const arrival of step.arrivals) lines.push(`  reading ${(number += 1)}: ${toldArrival(arrival, now)}`);
    if (step.act) lines.push(`  operator: ${Object.values(step.act).join(' ')}`);
    lines.push(`cycle ${index + 1} at ${now}s${toldDeath(step)}`);
  }
  return lines.join('\n');
}

function toldArrival({ equipment, ago, temperature, flow, status }: Arrival, now: number): string {
  const at = typeof ago === 'number' ? `${now - ago}s` : `'${ago}'`;
  return `${equipment ?? 'null'} at ${at}: ${temperature ?? 'null'} °C, ${flow ?? 'null'} GPM, ${status ?? 'null'}`;
}

function toldDeath({ death }: Step): string {
  return death === null ? '' : `, killed ${death.when} statement ${death.statement}`;
}
