import { describe } from '@jest/globals';
import type { StoreUnderTest } from '../support/stores.ts';
import { auditContract } from './audit.contract.ts';
import { auditAcceptedExtentContract } from './audit-accepted-extent.contract.ts';
import { auditAcceptedPrunedContract } from './audit-accepted-pruned.contract.ts';
import { auditAcceptedContract } from './audit-accepted.contract.ts';
import { auditOddRowsContract } from './audit-odd-rows.contract.ts';
import { auditPlacesContract } from './audit-places.contract.ts';
import { auditSignaturesContract } from './audit-signatures.contract.ts';
import { columnsContract } from './columns.contract.ts';
import { cycleContract } from './cycle.contract.ts';
import { detectPropertyContract } from './detect-property.contract.ts';
import { effectsContract } from './effects.contract.ts';
import { feedContract } from './feed.contract.ts';
import { finerTimesContract } from './finer-times.contract.ts';
import { guardsContract } from './guards.contract.ts';
import { notificationsContract } from './notifications.contract.ts';
import { operatorsContract } from './operators.contract.ts';
import { outcomesContract } from './outcomes.contract.ts';
import { pruneContract } from './prune.contract.ts';
import { rulesInForceContract } from './rules-in-force.contract.ts';
import { queueContract } from './queue.contract.ts';
import { schemaContract } from './schema.contract.ts';
import { sessionsContract } from './sessions.contract.ts';
import { sensorsContract } from './sensors.contract.ts';
import { sensorsPropertyContract } from './sensors-property.contract.ts';
import { sourceContract } from './source.contract.ts';
import { sourceExamplesContract } from './source-examples.contract.ts';
import { sourceTablesContract } from './source-tables.contract.ts';
import { specifiedSqlContract } from './specified-sql.contract.ts';
import { sqlValuesContract } from './sql-values.contract.ts';
import { transitionsContract } from './transitions.contract.ts';
import { workOrdersContract } from './work-orders.contract.ts';

const CONTRACTS = {
  schema: schemaContract,
  specifiedSql: specifiedSqlContract,
  sqlValues: sqlValuesContract,
  columns: columnsContract,
  audit: auditContract,
  auditSignatures: auditSignaturesContract,
  auditAccepted: auditAcceptedContract,
  auditAcceptedExtent: auditAcceptedExtentContract,
  auditAcceptedPruned: auditAcceptedPrunedContract,
  auditPlaces: auditPlacesContract,
  auditOddRows: auditOddRowsContract,
  prune: pruneContract,
  feed: feedContract,
  guards: guardsContract,
  transitions: transitionsContract,
  cycle: cycleContract,
  operators: operatorsContract,
  outcomes: outcomesContract,
  notifications: notificationsContract,
  queue: queueContract,
  sessions: sessionsContract,
  workOrders: workOrdersContract,
  source: sourceContract,
  effects: effectsContract,
  sensors: sensorsContract,
  sensorsProperty: sensorsPropertyContract,
  rulesInForce: rulesInForceContract,
  sourceTables: sourceTablesContract,
  finerTimes: finerTimesContract,
  sourceExamples: sourceExamplesContract,
  detectProperty: detectPropertyContract,
} as const;

export type ContractName = keyof typeof CONTRACTS;
/** In the order in which they are played. */
export const CONTRACT_NAMES = Object.keys(CONTRACTS) as readonly ContractName[]; // the object's own keys

/** What every store keeps, whatever its engine. */
export function everyContract(under: StoreUnderTest, names: readonly ContractName[] = CONTRACT_NAMES): void {
  describe(`${under.name}:`, () => {
    for (const name of names) CONTRACTS[name](under);
  });
}
