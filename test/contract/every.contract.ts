import { describe } from '@jest/globals';
import type { StoreUnderTest } from '../support/stores.ts';
import { auditContract } from './audit.contract.ts';
import { auditAcceptedContract } from './audit-accepted.contract.ts';
import { auditPlacesContract } from './audit-places.contract.ts';
import { auditSignaturesContract } from './audit-signatures.contract.ts';
import { columnsContract } from './columns.contract.ts';
import { cycleContract } from './cycle.contract.ts';
import { detectPropertyContract } from './detect-property.contract.ts';
import { effectsContract } from './effects.contract.ts';
import { feedContract } from './feed.contract.ts';
import { guardsContract } from './guards.contract.ts';
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
import { transitionsContract } from './transitions.contract.ts';
import { workOrdersContract } from './work-orders.contract.ts';

/** What every store keeps, whatever its engine. */
export function everyContract(under: StoreUnderTest): void {
  describe(`${under.name}:`, () => {
    schemaContract(under);
    specifiedSqlContract(under);
    columnsContract(under);
    auditContract(under);
    auditSignaturesContract(under);
    auditAcceptedContract(under);
    auditPlacesContract(under);
    pruneContract(under);
    feedContract(under);
    guardsContract(under);
    transitionsContract(under);
    cycleContract(under);
    operatorsContract(under);
    outcomesContract(under);
    queueContract(under);
    sessionsContract(under);
    workOrdersContract(under);
    sourceContract(under);
    effectsContract(under);
    sensorsContract(under);
    sensorsPropertyContract(under);
    rulesInForceContract(under);
    sourceTablesContract(under);
    sourceExamplesContract(under);
    detectPropertyContract(under);
  });
}
