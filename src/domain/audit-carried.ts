import { type Acceptance, acceptanceRecord, acceptancesIn } from './audit-accepted.ts';
import type { PlacedRow } from './audit-finding.ts';
import { isBelieved, type TakeOver, takeOverRecord, takeOversIn } from './audit-witnesses.ts';
import { bearsSignature, type KeyRing } from './key-ring.ts';

/** Whether a row says anything of other rows: most prunes have nothing to carry on. */
export function isTelling(row: PlacedRow): boolean {
  return takeOversIn(row).length > 0 || acceptancesIn(row).size > 0;
}

/**
 * What the rows that prune takes away testify, and what is left still needs: whose chains there are, and which findings somebody answered
 * for. The event `pruned` says it in their place. To be shown the rows in their order; only what counted in them is carried on.
 */
export class CarriedTestimony {
  readonly #keys: KeyRing;
  readonly #takeOvers = new Map<string, TakeOver>();
  readonly #accepted = new Map<string, Acceptance>();
  #isSigned = false;

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  next(row: PlacedRow): void {
    const isBehindSigned = this.#isSigned;
    this.#isSigned ||= bearsSignature(row.signature);
    if (!isTelling(row) || !isBelieved(row, this.#keys, isBehindSigned)) return;
    for (const takeOver of takeOversIn(row)) this.#takeOvers.set(takeOver.agentId, takeOver);
    for (const [finding, acceptance] of acceptancesIn(row)) this.#accepted.set(finding, acceptance);
  }

  /** For the event's `after`. @param standing fingerprints of the findings that there are: of others nothing has to be said any more */
  record(standing: ReadonlySet<string>): Readonly<Record<string, unknown>> {
    const takeOvers = [...this.#takeOvers.values()].map(takeOverRecord);
    const accepted = [...this.#accepted].filter(([finding]) => standing.has(finding)).map(([finding, by]) => acceptanceRecord(finding, by));
    return { ...(takeOvers.length > 0 && { taken_over: takeOvers }), ...(accepted.length > 0 && { accepted }) };
  }
}
