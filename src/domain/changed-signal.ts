import type { OpenRecommendation } from './recommendation.ts';
import { activeFamilies, type RuleBook } from './rule-book.ts';
import type { IssueFamily, Signal } from './rules.ts';

const READINGS = { temperature: 'temperatureReading', pressure: 'pressureReading', flow_rate: 'flowRateReading' } as const;

/**
 * Whether a recommendation is about another signal than its family is by now: then neither its peak nor its advice has to do with what the
 * family's readings say. A row's peak is also the reading of its signal, of those that have a column; between two signals that have none, only
 * a rule that is of another family by now tells. Rules that are as they were have changed nothing.
 */
export function isOfOtherSignal(row: OpenRecommendation, family: IssueFamily, rules: RuleBook, rulesHash: string): boolean {
  if (row.rulesHash === rulesHash) return false;
  const ruled = activeFamilies(rules).find(({ bands }) => bands.some((band) => band.ruleId === row.ruleId));
  if (ruled !== undefined && ruled.signal !== family.signal) return true;
  const columns = new Map<Signal, number | null>(Object.entries(READINGS).map(([signal, column]) => [signal, row[column]]));
  const own = columns.get(family.signal);
  return own === undefined ? [...columns.values()].includes(row.peakValue) : own !== row.peakValue;
}
