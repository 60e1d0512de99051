import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@jest/globals';
import type { DeploymentWorkspace } from './deployment-workspace.ts';

/** What a deployment has made, but for the files. Things go by their names: the CLI makes them at once, and numbers are as it happens. */
export function made({ jobs, schemas, grants, permissions, dashboards, alerts, lakebase }: DeploymentWorkspace): unknown {
  const nameOf = (on: string) => {
    const [kind = '', id = ''] = on.split('/');
    return kind === 'jobs' ? `job ${String(jobs.get(Number(id))?.settings['name'])}` : kind;
  };
  return {
    jobs: Object.fromEntries([...jobs.values()].map((job) => [String(job.settings['name']), job])),
    schemas: Object.fromEntries(schemas),
    grants: Object.fromEntries(
      [...grants].map(([on, of]) => [on, Object.fromEntries([...of].map(([who, may]) => [who, [...may].toSorted()]))]),
    ),
    // What a dashboard shows and an alert asks has tests of its own; an etag counts how often it was written.
    dashboards: [...dashboards.values()].map(({ serialized_dashboard: _content, etag: _times, ...dashboard }) => dashboard),
    alerts: [...alerts.values()].map(({ query_text: _query, etag: _times, ...alert }) => alert),
    permissions: Object.fromEntries([...permissions].map(([on, list]) => [nameOf(on), list])),
    // Where the optional file is switched on alone.
    ...(lakebase.size > 0 && { lakebase: Object.fromEntries(lakebase) }),
  };
}

/** Sorted, so that the order in which the CLI makes things at once is none of the difference. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, of]) => [key, inOrder(of)]),
  );
}

/** `UPDATE_GOLDEN=1` writes down what it is now, to be read in the diff. */
export function expectGolden(name: string, value: unknown): void {
  const file = path.join(__dirname, 'golden', `${name}.json`);
  const text = `${JSON.stringify(inOrder(value), null, 2)}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text);
  expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(file, 'utf8')));
}
