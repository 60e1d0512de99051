import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

const JOBS = path.resolve(__dirname, '../../jobs');

export interface Dataset {
  readonly name: string;
  readonly displayName: string;
  readonly queryLines: readonly string[];
}

export interface Encoding {
  readonly fieldName: string;
  readonly displayName: string;
  readonly scale?: {
    readonly type: 'categorical' | 'quantitative' | 'temporal';
    readonly sort?: { readonly by: string; readonly orderedValues: readonly string[] };
    readonly mappings?: readonly { readonly value: string; readonly color: string }[];
  };
}

interface Framed {
  readonly frame: { readonly title: string; readonly description?: string };
}
export interface Counter extends Framed {
  readonly widgetType: 'counter';
  readonly version: 2;
  readonly encodings: { readonly value: Encoding };
}
export interface TableSpec extends Framed {
  readonly widgetType: 'table';
  readonly version: 2;
  readonly encodings: { readonly columns: readonly Encoding[] };
}
export interface Chart extends Framed {
  readonly widgetType: 'bar' | 'line';
  readonly version: 3;
  readonly encodings: { readonly x: Encoding; readonly y: Encoding; readonly color: Encoding };
}
export type Spec = Counter | TableSpec | Chart;

export interface Widget {
  readonly name: string;
  readonly queries: readonly {
    readonly name: string;
    readonly query: {
      readonly datasetName: string;
      readonly fields: readonly { readonly name: string; readonly expression: string }[];
      readonly disaggregated: boolean;
    };
  }[];
  readonly spec: Spec;
}

export interface Placed {
  readonly widget: Widget;
  readonly position: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

export interface Dashboard {
  readonly datasets: readonly Dataset[];
  readonly pages: readonly { readonly name: string; readonly displayName: string; readonly layout: readonly Placed[] }[];
}

export type Row = Readonly<Record<string, unknown>>;

/** The dashboard as the bundle deploys it. */
export function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(path.join(JOBS, 'ops-agent.lvdash.json'), 'utf8')) as Dashboard; // our own file, whose shape the test of it asserts
}

/** What stands in one of the bundle's files. */
export function readJob(name: string): unknown {
  return parse(readFileSync(path.join(JOBS, name), 'utf8'));
}

export function sqlOf(dataset: Dataset): string {
  return dataset.queryLines.join('');
}

export function encodingsOf({ spec }: Widget): readonly Encoding[] {
  switch (spec.widgetType) {
    case 'counter':
      return [spec.encodings.value];
    case 'table':
      return spec.encodings.columns;
    default:
      return Object.values(spec.encodings);
  }
}

export interface AlertFile {
  readonly variables: Readonly<Record<string, { readonly description: string; readonly default: unknown }>>;
  readonly resources: {
    readonly alerts: {
      readonly ops_agent_heartbeat: {
        readonly query_text: string;
        readonly evaluation: { readonly source: { readonly name: string; readonly aggregation: string } };
      };
    };
  };
}

/**
 * The alert's query with the bundle's variables put in, as a deployment does it: those that the file itself defines at their defaults.
 * `name` is that of the schema.
 */
export function alertQuery(given: Readonly<Record<string, string>>): string {
  const { variables, resources } = readJob('alert.yml') as AlertFile; // our own file, whose shape the test of it asserts
  const defaults = Object.entries(variables).map(([name, { default: value }]) => [name, String(value)] as const);
  const values = new Map([...defaults, ...Object.entries(given)]);
  return resources.alerts.ops_agent_heartbeat.query_text.replaceAll(
    /\$\{(?:var|resources\.schemas\.ops_agent)\.(\w+)\}/g,
    (_whole, name: string) => {
      const value = values.get(name);
      if (value === undefined) throw new Error(`nothing says what the variable ${name} is`);
      return value;
    },
  );
}

/** A query as it answers at a moment: nothing in it but the clock says what time it is. */
export function asOf(sql: string, instant: number): string {
  return sql.replaceAll('current_timestamp()', `timestamp'${new Date(instant).toISOString()}'`);
}
