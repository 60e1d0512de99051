import type { Conversion } from '../../src/domain/units.ts';

/** The formula that the statement is made from, in plain arithmetic. */
export function converted(value: number, conversion: Conversion | null): number {
  if (conversion === null) return value;
  const { shift, factor, divisor, offset } = conversion;
  return ((value + shift) * factor) / divisor + offset;
}
