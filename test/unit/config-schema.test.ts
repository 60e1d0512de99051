import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';

import { configJsonSchema } from '../../src/config/json-schema.ts';
import { readYaml } from '../../src/config/read-yaml.ts';

const validate = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(configJsonSchema());
const accepts = (yaml: string) => validate(readYaml(yaml, 'test.yaml').value);

const documentation = ['docs/configuration.md', 'docs/rules.md'].map((file) => readFileSync(path.resolve(file), 'utf8')).join('\n');
const EXAMPLES = [...documentation.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

test('the schema is the draft that editors know', () => {
  expect(configJsonSchema()).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', additionalProperties: false });
});

test.each(['', 'store: {kind: embedded}', 'source: {usableStatus: [good, null, 192], columns: {status: null}}', ...EXAMPLES])(
  'an editor accepts %j',
  (yaml) => {
    expect(accepts(yaml)).toBe(true);
  },
);

test.each([
  'stor: {}',
  'store: {knd: embedded}',
  'store: {kind: sqlite}',
  'store:',
  'poll: {intervalSeconds: 0}',
  'poll: {intervalSeconds: 5m}',
  'rules: {clearReadings: 1.5}',
  'rules: {bands: []}',
  'rules: {bands: [{rule: a, severity: high, issueType: t, confidence: 1, recommendedAction: r}]}',
  'rules: {bands: [{rule: a, above: 1, below: 0, severity: high, issueType: t, confidence: 1, recommendedAction: r}]}',
  'rules: {causes: [{signal: pressure, text: x}]}',
  'rules: {causes: [{class: pump, text: x}]}',
  'rules: {causes: [{class: pump, signal: pressure, above: 1, when: [{signal: pressure, is: up}], text: x}]}',
  'rules: {causes: [{class: pump, when: [{signal: pressure, is: high}], text: x}]}',
  'rules: {causes: [{class: pump, when: [{signal: pressure, is: up}], text: x, actions: [{tag: t, set: 1, delta: 1}]}]}',
  'rules: {bands: [{rule: a, above: 1, class: x, equipment: y, severity: high, issueType: t, confidence: 1, recommendedAction: r}]}',
  'rules: {bands: [{rule: a, above: 1, equipment: "a b", severity: high, issueType: t, confidence: 1, recommendedAction: r}]}',
  'rules: {overrides: [{family: x, deadband: 1}]}',
  'rules: {overrides: [{family: x, class: a, equipment: b, deadband: 1}]}',
  'rules: {overrides: [{family: x, class: a, off: false}]}',
  'rules: {families: {x: {deadbnd: 1}}}',
  'equipment: [{match: x}]',
  'equipment: [{match: x, class: pump, normal: {pressure: {}}}]',
  'source: {table: "a;b"}',
  'source: {columns: {signals: {}}}',
  'source: {columns: {signals: {"a b": x}}}',
  'tags: {allow: [{path: "[default]A/B"}]}',
])('an editor refuses %j', (yaml) => {
  expect(accepts(yaml)).toBe(false);
});
