import type { SourceSettings } from '../config/settings.ts';
import type { ColumnProblem } from '../ports/source.ts';
import type { Dialect } from './dialect.ts';
import { epochUnitsPerSecond } from './statements/raw-time.ts';

export interface TableColumn {
  /** Lower case. */
  readonly name: string;
  /** As declared; empty where nothing is. */
  readonly type: string;
}

/** The configured columns that the table lacks. */
export function missingColumns(source: SourceSettings, present: readonly TableColumn[]): readonly string[] {
  const { columns, shape, arrivalColumn } = source;
  const names = new Set(present.map(({ name }) => name));
  const wanted = [
    columns.equipment,
    columns.timestamp,
    ...(columns.status === null ? [] : [columns.status]),
    ...(arrivalColumn === null ? [] : [arrivalColumn]),
    ...(shape.kind === 'wide' ? Object.values(shape.signals) : [shape.signalColumn, shape.valueColumn]),
  ];
  return wanted.filter((column) => !names.has(column.toLowerCase()));
}

/** The configured columns whose declared type rules out numbers for values, or the source's format for times. */
export function mistypedColumns(source: SourceSettings, present: readonly TableColumn[], d: Dialect): readonly ColumnProblem[] {
  const { columns, shape, arrivalColumn, table, timestampFormat } = source;
  const problem = (column: string, key: readonly string[], wrong: 'text' | 'number', meaning: string): readonly ColumnProblem[] => {
    const type = present.find(({ name }) => name === column.toLowerCase())?.type ?? '';
    const text = `${table}.${column} is declared ${type}, ${meaning}`;
    return d.kindOfType(type) === wrong ? [{ path: ['source', 'columns', ...key], text }] : [];
  };
  const isEpoch = epochUnitsPerSecond(source) !== null;
  const times = isEpoch
    ? `but source.timestampFormat is ${timestampFormat}, a number; say native or iso`
    : `but source.timestampFormat is ${timestampFormat}; say epochSeconds or epochMillis`;
  const values = 'and a text is no reading; name a column of numbers, or read a view that casts it';
  const signals = shape.kind === 'wide' ? Object.entries(shape.signals) : [];
  return [
    ...problem(columns.timestamp, ['timestamp'], isEpoch ? 'text' : 'number', times),
    ...(arrivalColumn === null ? [] : problem(arrivalColumn, ['arrival'], isEpoch ? 'text' : 'number', times)),
    ...signals.flatMap(([signal, column]) => problem(column, ['signals', signal], 'text', values)),
    ...(shape.kind === 'long' ? problem(shape.valueColumn, ['value'], 'text', values) : []),
  ];
}
