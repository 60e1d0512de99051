import { ACCEPTED, PRUNED } from './audit-chain.ts';
import { type AuditFinding, findingAt, findingOf, type PlacedRow } from './audit-finding.ts';
import { counted } from './counted.ts';
import { COMMAND_EVENTS, DECISION_EVENTS, TICKET_EVENTS } from './event.ts';
import { bearsSignature, isKeyId, keyIdOf, judgeSignature, type KeyRing, type SignatureVerdict } from './key-ring.ts';
import { TAKEN_OVER } from './ownership.ts';

/** Unknown keys that are told one by one; those beyond, and those that are none, are told as one. */
const MOST_UNKNOWN_KEYS = 32;
const OTHERS = '…';

/** Events by which a cycle, or this very check, judges something: of each kind of subject its own. */
const JUDGING: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['recommendation', [...TICKET_EVENTS, ...DECISION_EVENTS]],
  ['command', COMMAND_EVENTS],
  ['work_order', ['opened']],
  ['agent', [PRUNED, TAKEN_OVER, ACCEPTED]],
]);

/**
 * Whether only who has the key writes such a row: it judges, or is the agent's own word. What people tell at their terminals (an approval
 * given, an order set) need not be signed: a cycle takes it over with a row of its own.
 */
export function isWrittenWithTheKey({
  agentId,
  actor,
  subjectType,
  event,
}: Pick<PlacedRow, 'agentId' | 'actor' | 'subjectType' | 'event'>): boolean {
  return actor === agentId || (JUDGING.get(subjectType)?.includes(event) ?? false);
}

interface Unknown {
  readonly rows: number;
  /** Of the last of these rows: its hash stands for all before it, and stays when prune takes some of them away. */
  readonly last: Pick<PlacedRow, 'hash' | 'signature'>;
}

/** Judges who wrote the rows of one chain, in their order and in constant memory. Without keys signatures are counted. */
export class SignatureCheck {
  readonly #agentId: string;
  readonly #keys: KeyRing;
  readonly #unknown = new Map<string, Unknown>();
  signed = 0;
  checked = 0;
  unsigned = 0;
  firstSignedSeq: number | null = null;
  #last: PlacedRow | null = null;
  #hasWordOfTheAgent = false;

  constructor(agentId: string, keys: KeyRing) {
    this.#agentId = agentId;
    this.#keys = keys;
  }

  /** What the row's signature says; null without keys. To be asked before the row is counted. */
  verdictOf(row: PlacedRow): SignatureVerdict | null {
    return this.#keys.length === 0 ? null : judgeSignature(this.#keys, row.hash ?? '', row.signature);
  }

  next(row: PlacedRow, verdict: SignatureVerdict | null): readonly AuditFinding[] {
    this.#last = row;
    this.#hasWordOfTheAgent ||= isWrittenWithTheKey(row);
    if (!bearsSignature(row.signature)) {
      this.unsigned += 1;
      if (verdict === null || this.signed === 0 || !isWrittenWithTheKey(row)) return [];
      return [findingAt('unsigned', row, 'it is not signed, and rows before it are: only somebody without the key writes it so')];
    }
    this.signed += 1;
    this.firstSignedSeq ??= row.chainSeq;
    if (verdict === 'valid') this.checked += 1;
    if (verdict === 'unknown_key') this.#noteUnknown(row);
    if (verdict !== 'invalid') return [];
    return [findingAt('signature', row, 'its signature is wrong: it was written or changed by somebody without the key')];
  }

  #noteUnknown({ signature, hash }: PlacedRow): void {
    const said = keyIdOf(signature ?? '');
    const named = isKeyId(said) ? said : OTHERS;
    const id = this.#unknown.has(named) || this.#unknown.size < MOST_UNKNOWN_KEYS ? named : OTHERS;
    this.#unknown.set(id, { rows: (this.#unknown.get(id)?.rows ?? 0) + 1, last: { hash, signature } });
  }

  /**
   * What shows only at the end. `isVouched`: others account for a chain that bears no signature, because it is from before there were keys.
   */
  end(isVouched: boolean): readonly AuditFinding[] {
    return [...this.#unsignedWhole(isVouched), ...this.#unknownKeys()];
  }

  /** Whoever makes a chain anew without the key has to leave out all signatures: those that are left would not fit. */
  #unsignedWhole(isVouched: boolean): readonly AuditFinding[] {
    const last = this.#last;
    if (this.#keys.length === 0 || last === null || this.signed > 0 || isVouched || !this.#hasWordOfTheAgent) return [];
    const text = `none of its ${counted(this.unsigned, 'row')} is signed, although there is a key: they were written anew, or the agent has recorded nothing since it has the key`;
    return [findingOf({ kind: 'unsigned', agentId: this.#agentId, at: null, text, by: last.hash })];
  }

  #unknownKeys(): readonly AuditFinding[] {
    return [...this.#unknown].map(([id, { rows, last }]) => {
      const which = id === OTHERS ? 'other keys, which are' : `the key '${id}', which is`;
      const text = `${counted(rows, 'row is', 'rows are')} signed with ${which} not among the keys that were given: give the old key as well, behind the one that signs (it only checks)`;
      return findingOf({ kind: 'unknown_key', agentId: this.#agentId, at: null, text, by: { key: id, ...last } });
    });
  }
}
