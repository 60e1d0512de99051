import { describe } from '@jest/globals';
import { everyContract } from '../contract/every.contract.ts';
import { databricksStore } from '../support/warehouse-store.ts';
import { isStarted } from './start-warehouse.ts';

(isStarted() ? describe : describe.skip)('on Spark with Delta', () => {
  everyContract(databricksStore());
});
