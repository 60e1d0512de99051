import { APPROVED_STATUSES, OPEN_COMMAND_STATUSES, OPEN_STATUSES, UNDECIDED_STATUSES } from '../../domain/transitions.ts';
import { wordList } from '../word-list.ts';

/** What a family has at most one of: the unique index of the engines that have one says the same. */
export const ONE_OPEN_PER_FAMILY = { columns: ['equipment_id', 'issue_family'], statuses: OPEN_STATUSES };
export const OPEN = wordList(OPEN_STATUSES);
export const UNDECIDED = wordList(UNDECIDED_STATUSES);
export const APPROVED = wordList(APPROVED_STATUSES);
export const OPEN_COMMANDS = wordList(OPEN_COMMAND_STATUSES);
