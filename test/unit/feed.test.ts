import { expect, test } from '@jest/globals';
import { parseFault, planEquipment, planFaults } from '../../src/plant/feed.ts';

test.each([
  ['cooling-loss@30s:REACTOR_02', { kind: 'cooling-loss', afterSeconds: 30, equipmentId: 'REACTOR_02' }],
  ['fouling@1.5m', { kind: 'fouling', afterSeconds: 90, equipmentId: null }],
  ['drop-out@500ms:PUMP-1', { kind: 'drop-out', afterSeconds: 0.5, equipmentId: 'PUMP-1' }],
  ['stuck-sensor@0s', { kind: 'stuck-sensor', afterSeconds: 0, equipmentId: null }],
  ['blocked-discharge@2h:X', { kind: 'blocked-discharge', afterSeconds: 7200, equipmentId: 'X' }],
])('%s is read', (text, expected) => {
  expect(parseFault(text)).toEqual(expected);
});

test.each([
  ['', /KIND@TIME/],
  ['cooling-loss', /KIND@TIME/],
  ['cooling-loss@30', /KIND@TIME/],
  ['cooling-loss@-3s', /KIND@TIME/],
  ['meltdown@3s', /'meltdown' is no fault: cooling-loss/],
  ['fouling@3s:', /'' is no equipment id/],
  ['fouling@3s:../X', /'..\/X' is no equipment id/],
])("'%s' is refused as usage", (text, message) => {
  expect(() => parseFault(text)).toThrow(expect.objectContaining({ code: 'usage', message: expect.stringMatching(message) }));
});

test('equipment is planned class by class, with ids that do not depend on the seed', () => {
  const ids = planEquipment(9, 1).map((planned) => planned.equipmentId);
  expect(ids).toEqual([
    'REACTOR_01',
    'PUMP_01',
    'COMPRESSOR_01',
    'EXCHANGER_01',
    'CONVEYOR_01',
    'MOTOR_01',
    'FURNACE_01',
    'REACTOR_02',
    'PUMP_02',
  ]);
  expect(planEquipment(9, 2).map((planned) => planned.equipmentId)).toEqual(ids);
});

test('a seed gives the same plan again, another seed another one, and a longer plan begins with the shorter one', () => {
  expect(planEquipment(20, 7)).toEqual(planEquipment(20, 7));
  expect(planEquipment(20, 8)).not.toEqual(planEquipment(20, 7));
  expect(planEquipment(20, 7).slice(0, 5)).toEqual(planEquipment(5, 7));
});

test('nothing starts hot enough to be a violation', () => {
  expect(Math.max(...planEquipment(1000, 3).map((planned) => planned.temperatureC))).toBeLessThan(80);
});

test.each([0, -1, 1.5, Number.NaN, 10_001])('%d pieces of equipment are refused', (count) => {
  expect(() => planEquipment(count, 1)).toThrow(expect.objectContaining({ code: 'usage' }));
});

test('faults are ordered by time; one that names no equipment goes where it suits', () => {
  const ids = planEquipment(4, 1).map((planned) => planned.equipmentId);
  const options = ['blocked-discharge@10s', 'fouling@5s:REACTOR_01', 'cooling-loss@1s', 'drop-out@2s'].map(parseFault);
  expect(planFaults(options, ids, 1000)).toEqual([
    { kind: 'cooling-loss', equipmentId: 'REACTOR_01', at: 2000 },
    { kind: 'drop-out', equipmentId: 'REACTOR_01', at: 3000 },
    { kind: 'fouling', equipmentId: 'REACTOR_01', at: 6000 },
    { kind: 'blocked-discharge', equipmentId: 'PUMP_01', at: 11_000 },
  ]);
});

test('a fault on equipment that is not simulated is refused with the names that are', () => {
  expect(() => planFaults([parseFault('fouling@1s:REACTOR_09')], ['REACTOR_01'], 0)).toThrow(
    expect.objectContaining({ code: 'usage', message: expect.stringContaining('REACTOR_09'), remedy: 'name one of: REACTOR_01' }),
  );
});
