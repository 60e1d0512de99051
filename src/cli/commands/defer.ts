import { AgentError } from '../../domain/errors.ts';
import { isoOf } from '../../domain/instant.ts';
import type { CliContext } from '../context.ts';
import { decide, type DecisionOptions } from '../decide.ts';
import { endTimeOf, type EndOptions } from '../end-time.ts';
import { EXIT } from '../exit-codes.ts';
import { shortId } from '../find-recommendation.ts';
import { plain } from '../output.ts';

export interface DeferOptions extends DecisionOptions, EndOptions {
  readonly reason?: string;
}

export async function run(context: CliContext, options: DeferOptions): Promise<number> {
  if (options.until === undefined && options.for === undefined)
    throw new AgentError('usage', 'a deferral needs an end', 'give it with --for or --until, for instance --for 1h');
  const { now } = await (await context.store()).readControls();
  const until = await endTimeOf(options, now);
  if (until === null) throw new AgentError('bug', 'a deferral without an end got past its check');
  const reason = options.reason?.trim() ?? '';
  const { row, person } = await decide(context, options, 'defer', () => ({ kind: 'defer', until, reason: reason === '' ? null : reason }));
  context.out.print(
    `✓ Deferred ${shortId(row.recommendationId)} for ${plain(row.equipmentId)} by ${plain(person.by)} until ${isoOf(until)}`,
  );
  return EXIT.done;
}
