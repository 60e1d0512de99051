import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { agentProcesses, type AgentProcesses, hasStopped } from '../support/agent-children.ts';
import { ensureBundle, runBundle, startBundle } from '../support/bundle.ts';
import { flagEnvironment } from '../support/flag-environment.ts';
import { type FencedScene, openFencedScene } from '../support/fenced-scene.ts';
import { type Flags, QUICK } from '../support/scenario.ts';
import { BUSY_FLAGS, type BusyTemplate, prepareBusyTemplate } from '../support/scenario-busy.ts';
import {
  announcedBy,
  endOfAudit,
  expectEachSentOnceAndInTime,
  expectNoLies,
  expectRowsSayWhatThePlantSays,
} from '../support/zombie-checks.ts';

/** A run sends for 2.7 s after it asked for the lease, and can be overtaken after 8 s. */
const SHORT_LEASE: Flags = { ...BUSY_FLAGS, 'store.leaseSeconds': 8 };
/** The approval ends long before the lease. Of two that were approved one is over then, and the other is given anew. */
const SHORT_APPROVAL: Flags = { ...BUSY_FLAGS, 'store.leaseSeconds': 60, 'policy.approvalTtlSeconds': 3 };
/** Of the points at which one of two approvals is over when the cycle begins. */
const FEWEST_POINTS = 20;
const AT_ONCE = 3;
const TIMEOUT_MS = 180_000;
const ZOMBIE = 'zombie';
const RUN = `${ZOMBIE}-1`;
const LEASE_END = `SELECT lease_expires FROM agent_health WHERE lease_owner = '${RUN}'`;
const APPROVAL_END = `SELECT strftime('%Y-%m-%d %H:%M:%f', approved_timestamp, '+3 seconds') FROM agent_recommendations WHERE equipment_id = 'APPROVED'`;

let template: BusyTemplate;
let agents: AgentProcesses;
const bundles: ChildProcess[] = [];
beforeAll(async () => {
  ensureBundle();
  template = await prepareBusyTemplate();
  agents = agentProcesses();
}, 60_000);
afterAll(() => {
  agents.stop();
  for (const child of bundles) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  template.remove();
});

/** An agent that stops itself; `ended` rejects when it does not end well. */
interface Zombie {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
}
type Start = (scene: FencedScene, stopAt: string) => Zombie;

/** On a store where the row's lease alone keeps two agents apart. */
const rowLeased: Start = ({ settings }, stopAt) => {
  const { child, said } = agents.start(settings, { name: ZOMBIE, cycles: 1, waitSeconds: 0, stopAt: [stopAt] });
  return { child, ended: said.then(([cycle]) => expect(cycle?.report.errors).toEqual([])) };
};

const environmentOf = (flags: Flags) => flagEnvironment({ ...QUICK, ...flags });

/** The built program, which holds the lock of the embedded store besides. */
const bundled =
  (flags: Flags): Start =>
  ({ folder }, stopAt) => {
    const env = { ...environmentOf(flags), OPS_AGENT_STOP_AT: stopAt };
    const { child, done } = startBundle(['run-once', '--run-id', RUN], { cwd: folder, env });
    bundles.push(child);
    // 7: the plant refused a request that reached it too late.
    return { child, ended: done.then(({ code, stderr }) => expect(code === 0 || code === 7 ? '' : stderr).toBe('')) };
  };

/** Runs `work` for every item, a few at a time. */
async function inTurns<T>(items: readonly T[], turns: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const one = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: turns }, one));
}

const both = (at: string, count: number) =>
  Array.from({ length: count }, (_none, index) => ['before', 'after'].map((when) => `${at}:${index + 1}:${when}`)).flat();

/** Every point of a cycle that has something of everything to do: before and after each statement and each call to the plant. */
async function allPoints(): Promise<readonly string[]> {
  const scene = await openFencedScene(template, SHORT_LEASE);
  try {
    await scene.refresh();
    const [said] = await agents.start(scene.settings, { name: ZOMBIE, cycles: 1, waitSeconds: 0, stopAt: [] }).said;
    expect(said?.report).toMatchObject({ outcome: 'completed', commands: { executed: 3 } });
    const { statement = 0, plant = 0 } = said?.calls ?? {};
    return [...both('statement', statement), ...both('plant', plant)];
  } finally {
    scene.remove();
  }
}

interface Standing {
  readonly point: string;
  readonly scene: FencedScene;
  readonly zombie: Zombie;
}

/** Stops one agent at each of the points, then lets `play` go on with each of them, all at once: most of it is waiting. */
async function playEach(
  points: readonly string[],
  { flags, start }: { readonly flags: Flags; readonly start: Start },
  play: (standing: Standing) => Promise<void>,
): Promise<number> {
  const standing: Standing[] = [];
  const failures: string[] = [];
  const noting = (point: string) => (thrown: unknown) =>
    void failures.push(`${point}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  try {
    await inTurns(points, AT_ONCE, async (point) => {
      const scene = await openFencedScene(template, flags);
      await scene.refresh();
      await scene.rows(
        `UPDATE agent_recommendations SET approved_timestamp = strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE equipment_id = 'APPROVED'`,
      );
      const zombie = start(scene, point);
      if (await hasStopped(zombie.child)) standing.push({ point, scene, zombie });
      else await zombie.ended.catch(noting(point)).finally(() => scene.remove());
    });
    await Promise.all(standing.map((one) => play(one).catch(noting(one.point))));
    expect(failures).toEqual([]);
    return standing.length;
  } finally {
    for (const { scene } of standing) scene.remove();
  }
}

/** The zombie goes on to its end when its time is over: nothing reaches the plant any more, and what left the agent's last look behind is refused. */
async function goOnTooLate({ point, scene, zombie }: Standing): Promise<void> {
  const before = scene.received().length;
  zombie.child.kill('SIGCONT');
  await zombie.ended;
  const late = scene.received().slice(before);
  expect(late.filter(({ accepted }) => accepted)).toEqual([]);
  expect(late.length).toBeLessThanOrEqual(/^plant:\d+:before$/.test(point) ? 1 : 0);
}

/** The zombie goes on after `meanwhile`: whatever it does then, it neither writes late nor twice nor tells a lie, and all ends. */
async function wakeUpLate(standing: Standing, meanwhile: (standing: Standing) => Promise<unknown>): Promise<void> {
  const { scene, zombie } = standing;
  const isHolder = (await scene.rows(LEASE_END)).length > 0;
  const announced = await announcedBy(scene, RUN);
  await meanwhile(standing);
  const isOvertaken = (await scene.passed(LEASE_END)) === null && isHolder;
  const audit = await endOfAudit(scene);
  if (isHolder) await goOnTooLate(standing);
  else zombie.child.kill('SIGCONT');
  await zombie.ended;
  if (isOvertaken) await expectNoLies(scene, RUN, announced, audit);
  await expectAllEnded(scene);
  if (isOvertaken) await expectApprovalsCount(scene);
}

/** What is left is done by the cycles that come next. */
async function expectAllEnded(scene: FencedScene): Promise<void> {
  await scene.rows('DELETE FROM agent_controls');
  await scene.settle('next');
  await expectEachSentOnceAndInTime(scene);
  await expectRowsSayWhatThePlantSays(scene);
}

/** And what operators approve from then on is carried out: its ticket is in force. */
async function expectApprovalsCount(scene: FencedScene): Promise<void> {
  await scene.approveNew();
  await scene.settle('last');
  await expectEachSentOnceAndInTime(scene);
  // A ticket that a late word took away would make the row nobody's, and an approval of it void.
  const refused = await scene.rows(`SELECT e.event, e.reason FROM agent_events e WHERE e.event IN ('refused', 'refused_foreign')`);
  expect(refused).toEqual([]);
  const [made] = await scene.rows(
    `SELECT status FROM agent_recommendations WHERE equipment_id = 'NEW' ORDER BY created_timestamp DESC LIMIT 1`,
  );
  expect(made).toEqual({ status: 'executed' });
}

async function cancelAll(scene: FencedScene): Promise<void> {
  await scene.rows(`INSERT INTO agent_controls VALUES ('leak', 'out_of_service', 'all', 'anna', 'leak', CURRENT_TIMESTAMP, NULL)`);
  await scene.settle('other');
}

describe.each<readonly [string, (standing: Standing) => Promise<unknown>]>([
  ['another one took the lease and has done nothing yet', ({ scene }) => scene.takeLease('next-1')],
  // After one call is before the next one: both ends come at every instant.
  [
    'another one took the lease and did or cancelled all the work',
    ({ scene, point }) => (point.endsWith('before') ? scene.settle('other') : cancelAll(scene)),
  ],
  ['its lease ran out, and nobody took it', () => Promise.resolve()],
])('an agent without a lock that goes on after %s', (_what, meanwhile) => {
  test(
    'writes neither late nor twice and says so, wherever it was stopped',
    async () => {
      const points = await allPoints();
      const stopped = await playEach(points, { flags: SHORT_LEASE, start: rowLeased }, (standing) => wakeUpLate(standing, meanwhile));
      expect(stopped).toBe(points.length);
    },
    TIMEOUT_MS,
  );
});

test(
  'an agent without a lock that goes on after the approval ended, its lease going on, writes nothing',
  async () => {
    const points = (await allPoints()).slice(4);
    const options = { flags: SHORT_APPROVAL, start: rowLeased };
    const stopped = await playEach(points, options, async (standing) => {
      expect(await standing.scene.passed(APPROVAL_END)).not.toBeNull();
      await goOnTooLate(standing);
      await expectAllEnded(standing.scene);
    });
    expect(stopped).toBeGreaterThanOrEqual(FEWEST_POINTS);
  },
  TIMEOUT_MS,
);

test(
  'an agent that holds the lock keeps every other one out while it stands still, and after its lease it sends nothing more',
  async () => {
    // The schema is looked at before the first statement of the cycle.
    const points = ['statement:1:before', 'statement:1:after', ...(await allPoints()).map(shifted)];
    const options = { flags: SHORT_LEASE, start: bundled(SHORT_LEASE) };
    const stopped = await playEach(points, options, async (standing) => {
      const { point, scene, zombie } = standing;
      if (point.startsWith('plant')) await expectSkipped(scene);
      if ((await scene.passed(LEASE_END)) !== null) await goOnTooLate(standing);
      else zombie.child.kill('SIGCONT');
      await zombie.ended;
      await expectAllEnded(scene);
    });
    expect(stopped).toBe(points.length);
  },
  TIMEOUT_MS,
);

/** The bundle's own count: one statement more before those of the cycle. */
function shifted(point: string): string {
  return point.replace(/^statement:(\d+)/, (_all, nth: string) => `statement:${Number(nth) + 1}`);
}

async function expectSkipped({ folder }: FencedScene): Promise<void> {
  const { stdout, code } = await runBundle(['run-once', '--json'], { cwd: folder, env: environmentOf(SHORT_LEASE) });
  const { outcome, skipped_reason: reason } = JSON.parse(stdout) as Readonly<Record<string, unknown>>; // the documented report
  expect({ code, outcome, reason }).toEqual({ code: 0, outcome: 'skipped', reason: 'another cycle holds the lease' });
}
