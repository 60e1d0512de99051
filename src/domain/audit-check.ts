import { type Anchor, anchorIn, chainHash, rowsBeforeIn } from './audit-chain.ts';
import type { AuditFinding, AuditFindingKind, ChainReport, JudgedRow, KnownHead, PlacedRow } from './audit-finding.ts';
import { counted } from './counted.ts';
import type { Instant } from './instant.ts';
import { judgeSignature, type KeyRing, type SignatureVerdict } from './key-ring.ts';

/** Rows that stand at one place: more than one only where somebody inserted. Their hashes are what the next row may follow. */
const MOST_AT_ONE_PLACE = 16;
/** Unknown keys that are told one by one. */
const MOST_UNKNOWN_KEYS = 32;

/**
 * Judges one agent's chain row by row, in the order of (place, event id), in constant memory. Knows nothing of what was not handed to it:
 * that its end is missing shows only against a known head.
 */
export class ChainCheck {
  readonly #agentId: string;
  readonly #keys: KeyRing;
  readonly #heads: readonly KnownHead[];
  readonly #seen = new Set<KnownHead>();
  readonly #unknownKeys = new Map<string, number>();
  #rows = 0;
  #signed = 0;
  #unsigned = 0;
  #first: Pick<PlacedRow, 'chainSeq' | 'previousHash' | 'eventId'> | null = null;
  #last: { readonly seq: number; readonly hashes: readonly (string | null)[] } | null = null;
  #from: Instant | null = null;
  #to: Instant | null = null;
  #anchor: Anchor | null = null;
  #anchorIsSigned = true;
  #rowsBefore: number | null = null;

  constructor(agentId: string, keys: KeyRing, heads: readonly KnownHead[]) {
    this.#agentId = agentId;
    this.#keys = keys;
    this.#heads = heads;
  }

  next(row: PlacedRow): readonly AuditFinding[] {
    const changed = this.#contentOf(row);
    const findings = [...this.#placeOf(row, changed.length > 0), ...changed, ...this.#signatureOf(row), ...this.#headsAt(row)];
    this.#rows += 1;
    if (row.at !== null) {
      this.#from = Math.min(this.#from ?? row.at, row.at);
      this.#to = Math.max(this.#to ?? row.at, row.at);
    }
    return findings;
  }

  #finding(
    kind: AuditFindingKind,
    row: (Pick<JudgedRow, 'chainSeq'> & { readonly eventId: string | null }) | null,
    text: string,
  ): AuditFinding {
    return { kind, agentId: this.#agentId, chainSeq: row?.chainSeq ?? null, eventId: row?.eventId ?? null, text };
  }

  #placeOf(row: PlacedRow, isChanged: boolean): readonly AuditFinding[] {
    const last = this.#last;
    this.#first ??= row;
    if (last === null) {
      this.#last = { seq: row.chainSeq, hashes: [row.hash] };
      const follows = row.chainSeq !== 1 || row.previousHash === null;
      return follows ? [] : [this.#finding('replaced', row, 'the first row of all says that one was before it')];
    }
    if (row.chainSeq === last.seq) {
      this.#last = { seq: last.seq, hashes: [...last.hashes, row.hash].slice(0, MOST_AT_ONE_PLACE) };
      return [this.#finding('inserted', row, 'another row stands at the same place: one of them was inserted')];
    }
    this.#last = { seq: row.chainSeq, hashes: [row.hash] };
    const [from, to] = [last.seq + 1, row.chainSeq - 1];
    if (to >= from) return [this.#finding('missing', row, `${placesText(from, to)} before it`)];
    // Of a row that was changed as a whole this is no news.
    const follows = isChanged || last.hashes.includes(row.previousHash);
    return follows ? [] : [this.#finding('replaced', row, 'it does not follow the row before it: one of the two was replaced')];
  }

  #contentOf(row: PlacedRow): readonly AuditFinding[] {
    if (!row.asWritten || chainHash(row) !== row.hash)
      return [this.#finding('changed', row, 'it was changed: its hash is not that of what it says')];
    if (row.chainSeq === 1) this.#rowsBefore = rowsBeforeIn(row);
    return [];
  }

  #signatureOf(row: PlacedRow): readonly AuditFinding[] {
    const verdict = this.#keys.length === 0 ? null : judgeSignature(this.#keys, row.hash ?? '', row.signature);
    // Before the counting: an unsigned anchor counts where nothing before it was signed either, since there was no key then.
    this.#noteAnchor(row, verdict);
    if (row.signature === null || row.signature === '') this.#unsigned += 1;
    else this.#signed += 1;
    if (verdict === 'invalid')
      return [this.#finding('signature', row, 'its signature is wrong: it was written or changed by somebody without the key')];
    if (verdict === 'unknown_key') this.#noteUnknownKey(row.signature ?? '');
    return [];
  }

  #noteUnknownKey(signature: string): void {
    const id = signature.slice(0, Math.max(signature.indexOf(':'), 0)).slice(0, 64);
    if (this.#unknownKeys.has(id) || this.#unknownKeys.size < MOST_UNKNOWN_KEYS)
      this.#unknownKeys.set(id, (this.#unknownKeys.get(id) ?? 0) + 1);
  }

  #noteAnchor(row: PlacedRow, verdict: SignatureVerdict | null): void {
    const anchor = anchorIn(row);
    if (anchor === null || anchor.throughSeq < (this.#anchor?.throughSeq ?? 0) || chainHash(row) !== row.hash) return;
    this.#anchor = anchor;
    this.#anchorIsSigned = verdict === null || verdict === 'valid' || (verdict === 'missing' && this.#signed === 0);
  }

  #headsAt(row: PlacedRow): readonly AuditFinding[] {
    return this.#heads
      .filter(({ seq }) => seq === row.chainSeq)
      .flatMap((head) => {
        this.#seen.add(head);
        return row.hash === head.hash ? [] : [this.#finding('head', row, `it has not the hash that ${head.from} has for it`)];
      });
  }

  /** What shows only at the end. To be asked once, after the last row. */
  end(): { readonly findings: readonly AuditFinding[]; readonly report: ChainReport } {
    const findings = [...this.#beginning(), ...this.#headsNotSeen(), ...this.#keysNotKnown()];
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
        signed: this.#signed,
        unsigned: this.#unsigned,
        prunedThrough: this.#anchor?.throughSeq ?? null,
        rowsBefore: this.#rowsBefore,
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
      return [this.#finding('beginning', first, `${gone} before it, and no event 'pruned' accounts for all of them`)];
    if (anchor.throughSeq === first.chainSeq - 1 && anchor.throughHash !== first.previousHash)
      return [this.#finding('beginning', first, `${gone} before it, and the event 'pruned' names another row as the last of them`)];
    if (!this.#anchorIsSigned)
      return [this.#finding('beginning', first, `${gone} before it, and the event 'pruned' that accounts for them is not signed`)];
    return [];
  }

  #headsNotSeen(): readonly AuditFinding[] {
    const [first, last] = [this.#first, this.#last];
    return this.#heads
      .filter((head) => !this.#seen.has(head))
      .flatMap((head) => {
        const place = { chainSeq: head.seq, eventId: null };
        if (last === null || head.seq > last.seq)
          return [this.#finding('cut', place, `the chain ends at ${last?.seq ?? 0}, and ${head.from} knows this row: the end was cut off`)];
        if (first !== null && head.seq === first.chainSeq - 1 && head.hash !== first.previousHash)
          return [this.#finding('head', place, `the first row that is left follows another one than ${head.from} knows`)];
        return first !== null && head.seq < first.chainSeq
          ? []
          : [this.#finding('head', place, `it is missing, and ${head.from} knows it`)];
      });
  }

  #keysNotKnown(): readonly AuditFinding[] {
    return [...this.#unknownKeys].map(([id, rows]) =>
      this.#finding(
        'unknown_key',
        null,
        `${counted(rows, 'row is', 'rows are')} signed with the key '${id}', which is not among the keys that were given`,
      ),
    );
  }
}

function placesText(from: number, to: number): string {
  return from === to ? `row ${from} is missing` : `rows ${from} to ${to} are missing`;
}
