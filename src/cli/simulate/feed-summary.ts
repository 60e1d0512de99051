import { counted } from '../../domain/counted.ts';
import { isoOf } from '../../domain/instant.ts';
import { ARRIVAL_KINDS, type ArrivalKind } from '../../plant/arrival-options.ts';
import type { PlannedFault } from '../../plant/feed.ts';
import { hottestText, type FeedResult } from './run-feed.ts';

export interface Feed {
  readonly result: FeedResult;
  readonly equipmentIds: readonly string[];
  readonly faults: readonly PlannedFault[];
}

const WORDS: Readonly<Record<ArrivalKind, string>> = {
  late: 'late',
  duplicate: 'stored twice',
  'out-of-order': 'out of order',
  future: 'stamped ahead',
  nan: 'not a number',
  'bad-quality': 'of bad quality',
  batch: 'in a batch',
};

/** One line, and a second one where readings met something on their way. */
export function summaryText({ result, equipmentIds }: Feed): string {
  const { readings, seconds, missedTicks, hottest } = result;
  const missed = missedTicks === 0 ? '' : `, ${counted(missedTicks, 'moment')} missed: the store or this host is too slow for the rate`;
  const fed = `✓ Fed ${counted(readings, 'reading')} of ${equipmentIds.length} equipment in ${seconds.toFixed(1)} s (${hottestText(hottest)}${missed})`;
  return [fed, ...arrivalText(result)].join('\n');
}

function arrivalText({ arrivals, stored, storedAtEnd }: FeedResult): readonly string[] {
  const met = ARRIVAL_KINDS.flatMap((kind) => (arrivals.has(kind) ? [`${arrivals.get(kind) ?? 0} ${WORDS[kind]}`] : []));
  if (met.length === 0) return [];
  const atEnd = storedAtEnd === 0 ? '' : `; ${storedAtEnd} ${storedAtEnd === 1 ? 'was' : 'were'} still to arrive and stored at the end`;
  return [`  ${counted(stored, 'row')}: ${met.join(', ')}${atEnd}`];
}

export function summaryJson({ result, equipmentIds, faults }: Feed): unknown {
  const { readings, stored, storedAtEnd, arrivals, seconds, missedTicks, hottest } = result;
  return {
    readings,
    rows: stored,
    arrivals: Object.fromEntries(ARRIVAL_KINDS.map((kind) => [kind.replaceAll('-', '_'), arrivals.get(kind) ?? 0])),
    rows_stored_at_end: storedAtEnd,
    seconds: Math.round(seconds * 10) / 10,
    missed_moments: missedTicks,
    equipment: equipmentIds,
    faults: faults.map(({ kind, equipmentId, at }) => ({ kind, equipment_id: equipmentId, at: isoOf(at) })),
    hottest: hottest === null ? null : { equipment_id: hottest.equipmentId, temperature: hottest.temperature },
  };
}
