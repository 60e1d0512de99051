import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type Edit, mutatedBuild } from '../support/mutated-build.ts';
import { Rig } from './rig.ts';
import { play, sequences } from './sequences.ts';
import type { Product } from './world.ts';

interface Mutation {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** Of the sequences that find it soonest; not given where the first seed's do. */
  readonly seed?: number;
  /** How what goes wrong is told: what only breaks a statement is found by anything, and proves nothing. */
  readonly told: RegExp;
}

const JUDGE = 'src/domain/judge-approvals.ts';
const FAULTS = 'src/domain/approval-faults.ts';
const STATUS = 'src/domain/read-status.ts';
const DISPATCH = 'src/cycle/dispatch.ts';
const CHECK = 'src/domain/check-dispatch.ts';
const PLAN = 'src/domain/plan-dispatch.ts';
const CLAIM = 'src/store/statements/commands.ts';
const NO_APPROVAL = /I3: .* of which no approval counts/;

function edit(file: string, from: string, to: string): Edit {
  return { file, from, to };
}

/** Each drops one guard, and nothing stands behind it; the last one drops the work. */
const SINGLE: readonly Mutation[] = [
  {
    name: 'an approval of edited actions counts',
    seed: 1,
    told: NO_APPROVAL,
    edits: [edit('src/domain/ticket.ts', 'return stored.actionHash === ticketHash(ticket) &&', 'return true ||')],
  },
  { name: 'an approval lives for ever', seed: 20, told: NO_APPROVAL, edits: [edit(JUDGE, 'if (expiresAt <= now) return TOO_OLD;', '')] },
  {
    name: 'the agent approves',
    seed: 10,
    told: NO_APPROVAL,
    edits: [edit(FAULTS, 'return agents.includes(personKey(operator))', 'return false')],
  },
  {
    name: 'one person is two',
    told: NO_APPROVAL,
    edits: [edit(FAULTS, 'if (personKey(second) !== personKey(first.approvedByOperator)) return undefined;', 'return undefined;')],
  },
  {
    name: 'one approval is enough',
    told: NO_APPROVAL,
    edits: [edit('src/domain/four-eyes.ts', 'return ticket.fourEyes === true || (policy.fourEyes && ', 'return false && (')],
  },
  {
    name: 'an approval of what was there before counts',
    seed: 2,
    told: NO_APPROVAL,
    edits: [
      edit(
        FAULTS,
        'return via === null && hashNamedBy(row, via) === null && approvedWhatWasThereBefore',
        'return false && approvedWhatWasThereBefore',
      ),
    ],
  },
  {
    name: 'an approval of any time counts',
    seed: 5,
    told: NO_APPROVAL,
    edits: [edit(FAULTS, 'if (at < addSeconds(earliest, -CLOCK_GRAIN_SECONDS) || isAhead(at, now))', 'if (false)')],
  },
  {
    name: 'an approval over a rejection counts',
    seed: 4,
    told: NO_APPROVAL,
    edits: [
      edit(
        FAULTS,
        "return nameOf(row.rejectedByOperator) !== '' || row.rejectedTimestamp !== null || row.lastDecision?.event === 'rejected';",
        'return false;',
      ),
    ],
  },
  {
    name: 'an ended row is opened again',
    seed: 5,
    told: /I5: /,
    edits: [
      edit(
        STATUS,
        'if (isRecommendationStatus(row.status) && isTerminal(row.status) && row.lastDecision?.event === row.status)',
        'if (false)',
      ),
    ],
  },
  {
    name: 'standing orders are read once a cycle',
    seed: 14,
    told: /I3: .* under an order to stop/,
    edits: [edit(DISPATCH, 'if (monotonic() - readAt < CONTROLS_MAX_AGE_MS) return true;', 'if (readAt >= 0) return true;')],
  },
  {
    name: 'what may have been written is sent again',
    told: /I4: .* was sent twice/,
    edits: [
      edit(
        DISPATCH,
        "if (outcome.kind === 'ambiguous') return leaveUnknown(cycle, command, outcome.reason, startedAt);",
        "if (outcome.kind === 'ambiguous') return giveBack(cycle, command, 'lost', outcome.reason);",
      ),
    ],
  },
  { name: 'the audit hears of no dispatch', told: /I7: /, edits: [edit(PLAN, "event: 'dispatching',", "event: 'returned',")] },
  {
    name: 'permissives are not asked before the write',
    seed: 8,
    told: /I3: .* did not permit/,
    edits: [edit(CHECK, 'return unmet ? stop(', 'return unmet && live < 0 ? stop(')],
  },
  {
    name: 'a command whose place was edited is nobody’s',
    seed: 2,
    told: /I6: /,
    edits: [
      edit(
        'src/domain/derive-commands.ts',
        '.filter(({ commandId }) => ids.has(commandId))',
        '.filter(({ commandId, sequence }) => commandId === commandIdOf(recommendationId, sequence ?? 0))',
      ),
    ],
  },
  {
    name: 'a stranger’s command stays as it is',
    seed: 1,
    told: /I6: /,
    edits: [
      edit(
        'src/cycle/approve.ts',
        'for (const command of refuseForeignCommands(cycle.draft, context))',
        'for (const command of [] as ReturnType<typeof refuseForeignCommands>)',
      ),
    ],
  },
  {
    name: 'an audit row decides that no key signed',
    seed: 1,
    told: /I3: /,
    edits: [edit('src/store/judges.ts', 'keys.length === 0 || judgeRowSignature(', 'keys.length >= 0 || judgeRowSignature(')],
  },
  {
    name: 'a request holds for as long as the row of its command says',
    seed: 15,
    told: /I4: /,
    edits: [edit('src/cycle/execute.ts', 'notAfter: Math.min(command.notAfter, limit)', 'notAfter: command.notAfter')],
  },
  {
    name: 'what was approved is not carried out',
    told: /a write that was due/,
    edits: [edit(PLAN, 'if (!context.mayDispatch ||', 'if (true ||')],
  },
];

/** Guards that stand behind each other: one of them alone is not missed, all of them together are. */
const TOGETHER: readonly Mutation[] = [
  {
    name: 'nothing ends with the approval',
    told: /I[34]: /,
    edits: [
      edit(CLAIM, "d.smallerOf('w.approval_ends', ", '('),
      edit('src/cycle/execute.ts', 'Math.min(approvalEnds, leaseEnds)', 'leaseEnds'),
      edit(CHECK, 'if (approvalEnds === null || now >= approvalEnds)', 'if (false)'),
    ],
  },
  {
    name: 'nobody asks whether the condition holds',
    seed: 3,
    told: /I3: .* where its condition was/,
    edits: [
      edit(CHECK, "if (condition === 'cleared')", 'if (false)'),
      edit(CHECK, "return condition === 'unknown' ?", 'return now < 0 ?'),
      edit(CHECK, '{ controls, condition, now }', '{ controls, now }'),
      edit(PLAN, "context.conditionOf(row) !== 'holds' ||", ''),
    ],
  },
  {
    name: 'what is there already, or lies the other way, is written',
    told: /I3: .* in the wrong direction/,
    edits: [
      edit(CHECK, 'if (isSatisfied({ value: action.value, direction }, live, tolerance)) return', 'if (false) return'),
      edit(CHECK, 'if (!value.allowed)', 'if (false)'),
    ],
  },
  {
    name: 'what a row says of itself is believed',
    seed: 23,
    told: /I[34]: /,
    edits: [
      edit(STATUS, 'if (isProven(guarded, row.lastDecision?.event))', 'if (true)'),
      edit(
        JUDGE,
        "const approvedAt = row.lastDecision?.event === 'approved' ? knownTime(row.lastDecision.columns.approvedTimestamp, now) : null;",
        'const approvedAt = now;',
      ),
    ],
  },
];

/** Each is found within so many; its seed is fixed, so that finding one is no matter of luck, and one whose sequences find it soon. */
const MOST = Number(process.env['MODEL_MUTATION_RUNS'] ?? 2000);
const SEED = 20_260_301;
const NOTHING = 'nothing';

async function judged({ name, edits, seed = SEED }: Mutation, numRuns: number): Promise<string> {
  const rig = await Rig.open(await mutatedBuild<Product>('test/model/product.ts', name, edits));
  try {
    const held = fc.asyncProperty(sequences(), (sequence) => play(rig, sequence));
    const { errorInstance, numRuns: needed } = await fc.check(held, { numRuns, seed, endOnFailure: true });
    return errorInstance instanceof Error ? `${errorInstance.message} (sequence ${needed})` : NOTHING;
  } finally {
    await rig.close();
  }
}

describe('an agent without one of its guards is found out', () => {
  test.each([...SINGLE, ...TOGETHER])(
    '$name',
    async (mutation) => {
      const found = await judged(mutation, MOST);
      expect(found).toMatch(mutation.told);
    },
    900_000,
  );

  test('but not one that only reads differently', async () => {
    const spaced = {
      name: 'one blank more',
      told: /nothing/,
      edits: [edit(CLAIM, 'WHERE NOT EXISTS (', 'WHERE  NOT EXISTS (')],
    };
    expect(await judged(spaced, 50)).toBe(NOTHING);
  }, 300_000);

  test('and a mutation of what is not there fails', async () => {
    const gone = mutatedBuild('test/model/product.ts', 'nothing', [edit(CLAIM, 'a text that is nowhere', '')]);
    await expect(gone).rejects.toThrow(`nothing: ${CLAIM} does not hold 'a text that is nowhere'`);
  });
});
