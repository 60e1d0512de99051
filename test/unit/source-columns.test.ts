import { describe, expect, test } from '@jest/globals';
import type { SourceSettings } from '../../src/config/settings.ts';
import type { Connection } from '../../src/store/connection.ts';
import { databricksDialect } from '../../src/store/databricks/dialect.ts';
import type { Dialect } from '../../src/store/dialect.ts';
import { embeddedDialect } from '../../src/store/embedded/dialect.ts';
import { Session } from '../../src/store/session.ts';
import { SqlSource } from '../../src/store/sql-source.ts';
import { SETTINGS } from '../support/stores.ts';

const DELTA = databricksDialect({ catalog: null, schema: null });
const COLUMNS = { equipment: 'asset', timestamp: 't', status: 'quality' };
const SHAPE = { kind: 'wide', signals: { temperature: 'temp' } } as const;

/** A source over a table of these columns, as the engine describes it. */
function sourceOf(dialect: Dialect, declared: Readonly<Record<string, string>>, given: Partial<SourceSettings> = {}): SqlSource {
  const isDelta = dialect === DELTA;
  const rows = Object.entries(declared).map(([name, type]) => (isDelta ? { col_name: name, data_type: type } : { name, type }));
  const connection: Connection = {
    hasTransactions: true,
    execute: () => Promise.resolve({ rows, columns: [], changes: 0 }),
    executeAll: () => Promise.reject(new Error('nothing is written to a source')),
    close: () => Promise.resolve(),
  };
  const settings = { ...SETTINGS.source, table: 'machines', columns: COLUMNS, shape: SHAPE, ...given };
  return new SqlSource(new Session(connection, dialect), settings);
}

const declaring = (t: string, more: Readonly<Record<string, string>> = {}) => ({
  asset: 'STRING',
  temp: 'double',
  quality: 'string',
  t,
  ...more,
});

describe('a column of texts for times of the engine', () => {
  test.each(['string', 'STRING', 'varchar(40)'])('is refused where the engine has a type for times: %s', async (type) => {
    const source = sourceOf(DELTA, declaring(type));
    const problem = {
      path: ['source', 'columns', 'timestamp'],
      text: `machines.t is declared ${type}, but source.timestampFormat is native, the engine's own times; say iso for texts of ISO 8601, or read a view that casts it`,
    };
    expect(await source.mistypedColumns()).toEqual([problem]);
    expect(await source.unusableColumns()).toEqual([problem]);
  });

  test('so is one of ingest times', async () => {
    const source = sourceOf(DELTA, declaring('timestamp', { stored: 'string' }), { arrivalColumn: 'stored' });
    expect((await source.unusableColumns()).map(({ path }) => path.join('.'))).toEqual(['source.columns.arrival']);
  });

  test.each(['timestamp', 'timestamp_ntz', 'date'])('a column of type %s is none', async (type) => {
    expect(await sourceOf(DELTA, declaring(type)).unusableColumns()).toEqual([]);
  });

  test('texts of ISO 8601 are what iso reads', async () => {
    expect(await sourceOf(DELTA, declaring('string'), { timestampFormat: 'iso' }).unusableColumns()).toEqual([]);
  });

  test.each(['TEXT', 'VARCHAR(40)', 'TIMESTAMP', ''])('is what the embedded store has: %p', async (type) => {
    const source = sourceOf(embeddedDialect, declaring(type));
    expect([await source.mistypedColumns(), await source.unusableColumns()]).toEqual([[], []]);
  });
});

describe('what no cycle can read', () => {
  test('is a column that is missing, whatever the others are', async () => {
    for (const dialect of [DELTA, embeddedDialect])
      expect(
        (await sourceOf(dialect, { asset: 'STRING', temp: 'STRING', quality: 'STRING' }).unusableColumns()).map(({ text }) => text),
      ).toEqual(["machines has no column 't'"]);
  });

  test('is a column of another type only where a type rules out everything else', async () => {
    const declared = declaring('bigint');
    expect(await sourceOf(embeddedDialect, declared).mistypedColumns()).toHaveLength(1);
    expect(await sourceOf(embeddedDialect, declared).unusableColumns()).toEqual([]);
    expect(await sourceOf(DELTA, declared).unusableColumns()).toHaveLength(1);
  });
});
