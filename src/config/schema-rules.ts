import * as z from 'zod';

import { BEHAVIOURS } from '../domain/behaviour.ts';
import { SEVERITIES } from '../domain/severity.ts';
import { MOST_ACTIONS } from '../domain/ticket.ts';
import { className, classNames, equipmentPatterns } from './schema-equipment.ts';
import { plainId, secondsOrZero, shortText, signalName } from './schema-values.ts';

const valueType = z.enum(['number', 'integer', 'boolean']);
const direction = z.enum(['increase', 'decrease', 'any']);

/** Exactly one of these keys, for editors: a refinement does not reach the JSON Schema by itself. */
const oneOf = (...keys: readonly string[]) => ({ oneOf: keys.map((key) => ({ required: [key] })) });
const given = (...values: readonly unknown[]) => values.filter((value) => value !== undefined).length;

const ONE_SIDE = { error: 'must have exactly one of above and below' };

const limit = {
  above: z.number().optional().describe('Applies strictly above this value.'),
  below: z.number().optional().describe('Applies strictly below this value.'),
};

const permissive = z
  .strictObject({
    tag: shortText(200).describe('The tag that must say so, as in an action; it is only read.'),
    equals: z.number().optional().describe('The write is allowed while the tag has this value; 0 or 1 for a boolean.'),
    above: z.number().optional().describe('The write is allowed while the tag is strictly above this value.'),
    below: z.number().optional().describe('The write is allowed while the tag is strictly below this value.'),
  })
  .refine((rule) => given(rule.equals, rule.above, rule.below) === 1, { error: 'must have exactly one of equals, above and below' })
  .meta(oneOf('equals', 'above', 'below'));

const action = z
  .strictObject({
    tag: shortText(200).describe('Absolute tag path, `{equipment_id}` stands for the id: `[default]{equipment_id}/ThroughputSetpoint`.'),
    set: z.number().optional().describe('The value to write; 0 or 1 for a boolean.'),
    percentOfCurrent: z.number().optional().describe('Write this percentage of the live value: 90 takes a tenth away.'),
    delta: z.number().optional().describe("Write the live value plus this, in the tag's unit; negative takes away."),
    type: valueType.default('number').describe("The tag's type."),
    unit: z.string().max(50).default('').describe("The tag's unit, as the operator sees it."),
    direction: direction.default('any').describe('The only direction in which the write may move the live value.'),
    permissives: z.array(permissive).max(20).default([]).describe('What other tags must say for the write to be allowed.'),
  })
  .refine((rule) => given(rule.set, rule.percentOfCurrent, rule.delta) === 1, {
    error: 'must have exactly one of set, percentOfCurrent and delta',
  })
  .meta(oneOf('set', 'percentOfCurrent', 'delta'));

const fourEyes = z.boolean().describe('Whether two people must agree, whatever the policy says.');

const band = z
  .strictObject({
    rule: plainId("a rule's id").describe('Unique id of the rule.'),
    class: classNames.optional().describe('The classes that the rule is for; default: all equipment.'),
    equipment: equipmentPatterns.optional().describe('The equipment that the rule is for, by pattern; not together with `class`.'),
    signal: signalName().default('temperature').describe('The signal that is compared.'),
    ...limit,
    severity: z.enum(SEVERITIES).describe('How bad it is.'),
    issueType: plainId('an issue type').describe('The issue type that is stored.'),
    family: plainId("a family's id").optional().describe('Bands of one family share one open recommendation; default: the signal.'),
    confidence: z.number().min(0).max(1).describe('0 to 1, stored with the recommendation.'),
    recommendedAction: shortText(1000).describe('What the operator is asked to agree to.'),
    actions: z.array(action).max(MOST_ACTIONS).default([]).describe('What is written, in this order; none makes advice only.'),
    fourEyes: fourEyes.default(false),
  })
  .refine((rule) => given(rule.above, rule.below) === 1, ONE_SIDE)
  .refine((rule) => given(rule.class, rule.equipment) < 2, { error: 'must not have both class and equipment' })
  .meta({ ...oneOf('above', 'below'), not: { required: ['class', 'equipment'] } });

/** Of a class, or (without one) by one reading alone: two forms in one, so that an unknown key is named and not only 'no form fits'. */
const cause = z
  .strictObject({
    signal: signalName().optional().describe('The signal whose reading names the cause, where no class does.'),
    ...limit,
    class: className.optional().describe('The class that the cause is for; it then has `when`.'),
    id: plainId("a cause's id").optional().describe('Unique id of a cause of a class.'),
    when: z
      .array(z.strictObject({ signal: signalName(), is: z.enum(BEHAVIOURS).describe('What the signal does.') }))
      .min(1)
      .max(20)
      .optional()
      .describe('What every one of these signals must do for the cause to apply.'),
    text: shortText(500).describe('The probable cause to name.'),
    recommendedAction: shortText(900)
      .optional()
      .describe('What to do: with `actions` instead of what the rule recommends, else added to it.'),
    actions: z
      .array(action)
      .max(MOST_ACTIONS)
      .optional()
      .describe('What is written instead of what the rule writes; none makes advice only.'),
    fourEyes: fourEyes.optional(),
  })
  .refine((rule) => rule.class !== undefined || (rule.signal !== undefined && given(rule.above, rule.below) === 1), {
    error: 'must have a signal and exactly one of above and below, or a class and when',
  })
  .refine((rule) => rule.class === undefined || (rule.when !== undefined && given(rule.signal, rule.above, rule.below) === 0), {
    error: 'must have when, and no signal, above and below, as it has a class',
  })
  .refine((rule) => rule.class !== undefined || given(rule.id, rule.when, rule.recommendedAction, rule.actions, rule.fourEyes) === 0, {
    error: 'must have a class, as it has a key that only a cause of a class has',
  })
  .meta({
    oneOf: [
      { required: ['class', 'when'], not: { anyOf: [{ required: ['signal'] }, { required: ['above'] }, { required: ['below'] }] } },
      { required: ['signal', 'above'], not: { anyOf: [{ required: ['below'] }, { required: ['class'] }, { required: ['when'] }] } },
      { required: ['signal', 'below'], not: { anyOf: [{ required: ['above'] }, { required: ['class'] }, { required: ['when'] }] } },
    ],
  });

const DEADBAND = "How far back inside the mildest band counts as clear, in the signal's unit.";
const ON_DELAY = 'How long a violation must last before it is recommended.';
const OFF_DELAY = 'How long readings must be clear before the condition is.';
const CLEAR_READINGS = 'How many good readings must be clear before the condition is.';
const MAX_DELAY = 86_400;

const timing = {
  deadband: z.number().nonnegative().optional().describe(DEADBAND),
  onDelaySeconds: z.number().nonnegative().max(MAX_DELAY).optional().describe(ON_DELAY),
  offDelaySeconds: z.number().nonnegative().max(MAX_DELAY).optional().describe(OFF_DELAY),
  clearReadings: z.int().min(1).max(1000).optional().describe(CLEAR_READINGS),
};

const override = z
  .strictObject({
    family: plainId("a family's id").describe('The family that is adjusted.'),
    class: classNames.optional().describe('The classes for which it is adjusted.'),
    equipment: equipmentPatterns.optional().describe('The equipment for which it is adjusted, by pattern.'),
    ...timing,
    limits: z.record(plainId("a rule's id"), z.number()).optional().describe('Other limits: rule → value.'),
    off: z.literal(true).optional().describe('Whether the family is switched off there.'),
  })
  .refine((rule) => given(rule.class, rule.equipment) === 1, { error: 'must have exactly one of class and equipment' })
  .refine(({ off, ...rule }) => off === undefined || changesOf(rule) === 0, { error: 'must have nothing else to adjust where it has off' })
  .refine(({ off, ...rule }) => off !== undefined || changesOf(rule) > 0, {
    error: 'must have something to adjust: deadband, onDelaySeconds, offDelaySeconds, clearReadings, limits or off',
  })
  .meta(oneOf('class', 'equipment'));

function changesOf(rule: Readonly<Partial<Record<keyof typeof timing | 'limits', unknown>>>): number {
  return given(rule.deadband, rule.onDelaySeconds, rule.offDelaySeconds, rule.clearReadings, rule.limits);
}

export const rulesSection = z
  .strictObject({
    deadband: z.number().nonnegative().default(1).describe(DEADBAND),
    onDelaySeconds: secondsOrZero(0, ON_DELAY, MAX_DELAY),
    offDelaySeconds: secondsOrZero(30, OFF_DELAY, MAX_DELAY),
    clearReadings: z.int().min(1).max(1000).default(2).describe(CLEAR_READINGS),
    bands: z
      .array(band)
      .min(1)
      .max(500)
      .optional()
      .describe("Rules that replace the built-in ones (the specification's over temperature)."),
    families: z
      .record(plainId("a family's id"), z.strictObject(timing))
      .default({})
      .describe('Deadband and delays of single families, instead of those above: family → values.'),
    overrides: z
      .array(override)
      .max(500)
      .default([])
      .describe('What is different for a class or an equipment, without repeating the rules; also of the built-in ones.'),
    causes: z.array(cause).max(500).optional().describe('Probable causes in addition to the built-in ones; those of a class come first.'),
    shippedCauses: z.boolean().default(true).describe('Whether the built-in causes by class of equipment are named.'),
  })
  .prefault({})
  .describe('What is a violation and what to recommend.');

const allowedTag = z
  .strictObject({
    path: shortText(200).describe('Absolute tag path; `{id}` stands for one equipment id.'),
    min: z.number().describe('Smallest value that may be written.'),
    max: z.number().describe('Largest value that may be written.'),
    maxStep: z.number().positive().optional().describe('Largest change in one write.'),
    type: valueType.default('number').describe("The tag's type."),
    unit: z.string().max(50).default('').describe("The tag's unit."),
    direction: direction.default('any').describe('The only direction in which it may be moved.'),
  })
  .refine((tag) => tag.min <= tag.max, { error: 'must have a min that is not above its max' });

export const tagsSection = z
  .strictObject({
    allow: z
      .array(allowedTag)
      .max(1000)
      .optional()
      .describe("Tags that may be written. Default: the simulated plant's two; nothing on any other plant."),
    deny: z
      .array(shortText(200))
      .max(1000)
      .default([])
      .describe(
        'Patterns that may never be written; they win over `allow`. EmergencyStop, `*Safety*`, `*SIS*` and `*Interlock*` always are.',
      ),
  })
  .prefault({})
  .describe('What the agent may write.');
