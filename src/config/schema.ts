import * as z from 'zod';

import { equipmentSection } from './schema-equipment.ts';
import { SEVERITIES } from '../domain/severity.ts';
import { sensorFaultsSection } from './schema-sensors.ts';
import { notifySection } from './schema-notify.ts';
import { sourceSection } from './schema-source.ts';
import { rulesSection, tagsSection } from './schema-rules.ts';
import { storeSection } from './schema-store.ts';
import { plainId, positiveSeconds, secondsOrZero, shortText } from './schema-values.ts';

const agent = z
  .strictObject({ id: plainId("an agent's id").default('ops_agent_001').describe("This agent's id; one agent per set of tables.") })
  .prefault({})
  .describe('Who the agent is.');

const policy = z
  .strictObject({
    approvalTtlSeconds: positiveSeconds(900, 'How long an approval is good for.'),
    holdSeconds: secondsOrZero(1800, 'How long an issue stays quiet after a rejected, failed or cancelled recommendation.'),
    settlingSeconds: secondsOrZero(300, 'How long an executed action is given before its effect is judged.'),
    verifyWindowSeconds: positiveSeconds(
      600,
      'How long after an execution readings may prove whether it worked; later ones prove nothing.',
    ),
    maxDispatchPerCycle: z.int().min(1).max(1000).default(100).describe('Commands that one cycle may send.'),
    maxWritesPerMinute: z
      .int()
      .min(1)
      .max(10_000)
      .default(100)
      .describe('Writes that may go to the plant within one minute, whichever cycles send them; what is above waits.'),
    driftPercent: z.number().min(0).max(100).default(5).describe('A live value that moved further than this goes back to the operator.'),
    fourEyes: z.boolean().default(false).describe('Whether recommendations of `fourEyesSeverity` or worse need two different people.'),
    fourEyesSeverity: z.enum(SEVERITIES).default('critical').describe('The mildest severity that needs two people.'),
    requireSession: z.boolean().default(false).describe('Whether only operators who are logged in (`operator_sessions`) may approve.'),
  })
  .prefault({})
  .describe('How long decisions live and how much one cycle may do.');

const plant = z
  .strictObject({
    kind: z.enum(['simulator', 'advisory']).optional().describe('`simulator`: a modelled plant. `advisory`: recommends, never writes.'),
    timeoutSeconds: positiveSeconds(10, 'How long one call to the plant may take.', 600),
    readBackSeconds: secondsOrZero(5, 'How long after a write its value may take to show.', 600),
    tolerancePercent: z.number().min(0).max(100).default(0.5).describe('How near the read-back must be to the written value.'),
    simulatorPath: shortText(4096).optional().describe("The simulated plant's file, relative to the working directory."),
    simulatorLatencySeconds: secondsOrZero(0, 'How long the simulated plant takes to answer.', 600),
  })
  .prefault({})
  .describe('The plant that commands go to.');

const retry = z
  .strictObject({
    attempts: z.int().min(0).max(10).default(3).describe('Tries after the first, for what can be tried again.'),
    baseSeconds: secondsOrZero(1, 'Base of the delay, which doubles with every try.', 60),
  })
  .prefault({})
  .describe('What happens when the store is busy or away.');

const logging = z
  .strictObject({
    level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least level that is logged, on stderr.'),
    format: z.enum(['text', 'json']).default('text').describe('`text` for people, `json` for collectors.'),
  })
  .prefault({})
  .describe('What is logged.');

/** The configuration file. Every key has a default, so that an empty file is a valid one. */
export const CONFIG_SCHEMA = z.strictObject({
  agent,
  store: storeSection,
  source: sourceSection,
  equipment: equipmentSection,
  sensorFaults: sensorFaultsSection,
  rules: rulesSection,
  tags: tagsSection,
  policy,
  plant,
  poll: z
    .strictObject({
      intervalSeconds: positiveSeconds(
        10,
        'From the start of one cycle to the next: of `loop`, and how often a scheduled `run-once` comes, by which `health` knows one that is overdue.',
        86_400,
      ),
    })
    .prefault({})
    .describe('How often a cycle runs.'),
  retry,
  notify: notifySection,
  logging,
});

/** The file with every default of the schema filled in. */
export type Config = z.output<typeof CONFIG_SCHEMA>;
export type BandInput = NonNullable<Config['rules']['bands']>[number];
export type ActionInput = BandInput['actions'][number];
export type CauseInput = NonNullable<Config['rules']['causes']>[number];
export type OverrideInput = Config['rules']['overrides'][number];
