import { CONTRACT_NAMES, type ContractName, everyContract } from '../contract/every.contract.ts';
import { databricksStore } from '../support/warehouse-store.ts';
import { onWarehouse } from './on-warehouse.ts';

/** What only the engine can tell: which writes it lets through, and what its SQL makes of ours. The whole contract takes Spark hours. */
const ALWAYS: readonly ContractName[] = ['effects', 'transitions'];
const ASKED = process.env['WAREHOUSE_CONTRACT'];

function chosen(): readonly ContractName[] {
  if (ASKED === undefined || ASKED === '') return ALWAYS;
  if (ASKED === 'all') return CONTRACT_NAMES;
  const names = ASKED.split(',');
  const unknown = names.filter((name) => !CONTRACT_NAMES.some((known) => known === name));
  if (unknown.length > 0)
    throw new Error(`WAREHOUSE_CONTRACT: no contract is called ${unknown.join(', ')}; there are ${CONTRACT_NAMES.join(', ')}`);
  return CONTRACT_NAMES.filter((name) => names.includes(name));
}

onWarehouse('on Spark with Delta', () => {
  everyContract(databricksStore(), chosen());
});
