import { expect, test } from '@jest/globals';
import { assessmentFrom, assessmentRecord } from '../../src/domain/audit-copy.ts';
import type { Assessment } from '../../src/domain/recommendation.ts';
import { NOW } from '../property/domain-fixtures.ts';

const ASSESSMENT: Assessment = {
  issueType: 'critical_temperature',
  temperatureReading: 96.5,
  pressureReading: null,
  flowRateReading: 0,
  peakValue: 96.5,
  rootCauseAnalysis: 'blockage',
  recommendedAction: 'EMERGENCY',
  confidenceScore: 0.95,
  firstDetectedTimestamp: NOW - 5000,
  lastAccountedTimestamp: NOW,
};
const COPY = { assessment: assessmentRecord(ASSESSMENT) };

test('what an escalation makes of a row comes back from the audit as it was', () => {
  expect(assessmentFrom(JSON.parse(JSON.stringify(COPY)))).toEqual(ASSESSMENT);
});

test.each([
  ['nothing', null],
  ['an event without one', { ticket: null }],
  ['a text for a number', { assessment: { ...COPY.assessment, peak_value: 'hot' } }],
  ['a time that is none', { assessment: { ...COPY.assessment, last_accounted_timestamp: 'yesterday' } }],
  ['a missing text', { assessment: { ...COPY.assessment, root_cause_analysis: undefined } }],
])('of %s nothing is believed', (_what, copy) => {
  expect(assessmentFrom(copy)).toBeNull();
});
