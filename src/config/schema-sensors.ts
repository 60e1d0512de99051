import * as z from 'zod';

import { secondsOrZero, signalName } from './schema-values.ts';

const MAX_SECONDS = 86_400;

const stuck = z
  .strictObject({
    seconds: z
      .number()
      .positive()
      .max(MAX_SECONDS)
      .describe('How long good values must stand still; without it stuck sensors are not looked for.'),
    tolerance: z.number().nonnegative().default(0).describe("Values that differ by no more stand still, in the signal's unit."),
    minReadings: z.int().min(2).max(100_000).default(5).describe('How many good readings must say so.'),
  })
  .optional();

export const sensorFaultsSection = z
  .strictObject({
    badQuality: z.boolean().default(true).describe('Whether a quality that is not usable is a fault of the sensor.'),
    notANumber: z.boolean().default(true).describe('Whether a value that is no number is.'),
    outOfRange: z.boolean().default(true).describe('Whether a value outside `source.physicalLimits` is.'),
    onDelaySeconds: secondsOrZero(0, 'How long bad readings must follow each other before a work order is opened.', MAX_SECONDS),
    offDelaySeconds: secondsOrZero(30, 'How long readings must be good before the work order is closed.', MAX_SECONDS),
    clearReadings: z.int().min(1).max(1000).default(2).describe('How many readings must be good before the work order is closed.'),
    stuck,
    stepping: z
      .record(signalName(), z.number().positive())
      .default({})
      .describe(
        "signal → the largest credible difference of two readings in succession, in the signal's unit. Signals not named may jump.",
      ),
    dropOutSeconds: z
      .number()
      .positive()
      .max(MAX_SECONDS)
      .optional()
      .describe('How long a signal may be without a good reading while others have some; without it drop-outs are not looked for.'),
  })
  .prefault({})
  .describe('What makes a work order about a sensor.');
