import { type Anchor, anchorIn, chainHash, rowsBeforeIn } from './audit-chain.ts';
import {
  type AuditFinding,
  type AuditFindingKind,
  type ChainReport,
  findingAt,
  findingOf,
  type KnownHead,
  MOST_AT_ONE_PLACE,
  type PlacedRow,
} from './audit-finding.ts';
import { SignatureCheck } from './audit-signatures.ts';
import type { ChainStart } from './audit-unchained.ts';
import type { Instant } from './instant.ts';
import type { KeyRing, SignatureVerdict } from './key-ring.ts';

/**
 * Judges one agent's chain row by row, in the order of (place, event id), in constant memory. Knows nothing of what was not handed to it:
 * that its end is missing shows only against a known head.
 */
export class ChainCheck {
  readonly #agentId: string;
  readonly #signatures: SignatureCheck;
  readonly #heads: readonly KnownHead[];
  readonly #seen = new Set<KnownHead>();
  #rows = 0;
  #first: PlacedRow | null = null;
  #last: { readonly seq: number; readonly hashes: readonly (string | null)[] } | null = null;
  #from: Instant | null = null;
  #to: Instant | null = null;
  #anchor: Anchor | null = null;
  #anchorIsSigned = true;
  /** Where the chain began on tables with older rows. */
  start: ChainStart | null = null;

  constructor(agentId: string, keys: KeyRing, heads: readonly KnownHead[]) {
    this.#agentId = agentId;
    this.#signatures = new SignatureCheck(agentId, keys);
    this.#heads = heads;
  }

  next(row: PlacedRow): readonly AuditFinding[] {
    const changed = this.#contentOf(row);
    const verdict = this.#signatures.verdictOf(row);
    // Before the counting: an unsigned anchor counts where nothing before it was signed either, since there was no key then.
    this.#noteAnchor(row, verdict);
    const findings = [...this.#placeOf(row, changed.length > 0), ...changed, ...this.#signatures.next(row, verdict), ...this.#headsAt(row)];
    this.#rows += 1;
    if (row.at !== null) {
      this.#from = Math.min(this.#from ?? row.at, row.at);
      this.#to = Math.max(this.#to ?? row.at, row.at);
    }
    return findings;
  }

  #atPlace(kind: AuditFindingKind, head: KnownHead, text: string): AuditFinding {
    const { seq, hash } = head;
    return findingOf({ kind, agentId: this.#agentId, at: { chainSeq: seq, eventId: null }, text, by: { seq: String(seq), hash } });
  }

  #placeOf(row: PlacedRow, isChanged: boolean): readonly AuditFinding[] {
    const last = this.#last;
    this.#first ??= row;
    if (last === null) {
      this.#last = { seq: row.chainSeq, hashes: [row.hash] };
      const follows = row.chainSeq !== 1 || row.previousHash === null;
      return follows ? [] : [findingAt('replaced', row, 'the first row of all says that one was before it')];
    }
    if (row.chainSeq === last.seq) {
      this.#last = { seq: last.seq, hashes: [...last.hashes, row.hash].slice(0, MOST_AT_ONE_PLACE) };
      return [findingAt('inserted', row, 'another row stands at the same place: one of them was inserted')];
    }
    this.#last = { seq: row.chainSeq, hashes: [row.hash] };
    const [from, to] = [last.seq + 1, row.chainSeq - 1];
    if (to >= from) return [findingAt('missing', row, `${placesText(from, to)} before it`)];
    // Of a row that was changed as a whole this is no news.
    const follows = isChanged || last.hashes.includes(row.previousHash);
    return follows ? [] : [findingAt('replaced', row, 'it does not follow the row before it: one of the two was replaced')];
  }

  #contentOf(row: PlacedRow): readonly AuditFinding[] {
    if (!row.asWritten || chainHash(row) !== row.hash)
      return [findingAt('changed', row, 'it was changed: its hash is not that of what it says')];
    const rowsBefore = rowsBeforeIn(row);
    if (rowsBefore !== null) this.start = { at: row.at, rowsBefore };
    return [];
  }

  #noteAnchor(row: PlacedRow, verdict: SignatureVerdict | null): void {
    const anchor = anchorIn(row);
    if (anchor === null || anchor.throughSeq < (this.#anchor?.throughSeq ?? 0) || chainHash(row) !== row.hash) return;
    this.#anchor = anchor;
    this.#anchorIsSigned = verdict === null || verdict === 'valid' || (verdict === 'missing' && this.#signatures.signed === 0);
  }

  #headsAt(row: PlacedRow): readonly AuditFinding[] {
    return this.#heads
      .filter(({ seq }) => seq === row.chainSeq)
      .flatMap((head) => {
        this.#seen.add(head);
        return row.hash === head.hash ? [] : [findingAt('head', row, `it has not the hash that ${head.from} has for it`)];
      });
  }

  /** What shows only at the end. To be asked once, after the last row; `isVouched` as SignatureCheck has it. */
  end(isVouched = false): { readonly findings: readonly AuditFinding[]; readonly report: ChainReport } {
    const findings = [...this.#beginning(), ...this.#headsNotSeen(), ...this.#signatures.end(isVouched)];
    return {
      findings,
      report: {
        agentId: this.#agentId,
        rows: this.#rows,
        firstSeq: this.#first?.chainSeq ?? null,
        lastSeq: this.#last?.seq ?? null,
        headHash: this.#last?.hashes[0] ?? null,
        from: this.#from,
        to: this.#to,
        signed: this.#signatures.signed,
        checked: this.#signatures.checked,
        unsigned: this.#signatures.unsigned,
        firstSignedSeq: this.#signatures.firstSignedSeq,
        prunedThrough: this.#anchor?.throughSeq ?? null,
        rowsBefore: this.start?.rowsBefore ?? null,
      },
    };
  }

  /**
   * Rows up to an anchor may be gone, all of them or some: whoever takes them away may be killed half way. That those which are left are
   * the true ones follows from the rows behind them.
   */
  #beginning(): readonly AuditFinding[] {
    const first = this.#first;
    if (first === null || first.chainSeq === 1) return [];
    const gone = placesText(1, first.chainSeq - 1);
    const anchor = this.#anchor;
    if (anchor === null || anchor.throughSeq < first.chainSeq - 1)
      return [findingAt('beginning', first, `${gone} before it, and no event 'pruned' accounts for all of them`)];
    if (anchor.throughSeq === first.chainSeq - 1 && anchor.throughHash !== first.previousHash)
      return [findingAt('beginning', first, `${gone} before it, and the event 'pruned' names another row as the last of them`)];
    if (!this.#anchorIsSigned)
      return [findingAt('beginning', first, `${gone} before it, and the event 'pruned' that accounts for them is not signed`)];
    return [];
  }

  #headsNotSeen(): readonly AuditFinding[] {
    const [first, last] = [this.#first, this.#last];
    return this.#heads
      .filter((head) => !this.#seen.has(head))
      .flatMap((head) => {
        if (last === null || head.seq > last.seq)
          return [this.#atPlace('cut', head, `the chain ends at ${last?.seq ?? 0}, and ${head.from} knows this row: the end was cut off`)];
        if (first !== null && head.seq === first.chainSeq - 1 && head.hash !== first.previousHash)
          return [this.#atPlace('head', head, `the first row that is left follows another one than ${head.from} knows`)];
        return first !== null && head.seq < first.chainSeq ? [] : [this.#atPlace('head', head, `it is missing, and ${head.from} knows it`)];
      });
  }
}

function placesText(from: number, to: number): string {
  return from === to ? `row ${from} is missing` : `rows ${from} to ${to} are missing`;
}
