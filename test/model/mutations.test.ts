import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type Edit, mutatedBuild } from '../support/mutated-build.ts';
import { Rig } from './rig.ts';
import { play, sequences } from './sequences.ts';
import type { Product } from './world.ts';

interface Mutation {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** How what goes wrong is told: a mutation that only breaks a statement is found by anything, and proves nothing. */
  readonly told: RegExp;
}

const JUDGE = 'src/domain/judge-approvals.ts';
const DISPATCH = 'src/cycle/dispatch.ts';
const CHECK = 'src/domain/check-dispatch.ts';
const PLAN = 'src/domain/plan-dispatch.ts';

function dropped(name: string, told: RegExp, file: string, from: string, to: string): Mutation {
  return { name, told, edits: [{ file, from, to }] };
}

const NO_APPROVAL = /I3: .* of which no approval counts/;

/** Each drops one guard. */
const MUTATIONS: readonly Mutation[] = [
  dropped('an approval of edited actions counts', NO_APPROVAL, 'src/domain/ticket.ts', 'return stored.actionHash === ticketHash(ticket) &&', 'return true ||'),
  dropped('an approval lives for ever', NO_APPROVAL, JUDGE, 'if (expiresAt <= now) return TOO_OLD;', ''),
  dropped('a command outlives its approval', /I4: .* later than approval and claim allow/, 'src/store/statements/commands.ts', 'd.smallerOf(approvalEnd, ', '('),
  dropped('the agent approves', NO_APPROVAL, JUDGE, 'return agents.includes(personKey(operator))', 'return agents.includes("nobody")'),
  dropped('one person is two', NO_APPROVAL, JUDGE, 'if (personKey(second) !== personKey(first.approvedByOperator)) return undefined;', 'return undefined;'),
  dropped('one approval is enough', NO_APPROVAL, 'src/domain/four-eyes.ts', 'return ticket.fourEyes === true || (policy.fourEyes && ', 'return false && ('),
  dropped('what was approved before it changed counts', NO_APPROVAL, JUDGE, 'via === null && approvedWhatWasThereBefore', 'false && approvedWhatWasThereBefore'),
  dropped('an approval of any time counts', NO_APPROVAL, JUDGE, 'if (at < addSeconds(earliest, -CLOCK_GRAIN_SECONDS) || isAhead(at, now))', 'if (false)'),
  dropped('an approval over a rejection counts', NO_APPROVAL, JUDGE, "return nameOf(row.rejectedByOperator) !== '' || row.rejectedTimestamp !== null;", 'return false;'),
  dropped('what the row says of itself is believed', /I3: .* without an approval that counts/, 'src/domain/read-status.ts', 'if (isProven(guarded, row.lastDecision?.event))', 'if (true)'),
  dropped('an ended row may be opened', /I5/, 'src/domain/read-status.ts', 'if (isRecommendationStatus(row.status) && isTerminal(row.status) && row.lastDecision?.event === row.status)', 'if (false)'),
  dropped('standing orders are read once', /I3: .* under an order to stop/, DISPATCH, 'if (monotonic() - readAt < CONTROLS_MAX_AGE_MS) return true;', 'if (readAt !== -1) return true;'),
  dropped('nobody looks at the clock before the write', /I3|I4/, DISPATCH, 'const isLate = command.notAfter === null || cycle.clock.latest() > command.notAfter;', 'const isLate = false;'),
  dropped('permissives are not asked before the write', /I3: .* did not permit/, CHECK, 'const unmet = unmetPermissive(action, context.live);', 'const unmet = undefined;'),
  dropped('what is lost is sent again', /I4: .* was sent twice/, DISPATCH, "if (outcome.kind === 'ambiguous') return leaveUnknown(cycle, command, outcome.reason, startedAt);", "if (outcome.kind === 'ambiguous') return giveBack(cycle, command, outcome.reason);"),
  dropped('what was sent may be set back', /I4: .* was sent twice/, 'src/domain/refuse-commands.ts', "if (command.status !== 'pending' || last === undefined ||", 'if (true ||'),
  dropped('foreign commands stay', /I6|I3/, 'src/domain/refuse-commands.ts', "if (row?.status !== 'executing') {", 'if (false) {'),
  dropped('the audit hears of no dispatch', /I7/, PLAN, "event: 'dispatching',", "event: 'returned',"),
  dropped('what was given back waits for no condition', /I3: .* where its condition was/, PLAN, "context.conditionOf(row) !== 'holds' ||", ''),
  dropped('what is on hold is written', /a write that was due|I3|I4|I5/, CHECK, 'if (isSatisfied({ value: action.value, direction }, live, tolerance)) return', "if (isSatisfied({ value: action.value, direction }, live, tolerance) && live < 0) return"),
  dropped('a run trusts its lease for ever', /I4/, 'src/cycle/begin.ts', 'leaseRunsOut: () => ports.monotonic() - held.sentAt > holdMs', 'leaseRunsOut: () => false'),
  dropped('anybody may write whose lease is over', /I\d/, 'src/store/statements/lease.ts', "'EXISTS (SELECT 1 FROM agent_health h WHERE h.agent_id = :agent AND h.lease_owner = :run AND h.lease_epoch = :epoch)'", "'(:agent <> :run AND :epoch > -1)'"),
  dropped('what was held back is claimed', /I\d/, 'src/cycle/approve.ts', '!stopped.has(', '!new Set().has('),
  dropped('a command may go before the controls at its claim', /I\d/, 'src/store/statements/commands.ts', "NOT IN ('out_of_service', 'shelved')", "IN ('nothing')"),
  dropped('the end of an approval is not looked at when it is planned', /I\d/, PLAN, 'if (approvalEnds === null || approvalEnds <= context.now)', 'if (false)'),
  dropped('a forged command counts as the own', /I\d/, CHECK, 'if (!action || broken.length > 0)', 'if (!action)'),
];

const MOST = Number(process.env['MODEL_MUTATION_RUNS'] ?? 2000);
const SEED = 20_260_301;

async function judged({ name, edits }: Mutation, numRuns: number): Promise<string> {
  const rig = await Rig.open(await mutatedBuild<Product>('test/model/product.ts', name, edits));
  try {
    const held = fc.asyncProperty(sequences(), (sequence) => play(rig, sequence));
    const { errorInstance, numRuns: needed } = await fc.check(held, { numRuns, seed: SEED, endOnFailure: true });
    return errorInstance instanceof Error ? `${errorInstance.message} (sequence ${needed})` : 'nothing';
  } finally {
    await rig.close();
  }
}

describe('an agent without one of its guards is found out', () => {
  test.each(MUTATIONS)(
    '$name',
    async (mutation) => {
      const found = await judged(mutation, MOST);
      process.stderr.write(`MUT ${mutation.name}: ${found}\n`);
      expect(found).toMatch(mutation.told);
    },
    400_000,
  );
});
