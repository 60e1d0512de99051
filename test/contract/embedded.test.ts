import { embeddedStore } from '../support/stores.ts';
import { everyContract } from './every.contract.ts';

everyContract(embeddedStore('package'));
