import type { Finding } from '../../src/domain/advice.ts';
import type { Behaviour, NormalRange } from '../../src/domain/behaviour.ts';
import { CLASS_CAUSES } from '../../src/domain/class-causes.ts';
import { DEFAULT_CAUSES } from '../../src/domain/default-rules.ts';
import { type RuleBook, unscopedRules } from '../../src/domain/rule-book.ts';
import { bandFor, type IssueFamily, type Signal } from '../../src/domain/rules.ts';
import type { Trend } from '../../src/domain/trend.ts';
import { FAMILY } from '../property/domain-fixtures.ts';

/** What makes a signal that is normally 40 to 60 do exactly this (besides `steady`, which everything does that is level). */
export const SHOWN: Readonly<Record<Behaviour, { readonly value: number; readonly trend: Trend }>> = {
  up: { value: 70, trend: { means: [70, 70, 70], lowest: 70, highest: 70 } },
  down: { value: 30, trend: { means: [30, 30, 30], lowest: 30, highest: 30 } },
  normal: { value: 50, trend: { means: [50, 50, 50], lowest: 50, highest: 50 } },
  accelerating: { value: 60, trend: { means: [40, 45, 60], lowest: 57, highest: 60 } },
  steady: { value: 50, trend: { means: [50, 50, 50], lowest: 50, highest: 50 } },
  unsteady: { value: 50, trend: { means: [50, 50, 50], lowest: 40, highest: 60 } },
};

export const SIGNALS = [
  'pressure',
  'flow_rate',
  'load',
  'coolant_flow',
  'cooling_water_flow',
  'differential_pressure',
  'suction_pressure',
] as const;

const NORMAL: Readonly<Record<Signal, NormalRange>> = Object.fromEntries(SIGNALS.map((signal) => [signal, { low: 40, high: 60 }]));

/** The built-in rules and causes for an equipment of one class, named like it. */
export function bookFor(equipmentClass: string, families: readonly IssueFamily[] = [FAMILY]): RuleBook {
  return {
    ...unscopedRules(families, DEFAULT_CAUSES),
    equipment: [{ pattern: equipmentClass, equipmentClass, normal: NORMAL }],
    classCauses: CLASS_CAUSES,
  };
}

/** A violation of the built-in rules by `equipmentId`, while its temperature and its other signals do what is said. */
export function findingOf(
  equipmentId: string,
  others: Readonly<Record<Signal, Behaviour>>,
  temperature: Behaviour = 'up',
  peak = 92,
): Finding {
  const band = bandFor(FAMILY, peak);
  if (!band) throw new Error(`${peak} violates nothing`);
  const scale = peak / SHOWN[temperature].value;
  const { means, lowest, highest } = SHOWN[temperature].trend;
  const [oldest, middle, newest] = means.map((mean) => (mean ?? 0) * scale);
  const own: Trend = {
    means: [oldest ?? null, middle ?? null, newest ?? null],
    lowest: (lowest ?? 0) * scale,
    highest: (highest ?? 0) * scale,
  };
  const shown = Object.entries(others).map(([signal, behaviour]) => [signal, SHOWN[behaviour]] as const);
  return {
    equipmentId,
    family: FAMILY,
    band,
    peak: {
      value: peak,
      at: 0,
      signals: new Map(shown.map(([signal, { value }]) => [signal, value])),
      trends: new Map([['temperature', own] as const, ...shown.map(([signal, { trend }]) => [signal, trend] as const)]),
    },
  };
}
