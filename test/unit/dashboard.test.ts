import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { OPEN_STATUSES, UNDECIDED_STATUSES } from '../../src/domain/transitions.ts';
import { ALL_TABLES } from '../../src/store/tables.ts';
import { alertQuery, type AlertFile, encodingsOf, readDashboard, readJob, sqlOf } from '../support/dashboard.ts';

const dashboard = readDashboard();
const placed = dashboard.pages.flatMap(({ layout }) => layout);
const widgets = placed.map(({ widget }) => widget);
const datasets = new Map(dashboard.datasets.map((dataset) => [dataset.name, sqlOf(dataset)]));

/** The tables behind FROM and JOIN, without what the query names itself. */
function tablesIn(sql: string): readonly string[] {
  const own = new Set([...sql.matchAll(/(\w+) AS \(/g)].map(([, name]) => name));
  return [...sql.matchAll(/\b(?:FROM|JOIN)\s+([\w.`]+)/g)].flatMap(([, name = '']) => (own.has(name) || name === 'VALUES' ? [] : [name]));
}

const sorted = (statuses: readonly string[]) => statuses.toSorted().join();
/** What judges, without what is made of it. */
const upTo = (text: string) => text.slice(0, text.indexOf('SELECT agent_id AS agent'));

describe('the dashboard', () => {
  test.each(widgets.map((widget) => [widget.name, widget] as const))(
    'the widget %s shows fields that its dataset’s query names',
    (_name, widget) => {
      expect(widget.queries).toHaveLength(1);
      const [{ name, query } = { name: '', query: { datasetName: '', fields: [], disaggregated: false } }] = widget.queries;
      expect([name, query.disaggregated]).toEqual(['main_query', true]);
      const sql = datasets.get(query.datasetName) ?? '';
      const fields = query.fields.map((field) => field.name);
      expect(query.fields.map(({ expression }) => expression)).toEqual(fields.map((field) => `\`${field}\``));
      for (const field of fields) expect(sql).toMatch(new RegExp(`\\bAS ${field}\\b|\\(${field}|, ${field}\\)`));
      expect(
        encodingsOf(widget)
          .map(({ fieldName }) => fieldName)
          .filter((field) => !fields.includes(field)),
      ).toEqual([]);
    },
  );

  test('names each thing once, and shows what every query asks for', () => {
    for (const names of [dashboard.datasets, dashboard.pages, widgets].map((things) => things.map(({ name }) => name)))
      expect(new Set(names).size).toBe(names.length);
    expect(new Set(widgets.map(({ queries }) => queries[0]?.query.datasetName))).toEqual(new Set(datasets.keys()));
  });

  test('has widgets of the kinds and versions that are published', () => {
    const versions = { counter: 2, table: 2, bar: 3, line: 3 };
    for (const { spec } of widgets) expect([spec.widgetType, spec.version]).toEqual([spec.widgetType, versions[spec.widgetType]]);
  });

  test('puts no widget over another one or beyond its six columns', () => {
    for (const { layout } of dashboard.pages) {
      const cells = layout.flatMap(({ position: { x, y, width, height } }) =>
        Array.from({ length: width * height }, (_, cell) => `${x + (cell % width)}, ${y + Math.floor(cell / width)}`),
      );
      expect(new Set(cells).size).toBe(cells.length);
      expect(Math.max(...layout.map(({ position: { x, width } }) => x + width))).toBeLessThanOrEqual(6);
    }
  });

  test('asks the agent’s tables alone, by names without a catalog or a schema', () => {
    const known = ALL_TABLES.map(({ name }) => name);
    for (const sql of datasets.values()) {
      expect(tablesIn(sql)).not.toEqual([]);
      expect(tablesIn(sql).filter((name) => !known.includes(name))).toEqual([]);
    }
  });

  test('takes for open and for undecided what the domain does', () => {
    const lists = [...datasets.values()].flatMap((sql) =>
      [...sql.matchAll(/status IN \(([^)]*'pending'[^)]*)\)/g)].map(([, list = '']) => list),
    );
    const named = new Set(lists.map((list) => sorted([...list.matchAll(/'(\w+)'/g)].map(([, status = '']) => status))));
    expect(named).toEqual(new Set([sorted(OPEN_STATUSES), sorted(UNDECIDED_STATUSES)]));
  });

  test('is deployed from its file, with the place of its tables from the bundle’s variables', () => {
    const file = readJob('dashboard.yml');
    expect(file).toMatchObject({
      resources: {
        dashboards: {
          ops_agent_dashboard: {
            dataset_catalog: '${var.catalog}',
            dataset_schema: '${resources.schemas.ops_agent.name}',
            embed_credentials: false,
          },
        },
      },
    });
    const { resources } = file as { resources: { dashboards: { ops_agent_dashboard: { file_path: string } } } }; // asserted above
    expect(existsSync(path.resolve(__dirname, '../../jobs', resources.dashboards.ops_agent_dashboard.file_path))).toBe(true);
  });
});

describe('the alert', () => {
  const given = { catalog: 'plant', name: 'ops_agent' };

  test('judges by the dashboard’s own words, of the tables that the bundle’s variables name', () => {
    const sql = alertQuery(given);
    expect(sql).toContain('JOIN `plant`.`ops_agent`.agent_health h');
    const shown = datasets.get('agent') ?? '';
    expect(upTo(sql).replace('`plant`.`ops_agent`.', '')).toBe(upTo(shown));
    expect(upTo(shown).length).toBeGreaterThan(1000);
  });

  test('goes off by a column that its query has, and where there is no row', () => {
    const { resources, variables } = readJob('alert.yml') as AlertFile; // asserted here
    const { evaluation } = resources.alerts.ops_agent_heartbeat;
    expect(evaluation).toMatchObject({
      source: { name: 'unhealthy', aggregation: 'MAX' },
      comparison_operator: 'GREATER_THAN',
      threshold: { value: { double_value: 0 } },
      empty_result_state: 'TRIGGERED',
    });
    expect(alertQuery(given)).toMatch(/END AS unhealthy,/);
    const used = [...JSON.stringify(resources).matchAll(/\$\{var\.(\w+)\}/g)].map(([, name]) => name);
    expect(new Set(used)).toEqual(new Set([...Object.keys(variables), 'catalog', 'pause_status', 'warehouse_id']));
  });
});
