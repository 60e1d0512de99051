import { AgentError } from '../../domain/errors.ts';
import type { CliContext } from '../context.ts';
import { decide, type DecisionOptions } from '../decide.ts';
import { EXIT } from '../exit-codes.ts';
import { shortId } from '../find-recommendation.ts';
import { plain } from '../output.ts';

export interface RejectOptions extends DecisionOptions {
  readonly reason?: string;
}

export async function run(context: CliContext, options: RejectOptions): Promise<number> {
  const reason = options.reason?.trim() ?? '';
  if (reason === '')
    throw new AgentError(
      'usage',
      'a rejection needs a reason',
      "give it with --reason, for instance --reason 'sensor is being calibrated'",
    );
  const { row, person } = await decide(context, options, 'reject', () => ({ kind: 'reject', reason }));
  context.out.print(`✓ Rejected ${shortId(row.recommendationId)} for ${plain(row.equipmentId)} by ${plain(person.by)}: ${plain(reason)}`);
  return EXIT.done;
}
