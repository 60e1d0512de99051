/** What a unit measures. Values are converted within one of them only. */
export type Dimension = 'temperature' | 'pressure' | 'flow';

/**
 * value in the dimension's reference unit = (value + shift) · factor ÷ divisor, in the order of the definition and of the numbers that
 * define it: as value · 0.555… − 17.777… every third whole °C would come out a hair beside itself, and so beside a limit.
 */
export interface Unit {
  readonly name: string;
  readonly dimension: Dimension;
  readonly shift: number;
  readonly factor: number;
  readonly divisor: number;
}

/** used = (stored + shift) · factor ÷ divisor + offset. */
export interface Conversion {
  readonly shift: number;
  readonly factor: number;
  readonly divisor: number;
  readonly offset: number;
}

/** Litres in a US gallon, exact: 231 cubic inches of 2.54 cm (NIST SP 811, 2008, appendix B.8). */
const LITRES_PER_GALLON = 3.785411784;
/** Litres in an imperial gallon, exact by definition (NIST SP 811, appendix B.8: 4.546 09 E−03 m³). */
const LITRES_PER_IMPERIAL_GALLON = 4.54609;
/** Litres in a cubic foot, exact: 0.3048 m cubed. */
const LITRES_PER_CUBIC_FOOT = 28.316846592;
/** A pound-force in newtons and a square inch in m², both exact: 0.453 592 37 kg · 9.806 65 m/s², (0.0254 m)². */
const NEWTONS_PER_POUND_FORCE = 4.4482216152605;
const SQUARE_METRES_PER_SQUARE_INCH = 0.00064516;

function unit(dimension: Dimension, name: string, factor: number, divisor = 1, shift = 0): Unit {
  return { name, dimension, shift, factor, divisor };
}

/**
 * Factors from NIST SP 811 (2008), appendix B.8 and B.9, as the exact numbers that define them. References: °C, Pa, L/min.
 * The first unit of a dimension is the one the agent uses. Gauge and absolute pressure are not told apart: a gauge value stays one.
 */
const UNITS: readonly (readonly [Unit, ...string[]])[] = [
  [unit('temperature', '°C', 1), 'C', 'degC', 'deg C', 'celsius'],
  [unit('temperature', '°F', 5, 9, -32), 'F', 'degF', 'deg F', 'fahrenheit'],
  [unit('temperature', 'K', 1, 1, -273.15), 'kelvin'],
  [unit('temperature', '°R', 5, 9, -491.67), 'degR', 'rankine'],
  [unit('pressure', 'psi', NEWTONS_PER_POUND_FORCE, SQUARE_METRES_PER_SQUARE_INCH), 'lbf/in2'],
  [unit('pressure', 'bar', 100_000)],
  [unit('pressure', 'mbar', 100), 'millibar', 'hPa'],
  [unit('pressure', 'Pa', 1), 'pascal'],
  [unit('pressure', 'kPa', 1000)],
  [unit('pressure', 'MPa', 1_000_000)],
  [unit('pressure', 'atm', 101_325)],
  [unit('pressure', 'kgf/cm2', 98_066.5), 'at', 'kg/cm2'],
  [unit('flow', 'gpm', LITRES_PER_GALLON), 'US gpm', 'gal/min', 'usgpm'],
  [unit('flow', 'igpm', LITRES_PER_IMPERIAL_GALLON), 'imp gpm'],
  [unit('flow', 'm3/h', 1000, 60), 'm3/hr', 'cbm/h', 'cmh'],
  [unit('flow', 'm3/min', 1000)],
  [unit('flow', 'm3/s', 60_000)],
  [unit('flow', 'L/min', 1), 'lpm'],
  [unit('flow', 'L/s', 60), 'lps'],
  [unit('flow', 'L/h', 1, 60), 'lph'],
  [unit('flow', 'cfm', LITRES_PER_CUBIC_FOOT), 'ft3/min'],
];

/** One spelling for `m³/h`, `M3/H` and `m^3 / h`. MPa and mPa would become one; nobody stores millipascals of a plant. */
function spellingOf(text: string): string {
  return text
    .replace(/[\s^°º]/g, '')
    .normalize('NFKC')
    .replace('°', '')
    .toLowerCase();
}

const BY_SPELLING: ReadonlyMap<string, Unit> = new Map(
  UNITS.flatMap(([each, ...spellings]) => [each.name, ...spellings].map((spelling) => [spellingOf(spelling), each] as const)),
);

/** The unit of that spelling; undefined where it is none of ours. */
export function unitOf(text: string): Unit | undefined {
  return BY_SPELLING.get(spellingOf(text));
}

/** The unit that rules, peaks and limits are in unless the configuration says another one. */
export function agentUnitOf(dimension: Dimension): Unit {
  const found = UNITS.find(([each]) => each.dimension === dimension);
  if (!found) throw new RangeError(`no unit of ${dimension}`);
  return found[0];
}

/** The names to offer where one was not understood. */
export function unitNames(dimension?: Dimension): readonly string[] {
  return UNITS.map(([each]) => each)
    .filter((each) => dimension === undefined || each.dimension === dimension)
    .map(({ name }) => name);
}

/** From one unit to another of the same dimension; null where they are the same, so that nothing is computed. */
export function conversionBetween(stored: Unit, used: Unit): Conversion | null {
  if (stored.dimension !== used.dimension) throw new RangeError(`${stored.name} is no ${used.dimension}`);
  if (stored === used) return null;
  const [factor, divisor] = [stored.factor * used.divisor, stored.divisor * used.factor];
  // Adding zero, which a plain factor needs, makes −0 into 0.
  return { shift: stored.shift, factor, divisor, offset: -used.shift + 0 };
}
