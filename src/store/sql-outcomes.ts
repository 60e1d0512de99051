import type { Instant } from '../domain/instant.ts';
import { TICKET_EVENTS } from '../domain/event.ts';
import type { OutcomeCounts } from '../domain/outcomes.ts';
import type { Outcome } from '../domain/recommendation.ts';
import type { Turn } from '../domain/ticket.ts';
import { BEFORE_HISTORY } from '../domain/tried-before.ts';
import { read } from './connection.ts';
import type { Dialect } from './dialect.ts';
import type { Session } from './session.ts';
import { newestEvent } from './statements/newest-event.ts';

const BACK = 'back' satisfies Turn;
const WAYS_BACK = 'Put back what was written before';

function times(outcome: Outcome): string {
  return `SUM(CASE WHEN x.outcome = '${outcome}' THEN 1 ELSE 0 END)`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The cause without what was tried before, which differs from row to row. */
const CAUSE = "COALESCE(REPLACE(r.root_cause_analysis, :history || r.tried_before, ''), r.root_cause_analysis)";

/** The rows, with whether the ticket in force was a way back: as the audit's newest copy of it has it, whose signature is not asked here, and nobody's words. */
function judged(d: Dialect): string {
  const turn = d.jsonTextAt(d.jsonTextAt('t.record', ['after']), ['ticket', 'turn']);
  return `carried_out AS (SELECT r.* FROM agent_recommendations r
  WHERE r.status = 'executed' AND r.outcome IS NOT NULL AND r.verified_timestamp > :since),
${newestEvent(d, 'tickets', TICKET_EVENTS, 'SELECT c.recommendation_id FROM carried_out c')},
judged AS (SELECT r.*, CASE WHEN ${turn} = '${BACK}' THEN 1 ELSE 0 END AS is_way_back
  FROM carried_out r LEFT JOIN tickets t ON t.subject_id = r.recommendation_id)`;
}

/** One statement; those that were judged since `since`, most judged first. */
export async function countOutcomes(session: Session, since: Instant): Promise<readonly OutcomeCounts[]> {
  const { dialect } = session;
  const sql = `WITH ${judged(dialect)}
SELECT rule_id, is_way_back, action, cause, ${times('effective')} AS effective, ${times('ineffective')} AS ineffective,
  ${times('unknown')} AS unknown, MAX(CASE WHEN place = 1 THEN confidence_score END) AS confidence
FROM (SELECT j.*, ROW_NUMBER() OVER (PARTITION BY j.rule_id, j.is_way_back, j.action, j.cause ORDER BY j.created_timestamp DESC) AS place
  FROM (SELECT r.rule_id, r.is_way_back, CASE WHEN r.is_way_back = 1 THEN :ways_back ELSE r.recommended_action END AS action, ${CAUSE} AS cause,
      r.outcome, r.confidence_score, r.created_timestamp
    FROM judged r) j) x
GROUP BY rule_id, is_way_back, action, cause
ORDER BY ${times('effective')} + ${times('ineffective')} DESC, rule_id, is_way_back, action, cause`;
  const { rows } = await session.run(read(sql, { since: dialect.encodeTime(since), history: BEFORE_HISTORY, ways_back: WAYS_BACK }));
  return rows.map((row) => ({
    ruleId: textOf(row['rule_id']),
    isWayBack: Number(row['is_way_back']) === 1,
    recommendedAction: textOf(row['action']),
    rootCauseAnalysis: textOf(row['cause']),
    effective: Number(row['effective']),
    ineffective: Number(row['ineffective']),
    unknown: Number(row['unknown']),
    confidence: typeof row['confidence'] === 'number' ? row['confidence'] : null,
  }));
}
