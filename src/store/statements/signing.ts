import { read, type Statement } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { inChain } from './audit-chain.ts';

/** So many of the last places say whether an agent signs: enough for operators' rows in between, and quick on a long audit. `audit verify` reads all. */
const ROWS_LOOKED_AT = 500;

/**
 * Whether `:agent` signs, by its own rows among the last places of its chain, which the index on (agent_id, chain_seq) finds: one row. Of
 * operators' rows each is signed by whoever gives a key. '' is no signature.
 */
export function signingSelect(d: Dialect): string {
  const at = d.quote('at');
  return `SELECT MAX(CASE WHEN o.place = 1 THEN o.${at} END) AS newest_at, MAX(CASE WHEN o.place = 1 THEN o.is_signed END) AS is_newest_signed,
    MAX(o.is_signed) AS is_any_signed, MAX(CASE WHEN o.place = 1 THEN o.hash END) AS newest_hash,
    MAX(CASE WHEN o.place = 1 THEN o.signature END) AS newest_signature
  FROM (SELECT l.${at}, l.hash, l.signature, CASE WHEN COALESCE(l.signature, '') <> '' THEN 1 ELSE 0 END AS is_signed,
      ROW_NUMBER() OVER (ORDER BY l.chain_seq DESC, l.event_id) AS place
    FROM (SELECT e.${at}, e.actor, e.hash, e.signature, e.chain_seq, e.event_id FROM agent_events e
      WHERE e.agent_id = :agent AND ${inChain('e', d)} ORDER BY e.chain_seq DESC, e.event_id LIMIT ${ROWS_LOOKED_AT}) l
    WHERE l.actor = :agent) o`;
}

export function signingStatement(agentId: string, d: Dialect): Statement {
  return read(signingSelect(d), { agent: agentId });
}
