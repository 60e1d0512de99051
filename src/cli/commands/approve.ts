import { AgentError } from '../../domain/errors.ts';
import { addSeconds, isoOf } from '../../domain/instant.ts';
import type { Recommendation } from '../../domain/recommendation.ts';
import { asOnRecord, MOST_EVENTS, type Stage, stageOf } from '../approvals.ts';
import type { CliContext } from '../context.ts';
import { decide, type DecisionOptions } from '../decide.ts';
import { EXIT } from '../exit-codes.ts';
import { findRecommendation, shortId } from '../find-recommendation.ts';
import type { JsonOption } from '../json-option.ts';
import { jsonRow } from '../json.ts';
import { plain } from '../output.ts';
import { actionLines } from '../wording.ts';

export interface ApproveOptions extends DecisionOptions, JsonOption {
  readonly seen?: string;
}

export async function run(context: CliContext, options: ApproveOptions): Promise<number> {
  const { row, person } = await decide(context, options, 'approve', (found) => ({
    kind: 'approve',
    seenHash: seenHashOf(found, options.seen),
  }));
  const { policy } = await context.settings();
  const store = await context.store();
  const newestFirst = await store.listEvents({ subjectId: row.recommendationId, limit: MOST_EVENTS });
  const stage = stageOf(row, newestFirst, policy);
  const { approvedTimestamp } = await findRecommendation(store, row.recommendationId);
  const until = approvedTimestamp === null ? null : addSeconds(approvedTimestamp, policy.approvalTtlSeconds);
  const { recommendationId, equipmentId, actionHash, actions } = row;
  if (options.json)
    context.out.json(
      jsonRow({ recommendationId, equipmentId, approval: stage, by: person.by, approvedTimestamp, until, actionHash, actions }),
    );
  else {
    const lines = actionLines(actions).map((line) => `  ${plain(line)}`);
    const done = `✓ Approved ${shortId(recommendationId)} for ${plain(equipmentId)} by ${plain(person.by)}${stageText(stage, asOnRecord(row, newestFirst, policy), until)}`;
    context.out.print([done, ...lines].join('\n'));
  }
  return EXIT.done;
}

function stageText(stage: Stage, before: Recommendation, until: number | null): string {
  switch (stage) {
    case 'only':
      return '';
    case 'first':
      return `: first of two approvals; a second person must approve${until === null ? '' : ` until ${isoOf(until)}`}`;
    case 'second':
      return `: second of two approvals, after ${plain(before.approvedByOperator ?? 'nobody')}`;
  }
}

/** The hash that the approval is bound to: what the operator says they saw, else what was read just now. */
function seenHashOf(row: Recommendation, seen: string | undefined): string {
  const id = shortId(row.recommendationId);
  if (row.actionHash === null)
    throw new AgentError('conflict', `recommendation ${id} has no ticket, so there is nothing to approve`, `see: ops-agent show ${id}`);
  if (seen !== undefined && seen.trim().toLowerCase() !== row.actionHash)
    throw new AgentError(
      'conflict',
      `the actions of recommendation ${id} are not the ones that were seen`,
      `look at it again: ops-agent show ${id}`,
    );
  return row.actionHash;
}
