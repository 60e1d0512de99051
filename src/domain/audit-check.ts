import { type Anchor, anchorIn, chainHash, rowsBeforeIn } from './audit-chain.ts';
import {
  type AuditFinding,
  type AuditFindingKind,
  type ChainReport,
  findingAt,
  findingOf,
  type KnownHead,
  type PlacedRow,
} from './audit-finding.ts';
import { brokenLink, type ChainPlace, placesText, placeWith } from './audit-links.ts';
import { SignatureCheck } from './audit-signatures.ts';
import type { ChainStart } from './audit-unchained.ts';
import type { Instant } from './instant.ts';
import type { KeyRing, SignatureVerdict } from './key-ring.ts';
import { hashOf } from './ticket.ts';

/** What is known of a chain beside its rows. */
export interface ChainKnowledge {
  readonly heads: readonly KnownHead[];
  /** Whether its agent goes on recording. */
  readonly isGrowing: boolean;
  /** Whether somebody answered for exactly this. */
  readonly isAccepted: (finding: AuditFinding) => boolean;
}

/**
 * Judges one agent's chain row by row, in the order of (place, event id), in constant memory. Knows nothing of what was not handed to it:
 * that its end is missing shows only against a known head.
 */
export class ChainCheck {
  readonly #agentId: string;
  readonly #signatures: SignatureCheck;
  readonly #known: ChainKnowledge;
  readonly #seen = new Set<KnownHead>();
  #rows = 0;
  #first: PlacedRow | null = null;
  #last: ChainPlace | null = null;
  /** What stands there: its one row, or a digest of all of them. */
  #atLast: unknown = null;
  #from: Instant | null = null;
  #to: Instant | null = null;
  #anchor: Anchor | null = null;
  #anchorIsSigned = true;
  /** Where the chain began on tables with older rows. */
  start: ChainStart | null = null;

  constructor(agentId: string, keys: KeyRing, known: ChainKnowledge) {
    this.#agentId = agentId;
    this.#signatures = new SignatureCheck(agentId, keys);
    this.#known = known;
  }

  next(row: PlacedRow): readonly AuditFinding[] {
    const verdict = this.#signatures.verdictOf(row);
    // Before the counting: an unsigned anchor counts where nothing before it was signed either, since there was no key then.
    this.#noteAnchor(row, verdict);
    const findings = [...this.#placeOf(row), ...this.#contentOf(row), ...this.#signatures.next(row, verdict), ...this.#headsAt(row)];
    this.#rows += 1;
    if (row.at !== null) {
      this.#from = Math.min(this.#from ?? row.at, row.at);
      this.#to = Math.max(this.#to ?? row.at, row.at);
    }
    return findings;
  }

  /** What a known row is not, and by what else that shows. */
  #atHead(kind: AuditFindingKind, { seq, hash }: KnownHead, text: string, shown: Readonly<Record<string, unknown>> = {}): AuditFinding {
    const by = { seq: String(seq), hash, ...shown };
    return findingOf({ kind, agentId: this.#agentId, at: { chainSeq: seq, eventId: null }, text, by });
  }

  /**
   * Of a chain that has ended, where it ends now is part of it. One that grows moves its end with the very row that answers for this: were that
   * cut off as well, nobody would have answered.
   */
  #cut(head: KnownHead, text: string): AuditFinding {
    const whileGrowing = this.#atHead('cut', head, text);
    if (this.#known.isGrowing || this.#known.isAccepted(whileGrowing)) return whileGrowing;
    return this.#atHead('cut', head, text, { last: this.#last });
  }

  #placeOf(row: PlacedRow): readonly AuditFinding[] {
    const last = this.#last;
    this.#first ??= row;
    if (row.chainSeq === last?.seq) {
      this.#last = placeWith(last, row);
      // All of them: which is the true one nobody can tell, so none may become another.
      this.#atLast = hashOf([this.#atLast, row]);
      return [findingAt('inserted', row, 'another row stands at the same place: one of them was inserted', this.#atLast)];
    }
    this.#last = placeWith({ seq: row.chainSeq, hashes: [] }, row);
    this.#atLast = row;
    if (last === null) {
      const follows = row.chainSeq !== 1 || row.previousHash === null;
      return follows ? [] : [findingAt('replaced', row, 'the first row of all says that one was before it')];
    }
    const broken = brokenLink(row, last);
    return broken === null ? [] : [broken];
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
    return this.#known.heads
      .filter(({ seq }) => seq === row.chainSeq)
      .flatMap((head) => {
        this.#seen.add(head);
        return this.#headFindings(head, row.hash, `it has not the hash that ${head.from} has for it`);
      });
  }

  /** That another row was there than is known: no news where somebody answered for its having been cut off, before the chain went on. */
  #headFindings(head: KnownHead, found: string | null, text: string): readonly AuditFinding[] {
    if (found === head.hash) return [];
    const cut = this.#atHead('cut', head, `${head.from} knows another row here: it was cut off, and the chain went on`);
    return [this.#known.isAccepted(cut) ? cut : this.#atHead('head', head, text, { found })];
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
    return this.#known.heads
      .filter((head) => !this.#seen.has(head))
      .flatMap((head) => {
        if (last === null || head.seq > last.seq)
          return [this.#cut(head, `the chain ends at ${last?.seq ?? 0}, and ${head.from} knows this row: the end was cut off`)];
        if (first !== null && head.seq === first.chainSeq - 1)
          return this.#headFindings(head, first.previousHash, `the first row that is left follows another one than ${head.from} knows`);
        return first !== null && head.seq < first.chainSeq ? [] : [this.#atHead('head', head, `it is missing, and ${head.from} knows it`)];
      });
  }
}
