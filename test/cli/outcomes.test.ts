import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { newWorkplace, type Workplace } from '../support/bundle.ts';

let place: Workplace;
beforeAll(async () => {
  place = newWorkplace();
  await place.run('setup');
}, 60_000);
afterAll(() => place.remove());

/** Executions that were judged an hour ago. */
const executed = (rule: string, outcome: string, count: number) =>
  place.run(
    'sql',
    `INSERT INTO agent_recommendations (recommendation_id, equipment_id, issue_type, issue_family, severity, priority, rule_id, recommended_action,
  root_cause_analysis, confidence_score, status, guarded_status, outcome, created_timestamp, verified_timestamp)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
SELECT '${rule}-${outcome}-' || i, 'R' || i, 'hot', 'temperature', 'high', 3, '${rule}', 'Open the recycle', 'blocked discharge', 0.9, 'executed', 'executed',
  '${outcome}', CURRENT_TIMESTAMP - INTERVAL 2 HOURS, CURRENT_TIMESTAMP - INTERVAL 1 HOURS FROM n`,
  );

const columns = (text: string) => text.replace(/ +/g, ' ').replace(/ $/gm, '');

test('how often an action helped is said with its interval, and of few cases not at all', async () => {
  expect(await place.run('outcomes')).toEqual({ stdout: 'Nothing that was carried out has been judged yet.\n', stderr: '', code: 0 });
  await executed('many', 'effective', 15);
  await executed('many', 'ineffective', 5);
  await executed('many', 'unknown', 3);
  await executed('few', 'effective', 19);
  const { stdout, code } = await place.run('outcomes');
  expect(code).toBe(0);
  expect(columns(stdout)).toBe(`RULE ACTION CAUSE JUDGED UNKNOWN EFFECTIVE 95 % INTERVAL CONFIDENCE
many Open the recycle blocked discharge 20 3 75 % 53 % to 89 % 90 %
few Open the recycle blocked discharge 19 0 - - 90 %
A share is shown from 20 judged executions on. Those without a reading are unknown and count for nothing.
`);
  expect(await place.json('outcomes', '--json')).toMatchObject([
    { rule_id: 'many', judged: 20, effective: 15, ineffective: 5, unknown: 3, effective_share: 0.75, confidence: 0.9 },
    { rule_id: 'few', judged: 19, effective_share: null, interval_low: null, interval_high: null },
  ]);
  expect(await place.json('outcomes', '--since', '30m', '--json')).toEqual([]);
  expect(await place.run('outcomes', '--since', 'lately')).toMatchObject({ code: 2 });
});
