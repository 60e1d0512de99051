import { expect, test } from '@jest/globals';
import { hasStopped } from '../support/agent-children.ts';
import { type RunningBundle, startBundle } from '../support/bundle.ts';
import { type Site, withBundle } from './bundle-at-warehouse.ts';
import { howMany } from './how-many.ts';
import { NOTHING_WRONG, Works, WORKS_CONFIGURATION } from './works.ts';

const TIMEOUT_MS = 900_000;

/** In the moment in which it writes to the plant, before it tells the audit what it decided, and once it has claimed commands. */
const POINTS = ['plant:3:before', 'statement:5:before', 'statement:11:after'].slice(0, howMany({ all: 3, always: 1 }));

interface Standing {
  readonly point: string;
  readonly site: Site;
  readonly works: Works;
  readonly zombie: RunningBundle;
}

/** A run that stands still there, with an approval to carry out and a condition to recommend something for. */
async function stoppedAt(point: string, site: Site): Promise<Standing> {
  const { cwd, env } = site;
  const works = new Works(site);
  await works.goOn();
  const first = await site.run('run-once');
  if (first.code !== 0) throw new Error(`the first run ended with ${first.code}: ${first.stderr}`);
  await works.goOn();
  const zombie = startBundle(['run-once', '--json'], { cwd, env: { ...env, OPS_AGENT_STOP_AT: point } });
  if (await hasStopped(zombie.child)) return { point, site, works, zombie };
  throw new Error(`the run did not come to ${point}: ${(await zombie.done).stderr}`);
}

/** Another run takes the lease, once it has run out, and does all the work. */
async function goOnTooLate({ point, works, zombie }: Standing): Promise<object> {
  await works.settle();
  const sent = await works.sent();
  zombie.child.kill('SIGCONT');
  const { code, stderr } = await zombie.done;
  // 7: the plant refused a request that reached it too late.
  const isExpected = code === 0 || code === 7;
  const late = (await works.sent()).slice(sent.length);
  await works.settle();
  return { point, ended: isExpected ? '' : `with ${code}: ${stderr}`, late, ...(await works.wrongs()) };
}

withBundle(
  'fencing_test',
  (site) => {
    test(
      'runs that stand still while another one does all the work send nothing any more, and change nothing',
      async () => {
        const standing: Standing[] = [];
        try {
          // All of them before the first goes on: they wait for their leases' ends together.
          for (const [index, point] of POINTS.entries())
            standing.push(await stoppedAt(point, await site().copied(`fencing_test_${index}`)));
          for (const one of standing) {
            const { point } = one;
            expect(await goOnTooLate(one)).toEqual({ point, ended: '', late: [], ...NOTHING_WRONG });
          }
        } finally {
          for (const { zombie } of standing) zombie.child.kill('SIGKILL');
          for (const { site: copy } of standing) await copy.drop();
        }
      },
      TIMEOUT_MS,
    );
  },
  WORKS_CONFIGURATION,
);
