import * as z from 'zod';

import { SEVERITIES } from '../domain/severity.ts';
import { plainId, secondsOrZero, shortText, signalName } from './schema-values.ts';

const valueType = z.enum(['number', 'integer', 'boolean']);
const direction = z.enum(['increase', 'decrease', 'any']);
const ONE_SIDE = 'must have exactly one of above and below';
/** The same rule for editors; a refinement does not reach the JSON Schema by itself. */
const ONE_SIDE_SCHEMA = { oneOf: [{ required: ['above'] }, { required: ['below'] }] };

const limit = {
  above: z.number().optional().describe('Applies strictly above this value.'),
  below: z.number().optional().describe('Applies strictly below this value.'),
};

function hasOneSide(rule: { above?: number | undefined; below?: number | undefined }): boolean {
  return (rule.above === undefined) !== (rule.below === undefined);
}

const action = z.strictObject({
  tag: shortText(200).describe('Absolute tag path, `{equipment_id}` stands for the id: `[default]{equipment_id}/ThroughputSetpoint`.'),
  set: z.number().describe('The value to write; 0 or 1 for a boolean.'),
  type: valueType.default('number').describe("The tag's type."),
  unit: z.string().max(50).default('').describe("The tag's unit, as the operator sees it."),
  direction: direction.default('any').describe('The only direction in which the write may move the live value.'),
});

const band = z
  .strictObject({
    rule: plainId("a rule's id").describe('Unique id of the rule.'),
    signal: signalName().default('temperature').describe('The signal that is compared.'),
    ...limit,
    severity: z.enum(SEVERITIES).describe('How bad it is.'),
    issueType: plainId('an issue type').describe('The issue type that is stored.'),
    family: plainId("a family's id").optional().describe('Bands of one family share one open recommendation; default: the signal.'),
    confidence: z.number().min(0).max(1).describe('0 to 1, stored with the recommendation.'),
    recommendedAction: shortText(1000).describe('What the operator is asked to agree to.'),
    actions: z.array(action).max(20).default([]).describe('What is written, in this order; none makes advice only.'),
  })
  .refine(hasOneSide, { error: ONE_SIDE })
  .meta(ONE_SIDE_SCHEMA);

const cause = z
  .strictObject({ signal: signalName(), ...limit, text: shortText(500).describe('The probable cause to name.') })
  .refine(hasOneSide, { error: ONE_SIDE })
  .meta(ONE_SIDE_SCHEMA);

export const rulesSection = z
  .strictObject({
    deadband: z.number().nonnegative().default(1).describe("How far back inside the mildest band counts as clear, in the signal's unit."),
    onDelaySeconds: secondsOrZero(0, 'How long a violation must last before it is recommended.', 86_400),
    offDelaySeconds: secondsOrZero(30, 'How long readings must be clear before the condition is.', 86_400),
    clearReadings: z.int().min(1).max(1000).default(2).describe('How many good readings must be clear before the condition is.'),
    bands: z
      .array(band)
      .min(1)
      .max(500)
      .optional()
      .describe("Rules that replace the built-in ones (the specification's over temperature)."),
    causes: z.array(cause).max(500).optional().describe('Probable causes in addition to the built-in ones.'),
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
