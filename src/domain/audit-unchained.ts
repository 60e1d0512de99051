import { createHash } from 'node:crypto';

import { type AuditFinding, findingAt, findingOf, type JudgedRow } from './audit-finding.ts';
import { counted } from './counted.ts';
import type { Instant } from './instant.ts';
import { hashOf } from './ticket.ts';

/** When the chains began on tables with older rows, and how many these were; null where there were none. */
export interface ChainStart {
  readonly at: Instant | null;
  readonly rowsBefore: number;
}

/** Whether a row outside of every chain is of before there were chains. One of later belongs to nothing that was ever counted. */
export function isOlderThanChains({ at }: Pick<JudgedRow, 'at'>, start: ChainStart | null): boolean {
  return at !== null && start !== null && start.at !== null && at <= start.at;
}

/**
 * Judges the rows outside of every chain, in the order of their ids and in constant memory. As many as the first row of a chain counted
 * are older than it; a row of later was written by hand or by an older ops-agent. Once something was taken away, fewer may be left, since
 * they go first.
 */
export class UnchainedCheck {
  readonly #start: ChainStart | null;
  readonly #isPruned: boolean;
  rows = 0;
  #older = 0;
  /** Over the older rows: whoever answers for too many answers for exactly these. */
  #digest = '';

  constructor(start: ChainStart | null, isPruned: boolean) {
    this.#start = start;
    this.#isPruned = isPruned;
  }

  next(row: JudgedRow): readonly AuditFinding[] {
    this.rows += 1;
    if (!isOlderThanChains(row, this.#start))
      return [findingAt('inserted', row, 'it stands outside of every chain: it was inserted by hand or by an older ops-agent')];
    this.#older += 1;
    this.#digest = createHash('sha256')
      .update(this.#digest + hashOf(row))
      .digest('hex');
    return [];
  }

  /**
   * A row at a place of an owner that can be no agent: no count of older rows has it, whatever time it bears, and the place is none of a chain.
   * @param ownerKey which owner it is, exactly
   */
  nextOdd(row: JudgedRow, ownerKey: string): readonly AuditFinding[] {
    this.rows += 1;
    const text = 'its agent_id is no name that an agent can have: it was inserted, and stands outside of every chain';
    return [findingAt('inserted', { ...row, chainSeq: null }, text, { row, ownerKey })];
  }

  /** What shows only at the end. */
  end(): readonly AuditFinding[] {
    const expected = this.#start?.rowsBefore ?? 0;
    if (this.#older > expected)
      return aboutAll(
        'inserted',
        `${counted(this.#older, 'row stands', 'rows stand')} outside of every chain as older than it, ${counted(expected, 'was', 'were')} there before it: the others were inserted by hand or by an older ops-agent`,
        this.#digest,
      );
    if (this.#older === expected || this.#isPruned) return [];
    const text = `${counted(expected, 'row was', 'rows were')} there before the chain, ${counted(this.#older, 'is', 'are')} left`;
    return aboutAll('missing', text, { expected, left: this.#digest });
  }
}

function aboutAll(kind: 'inserted' | 'missing', text: string, by: unknown): readonly AuditFinding[] {
  return [findingOf({ kind, agentId: null, at: null, text, by })];
}
