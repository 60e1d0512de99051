import type { Instant } from '../domain/instant.ts';
import type { OutcomeCounts } from '../domain/outcomes.ts';
import type { Outcome } from '../domain/recommendation.ts';
import { read } from './connection.ts';
import type { Session } from './session.ts';

function times(outcome: Outcome): string {
  return `SUM(CASE WHEN x.outcome = '${outcome}' THEN 1 ELSE 0 END)`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** One statement; those that were judged since `since`, most judged first. */
export async function countOutcomes(session: Session, since: Instant): Promise<readonly OutcomeCounts[]> {
  const d = session.dialect;
  const sql = `SELECT rule_id, recommended_action, root_cause_analysis, ${times('effective')} AS effective, ${times('ineffective')} AS ineffective,
  ${times('unknown')} AS unknown, MAX(CASE WHEN place = 1 THEN confidence_score END) AS confidence
FROM (SELECT r.rule_id, r.recommended_action, r.root_cause_analysis, r.outcome, r.confidence_score, ROW_NUMBER() OVER (
    PARTITION BY r.rule_id, r.recommended_action, r.root_cause_analysis ORDER BY r.created_timestamp DESC) AS place
  FROM agent_recommendations r WHERE r.status = 'executed' AND r.outcome IS NOT NULL AND r.verified_timestamp > :since) x
GROUP BY rule_id, recommended_action, root_cause_analysis
ORDER BY ${times('effective')} + ${times('ineffective')} DESC, rule_id, recommended_action, root_cause_analysis`;
  const { rows } = await session.run(read(sql, { since: d.encodeTime(since) }));
  return rows.map((row) => ({
    ruleId: textOf(row['rule_id']),
    recommendedAction: textOf(row['recommended_action']),
    rootCauseAnalysis: textOf(row['root_cause_analysis']),
    effective: Number(row['effective']),
    ineffective: Number(row['ineffective']),
    unknown: Number(row['unknown']),
    confidence: typeof row['confidence'] === 'number' ? row['confidence'] : null,
  }));
}
