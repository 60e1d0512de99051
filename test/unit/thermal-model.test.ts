import { expect, test } from '@jest/globals';
import { CLASS_MODELS, EQUIPMENT_CLASSES, classOf } from '../../src/plant/equipment-class.ts';
import type { EquipmentClass } from '../../src/plant/equipment-class.ts';
import { advanceState, initialState, measure } from '../../src/plant/thermal-model.ts';
import type { Conditions, FaultKind, ThermalState } from '../../src/plant/thermal-model.ts';

const START = Date.UTC(2026, 1, 19, 10, 30);
const HOUR = 3_600_000;

function conditions(faults: readonly FaultKind[] = [], throughputPercent = 100, coolingStatus = 0): Conditions {
  return { throughputPercent, coolingStatus, faults: faults.map((kind) => ({ kind, startedAt: START })), speed: 1 };
}

function after(ms: number, equipmentClass: EquipmentClass, given: Conditions, from?: ThermalState): ThermalState {
  const model = CLASS_MODELS[equipmentClass];
  const state = from ?? initialState(model, START);
  return advanceState(state, model, given, state.at + ms);
}

test.each(EQUIPMENT_CLASSES)('a %s at full throughput without a fault starts and stays between 65 and 80 °C', (equipmentClass) => {
  expect(initialState(CLASS_MODELS[equipmentClass], START).temperatureC).toBeGreaterThan(65);
  expect(initialState(CLASS_MODELS[equipmentClass], START).temperatureC).toBeLessThan(80);
  expect(after(HOUR, equipmentClass, conditions()).temperatureC).toBeCloseTo(CLASS_MODELS[equipmentClass].loadC + 25, 6);
});

test('a reactor that loses its cooling settles between 98 and 105 °C, and below 80 °C at half throughput', () => {
  const hot = after(HOUR, 'reactor', conditions(['cooling-loss']));
  expect(hot.temperatureC).toBeGreaterThan(98);
  expect(hot.temperatureC).toBeLessThan(105);
  expect(after(HOUR, 'reactor', conditions(['cooling-loss'], 50), hot).temperatureC).toBeLessThan(80);
});

test('after one time constant 63 % of a step are done', () => {
  const { loadC, coolingLossC, tauSeconds } = CLASS_MODELS.reactor;
  const state = after(tauSeconds * 1000, 'reactor', conditions(['cooling-loss']));
  expect((state.temperatureC - 25 - loadC) / coolingLossC).toBeCloseTo(1 - Math.exp(-1), 9);
});

test('the standby cooling lowers the temperature', () => {
  const without = after(HOUR, 'reactor', conditions(['cooling-loss'], 75)).temperatureC;
  expect(after(HOUR, 'reactor', conditions(['cooling-loss'], 75, 1), undefined).temperatureC).toBeLessThan(without - 5);
});

test.each<{ faults: FaultKind[] }>([
  { faults: [] },
  { faults: ['cooling-loss'] },
  { faults: ['fouling'] },
  { faults: ['cooling-loss', 'fouling'] },
])('one step and many small ones give the same state with faults $faults', ({ faults }) => {
  const model = CLASS_MODELS.exchanger;
  const given: Conditions = {
    ...conditions([], 80),
    faults: faults.map((kind, index) => ({ kind, startedAt: START + 61_500 * (index + 1) })),
  };
  const total = 4 * HOUR; // beyond the end of the fouling's drift
  const once = after(total, 'exchanger', given, initialState(model, START, 40));
  let many = initialState(model, START, 40);
  for (let step = 1; step <= 2000; step += 1) many = advanceState(many, model, given, START + (step * total) / 2000);
  expect(many.temperatureC).toBeCloseTo(once.temperatureC, 8);
  expect(many.driftC).toBeCloseTo(once.driftC, 8);
});

test('an exact step agrees with a fine Euler integration of a drifting target', () => {
  const model = CLASS_MODELS.exchanger;
  const exact = after(HOUR / 2, 'exchanger', conditions(['fouling']));
  let temperatureC = initialState(model, START).temperatureC;
  const dt = 0.01;
  for (let t = 0; t < 1800; t += dt) temperatureC += ((25 + model.loadC + (12 / 3600) * t - temperatureC) / model.tauSeconds) * dt;
  expect(exact.temperatureC).toBeCloseTo(temperatureC, 2);
});

test('a moment that is not later changes nothing', () => {
  const state = after(60_000, 'pump', conditions(['cooling-loss']));
  expect(after(0, 'pump', conditions(['cooling-loss']), state)).toBe(state);
  expect(after(-5000, 'pump', conditions(['cooling-loss']), state)).toBe(state);
});

test('fouling drifts up slowly and stays when the time is over', () => {
  const early = after(HOUR / 6, 'exchanger', conditions(['fouling']));
  const late = after(3 * HOUR, 'exchanger', conditions(['fouling']));
  expect(early.temperatureC).toBeGreaterThan(70.5);
  expect(early.temperatureC).toBeLessThan(75);
  expect(late.temperatureC).toBeCloseTo(100, 2);
});

test('a blocked pump is hot with little flow and high pressure, and less throughput does not cure it', () => {
  const model = CLASS_MODELS.pump;
  const state = after(HOUR, 'pump', conditions(['blocked-discharge']));
  const measured = measure(state, model, conditions(['blocked-discharge']), 'x');
  expect(measured?.temperature).toBeGreaterThan(95);
  expect(measured?.flowRate).toBeLessThan(10);
  expect(measured?.pressure).toBeGreaterThan(100);
  expect(after(HOUR, 'pump', conditions(['blocked-discharge'], 50), state).temperatureC).toBeGreaterThan(85);
});

test('a stuck sensor shows what it showed when it stuck while the true temperature moves on', () => {
  const model = CLASS_MODELS.reactor;
  const given: Conditions = {
    ...conditions(['cooling-loss']),
    faults: [
      { kind: 'cooling-loss', startedAt: START },
      { kind: 'stuck-sensor', startedAt: START + 60_000 },
    ],
  };
  const atStick = after(60_000, 'reactor', given);
  const later = after(HOUR, 'reactor', given);
  expect(later.temperatureC).toBeGreaterThan(98);
  expect(measure(later, model, given, 'x')?.temperature).toBeCloseTo(atStick.temperatureC, 2);
  expect(measure(atStick, model, given, 'x')?.temperature).toBe(measure(later, model, given, 'x')?.temperature);
});

test('a drop-out gives no reading', () => {
  expect(measure(initialState(CLASS_MODELS.pump, START), CLASS_MODELS.pump, conditions(['drop-out']), 'x')).toBeNull();
});

test('noise is the same for the same seed, equipment and moment, and differs otherwise', () => {
  const model = CLASS_MODELS.reactor;
  const state = initialState(model, START);
  const first = measure(state, model, conditions(), '1|REACTOR_01');
  expect(measure(state, model, conditions(), '1|REACTOR_01')).toEqual(first);
  expect(measure(state, model, conditions(), '2|REACTOR_01')).not.toEqual(first);
  expect(measure({ ...state, at: START + 1 }, model, conditions(), '1|REACTOR_01')).not.toEqual(first);
  expect(Math.abs((first?.temperature ?? 0) - state.temperatureC)).toBeLessThan(0.31);
});

test('speed is model seconds per second', () => {
  const fast = after(1000, 'reactor', { ...conditions(['cooling-loss']), speed: 120 });
  expect(fast.temperatureC).toBeCloseTo(after(120_000, 'reactor', conditions(['cooling-loss'])).temperatureC, 9);
});

test.each([
  ['REACTOR_02', 'reactor'],
  ['pump-1', 'pump'],
  ['FURNACE', 'furnace'],
  ['VALVE_01', 'generic'],
  ['PUMPKIN_1', 'generic'],
  ['42', 'generic'],
])('the class of %s is %s', (id, expected) => {
  expect(classOf(id)).toBe(expected);
});

const shownAt = (ms: number, ...faults: FaultKind[]) =>
  measure(after(ms, 'reactor', conditions(faults)), CLASS_MODELS.reactor, conditions(faults), 'seed')?.temperature ?? 0;

test('a stepping sensor jumps by 40 °C and back every ten seconds, whatever the equipment does', () => {
  const steps = Array.from({ length: 6 }, (_, n) => shownAt(n * 5000, 'stepping-sensor') - shownAt(n * 5000));
  expect(steps.map(Math.round)).toEqual([40, 40, 0, 0, 40, 40]);
});

test('a sensor out of its range shows what no equipment has, also when it is stuck or steps as well', () => {
  expect(shownAt(1000, 'out-of-range-sensor')).toBe(3276.7);
  expect(shownAt(1000, 'out-of-range-sensor', 'stuck-sensor', 'stepping-sensor')).toBe(3276.7);
});

test("a sensor's fault shows nothing before it begins", () => {
  const faults = [{ kind: 'stepping-sensor' as const, startedAt: START + HOUR }];
  const given: Conditions = { ...conditions(), faults };
  expect(measure(after(1000, 'reactor', given), CLASS_MODELS.reactor, given, 'seed')?.temperature).toBeLessThan(75);
});
