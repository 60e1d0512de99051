import { AgentError } from '../../domain/errors.ts';
import type { Recommendation } from '../../domain/recommendation.ts';
import type { CliContext } from '../context.ts';
import { decide, type DecisionOptions } from '../decide.ts';
import { EXIT } from '../exit-codes.ts';
import { shortId } from '../find-recommendation.ts';
import { plain } from '../output.ts';
import { actionLines } from '../wording.ts';

export interface ApproveOptions extends DecisionOptions {
  readonly seen?: string;
}

export async function run(context: CliContext, options: ApproveOptions): Promise<number> {
  const { row, person } = await decide(context, options, 'approve', (found) => ({
    kind: 'approve',
    seenHash: seenHashOf(found, options.seen),
  }));
  const lines = actionLines(row.actions).map((line) => `  ${plain(line)}`);
  context.out.print([`✓ Approved ${shortId(row.recommendationId)} for ${plain(row.equipmentId)} by ${person.by}`, ...lines].join('\n'));
  return EXIT.done;
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
