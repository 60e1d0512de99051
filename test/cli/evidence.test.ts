import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { newWorkplace, runBundle, type Workplace } from '../support/bundle.ts';

const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const HASH = expect.stringMatching(/^[0-9a-f]{64}$/);
const EVIL = `<script>alert('x')</script>`;

let place: Workplace;
/** REACTOR_02 is approved and executed; PUMP_02 is rejected by somebody with an odd name. */
let executed: string;
let rejected: string;

async function idOf(equipment: string): Promise<string> {
  const rows = (await place.json('recommendations', '--equipment', equipment, '--json')) as { recommendation_id: string }[]; // json.test.ts's subject
  return rows[0]?.recommendation_id ?? '';
}

beforeAll(async () => {
  place = newWorkplace();
  await place.run('setup', '--sample-data');
  await place.run('run-once');
  [executed, rejected] = [await idOf('REACTOR_02'), await idOf('PUMP_02')];
  await place.run('approve', executed, '--by', 'operator_john');
  await place.run('reject', rejected, '--by', EVIL, '--reason', `"${EVIL}" & 'more'`);
  await place.run('run-once');
}, 60_000);
afterAll(() => place.remove());

async function printed(env: Record<string, string>): Promise<string> {
  return (await runBundle(['show', executed, '--evidence'], { cwd: place.cwd, env })).stdout;
}

describe('show --evidence', () => {
  test('prints every section, the checks among them, without colours into a pipe', async () => {
    const { stdout, stderr, code } = await place.run('show', executed, '--evidence');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout.split('\n').filter((line) => /^[A-Z]/.test(line))).toEqual([
      'Readings: temperature',
      'Limits',
      'Timeline',
      'Ticket',
      'People',
      'Write and read-back',
      'Outcome',
      'Related',
      'Orders',
      'Checks',
      'Audit',
    ]);
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      `${executed}  REACTOR_02`,
      'high high_temperature, executed',
      'operator_john approved ThroughputSetpoint 100 → 75 %, CoolingSystemStatus 0 → 1, it was written and read back, and whether it helped is not known yet.',
    ]);
    expect(stdout).toMatch(
      /^ {2}1\. \[default\]REACTOR_02\/ThroughputSetpoint: 100 → 75 % {2}executed, sent \S+Z, read back 75 %, as approved$/m,
    );
    expect(stdout).toMatch(/^ {2}operator_john approved at \S+Z by cli:\S+, ticket [0-9a-f]{12}…$/m);
    expect(stdout).toContain('1 good reading, each of them drawn');
    expect(stdout).not.toContain('✗');
    // eslint-disable-next-line no-control-regex -- colours are control characters
    expect(stdout).not.toMatch(/\u001b/);
  });

  test('is painted where colours are asked for, unless NO_COLOR says no', async () => {
    // eslint-disable-next-line no-control-regex -- colours are control characters
    expect(await printed({ FORCE_COLOR: '1' })).toMatch(/\u001b\[32m✓ passed/);
    expect(await printed({ FORCE_COLOR: '1', NO_COLOR: '1' })).toContain('✓ passed');
    // eslint-disable-next-line no-control-regex -- colours are control characters
    expect(await printed({ FORCE_COLOR: '1', NO_COLOR: '1' })).not.toMatch(/\u001b/);
  });

  test('of a rejected one says who rejected it, why, and that nothing was written', async () => {
    const { stdout } = await place.run('show', rejected, '--evidence');
    expect(stdout).toContain(`${EVIL} rejected it: nothing was written.`);
    expect(stdout).toContain(`no write was sent: it was rejected: "${EVIL}" & 'more'`);
    expect(stdout).not.toContain('✗');
  });

  test('says which orders were in force for the equipment', async () => {
    const { stdout } = await place.run('control', 'shelve', '--equipment', 'REACTOR_*', '--by', 'anna', '--reason', 'inspection');
    expect(stdout).toContain('✓ In force');
    expect((await place.run('show', executed, '--evidence')).stdout).toMatch(
      /^ {2}shelved \(REACTOR_\*\) by anna since \S+Z, not lifted: inspection$/m,
    );
    await place.run('control', 'clear', 'shelve', '--equipment', 'REACTOR_*', '--by', 'bernd');
    expect((await place.run('show', executed, '--evidence')).stdout).toMatch(/not lifted|lifted \S+Z by bernd via cli:\S+: inspection$/m);
    expect((await place.run('show', rejected, '--evidence')).stdout).toContain('none was in force for the equipment');
  });

  test('finds what somebody edited, and says so in the verdict', async () => {
    const edit = (value: string) => place.run('sql', `UPDATE agent_commands SET new_value = '${value}' WHERE sequence = 1`);
    await edit('10');
    const { stdout, code } = await place.run('show', executed, '--evidence');
    await edit('75');
    expect(code).toBe(0);
    expect(stdout).toContain('; but 1 of 18 checks failed.');
    expect(stdout).toContain('✗ failed  Every command is what the ticket says, column by column: command 1 differs in newValue');
  });

  test('of what is not there is refused as show is', async () => {
    expect(await place.run('show', 'ffff0000', '--evidence')).toEqual({
      stdout: '',
      stderr: "ops-agent: there is no recommendation 'ffff0000'. List them: ops-agent recommendations\n",
      code: 3,
    });
  });
});

describe('show --evidence --json', () => {
  test('is one object: rows with the keys of their tables, times as ISO 8601, numbers as numbers', async () => {
    const evidence = await place.json('show', executed, '--evidence', '--json');
    expect(evidence).toMatchObject({
      at: ISO,
      verdict: { tone: 'open', sentence: expect.stringContaining('operator_john approved') },
      recommendation: { recommendation_id: executed, equipment_id: 'REACTOR_02', first_detected_timestamp: ISO },
      signal: { name: 'temperature', unit: '°C' },
      readings: { after: ISO, up_to: ISO, readings: 1, points: [{ at: ISO, value: 92 }], missing: null },
      limits: {
        are_of_record: true,
        side: 'above',
        deadband: 1,
        clear_bound: 84,
        bands: [
          { rule_id: 'temperature-elevated', severity: 'medium', limit: 85, issue_type: 'elevated_temperature' },
          { severity: 'high', limit: 90 },
          { severity: 'critical', limit: 95 },
        ],
      },
      ticket: {
        action_hash: HASH,
        issued_at: ISO,
        issued_by: 'created',
        four_eyes: false,
        actions: [
          {
            sequence: 1,
            tag: '[default]REACTOR_02/ThroughputSetpoint',
            old: 100,
            value: 75,
            limits: { min: 0, max: 100, max_step: null, unit: '%', direction: 'decrease' },
            tolerance: 0.5,
          },
          { sequence: 2, value: 1 },
        ],
      },
      decisions: [
        {
          kind: 'approved',
          by: 'operator_john',
          via: expect.stringMatching(/^cli:/),
          at: ISO,
          judged_at: ISO,
          action_hash: HASH,
          counts: true,
        },
      ],
      writes: [
        {
          tag_path: '[default]REACTOR_02/ThroughputSetpoint',
          new_value: '75',
          read_back_value: 75,
          sent: 'yes',
          announced_at: ISO,
          returned: 0,
          differs_in: [],
          is_read_back: true,
          started_timestamp: ISO,
        },
        { sequence: 2 },
      ],
      no_write: null,
      outcome: { outcome: null, verified_timestamp: null, value_before: 92, value_after: null, expected: null },
      related: { predecessor: null, follows: null, successor: null },
    });
    const { checks, audit, events, timeline } = evidence as Record<'checks' | 'events' | 'timeline', readonly Record<string, unknown>[]> & {
      audit: unknown;
    }; // asserted here
    expect(new Set(checks.map(({ result }) => result))).toEqual(new Set(['passed', 'open']));
    expect(audit).toEqual({
      rows: events.length,
      first_at: events[0]?.['at'],
      last_at: events.at(-1)?.['at'],
      chain_seqs: events.map((row) => row['chain_seq']),
      pruned_until: null,
    });
    expect(events.map(({ at }) => String(at)).toSorted()).toEqual(events.map(({ at }) => at));
    expect(timeline[0]).toEqual({ at: ISO, title: 'Detected', detail: 'the first reading beyond a limit; 92 °C when it was recommended' });
  });
});

describe('show --html', () => {
  test('writes one file, says so, and replaces one that is there', async () => {
    writeFileSync(path.join(place.cwd, 'page.html'), 'old');
    const { stdout, stderr, code } = await place.run('show', executed, '--html', 'page.html');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toMatch(/^✓ Wrote page\.html \(\d+ kB\)\n$/);
    const page = readFileSync(path.join(place.cwd, 'page.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>\n[\s\S]*<\/html>\n$/);
    expect(page).toContain(executed);
    expect(readdirSync(place.cwd).filter((name) => name.includes('page.html'))).toEqual(['page.html']);
  });

  test('keeps the name and the reason of somebody who wrote markup as text', async () => {
    expect((await place.run('show', rejected, '--evidence', '--html', 'rejected.html')).code).toBe(0);
    const page = readFileSync(path.join(place.cwd, 'rejected.html'), 'utf8');
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; rejected it: nothing was written.');
  });

  test.each([
    ['a folder that is not there', 'nowhere/page.html', 'its folder does not exist'],
    ['a folder', 'folder', 'it is a folder'],
    ['a folder that is a file', 'ops-agent.db/page.html', 'its folder does not exist'],
    ['nothing', '', 'it has no name'],
    ['the store', 'ops-agent.db', "it is the store's own file", 'Name another file'],
  ])(
    'to %s is refused in one line, and leaves nothing behind',
    async (_what, file, reason, remedy = 'Name a file in a folder that you may write to') => {
      mkdirSync(path.join(place.cwd, 'folder'), { recursive: true });
      const before = readdirSync(place.cwd);
      expect(await place.run('show', executed, '--html', file)).toEqual({
        stdout: '',
        stderr: `ops-agent: --html: cannot write '${file}': ${reason}. ${remedy}\n`,
        code: 2,
      });
      expect(readdirSync(place.cwd)).toEqual(before);
      expect(readdirSync(path.join(place.cwd, 'folder'))).toEqual([]);
    },
  );

  // Root may write anywhere.
  if (process.getuid?.() !== 0)
    test('to a folder that is closed is refused', async () => {
      const closed = path.join(place.cwd, 'closed');
      mkdirSync(closed);
      chmodSync(closed, 0o500);
      expect((await place.run('show', executed, '--html', 'closed/page.html')).stderr).toContain('permission denied');
      expect(existsSync(path.join(closed, 'page.html'))).toBe(false);
    });

  test('and --json are two ways of saying the same, and cannot be asked for at once', async () => {
    const { stderr, code } = await place.run('show', executed, '--html', 'page.html', '--json');
    expect({ stderr, code }).toEqual({
      stderr: "ops-agent: option '--html <file>' cannot be used with option '--json'; see: ops-agent show --help\n",
      code: 2,
    });
  });
});
