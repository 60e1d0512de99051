import { acceptAudit } from '../../cycle/accept-audit.ts';
import { counted } from '../../domain/counted.ts';
import { AgentError } from '../../domain/errors.ts';
import { findingText } from '../audit/finding-text.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { jsonTree } from '../json.ts';
import type { JsonOption } from '../json-option.ts';
import { newRunId } from '../run-id.ts';
import { personOf } from '../who.ts';

export interface AuditAcceptOptions extends JsonOption {
  readonly findings: string;
  readonly by?: string;
  readonly reason?: string;
}

export async function run(context: CliContext, options: AuditAcceptOptions): Promise<number> {
  const { agentId, signingKeys: keys } = await context.settings();
  const { actor } = personOf(options, agentId, context.env, 'answer for the audit');
  const reason = options.reason?.trim() ?? '';
  if (reason === '')
    throw new AgentError(
      'usage',
      'whoever answers for the audit has to say why',
      "give it with --reason, for instance --reason 'row of the old version'",
    );
  const findingsId = options.findings.trim().toLowerCase();
  const request = { agentId, runId: newRunId(), actor, reason, keys, findingsId };
  const accepted = await acceptAudit(await context.store(), request, context.interruption.signal);
  if (options.json) context.out.json(jsonTree({ accepted }));
  else if (accepted.length === 0) context.out.print('The audit is sound: there is nothing to accept');
  else
    context.out.print(
      [
        `✓ Accepted ${counted(accepted.length, 'finding')}, on record in the audit:`,
        ...accepted.map((each) => `  ${findingText(each)}`),
      ].join('\n'),
    );
  return EXIT.done;
}
