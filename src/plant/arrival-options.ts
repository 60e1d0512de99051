import { AgentError } from '../domain/errors.ts';
import { EQUIPMENT_ID } from '../domain/tags.ts';
import { UNIT_SECONDS, requireInRun } from './feed.ts';

/** What can happen to readings between the sensor and the store. */
export const ARRIVAL_KINDS = ['late', 'duplicate', 'out-of-order', 'future', 'nan', 'bad-quality', 'batch'] as const;
export type ArrivalKind = (typeof ARRIVAL_KINDS)[number];

/** One `--arrival`. */
export interface ArrivalOption {
  readonly kind: ArrivalKind;
  /** Of the readings, above 0 and up to 1. */
  readonly share: number;
  /** 0 for the kinds that have no duration. */
  readonly seconds: number;
  /** Null: all equipment for which the kind is not given by itself. */
  readonly equipmentId: string | null;
}

interface Form {
  readonly share: boolean;
  readonly duration: boolean;
  readonly example: string;
}

const FORMS: Readonly<Record<ArrivalKind, Form>> = {
  late: { share: true, duration: true, example: 'late=5%@120s' },
  duplicate: { share: true, duration: false, example: 'duplicate=2%' },
  'out-of-order': { share: true, duration: true, example: 'out-of-order=10%@30s' },
  future: { share: true, duration: true, example: 'future=1%@1h' },
  nan: { share: true, duration: false, example: 'nan=1%' },
  'bad-quality': { share: true, duration: false, example: 'bad-quality=1%:PUMP_01' },
  batch: { share: false, duration: true, example: 'batch@30s' },
};

/** What waits is held in memory, and what is stamped further ahead than a day is another mistake. */
const LONGEST_SECONDS = 86_400;

/**
 * Reads `KIND[=SHARE][@DURATION][:EQUIPMENT]`, for instance `late=5%@120s:REACTOR_02`. SHARE is a percentage, DURATION a
 * number with ms, s, m or h; each kind has the parts that mean something for it, and no others.
 * @throws AgentError usage that says which part is wrong.
 */
export function parseArrival(text: string): ArrivalOption {
  const [, kindText = '', share, duration, equipmentId] = /^([^=@:]*)(?:=([^@:]*))?(?:@([^:]*))?(?::(.*))?$/s.exec(text) ?? [];
  const kind = ARRIVAL_KINDS.find((known) => known === kindText);
  if (kind === undefined) throw badArrival(text, `'${kindText}' is none of ${ARRIVAL_KINDS.join(', ')}`, 'late');
  if (equipmentId !== undefined && !EQUIPMENT_ID.test(equipmentId)) throw badArrival(text, `'${equipmentId}' is no equipment id`, kind);
  return {
    kind,
    share: shareOf(text, kind, share),
    seconds: secondsOf(text, kind, duration),
    equipmentId: equipmentId ?? null,
  };
}

function shareOf(text: string, kind: ArrivalKind, share: string | undefined): number {
  if (!FORMS[kind].share) {
    if (share !== undefined) throw badArrival(text, `${kind} is about all readings and takes no share`, kind);
    return 1;
  }
  if (share === undefined) throw badArrival(text, `${kind} needs a share of the readings`, kind);
  const percent = /^\d+(\.\d+)?%$/.test(share) ? Number(share.slice(0, -1)) : Number.NaN;
  if (!(percent > 0 && percent <= 100)) throw badArrival(text, `'${share}' is no percentage above 0% and up to 100%`, kind);
  return percent / 100;
}

function secondsOf(text: string, kind: ArrivalKind, duration: string | undefined): number {
  if (!FORMS[kind].duration) {
    if (duration !== undefined) throw badArrival(text, `${kind} takes no duration`, kind);
    return 0;
  }
  if (duration === undefined) throw badArrival(text, `${kind} needs a duration`, kind);
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(duration) ?? [];
  const seconds = Number(amount) * (UNIT_SECONDS[unit] ?? Number.NaN);
  if (!(seconds > 0 && seconds <= LONGEST_SECONDS)) throw badArrival(text, `'${duration}' is no duration above 0s and up to 24h`, kind);
  return seconds;
}

function badArrival(text: string, why: string, kind: ArrivalKind): AgentError {
  return new AgentError('usage', `--arrival '${text}' cannot be read: ${why}`, `for instance --arrival ${FORMS[kind].example}`);
}

/** @throws AgentError usage for equipment that is not in the run, or for two options that say different things about the same readings. */
export function checkArrivals(options: readonly ArrivalOption[], equipmentIds: readonly string[]): void {
  for (const [index, { kind, equipmentId }] of options.entries()) {
    if (equipmentId !== null) requireInRun(equipmentId, equipmentIds);
    const other = options.findIndex((option) => option.kind === kind && option.equipmentId === equipmentId);
    if (other === index) continue;
    const whose = equipmentId === null ? '' : ` for ${equipmentId}`;
    throw new AgentError(
      'usage',
      `--arrival ${kind} is given twice${whose}`,
      'give each kind once, and once more for an equipment of its own',
    );
  }
}
