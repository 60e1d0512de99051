import { AgentError } from '../../domain/errors.ts';
import type { ColumnKind } from '../tables.ts';

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What a catalog and a schema are called, where they are said. */
export interface Place {
  readonly catalog: string | null;
  readonly schema: string | null;
}

/** What a JSON text is cast to. */
export const TYPES: Readonly<Record<ColumnKind, string>> = {
  text: 'STRING',
  real: 'DOUBLE',
  integer: 'BIGINT',
  time: 'TIMESTAMP',
  json: 'STRING',
  flag: 'INT',
};

export function quote(identifier: string): string {
  const parts = identifier.split('.');
  if (!parts.every((part) => IDENTIFIER.test(part)))
    throw new AgentError('usage', `'${identifier}' is not a table or column name`, 'use letters, digits and underscores');
  return parts.map(quoteName).join('.');
}

/** One name that was checked before: a catalog's may have dashes, a principal's almost anything. */
export function quoteName(name: string): string {
  return `\`${name}\``;
}

/** The schema with its catalog, as far as they are said; null where the schema is not. */
export function namespaceOf({ catalog, schema }: Place): string | null {
  return schema === null ? null : [catalog, schema].flatMap((name) => (name === null ? [] : [quoteName(name)])).join('.');
}
