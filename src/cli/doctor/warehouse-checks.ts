import type { Settings, WarehouseDatabase } from '../../config/settings.ts';
import { about, type DoctorFinding, skipped } from '../../domain/doctor-finding.ts';
import { pollingFinding, warehouseFinding } from '../../domain/doctor-warehouse.ts';
import { asAgentError } from '../../domain/errors.ts';
import type { AgentHealth } from '../../domain/health.ts';
import { SECOND_MS } from '../../domain/instant.ts';
import type { WarehouseFacts } from '../../domain/warehouse-polling.ts';
import type { CliContext } from '../context.ts';

/** One warehouse, and what is known of it. */
export interface WarehouseSeen {
  readonly httpPath: string;
  /** Null where the workspace did not say. */
  readonly facts: WarehouseFacts | null;
  readonly finding: DoctorFinding;
}

/** Each warehouse that a cycle asks, before anything else does: a statement would start it. None where all is in files. */
export async function checkWarehouses(context: CliContext, { store, sourceDatabase }: Settings): Promise<readonly WarehouseSeen[]> {
  const seen: WarehouseSeen[] = [];
  for (const database of [store, sourceDatabase]) {
    if (database?.kind !== 'databricks') continue;
    const subject = `${database.host}${database.httpPath}`;
    if (!seen.some(({ finding }) => finding.subject === subject)) seen.push(await look(context, database, subject));
  }
  return seen;
}

async function look(context: CliContext, database: WarehouseDatabase, subject: string): Promise<WarehouseSeen> {
  const { httpPath } = database;
  try {
    const { warehouseFacts } = await import('../../store/databricks/warehouse-facts.ts');
    const facts = await warehouseFacts(database, await context.log());
    return { httpPath, facts, finding: about(subject, warehouseFinding(facts)) };
  } catch (thrown) {
    // SQL alone does not tell it, and a cycle does not need it: whether the warehouse answers is the store's check.
    const found = `not known: state, size and auto-stop (${asAgentError(thrown).message})`;
    return { httpPath, facts: null, finding: about(subject, skipped('warehouse', found)) };
  }
}

/** What the configured interval costs on each of them. */
export function checkPolling(
  warehouses: readonly WarehouseSeen[],
  { poll }: Settings,
  health: AgentHealth | undefined,
): readonly DoctorFinding[] {
  const lastMs = health?.lastCycleMs ?? null;
  const cycleSeconds = lastMs === null ? null : lastMs / SECOND_MS;
  return warehouses.map(({ facts, finding }) => {
    const polling = pollingFinding(poll.intervalSeconds, cycleSeconds, facts);
    return finding.subject === null ? polling : about(finding.subject, polling);
  });
}
