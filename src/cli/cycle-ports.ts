import type { CyclePorts } from '../cycle/ports.ts';
import type { CliContext } from './context.ts';

/** Everything that a cycle touches, opened. */
export async function openCyclePorts(context: CliContext): Promise<CyclePorts> {
  const log = await context.log();
  const store = await context.store();
  return { store, source: await context.source(), plant: await context.plant(), log, monotonic: context.monotonic };
}

/** @throws AgentError usage that names, each with its line, every column that the source lacks, or has as what no cycle can read. */
export async function requireColumns(context: CliContext): Promise<void> {
  const unusable = await (await context.source()).unusableColumns();
  if (unusable.length === 0) return;
  const { findingsError } = await import('../config/source-findings.ts');
  throw findingsError(await context.configInput(), unusable);
}
