import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

import { loadSettings } from '../../src/config/load.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-action-tags-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The message about a configuration as JSON, which is YAML; '' where it is accepted. */
function refusal(config: object): string {
  writeFileSync(path.join(folder, 'ops-agent.yaml'), JSON.stringify(config));
  try {
    loadSettings({ env: {}, cwd: folder });
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const BAND = { severity: 'high', issueType: 't', confidence: 0.5, recommendedAction: 'do it' };
const TAG = '[default]{equipment_id}/X';
const write = (set: number, scope: object = {}, tag = TAG) => ({ rule: 'a', above: 90, ...BAND, ...scope, actions: [{ tag, set }] });
const plain = (change: object) => ({ rule: 'b', above: 80, ...BAND, ...change });
const allow = (limits: Readonly<Record<string, number>>) => ({
  allow: Object.entries(limits).map(([id, max]) => ({ path: id.startsWith('[') ? id : `[default]${id}/X`, min: 0, max })),
});
const EQUIPMENT = [
  { match: 'R*', class: 'reactor' },
  { match: ['P1', 'P2'], class: 'pump' },
];
const config = (limits: Readonly<Record<string, number>>, ...bands: object[]) => ({
  equipment: EQUIPMENT,
  rules: { bands },
  tags: allow(limits),
});
const R1_R2 = { R1: 10, R2: 100 };

test.each<[string, object]>([
  ['a tag of its own equipment, whose limits are wider than another’s', config(R1_R2, write(50, { equipment: 'R2' }))],
  ['the same in another case', config(R1_R2, write(50, { equipment: 'r2' }))],
  ['the same by a pattern', config(R1_R2, write(50, { equipment: '*2' }))],
  ['the tag of one of a class', config({ R1: 10, P1: 100 }, write(50, { class: 'pump' }))],
  ['what remains for a rule for all', config(R1_R2, write(50), plain({ equipment: 'R1', above: 90 }))],
  ['what is watched', { ...config(R1_R2, write(50)), source: { equipment: { include: ['R2', 'P*'] } } }],
  ['what is not left out', { ...config(R1_R2, write(50)), source: { equipment: { exclude: ['R1*'] } } }],
  ['a tag whose listed path has letters beside the id', config({ '[default]R_{id}/X': 100 }, write(50, { equipment: 'R_*' }))],
  ['such a path and a pattern that meet', config({ '[default]R_{id}/X': 100 }, write(50, { equipment: '*_A' }))],
  ['a path that has the id twice', config({ '[default]R1/R1_X': 100 }, write(50, {}, '[default]{equipment_id}/{equipment_id}_X'))],
  ['a class’s own cause', {
    ...config({ R1: 10, P1: 100 }, plain({})),
    rules: { bands: [plain({})], causes: [{ class: 'pump', when: [{ signal: 'pressure', is: 'up' }], text: 'x', actions: [{ tag: TAG, set: 50 }] }] },
  }], // prettier-ignore
])('%s: accepted, as some equipment of the rule can have it', (_name, given) => {
  expect(refusal(given)).toBe('');
});

test.each<[string, object, RegExp]>([
  ['a rule for what is not listed', config({ R1: 100 }, write(50, { equipment: 'R3' })), /bands\[0\]\.actions\[0\]\.tag \(line 1, column \d+\): rule 'a': '\[default\]R3\/X' is not in tags.allow/], // prettier-ignore
  ['one of several that are named', config({ R1: 100 }, write(50, { equipment: ['R1', 'R3'] })), /'\[default\]R3\/X' is not in tags.allow/],
  ['a class of which nothing is listed', config({ R1: 100 }, write(50, { class: ['reactor', 'pump'] })), /'\[default\]\{equipment_id\}\/X' is not in tags.allow/], // prettier-ignore
  ['a listed tag of what is not watched', { ...config({ R1: 100 }, write(50)), source: { equipment: { include: ['P*'] } } }, /is not in tags.allow/], // prettier-ignore
  ['a value beyond its own tag’s limits', config(R1_R2, write(50, { equipment: 'R1' })), /actions\[0\]\.set .*50 is outside 0 to 10 of '\[default\]R1\/X'/], // prettier-ignore
  ['the same for one of all', config(R1_R2, write(50)), /50 is outside 0 to 10 of '\[default\]R1\/X'/],
  ['a misspelt name in the user’s list', config({ '[default]{id}/Speed': 9 }, write(5, {}, '[default]{equipment_id}/Sped')), /is not in tags.allow, did you mean 'Speed'\?/], // prettier-ignore
  ['a misspelt tag of the simulated plant', { rules: { bands: [write(50, {}, '[default]{equipment_id}/ThroughputSetpont')] } }, /actions\[0\]\.tag \(line 1, .*'\[default\]\{equipment_id\}\/ThroughputSetpont' is not a tag that may be written, did you mean 'ThroughputSetpoint'\?/], // prettier-ignore
  ['one in another case', { rules: { bands: [write(50, {}, '[default]{equipment_id}/throughputSetpoint')] } }, /did you mean 'ThroughputSetpoint'\?/], // prettier-ignore
  ['a tag that the simulated plant does not have', { rules: { bands: [write(50, {}, '[default]{equipment_id}/Valve')] } }, /is not a tag that may be written; by default that is \[default\]\{equipment_id\}\/ThroughputSetpoint and .*list it in tags.allow/], // prettier-ignore
])('%s: refused, as none of the rule’s equipment can have it', (_name, given, message) => {
  expect(refusal(given)).toMatch(message);
});

test('a plant that is only watched has no tags to be misspelt', () => {
  expect(refusal({ plant: { kind: 'advisory' }, rules: { bands: [write(50, {}, '[default]{equipment_id}/Valve')] } })).toBe('');
});
