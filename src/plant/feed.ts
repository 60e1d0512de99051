import { AgentError } from '../domain/errors.ts';
import { addSeconds } from '../domain/instant.ts';
import type { Instant } from '../domain/instant.ts';
import { EQUIPMENT_ID } from '../domain/tags.ts';
import { CLASS_MODELS, EQUIPMENT_CLASSES, classOf } from './equipment-class.ts';
import type { EquipmentClass } from './equipment-class.ts';
import { mulberry32 } from './noise.ts';
import { FAULT_KINDS, initialState } from './thermal-model.ts';
import type { FaultKind } from './thermal-model.ts';

/** One `--fault`: what breaks, how long after the start, and where (null: the first equipment that it suits). */
export interface FaultOption {
  readonly kind: FaultKind;
  readonly afterSeconds: number;
  readonly equipmentId: string | null;
}

export interface PlannedEquipment {
  readonly equipmentId: string;
  readonly equipmentClass: EquipmentClass;
  readonly temperatureC: number;
}

export interface PlannedFault {
  readonly kind: FaultKind;
  readonly equipmentId: string;
  readonly at: Instant;
}

/** The units of a time in an option's text. */
export const UNIT_SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };
const MOST_EQUIPMENT = 10_000;
/** How far from its normal temperature equipment may start, K. */
const START_SPREAD_C = 2;
/** Where a fault happens that names no equipment. */
const SUITS: Partial<Record<FaultKind, EquipmentClass>> = { 'cooling-loss': 'reactor', fouling: 'exchanger', 'blocked-discharge': 'pump' };

/**
 * Reads `KIND@TIME[:EQUIPMENT]`, for instance `cooling-loss@30s:REACTOR_02`; TIME is a number with ms, s, m or h.
 * @throws AgentError usage that says which part is wrong.
 */
export function parseFault(text: string): FaultOption {
  const [, kindText = '', amount = '', unit = '', equipmentId] = /^([^@]*)@(\d+(?:\.\d+)?)(ms|s|m|h)(?::(.*))?$/.exec(text) ?? [];
  const seconds = UNIT_SECONDS[unit];
  if (seconds === undefined) throw badFault(text, 'it is not KIND@TIME or KIND@TIME:EQUIPMENT');
  const kind = FAULT_KINDS.find((known) => known === kindText);
  if (kind === undefined) throw badFault(text, `'${kindText}' is no fault: ${FAULT_KINDS.join(', ')}`);
  if (equipmentId !== undefined && !EQUIPMENT_ID.test(equipmentId)) throw badFault(text, `'${equipmentId}' is no equipment id`);
  return { kind, afterSeconds: Number(amount) * seconds, equipmentId: equipmentId ?? null };
}

/**
 * `count` pieces of equipment, class by class in turn: REACTOR_01, PUMP_01 … REACTOR_02. The ids do not depend on the
 * seed, so a script can name them; the starting temperatures do. The first n of a longer plan are the plan for n.
 * @throws AgentError usage for a count that is not 1 to 10,000.
 */
export function planEquipment(count: number, seed: number): readonly PlannedEquipment[] {
  if (!Number.isInteger(count) || count < 1 || count > MOST_EQUIPMENT)
    throw new AgentError('usage', `${count} pieces of equipment cannot be simulated`, `give a whole number from 1 to ${MOST_EQUIPMENT}`);
  const classes = EQUIPMENT_CLASSES.filter((known) => known !== 'generic');
  const random = mulberry32(seed);
  return Array.from({ length: Math.ceil(count / classes.length) }, (_, round) =>
    classes.map((equipmentClass) => ({ equipmentClass, round })),
  )
    .flat()
    .slice(0, count)
    .map(({ equipmentClass, round }) => ({
      equipmentId: `${equipmentClass.toUpperCase()}_${String(round + 1).padStart(2, '0')}`,
      equipmentClass,
      temperatureC: normalC(equipmentClass) + START_SPREAD_C * (2 * random() - 1),
    }));
}

/**
 * When and where each fault happens in a run that begins at `start`, earliest first.
 * @throws AgentError usage for a fault on equipment that is not in `equipmentIds`.
 */
export function planFaults(options: readonly FaultOption[], equipmentIds: readonly string[], start: Instant): readonly PlannedFault[] {
  return options
    .map((option) => ({ kind: option.kind, equipmentId: placeOf(option, equipmentIds), at: addSeconds(start, option.afterSeconds) }))
    .toSorted((a, b) => a.at - b.at);
}

function placeOf(option: FaultOption, equipmentIds: readonly string[]): string {
  const suited = SUITS[option.kind];
  const place = option.equipmentId ?? equipmentIds.find((id) => classOf(id) === suited) ?? equipmentIds[0] ?? '';
  requireInRun(place, equipmentIds);
  return place;
}

/** @throws AgentError usage with the names that there are */
export function requireInRun(equipmentId: string, equipmentIds: readonly string[]): void {
  if (equipmentIds.includes(equipmentId)) return;
  const shown = equipmentIds.slice(0, 10).join(', ');
  throw new AgentError('usage', `there is no equipment '${equipmentId}' in this run`, `name one of: ${shown}`);
}

function normalC(equipmentClass: EquipmentClass): number {
  return initialState(CLASS_MODELS[equipmentClass], 0).temperatureC;
}

function badFault(text: string, why: string): AgentError {
  return new AgentError('usage', `--fault '${text}' cannot be read: ${why}`, 'for instance --fault cooling-loss@30s:REACTOR_02');
}
