import * as z from 'zod';

import { sourceConnectionSection } from './schema-store.ts';
import { columnName, positiveSeconds, secondsOrZero, shortText, signalName, tableName } from './schema-values.ts';

const IDENTITY_SIGNALS = { temperature: 'temperature', pressure: 'pressure', flow_rate: 'flow_rate' };

/** °C (down to absolute zero), PSI and GPM: wider than any plant, so that only a broken reading falls outside. */
export const DEFAULT_PHYSICAL_LIMITS = {
  temperature: { min: -273.15, max: 2000 },
  pressure: { min: -15, max: 100_000 },
  flow_rate: { min: -1_000_000, max: 1_000_000 },
};

const columns = z
  .strictObject({
    equipment: columnName().default('equipment_id').describe("The column with the equipment's id."),
    timestamp: columnName().default('timestamp').describe("The column with the reading's time; see `source.timeZone`."),
    arrival: columnName()
      .nullable()
      .default(null)
      .describe('The column with the time at which the row was stored, spelled like the timestamp; with it no late row is missed.'),
    status: columnName()
      .nullable()
      .default('sensor_status')
      .describe('Wide: the column with the quality of the row; `null` where the table has none.'),
    signals: z
      .record(signalName(), shortText(200))
      .refine((signals) => Object.keys(signals).length > 0, { error: 'must map at least one signal' })
      .meta({ minProperties: 1 })
      .default(IDENTITY_SIGNALS)
      .describe('Which signals there are: name → column (wide), or name → the text in the signal column (long). Replaces the default.'),
    signal: columnName().default('sensor_type').describe('Long: the column that says which signal the row is about.'),
    value: columnName().default('sensor_value').describe("Long: the column with the signal's value."),
    quality: columnName()
      .nullable()
      .default('quality')
      .describe('Long: the column with the quality of the row; `null` where the table has none.'),
  })
  .prefault({})
  .describe('Which column of the table holds what.');

const equipment = z
  .strictObject({
    include: z.array(shortText(200)).min(1).default(['*']).describe('Ids that this agent watches; `*` stands for any run of characters.'),
    exclude: z.array(shortText(200)).default([]).describe('Ids that it does not watch, whatever `include` says.'),
  })
  .prefault({})
  .describe('Which equipment this agent is responsible for, so that several agents can share one source.');

const physicalLimits = z
  .record(
    signalName(),
    z
      .strictObject({ min: z.number(), max: z.number() })
      .refine((limits) => limits.min < limits.max, { error: 'must have a min below its max' }),
  )
  .default(DEFAULT_PHYSICAL_LIMITS)
  .describe("Values outside are rejected as out of range: signal → {min, max} in the signal's unit. Signals not named keep their default.");

const unitName = () => shortText(50);

const units = z
  .record(
    signalName(),
    z.union([unitName(), z.strictObject({ stored: unitName(), used: unitName() })], { error: 'must be a unit, or {stored, used}' }),
  )
  .default({})
  .describe(
    'Units of the stored values: signal → unit, which is converted to °C, psi or gpm, or signal → {stored, used}. Signals not named are stored as they are used.',
  );

export const sourceSection = z
  .strictObject({
    table: tableName()
      .default('sensor_data')
      .describe('The table with the readings, optionally with catalog and schema. The agent never writes to it.'),
    shape: z
      .enum(['wide', 'long'])
      .default('wide')
      .describe('`wide`: one column per signal. `long`: one row per signal, with its name and value.'),
    connection: sourceConnectionSection,
    columns,
    equipment,
    usableStatus: z
      .array(z.union([z.string(), z.number(), z.null()]))
      .min(1)
      .default(['good', 'warning', 'ok', 'null'])
      .describe('Row qualities that count as a reading, in any case; `null` means a row without one.'),
    units,
    timestampFormat: z
      .enum(['native', 'iso', 'epochSeconds', 'epochMillis'])
      .default('native')
      .describe(
        "How times are stored. `native`: the engine's timestamp (SQLite: text `2026-02-19 10:30:00.000`). `iso`: ISO 8601 text with a `T`. Numbers since 1970 are UTC.",
      ),
    timeZone: shortText(100)
      .default('UTC')
      .describe('The zone of times that are stored without an offset, by its IANA name (`Europe/Berlin`).'),
    physicalLimits,
    latenessSeconds: secondsOrZero(300, 'How late a row may arrive and still be seen.'),
    maxAgeSeconds: positiveSeconds(300, 'A newest good reading older than this means: state unknown, feed dead.'),
    firstLookbackSeconds: positiveSeconds(600, 'How far back the first run looks.'),
  })
  .prefault({})
  .describe('Where readings come from.');
