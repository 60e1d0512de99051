import { describe, expect, test } from '@jest/globals';
import type { AtHand, StoreUnderTest } from '../support/stores.ts';
import { AGENT, leaseOf } from '../support/stores.ts';
import { A_MINUTE_MS, aFamily, aRecommendation, changing, inserting, insertingCommand, aCommand } from './samples.ts';
import { withStore } from './with-store.ts';
import { unscopedRules } from '../../src/domain/rule-book.ts';

const INSERT_READING = `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
   VALUES ('SENSOR_REACTOR_02', 'REACTOR_02', 96.0, 100.0, 45.0, 'warning', CURRENT_TIMESTAMP);`;
const APPROVE = `UPDATE agent_recommendations
   SET status = 'approved',
       approved_timestamp = CURRENT_TIMESTAMP,
       approved_by_operator = 'operator_john'
   WHERE recommendation_id = 'a1b2c3d4...';`;
const HEALTH = `SELECT
    agent_id,
    last_heartbeat,
    status,
    polls_completed,
    DATEDIFF(SECOND, last_heartbeat, CURRENT_TIMESTAMP) as seconds_since_heartbeat
FROM agent_health
WHERE agent_id = '${AGENT}'
ORDER BY last_heartbeat DESC
LIMIT 1;`;
const RECENT = `SELECT
    recommendation_id,
    equipment_id,
    severity,
    recommended_action,
    confidence_score,
    status,
    created_timestamp
FROM agent_recommendations
ORDER BY created_timestamp DESC
LIMIT 10;`;
const COMMAND_EXECUTION = `SELECT
    command_id,
    recommendation_id,
    equipment_id,
    tag_path,
    new_value,
    status,
    created_timestamp,
    executed_timestamp,
    DATEDIFF(SECOND, created_timestamp, executed_timestamp) as execution_seconds
FROM agent_commands
ORDER BY created_timestamp DESC
LIMIT 10;`;
const COUNT_RECENT = `-- Verify sensor data exists
SELECT COUNT(*) FROM sensor_data
WHERE timestamp > CURRENT_TIMESTAMP - INTERVAL 10 SECONDS;`;
const INSERT_ANOMALY = `-- Insert test anomaly
INSERT INTO sensor_data
(sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
VALUES ('TEST_SENSOR', 'TEST_EQUIP', 95.0, 100.0, 45.0, 'warning', CURRENT_TIMESTAMP);`;

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

async function value(at: AtHand, sql: string): Promise<unknown> {
  const { rows } = await at.store.runSql(sql);
  return Object.values(rows[0] ?? {})[0];
}

function theSnippets(under: StoreUnderTest): void {
  describe("the specification's SQL runs as it is printed:", () => {
    const store = withStore(under);

    test('a reading is inserted, again and again, and found in the last ten seconds', async () => {
      const at = store();
      for (const statement of [INSERT_READING, INSERT_READING, INSERT_ANOMALY])
        expect(await at.store.runSql(statement)).toEqual({ rows: [], columns: [], changes: 1 });
      expect(await value(at, COUNT_RECENT)).toBe(3);
      expect(await value(at, 'SELECT COUNT(*) FROM sensor_data WHERE timestamp > CURRENT_TIMESTAMP + INTERVAL 10 SECONDS')).toBe(0);
    });

    test('an approval reaches its row, with a time that the agent can read', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      const lease = await leaseOf(at.store);
      await at.store.saveRecommendations(lease, [inserting(aRecommendation(now, { recommendationId: 'a1b2c3d4...' }))]);
      expect((await at.store.runSql(APPROVE)).changes).toBe(1);
      const [row] = (await at.store.readOpenWork(AGENT)).recommendations;
      expect(row).toMatchObject({ status: 'approved', guardedStatus: 'pending', approvedByOperator: 'operator_john' });
      expect(Math.abs((row?.approvedTimestamp ?? 0) - now)).toBeLessThan(A_MINUTE_MS);
    });

    test('the health query counts the seconds since the heartbeat', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      await at.outside.run('UPDATE agent_health SET last_heartbeat = :beat', { beat: at.time(now - 90_000) });
      const { rows, columns } = await at.store.runSql(HEALTH);
      expect(columns).toEqual(['agent_id', 'last_heartbeat', 'status', 'polls_completed', 'seconds_since_heartbeat']);
      expect(rows).toEqual([expect.objectContaining({ agent_id: AGENT, last_heartbeat: new Date(now - 90_000).toISOString() })]);
      expect(rows[0]?.['seconds_since_heartbeat']).toBeGreaterThanOrEqual(89);
      expect(rows[0]?.['seconds_since_heartbeat']).toBeLessThan(100);
    });

    test('recommendations and commands are listed newest first, times in ISO 8601', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      const lease = await leaseOf(at.store);
      await at.store.saveRecommendations(lease, [
        inserting(aRecommendation(now - 5000, { equipmentId: 'PUMP_01' })),
        inserting(aRecommendation(now - 1000, { equipmentId: 'PUMP_02' })),
      ]);
      await at.store.saveCommands(lease, [insertingCommand(aCommand(now - 5000, { executedTimestamp: now - 1000 }))]);
      const recent = (await at.store.runSql(RECENT)).rows;
      expect(recent.map((row) => [row['equipment_id'], row['confidence_score'], row['created_timestamp']])).toEqual([
        ['PUMP_02', 0.95, new Date(now - 1000).toISOString()],
        ['PUMP_01', 0.95, new Date(now - 5000).toISOString()],
      ]);
      expect((await at.store.runSql(COMMAND_EXECUTION)).rows).toEqual([
        expect.objectContaining({ new_value: '50', execution_seconds: 4, executed_timestamp: new Date(now - 1000).toISOString() }),
      ]);
    });
  });
}

function theSpelling(under: StoreUnderTest): void {
  describe('one statement in that spelling', () => {
    const store = withStore(under);

    test('is not looked into where it is a string, a quoted name or a comment', async () => {
      const at = store();
      const text = "CURRENT_TIMESTAMP - INTERVAL 10 SECONDS, DATEDIFF(SECOND, a, b) it''s -- not /* a comment";
      const { rows } = await at.store.runSql(
        `SELECT '${text}' AS a, /* CURRENT_TIMESTAMP - INTERVAL 1 DAY ' */ 2 AS ${under.dialect.quote('CURRENT_TIMESTAMP')} -- ' DATEDIFF(`,
      );
      expect(rows).toEqual([{ a: text.replace("''", "'"), CURRENT_TIMESTAMP: 2 }]);
    });

    test.each([
      ['CURRENT_TIMESTAMP - INTERVAL 90 SECONDS', -90],
      ["current_timestamp + interval '2' minute", 120],
      ['CURRENT_TIMESTAMP() - INTERVAL 1 HOUR', -3600],
      ['NOW() + INTERVAL 3 DAYS', 3 * 86_400],
      ['(CURRENT_TIMESTAMP)', 0],
    ])('says %s with milliseconds', async (expression, seconds) => {
      const at = store();
      const { now } = await at.store.readControls();
      const found = String(await value(at, `SELECT ${expression} AS t`));
      expect(found).toMatch(ISO);
      expect(Math.abs(Date.parse(found) - now - seconds * 1000)).toBeLessThan(A_MINUTE_MS);
    });

    test('may hold several intervals and differences, with expressions in them', async () => {
      const at = store();
      expect(
        (
          await at.store.runSql(`SELECT DATEDIFF(SECOND, COALESCE(NULL, CURRENT_TIMESTAMP - INTERVAL 30 SECONDS), CURRENT_TIMESTAMP) AS a,
  datediff( second , CURRENT_TIMESTAMP, (CURRENT_TIMESTAMP + INTERVAL 2 HOURS)) AS b, ')' AS c`)
        ).rows,
      ).toEqual([{ a: expect.closeTo(30, -0.3), b: expect.closeTo(7200, -0.3), c: ')' }]);
    });

    test('returns what it found as values that JSON knows, and only times as times', async () => {
      const at = store();
      const { rows, columns, changes } = await at.store.runSql(
        "SELECT 1 AS i, 1.5 AS r, NULL AS n, 'x 2026-02-19 10:30:46.123' AS t, '2026-02-19' AS d, '' AS e WHERE 1 = 1 ;  ",
      );
      expect({ rows, columns, changes }).toEqual({
        rows: [{ i: 1, r: 1.5, n: null, t: 'x 2026-02-19 10:30:46.123', d: '2026-02-19', e: '' }],
        columns: ['i', 'r', 'n', 't', 'd', 'e'],
        changes: null,
      });
      expect(await at.store.runSql('SELECT agent_id FROM agent_health WHERE 1 = 0')).toEqual({
        rows: [],
        columns: ['agent_id'],
        changes: null,
      });
    });

    test.each([
      ['nothing', '  ;; '],
      ['a comment alone', '-- SELECT 1'],
      ['a second statement behind the first', "SELECT ';'; DELETE FROM agent_health"],
      ['no SQL', 'SELEC 1'],
      ['a table that is not there', 'SELECT * FROM no_such_table'],
      ['a column that is not there', 'SELECT no_such_column FROM agent_health'],
    ])('is refused as usage where it is %s', async (_what, sql) => {
      const at = store();
      await expect(at.store.runSql(sql)).rejects.toMatchObject({ code: 'usage' });
      expect((await at.store.readHealth()).health).toHaveLength(1);
    });

    test('may end in semicolons and a comment', async () => {
      expect((await store().store.runSql('SELECT 1 AS n; -- that was it')).rows).toEqual([{ n: 1 }]);
    });
  });
}

function handWrittenTimes(under: StoreUnderTest): void {
  describe('a time written by hand', () => {
    const store = withStore(under);
    const written = [
      ['2026-02-19 10:30:46', '2026-02-19T10:30:46.000Z'],
      ['2026-02-19 10:30', '2026-02-19T10:30:00.000Z'],
      ['2026-02-19T10:30:46.123', '2026-02-19T10:30:46.123Z'],
      ['2026-02-19T10:30:46Z', '2026-02-19T10:30:46.000Z'],
      ['2026-02-19T10:30:46.5+02:00', '2026-02-19T08:30:46.500Z'],
      ['2026-02-19 23:30:46.123-05:30', '2026-02-20T05:00:46.123Z'],
    ] as const;

    test.each(written)('as %s is stored as what it means', async (text, iso) => {
      const at = store();
      await at.outside.insert('sensor_data', [{ equipment_id: 'PUMP_01', temperature: 70, timestamp: text }]);
      expect(await value(at, 'SELECT timestamp FROM sensor_data')).toBe(iso);
      await at.outside.run('UPDATE agent_health SET last_heartbeat = :text', { text });
      expect((await at.store.readHealth()).health[0]?.lastHeartbeat).toBe(Date.parse(iso));
    });

    test('as CURRENT_TIMESTAMP, over any connection, takes its place among times with milliseconds', async () => {
      const at = store();
      await at.outside.run(`INSERT INTO sensor_data (equipment_id, temperature, timestamp) VALUES ('PUMP_01', 70, CURRENT_TIMESTAMP)`);
      expect(await value(at, 'SELECT timestamp FROM sensor_data')).toMatch(ISO);
      const { now } = await at.store.readControls();
      await at.store.saveRecommendations(await leaseOf(at.store), [inserting(aRecommendation(now))]);
      await at.outside.run(`UPDATE agent_recommendations SET status = 'approved', approved_timestamp = CURRENT_TIMESTAMP`);
      const [row] = await at.store.findRecommendations(aRecommendation(now).recommendationId);
      expect(Math.abs((row?.approvedTimestamp ?? 0) - now)).toBeLessThan(A_MINUTE_MS);
    });

    if (under.takesAnyValue)
      test('that is none stays as it is, and is counted as a reading with a bad time', async () => {
        const at = store();
        const { now } = await at.store.readControls();
        const garbage = [
          'yesterday',
          '',
          null,
          '19/02/2026 10:30',
          '2026/02/19 10:30',
          '31.12.2025',
          '1771497046',
          1771497046123,
          5,
          '2026-99-01 10:00',
        ];
        await at.outside.insert(
          'sensor_data',
          garbage.map((timestamp) => ({ equipment_id: 'PUMP_01', temperature: 99, sensor_status: 'good', timestamp })),
        );
        const window = { watermark: now - 10_000, live: { after: now - 300_000, upTo: now + 5000 }, backlog: null };
        const { states, totals } = await at.source.detect({ window, rules: unscopedRules([aFamily()]), known: [], accounted: [] });
        expect(states).toEqual([]);
        const { bad_time: badTime, future, ...others } = totals.rejected;
        expect({ counted: badTime + future, ...others }).toMatchObject({ counted: garbage.length, bad_id: 0, missing: 0 });
        expect(future).toBeLessThanOrEqual(1); // a 99th month lies behind every real time, whatever it is called
        expect(await value(at, "SELECT timestamp FROM sensor_data WHERE timestamp LIKE 'y%'")).toBe('yesterday');
      });

    test('that is none, in a row of the agent, reads as no time', async () => {
      const at = store();
      if (!under.takesAnyValue) return;
      const { now } = await at.store.readControls();
      const lease = await leaseOf(at.store);
      const row = aRecommendation(now);
      await at.store.saveRecommendations(lease, [inserting(row)]);
      await at.outside.run(`UPDATE agent_recommendations SET status = 'approved', approved_timestamp = 'soon'`);
      const [found] = (await at.store.readOpenWork(AGENT)).recommendations;
      expect(found).toMatchObject({ status: 'approved', approvedTimestamp: null });
      expect(await at.store.saveRecommendations(lease, [changing(row, 'approved', { status: 'pending', approvedTimestamp: null })])).toBe(
        1,
      );
    });
  });
}

export function specifiedSqlContract(under: StoreUnderTest): void {
  theSnippets(under);
  theSpelling(under);
  handWrittenTimes(under);
}
