import type { AuditFinding } from '../../domain/audit-finding.ts';
import { plain } from '../output.ts';

/** A finding on one line of a terminal: which row, and what it means. */
export function findingText({ agentId, chainSeq, eventId, text }: AuditFinding): string {
  const row = [chainSeq === null ? '' : `row ${chainSeq}`, eventId === null ? '' : `event ${plain(eventId)}`].filter((part) => part !== '');
  const where = [agentId === null ? '' : plain(agentId), row.join(', ')].filter((part) => part !== '');
  return `${where.join(' ')}${where.length > 0 ? ': ' : ''}${plain(text)}`;
}
