import { decisionFrom } from '../domain/audit-copy.ts';
import type { KeyRing } from '../domain/key-ring.ts';
import type { LastDecision } from '../domain/recommendation.ts';
import { judgeRowSignature } from '../domain/row-signatures.ts';
import type { StoredEvent } from '../ports/operator-store.ts';
import type { Dialect } from './dialect.ts';
import { fromRow, objectIn } from './row-mapping.ts';
import { EVENTS } from './tables.ts';

type Row = Readonly<Record<string, unknown>>;

/** `not_last`: it is not the newest by its chain. `unsigned`: with signing keys, it is not as somebody with a key wrote it. */
type Doubt = 'not_last' | 'unsigned';

/** The newest row of the audit of some kinds about a subject: what it says decides, and not what the subject's own row says. */
export interface Judge {
  readonly event: string;
  readonly toStatus: string | null;
  /** What the row left in `after`; null where that is no object, because somebody edited it. */
  readonly copy: Row | null;
  /** Why it is not believed; null where it is authentic. */
  readonly doubt: Doubt | null;
}

/** The judge in a result's JSON text of a whole row of agent_events; null where there is none. */
export function judgeIn(record: unknown, keys: KeyRing, dialect: Dialect): Judge | null {
  const row = objectIn(record);
  if (!row) return null;
  const { event, to_status: to, after } = row;
  const toStatus = typeof to === 'string' ? to : null;
  return { event: String(event), toStatus, copy: objectIn(after), doubt: doubtAbout(row, keys, dialect) };
}

/** What the audit last knows to be decided about a recommendation. What was over before it was seen is on record as made and ended at once. */
export function lastDecisionIn(judge: Judge | null): LastDecision | null {
  const columns = judge?.doubt === null ? decisionFrom(judge.copy) : null;
  if (!judge || !columns) return null;
  const event = judge.event === 'created' && judge.toStatus === 'withdrawn' ? judge.toStatus : judge.event;
  const hash = judge.copy?.['action_hash'];
  return { event, columns, actionHash: typeof hash === 'string' ? hash : null };
}

/** Which row is the newest its time says, and its place in the chain too: a time that somebody edited makes an older row the newest. */
function isLastInChain({ chain_seq: seq, last_seq: last }: Row): boolean {
  return typeof seq !== 'number' || seq === last;
}

function doubtAbout(row: Row, keys: KeyRing, dialect: Dialect): Doubt | null {
  if (!isLastInChain(row)) return 'not_last';
  const isRight = keys.length === 0 || judgeRowSignature(fromRow<StoredEvent>(EVENTS, row, dialect), keys) === 'valid';
  return isRight ? null : 'unsigned';
}
