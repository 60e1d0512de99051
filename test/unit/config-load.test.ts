import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

import { explainSettings, loadSettings } from '../../src/config/load.ts';
import type { ConfigInput } from '../../src/config/layers.ts';
import { valueAt } from '../../src/config/paths.ts';
import type { Settings } from '../../src/config/settings.ts';
import { unscopedRules } from '../../src/domain/rule-book.ts';
import { DEFAULT_CAUSES, DEFAULT_TEMPERATURE_BANDS, SIMULATOR_TAGS } from '../../src/domain/default-rules.ts';
import { AgentError } from '../../src/domain/errors.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const NOWHERE = '/nowhere';

function inputFor(yaml: string, env: ConfigInput['env'] = {}, flags: ConfigInput['flags'] = {}): ConfigInput {
  writeFileSync(path.join(folder, 'ops-agent.yaml'), yaml);
  return { env, cwd: folder, flags };
}

function load(yaml: string, env?: ConfigInput['env'], flags?: ConfigInput['flags']): Settings {
  return loadSettings(inputFor(yaml, env, flags));
}

/** The message of the usage error that loading gives; anything else fails the test. */
function refusal(yaml: string, env?: ConfigInput['env'], flags?: ConfigInput['flags']): string {
  return thrown(() => load(yaml, env, flags));
}

function thrown(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof AgentError && error.code === 'usage') return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('without a file the defaults are the specification’s', () => {
  expect(loadSettings({ env: {}, cwd: NOWHERE })).toEqual({
    agentId: 'ops_agent_001',
    origin: '(defaults)',
    sourceDatabase: null,
    signingKeys: [],
    store: { kind: 'embedded', path: '/nowhere/ops-agent.db', leaseSeconds: 120 },
    source: {
      table: 'sensor_data',
      columns: { equipment: 'equipment_id', timestamp: 'timestamp', status: 'sensor_status' },
      shape: { kind: 'wide', signals: { temperature: 'temperature', pressure: 'pressure', flow_rate: 'flow_rate' } },
      usableStatus: ['good', 'warning', 'ok', 'null'],
      equipment: { include: ['*'], exclude: [] },
      physicalLimits: {
        temperature: { min: -273.15, max: 2000 },
        pressure: { min: -15, max: 100_000 },
        flow_rate: { min: -1_000_000, max: 1_000_000 },
      },
      units: {},
      timestampFormat: 'native',
      timeZone: 'UTC',
      arrivalColumn: null,
      latenessSeconds: 300,
      maxAgeSeconds: 300,
      firstLookbackSeconds: 600,
    },
    rules: unscopedRules(
      [
        {
          id: 'temperature',
          signal: 'temperature',
          side: 'above',
          bands: DEFAULT_TEMPERATURE_BANDS,
          deadband: 1,
          onDelaySeconds: 0,
          offDelaySeconds: 30,
          clearReadings: 2,
        },
      ],
      DEFAULT_CAUSES,
    ),
    sensorFaults: {
      badQuality: true,
      notANumber: true,
      outOfRange: true,
      onDelaySeconds: 0,
      offDelaySeconds: 30,
      clearReadings: 2,
      stuck: null,
      stepping: {},
      dropOutSeconds: null,
    },
    rulesHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    tags: { allow: SIMULATOR_TAGS, deny: [] },
    policy: {
      fourEyes: false,
      fourEyesSeverity: 'critical',
      requireSession: false,
      approvalTtlSeconds: 900,
      holdSeconds: 1800,
      settlingSeconds: 300,
      verifyWindowSeconds: 600,
      maxDispatchPerCycle: 100,
      maxWritesPerMinute: 100,
      driftPercent: 5,
    },
    plant: {
      kind: 'simulator',
      timeoutSeconds: 10,
      readBackSeconds: 5,
      tolerancePercent: 0.5,
      simulatorPath: '/nowhere/ops-agent.plant.db',
      simulatorLatencySeconds: 0,
    },
    poll: { intervalSeconds: 10 },
    retry: { attempts: 3, baseSeconds: 1 },
    notify: { channels: [], rules: [], smtp: null, quietMinutes: 10, timeoutSeconds: 5, deliverySeconds: 10 },
    logging: { level: 'info', format: 'text' },
  });
});

test('a flag beats the environment, which beats the file, which beats the default', () => {
  const yaml = 'poll: {intervalSeconds: 1}\nretry: {attempts: 1, baseSeconds: 2}\nstore: {leaseSeconds: 200}';
  const env = { OPS_AGENT_POLL_INTERVAL_SECONDS: '2.5', OPS_AGENT_RETRY_ATTEMPTS: '2', OPS_AGENT_LOGGING_LEVEL: '' };
  const flags = { 'poll.intervalSeconds': '3', 'plant.kind': undefined };
  const settings = load(yaml, env, flags);
  expect([settings.poll.intervalSeconds, settings.retry.attempts, settings.retry.baseSeconds]).toEqual([3, 2, 2]);
  const origins = new Map(explainSettings(inputFor(yaml, env, flags)).map((key) => [key.path, key.origin]));
  expect(
    ['poll.intervalSeconds', 'retry.attempts', 'store.leaseSeconds', 'logging.level', 'plant.kind'].map((key) => origins.get(key)),
  ).toEqual(['flag', 'environment', 'file', 'default', 'default']);
});

test('the file is the one of --config, else OPS_AGENT_CONFIG, else ops-agent.yaml; a named one must exist', () => {
  inputFor('agent: {id: found}');
  writeFileSync(path.join(folder, 'a.yaml'), 'agent: {id: a}');
  writeFileSync(path.join(folder, 'b.yaml'), 'agent: {id: b}');
  const env = { OPS_AGENT_CONFIG: 'b.yaml' };
  expect(loadSettings({ configPath: 'a.yaml', env, cwd: folder })).toMatchObject({ agentId: 'a', origin: path.join(folder, 'a.yaml') });
  expect(loadSettings({ env, cwd: folder }).agentId).toBe('b');
  expect(loadSettings({ env: { OPS_AGENT_CONFIG: '' }, cwd: folder }).agentId).toBe('found');
  expect(thrown(() => loadSettings({ configPath: 'c.yaml', env: {}, cwd: folder }))).toBe('configuration file c.yaml does not exist');
  expect(thrown(() => loadSettings({ configPath: '.', env: {}, cwd: folder }))).toBe('configuration file . cannot be read (EISDIR)');
});

test('explaining shows the values in force, with the built-in rules as the file would spell them', () => {
  const explained = new Map(explainSettings({ env: {}, cwd: NOWHERE }).map((key) => [key.path, key]));
  expect(explained.get('store.kind')).toEqual({
    path: 'store.kind',
    value: 'embedded',
    origin: 'default',
    environment: 'OPS_AGENT_STORE_KIND',
  });
  expect(explained.get('plant.simulatorPath')?.value).toBe('/nowhere/ops-agent.plant.db');
  expect(explained.get('rules.bands')?.value).toMatchObject([{ rule: 'temperature-elevated', above: 85 }, { above: 90 }, { above: 95 }]);
  const spelled = JSON.stringify(explained.get('rules.bands')?.value);
  expect(load(`rules: {bands: ${spelled}}`).rulesHash).toBe(loadSettings({ env: {}, cwd: NOWHERE }).rulesHash);
});

test('the rules hash follows what the rules say, not how the file says it', () => {
  const plain = load('').rulesHash;
  expect(load('poll: {intervalSeconds: 3}').rulesHash).toBe(plain);
  expect(load('rules: {deadband: 2}').rulesHash).not.toBe(plain);
  expect(load('rules: {causes: [{signal: pressure, above: 90, text: x}]}').rulesHash).not.toBe(plain);
});

test('a signing key that is none is a problem like the others, and its secret is not repeated', () => {
  const message = refusal('', { OPS_AGENT_SIGNING_KEY: 'a:hunter2', OPS_AGENT_POLL_INTERVAL_SECONDS: 'x' });
  expect(message).toContain('2 problems');
  expect(message).toContain("OPS_AGENT_SIGNING_KEY: key 1 ('a') is shorter than 32 characters; write id:secret");
  expect(message).not.toContain('hunter2');
});

test('what is wrong in the environment alone is not looked for in the file', () => {
  const file = 'poll: { intervalSeconds: 3 }\n';
  expect(refusal(file, { OPS_AGENT_SIGNING_KEY: 'a:hunter2' })).toMatch(/^OPS_AGENT_SIGNING_KEY: key 1 \('a'\) is shorter/);
  expect(refusal(file, { OPS_AGENT_SIGNING_KEY: 'a:hunter2', OPS_AGENT_POLL_INTERVAL_SECONDS: 'x' })).toMatch(
    /^2 problems in the environment:\n {2}OPS_AGENT_POLL/,
  );
  expect(refusal('poll: { intervalSeconds: -3 }\n', { OPS_AGENT_SIGNING_KEY: 'a:hunter2' })).toMatch(/^2 problems in ops-agent.yaml:/);
});

test('one problem is one line and several are counted, in the order of the file, the environment last', () => {
  expect(refusal('poll:\n  intervalSeconds: -5\n')).toBe(
    'ops-agent.yaml: poll.intervalSeconds (line 2, column 3): must be more than 0, is -5',
  );
  const yaml = 'store:\n  knd: auto\nintervalSeconds: 3\nsource:\n  shape: wid\n';
  expect(refusal(yaml, { OPS_AGENT_POLL_INTERVAL_SECONDS: 'soon', OPS_AGENT_STORE_KNID: 'x' }).split('\n')).toEqual([
    '5 problems in ops-agent.yaml:',
    "  store.knd (line 2, column 3): unknown key, did you mean 'kind'?",
    "  intervalSeconds (line 3, column 1): unknown key, did you mean 'poll.intervalSeconds'?",
    "  source.shape (line 5, column 3): must be one of wide, long, is 'wid', did you mean 'wide'?",
    "  OPS_AGENT_POLL_INTERVAL_SECONDS: must be a number, is 'soon'",
    "  OPS_AGENT_STORE_KNID: is no variable of ops-agent, did you mean 'OPS_AGENT_STORE_KIND'?",
  ]);
});

test.each([
  ['OPS_AGENT_CONFG', ", did you mean 'OPS_AGENT_CONFIG'?"],
  ['OPS_AGENT_PLANT_KND', ", did you mean 'OPS_AGENT_PLANT_KIND'?"],
  ['OPS_AGENT_STOREPATH', ", did you mean 'OPS_AGENT_STORE_PATH'?"],
  ['OPS_AGENT_FOO', '; ops-agent config show lists them'],
  ['OPS_AGENT_VERSION', '; ops-agent config show lists them'],
  ['OPS_AGENT_DATABASE_URL', '; ops-agent config show lists them'],
  ['OPS_AGENT_PASSWORD', '; ops-agent config show lists them'],
  ['OPS_AGENT_SQLITES', '; ops-agent config show lists them'],
])('the variable %s is told the nearest name only where one is near', (name, hint) => {
  expect(refusal('', { [name]: 'x' })).toBe(`${name}: is no variable of ops-agent${hint}`);
});

test('a problem in a flag names the key', () => {
  expect(refusal('', {}, { 'poll.intervalSeconds': -1 })).toBe('ops-agent.yaml: poll.intervalSeconds (flag): must be more than 0, is -1');
});

test.each([
  ['a syntax error', 'a: [1\nb: 2', /line 2, column 1\): is not valid YAML/],
  [
    'a key that stands twice',
    'poll:\n  intervalSeconds: 5\n  intervalSeconds: 6',
    /poll.intervalSeconds \(line 3, column 3\): stands twice/,
  ],
  ['an alias without an anchor', 'a: *x', /line 1, column 4: '\*x' has no anchor/],
  ['a list at the top', '- 1', /must be a section of keys, is a list/],
  ['an empty section', 'store:', /store \(line 1, column 1\): must be a section of keys, is empty/],
  ['two documents', 'poll: {}\n---\npoll: {}', /multiple documents/],
  ['no number', 'poll: {intervalSeconds: .nan}', /poll.intervalSeconds \(line 1, column 8\): must be a number, is NaN/],
  ['an endless duration', 'policy: {holdSeconds: .inf}', /policy.holdSeconds .* must be a number/],
  ['a key of Object.prototype', 'store: {toString: 1}', /store.toString .*unknown key/],
  ['a section with its own name as a key', '__proto__: {x: 1}', /__proto__ .*unknown key/],
])('%s is a named problem', (_name, yaml, message) => {
  expect(refusal(yaml)).toMatch(message);
});

test('after a syntax error the rest, which is guesswork, is not judged', () => {
  expect(refusal('zz: [1\nb: 2')).toMatch(/^ops-agent\.yaml: b \(line 2, column 1\): is not valid YAML: [^\n]*$/);
});

test('only own keys are values of the configuration', () => {
  expect(valueAt({ a: {} }, ['a', 'toString'])).toBeUndefined();
  expect(valueAt({ a: { b: [1] } }, ['a', 'b', 0])).toBe(1);
});

test.each(['sensor"data', "sensor'data", 'data; drop table x', '../data', 'a.b.c.d', 'a..b', '1a', ''])(
  'the table name %j is refused',
  (table) => {
    expect(refusal(JSON.stringify({ source: { table } }))).toMatch(/source\.table \(line 1, column \d+\): must be a table's name/);
  },
);

test.each(['a"b', 'a;b', '../a', 'a.b', ''])('the column name %j is refused, for a signal too', (column) => {
  expect(refusal(JSON.stringify({ source: { columns: { timestamp: column } } }))).toMatch(
    /source\.columns\.timestamp .* must be a column's name/,
  );
  expect(refusal(JSON.stringify({ source: { columns: { signals: { temperature: column } } } }))).toMatch(
    /source\.columns\.signals\.temperature /,
  );
});

test('tables of one to three parts are accepted', () => {
  for (const table of ['a', 'a.b', 'main._x.T9']) expect(load(`source: {table: ${table}}`).source.table).toBe(table);
});

test('a long source takes its own columns and any text as a signal', () => {
  const { source } = load('source: {shape: long, columns: {quality: null, signals: {temperature: "TEMP °C\'"}}}\n');
  expect(source.columns.status).toBeNull();
  expect(source.shape).toEqual({
    kind: 'long',
    signalColumn: 'sensor_type',
    valueColumn: 'sensor_value',
    signals: { temperature: "TEMP °C'" },
  });
  expect(source.physicalLimits).toEqual({ temperature: { min: -273.15, max: 2000 } });
});

test('columns of the other shape and a signal mapped twice are named', () => {
  expect(refusal('source: {columns: {value: v}}')).toMatch(/source.columns.value .* does not belong to source.shape: wide/);
  expect(refusal('source: {shape: long, columns: {status: s}}')).toMatch(/source.columns.status .* does not belong to source.shape: long/);
  expect(refusal('source: {columns: {signals: {temperature: t, pressure: t}}}')).toMatch(/pressure .* is mapped to 't' like temperature/);
});

test('row qualities are compared in lower case, an unquoted null is the word and a code is a text', () => {
  expect(load('source: {usableStatus: [GOOD, null, 192]}').source.usableStatus).toEqual(['good', 'null', '192']);
});

test('in a Databricks job auto is refused, and what is said is not', () => {
  const name = 'DATABRICKS_RUNTIME_VERSION';
  expect(refusal('', { [name]: '16.4' })).toMatch(
    /store.kind: DATABRICKS_RUNTIME_VERSION is set, .*set store.kind: databricks or embedded/,
  );
  expect(load('', { [name]: '16.4', OPS_AGENT_STORE_KIND: 'embedded' }).store.kind).toBe('embedded');
  expect(load('', { [name]: '' }).store.kind).toBe('embedded');
});

test('a lease must outlast a call to the plant by 5 s', () => {
  expect(refusal('store: {leaseSeconds: 15}')).toMatch(/store.leaseSeconds \(line 1, column 9\): must be more than .* 15, is 15/);
  expect(load('store: {leaseSeconds: 15.5}').store.leaseSeconds).toBe(15.5);
});

test('variables of ours that are no keys are let through, lists are for the file', () => {
  const env = { OPS_AGENT_CRASH_AT: '1', OPS_AGENT_STOP_AT: '1', OPS_AGENT_SQLITE: 'x', PATH: '/bin' };
  expect(load('', env).agentId).toBe('ops_agent_001');
  expect(refusal('', { OPS_AGENT_TAGS_DENY: 'x' })).toBe(
    'OPS_AGENT_TAGS_DENY: tags.deny is a list, which only the configuration file can hold',
  );
  expect(refusal('', { OPS_AGENT_SIGNINGKEY: 'hunter2' })).not.toContain('hunter2');
});

test('the variable null means no column', () => {
  expect(load('', { OPS_AGENT_SOURCE_COLUMNS_STATUS: 'null' }).source.columns.status).toBeNull();
});

test('the simulated plant’s file is never the store’s', () => {
  expect(refusal('plant: {simulatorPath: ./ops-agent.db}')).toMatch(/plant.simulatorPath .* another file/);
  expect(load('store: {path: state}').plant.simulatorPath).toBe(path.join(folder, 'state.plant.db'));
});

test('of very many problems the first are told, and how many there are', () => {
  const message = refusal(Array.from({ length: 500 }, (_none, index) => `key${index}: 1\n`).join(''));
  expect(message.split('\n')).toHaveLength(22);
  expect(message).toMatch(/^500 problems in ops-agent\.yaml:\n/);
  expect(message.endsWith('\n  and 480 more')).toBe(true);
});
