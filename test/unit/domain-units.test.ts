import { expect, test } from '@jest/globals';
import { assert as assertProperty, constantFrom, double, property } from 'fast-check';
import { agentUnitOf, conversionBetween, type Dimension, unitNames, unitOf } from '../../src/domain/units.ts';
import { converted } from '../support/converted.ts';

function known(name: string) {
  const unit = unitOf(name);
  if (!unit) throw new Error(`${name} is not known`);
  return unit;
}

function inUnits(value: number, stored: string, used: string): number {
  return converted(value, conversionBetween(known(stored), known(used)));
}

// From NIST SP 811 (2008), B.8, or by hand from the definitions.
test.each<[number, string, number, string]>([
  [32, '°F', 0, '°C'],
  [212, '°F', 100, '°C'],
  [-40, '°F', -40, '°C'],
  [273.15, 'K', 0, '°C'],
  [0, 'K', -273.15, '°C'],
  [491.67, '°R', 0, '°C'],
  [100, '°C', 212, '°F'],
  [0, '°C', 273.15, 'K'],
  [1, 'bar', 14.503774, 'psi'],
  [1, 'psi', 6894.757, 'Pa'],
  [1, 'atm', 14.695949, 'psi'],
  [1, 'atm', 101.325, 'kPa'],
  [1, 'MPa', 10, 'bar'],
  [1000, 'mbar', 1, 'bar'],
  [1, 'kgf/cm2', 14.223343, 'psi'],
  [1, 'm3/h', 4.402868, 'gpm'],
  [1, 'gpm', 3.785412, 'L/min'],
  [1, 'm3/s', 15_850.32, 'gpm'],
  [1, 'm3/min', 264.172_05, 'gpm'],
  [1, 'L/s', 15.850323, 'gpm'],
  [60, 'L/h', 1, 'L/min'],
  [1, 'igpm', 1.200_95, 'gpm'],
  [1, 'cfm', 7.480519, 'gpm'],
])('%d %s is %d %s', (value, stored, expected, used) => {
  expect(inUnits(value, stored, used)).toBeCloseTo(expected, expected > 1000 ? 2 : 5);
});

test('a whole °F that is a whole °C becomes just that, not a hair beside a limit', () => {
  const celsius = Array.from({ length: 120 }, (_value, index) => index * 5 - 100);
  expect(celsius.map((each) => inUnits((each * 9) / 5 + 32, '°F', '°C'))).toEqual(celsius);
});

test.each([
  ['°C', 'C', 'c', 'degC', 'deg C', '℃', 'ºC', 'Celsius'],
  ['°F', 'F', 'degF', '℉', 'Fahrenheit'],
  ['K', 'k', 'K', 'kelvin'],
  ['psi', 'PSI', 'Psi'],
  ['kPa', 'KPA', 'kpa'],
  ['mbar', 'hPa'],
  ['gpm', 'GPM', 'US gpm', 'gal/min'],
  ['m3/h', 'm³/h', 'M3/H', 'm^3 / h', 'm3/hr'],
  ['L/min', 'l/min', 'LPM'],
])('%s has spellings: %s %s %s', (name, ...spellings) => {
  expect(spellings.map((spelling) => unitOf(spelling)?.name)).toEqual(spellings.map(() => name));
});

test.each(['', 'furlong', 'psig', 'constructor', 'm/h'])('%j is no unit', (name) => {
  expect(unitOf(name)).toBeUndefined();
});

test("the agent's units are °C, psi and gpm, and one is not converted into itself", () => {
  expect((['temperature', 'pressure', 'flow'] as const).map((dimension) => agentUnitOf(dimension).name)).toEqual(['°C', 'psi', 'gpm']);
  expect(conversionBetween(known('psi'), known('PSI'))).toBeNull();
  expect(() => conversionBetween(known('psi'), known('gpm'))).toThrow('psi');
});

test.each<Dimension>(['temperature', 'pressure', 'flow'])('there and back is the same %s, between any two units', (dimension) => {
  const name = constantFrom(...unitNames(dimension));
  assertProperty(
    property(name, name, double({ min: -1e6, max: 1e6, noNaN: true }), (from, to, value) => {
      const back = inUnits(inUnits(value, from, to), to, from);
      expect(Math.abs(back - value)).toBeLessThanOrEqual(1e-9 * Math.max(1000, Math.abs(value)));
    }),
  );
});
