import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ensureBundle, runBundle, type RunResult, startBundle } from '../support/bundle.ts';
import { flagEnvironment } from '../support/flag-environment.ts';
import { QUICK } from '../support/scenario.ts';
import { BUSY_FLAGS, type BusyCase, type BusyTemplate, copyOf, prepareBusyTemplate } from '../support/scenario-busy.ts';

/** An empty cycle has four statements and a schema check, a busy one ten more; and that calls the plant three times for each of three commands. */
const FEWEST_STATEMENTS = 14;
const FEWEST_PLANT_CALLS = 11;
const MOST_CYCLES_TO_SETTLE = 4;
const PLANT_TIMEOUT_MS = Number(BUSY_FLAGS['plant.timeoutSeconds']) * 1000;

const env = flagEnvironment({ ...QUICK, ...BUSY_FLAGS });

let template: BusyTemplate;
beforeAll(async () => {
  ensureBundle();
  template = await prepareBusyTemplate();
}, 60_000);
afterAll(() => template.remove());

type Row = Readonly<Record<string, unknown>>;

/** What the disks held at the moment of death. */
interface Wreck {
  readonly commands: ReadonlyMap<string, Row>;
  readonly writes: readonly Row[];
  readonly watermark: unknown;
  readonly newIsKnown: boolean;
}

async function plantWrites(scene: BusyCase): Promise<readonly Row[]> {
  const { stdout, code, stderr } = await runBundle(['plant', 'writes', '--json'], { cwd: scene.folder, env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Row[]; // the documented output: an array of objects
}

/** The chain of the audit is whole at every moment: what was announced is in it, or nothing of it. */
async function expectSoundAudit(scene: BusyCase): Promise<void> {
  const { stdout, code, stderr } = await runBundle(['audit', 'verify', '--json'], { cwd: scene.folder, env });
  expect({ code, stderr, ...JSON.parse(stdout) }).toMatchObject({ code: 0, stderr: '', sound: true, findings: [] });
}

async function inspect(scene: BusyCase): Promise<Wreck> {
  await expectSoundAudit(scene);
  const commands = await scene.rows('SELECT * FROM agent_commands');
  const [health] = await scene.rows('SELECT * FROM agent_health');
  const found = await scene.rows(`SELECT 1 FROM agent_recommendations WHERE equipment_id IN ('NEW', 'FLASH')`);
  return {
    commands: new Map(commands.map((row) => [String(row['command_id']), row])),
    writes: await plantWrites(scene),
    watermark: health?.['watermark_timestamp'],
    newIsKnown: found.length === 2,
  };
}

async function cyclesUntilSettled(scene: BusyCase): Promise<void> {
  for (let cycle = 1; cycle <= MOST_CYCLES_TO_SETTLE; cycle += 1) {
    await scene.refresh();
    const { code, stderr } = await runBundle(['run-once', '--json'], { cwd: scene.folder, env });
    if (code !== 0 && code !== 7) throw new Error(`the next cycle ended with ${code}: ${stderr}`);
    const open = await scene.rows(`SELECT 1 FROM agent_commands WHERE status IN ('pending', 'executing', 'unknown')
      UNION ALL SELECT 1 FROM agent_recommendations WHERE status IN ('approved', 'executing')`);
    if (open.length === 0 && cycle > 1) return;
    await new Promise((resolve) => setTimeout(resolve, PLANT_TIMEOUT_MS));
  }
}

/** Kills the busy cycle there, lets the next cycles finish the work and checks all of it. False when the run was not killed. */
async function killAt(point: string): Promise<boolean> {
  const scene = copyOf(template);
  try {
    await scene.refresh();
    const killed = startBundle(['run-once', '--json'], { cwd: scene.folder, env: { ...env, OPS_AGENT_CRASH_AT: point } });
    const result = await killed.done;
    const wasKilled = killed.child.signalCode === 'SIGKILL';
    if (!wasKilled) expectWholeCycle(result);
    const wreck = await inspect(scene);
    await cyclesUntilSettled(scene);
    await expectAllDone(scene, wreck);
    return wasKilled;
  } catch (thrown) {
    throw new Error(`killed at ${point}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
  } finally {
    scene.remove();
  }
}

/** The run that reached no crash point shows that the template is as busy as it claims. */
function expectWholeCycle({ stdout, stderr, code }: RunResult): void {
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(JSON.parse(stdout)).toMatchObject({
    outcome: 'completed',
    recommendations: { created: 1, escalated: 1, withdrawn: 2, expired: 0 },
    commands: { created: 2, refused: 0, executed: 3, failed: 0, unknown: 0 },
    outcomes: { effective: 1 },
    work_orders: { opened: 1, closed: 1 },
    errors: [],
  });
}

async function expectAllDone(scene: BusyCase, wreck: Wreck): Promise<void> {
  await expectSoundAudit(scene);
  const writes = await plantWrites(scene);
  const commands = await scene.rows('SELECT * FROM agent_commands');
  expectEachSentOnce(writes);
  await expectAuditBeforeWrites(scene, writes);
  for (const command of commands) expectRightEnd(command, wreck, writes);
  await expectRecommendations(scene);
  await expectCounts(scene);
  await expectWorkOrders(scene);
  await expectWatermark(scene, wreck);
}

function expectEachSentOnce(writes: readonly Row[]): void {
  const ids = writes.map((write) => write['command_id']);
  expect(ids).toEqual([...new Set(ids)]);
}

async function expectAuditBeforeWrites(scene: BusyCase, writes: readonly Row[]): Promise<void> {
  const events = await scene.rows(`SELECT subject_id, MIN(at) AS at FROM agent_events WHERE event = 'dispatching' GROUP BY subject_id`);
  const announcedAt = new Map(events.map((event) => [event['subject_id'], Date.parse(`${String(event['at']).replace(' ', 'T')}Z`)]));
  for (const write of writes) {
    expect(announcedAt.get(String(write['command_id'])) ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(Date.parse(String(write['at'])));
  }
}

/** What nobody had claimed is executed; what was claimed is decided by what the plant had received by then, and not sent again. */
function expectRightEnd(command: Row, wreck: Wreck, writes: readonly Row[]): void {
  const id = String(command['command_id']);
  const sentBy = (list: readonly Row[]) => list.filter((write) => write['command_id'] === id).length;
  const before = wreck.commands.get(id)?.['status'] ?? 'not made yet';
  const end = { before, status: command['status'], code: command['failure_code'], sent: sentBy(writes) };
  if (before === 'executing') {
    const sent = sentBy(wreck.writes);
    expect(end).toEqual({ before, status: sent === 1 ? 'executed' : 'failed', code: sent === 1 ? null : 'not_confirmed', sent });
  } else expect(end).toEqual({ before, status: 'executed', code: null, sent: 1 });
}

async function expectRecommendations(scene: BusyCase): Promise<void> {
  const rows = await scene.rows('SELECT * FROM agent_recommendations ORDER BY equipment_id, created_timestamp');
  const of = (equipmentId: string) =>
    rows.filter((row) => row['equipment_id'] === equipmentId).map((row) => `${String(row['status'])} ${String(row['severity'])}`);
  expect(of('NEW')).toEqual(['pending critical']);
  expect(of('FLASH')).toEqual(['withdrawn critical']);
  expect(of('ESCALATING')).toEqual(['pending critical']);
  expect(of('CLEARED')).toEqual(['withdrawn medium']);
  expect(of('DEFERRED')).toEqual(['pending high']);
  expect(of('TAMPERED')).toEqual(['pending high']);
  expect(rows.filter((row) => row['equipment_id'] === 'VERIFIED')).toMatchObject([{ status: 'executed', outcome: 'effective' }]);
  for (const equipmentId of ['APPROVED', 'LEFT_OVER']) {
    // After a failure that may have written, a follow-up asks what to do next.
    expect([['executed high'], ['failed high', 'pending high']]).toContainEqual(of(equipmentId));
    const [first, followUp] = rows.filter((row) => row['equipment_id'] === equipmentId);
    if (followUp) expect(followUp['follows_recommendation_id']).toBe(first?.['recommendation_id']);
  }
}

/** VERIFIED, LEFT_OVER and APPROVED are anna's, each once, however often a dying run announced them. */
async function expectCounts(scene: BusyCase): Promise<void> {
  expect(
    await scene.rows('SELECT approved_recommendations AS approved, rejected_recommendations AS rejected FROM operator_sessions'),
  ).toEqual([{ approved: 3, rejected: 0 }]);
}

async function expectWorkOrders(scene: BusyCase): Promise<void> {
  const rows = await scene.rows('SELECT equipment_id, signal, fault, status FROM work_orders ORDER BY equipment_id');
  expect(rows.map((row) => Object.values(row).join(' '))).toEqual(['BROKEN * bad_quality open', 'MENDED * bad_quality closed']);
}

async function expectWatermark(scene: BusyCase, wreck: Wreck): Promise<void> {
  if (wreck.watermark !== template.watermark) expect(wreck.newIsKnown).toBe(true);
  const [health] = await scene.rows(
    'SELECT watermark_timestamp AS reached, (SELECT MAX(timestamp) FROM sensor_data) AS newest, lease_owner FROM agent_health',
  );
  expect(health).toMatchObject({ reached: health?.['newest'], lease_owner: null });
}

/** Kills at 1, 2, 3 … until a run lives to its end. @returns the number of points that killed */
async function killEverywhere(at: 'statement' | 'plant', when: 'before' | 'after'): Promise<number> {
  let killed = 0;
  while (await killAt(`${at}:${killed + 1}:${when}`)) killed += 1;
  return killed;
}

// Two lists of points side by side, for two cores.
const TIMEOUT_MS = 480_000;

test(
  'a cycle killed before or after any statement is completed by the next ones, with nothing lost and nothing twice',
  async () => {
    const [before, after] = await Promise.all([killEverywhere('statement', 'before'), killEverywhere('statement', 'after')]);
    expect(before).toBe(after);
    expect(before).toBeGreaterThanOrEqual(FEWEST_STATEMENTS);
  },
  TIMEOUT_MS,
);

test(
  'a cycle killed before or after any call to the plant is completed by the next ones, and no command is sent twice',
  async () => {
    const [before, after] = await Promise.all([killEverywhere('plant', 'before'), killEverywhere('plant', 'after')]);
    expect(before).toBe(after);
    expect(before).toBeGreaterThanOrEqual(FEWEST_PLANT_CALLS);
  },
  TIMEOUT_MS,
);
