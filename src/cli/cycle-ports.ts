import type { CyclePorts } from '../cycle/ports.ts';
import { AgentError } from '../domain/errors.ts';
import type { Source } from '../ports/source.ts';
import type { CliContext } from './context.ts';

/** Everything that a cycle touches, opened. */
export async function openCyclePorts(context: CliContext): Promise<CyclePorts> {
  const log = await context.log();
  const store = await context.store();
  return { store, source: await context.source(), plant: await context.plant(), log, monotonic: context.monotonic };
}

/** @throws AgentError usage that names the columns which the source lacks */
export async function requireColumns(source: Source, table: string): Promise<void> {
  const missing = await source.missingColumns();
  if (missing.length === 0) return;
  const names = missing.map((column) => `'${column}'`).join(', ');
  const what = missing.length === 1 ? `column ${names}` : `columns ${names}`;
  throw new AgentError('usage', `source table ${table} lacks the ${what}`, 'correct source.columns, or add what is missing to the table');
}
