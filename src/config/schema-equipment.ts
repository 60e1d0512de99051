import * as z from 'zod';

import { EQUIPMENT_PATTERN } from '../domain/patterns.ts';
import { plainId, signalName } from './schema-values.ts';

/** One or several; the output is as the file has it. */
function oneOrMore<T extends z.ZodType>(one: T) {
  return z.union([one, z.array(one).min(1).max(200)]);
}

/** Only what an id can be (see EQUIPMENT_ID): a pattern with anything else would match nothing, in silence. */
const pattern = z.string().regex(EQUIPMENT_PATTERN, {
  error: "must be a pattern of equipment ids: 1 to 100 letters, digits, '_' or '-', with '*' for any run of them",
});

export const equipmentPatterns = oneOrMore(pattern);
export const className = plainId("a class's name");
export const classNames = oneOrMore(className);

const normalRange = z
  .strictObject({
    low: z.number().optional().describe('Below it is less than normal.'),
    high: z.number().optional().describe('Above it is more than normal.'),
  })
  .refine(({ low, high }) => low !== undefined || high !== undefined, { error: 'must have low, high or both' })
  .refine(({ low, high }) => low === undefined || high === undefined || low <= high, {
    error: 'must have a low that is not above its high',
  })
  .meta({ minProperties: 1 });

const entry = z.strictObject({
  match: equipmentPatterns.describe('Ids, `*` stands for any run of characters.'),
  class: className.describe(
    'What kind of equipment it is: reactor, pump, compressor, exchanger, conveyor, motor and furnace have causes of their own.',
  ),
  normal: z
    .record(signalName(), normalRange)
    .optional()
    .describe("Where its signals normally are: signal → {low, high} in the signal's unit."),
});

export const equipmentSection = z
  .array(entry)
  .max(1000)
  .default([])
  .describe('Which equipment is of which class; the first entry that matches an id counts.');

/** The entries of one, as a list. */
export function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return isList(value) ? value : [value];
}

/** `Array.isArray` says nothing about read-only lists. */
function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
