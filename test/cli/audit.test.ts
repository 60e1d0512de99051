import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type SqlValue, write } from '../../src/store/connection.ts';
import { openEmbedded } from '../../src/store/embedded/connection.ts';
import { EVENTS } from '../../src/store/tables.ts';
import { newWorkplace, type Workplace } from '../support/bundle.ts';

const KEY = { OPS_AGENT_SIGNING_KEY: `plant-1:${'0123456789abcdef'.repeat(4)}` };
const FORMULA = '=HYPERLINK("http://example.org")';

type Row = Readonly<Record<string, unknown>>;

let place: Workplace;
beforeEach(async () => {
  place = newWorkplace();
  await place.run('setup', '--sample-data');
  await place.run('run-once');
  await place.run('control', 'shelve', '--equipment', 'PUMP_01', '--by', 'anna', '--reason', FORMULA);
}, 60_000);
afterEach(() => place.remove());

/** As somebody with the file and SQLite's own shell. */
async function tamper(sql: string, params: Readonly<Record<string, SqlValue>> = {}): Promise<void> {
  const connection = await openEmbedded(path.join(place.cwd, 'ops-agent.db'), false);
  for (const trigger of ['undeletable', 'unchangeable', 'unmovable'])
    await connection.execute(write(`DROP TRIGGER IF EXISTS agent_events_${trigger}`));
  await connection.execute(write(sql, params));
  await connection.close();
}

const steady = (text: string) =>
  text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/[0-9a-f]{64}/g, '<hash>')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>');

describe('audit verify', () => {
  test('says what was checked, and the head to note down', async () => {
    const { stdout, stderr, code } = await place.run('audit', 'verify');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(steady(stdout)).toBe(`✓ The audit is sound: 3 rows checked
ops_agent_001: 3 rows, 1 to 3, <time> to <time>
  head 3:<hash> (noted down elsewhere, --head finds what is changed or cut off before it)
`);
  });

  test('names each row that is wrong, what it means, and ends with 8', async () => {
    await tamper(`UPDATE agent_events SET actor = 'mallory' WHERE chain_seq = 1`);
    await tamper('DELETE FROM agent_events WHERE chain_seq = 2');
    const { stdout, stderr, code } = await place.run('audit', 'verify');
    expect({ stderr, code }).toEqual({ stderr: '', code: 8 });
    expect(steady(stdout).split('\n').slice(0, 4)).toEqual([
      '✗ The audit is not sound: 3 findings in 2 rows',
      '  ops_agent_001 row 1, event <id>: it was changed: its hash is not that of what it says',
      '  ops_agent_001 row 3, event <id>: row 2 is missing before it',
      '  ops_agent_001 row 2: it is missing, and agent_health knows it',
    ]);
    const limited = await place.run('audit', 'verify', '--limit', '1');
    expect(limited).toMatchObject({ code: 8, stdout: expect.stringContaining('  … and 2 more; --limit shows them\n') });
    const told = await place.run('audit', 'verify', '--json', '--limit', '1');
    expect(told.code).toBe(8);
    expect(JSON.parse(told.stdout)).toMatchObject({
      sound: false,
      findings_total: 3,
      findings: [{ kind: 'changed', agent_id: 'ops_agent_001', chain_seq: 1 }],
    });
  });

  test('has nothing else to say where there are many chains', async () => {
    const names = EVENTS.columns.map(({ name }) => name).filter((name) => !['event_id', 'agent_id'].includes(name));
    await tamper(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
INSERT INTO agent_events (event_id, agent_id, ${names.join(', ')}) SELECT 'e' || i, 'a' || i, ${names.join(', ')} FROM n, agent_events WHERE chain_seq = 1`);
    const { stdout, stderr, code } = await place.run('audit', 'verify');
    expect({ stderr, code }).toEqual({ stderr: '', code: 8 });
    expect(stdout).toContain('20 findings in 23 rows');
  });

  test('compares with a head that was noted down, and refuses one that it cannot read', async () => {
    const { chains } = (await place.json('audit', 'verify', '--json')) as { readonly chains: readonly { readonly head_hash: string }[] }; // the documented object
    const hash = chains[0]?.head_hash ?? '';
    await place.run('control', 'clear', 'shelve', '--equipment', 'PUMP_01', '--by', 'anna');
    expect(await place.run('audit', 'verify', '--head', `3:${hash}`)).toMatchObject({ code: 0 });
    expect(await place.run('audit', 'verify', '--head', `3:${'0'.repeat(64)}`)).toMatchObject({
      code: 8,
      stdout: expect.stringContaining('it has not the hash that --head has for it'),
    });
    expect(await place.run('audit', 'verify', '--head', `9:${hash}`)).toMatchObject({
      code: 8,
      stdout: expect.stringContaining('row 9: the chain ends at 4, and --head knows this row: the end was cut off'),
    });
    expect(await place.run('audit', 'verify', '--head', 'newest')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("ops-agent: --head 'newest' is not a place and its hash."),
    });
  });

  test('checks signatures with the key that the agent had, and names the key that is missing', async () => {
    const signed = newWorkplace(KEY);
    const other = newWorkplace({ OPS_AGENT_SIGNING_KEY: `plant-2:${'f'.repeat(32)}` });
    try {
      await signed.run('setup', '--sample-data');
      await signed.run('run-once');
      expect((await signed.run('audit', 'verify')).stdout).toContain('  2 signatures checked, 0 rows without one (signed from row 1 on)\n');
      const file = path.join(signed.cwd, 'ops-agent.db');
      expect(await other.run('audit', 'verify', '--store-path', file)).toMatchObject({
        code: 8,
        stdout: expect.stringContaining(
          "2 rows are signed with the key 'plant-1', which is not among the keys that were given: give the old key as well, behind the one that signs (it only checks)\n",
        ),
      });
      const { stdout } = await other.run('audit', 'verify', '--store-path', file);
      expect(stdout).toMatch(
        /\nGive the old key behind the one that signs, in OPS_AGENT_SIGNING_KEY, and verify again; where it is lost: ops-agent audit accept --findings [0-9a-f]{16} /,
      );
      expect(stdout).toContain(
        '  0 signatures checked, 2 not right or of a key that is not here, 0 rows without one (signed from row 1 on)\n',
      );
      expect((await place.run('audit', 'verify', '--store-path', file)).stdout).toContain('  2 signatures not checked: ');
    } finally {
      signed.remove();
      other.remove();
    }
  });
});

describe('audit accept', () => {
  test('answers for what was found, by name and on record; verify goes on to tell of it, and prune goes on', async () => {
    await tamper(`UPDATE agent_events SET actor = 'mallory' WHERE chain_seq = 1`);
    const { stdout } = await place.run('audit', 'verify');
    const [, id = ''] =
      /^Once it is known how that came: ops-agent audit accept --findings ([0-9a-f]{16}) --by NAME --reason TEXT$/m.exec(stdout) ?? [];
    for (const [args, code, text] of [
      [['--findings', id, '--by', 'anna'], 2, 'ops-agent: whoever answers for the audit has to say why. Give it with --reason'],
      [
        ['--findings', id, '--by', 'ops_agent_001', '--reason', 'x'],
        4,
        'the agent ops_agent_001 cannot answer for the audit. Name the operator with --by',
      ],
      [['--findings', '--by', 'anna'], 2, '--findings needs the id that audit verify printed. For instance --findings 9f86d081884c7d65'],
      [['--findings', '0'.repeat(16), '--by', 'anna', '--reason', 'x'], 5, 'the findings are not those that were seen'],
    ] as const)
      expect(await place.run('audit', 'accept', ...args)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(text) });
    const accepted = await place.run('audit', 'accept', '--findings', id, '--by', 'anna', '--reason', 'a\u001b[31m slip');
    expect({ ...accepted, stdout: steady(accepted.stdout) }).toEqual({
      stdout:
        '✓ Accepted 1 finding, on record in the audit:\n  ops_agent_001 row 1, event <id>: it was changed: its hash is not that of what it says\n',
      stderr: '',
      code: 0,
    });
    const sound = await place.run('audit', 'verify');
    expect(sound.code).toBe(0);
    expect(steady(sound.stdout).replace(/cli:\S+ on/, 'cli:me on'))
      .toContain(`✓ The audit is sound, but for 1 finding that was accepted: 4 rows checked
  accepted by anna via cli:me on <time> (a [31m slip): ops_agent_001 row 1, event <id>: it was changed: its hash is not that of what it says
`);
    expect(await place.json('audit', 'verify', '--json')).toMatchObject({
      sound: true,
      findings_total: 0,
      findings_id: null,
      accepted_total: 1,
      accepted: [{ kind: 'changed', accepted_by: expect.stringMatching(/^anna via cli:/), accepted_at: expect.stringMatching(/Z$/) }],
    });
    expect(await place.run('audit', 'accept', '--findings', id, '--by', 'anna', '--reason', 'x')).toMatchObject({
      code: 0,
      stdout: 'The audit is sound: there is nothing to accept\n',
    });
    expect(await place.run('prune', '--keep', '400d', '--by', 'anna')).toMatchObject({ code: 0 });
    await tamper(`UPDATE agent_events SET actor = 'again' WHERE chain_seq = 1`);
    expect(await place.run('audit', 'verify')).toMatchObject({ code: 8 });
  });
});

async function exported(...args: string[]): Promise<readonly Row[]> {
  const { stdout, code } = await place.run('audit', 'export', ...args);
  expect(code).toBe(0);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Row])); // the documented objects
}

describe('audit export', () => {
  test('prints every column of every row in the order of the chain, JSON as values', async () => {
    const rows = await exported();
    expect(rows.map((row) => [row['chain_seq'], row['event']])).toEqual([
      [1, 'created'],
      [2, 'created'],
      [3, 'control_set'],
    ]);
    for (const row of rows) expect(Object.keys(row)).toEqual(EVENTS.columns.map(({ name }) => name));
    expect(rows[0]).toMatchObject({
      after: { issue_family: 'temperature' },
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]+\.\d{3}Z$/),
    });
    expect(rows[1]?.['previous_hash']).toBe(rows[0]?.['hash']);
  });

  test('prints no control character and no mark of the writing direction, and what is read from it is the text again', async () => {
    const planted = 'a\u009b2J\u202eb\u2028c\u007fd\u2066e\nf';
    await tamper('UPDATE agent_events SET reason = :planted WHERE chain_seq = 3', { planted });
    const { stdout } = await place.run('audit', 'export');
    expect(stdout).toContain(String.raw`"a\u009b2J\u202eb\u2028c\u007fd\u2066e\nf"`);
    expect((await exported())[2]).toMatchObject({ chain_seq: 3, reason: planted });
  });

  test('takes only what is not older than --since', async () => {
    const [first, , third] = await exported();
    expect(await exported('--since', '1d')).toHaveLength(3);
    expect(await exported('--since', String(third?.['at']))).toEqual([third]);
    expect(first?.['at']).not.toBe(third?.['at']);
    expect(await place.run('audit', 'export', '--since', 'lately')).toMatchObject({ code: 2, stdout: '' });
  });

  test('as CSV is safe to open in a spreadsheet', async () => {
    const { stdout } = await place.run('audit', 'export', '--format', 'csv');
    const [header] = stdout.split('\n');
    expect(header).toBe(EVENTS.columns.map(({ name }) => name).join(','));
    expect(stdout).toContain(`,"'=HYPERLINK(""http://example.org"")",`);
    expect(stdout.split('\n')).toHaveLength(5);
    expect(await place.run('audit', 'export', '--format', 'xls')).toMatchObject({ code: 2, stdout: '' });
  });

  test('into a file replaces it whole and says how many rows went there, or leaves it as it was', async () => {
    writeFileSync(path.join(place.cwd, 'audit.jsonl'), 'yesterday');
    expect(await place.run('audit', 'export', '--output', 'audit.jsonl')).toEqual({
      stdout: '',
      stderr: '✓ Wrote 3 rows to audit.jsonl\n',
      code: 0,
    });
    const { stdout } = await place.run('audit', 'export');
    expect(readFileSync(path.join(place.cwd, 'audit.jsonl'), 'utf8')).toBe(stdout);
    mkdirSync(path.join(place.cwd, 'folder'));
    for (const [file, reason] of [
      ['folder', 'it is a folder'],
      ['nowhere/audit.jsonl', 'its folder does not exist'],
      ['a'.repeat(300), 'the name is too long'],
    ] as const)
      expect(await place.run('audit', 'export', '--output', file)).toEqual({
        code: 2,
        stdout: '',
        stderr: `ops-agent: --output: cannot write '${file}': ${reason}. Name a file in a folder that you may write to\n`,
      });
    expect(readdirSync(place.cwd).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(existsSync(path.join(place.cwd, 'nowhere'))).toBe(false);
    // A name that is as long as a name can be has no room for another beside it.
    expect(await place.run('audit', 'export', '--output', 'a'.repeat(255))).toMatchObject({ code: 0 });
  });

  test('refuses to write where the agent has its own files, through links as well, and where there is no regular file', async () => {
    const at = (name: string) => path.join(place.cwd, name);
    symlinkSync('ops-agent.db', at('link'));
    linkSync(at('ops-agent.db'), at('hard'));
    symlinkSync('nothing', at('dangling'));
    symlinkSync('.', at('here'));
    spawnSync('mkfifo', [at('fifo')]);
    const before = readdirSync(place.cwd);
    const kept = readFileSync(at('ops-agent.db'));
    for (const [file, reason] of [
      ['ops-agent.db', "it is the store's own file. Name another file"],
      ['ops-agent.db-wal', "it is the store's own file. Name another file"],
      ['ops-agent.db.lock', "it is the store's lock's own file. Name another file"],
      ['ops-agent.plant.db', "it is the plant's own file. Name another file"],
      ['here/ops-agent.plant.db-journal', "it is the plant's own file. Name another file"],
      ['link', "it is the store's own file. Name another file"],
      ['hard', "it is the store's own file. Name another file"],
      ['dangling', 'it is a link to nothing. Name a file in a folder that you may write to'],
      ['fifo', 'it is no regular file. Name a file, or leave the option out and redirect the output'],
      ['/dev/null', 'it is no regular file. Name a file, or leave the option out and redirect the output'],
    ] as const)
      expect(await place.run('audit', 'export', '--output', file)).toEqual({
        stdout: '',
        stderr: `ops-agent: --output: cannot write '${file}': ${reason}\n`,
        code: 2,
      });
    expect(readdirSync(place.cwd)).toEqual(before);
    expect(readFileSync(at('ops-agent.db'))).toEqual(kept);
    writeFileSync(at('true'), '');
    symlinkSync('true', at('alias'));
    expect(await place.run('audit', 'export', '--output', 'alias')).toMatchObject({ code: 0 });
    expect(readFileSync(at('true'), 'utf8')).not.toBe('');
    expect(lstatSync(at('alias')).isSymbolicLink()).toBe(true);
  });

  test('as CSV keeps every text from being a formula, and one apostrophe less is the text again', async () => {
    const texts = [
      '=1',
      '+1',
      '-1',
      '@a',
      '\t=1',
      '\r=1',
      '\n=1',
      '\ufeff=1',
      '\uff1d1',
      "'=1",
      "''@a",
      "'quoted'",
      'plain',
      '1-1',
      ' =1',
      'a\rb',
      'a,"b"',
    ];
    const connection = await openEmbedded(path.join(place.cwd, 'ops-agent.db'), false);
    for (const [index, text] of texts.entries())
      await connection.execute(
        write(
          `INSERT INTO agent_events (event_id, at, agent_id, run_id, actor, subject_type, subject_id, event, reason)
VALUES (:id, '2026-01-01 00:00:00.000', 'a', 'r', 'b', 'agent', 's', 'noted', :text)`,
          { id: `x${String(index).padStart(2, '0')}`, text },
        ),
      );
    await connection.close();
    const { stdout } = await place.run('audit', 'export', '--format', 'csv');
    const cells = cellsOf(stdout).filter(([id]) => id?.startsWith('x'));
    const reason = EVENTS.columns.findIndex(({ name }) => name === 'reason');
    const shown = cells.map((row) => row[reason] ?? '');
    expect(shown.filter((cell) => /^[=+\-@\t\r\n\ufeff\uff1d]/.test(cell))).toEqual([]);
    expect(shown.map((cell) => (/^'+[=+\-@\t\r\n\ufeff\uff1d\uff0b\uff0d\uff20]/.test(cell) ? cell.slice(1) : cell))).toEqual(texts);
  });
});

/** RFC 4180, as a spreadsheet reads it. */
function cellsOf(csv: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  for (const [, quoted, bare, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\n|$)/g)) {
    rows.at(-1)?.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'));
    if (end === '\n') rows.push([]);
  }
  return rows;
}

describe('an audit that cannot be written', () => {
  beforeEach(() => tamper(`CREATE TRIGGER no_room BEFORE INSERT ON agent_events BEGIN SELECT RAISE(ABORT, 'no room'); END`));

  test('does not keep the kill switch from being set, and that is said', async () => {
    const { stdout, stderr, code } = await place.run('control', 'advisory', '--by', 'anna', '--reason', 'smoke');
    expect(stdout).toBe('✓ In force, until it is cleared: advisory (all) by anna: smoke\n');
    expect(stderr).toMatch(/^ops-agent: the order is in force, but the audit could not be told of it: .*no room.*\n$/);
    expect(code).toBe(8);
    expect(await place.json('control', 'list', '--json')).toEqual(
      expect.arrayContaining([expect.objectContaining({ kind: 'advisory', scope: 'all', by: 'anna', reason: 'smoke' })]),
    );
  });

  test('keeps every other order from being given', async () => {
    const told = await place.run('control', 'out-of-service', '--by', 'anna', '--reason', 'overhaul');
    expect(told).toMatchObject({ stdout: '', stderr: expect.stringContaining('no room') });
    expect(told.code).not.toBe(0);
    expect(JSON.stringify(await place.json('control', 'list', '--json'))).not.toContain('overhaul');
  });
});

describe('prune', () => {
  test('says what would go, and why the rest stays, and changes nothing', async () => {
    const { stdout, code } = await place.run('prune', '--keep', '400d', '--by', 'anna', '--dry-run');
    expect({ stdout: steady(stdout), code }).toEqual({
      stdout: 'Nothing that ended before <time> could go\nThe audit is kept from row 1 on: it is not old enough\n',
      code: 0,
    });
    expect(await place.json('prune', '--keep', '400d', '--by', 'anna', '--json')).toMatchObject({
      dry_run: false,
      audit_rows: 0,
      through_seq: null,
      first_kept: { chain_seq: 1, why: 'too_young' },
      recommendations: 0,
      work_orders: 0,
    });
  });

  test('takes away what ended long ago, and verify knows of it', async () => {
    const old = `strftime('%Y-%m-%d %H:%M:%f', 'now', '-500 days')`;
    await place.run(
      'sql',
      `INSERT INTO agent_recommendations (recommendation_id, equipment_id, issue_type, issue_family, severity, recommended_action, confidence_score,
        status, guarded_status, created_timestamp) VALUES ('old', 'REACTOR_02', 'hot', 'temperature', 'high', 'act', 0.9, 'withdrawn', 'withdrawn', ${old})`,
    );
    expect((await place.run('prune', '--keep', '400d', '--by', 'anna', '--dry-run')).stdout).toMatch(
      /^Would be taken away, of before .*: 0 rows of the audit, 1 recommendation, 0 commands, 0 work orders, 0 sessions, 0 notifications\n/,
    );
    expect((await place.run('prune', '--keep', '400d', '--by', 'anna')).stdout).toMatch(/^✓ Taken away, of before .*, 1 recommendation,/);
    expect(await place.json('events', '--subject', 'ops_agent_001', '--json')).toMatchObject([
      { event: 'pruned', actor: expect.stringMatching(/^anna via cli:/), after: { recommendations: 1, rows: 0 } },
    ]);
    expect(await place.run('audit', 'verify')).toMatchObject({ code: 0 });
  });

  test.each([
    [['--keep', '29d', '--by', 'anna'], 2, 'ops-agent: --keep must be at least 30d: cycles look back that far'],
    [['--keep', 'long', '--by', 'anna'], 2, "ops-agent: --keep 'long' is not a duration. For instance --keep 400d"],
    [['--keep', '40000d', '--by', 'anna'], 2, "ops-agent: '40000d' is longer than 36500 days. Give at most 36500d"],
    [['--keep', '400d'], 2, 'ops-agent: it is not known who decides. Name the operator with --by'],
    [['--by', 'anna'], 2, "ops-agent: required option '--keep <duration>' not specified"],
    [
      ['--keep', '400d', '--by', 'ops_agent_001'],
      4,
      'ops-agent: the agent ops_agent_001 cannot answer for what is taken away. Name the operator with --by',
    ],
    [['--keep', '400', '--by', 'anna'], 2, "ops-agent: --keep '400' is 400 seconds. For 400 days: --keep 400d"],
    [['--keep', '400d', '--by', 'anna', '--wait', 'x'], 2, "ops-agent: --wait 'x' is not a duration. For instance --wait 130s"],
  ])('%j is refused', async (args, code, text) => {
    expect(await place.run('prune', ...args)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(text) });
  });

  test('refuses an audit that is not sound: what is wrong would go with it', async () => {
    await tamper(`UPDATE agent_events SET actor = 'mallory' WHERE chain_seq = 1`);
    expect(await place.run('prune', '--keep', '400d', '--by', 'anna')).toMatchObject({
      code: 8,
      stdout: '',
      stderr: expect.stringMatching(/^ops-agent: the audit is not sound, .* See: ops-agent audit verify\n$/),
    });
  });

  test('leaves the lease to a cycle that holds it', async () => {
    const connection = await openEmbedded(path.join(place.cwd, 'ops-agent.db.lock'), false);
    await connection.execute(write('BEGIN EXCLUSIVE'));
    try {
      expect(await place.run('prune', '--keep', '400d', '--by', 'anna', '--wait', '0.3s')).toEqual({
        code: 5,
        stdout: '',
        stderr: 'ops-agent: a cycle holds the lease. Try again when it is over, or wait for it with --wait 130s\n',
      });
    } finally {
      await connection.execute(write('ROLLBACK'));
      await connection.close();
    }
  });
});
