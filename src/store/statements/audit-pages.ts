import { ACCEPTED, type ChainTail, PRUNED } from '../../domain/audit-chain.ts';
import type { Instant } from '../../domain/instant.ts';
import { TAKEN_OVER } from '../../domain/ownership.ts';
import type { ChainPage, IdPage } from '../../ports/audit-store.ts';
import { read, type Statement, write } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { EVENTS } from '../tables.ts';
import { wordList } from '../word-list.ts';
import { inChain, isPlaceFromOneOn } from './audit-chain.ts';

/** A whole number that no program can hold is none of ours: read, it would fail the statement, and with it the look at every other row. */
function columns(d: Dialect): string {
  const [least, most] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  return EVENTS.columns
    .map(({ name, kind }) => {
      const column = `x.${d.quote(name)}`;
      const whole = kind === 'integer' ? `CASE WHEN ${column} BETWEEN ${least} AND ${most} THEN ${column} END` : d.wholeText(column);
      return `${whole} AS ${d.quote(name)}`;
    })
    .join(', ');
}

/** A page's rows with the exact id that the next one comes after: by what is read of an id that is no text, the same page would come again. */
function pageColumns(d: Dialect): string {
  return `${columns(d)}, ${d.exactKey('x.event_id')} AS event_key`;
}

/** The next owner in order that has rows at places, after an exact one; each is one look into the index, however long the chains are. */
export function nextOwnerStatement(after: string | null, d: Dialect): Statement {
  const condition = after === null ? 'true' : `x.agent_id > ${d.ofExactKey('after')}`;
  const sql = `SELECT m.agent_id, ${d.exactKey('m.agent_id')} AS agent_key FROM (
  SELECT MIN(x.agent_id) AS agent_id FROM agent_events x WHERE ${condition} AND ${inChain('x', d)}) m WHERE m.agent_id IS NOT NULL`;
  return read(sql, after === null ? {} : { after });
}

/** Whether a text, as a program holds it, is the one that an exact key stands for: asking for it finds those rows. */
export function isFoundByStatement(text: string, key: string, d: Dialect): Statement {
  return read(`SELECT CASE WHEN ${d.ofExactKey('key')} = :text THEN 1 ELSE 0 END AS is_found`, { key, text });
}

/**
 * By (place, event id), since a place has two rows where somebody inserted one. One lower bound and not two: an engine takes the first that
 * it finds for the index, and would walk from the chain's beginning for every page.
 */
export function chainPageStatement({ agentId, after, limit }: ChainPage, d: Dialect): Statement {
  const order = 'ORDER BY x.chain_seq, x.event_id LIMIT :limit';
  const [owner, agent] = typeof agentId === 'string' ? [':agent', agentId] : [d.ofExactKey('agent'), agentId.key];
  const from = `SELECT ${pageColumns(d)} FROM agent_events x WHERE x.agent_id = ${owner}`;
  if (after === null) return read(`${from} AND ${inChain('x', d)} ${order}`, { agent, limit });
  const { chainSeq: seq, key: id } = after;
  if (id === null) return read(`${from} AND x.chain_seq > :seq AND ${isPlaceFromOneOn('x', d)} ${order}`, { agent, seq, limit });
  const behind = `x.chain_seq >= :seq AND (x.chain_seq > :seq OR x.event_id > ${d.ofExactKey('id')})`;
  return read(`${from} AND ${behind} AND ${isPlaceFromOneOn('x', d)} ${order}`, { agent, seq, id, limit });
}

export function unchainedPageStatement({ after, limit }: IdPage, d: Dialect): Statement {
  const condition = after === null ? 'true' : `x.event_id > ${d.ofExactKey('id')}`;
  return read(
    `SELECT ${pageColumns(d)} FROM agent_events x WHERE ${condition} AND ${outsideOfChains('x', d)} ORDER BY x.event_id LIMIT :limit`,
    after === null ? { limit } : { id: after, limit },
  );
}

/**
 * By the index on the subject, however long the audit is: which of them stand in the chain, and which tell anything, is seen in them. In the
 * order of their ids, which nobody can make unreadable.
 */
export function testimoniesStatement(agentId: string, { after, limit }: IdPage, d: Dialect): Statement {
  const behind = after === null ? '' : ` AND x.event_id > ${d.ofExactKey('id')}`;
  return read(
    `SELECT ${pageColumns(d)} FROM agent_events x WHERE x.subject_id = :agent AND x.event IN ${wordList([TAKEN_OVER, PRUNED, ACCEPTED])}
  AND x.agent_id = :agent${behind} ORDER BY x.event_id LIMIT :limit`,
    { agent: agentId, limit, ...(after !== null && { id: after }) },
  );
}

export function firstSignedStatement(agentId: string, d: Dialect): Statement {
  return read(
    `SELECT MIN(x.chain_seq) AS seq FROM agent_events x WHERE x.agent_id = :agent AND ${inChain('x', d)} AND COALESCE(x.signature, '') <> ''`,
    { agent: agentId },
  );
}

export function noteHeadStatement(agentId: string, { seq, hash }: ChainTail): Statement {
  return write('UPDATE agent_health SET audit_seq = :seq, audit_hash = :hash WHERE agent_id = :agent', { agent: agentId, seq, hash });
}

export function outsideOfChains(alias: string, d: Dialect): string {
  return `(${alias}.chain_seq IS NULL OR NOT ${inChain(alias, d)})`;
}

export function firstSeqStatement(agentId: string, since: Instant | null, d: Dialect): Statement {
  const sql = `SELECT MIN(x.chain_seq) AS seq FROM agent_events x WHERE x.agent_id = :agent AND ${inChain('x', d)}`;
  if (since === null) return read(sql, { agent: agentId });
  return read(`${sql} AND x.${d.quote('at')} >= :since`, { agent: agentId, since: d.encodeTime(since) });
}
