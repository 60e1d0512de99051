import type { SourceSettings } from '../config/settings.ts';
import type { SourceProblem } from '../ports/source.ts';
import type { Dialect } from './dialect.ts';
import { epochUnitsPerSecond } from './statements/raw-time.ts';

export interface TableColumn {
  /** Lower case. */
  readonly name: string;
  /** As declared; empty where nothing is. */
  readonly type: string;
}

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

/** The configured columns whose declared type rules out numbers for values, or the source's format for times. */
export function mistypedColumns(source: SourceSettings, present: readonly TableColumn[], d: Dialect): readonly SourceProblem[] {
  const { table, timestampFormat } = source;
  const isEpoch = epochUnitsPerSecond(source) !== null;
  const times = isEpoch
    ? `but source.timestampFormat is ${timestampFormat}, a number; say native or iso`
    : `but source.timestampFormat is ${timestampFormat}; say epochSeconds or epochMillis`;
  const values = 'and a text is no reading; name a column of numbers, or read a view that casts it';
  return namedColumns(source).flatMap(({ key, name, holds }) => {
    if (holds === 'anything') return [];
    const type = present.find((column) => column.name === name.toLowerCase())?.type ?? '';
    const wrong = holds === 'value' || isEpoch ? 'text' : 'number';
    const text = `${table}.${name} is declared ${type}, ${holds === 'time' ? times : values}`;
    return d.kindOfType(type) === wrong ? [{ path: ['source', 'columns', ...key], text }] : [];
  });
}
