import { performance } from 'node:perf_hooks';
import type { Settings } from '../../config/settings.ts';
import { clockFinding } from '../../domain/doctor-clock.ts';
import { type DoctorFinding, failed, ok } from '../../domain/doctor-finding.ts';
import { SECOND_MS } from '../../domain/instant.ts';
import type { SchemaReport } from '../../ports/schema-store.ts';
import type { Store } from '../../ports/store.ts';
import { SCHEMA_VERSION } from '../../store/schema-version.ts';
import { schemaFailure } from '../schema-failure.ts';
import { failure } from './guarded.ts';

/** What the other checks go on from. */
export interface Reached {
  /** Null where the store cannot be asked. */
  readonly store: Store | null;
  /** Whether the tables are such that they can be read. */
  readonly areTablesThere: boolean;
  readonly findings: readonly DoctorFinding[];
}

/** Opens the store and asks it for the first time, which waits for a warehouse that is stopped. */
export async function reachStore(open: () => Promise<Store>, { agentId }: Settings): Promise<Reached> {
  try {
    const began = performance.now();
    const store = await open();
    const report = await store.checkSchema(agentId);
    const seconds = (performance.now() - began) / SECOND_MS;
    const reached = ok('store', `${store.description}, answered within ${seconds.toFixed(1)} s`, { answered_s: seconds });
    const areTablesThere = report.state === 'up_to_date' || report.state === 'drifted';
    return { store, areTablesThere, findings: [reached, schemaFinding(report)] };
  } catch (thrown) {
    return { store: null, areTablesThere: false, findings: [failure('store', thrown)] };
  }
}

/** As `setup --check` has it. */
function schemaFinding(report: SchemaReport): DoctorFinding {
  const { state } = report;
  if (state === 'up_to_date') return ok('schema', `up to date (version ${SCHEMA_VERSION})`, { state });
  return failed('schema', schemaFailure(report), { state });
}

/** What the agent may do, tried and not looked up. */
export async function checkAccess(store: Store): Promise<readonly DoctorFinding[]> {
  const checks = await store.checkAccess();
  const refused = checks.flatMap(({ what, refusal }) => (refusal === null ? [] : [{ what, refusal }]));
  const facts = { tried: checks.map(({ what }) => what).join(', '), refused: refused.map(({ what }) => what).join(', ') };
  const [first] = refused;
  if (first === undefined) return [ok('access', `all that a cycle needs (${checks.length} tried)`, facts)];
  const { code, message, remedy } = first.refusal;
  const isGrant = code === 'unauthorised';
  return [
    failed(
      'access',
      {
        code,
        message: `not allowed: ${refused.map(({ what }) => what).join(', ')} (${message})`,
        remedy: isGrant ? 'have it granted; the statements: ops-agent setup --print-sql --roles' : remedy,
      },
      facts,
    ),
  ];
}

/** One statement between two looks at a clock that nobody sets meanwhile. */
export async function checkClock(store: Store): Promise<readonly DoctorFinding[]> {
  const sentAt = Date.now();
  const began = performance.now();
  const { now: storeNow } = await store.readControls();
  return [clockFinding({ sentAt, answeredAt: sentAt + (performance.now() - began), storeNow })];
}
