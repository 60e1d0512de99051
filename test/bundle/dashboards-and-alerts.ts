import { type Json, listOf, objectOf } from '../support/json.ts';
import { notFound, type Routes } from '../support/rest-server.ts';

export interface DashboardsAndAlerts {
  readonly routes: Routes;
  readonly dashboards: ReadonlyMap<string, Json>;
  readonly alerts: ReadonlyMap<string, Json>;
}

/** Things that are made with a POST, changed with a PATCH and have an id that the service gives. */
function keptAt(path: string, idKey: string, complete: (asked: Json, query: URLSearchParams) => Json) {
  const kept = new Map<string, Json>();
  let written = 0;
  const at = (id: string) => {
    const one = kept.get(id);
    if (one === undefined) throw notFound(`${path}/${id}`);
    return one;
  };
  const keep = (id: string, asked: Json, query: URLSearchParams) => {
    written += 1;
    kept.set(id, { ...complete(asked, query), [idKey]: id, etag: String(written), lifecycle_state: 'ACTIVE' });
    return at(id);
  };
  const routes: Routes = {
    [`POST ${path}`]: ({ json, query }) => keep(`${idKey}-${written + 1}`, json, query),
    [`GET ${path}/{id}`]: ({ in: { id = '' } }) => at(id),
    [`PATCH ${path}/{id}`]: ({ in: { id = '' }, json, query }) => keep(id, { ...at(id), ...json }, query),
    [`DELETE ${path}/{id}`]: ({ in: { id = '' } }) => {
      at(id);
      kept.delete(id);
    },
  };
  return { kept, at, routes };
}

/** With what is added to each of the objects of a list. */
const eachWith = (list: unknown, added: Json) => listOf(list).map((one) => ({ ...one, ...added }));

/** The service puts catalog and schema into each dataset, and a type of its own into each page. */
function serialized(text: unknown, query: URLSearchParams): string {
  const content = objectOf(JSON.parse(String(text)));
  const datasets = eachWith(content['datasets'], { catalog: query.get('dataset_catalog'), schema: query.get('dataset_schema') });
  return `${JSON.stringify({ ...content, datasets, pages: eachWith(content['pages'], { pageType: 'PAGE_TYPE_CANVAS' }) })}\n`;
}

export function dashboardsAndAlerts(): DashboardsAndAlerts {
  const dashboards = keptAt('/api/2.0/lakeview/dashboards', 'dashboard_id', (asked, query) => ({
    ...asked,
    parent_path: String(asked['parent_path']).replace(/^\/Workspace/, ''),
    serialized_dashboard: serialized(asked['serialized_dashboard'], query),
  }));
  const alerts = keptAt('/api/2.0/alerts', 'id', (asked) => asked);
  const published = new Map<string, Json>();
  return {
    dashboards: dashboards.kept,
    alerts: alerts.kept,
    routes: {
      ...dashboards.routes,
      ...alerts.routes,
      'POST /api/2.0/lakeview/dashboards/{id}/published': ({ in: { id = '' }, json }) => {
        published.set(id, { ...json, display_name: dashboards.at(id)['display_name'] });
        return published.get(id);
      },
      'GET /api/2.0/lakeview/dashboards/{id}/published': ({ in: { id = '' } }) => {
        if (!published.has(id)) throw notFound(`The published dashboard ${id}`);
        return published.get(id);
      },
      'DELETE /api/2.0/lakeview/dashboards/{id}/published': ({ in: { id = '' } }) => void published.delete(id),
    },
  };
}
