const DECIMALS = 2;
const SMALLEST_ROUNDED = 0.01;

/**
 * As people read a measurement: a converted one has as many digits as the engine computes, and says no more by them. What is smaller than
 * the last decimal keeps two digits, so that it is not shown as nothing. JSON has the value itself.
 */
export function roundedText(value: number): string {
  const isSmall = value !== 0 && Math.abs(value) < SMALLEST_ROUNDED;
  return String(Number(isSmall ? value.toPrecision(2) : value.toFixed(DECIMALS)));
}

/** Not the seconds of a time, nor a part of a version or an address. */
const LONG_NUMBER = /(?<![\w.:-])-?\d+\.\d{3,}(?!\.?\w)/g;

/** A text that was told to the audit with exact values, for people. */
export function withRoundedNumbers(text: string): string {
  return text.replace(LONG_NUMBER, (found) => roundedText(Number(found)));
}
