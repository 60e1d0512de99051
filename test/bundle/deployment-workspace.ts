import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type DashboardsAndAlerts, dashboardsAndAlerts } from './dashboards-and-alerts.ts';
import { type Jobs, workspaceJobs } from './jobs.ts';
import { type LakebaseProjects, lakebaseProjects } from './lakebase-projects.ts';
import { type Permissions, permissions } from './permissions.ts';
import { serve } from '../support/rest-server.ts';
import { workspaceSecrets, type WorkspaceSecrets } from '../support/workspace-secrets.ts';
import { runPythonTask } from './task-process.ts';
import { type UnityCatalog, unityCatalog } from './unity-catalog.ts';
import { type WorkspaceFiles, workspaceFiles } from './workspace-files.ts';

/** Whoever deploys: a person, or a service principal by its application id. */
export const PERSON = 'ada@example.com';
export const PRINCIPAL = '2f1c9a3e-5b7d-4c5d-9e8f-7a6b5c4d3e2f';

export interface DeploymentWorkspace {
  readonly url: string;
  readonly jobs: Jobs['jobs'];
  readonly newestLog: Jobs['newestLog'];
  readonly files: WorkspaceFiles['files'];
  readonly folders: WorkspaceFiles['folders'];
  /** Writes all files below a folder, as a job sees them under /Workspace. */
  readonly mountAt: (folder: string) => void;
  readonly schemas: UnityCatalog['schemas'];
  readonly grants: UnityCatalog['grants'];
  readonly permissions: Permissions['set'];
  readonly secretsFor: WorkspaceSecrets['allowed'];
  readonly secretAt: WorkspaceSecrets['at'];
  readonly dashboards: DashboardsAndAlerts['dashboards'];
  readonly alerts: DashboardsAndAlerts['alerts'];
  readonly lakebase: LakebaseProjects['lakebase'];
  readonly purged: LakebaseProjects['purged'];
  /** What was asked for that this fake does not have. */
  readonly unanswered: readonly string[];
  stop(): Promise<void>;
}

const WAREHOUSES = [{ id: '1234567890abcdef', name: 'Serverless Starter Warehouse', state: 'STOPPED' }];

/** The one secret that there is by itself. */
export const SECRET = { scope: 'plant', key: 'signing-key', value: 'of-the-tests:0123456789abcdef0123456789abcdef' };
/** That of the login of a job, and of whoever deploys. */
export const TOKEN = 'dapi-of-a-fake';

/** A workspace of Databricks as far as the CLI needs one for this bundle: it keeps what it is given, and really executes the tasks of a run. */
export async function startDeploymentWorkspace(me: string, { hasSecret = true } = {}): Promise<DeploymentWorkspace> {
  let url = '';
  const home = mkdtempSync(path.join(tmpdir(), 'ops-agent-workspace-'));
  const kept = workspaceFiles(`/Workspace/Users/${me}`);
  const catalog = unityCatalog(me);
  const allowed = permissions();
  const shown = dashboardsAndAlerts();
  const databases = lakebaseProjects();
  const hidden = workspaceSecrets(hasSecret ? { [`${SECRET.scope}/${SECRET.key}`]: SECRET.value } : {});
  const {
    jobs,
    newestLog,
    routes: ofJobs,
  } = workspaceJobs(me, (asked) => {
    const mount = mkdtempSync(path.join(home, 'run-'));
    kept.mountAt(mount);
    // Nothing of whoever runs the tests, and no way to a Node but that of the job's own packages.
    const login = { DATABRICKS_HOST: url, DATABRICKS_TOKEN: TOKEN };
    const environment = { PATH: '/nowhere', HOME: mount, DATABRICKS_RUNTIME_VERSION: 'client.3.0', ...login };
    return runPythonTask(asked, mount, environment).catch((thrown: unknown) => ({ log: String(thrown), error: String(thrown) }));
  });
  const server = await serve({
    'GET /.well-known/databricks-config': () => ({ oidc_endpoint: `${url}/oidc`, account_id: '', workspace_id: '900800700600' }),
    'GET /api/2.0/preview/scim/v2/Me': () => ({ id: '1', userName: me, active: true }),
    'POST /telemetry-ext': () => ({ errors: [], numProtoSuccess: 1 }),
    'GET /api/2.0/sql/warehouses': () => ({ warehouses: WAREHOUSES }),
    'POST /api/2.0/preview/scim/v2/ServicePrincipals': ({ json }) => ({ ...json, id: '2', applicationId: PRINCIPAL }),
    ...kept.routes,
    ...ofJobs,
    ...catalog.routes,
    ...allowed.routes,
    ...shown.routes,
    ...databases.routes,
    ...hidden.routes,
  });
  url = server.url;
  return {
    url,
    jobs,
    newestLog,
    files: kept.files,
    folders: kept.folders,
    mountAt: (folder) => kept.mountAt(folder),
    schemas: catalog.schemas,
    grants: catalog.grants,
    permissions: allowed.set,
    secretsFor: hidden.allowed,
    secretAt: hidden.at,
    dashboards: shown.dashboards,
    alerts: shown.alerts,
    lakebase: databases.lakebase,
    purged: databases.purged,
    unanswered: server.unanswered,
    stop: async () => {
      await server.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
