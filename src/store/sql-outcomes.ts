import type { Instant } from '../domain/instant.ts';
import { type OutcomeCounts, REVERTS } from '../domain/outcomes.ts';
import type { Outcome } from '../domain/recommendation.ts';
import { REVERT_WORDS } from '../domain/revert.ts';
import { BEFORE_HISTORY } from '../domain/tried-before.ts';
import { read } from './connection.ts';
import type { Session } from './session.ts';

function times(outcome: Outcome): string {
  return `SUM(CASE WHEN x.outcome = '${outcome}' THEN 1 ELSE 0 END)`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The cause without what was tried before, which differs from row to row. */
const CAUSE = "COALESCE(REPLACE(r.root_cause_analysis, :history || r.tried_before, ''), r.root_cause_analysis)";
const ACTION = 'CASE WHEN SUBSTR(r.recommended_action, 1, :length) = :words THEN :reverts ELSE r.recommended_action END';

/** One statement; those that were judged since `since`, most judged first. */
export async function countOutcomes(session: Session, since: Instant): Promise<readonly OutcomeCounts[]> {
  const sql = `SELECT rule_id, action, cause, ${times('effective')} AS effective, ${times('ineffective')} AS ineffective,
  ${times('unknown')} AS unknown, MAX(CASE WHEN place = 1 THEN confidence_score END) AS confidence
FROM (SELECT j.*, ROW_NUMBER() OVER (PARTITION BY j.rule_id, j.action, j.cause ORDER BY j.created_timestamp DESC) AS place
  FROM (SELECT r.rule_id, ${ACTION} AS action, ${CAUSE} AS cause, r.outcome, r.confidence_score, r.created_timestamp
    FROM agent_recommendations r WHERE r.status = 'executed' AND r.outcome IS NOT NULL AND r.verified_timestamp > :since) j) x
GROUP BY rule_id, action, cause
ORDER BY ${times('effective')} + ${times('ineffective')} DESC, rule_id, action, cause`;
  const { rows } = await session.run(
    read(sql, {
      since: session.dialect.encodeTime(since),
      history: BEFORE_HISTORY,
      words: REVERT_WORDS,
      length: REVERT_WORDS.length,
      reverts: REVERTS,
    }),
  );
  return rows.map((row) => ({
    ruleId: textOf(row['rule_id']),
    recommendedAction: textOf(row['action']),
    rootCauseAnalysis: textOf(row['cause']),
    effective: Number(row['effective']),
    ineffective: Number(row['ineffective']),
    unknown: Number(row['unknown']),
    confidence: typeof row['confidence'] === 'number' ? row['confidence'] : null,
  }));
}
