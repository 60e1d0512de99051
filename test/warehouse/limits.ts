/** Of one statement on a SQL warehouse. */
export const MOST_PARAMETERS = 256;
export const MOST_VALUE_BYTES = 1_048_576;
/** As the Statement Execution API has it. */
export const MOST_STATEMENT_BYTES = 16 * 1_048_576;

interface Asked {
  readonly sql: string;
  readonly parameters: readonly { readonly value?: string }[];
}

/** Why a workspace takes no such statement, in its words where those are known; null where it does. */
export function refusalOf({ sql, parameters }: Asked): string | null {
  const count = parameters.length;
  if (count > MOST_PARAMETERS)
    return `BAD_REQUEST: Parameterized query has too many parameters: ${count} parameters were given but the limit is ${MOST_PARAMETERS}.`;
  const bytes = parameters.reduce((sum, { value = '' }) => sum + Buffer.byteLength(value), 0);
  if (bytes > MOST_VALUE_BYTES)
    return `BAD_REQUEST: Parameterized query has too large parameters: ${bytes} bytes were given but the limit is ${MOST_VALUE_BYTES}.`;
  if (Buffer.byteLength(sql) > MOST_STATEMENT_BYTES) return `BAD_REQUEST: The statement is larger than ${MOST_STATEMENT_BYTES} bytes.`;
  return null;
}
