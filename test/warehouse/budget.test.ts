import { expect, test } from '@jest/globals';
import { OPEN_TEMPERATURE_C, openRecommendations } from '../support/open-recommendations.ts';
import { approval, reading, type Site, UNHURRIED, withBundle } from './bundle-at-warehouse.ts';
import type { LoggedStatement } from './statement-log.ts';

const IDLE = 4;
/** Where a cycle has all of it to do at once. */
const MOST_BUSY = 14;
/** What such a cycle leaves to the next: the sessions' counts. */
const COUNTING = 1;
const OPEN = 500;
/** Commands that one cycle sends at most. */
const MOST_SENT = 100;

/** All of it in one: on a busy machine Spark takes minutes. */
const TIMEOUT_MS = 400_000;

/** Nothing is judged or runs out meanwhile, and the plant's limit on writes is not what is measured. */
const CONFIGURATION = {
  store: UNHURRIED,
  source: { maxAgeSeconds: 3600 },
  policy: { approvalTtlSeconds: 3600, settlingSeconds: 3600, verifyWindowSeconds: 7200, maxWritesPerMinute: 10_000 },
  plant: { readBackSeconds: 0 },
};

/** What the budget leaves out: a look at the version of the tables, and the standing orders, which are read again while writes go out. */
const OPENING = /^SELECT MAX\(version\)[^;]* FROM agent_schema$/;
const ORDERS_AGAIN = /^SELECT c\.clock\b.* agent_controls k ON true$/s;

const isOrders = ({ sql }: LoggedStatement) => ORDERS_AGAIN.test(sql);

interface Counted {
  readonly report: unknown;
  /** What the warehouse had to do for it, in order. */
  readonly statements: readonly LoggedStatement[];
  readonly ordersRead: number;
}

async function cycle(site: Site): Promise<Counted> {
  await site.control.clearLog();
  const report = await site.json('run-once', '--json');
  const sent = await site.sent();
  return {
    report,
    statements: sent.filter((statement) => !OPENING.test(statement.sql) && !isOrders(statement)),
    ordersRead: sent.filter(isOrders).length,
  };
}

/** The equipment that openRecommendations is about, from the first on. */
function hotReadings(first: number, last: number): string {
  return `INSERT INTO {}.sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp, recorded_by)
SELECT 'T', concat('EQ_', n), ${OPEN_TEMPERATURE_C}, 95.0, 48.0, 'good', current_timestamp(), 'test' FROM (SELECT explode(sequence(${first}, ${last})) AS n)`;
}

/** Made by another run than the cycle's, which leaves a lease behind that only time would end. */
async function openMore(site: Site, first: number, count: number): Promise<void> {
  await site.atPorts(({ store, settings }) => openRecommendations(store, settings, count, first));
  await site.sql('UPDATE {}.agent_health SET lease_owner = NULL, lease_expires = NULL');
  await site.sql(hotReadings(first, first + count - 1));
}

/** All that there is to do, at once: a decision to carry out and to count, a new violation, a sensor to repair. */
async function muchToDo(site: Site, number: number, approved: string): Promise<void> {
  await site.sql(reading(`HOT_${number}`, 97));
  await site.sql(reading(`BROKEN_${number}`, 70).replace("'good'", "'bad'"));
  await site.sql(approval(approved, 'anna'));
}

const texts = ({ statements }: Counted) => statements.map(({ sql }) => sql);

withBundle(
  'budget_test',
  (site) => {
    test(
      'by the warehouse’s own log a busy cycle has as many statements at 1 as at 500 recommendations, and an idle one four',
      async () => {
        await site().sql(
          `INSERT INTO {}.operator_sessions (session_id, operator_id, login_timestamp) VALUES ('s1', 'Anna', current_timestamp())`,
        );
        await openMore(site(), 1, 1);
        await muchToDo(site(), 1, `equipment_id = 'EQ_1'`);
        const few = await cycle(site());
        const counts = { outcome: 'completed', errors: [], recommendations: { created: 1 }, work_orders: { opened: 1 } };
        expect(few.report).toMatchObject({ ...counts, statements: few.statements.length, commands: { executed: 1 } });

        await openMore(site(), 2, OPEN);
        await muchToDo(site(), 2, `equipment_id RLIKE '^EQ_1[0-9][0-9]$'`);
        const many = await cycle(site());
        expect(many.report).toMatchObject({ ...counts, statements: many.statements.length, commands: { executed: MOST_SENT } });

        const next = await cycle(site());
        expect(next.report).toMatchObject({ outcome: 'completed', errors: [], statements: IDLE + COUNTING });
        const [session] = await site().sql('SELECT approved_recommendations AS n FROM {}.operator_sessions');
        expect(session).toEqual({ n: 1 + MOST_SENT });
        const idle = await cycle(site());
        expect(idle.report).toMatchObject({ outcome: 'completed', errors: [], statements: IDLE });
        const [open] = await site().sql(`SELECT COUNT(*) AS n FROM {}.agent_recommendations WHERE status = 'pending'`);
        expect(open).toEqual({ n: OPEN - MOST_SENT + 2 });

        expect(texts(many)).toEqual(texts(few));
        expect(idle.statements).toHaveLength(IDLE);
        expect([few.ordersRead > 0, many.ordersRead > 0, idle.ordersRead]).toEqual([true, true, 0]);
        expect(many.statements.length).toBeLessThanOrEqual(MOST_BUSY);
      },
      TIMEOUT_MS,
    );
  },
  JSON.stringify(CONFIGURATION),
);
