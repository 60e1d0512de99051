import { actionsFrom } from '../domain/audit-copy.ts';
import { type Claim, type Conflict, conflictsOf } from '../domain/conflicts.ts';
import type { Recommendation } from '../domain/recommendation.ts';
import { OPEN_STATUSES } from '../domain/transitions.ts';
import type { OperatorStore } from '../ports/operator-store.ts';

/** More than one agent can have open. */
const MOST_OPEN = 100_000;

function claimOf({ recommendationId, equipmentId, status, actions }: Recommendation): Claim {
  return { recommendationId, equipmentId, status, actions: actionsFrom(actions) };
}

/** For each of these rows the open recommendations that exclude it; one statement, whichever rows are shown. */
export async function openConflicts(
  store: OperatorStore,
  rows: readonly Recommendation[],
  equipmentId: string | null,
): Promise<ReadonlyMap<string, readonly Conflict[]>> {
  const open = await store.listRecommendations({ statuses: OPEN_STATUSES, equipmentId, limit: MOST_OPEN });
  const byEquipment = new Map<string, Claim[]>();
  for (const claim of open.map(claimOf)) {
    const claims = byEquipment.get(claim.equipmentId);
    if (claims) claims.push(claim);
    else byEquipment.set(claim.equipmentId, [claim]);
  }
  return new Map(rows.map((row) => [row.recommendationId, conflictsOf(claimOf(row), byEquipment.get(row.equipmentId) ?? [])]));
}

/** The ids alone, as `--json` has them. */
export function idsOf(conflicts: readonly Conflict[] | undefined): readonly string[] {
  return (conflicts ?? []).map((conflict) => conflict.with.recommendationId);
}
