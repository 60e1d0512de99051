import { checkDispatch, isReadBack, tagsToCheck } from '../domain/check-dispatch.ts';
import type { Command } from '../domain/command.ts';
import { controlOn, describeControl } from '../domain/control.ts';
import { AgentError, asAgentError, assertNever } from '../domain/errors.ts';
import { type Instant, SECOND_MS } from '../domain/instant.ts';
import { endCommand } from '../domain/plan-dispatch.ts';
import type { LiveValues } from '../domain/proposal.ts';
import type { AllowedTag } from '../domain/tags.ts';
import type { ResolvedAction } from '../domain/ticket.ts';
import type { WriteOutcome } from '../ports/plant.ts';
import type { ClaimedCommand } from '../ports/store.ts';
import type { Cycle } from './cycle.ts';
import { pause } from './pause.ts';
import { goodValues } from './read-live.ts';
import { noteError } from './report.ts';

/** How old the controls may be at a write: the kill switch works in the middle of a cycle. */
const CONTROLS_MAX_AGE_MS = 2000;
const READ_BACK_STEP_MS = 200;

type StepResult = 'done' | 'stop_sequence' | 'stop_all';

/** Sends what this run claimed, sequence by sequence, one write after the other's read-back. Never throws for the plant. */
export async function dispatchClaimed(cycle: Cycle, claimed: readonly ClaimedCommand[]): Promise<void> {
  const refreshControls = controlsReader(cycle);
  let stopped: string | undefined;
  for (const sequence of sequences(cycle, claimed)) {
    for (const [index, item] of sequence.entries()) {
      const result = stopped === undefined ? await step(cycle, item, refreshControls) : giveBack(cycle, item.command, stopped);
      if (result === 'done') continue;
      if (result === 'stop_all') stopped ??= 'what came before it could not be sent';
      // What follows a step that did not end well: back to pending with it, or cancelled when it failed.
      for (const rest of sequence.slice(index + 1)) endRest(cycle, item.command, rest.command);
      break;
    }
  }
}

/** Reads the controls again where they are old; false where they cannot be read, and then nothing may be sent. */
function controlsReader(cycle: Cycle): () => Promise<boolean> {
  const { monotonic, store } = cycle.ports;
  // What begin read is as old as detection took: the first write looks again.
  let readAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (monotonic() - readAt < CONTROLS_MAX_AGE_MS) return true;
    try {
      cycle.controls = (await store.readControls()).controls;
      readAt = monotonic();
      return true;
    } catch (thrown) {
      noteError(cycle.report, 'execute', thrown);
      return false;
    }
  };
}

/** The claimed commands by recommendation, worst and oldest first, each in its order. */
function sequences(cycle: Cycle, claimed: readonly ClaimedCommand[]): readonly (readonly ClaimedCommand[])[] {
  const place = new Map(cycle.claims.map((claim, index) => [claim.commandId, index]));
  const groups = new Map<string, ClaimedCommand[]>();
  for (const item of claimed) {
    const key = item.command.recommendationId ?? item.command.commandId;
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  const inOrder = [...groups.values()].map((group) => group.toSorted((a, b) => (a.command.sequence ?? 0) - (b.command.sequence ?? 0)));
  const placeOf = (group: readonly ClaimedCommand[]) => place.get(group[0]?.command.commandId ?? '') ?? 0;
  return inOrder.toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** Why nothing may be sent right now; undefined when it may. */
function reasonToHold(cycle: Cycle, command: Command): string | undefined {
  if (cycle.signal.aborted) return 'the agent is stopping';
  if (cycle.leaseRunsOut()) return 'the lease runs out';
  const control = controlOn(cycle.controls, ['advisory', 'out_of_service', 'shelved'], command.equipmentId ?? '', cycle.clock.now());
  return control ? describeControl(control) : undefined;
}

/** Gives the command back where nothing may be sent right now; undefined where it may. */
async function held(cycle: Cycle, command: Command, refreshControls: () => Promise<boolean>): Promise<StepResult | undefined> {
  if (!(await refreshControls())) return giveBack(cycle, command, 'the controls cannot be read', 'stop_all');
  const hold = reasonToHold(cycle, command);
  return hold === undefined ? undefined : giveBack(cycle, command, hold);
}

/** The live read may have taken the plant's whole timeout: what was true before it is asked again at the last moment. */
async function heldAgain(cycle: Cycle, command: Command, refreshControls: () => Promise<boolean>): Promise<StepResult | undefined> {
  const hold = await held(cycle, command, refreshControls);
  if (hold !== undefined) return hold;
  const isLate = command.notAfter === null || cycle.clock.latest() > command.notAfter;
  return isLate ? giveBack(cycle, command, 'the time in which it may be sent has passed') : undefined;
}

async function step(cycle: Cycle, { command, ticket }: ClaimedCommand, refreshControls: () => Promise<boolean>): Promise<StepResult> {
  const hold = await held(cycle, command, refreshControls);
  if (hold !== undefined) return hold;
  const live = await readTags(cycle, tagsToCheck(command, ticket));
  // One that does not answer would cost its timeout once more for every command that is left.
  if (live === 'no_answer') return giveBack(cycle, command, 'the plant does not answer', 'stop_all');
  const verdict = checkDispatch(command, {
    now: cycle.clock.latest(),
    ticket,
    tags: cycle.settings.tags,
    live,
    driftPercent: cycle.settings.policy.driftPercent,
    tolerancePercent: cycle.settings.plant.tolerancePercent,
  });
  switch (verdict.kind) {
    case 'refuse':
      return fail(cycle, command, verdict.code, verdict.reason, null);
    case 'return':
      return giveBack(cycle, command, verdict.reason);
    case 'satisfied':
      return succeed(cycle, command, verdict.live, 'no write needed', null);
    case 'write':
      return (
        (await heldAgain(cycle, command, refreshControls)) ?? write(cycle, command, verdict.action, verdict.tag, command.notAfter ?? 0)
      );
    default:
      return assertNever(verdict, 'verdict about a dispatch');
  }
}

/** The values of tags whose quality is good, by one call to the plant. */
async function readTags(cycle: Cycle, tags: readonly string[]): Promise<LiveValues | 'no_answer'> {
  try {
    return goodValues(await cycle.ports.plant.read(tags));
  } catch (thrown) {
    noteError(cycle.report, 'execute', thrown);
    return 'no_answer';
  }
}

/** The tag's value; undefined where its quality is not good. */
async function readOne(cycle: Cycle, tag: string): Promise<number | undefined | 'no_answer'> {
  const live = await readTags(cycle, [tag]);
  return live === 'no_answer' ? live : live.get(tag);
}

async function write(cycle: Cycle, command: Command, action: ResolvedAction, tag: AllowedTag, notAfter: Instant): Promise<StepResult> {
  const { ports } = cycle;
  const startedAt = cycle.clock.now();
  ports.log.info(`Executing command ${command.commandId}: ${action.tag} = ${action.value}`);
  const request = { commandId: command.commandId, tag: action.tag, value: action.value, notAfter };
  const outcome: WriteOutcome = await ports.plant.write(request).catch((thrown: unknown) => ({
    kind: 'ambiguous' as const, // it may have left this process before it failed
    reason: asAgentError(thrown).message,
  }));
  switch (outcome.kind) {
    case 'refused':
      return fail(cycle, command, 'plant_refused', `the plant refused it: ${outcome.reason} (${outcome.quality})`, startedAt);
    case 'not_sent':
      noteError(cycle.report, 'execute', new AgentError('plant_unavailable', `not sent: ${outcome.reason}`));
      return giveBack(cycle, command, outcome.reason, 'stop_all');
    case 'written':
    case 'ambiguous':
      return confirm(cycle, command, action, tag, startedAt, outcome);
    default:
      return assertNever(outcome, 'outcome of a write');
  }
}

/** Reads back until the value is there or the deadline is over. What cannot be decided stays unknown. */
async function confirm(
  cycle: Cycle,
  command: Command,
  action: ResolvedAction,
  tag: AllowedTag,
  startedAt: Instant,
  outcome: Extract<WriteOutcome, { kind: 'written' | 'ambiguous' }>,
): Promise<StepResult> {
  const { ports, settings } = cycle;
  const deadline = ports.monotonic() + settings.plant.readBackSeconds * SECOND_MS;
  const shows = (value: number | undefined | 'no_answer') =>
    typeof value === 'number' && isReadBack(action, tag, value, settings.plant.tolerancePercent);
  let live = await readOne(cycle, action.tag);
  let inTime = ports.monotonic() < deadline;
  while (!shows(live) && inTime && !cycle.signal.aborted) {
    await pause(READ_BACK_STEP_MS, cycle.signal);
    live = await readOne(cycle, action.tag); // also after an interruption: one more look, then the next run decides
    inTime = ports.monotonic() < deadline;
  }
  if (typeof live === 'number' && shows(live)) return succeed(cycle, command, live, `read back ${live}`, startedAt);
  if (outcome.kind === 'ambiguous') return leaveUnknown(cycle, command, outcome.reason, startedAt);
  if (typeof live !== 'number') return leaveUnknown(cycle, command, 'it could not be read back', startedAt);
  // Before the deadline its absence proves nothing.
  if (inTime) return leaveUnknown(cycle, command, `interrupted while the plant still said ${live}`, startedAt);
  return fail(cycle, command, 'read_back_mismatch', `the plant took ${action.value} but says ${live}`, startedAt, live);
}

function about(command: Command) {
  return { subjectType: 'command' as const, subjectId: command.commandId, fromStatus: command.status };
}

function succeed(cycle: Cycle, command: Command, live: number, how: string, startedAt: Instant | null): StepResult {
  const now = cycle.clock.now();
  cycle.draft.updateCommand(
    command,
    {
      status: 'executed',
      startedTimestamp: startedAt,
      executedTimestamp: now,
      completedTimestamp: now,
      readBackValue: live,
      executionResult: how,
    },
    {
      ...about(command),
      event: 'executed',
      toStatus: 'executed',
      reason: how,
      before: { value: command.oldValue },
      after: { value: live },
    },
    cycle.lease.runId,
  );
  cycle.report.commands.executed += 1;
  cycle.ports.log.info(`✓ COMMAND EXECUTED: ${command.commandId} (${command.equipmentId ?? ''}: ${command.actionDescription ?? ''})`);
  return 'done';
}

function fail(
  cycle: Cycle,
  command: Command,
  code: string,
  reason: string,
  startedAt: Instant | null,
  live: number | null = null,
): StepResult {
  endCommand(cycle.draft, command, {
    status: 'failed',
    code,
    reason,
    at: cycle.clock.now(),
    claimedBy: cycle.lease.runId,
    columns: { startedTimestamp: startedAt, readBackValue: live },
  });
  cycle.report.commands[code === 'ticket_mismatch' ? 'refused' : 'failed'] += 1;
  cycle.ports.log.error(`COMMAND FAILED: ${command.commandId} (${reason})`);
  return 'stop_sequence';
}

function leaveUnknown(cycle: Cycle, command: Command, reason: string, startedAt: Instant): StepResult {
  cycle.draft.updateCommand(
    command,
    { status: 'unknown', startedTimestamp: startedAt, executionResult: reason },
    { ...about(command), event: 'unknown', toStatus: 'unknown', reason },
    cycle.lease.runId,
  );
  cycle.report.commands.unknown += 1;
  cycle.ports.log.error(`COMMAND OUTCOME UNKNOWN: ${command.commandId} (${reason}); it is not sent again, a read-back will decide`);
  return 'stop_sequence';
}

/** Nothing was sent: the command is pending again, for this approval's life. */
function giveBack(cycle: Cycle, command: Command, reason: string, result: StepResult = 'stop_sequence'): StepResult {
  cycle.draft.updateCommand(
    command,
    { status: 'pending', claimedBy: null, claimedTimestamp: null, notAfter: null },
    { ...about(command), event: 'returned', toStatus: 'pending', reason },
    cycle.lease.runId,
  );
  cycle.ports.log.info(`Command ${command.commandId} returned: ${reason}`);
  return result;
}

/** The later steps of a sequence share the fate of the one before: cancelled after a failure, given back otherwise. */
function endRest(cycle: Cycle, before: Command, rest: Command): void {
  const status = cycle.draft.commands.find((command) => command.commandId === before.commandId)?.status;
  if (status === 'failed')
    endCommand(cycle.draft, rest, {
      status: 'cancelled',
      code: 'sequence_stopped',
      reason: 'an earlier step of the sequence failed',
      at: cycle.clock.now(),
      claimedBy: cycle.lease.runId,
    });
  else giveBack(cycle, rest, 'an earlier step of the sequence has not ended yet');
}
