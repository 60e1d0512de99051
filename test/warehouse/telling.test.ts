import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runBundle, type RunningBundle, startBundle } from '../support/bundle.ts';
import { newReceiver, type Receiver } from '../support/receiver.ts';
import { reading, type Site, UNHURRIED, withBundle } from './bundle-at-warehouse.ts';

/** On a busy machine Spark takes minutes. */
const TIMEOUT_MS = 900_000;
const IDLE = 4;
/** A look, who claims, whose the claim is, and what came of it; where something is planned, that as well. */
const [LOOK, TOLD, PLANNED_AND_TOLD] = [1, 4, 5];

const CONFIGURATION = { store: UNHURRIED, source: { maxAgeSeconds: 3600 } };
const TELLING = {
  ...CONFIGURATION,
  notify: {
    timeoutSeconds: 2,
    channels: [{ name: 'hook', kind: 'webhook', urlFrom: 'OPS_AGENT_NOTIFY_URL_HOOK' }],
    rules: [{ to: ['hook'] }],
  },
};

/** The look of a round, what it plans, and its claim. */
const MEETINGS = [
  "^SELECT 'clock' AS kind.*agent_notifications",
  'MERGE INTO `?agent_notifications.*up_to',
  "MERGE INTO `?agent_notifications.*'sending', .*claim_seconds",
];

let at: Receiver;
let env: Readonly<Record<string, string>>;
beforeAll(async () => {
  at = await newReceiver();
  env = { OPS_AGENT_NOTIFY_URL_HOOK: `${at.url}/hook`, OPS_AGENT_NOTIFY_SECRET: '0123456789abcdef'.repeat(4) };
});
afterAll(() => at.close());

const idsOf = (posts: Receiver['posts']) => posts.map(({ headers }) => String(headers['x-ops-agent-notification-id']));

const rowsOf = (site: Site) =>
  site.sql(`SELECT equipment_id AS equipment, status, attempt FROM {}.agent_notifications WHERE kind <> 'place' ORDER BY 1`);

/** Claims have ended, and the next tries are due. */
const timePasses = (site: Site) =>
  site.sql(
    `UPDATE {}.agent_notifications SET next_attempt_timestamp = timestamp '2026-01-01', claim_expires_timestamp = timestamp '2026-01-01'`,
  );

interface Ran {
  readonly report: { readonly statements: number };
  readonly stderr: string;
  /** What the warehouse had to do for the cycle, and for the telling behind it, in order. */
  readonly cycle: readonly string[];
  readonly telling: readonly string[];
  /** The requests that came meanwhile. */
  readonly posts: Receiver['posts'];
}

async function ran(site: Site): Promise<Ran> {
  await site.control.clearLog();
  const before = at.posts.length;
  const { stdout, stderr, code } = await runBundle(['run-once', '--json'], { cwd: site.cwd, env: { ...site.env, ...env } });
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const sent = (await site.sent()).map(({ sql }) => sql);
  const first = sent.findIndex((sql) => sql.includes('agent_notifications'));
  const cycle = first === -1 ? sent : sent.slice(0, first);
  return { report: JSON.parse(stdout) as Ran['report'], stderr, cycle, telling: sent.slice(cycle.length), posts: at.posts.slice(before) };
}

/** As the receiver finds the agent before it answers. */
const CYCLE_IS_OVER = { free: true, cycles: 1 };

withBundle(
  'telling_test',
  (site) => {
    test(
      'a whole run tells people behind its cycle, which costs what it does where nobody is told; without an answer a later run delivers, and once',
      async () => {
        const untold = await site().copied('telling_test_untold');
        try {
          writeFileSync(path.join(untold.cwd, 'ops-agent.yaml'), JSON.stringify(CONFIGURATION));
          for (const each of [site(), untold]) await each.sql(reading('REACTOR_01', 97));
          const seen: unknown[] = [];
          at.answer(async () => {
            seen.push(...(await site().sql('SELECT lease_owner IS NULL AS free, polls_completed AS cycles FROM {}.agent_health')));
            return 'silence' as const;
          });
          const down = await ran(site());
          expect(seen).toEqual([CYCLE_IS_OVER]);
          expect(down.report).toMatchObject({ outcome: 'completed', recommendations: { created: 1 }, errors: [] });
          expect(down.stderr).toContain('Not notified: hook of ');
          expect(await rowsOf(site())).toEqual([{ equipment: 'REACTOR_01', status: 'pending', attempt: 1 }]);
          const plain = await ran(untold);
          expect(down.cycle).toEqual(plain.cycle);
          expect([down.telling.length, plain.telling.length, plain.posts.length]).toEqual([PLANNED_AND_TOLD, 0, 0]);
          expect(down.report.statements).toBe(plain.report.statements);
        } finally {
          await untold.drop();
        }

        at.answer({ status: 200 });
        await timePasses(site());
        const later = await ran(site());
        expect(later.report).toMatchObject({ outcome: 'completed', statements: IDLE });
        expect(later.telling).toHaveLength(TOLD);
        expect(JSON.parse(later.posts[0]?.body ?? '')).toMatchObject({ kind: 'recommended', equipment_id: 'REACTOR_01', reminder: 0 });
        expect(new Set(idsOf(at.posts)).size).toBe(1);
        expect(await rowsOf(site())).toEqual([{ equipment: 'REACTOR_01', status: 'delivered', attempt: 2 }]);

        const again = await ran(site());
        expect(again.report).toMatchObject({ outcome: 'completed', statements: IDLE });
        expect({ told: again.telling.length, posts: again.posts.length }).toEqual({ told: LOOK, posts: 0 });
      },
      TIMEOUT_MS,
    );

    test(
      'two processes that look, plan and claim at the same moments tell each notification once, and what a third one died over once more, with the same id',
      async () => {
        const { cwd, control } = site();
        const start = (): RunningBundle => startBundle(['run-once', '--wait', '5m'], { cwd, env: { ...site().env, ...env } });
        for (const equipment of ['REACTOR_02', 'REACTOR_03']) await site().sql(reading(equipment, 97));
        const before = at.posts.length;
        const dying = start();
        at.answer(() => {
          dying.child.kill('SIGKILL');
          return { status: 200 };
        });
        expect(await dying.done).toMatchObject({ code: null });
        expect(at.posts).toHaveLength(before + 1);

        at.answer({ status: 200 });
        await timePasses(site());
        await site().sql(reading('REACTOR_04', 97));
        const meetings: number[] = [];
        for (const sql of MEETINGS) meetings.push(await control.arm({ sql, times: 2, fault: { kind: 'together' } }));
        await control.clearLog();
        const ended = await Promise.all([start().done, start().done]);
        expect(ended.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual([0, 0]);
        expect(await Promise.all(meetings.map((fault) => control.met(fault)))).toEqual([2, 2, 2]);
        const mine = at.posts.slice(before).filter(({ body }) => !body.includes('REACTOR_01'));
        const [died = '', ...others] = idsOf(mine);
        expect(others.filter((id) => id === died)).toHaveLength(1);
        expect([others.length, new Set(others).size]).toEqual([3, 3]);
        expect((await rowsOf(site())).filter(({ equipment }) => equipment !== 'REACTOR_01')).toEqual(
          ['REACTOR_02', 'REACTOR_03', 'REACTOR_04'].map((equipment) => ({ equipment, status: 'delivered', attempt: 1 })),
        );
      },
      TIMEOUT_MS,
    );
  },
  JSON.stringify(TELLING),
);
