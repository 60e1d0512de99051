import type { CyclePorts } from '../cycle/ports.ts';
import type { CliContext } from './context.ts';

/** Everything that a cycle touches, opened. */
export async function openCyclePorts(context: CliContext): Promise<CyclePorts> {
  const log = await context.log();
  const store = await context.store();
  return { store, source: await context.source(), plant: await context.plant(), log, monotonic: context.monotonic };
}

/** @throws AgentError usage that names, each with its line, every column that the source lacks. */
export async function requireColumns(context: CliContext): Promise<void> {
  const missing = await (await context.source()).missingColumns();
  if (missing.length === 0) return;
  const { findingsError } = await import('../config/source-findings.ts');
  throw findingsError(await context.configInput(), missing);
}
