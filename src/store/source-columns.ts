import type { SourceSettings } from '../config/settings.ts';
import type { SourceProblem } from '../ports/source.ts';
import type { DeclaredKind, Dialect, TableColumn } from './dialect.ts';
import { epochUnitsPerSecond } from './statements/raw-time.ts';

/** A column that the configuration names, by the keys under `source.columns`, and what it has to hold. */
interface NamedColumn {
  readonly key: readonly string[];
  readonly name: string;
  readonly holds: 'time' | 'value' | 'anything';
}

function namedColumns({ columns, shape, arrivalColumn }: SourceSettings): readonly NamedColumn[] {
  const named = (key: readonly string[], name: string | null, holds: NamedColumn['holds']): readonly NamedColumn[] =>
    name === null ? [] : [{ key, name, holds }];
  return [
    ...named(['equipment'], columns.equipment, 'anything'),
    ...named(['timestamp'], columns.timestamp, 'time'),
    ...named(['arrival'], arrivalColumn, 'time'),
    ...named([shape.kind === 'wide' ? 'status' : 'quality'], columns.status, 'anything'),
    ...(shape.kind === 'wide'
      ? Object.entries(shape.signals).flatMap(([signal, column]) => named(['signals', signal], column, 'value'))
      : [...named(['signal'], shape.signalColumn, 'anything'), ...named(['value'], shape.valueColumn, 'value')]),
  ];
}

/** The configured columns that the table lacks; of a table that is not there, the table alone. */
export function missingColumns(source: SourceSettings, present: readonly TableColumn[]): readonly SourceProblem[] {
  const { table } = source;
  if (present.length === 0) return [{ path: ['source', 'table'], text: `there is no table or view '${table}'` }];
  const names = new Set(present.map(({ name }) => name));
  return namedColumns(source)
    .filter(({ name }) => !names.has(name.toLowerCase()))
    .map(({ key, name }) => ({ path: ['source', 'columns', ...key], text: `${table} has no column '${name}'` }));
}

/** What a column is to hold, and what a declared type must not be for that. */
interface Expectation {
  readonly wrong: readonly DeclaredKind[];
  readonly remedy: (declared: DeclaredKind) => string;
}

function expectationOfTimes(source: SourceSettings, d: Dialect): Expectation {
  const { timestampFormat } = source;
  const said = `but source.timestampFormat is ${timestampFormat}`;
  if (epochUnitsPerSecond(source) !== null)
    return { wrong: ['text', 'time'], remedy: (declared) => `${said}, a number; say ${declared === 'time' ? 'native' : 'native or iso'}` };
  // Compared with what is no such time it would find other readings than those of the range, or none, and say nothing.
  if (timestampFormat === 'iso')
    return {
      wrong: ['number', 'time'],
      remedy: (declared) => `${said}${declared === 'time' ? ', a text; say native' : '; say epochSeconds or epochMillis'}`,
    };
  return {
    wrong: d.keepsTypes ? ['text', 'number'] : ['number'],
    remedy: (declared) =>
      declared === 'number'
        ? `${said}; say epochSeconds or epochMillis`
        : `${said}, the engine's own times; say iso for texts of ISO 8601, or read a view that casts it`,
  };
}

const VALUES: Expectation = {
  wrong: ['text', 'time'],
  remedy: (declared) => `and a ${declared} is no reading; name a column of numbers, or read a view that casts it`,
};

/** The configured columns whose declared type rules out numbers for values, or the source's format for times. */
export function mistypedColumns(source: SourceSettings, present: readonly TableColumn[], d: Dialect): readonly SourceProblem[] {
  const times = expectationOfTimes(source, d);
  return namedColumns(source).flatMap(({ key, name, holds }) => {
    if (holds === 'anything') return [];
    const type = present.find((column) => column.name === name.toLowerCase())?.type ?? '';
    const { wrong, remedy } = holds === 'time' ? times : VALUES;
    const kind = d.kindOfType(type);
    if (kind === null || !wrong.includes(kind)) return [];
    return [{ path: ['source', 'columns', ...key], text: `${source.table}.${name} is declared ${type}, ${remedy(kind)}` }];
  });
}
