import { ACCEPTED, type ChainTail, PRUNED } from '../../domain/audit-chain.ts';
import type { Instant } from '../../domain/instant.ts';
import { TAKEN_OVER } from '../../domain/ownership.ts';
import type { ChainPage, UnchainedPage } from '../../ports/audit-store.ts';
import { read, type Statement, write } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { EVENTS } from '../tables.ts';
import { wordList } from '../word-list.ts';
import { inChain } from './audit-chain.ts';

/** A whole number that no program can hold is none of ours: read, it would fail the statement, and with it the look at every other row. */
function columns(d: Dialect): string {
  const [least, most] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  return EVENTS.columns
    .map(({ name, kind }) => {
      const column = `x.${d.quote(name)}`;
      return kind === 'integer' ? `CASE WHEN ${column} BETWEEN ${least} AND ${most} THEN ${column} END AS ${d.quote(name)}` : column;
    })
    .join(', ');
}

/** The next agent in order that has a chain; each is one look into the index, however long the chains are. */
export function nextOwnerStatement(after: string | null): Statement {
  const condition = after === null ? 'true' : 'x.agent_id > :after';
  const sql = `SELECT MIN(x.agent_id) AS agent_id FROM agent_events x WHERE ${condition} AND ${inChain('x')}`;
  return read(sql, after === null ? {} : { after });
}

/**
 * By (place, event id), since a place has two rows where somebody inserted one. One lower bound and not two: an engine takes the first that
 * it finds for the index, and would walk from the chain's beginning for every page.
 */
export function chainPageStatement({ agentId, after, limit }: ChainPage, d: Dialect): Statement {
  const order = 'ORDER BY x.chain_seq, x.event_id LIMIT :limit';
  const from = `SELECT ${columns(d)} FROM agent_events x WHERE x.agent_id = :agent AND ${inChain('x')}`;
  if (after === null) return read(`${from} ${order}`, { agent: agentId, limit });
  const { chainSeq: seq, eventId: id } = after;
  if (id === null) return read(`${from} AND x.chain_seq > :seq ${order}`, { agent: agentId, seq, limit });
  return read(`${from} AND x.chain_seq >= :seq AND (x.chain_seq > :seq OR x.event_id > :id) ${order}`, { agent: agentId, seq, id, limit });
}

export function unchainedPageStatement({ afterEventId, limit }: UnchainedPage, d: Dialect): Statement {
  const condition = afterEventId === null ? 'true' : 'x.event_id > :id';
  return read(
    `SELECT ${columns(d)} FROM agent_events x WHERE ${condition} AND ${outsideOfChains('x')} ORDER BY x.event_id LIMIT :limit`,
    afterEventId === null ? { limit } : { id: afterEventId, limit },
  );
}

/**
 * By the index on the subject, however long the audit is: which of them stand in the chain, and which tell anything, is seen in them. In the
 * order of their ids, which nobody can make unreadable.
 */
export function testimoniesStatement(agentId: string, { afterEventId, limit }: UnchainedPage, d: Dialect): Statement {
  const behind = afterEventId === null ? '' : ' AND x.event_id > :id';
  return read(
    `SELECT ${columns(d)} FROM agent_events x WHERE x.subject_id = :agent AND x.event IN ${wordList([TAKEN_OVER, PRUNED, ACCEPTED])}
  AND x.agent_id = :agent${behind} ORDER BY x.event_id LIMIT :limit`,
    { agent: agentId, limit, ...(afterEventId !== null && { id: afterEventId }) },
  );
}

export function firstSignedStatement(agentId: string): Statement {
  return read(
    `SELECT MIN(x.chain_seq) AS seq FROM agent_events x WHERE x.agent_id = :agent AND ${inChain('x')} AND COALESCE(x.signature, '') <> ''`,
    { agent: agentId },
  );
}

export function noteHeadStatement(agentId: string, { seq, hash }: ChainTail): Statement {
  return write('UPDATE agent_health SET audit_seq = :seq, audit_hash = :hash WHERE agent_id = :agent', { agent: agentId, seq, hash });
}

export function outsideOfChains(alias: string): string {
  return `(${alias}.chain_seq IS NULL OR NOT ${inChain(alias)})`;
}

export function firstSeqStatement(agentId: string, since: Instant | null, d: Dialect): Statement {
  const sql = `SELECT MIN(x.chain_seq) AS seq FROM agent_events x WHERE x.agent_id = :agent AND ${inChain('x')}`;
  if (since === null) return read(sql, { agent: agentId });
  return read(`${sql} AND x.${d.quote('at')} >= :since`, { agent: agentId, since: d.encodeTime(since) });
}
