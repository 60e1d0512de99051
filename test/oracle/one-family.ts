import type { Arrival, FamilyRule, Rules } from './history.ts';

const TEMPERATURE: FamilyRule = {
  id: 'temperature',
  signal: 'temperature',
  side: 'above',
  bands: [
    { limit: 85, severity: 'medium' },
    { limit: 90, severity: 'high' },
    { limit: 95, severity: 'critical' },
  ],
  deadband: 1,
  onDelay: 0,
  offDelay: 0,
  clearReadings: 1,
};

/** One family without delays: a history that is told by hand needs no more. */
export const ONE_FAMILY: Rules = { families: [TEMPERATURE], lateness: 0, maxAge: 30, firstLookback: 60, hold: 10, approvalTtl: 20 };

/** A sound reading of R1, of `ago` seconds before it comes in. */
export function hot(temperature: number, ago = 0): Arrival {
  return { equipment: 'R1', ago, temperature, flow: 50, status: 'good' };
}
