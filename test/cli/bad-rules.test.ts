import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { ensureBundle, newWorkplace, type Workplace } from '../support/bundle.ts';

let place: Workplace;
beforeAll(() => ensureBundle(), 60_000);
beforeEach(() => {
  place = newWorkplace();
});
afterEach(() => place.remove());

function check(yaml: string) {
  writeFileSync(path.join(place.cwd, 'ops-agent.yaml'), yaml);
  return place.run('config', 'check');
}

/** Three lines of equipment, then a rule in lines 4 to 11; what a case needs follows from line 12. */
const GIVEN = `equipment:
  - match: 'PUMP_*'
    class: pump
rules:
  bands:
    - rule: hot
      above: 90
      severity: high
      issueType: high_temperature
      confidence: 0.9
      recommendedAction: Look at it
`;

/** A second rule, of one scope and side. */
const cold = (scope: string, limit: number) => `    - rule: cold
      family: cold
      ${scope}
      below: ${limit}
      severity: high
      issueType: low_temperature
      confidence: 0.9
      recommendedAction: Look at it
`;

const action = (text: string) => `      actions:
        - tag: '[default]{equipment_id}/ThroughputSetpoint'
          direction: decrease
          ${text}
`;

test.each<[string, string, string]>([
  ['a rule for a class that nothing is of', cold('class: pumpe', 5), "rules.bands[1].class (line 14, column 7): no entry of equipment gives the class 'pumpe', did you mean 'pump'?"], // prettier-ignore
  ['a rule for ids that cannot be', cold("equipment: 'PUMP 1'", 5), "rules.bands[1].equipment (line 14, column 7): must be a pattern of equipment ids: 1 to 100 letters, digits, '_' or '-', with '*' for any run of them; it is 'PUMP 1'"], // prettier-ignore
  ['a rule that never fires', cold('class: pump', -300), 'rules.bands[1].below (line 15, column 7): -300 is not within source.physicalLimits of temperature, -273.15 to 2000, so the rule could never fire'], // prettier-ignore
  ['rules that contradict', cold('class: pump', 95), "rules.bands[1].below (line 15, column 7): contradicts rule 'hot': temperature would always be wrong, below 95 or above 90, for all equipment and class pump"], // prettier-ignore
  ['a family switched off everywhere', "  overrides:\n    - { family: temperature, equipment: '*', off: true }\n", "rules.bands[0].rule (line 6, column 7): rule 'hot' could never fire: rules.overrides[0] switches family 'temperature' off for equipment '*'"], // prettier-ignore
  ['an override of no family', '  overrides:\n    - family: temprature\n      class: pump\n      deadband: 2\n', "rules.overrides[0].family (line 13, column 7): there is no family 'temprature', did you mean 'temperature'?"], // prettier-ignore
  ['an override of no rule', '  overrides:\n    - family: temperature\n      class: pump\n      limits:\n        hott: 85\n', "rules.overrides[0].limits.hott (line 16, column 9): family 'temperature' has no rule 'hott' for class pump, did you mean 'hot'?"], // prettier-ignore
  ['an override twice', '  overrides:\n    - { family: temperature, class: pump, deadband: 2 }\n    - { family: temperature, class: pump, deadband: 3 }\n', "rules.overrides[1].class (line 14, column 30): adjusts family 'temperature' for class pump like rules.overrides[0]; make one of the two"], // prettier-ignore
  ['a percentage against its direction', action('percentOfCurrent: 110'), "rules.bands[0].actions[0].percentOfCurrent (line 15, column 11): rule 'hot': 110 would increase, but its direction is decrease"], // prettier-ignore
  ['a delta beyond the tag’s range', action('delta: -150'), "rules.bands[0].actions[0].delta (line 15, column 11): rule 'hot': -150 is more than the whole range of '[default]{id}/ThroughputSetpoint', 0 to 100"], // prettier-ignore
  ['a value over its tag’s limit', action('set: 101'), "rules.bands[0].actions[0].set (line 15, column 11): rule 'hot': 101 is outside 0 to 100 of '[default]{id}/ThroughputSetpoint'"], // prettier-ignore
  ['a cause that reads an unknown signal', "  causes:\n    - class: pump\n      text: worn seal\n      when:\n        - signal: presure\n          is: down\n", "rules.causes[0].when[0].signal (line 16, column 11): source.columns.signals does not map 'presure', did you mean 'pressure'?"], // prettier-ignore
  ['a cause that reads no behaviour', "  causes:\n    - class: pump\n      text: worn seal\n      when:\n        - signal: pressure\n          is: falling\n", "rules.causes[0].when[0].is (line 17, column 11): must be one of up, down, normal, accelerating, steady, unsteady, is 'falling'"], // prettier-ignore
])('%s: refused with its line', async (_name, rest, problem) => {
  const stderr = `ops-agent: ops-agent.yaml: ${problem}`;
  const result = await check(GIVEN + rest);
  const dot = problem.endsWith('?') ? '' : '.';
  expect(result).toEqual({ stdout: '', stderr: `${stderr}${dot} Correct it and check with: ops-agent config check\n`, code: 2 });
});

test('rules of every kind together are accepted, and shown', async () => {
  const yaml = `${GIVEN}${action('percentOfCurrent: 90')}${cold("equipment: ['PUMP_1*', 'PUMP_2*']", 5)}  families:
    cold: { deadband: 2, onDelaySeconds: 10 }
  overrides:
    - { family: temperature, class: pump, limits: { hot: 85 } }
    - { family: cold, equipment: 'PUMP_12', off: true }
  causes:
    - { class: pump, when: [{ signal: pressure, is: down }], text: worn seal }
`;
  expect(await check(yaml)).toMatchObject({ stderr: '', code: 0 });
  const shown = await place.run('config', 'show', '--json');
  const keys = new Map((JSON.parse(shown.stdout) as { path: string; value: unknown }[]).map((key) => [key.path, key.value]));
  expect(keys.get('rules.bands')).toMatchObject([
    { rule: 'hot', above: 90, actions: [{ percentOfCurrent: 90 }] },
    { rule: 'cold', equipment: ['PUMP_1*', 'PUMP_2*'], below: 5 },
  ]);
  expect(keys.get('rules.overrides')).toEqual([
    { family: 'temperature', class: 'pump', limits: { hot: 85 } },
    { family: 'cold', equipment: 'PUMP_12', off: true },
  ]);
  expect(JSON.stringify(keys.get('rules.causes'))).toContain('"class":"pump","id":"pump-cavitation"');
});
