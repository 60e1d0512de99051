import { TICKET_EVENTS } from '../../domain/event.ts';
import type { Claim } from '../../ports/cycle-store.ts';
import type { Lease } from '../../ports/lease.ts';
import { read, type Statement, write } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { COMMANDS } from '../tables.ts';
import { hasId } from './has-id.ts';
import { leaseParams } from './lease.ts';
import { newestEvent } from './newest-event.ts';

/**
 * Claims in one statement what this run may dispatch. The store's clock sets the time after which none of it may be
 * written any more: the end of the approval, or a margin before the end of the lease. Counted from the claim, a slow cycle's would lie behind
 * the moment from which another run may have the lease. An order to stop everything that came in since the cycle read its controls is
 * respected here.
 */
export function claimStatement(lease: Lease, claim: Claim, d: Dialect): Statement {
  const wanted = d.jsonRows('rows', [
    { name: 'command_id', kind: 'text' },
    { name: 'approval_ends', kind: 'time' },
  ]);
  const source = `SELECT w.command_id, ${d.smallerOf('w.approval_ends', d.plusSeconds('h.lease_expires', ':margin_seconds'))} AS not_after
  FROM ${wanted} w JOIN agent_health h ON h.agent_id = :agent AND h.lease_owner = :run AND h.lease_epoch = :epoch
  WHERE NOT EXISTS (SELECT 1 FROM agent_controls k WHERE (NOT ${d.isReadableWord('k.scope')}
      OR (${d.wordAsRead('k.kind')} NOT IN ('out_of_service', 'shelved') AND ${d.wordAsRead('k.scope')} = 'all'))
    AND (${d.timeAsRead('k.until')} IS NULL OR k.until > ${d.now}))`;
  return write(
    d.joinedUpdate({
      table: COMMANDS,
      source,
      on: ['command_id'],
      set: {
        status: "'executing'",
        claimed_by: ':run',
        claimed_timestamp: d.now,
        not_after: 's.not_after',
        attempt: 'COALESCE(t.attempt, 0) + 1',
      },
      where: "t.status = 'pending'",
    }),
    {
      ...leaseParams(lease),
      margin_seconds: -claim.marginSeconds,
      rows: JSON.stringify(
        claim.commands.map((command) => ({ command_id: command.commandId, approval_ends: d.encodeTime(command.approvalEnds) })),
      ),
    },
  );
}

/** What this run holds, each with the ticket of the newest event that issued one: the judge of what may be written. */
export function claimedStatement(lease: Lease, d: Dialect): Statement {
  const columns = COMMANDS.columns.map((column) => `c.${d.quote(column.name)}`).join(', ');
  return read(
    `WITH held AS (SELECT * FROM agent_commands WHERE status = 'executing' AND claimed_by = :run AND ${hasId(d, 'command_id')}),
${newestEvent(d, 'issued', TICKET_EVENTS, 'SELECT recommendation_id FROM held')}
SELECT ${columns}, i.record AS ticket FROM held c LEFT JOIN issued i ON i.subject_id = c.recommendation_id
WHERE EXISTS (SELECT 1 FROM agent_health h WHERE h.agent_id = :agent AND h.lease_owner = :run AND h.lease_epoch = :epoch)`,
    leaseParams(lease),
  );
}
