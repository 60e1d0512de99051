import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { newWorkplace, type Workplace } from '../support/bundle.ts';

const PATIENCE_MS = 120_000;
/** Six hours, one reading in 10 s, of three reactors: hot for a while in every quarter of an hour, each at another moment and height. */
const HISTORY = `INSERT INTO sensor_data (equipment_id, temperature, sensor_status, timestamp)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2159),
equipment(e) AS (SELECT 0 UNION ALL SELECT 1 UNION ALL SELECT 2)
SELECT 'REACTOR_0' || e, CASE WHEN (i + e * 20) % 90 BETWEEN 40 AND 40 + e * 6 THEN 86 + e * 5 ELSE 70 END, 'good',
  strftime('%Y-%m-%d %H:%M:%f', 'now', (i * 10 - 21600) || ' seconds') FROM n CROSS JOIN equipment`;

interface Episode {
  readonly equipment_id: string;
  readonly severity: string;
  readonly peak: number;
  readonly opened_at: string;
  readonly ended_at: string | null;
}

interface Report {
  readonly since: string;
  readonly episodes: readonly Episode[];
}

interface Counts {
  readonly readings: number;
  readonly rejected: number;
}

const CLASSES = `equipment: [{ match: 'PUMP_*', class: pump }]
rules: { overrides: [{ family: temperature, class: pump, deadband: 3 }] }
`;

interface Stored {
  readonly equipment_id: string;
  readonly severity: string;
  readonly peak_value: number;
  readonly first_detected_timestamp: string;
}

let place: Workplace;
beforeAll(async () => {
  place = newWorkplace();
  await place.run('setup');
  await place.run('sql', HISTORY);
}, PATIENCE_MS);
afterAll(() => place.remove());

const keysOf = (all: readonly (readonly unknown[])[]) => all.map((each) => each.join(' ')).toSorted();

describe('rules test', () => {
  test(
    'says what a cycle that catches up recommends, and writes nothing',
    async () => {
      const report = (await place.json('rules', 'test', '--since', '6h', '--step', '1h', '--json')) as Report;
      expect(report.episodes.length).toBeGreaterThan(10);
      expect(await place.json('sql', '--json', 'SELECT COUNT(*) AS n FROM agent_recommendations')).toEqual([{ n: 0 }]);
      await place.run('sql', `UPDATE agent_health SET watermark_timestamp = '${report.since}'`);
      for (let cycle = 0; cycle < 8; cycle += 1) await place.run('run-once');
      const stored = (await place.json('recommendations', '--limit', '500', '--json')) as readonly Stored[];
      const ofHistory = report.episodes.map((each) => [each.equipment_id, each.severity, each.peak, each.opened_at]);
      const ofCycles = stored.map((row) => [row.equipment_id, row.severity, row.peak_value, row.first_detected_timestamp]);
      expect(keysOf(ofCycles)).toEqual(keysOf(ofHistory));
    },
    PATIENCE_MS,
  );

  test(
    'prints a table by rule and equipment, a chart, and the difference to another file',
    async () => {
      writeFileSync(path.join(place.cwd, 'other.yaml'), 'rules:\n  onDelaySeconds: 30\n');
      const { stdout, stderr, code } = await place.run('rules', 'test', '--since', '5h', '--against', 'other.yaml');
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      const lines = stdout.split('\n');
      expect(lines.find((line) => line.startsWith('RULE'))).toMatch(
        /^RULE +EQUIPMENT +SEVERITY +COUNT +PER DAY +LONGEST +CHATTERING +OPEN$/,
      );
      // 0, 6 and 12 readings long beyond the first: 10 s, 70 s and 130 s until the first clear one.
      expect(stdout).toMatch(/^temperature-critical +REACTOR_02 +critical +20 +\d+\.\d +2m +0 +0$/m);
      expect(stdout).toMatch(/^temperature-high +REACTOR_01 +high +20 +\d+\.\d +1m +0 +0$/m);
      expect(stdout).toMatch(/^temperature-elevated +REACTOR_00 +medium +20 +\d+\.\d +10s +0 +0$/m);
      expect(stdout).toContain('New recommendations, each column 5m:');
      expect(stdout).toMatch(
        /^Against .*other\.yaml: 40 instead of 60 recommendations \(-20\), 0 instead of 0 floods, 0 instead of 0 work orders$/m,
      );
      expect(stdout).toMatch(/^temperature-elevated +REACTOR_00 +20 +0 +-20$/m);
    },
    PATIENCE_MS,
  );

  test(
    'shows what rules about sensors would make of them, before they are turned on',
    async () => {
      const text = 'sensorFaults:\n  stuck: { seconds: 240, tolerance: 0, minReadings: 5 }\n  stepping: { temperature: 20 }\n';
      writeFileSync(path.join(place.cwd, 'sensors.yaml'), text);
      const { stdout } = await place.run('rules', 'test', '--since', '2h', '--against', 'sensors.yaml');
      // The history stands still between its hot times, and jumps by 21 °C at the hottest.
      expect(stdout).toMatch(/^stuck +REACTOR_00 +temperature +[1-9]\d* +\d+m +\d$/m);
      expect(stdout).toMatch(/^stepping +REACTOR_02 +temperature +[1-9]\d* +\d+m +\d$/m);
      expect(stdout).not.toMatch(/^stepping +REACTOR_00/m);
      const { against } = (await place.json('rules', 'test', '--since', '2h', '--against', 'sensors.yaml', '--json')) as {
        against: { sensor_faults: readonly { fault: string; equipment_id: string }[] };
      };
      const faults = against.sensor_faults.map(({ fault, equipment_id: id }) => `${fault} ${id}`);
      expect(faults).toEqual(expect.arrayContaining(['stepping REACTOR_02', 'stuck REACTOR_00', 'stuck REACTOR_01']));
    },
    PATIENCE_MS,
  );

  test(
    'another file’s rules about a signal that only it maps are named, not left out',
    async () => {
      const band = '{ rule: v, signal: vibration, above: 5, severity: high, issueType: v, confidence: 0.9, recommendedAction: look }';
      const text = `source: { columns: { signals: { temperature: temperature, vibration: pressure } } }\nrules: { bands: [${band}] }\n`;
      writeFileSync(path.join(place.cwd, 'vibration.yaml'), text);
      const { stdout, stderr, code } = await place.run('rules', 'test', '--since', '1h', '--against', 'vibration.yaml');
      expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
      expect(stderr).toBe(
        'ops-agent: vibration.yaml has rules about vibration, which source.columns.signals does not map in (defaults). It maps temperature, pressure, flow_rate; the readings are those of this configuration, so map the signal there too\n',
      );
    },
    PATIENCE_MS,
  );

  test(
    'a rejected reading counts once, however many steps read it and whatever the rules are',
    async () => {
      const own = newWorkplace();
      try {
        await own.run('setup');
        await own.run(
          'sql',
          `INSERT INTO sensor_data (equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
SELECT 'PUMP_01', 70, 100, 50, CASE WHEN i % 9 = 0 THEN 'bad' ELSE 'good' END, strftime('%Y-%m-%d %H:%M:%f', 'now', (i * 10 - 700) || ' seconds') FROM n`,
        );
        writeFileSync(path.join(own.cwd, 'classes.yaml'), CLASSES);
        const figures = async (...args: readonly string[]) => {
          const { readings, rejected } = (await own.json('rules', 'test', '--since', '15m', '--json', ...args)) as Counts;
          return { readings, rejected };
        };
        expect(await figures()).toEqual({ readings: 54, rejected: 7 });
        expect((await own.run('rules', 'test', '--since', '15m')).stdout).toContain(
          '54 readings, 7 rejected (7 bad_quality); 0 recommendations',
        );
        expect(await figures('--step', '10s')).toEqual({ readings: 54, rejected: 7 });
        expect(await figures('--config', 'classes.yaml')).toEqual({ readings: 54, rejected: 7 });
      } finally {
        own.remove();
      }
    },
    PATIENCE_MS,
  );

  test(
    'sees episodes of a feed of a reading a minute begin and end, however small its steps',
    async () => {
      const own = newWorkplace();
      try {
        await own.run('setup');
        await own.run(
          'sql',
          `INSERT INTO sensor_data (equipment_id, temperature, sensor_status, timestamp)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
SELECT 'SLOW', CASE WHEN i IN (10, 11, 40, 41) THEN 97 ELSE 70 END, 'good', strftime('%Y-%m-%d %H:%M:%f', 'now', (i * 60 - 3600) || ' seconds') FROM n`,
        );
        for (const step of ['10s', '60s', '10m']) {
          const { episodes } = (await own.json('rules', 'test', '--since', '65m', '--step', step, '--json')) as Report;
          expect(episodes.map(({ ended_at: ended }) => ended !== null)).toEqual([true, true]);
        }
      } finally {
        own.remove();
      }
    },
    PATIENCE_MS,
  );

  test.each([
    ['none of which can be read', "'19/02/2026'"],
    ['all of which lie outside', 'CURRENT_TIMESTAMP - INTERVAL 2 HOURS'],
  ])('a range without a good reading says so, with rows %s', async (_what, timestamp) => {
    const own = newWorkplace();
    try {
      await own.run('setup');
      await own.run(
        'sql',
        `INSERT INTO sensor_data (equipment_id, temperature, sensor_status, timestamp) VALUES ('R1', 96, 'good', ${timestamp})`,
      );
      const { stdout, code } = await own.run('rules', 'test', '--since', '1h');
      expect(code).toBe(0);
      expect(stdout).toContain(
        '0 readings, 0 rejected; 0 recommendations, 0.0 a day\nNo good reading lies in this range; ops-agent config check --connect says whether the newest rows can be read\n',
      );
    } finally {
      own.remove();
    }
  });

  test.each([
    [
      ['--since', 'yesterday'],
      "ops-agent: --since 'yesterday' is neither a duration nor an ISO 8601 time with its zone. For instance --since 30d or --since 2026-01-31T06:00:00Z",
    ],
    [
      ['--since', '1h', '--until', '2026-01-31'],
      "--until '2026-01-31' is neither a duration nor an ISO 8601 time with its zone. For instance --until 30d",
    ],
    [['--since', '2999-01-01T00:00:00Z'], '--since 2999-01-01T00:00:00.000Z is still to come'],
    [['--since', '2026-02-30T00:00:00Z', '--until', '2026-01-01T00:00:00Z'], '--since is not before --until'],
    [['--since', '1h', '--step', '2h'], "--step must be from 1s to 1h, is '2h'"],
    [['--since', '1h', '--against', 'none.yaml'], 'configuration file none.yaml does not exist'],
    [[], "required option '--since <time>' not specified"],
  ])('%j: said in one line', async (args, message) => {
    const { stdout, stderr, code } = await place.run('rules', 'test', ...args);
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
