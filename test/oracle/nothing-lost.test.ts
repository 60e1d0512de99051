import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { asyncProperty, check } from 'fast-check';
import { RealAgent } from './agent.ts';
import * as detector from './detector.ts';
import { histories } from './histories.ts';
import {
  BEGINNING,
  type ComparedRow,
  type FamilyRule,
  type FamilyRows,
  type History,
  type Reading,
  type Rules,
  type Step,
} from './history.ts';
import { hot, ONE_FAMILY } from './one-family.ts';
import { accept, isBeyond } from './oracle-readings.ts';
import { tell } from './replay.ts';

const RUNS = Number(process.env['ORACLE_RUNS'] ?? 500);
/** Other histories every time, but where a run has to say something about a change alone. */
const SEED = process.env['ORACLE_SEED'] ?? (process.env['CI'] === 'true' ? '1' : undefined);
const SEVERITIES = ['low', 'medium', 'high', 'critical'];
const OPEN = ['pending', 'deferred', 'approved'];
/** Enough for every slice of a history. */
const CYCLES_AFTERWARDS = Array.from({ length: 12 }, () => ({ wait: 5, arrivals: [], act: null, death: null }));

let agent: RealAgent;
beforeAll(async () => {
  agent = await RealAgent.open(detector);
});
afterAll(() => agent.close());

/**
 * Whatever was decided, and however: a violation that came while it could still be seen has been on the record of some row, open or ended,
 * that is at least as severe, or was what a row keeps quiet about, before the watermark left it behind.
 */
test('no violation of any history is without a recommendation as bad as it', async () => {
  const kept = asyncProperty(histories, async (history) => {
    const lost = await lostIn(undisturbed(history));
    if (lost !== null) throw new Error(lost);
  });
  const { failed, counterexample, errorInstance, seed } = await check(kept, {
    numRuns: RUNS,
    ...(SEED === undefined ? {} : { seed: Number(SEED) }),
  });
  const [history] = counterexample ?? [];
  expect(failed && history ? `${tell(undisturbed(history))}\n${String(errorInstance)}\n(seed ${seed})` : '').toBe('');
}, 600_000);

test('what a slice of a downtime showed of an approved row is on record where something worse takes its place in the same cycle', async () => {
  expect(await lostIn(undisturbed({ rules: ONE_FAMILY, steps: OVERTAKEN }))).toBeNull();
});

/** Nobody stops the agent, and nothing kills it: then nothing may be left out. */
function undisturbed({ rules, steps }: History): History {
  const plain = steps.map((step) => ({
    ...step,
    death: null,
    act: step.act?.kind === 'control' || step.act?.kind === 'lift' ? null : step.act,
  }));
  return { rules, steps: [...plain, ...CYCLES_AFTERWARDS] };
}

const OVERTAKEN: readonly Step[] = [
  { wait: 1, arrivals: [hot(91)], act: null, death: null },
  { wait: 16, arrivals: [], act: { kind: 'approve' }, death: null },
  { wait: 3615, arrivals: [hot(85.1, 3600), hot(97)], act: null, death: null },
];

interface Violation {
  readonly reading: Reading;
  readonly family: FamilyRule;
  readonly equipment: string;
  readonly at: number;
  readonly value: number;
  readonly severity: number;
}

async function lostIn({ rules, steps }: History): Promise<string | null> {
  await agent.begin(rules);
  let now = BEGINNING;
  let watermark: number | null = null;
  let count = 0;
  const violations: Violation[] = [];
  const onRecord = new Set<Violation>();
  for (const { wait, arrivals, act } of steps) {
    now += wait * 1000;
    await agent.setClock(now);
    const readings = arrivals.map(({ ago, ...arrival }) => ({
      ...arrival,
      number: (count += 1),
      at: typeof ago === 'number' ? now - ago * 1000 : null,
      spelled: typeof ago === 'string' ? ago : null,
    }));
    await agent.insert(readings);
    const oldest = Math.min(watermark ?? now - rules.firstLookback * 1000, now) - overlapOf(rules);
    violations.push(...rules.families.flatMap((family) => readings.flatMap((reading) => violationIn(reading, family, oldest, now))));
    if (act && act.kind !== 'control' && act.kind !== 'lift') await decideFirst(act, now);
    await agent.cycle(null);
    watermark = await agent.watermark();
    const chains = await agent.chains();
    for (const violation of violations) if (isOnRecord(violation, chains)) onRecord.add(violation);
  }
  const lost = violations.find((each) => each.at <= (watermark ?? 0) && !onRecord.has(each));
  return lost
    ? `${lost.value} at ${(lost.at - BEGINNING) / 1000}s of ${lost.equipment}, reading ${lost.reading.number}, is on no row`
    : null;
}

function overlapOf({ families, lateness }: Rules): number {
  return (lateness + Math.max(...families.map(({ onDelay, offDelay }) => Math.max(onDelay, offDelay)))) * 1000;
}

/** A violation that the next cycle's window holds. One that has to last for some time first is no violation by itself. */
function violationIn(reading: Reading, family: FamilyRule, oldest: number, now: number): readonly Violation[] {
  const good = family.onDelay === 0 ? accept(reading, family.signal, now) : null;
  if (good === null || good.at <= oldest || good.at > now) return [];
  const beyond = family.bands.filter(({ limit }) => isBeyond(family, good.value, limit));
  if (beyond.length === 0) return [];
  const { equipment, at, value } = good;
  return [{ reading, family, equipment, at, value, severity: Math.max(...beyond.map(({ severity }) => SEVERITIES.indexOf(severity))) }];
}

async function decideFirst(act: Parameters<RealAgent['decide']>[0], now: number): Promise<void> {
  const open = [...(await agent.chains())].find(([, { chain }]) =>
    chain.some(({ status }) => status === 'pending' || status === 'deferred'),
  );
  const [equipment, family] = open?.[0].split(' ') ?? [];
  if (equipment !== undefined && family !== undefined) await agent.decide(act, equipment, family, now);
}

function isOnRecord({ equipment, family, at, severity }: Violation, chains: ReadonlyMap<string, FamilyRows>): boolean {
  const { chain = [], beside = [] } = chains.get(`${equipment} ${family.id}`) ?? {};
  const holds = (row: ComparedRow) =>
    at >= row.firstDetected &&
    SEVERITIES.indexOf(row.severity) >= severity &&
    (at <= row.lastAccounted || at <= (row.quietUntil ?? 0) || OPEN.includes(row.status));
  return [...chain, ...beside].some(holds);
}
