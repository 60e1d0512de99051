const DECIMALS = 2;
const SMALLEST_ROUNDED = 0.01;

/**
 * As people read a measurement: a converted one has as many digits as the engine computes, and says no more by them. What is smaller than
 * the last decimal keeps two digits, so that it is not shown as nothing. JSON has the value itself.
 * What a hand wrote into a row need not be a number, and is shown as it is.
 */
export function roundedText(value: unknown): string {
  if (typeof value !== 'number') return String(value);
  const isSmall = value !== 0 && Math.abs(value) < SMALLEST_ROUNDED;
  return String(Number(isSmall ? value.toPrecision(2) : value.toFixed(DECIMALS)));
}

/** Not the seconds of a time, nor a part of a version or an address. */
const LONG_NUMBER = /(?<![\w.:-])-?\d+\.\d{3,}(?!\.?\w)/g;

/** A text that was told to the audit with exact values, for people; null where a row has none. */
export function withRoundedNumbers(text: string | null): string | null {
  return text?.replace(LONG_NUMBER, (found) => roundedText(Number(found))) ?? null;
}
