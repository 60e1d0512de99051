import { DBSQLParameter, DBSQLParameterType } from '@databricks/sql';
import { theOnly } from '../support/scenario.ts';
import type { Warehouse } from './start-warehouse.ts';
import { openDriver } from './driver.ts';
import type { LoggedStatement } from './statement-log.ts';

/** Where a detection was sent, and what is known of that. */
interface Sent extends Warehouse {
  readonly schema: string;
  sent(): Promise<readonly LoggedStatement[]>;
}

/** The filters that go to the files with each look at the table, out of EXPLAIN FORMATTED: under `(12) Scan parquet catalog.schema.table`. */
function scansOf(plan: string, table: string): readonly string[] {
  const ofTable = new RegExp(`^\\(\\d+\\) Scan \\S+ \\S*\\b${table}\\b`);
  return plan
    .split(/\n\s*\n/)
    .filter((section) => ofTable.test(section.trim()))
    .map((section) => /^PushedFilters: \[(.*)\]$/m.exec(section)?.[1] ?? '');
}

/** The parameters as they came, for another statement of the driver. */
function asSent({ parameters }: Pick<LoggedStatement, 'parameters'>): Readonly<Record<string, DBSQLParameter>> {
  return Object.fromEntries(
    parameters.map(({ name, type, value }) => [
      name,
      // The driver itself sent the name of one of its types.
      new DBSQLParameter({
        ...(type === undefined ? {} : { type: DBSQLParameterType[type as keyof typeof DBSQLParameterType] }),
        value: value ?? null,
      }),
    ]),
  );
}

/** The filters of each look that the detection takes at its table, as it was sent: there is one. */
export async function pushedOf(site: Sent, table: string): Promise<readonly string[]> {
  const detections = (await site.sent()).filter(({ sql }) => new RegExp(`\\b${table}\\b`).test(sql));
  const { sql, ...sent } = theOnly(detections, table);
  const driver = await openDriver(site, { session: { initialCatalog: 'spark_catalog', initialSchema: site.schema } });
  const [row] = await driver.rows(`EXPLAIN FORMATTED ${sql}`, { namedParameters: asSent(sent) });
  await driver.close();
  return scansOf(String(row?.['plan']), table);
}

/** What says of which time readings are wanted. */
export const OF_A_TIME = /\b(?:GreaterThan|IsNull)\((?:timestamp|arrived)\b/;
/** Those of now, an hour of the past, the readings that came late, those without a time, and the first one after the past. */
export const MOST_LOOKS = 5;
