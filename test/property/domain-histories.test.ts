import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { StoredRecommendation } from '../../src/domain/recommendation.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { isRecommendationStatus, isTerminal, isUndecided } from '../../src/domain/transitions.ts';
import { byCommandLine, control, NOW, POLICY, SECOND } from './domain-fixtures.ts';
import { type PlantMood, runModelCycle, type World } from './model-cycle.ts';
import { ModelStore } from './model-store.ts';

type Deed =
  | 'nothing'
  | 'approve'
  | 'approve by SQL'
  | 'approve as the second'
  | 'reject'
  | 'defer'
  | 'defer for ever'
  | 'write a status'
  | 'forge an approval'
  | 'forge an execution';

const CONTROLS = ['none', 'advisory', 'out_of_service', 'shelved'] as const;
const step = fc.record({
  pauseSeconds: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 5, max: 120 }) },
    { weight: 1, arbitrary: fc.integer({ min: 900, max: 30_000 }) },
  ),
  temperature: fc.oneof(fc.constantFrom<number | null>(70, 84.5, 88, 92, 97), fc.constant(null)),
  deed: fc.constantFrom<Deed>(
    'nothing',
    'nothing',
    'approve',
    'approve',
    'approve by SQL',
    'approve as the second',
    'reject',
    'defer',
    'defer for ever',
    'write a status',
    'forge an approval',
    'forge an execution',
  ),
  mood: fc.constantFrom<PlantMood>('takes', 'takes', 'refuses', 'loses', 'defers', 'silent'),
  control: fc.constantFrom<(typeof CONTROLS)[number]>('none', 'none', 'none', ...CONTROLS),
  text: fc.constantFrom('pending', 'approved', 'rejected', 'executing', 'executed', 'withdrawn', 'awaiting_second', 'done', ''),
  which: fc.nat(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Readings every 10 s since the last step: the temperature moves to its new value at once; null is a silent feed. */
function feed(world: World, from: number, now: number, temperature: number | null): void {
  if (temperature === null) return;
  for (let at = Math.max(from, now - 4000 * SECOND) + 5 * SECOND; at <= now; at += 10 * SECOND)
    world.readings.push({ at, value: temperature });
}

interface Approval {
  readonly recommendationId: string;
  readonly by: string;
}

/** What people do between two cycles. Returns what was really approved, and by whom. */
function act(world: World, { deed, text, which }: Step, now: number): Approval | undefined {
  const rows = [...world.store.rows.values()];
  const undecided = rows.filter((row) => row.status === row.guardedStatus && isRecommendationStatus(row.status) && isUndecided(row.status));
  const row = deed === 'write a status' ? rows[which % Math.max(1, rows.length)] : undecided[0];
  if (!row) return undefined;
  const put = (columns: Partial<StoredRecommendation>) => world.store.rows.set(row.recommendationId, { ...row, ...columns });
  const by = which % 3 === 0 ? 'ben' : 'anna';
  const approval = { approvedByOperator: by, approvedTimestamp: now };
  const { recommendationId } = row;
  switch (deed) {
    case 'nothing':
      return undefined;
    case 'approve':
    case 'approve by SQL':
      put({ ...approval, status: 'approved', ...(deed === 'approve' ? byCommandLine(by, now) : {}) });
      return { recommendationId, by };
    case 'approve as the second':
      put({ status: 'approved', secondApprover: by, approvedTimestamp: now });
      return { recommendationId, by };
    case 'reject':
      put({ status: 'rejected', rejectedByOperator: 'anna', rejectionReason: 'no', rejectedTimestamp: now });
      return undefined;
    case 'defer':
    case 'defer for ever':
      put({ status: 'deferred', deferUntil: deed === 'defer' ? now + 300 * SECOND : null });
      return undefined;
    case 'write a status':
      put({ status: text });
      // An 'approved' from outside without a name is no approval, and with somebody's old name it is one like any other.
      return text === 'approved' ? { recommendationId, by: row.secondApprover ?? row.approvedByOperator ?? '' } : undefined;
    case 'forge an approval':
      put({ ...approval, status: 'approved', guardedStatus: 'approved', expiresTimestamp: now + 900 * SECOND });
      return undefined;
    case 'forge an execution':
      put({ ...approval, status: 'executing', guardedStatus: 'executing', expiresTimestamp: now + 900 * SECOND });
      return undefined;
  }
}

class History {
  readonly world: World;
  /** Who approved, by recommendation. */
  readonly #approvers = new Map<string, Set<string>>();
  readonly #ended = new Map<string, string>();
  #judgedWrites = 0;
  #judgedEvents = 0;
  now = NOW;

  constructor(policy: Policy = POLICY) {
    this.world = { policy, store: new ModelStore(), readings: [], writes: [], watermark: null };
  }

  /** One step and one cycle. @returns the invariants that no longer hold */
  run(each: Step): readonly string[] {
    const before = this.now;
    this.now += each.pauseSeconds * SECOND;
    feed(this.world, before, this.now, each.temperature);
    const approved = act(this.world, each, this.now - SECOND);
    if (approved) this.#approvers.set(approved.recommendationId, new Set(this.#approvers.get(approved.recommendationId)).add(approved.by));
    runModelCycle(this.world, { now: this.now, mood: each.mood, controls: each.control === 'none' ? [] : [control(each.control)] });
    return [...this.#brokenRows(), ...this.#brokenWrites()];
  }

  #brokenRows(): readonly string[] {
    const { store } = this.world;
    const rows = [...store.rows.values()];
    const open = rows.filter(({ status }) => !isTerminal(status));
    const broken = store.heldBack.map((change) => `a guard held back: ${change}`);
    if (open.length > 1) broken.push(`${open.length} rows are open`);
    for (const { recommendationId, status, guardedStatus } of rows) {
      if (status !== guardedStatus) broken.push(`'${status}' was left where the agent wrote '${guardedStatus}'`);
      const end = this.#ended.get(recommendationId) ?? status;
      if (status !== end) broken.push(`${end} became ${status}`);
      if (isTerminal(status)) this.#ended.set(recommendationId, status);
    }
    return broken;
  }

  #brokenWrites(): readonly string[] {
    const { store, writes } = this.world;
    const fresh = writes.slice(this.#judgedWrites);
    const wanted = this.world.policy.fourEyes ? 2 : 1;
    const broken = fresh
      .filter((write) => (this.#approvers.get(write.recommendationId)?.size ?? 0) < wanted)
      .map(() => `written without ${wanted} approvals`);
    if (new Set(writes.map(({ commandId }) => commandId)).size < writes.length) broken.push('a command was written twice');
    // An approval that was sent back is none any more.
    for (const { event, subjectId } of store.events.slice(this.#judgedEvents))
      if (['refused', 'renewed', 'escalated', 'lapsed'].includes(event)) this.#approvers.delete(subjectId);
    this.#judgedWrites = writes.length;
    this.#judgedEvents = store.events.length;
    return broken;
  }

  statuses(): readonly string[] {
    return [...this.world.store.rows.values()].map(({ status }) => status);
  }
}

const POLICIES = [POLICY, { ...POLICY, fourEyes: true, fourEyesSeverity: 'low' as const }] as const;
const policies = fc.constantFrom<Policy>(...POLICIES);

test('over any history of readings, decisions and tampering one row of a family is open, ended rows stay, and only what was approved, by two where two are needed, is written, once', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25, size: 'max' }), policies, (steps, policy) => {
      const history = new History(policy);
      for (const each of steps) expect(history.run(each)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('whatever happened, and however the plant, the feed and the controls are, every approval comes to its end', () => {
  const rest = fc.record({
    temperature: fc.constantFrom(70, 92, null),
    mood: fc.constantFrom<PlantMood>('takes', 'refuses', 'loses', 'defers', 'silent'),
    control: fc.constantFrom(...CONTROLS),
  });
  const calm = { pauseSeconds: 60, temperature: 97, deed: 'nothing', control: 'none', text: '', which: 0 } as const;
  fc.assert(
    fc.property(fc.array(step, { minLength: 3, maxLength: 12, size: 'max' }), rest, policies, (steps, environment, policy) => {
      const history = new History(policy);
      for (const each of steps) history.run(each);
      // Something is approved last, and its first cycle sends nothing.
      for (const deed of ['nothing', 'approve'] as const) history.run({ ...calm, deed, mood: 'defers' });
      for (let cycle = 0; cycle < 40; cycle += 1) expect(history.run({ ...calm, ...environment })).toEqual([]);
      expect(history.statuses().filter((status) => ['approved', 'awaiting_second', 'executing'].includes(status))).toEqual([]);
      expect(history.world.store.openCommands()).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test('the histories are not empty: they reach every status and every kind of command end', () => {
  const reached = new Set<string>();
  const histories = fc.tuple(fc.array(step, { minLength: 15, maxLength: 25 }), policies);
  for (const [steps, policy] of fc.sample(histories, { numRuns: 300, seed: 7 })) {
    const history = new History(policy);
    for (const each of steps) history.run(each);
    for (const status of history.statuses()) reached.add(status);
    for (const { status } of history.world.store.commands.values()) reached.add(`command ${status}`);
    for (const { event } of history.world.store.events) reached.add(`event ${event}`);
  }
  for (const status of ['pending', 'deferred', 'rejected', 'withdrawn', 'executed', 'failed', 'expired', 'cancelled'])
    expect(reached).toContain(status);
  for (const status of ['executed', 'failed', 'cancelled']) expect(reached).toContain(`command ${status}`);
  for (const event of ['first_approved', 'second_refused', 'lapsed', 'escalated', 'restored', 'resumed', 'refused', 'verified'])
    expect(reached).toContain(`event ${event}`);
});
