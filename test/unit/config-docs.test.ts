import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';

import { describeKeys } from '../../src/config/describe.ts';
import { environmentNameOf, isKnownOther } from '../../src/config/environment-names.ts';
import { loadSettings } from '../../src/config/load.ts';
import { withKeyTables } from '../../src/config/render-docs.ts';
import { familyFor } from '../../src/domain/rule-book.ts';

const FILE = path.resolve('docs/configuration.md');

test('docs/configuration.md lists the keys of the schema (UPDATE_DOCS=1 npx jest test/unit/config-docs writes it)', () => {
  const wanted = withKeyTables(readFileSync(FILE, 'utf8'), describeKeys());
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(FILE, wanted);
  expect(readFileSync(FILE, 'utf8')).toBe(wanted);
});

test('the example files in docs/configuration.md are valid configurations', () => {
  const examples = [...readFileSync(FILE, 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  expect(examples).toHaveLength(3);
  const cwd = mkdtempSync(path.join(tmpdir(), 'ops-agent-docs-'));
  try {
    for (const example of examples.filter((text) => !text.includes('shape: long'))) {
      writeFileSync(path.join(cwd, 'ops-agent.yaml'), example);
      expect(loadSettings({ env: {}, cwd }).origin).toBe(path.join(cwd, 'ops-agent.yaml'));
    }
    writeFileSync(path.join(cwd, 'ops-agent.yaml'), examples.find((text) => text.includes('shape: long')) ?? '');
    expect(loadSettings({ env: {}, cwd }).source.shape.kind).toBe('long');
  } finally {
    rmSync(cwd, { recursive: true });
  }
});

test('the example in docs/rules.md is a valid configuration', () => {
  const [example] = [...readFileSync(path.resolve('docs/rules.md'), 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    (match) => match[1] ?? '',
  );
  const cwd = mkdtempSync(path.join(tmpdir(), 'ops-agent-docs-'));
  try {
    writeFileSync(path.join(cwd, 'ops-agent.yaml'), example ?? '');
    const { rules } = loadSettings({ env: {}, cwd });
    const told = ['REACTOR_01', 'PUMP_01', 'PUMP_07', 'AGITATOR_1'].map((id) =>
      ['temperature', 'flow_rate'].flatMap(
        (family) => familyFor(rules, id, family)?.bands.map((band) => `${band.ruleId} ${band.limit}`) ?? [],
      ),
    );
    expect(told).toEqual([['reactor-hot 120', 'flow-low 10'], ['hot 90', 'flow-low 10'], ['hot 85', 'flow-low 10'], ['hot 90']]);
  } finally {
    rmSync(cwd, { recursive: true });
  }
});

test('every key has a description and says its default', () => {
  const lacking = describeKeys().filter((key) => key.description === '' || key.defaultText === '');
  expect(lacking.map((key) => key.path)).toEqual([]);
});

test('every key has a variable of its own that is no other variable of ours', () => {
  const names = describeKeys().map((key) => environmentNameOf(key.path));
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter(isKnownOther)).toEqual([]);
});
