import { checkBeforeReading, checkDispatch, isReadBack, tagsToCheck } from '../domain/check-dispatch.ts';
import { type Command, writeText } from '../domain/command.ts';
import { AgentError, asAgentError, assertNever } from '../domain/errors.ts';
import { type Instant, SECOND_MS } from '../domain/instant.ts';
import { signatureOf } from '../domain/key-ring.ts';
import { PRE_CHECKS, type Stop } from '../domain/pre-checks.ts';
import type { LiveValues } from '../domain/live-values.ts';
import type { AllowedTag } from '../domain/tags.ts';
import type { ResolvedAction } from '../domain/ticket.ts';
import type { WriteOutcome } from '../ports/plant.ts';
import type { TicketedCommand } from '../ports/cycle-store.ts';
import { endRest, fail, giveBack, leaveUnknown, type StepResult, succeed } from './command-results.ts';
import type { Cycle } from './cycle.ts';
import { pause } from './pause.ts';
import { goodValues } from './read-live.ts';
import { noteError } from './report.ts';
import { sendingContext } from './sending-context.ts';

/** How old the controls may be at a write: the kill switch works in the middle of a cycle. */
const CONTROLS_MAX_AGE_MS = 2000;
const READ_BACK_STEP_MS = 200;

/** Sends what this run claimed, sequence by sequence, one write after the other's read-back. Never throws for the plant. */
export async function dispatchClaimed(cycle: Cycle, claimed: readonly TicketedCommand[]): Promise<void> {
  const refreshControls = controlsReader(cycle);
  let stopped: string | undefined;
  for (const sequence of sequences(cycle, claimed)) {
    for (const [index, item] of sequence.entries()) {
      const result =
        stopped === undefined ? await step(cycle, item, refreshControls) : giveBack(cycle, item.command, 'plant_silent', stopped);
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
    // They are as old as the question, however long the answer took.
    const askedAt = monotonic();
    try {
      cycle.controls = (await store.readControls()).controls;
      readAt = askedAt;
      return true;
    } catch (thrown) {
      noteError(cycle.report, 'execute', thrown);
      return false;
    }
  };
}

/** The claimed commands by recommendation, worst and oldest first, each in its order. */
function sequences(cycle: Cycle, claimed: readonly TicketedCommand[]): readonly (readonly TicketedCommand[])[] {
  const place = new Map(cycle.claims.map((claim, index) => [claim.commandId, index]));
  const groups = new Map<string, TicketedCommand[]>();
  for (const item of claimed) {
    const key = item.command.recommendationId ?? item.command.commandId;
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  const inOrder = [...groups.values()].map((group) => group.toSorted((a, b) => (a.command.sequence ?? 0) - (b.command.sequence ?? 0)));
  const placeOf = (group: readonly TicketedCommand[]) => place.get(group[0]?.command.commandId ?? '') ?? 0;
  return inOrder.toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** Judges before the plant is asked and again after it answered, which may have taken its whole timeout. */
async function step(cycle: Cycle, item: TicketedCommand, refreshControls: () => Promise<boolean>): Promise<StepResult> {
  const { command } = item;
  if (!(await refreshControls())) return withoutControls(cycle, command);
  const before = checkBeforeReading(command, sendingContext(cycle, item));
  if (before.kind !== 'sendable') return withhold(cycle, command, before);
  const live = await readTags(cycle, tagsToCheck(before.action));
  // One that does not answer would cost its timeout once more for every command that is left.
  if (live === 'no_answer') return giveBack(cycle, command, 'plant_silent', PRE_CHECKS.plant_silent.says, 'stop_all');
  if (!(await refreshControls())) return withoutControls(cycle, command);
  const { driftPercent } = cycle.settings.policy;
  const { tolerancePercent } = cycle.settings.plant;
  // Nothing is waited for between this verdict and the request to the plant.
  const verdict = checkDispatch(command, { ...sendingContext(cycle, item), live, driftPercent, tolerancePercent });
  switch (verdict.kind) {
    case 'refuse':
    case 'return':
      return withhold(cycle, command, verdict);
    case 'satisfied':
      return succeed(cycle, command, verdict.live, 'no write needed', null);
    case 'write':
      return write(cycle, command, verdict.action, verdict.tag, command.notAfter ?? 0);
    default:
      return assertNever(verdict, 'verdict about a dispatch');
  }
}

function withhold(cycle: Cycle, command: Command, { kind, code, reason }: Stop): StepResult {
  return kind === 'refuse' ? fail(cycle, command, code, reason, null) : giveBack(cycle, command, code, reason);
}

function withoutControls(cycle: Cycle, command: Command): StepResult {
  return giveBack(cycle, command, 'controls_unreadable', PRE_CHECKS.controls_unreadable.says, 'stop_all');
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
  const { ports, settings } = cycle;
  const startedAt = cycle.clock.now();
  ports.log.info(`Executing command ${command.commandId}: ${action.tag} = ${action.value}`);
  const asked = { commandId: command.commandId, tag: action.tag, value: action.value, notAfter };
  const request = { ...asked, signature: signatureOf(settings.signingKeys, writeText(asked)) };
  // Counted before it is sent: what becomes of it does not matter to the limit.
  cycle.recentWrites += 1;
  const outcome: WriteOutcome = await ports.plant.write(request).catch((thrown: unknown) => ({
    kind: 'ambiguous' as const, // it may have left this process before it failed
    reason: asAgentError(thrown).message,
  }));
  switch (outcome.kind) {
    case 'refused':
      return fail(cycle, command, 'plant_refused', `the plant refused it: ${outcome.reason} (${outcome.quality})`, startedAt);
    case 'not_sent':
      noteError(cycle.report, 'execute', new AgentError('plant_unavailable', `not sent: ${outcome.reason}`));
      return giveBack(cycle, command, 'not_sent', outcome.reason, 'stop_all');
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
