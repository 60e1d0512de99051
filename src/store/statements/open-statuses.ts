import { isTerminal, RECOMMENDATION_TRANSITIONS, type RecommendationStatus } from '../../domain/transitions.ts';

const OPEN = (Object.keys(RECOMMENDATION_TRANSITIONS) as RecommendationStatus[]).filter((status) => !isTerminal(status)); // its own keys

/** What a family has at most one of: the unique index of the engines that have one says the same. */
export const ONE_OPEN_PER_FAMILY = { columns: ['equipment_id', 'issue_family'], statuses: OPEN };
export const OPEN_STATUSES = `(${OPEN.map((status) => `'${status}'`).join(', ')})`;
