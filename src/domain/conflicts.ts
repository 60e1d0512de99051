import { describeTarget, wayOf } from './resolve-action.ts';
import type { Direction } from './rules.ts';
import { isTerminal } from './transitions.ts';
import type { Action } from './ticket.ts';

/** What a recommendation asks of its equipment. */
export interface Claim {
  readonly recommendationId: string;
  readonly equipmentId: string;
  readonly status: string;
  readonly actions: readonly Action[];
}

export interface Conflict {
  readonly with: Claim;
  /** The first tag on which the two disagree, for the operator. */
  readonly text: string;
}

/** What a row of the cycle asks: its ticket, whatever stands in the row. */
export function claimOf(row: {
  readonly recommendationId: string;
  readonly equipmentId: string;
  readonly status: string;
  readonly ticket: { readonly actions: readonly Action[] } | null;
}): Claim {
  const { recommendationId, equipmentId, status, ticket } = row;
  return { recommendationId, equipmentId, status, actions: ticket?.actions ?? [] };
}

/** The way in which a step moves its tag. One that has no value yet says it by its rule, or by what is to be added or left of the live value. */
function wayIn(action: Action): Direction {
  if (action.value !== null) return wayOf(action);
  if (action.direction !== 'any') return action.direction;
  const { target } = action;
  const change = target.kind === 'delta' ? target.by : target.percent - 100;
  if (change === 0) return 'any';
  return change < 0 ? 'decrease' : 'increase';
}

/**
 * Opposite directions exclude each other. With the same direction the stricter value satisfies the milder one; where a direction is
 * 'any', only the same value does both.
 */
function opposes(one: Action, other: Action): boolean {
  if (one.tag.toLowerCase() !== other.tag.toLowerCase()) return false;
  const [mine, theirs] = [wayIn(one), wayIn(other)];
  if (mine === 'any' || theirs === 'any') return one.value !== other.value;
  return mine !== theirs;
}

function wordsOf(action: Action): string {
  const { direction, value, unit } = action;
  const target = value === null ? describeTarget(action.target) : `${value}${unit === '' ? '' : ` ${unit}`}`;
  return direction === 'any' ? `set to ${target}` : `${direction} to ${target}`;
}

function disagreementOf(one: readonly Action[], other: readonly Action[]): string | undefined {
  for (const mine of one) {
    const theirs = other.find((action) => opposes(mine, action));
    if (theirs) return `${mine.tag}: ${wordsOf(mine)} against ${wordsOf(theirs)}`;
  }
  return undefined;
}

/** The open recommendations of the same equipment that ask for something that excludes what this one asks. */
export function conflictsOf(claim: Claim, others: readonly Claim[]): readonly Conflict[] {
  if (isTerminal(claim.status)) return [];
  return others.flatMap((other) => {
    if (other.equipmentId !== claim.equipmentId || other.recommendationId === claim.recommendationId || isTerminal(other.status)) return [];
    const text = disagreementOf(claim.actions, other.actions);
    return text === undefined ? [] : [{ with: other, text }];
  });
}
