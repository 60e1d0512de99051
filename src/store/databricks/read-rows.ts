import { AgentError } from '../../domain/errors.ts';
import { exactDecimal, exactInteger } from '../exact-values.ts';

type Row = Readonly<Record<string, unknown>>;

/** Rows as the driver gives them where it keeps all digits: a BIGINT as bigint, a DECIMAL as text. */
export interface FoundRows {
  readonly rows: readonly Row[];
  /** The columns of type DECIMAL: of a text alone nobody could tell. */
  readonly decimals: ReadonlySet<string>;
  /** Whether a number that would round them is a text of the digits instead. */
  readonly isExact: boolean;
}

/** With numbers in the place of both. A DECIMAL inside of a STRUCT, an ARRAY or a MAP stays a text, since the driver does not say that it is one. */
export function inNumbers({ rows, decimals, isExact }: FoundRows): readonly Row[] {
  const valueOf = (found: unknown): unknown => {
    if (typeof found === 'bigint') return isExact ? exactInteger(found) : Number(found);
    if (Array.isArray(found)) return found.map(valueOf);
    if (found === null || typeof found !== 'object' || found instanceof Date || found instanceof Uint8Array) return found;
    return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, valueOf(value)]));
  };
  const decimalOf = (found: unknown): unknown => {
    if (typeof found !== 'string') return found;
    return isExact ? exactDecimal(found) : Number(found);
  };
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, decimals.has(name) ? decimalOf(value) : valueOf(value)])),
  );
}

/** How Arrow and the driver begin what they say of a type, such as an interval, that they do not know: no warehouse has failed. */
const UNKNOWN_TYPE = /^Unrecognized type|\bunsupported (arrow|column type)/i;

/** @throws AgentError usage for a type that cannot be read; else what was thrown */
export function refuseUnknownType(thrown: unknown): never {
  const message = thrown instanceof Error ? thrown.message : '';
  if (!UNKNOWN_TYPE.test(message)) throw thrown;
  throw new AgentError('usage', `a column of the result has a type that cannot be read (${message})`, 'cast it to STRING', thrown);
}
