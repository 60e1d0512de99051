import { type AuditRow, chainHash } from './audit-chain.ts';
import { judgeCommandSignature } from './command.ts';
import { counted } from './counted.ts';
import { type CheckedRecord, type CheckRow, failed, type Judged, open, passed } from './evidence-check.ts';
import { isoOf } from './instant.ts';
import { judgeSignature, type SignatureVerdict } from './key-ring.ts';

/** A row of the audit that is in a chain. */
type Hashed = AuditRow & { readonly chainSeq: number; readonly hash: string };

function isHashed(row: AuditRow): row is Hashed {
  return row.hash !== null && row.chainSeq !== null;
}

function named({ event, at }: AuditRow): string {
  return `'${event}' of ${isoOf(at)}`;
}

function placesOf(rows: readonly Hashed[]): string {
  const places = rows.map(({ chainSeq }) => chainSeq);
  return `${counted(rows.length, 'row')}, of the places ${Math.min(...places)} to ${Math.max(...places)} of the chain`;
}

/** Rows one by one. That none of the chain is missing, and that each names the one before it, is for `audit verify` to say. */
function rowsAreWhole({ events, commandEvents }: CheckedRecord): Judged {
  const rows = [...events, ...commandEvents];
  const hashed = rows.filter(isHashed);
  const edited = hashed.filter(({ hash, signature: _signature, ...said }) => chainHash(said) !== hash);
  if (edited.length > 0) return failed(`another hash than what they say has ${edited.map(named).join(', ')}`);
  const outside = rows.filter((row) => !isHashed(row));
  if (outside.length > 0) return open(`in no chain is ${outside.map(named).join(', ')}`);
  return rows.length === 0 ? open('the audit says nothing about it') : passed(placesOf(hashed));
}

/** What bears no signature may be older than the keys, and what another key signed cannot be checked: neither proves anything, or is a forgery by that alone. */
function signed(verdicts: readonly (readonly [string, SignatureVerdict])[], what: string): Judged {
  const of = (...kinds: readonly SignatureVerdict[]) => verdicts.flatMap(([name, verdict]) => (kinds.includes(verdict) ? [name] : []));
  const forged = of('invalid');
  if (forged.length > 0) return failed(`not made by the key that it names: ${forged.join(', ')}`);
  const [unsigned, unknown] = [of('missing'), of('unknown_key')];
  const left = [
    ...(unsigned.length > 0 ? [`without a signature: ${unsigned.join(', ')}`] : []),
    ...(unknown.length > 0 ? [`signed with a key that is not given, so not checked: ${unknown.join(', ')}`] : []),
  ];
  if (left.length > 0) return open(left.join('; '));
  return passed(`${counted(verdicts.length, what)} signed`);
}

function rowsAreSigned({ events, commandEvents, inForce: { keys } }: CheckedRecord): Judged {
  if (keys.length === 0) return open('no signing key is given');
  const rows = [...events, ...commandEvents];
  return signed(
    rows.map((row) => [named(row), row.hash === null ? 'missing' : judgeSignature(keys, row.hash, row.signature)]),
    'row',
  );
}

function commandsAreSigned({ writes, ticket, inForce: { keys } }: CheckedRecord): Judged {
  if (keys.length === 0) return open('no signing key is given');
  const sent = writes.filter((write) => write.sent !== 'no');
  if (sent.length === 0) return open('nothing was sent');
  if (!ticket) return open('no ticket that a command could be signed with');
  return signed(
    sent.map(({ command }) => [`command ${command.sequence ?? '?'}`, judgeCommandSignature(command, ticket.ticket, keys)]),
    'command',
  );
}

/** What is checked of hashes and signatures. */
export const SIGNATURE_CHECKS: readonly CheckRow[] = [
  ['audit_hashes', "Each of the audit's rows has the hash of what it says", rowsAreWhole],
  ['audit_signatures', "Each of the audit's rows is signed", rowsAreSigned],
  ['command_signatures', 'What was sent is signed', commandsAreSigned],
];
