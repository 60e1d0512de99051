import path from 'node:path';
import { afterEach, expect, test } from '@jest/globals';

import { openSqlite, type SqliteDatabase } from '../../src/sqlite/sqlite-library.ts';
import { ALL_TABLES, type ColumnKind, SCHEMA } from '../../src/store/tables.ts';
import { newWorkplace, runBundle, type Workplace } from '../support/bundle.ts';

/** A colour, a bell, a control sequence in one byte, a line of its own, and a turn of the writing direction. */
const PLANTED = '\u001b[31m\u0007\u009b2J\r\nFORGED\u2028FORGED\u202eTEXT\u2066\u0000';
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/;

/** Each of them starts the bundle some thirty times. */
const TIMEOUT_MS = 240_000;

const places: Workplace[] = [];
/** The id's beginning, which stays what it was. */
let executed: string;
let pending: string;

afterEach(() => {
  for (const place of places.splice(0)) place.remove();
});

async function idOf(place: Workplace, equipment: string): Promise<string> {
  const rows = (await place.json('recommendations', '--equipment', equipment, '--json')) as { recommendation_id: string }[]; // json.test.ts's subject
  return rows[0]?.recommendation_id.slice(0, 8) ?? '';
}

/** A store with a row of everything that is shown: executed and verified, pending, failed sensors, sessions, orders. */
async function busyPlace(): Promise<Workplace> {
  const place = newWorkplace({ OPS_AGENT_POLICY_SETTLING_SECONDS: '0' });
  places.push(place);
  await place.run('setup', '--sample-data');
  await place.run('session', 'login', '--by', 'operator_john');
  await place.run('control', 'shelve', '--equipment', 'NOTHING', '--by', 'operator_john', '--reason', 'known', '--for', '8h');
  await place.run('run-once');
  executed = await idOf(place, 'REACTOR_02');
  pending = await idOf(place, 'PUMP_02');
  await place.run('approve', executed, '--by', 'operator_john');
  await place.run('run-once');
  await place.run(
    'sql',
    `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
VALUES ('T', 'REACTOR_02', 70, 95, 48, 'normal', CURRENT_TIMESTAMP), ('T', 'PUMP_07', 70, 95, 48, 'broken', CURRENT_TIMESTAMP)`,
  );
  await place.run('run-once');
  return place;
}

/** Appends the planted text to every column of these kinds but those that are left alone. */
async function plant(place: Workplace, kinds: readonly ColumnKind[], leftAlone: readonly string[]): Promise<void> {
  const database = await openSqlite(path.join(place.cwd, 'ops-agent.db'), { busyTimeoutMs: 5000 });
  try {
    dropTriggers(database);
    for (const { name, columns } of ALL_TABLES.filter((table) => table !== SCHEMA)) {
      const planted = columns.filter((column) => kinds.includes(column.kind) && !leftAlone.includes(column.name));
      if (planted.length === 0) continue;
      const changes = planted.map((column) => `"${column.name}" = coalesce("${column.name}", '') || :text`);
      database.prepare(`UPDATE ${name} SET ${changes.join(', ')}`).run({ text: PLANTED });
    }
  } finally {
    database.close();
  }
}

function dropTriggers(database: SqliteDatabase): void {
  for (const { name } of database.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all())
    database.exec(`DROP TRIGGER ${String(name)}`);
}

function commandLines(): readonly (readonly string[])[] {
  return [
    ['show', executed],
    ['show', pending],
    ['show', executed, '--evidence'],
    ['show', pending, '--evidence'],
    ['recommendations'],
    ['recommendations', '--group'],
    ['commands'],
    ['commands', '--recommendation', executed],
    ['events'],
    ['events', '--subject', executed],
    ['status'],
    ['health'],
    ['outcomes'],
    ['work-orders'],
    ['session', 'list'],
    ['control', 'list'],
    ['plant', 'writes'],
    ['audit', 'verify'],
    ['prune', '--keep', '400d', '--by', 'operator_jane', '--dry-run'],
    ['revert', executed, '--by', 'operator_jane'],
    ['revert', pending, '--by', 'operator_jane'],
    ['reject', executed, '--by', 'operator_jane', '--reason', 'no'],
    ['defer', executed, '--by', 'operator_jane', '--for', '1h'],
    ['approve', executed, '--by', 'operator_jane'],
    ['approve', pending, '--by', 'operator_jane'],
    ['run-once', '--log-level', 'debug'],
    ['recommendations'],
    ['events'],
  ];
}

interface Shown {
  /** Lines with a control character, or that the planted text began. */
  readonly odd: readonly string[];
  /** Commands that ended as a bug would. */
  readonly bugs: readonly string[];
  /** How many showed something of what was planted. */
  readonly showing: number;
}

function oddLines(text: string): readonly string[] {
  return text.split('\n').filter((line) => CONTROL.test(line) || /^ {0,2}FORGED/.test(line));
}

async function shownBy(place: Workplace): Promise<Shown> {
  const [odd, bugs]: [string[], string[]] = [[], []];
  let showing = 0;
  for (const args of commandLines()) {
    const { stdout, stderr, code } = await place.run(...args);
    const text = `${stdout}\n${stderr}`;
    odd.push(...oddLines(text).map((line) => `${args.join(' ')}: ${line}`));
    if (code === 1) bugs.push(`${args.join(' ')}: ${stderr}`);
    if (text.includes('FORGED')) showing += 1;
  }
  return { odd, bugs, showing };
}

const CLEAN = { odd: [], bugs: [], showing: expect.any(Number) };

test(
  'whatever is in a text column, a terminal gets no control character of it and no line of its own',
  async () => {
    const place = await busyPlace();
    await plant(place, ['text'], []);
    const shown = await shownBy(place);
    expect(shown).toEqual(CLEAN);
    // Or nothing was tried.
    expect(shown.showing).toBeGreaterThan(8);
  },
  TIMEOUT_MS,
);

test(
  'nor where ids, statuses and severities are as they were, so that each part of a page is reached',
  async () => {
    const place = await busyPlace();
    const words = [
      'status',
      'guarded_status',
      'severity',
      'outcome',
      'event',
      'subject_type',
      'kind',
      'issue_family',
      'rule_id',
      'from_status',
      'to_status',
    ];
    const ids = ALL_TABLES.flatMap(({ columns }) => columns.map(({ name }) => name)).filter((name) => name.endsWith('_id'));
    await plant(place, ['text'], [...words, ...ids]);
    const shown = await shownBy(place);
    expect(shown).toEqual(CLEAN);
    // Or nothing was tried.
    expect(shown.showing).toBeGreaterThan(8);
  },
  TIMEOUT_MS,
);

test(
  'nor of a text that stands where a number should',
  async () => {
    const place = await busyPlace();
    await plant(place, ['text', 'real', 'integer'], ['chain_seq', 'ordinal', 'lease_epoch', 'priority', 'status', 'guarded_status']);
    const shown = await shownBy(place);
    expect(shown).toEqual(CLEAN);
    // Or nothing was tried.
    expect(shown.showing).toBeGreaterThan(8);
  },
  TIMEOUT_MS,
);

test(
  'with colours no other sequences are printed than those of the colours',
  async () => {
    const place = await busyPlace();
    await plant(place, ['text'], []);
    for (const args of commandLines().slice(0, 8)) {
      const { stdout } = await runBundle(args, { cwd: place.cwd, env: { FORCE_COLOR: '1' } });
      // eslint-disable-next-line no-control-regex -- colours are control characters
      const withoutColours = stdout.replace(/\u001b\[\d+m/g, '');
      expect(oddLines(withoutColours)).toEqual([]);
    }
  },
  TIMEOUT_MS,
);
