import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type AgentHealth, judgeHealth } from '../../src/domain/health.ts';
import { type Instant, isoOf, SECOND_MS } from '../../src/domain/instant.ts';
import { HEALTH } from '../../src/store/tables.ts';
import { alertQuery, asOf, readDashboard, type Row, sqlOf } from '../support/dashboard.ts';
import { type AtHand, atHand } from '../support/stores.ts';
import { databricksStore } from '../support/warehouse-store.ts';
import { insertAll } from './copied-days.ts';
import { type DriverSession, openDriver } from './driver.ts';
import { onWarehouse } from './on-warehouse.ts';
import { warehouse } from './start-warehouse.ts';

const PATIENCE_MS = 600_000;
const NOW: Instant = Date.UTC(2026, 0, 1, 12);
const LIMITS = { maxAgeSeconds: 30, feedMaxAgeSeconds: 300 };

/** What of the agent's row a verdict is made of. */
type Seen = Pick<AgentHealth, 'status' | 'lastHeartbeat' | 'newestReadingTimestamp' | 'detectedTimestamp' | 'nextDue' | 'lastError'>;

const WELL: Seen = {
  status: 'online',
  lastHeartbeat: NOW - 10 * SECOND_MS,
  newestReadingTimestamp: NOW - 10 * SECOND_MS,
  detectedTimestamp: NOW - 10 * SECOND_MS,
  nextDue: NOW,
  lastError: null,
};

function beat(ageMs: number): Partial<Seen> {
  return { lastHeartbeat: NOW - ageMs, detectedTimestamp: NOW - ageMs };
}

/** Each condition of the domain on both of its sides, to the millisecond. */
const CASES: readonly Partial<Seen>[] = [
  {},
  { status: 'offline' },
  { status: null },
  { ...beat(30 * SECOND_MS), nextDue: null },
  { ...beat(30 * SECOND_MS + 1), nextDue: null },
  { ...beat(200 * SECOND_MS), nextDue: NOW },
  { ...beat(240 * SECOND_MS), nextDue: NOW - 40 * SECOND_MS },
  { ...beat(240 * SECOND_MS + 1), nextDue: NOW - 40 * SECOND_MS - 1 },
  { ...beat(1203), nextDue: NOW - 200 },
  { ...beat(31 * SECOND_MS), nextDue: NOW - 99 * SECOND_MS },
  { newestReadingTimestamp: null },
  { newestReadingTimestamp: NOW - 310 * SECOND_MS },
  { newestReadingTimestamp: NOW - 310 * SECOND_MS - 1 },
  { nextDue: null, newestReadingTimestamp: NOW - 300 * SECOND_MS },
  { nextDue: null, newestReadingTimestamp: NOW - 300 * SECOND_MS - 1 },
  { ...beat(-5 * SECOND_MS), nextDue: null },
  { ...beat(-5 * SECOND_MS - 1), nextDue: NOW + 3600 * SECOND_MS },
  { newestReadingTimestamp: NOW + 5 * SECOND_MS },
  { newestReadingTimestamp: NOW + 5 * SECOND_MS + 1 },
  { detectedTimestamp: NOW - 20 * SECOND_MS, lastError: 'detect: x' },
  { detectedTimestamp: null },
  { lastError: 'execute: the plant does not answer; it is silent' },
  { lastHeartbeat: null },
  { status: 'offline', ...beat(99 * SECOND_MS), nextDue: null, newestReadingTimestamp: null, detectedTimestamp: null },
];

/** Moments around now, mostly near the limits. */
const moment = fc.oneof(
  fc.integer({ min: -400_000, max: 10_000 }),
  fc.constantFrom(-5001, -5000, -4999, 5000, 5001, 5002, -30_000, -30_001, -300_000, -300_001),
);
const anySeen: fc.Arbitrary<Seen> = fc
  .record({
    status: fc.constantFrom('online', 'online', 'offline', null),
    beatMs: fc.option(moment, { freq: 20 }),
    dueMs: fc.option(fc.integer({ min: -60_000, max: 1_200_000 })),
    newestMs: fc.option(moment, { freq: 10 }),
    detects: fc.boolean(),
    lastError: fc.constantFrom(null, null, 'detect: x'),
  })
  .map(({ status, beatMs, dueMs, newestMs, detects, lastError }) => {
    const lastHeartbeat = beatMs === null ? null : NOW + beatMs;
    return {
      status,
      lastHeartbeat,
      nextDue: lastHeartbeat === null || dueMs === null ? null : lastHeartbeat + dueMs,
      newestReadingTimestamp: newestMs === null ? null : NOW + newestMs,
      detectedTimestamp: detects ? lastHeartbeat : NOW - 1_000_000,
      lastError,
    };
  });
const RANDOM = 300;

function iso(instant: Instant | null): string | null {
  return instant === null ? null : isoOf(instant);
}

function rowOf(seen: Seen, agentId: string): Row {
  return {
    agent_id: agentId,
    status: seen.status,
    last_heartbeat: iso(seen.lastHeartbeat),
    newest_reading_timestamp: iso(seen.newestReadingTimestamp),
    detected_timestamp: iso(seen.detectedTimestamp),
    next_due: iso(seen.nextDue),
    last_error: seen.lastError,
  };
}

/** The domain's own verdict; what it does not look at is as in any row. */
function judgedOf(seen: Seen, limits = LIMITS): { readonly unhealthy: number; readonly reasons: string } {
  const rest = {
    agentId: 'A',
    pollsCompleted: 1,
    createdTimestamp: null,
    leaseOwner: null,
    leaseHolder: null,
    leaseExpires: null,
    leaseEpoch: 1,
  };
  const more = { watermarkTimestamp: null, lastCycleMs: 5, consecutiveErrors: 0, rulesHash: null, version: null };
  const last = { lastProcessId: null, otherProcessId: null, otherDue: null, auditSeq: null, auditHash: null };
  const { healthy, reasons } = judgeHealth({ ...rest, ...more, ...last, ...seen }, NOW, limits);
  return { unhealthy: healthy ? 0 : 1, reasons: reasons.join('; ') };
}

onWarehouse('the alert', () => {
  let at: AtHand;
  let session: DriverSession;
  const cases = [...CASES.map((edit) => ({ ...WELL, ...edit })), ...fc.sample(anySeen, { numRuns: RANDOM, seed: 20260101 })];
  const named = cases.map((seen, index) => [`case-${String(index).padStart(4, '0')}`, seen] as const);

  const columns = HEALTH.columns.filter(({ name }) => name in rowOf(WELL, ''));
  const place = () => {
    const { settings } = at.database;
    if (settings.kind !== 'databricks') throw new Error('the alert asks a warehouse');
    return { catalog: settings.catalog ?? '', name: settings.schema ?? '' };
  };
  const verdicts = async (sql: string) =>
    (await session.rows(asOf(sql, NOW))).map(({ agent, unhealthy, reasons }) => ({ agent, unhealthy, reasons }));

  beforeAll(async () => {
    at = await atHand(databricksStore());
    // A workspace's zone can be any: what the alert says must not depend on it.
    session = await openDriver(warehouse(), { session: { configuration: { ANSI_MODE: 'true', TIMEZONE: 'America/New_York' } } });
    await at.outside.run('DELETE FROM agent_health WHERE true');
  }, PATIENCE_MS);
  afterAll(async () => {
    await session?.close();
    await at?.close();
  });

  test(
    'goes off where there is no row, and says that no cycle has run',
    async () => {
      expect(await verdicts(alertQuery(place()))).toEqual([{ agent: null, unhealthy: 1, reasons: 'no cycle has run yet' }]);
    },
    PATIENCE_MS,
  );

  test(
    'judges each row as ops-agent health does, word for word',
    async () => {
      await insertAll(
        at.outside,
        { name: HEALTH.name, columns },
        named.map(([id, seen]) => rowOf(seen, id)),
      );
      const expected = named.map(([agent, seen]) => ({ agent, ...judgedOf(seen) }));
      expect(await verdicts(alertQuery(place()))).toEqual(expected);
      expect(expected.filter(({ unhealthy }) => unhealthy === 0).length).toBeGreaterThan(10);
      const dataset = readDashboard().datasets.find(({ name }) => name === 'agent');
      const shown = await at.outside.rows(asOf(dataset === undefined ? '' : sqlOf(dataset), NOW));
      expect(shown.map(({ agent, verdict, reasons }) => ({ agent, unhealthy: verdict === 'healthy' ? 0 : 1, reasons }))).toEqual(expected);
    },
    PATIENCE_MS,
  );

  test(
    'judges by the limits that the bundle’s variables say',
    async () => {
      const sql = alertQuery({ ...place(), alert_max_age_seconds: '120', feed_max_age_seconds: '60' });
      const limits = { maxAgeSeconds: 120, feedMaxAgeSeconds: 60 };
      expect(await verdicts(sql)).toEqual(named.map(([agent, seen]) => ({ agent, ...judgedOf(seen, limits) })));
    },
    PATIENCE_MS,
  );

  test('answers as it stands, by the clock of the warehouse', async () => {
    const rows = await session.rows(alertQuery(place()));
    expect(rows).toHaveLength(cases.length);
    expect(rows.every(({ unhealthy }) => unhealthy === 1)).toBe(true);
  });
});
