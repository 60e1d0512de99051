import { AgentError } from '../domain/errors.ts';

/** A number has all digits of a decimal fraction up to so many, whichever they are: https://en.cppreference.com/w/cpp/types/numeric_limits/digits10 */
const EXACT_DIGITS = 15;

/** A number where it has all of the digits, else a text of them. */
export function exactInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** The same of a decimal fraction as its engine spells it. */
export function exactDecimal(text: string): number | string {
  const digits = text.replace(/^-?[0.]*/, '').replace('.', '');
  const significant = text.includes('.') ? digits.replace(/0+$/, '') : digits;
  return significant.length <= EXACT_DIGITS ? Number(text) : text;
}

/** Bytes as the text that SQL Server, Spark's `to_hex` and most tools know them by: JSON has none. */
export function hexOf(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}

/** A row has a value under each name: of two columns with one name the second would stand in both. @throws AgentError usage */
export function requireOwnNames(columns: readonly string[]): void {
  const twice = columns.find((name, index) => columns.indexOf(name) < index);
  if (twice !== undefined)
    throw new AgentError('usage', `the result has two columns called '${twice}'`, 'give each column a name of its own, by AS');
}
