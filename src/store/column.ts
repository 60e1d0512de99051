/** How a column's value travels: as it is, as the engine's time, as JSON text, or as 0 and 1. */
export type ColumnKind = 'text' | 'real' | 'integer' | 'time' | 'json' | 'flag';

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly notNull?: boolean;
  /** A literal that is safe in DDL. */
  readonly default?: string;
  /** Bytes in it must not read as missing, as they do elsewhere: that nothing is there says something. */
  readonly isNullTelling?: boolean;
}

/** A column of rows that travel in a JSON parameter. */
export type ParameterColumn = Pick<Column, 'name' | 'kind'>;

export interface Table {
  readonly name: string;
  /** Null where rows have no identity: one sensor has many readings. */
  readonly key: string | null;
  readonly columns: readonly Column[];
}

export const text = (name: string, extra: Partial<Column> = {}): Column => ({ name, kind: 'text', ...extra });
export const real = (name: string, extra: Partial<Column> = {}): Column => ({ name, kind: 'real', ...extra });
export const integer = (name: string, extra: Partial<Column> = {}): Column => ({ name, kind: 'integer', ...extra });
export const time = (name: string, extra: Partial<Column> = {}): Column => ({ name, kind: 'time', ...extra });
export const json = (name: string): Column => ({ name, kind: 'json' });
export const flag = (name: string): Column => ({ name, kind: 'flag' });
