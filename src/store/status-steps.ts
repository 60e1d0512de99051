import type { GuardedWrite } from './dialect.ts';
import { wordList } from './word-list.ts';

/** When a stored row may take another status: where the table of transitions has the step, or its `restorable` column, quoted here, says that status. */
export function statusSteps(
  { transitions, restorable }: GuardedWrite,
  row: { readonly alias: string; readonly status: string; readonly quote: (name: string) => string },
): readonly string[] {
  const { alias, status, quote } = row;
  return [
    transitions === null ? 'true' : `${alias}.status || '>' || ${status} IN ${wordList(transitions)}`,
    ...(restorable === null ? [] : [`${alias}.${quote(restorable)} = ${status}`]),
  ];
}
