import type { Settings } from '../../config/settings.ts';
import { notificationsFinding, rulesFinding, signingFinding, versionsFinding } from '../../domain/doctor-agent.ts';
import { type CheckName, type DoctorFinding, skipped } from '../../domain/doctor-finding.ts';
import type { AgentHealth } from '../../domain/health.ts';
import { SIGNING_KEY_VARIABLE } from '../../domain/key-ring.ts';
import type { Apart } from '../../store/open-store.ts';
import { SCHEMA_VERSION } from '../../store/schema-version.ts';
import { VERSION } from '../../version.ts';
import type { CliContext } from '../context.ts';
import { type AgentSeen, checkAgent, withoutAgent } from './agent-checks.ts';
import { checkConfiguration } from './configuration-checks.ts';
import { guarded } from './guarded.ts';
import { checkPlant } from './plant-checks.ts';
import { checkSource, type SourceChecked, withoutSource } from './source-checks.ts';
import { checkAccess, checkClock, type Reached, reachStore } from './store-checks.ts';
import { checkPolling, checkWarehouses } from './warehouse-checks.ts';

/** As package.json has it under `engines`. */
export const OLDEST_NODE = 20;
const AFTER_CONFIGURATION: readonly CheckName[] = [
  'rules',
  'signing',
  'store',
  'schema',
  'access',
  'clock',
  'source',
  'readings',
  'equipment',
  'plant',
  'controls',
  'lease',
  'heartbeat',
  'errors',
];

/** Everything between the agent and a working loop, in the order in which it is needed. Changes nothing, and starts no cycle. */
export async function checkUp(context: CliContext): Promise<readonly DoctorFinding[]> {
  const { settings, findings } = await checkConfiguration(context);
  if (settings === null) {
    const rest = AFTER_CONFIGURATION.map((check) => skipped(check, 'the configuration does not load'));
    return [...findings, ...rest, versions(undefined)];
  }
  const { openApart } = await import('../../store/open-store.ts');
  const databases = openApart(settings, { signal: context.interruption.signal, log: await context.log() });
  try {
    return [...findings, ...(await look(context, settings, databases))];
  } finally {
    await databases.close().catch(() => undefined);
  }
}

async function look(context: CliContext, settings: Settings, databases: Apart): Promise<readonly DoctorFinding[]> {
  const warehouses = await checkWarehouses(context, settings);
  const reached = await reachStore(() => databases.store(), settings);
  const own = await ownChecks(reached);
  const agent = await agentOf(reached, settings);
  const source = await sourceOf(context, settings, databases, { reached, agent });
  const notifications = await notificationsOf(reached, settings, databases);
  const plant = await guarded('plant', () => checkPlant(context, settings, source.equipmentIds));
  return [
    rulesFinding(settings.rulesHash, agent.health),
    signingFinding(settings.signingKeys, agent.signing, SIGNING_KEY_VARIABLE),
    ...warehouses.map(({ finding }) => finding),
    ...reached.findings,
    ...own,
    ...source.findings,
    ...plant,
    ...agent.findings,
    ...notifications,
    ...checkPolling(warehouses, settings, agent.health),
    versions(agent.health),
  ];
}

/** Why the checks that ask the store cannot be made; null where they can. */
function hindrance({ store, areTablesThere }: Reached): string | null {
  if (store === null) return 'the store is not reachable';
  return areTablesThere ? null : 'the tables are not set up';
}

async function ownChecks(reached: Reached): Promise<readonly DoctorFinding[]> {
  const { store } = reached;
  const why = hindrance(reached);
  if (store === null || why !== null) {
    const first = store === null ? [skipped('schema', why ?? '')] : [];
    return [...first, skipped('access', why ?? ''), skipped('clock', why ?? '')];
  }
  return [...(await guarded('access', () => checkAccess(store))), ...(await guarded('clock', () => checkClock(store)))];
}

async function agentOf(reached: Reached, settings: Settings): Promise<AgentSeen> {
  const why = hindrance(reached);
  return reached.store === null || why !== null ? withoutAgent(why ?? '') : checkAgent(reached.store, settings);
}

/** Nothing where nobody is to be told. */
async function notificationsOf(reached: Reached, { agentId, notify }: Settings, databases: Apart): Promise<readonly DoctorFinding[]> {
  if (notify.rules.length === 0) return [];
  const why = hindrance(reached);
  if (why !== null) return [skipped('notifications', why)];
  return guarded('notifications', async () => [notificationsFinding(await (await databases.outbox()).readFigures(agentId))]);
}

/** Readings in a database of their own are looked at whatever became of the store. */
function sourceOf(
  context: CliContext,
  settings: Settings,
  databases: Apart,
  { reached, agent }: { readonly reached: Reached; readonly agent: AgentSeen },
): Promise<SourceChecked> {
  if (settings.sourceDatabase === null && reached.store === null) {
    const why = 'the store is not reachable';
    return Promise.resolve({ findings: [skipped('source', why), ...withoutSource(why)], equipmentIds: null });
  }
  return checkSource(() => databases.source(), settings, context, agent.now ?? Date.now());
}

function versions(health: AgentHealth | undefined): DoctorFinding {
  const build = { version: VERSION, schemaVersion: SCHEMA_VERSION, node: process.versions.node, oldestNode: OLDEST_NODE };
  return versionsFinding(build, health);
}
