import { describe, expect, test } from '@jest/globals';
import type { EffectWindow } from '../../src/domain/detection.ts';
import { unscopedRules } from '../../src/domain/rule-book.ts';
import type { DetectionWindow } from '../../src/domain/window.ts';
import { type AtHand, type StoreUnderTest } from '../support/stores.ts';
import { aFamily } from './samples.ts';
import { withStore } from './with-store.ts';

const NOW = Date.UTC(2026, 1, 19, 10, 30);
const LIVE: DetectionWindow = { watermark: NOW - 60_000, live: { after: NOW - 600_000, upTo: NOW + 5000 }, backlog: null };
const CATCHING_UP: DetectionWindow = {
  watermark: NOW - 7_200_000,
  live: { after: NOW - 300_000, upTo: NOW + 5000 },
  backlog: { after: NOW - 7_500_000, upTo: NOW - 3_600_000 },
};

/** Readings of an equipment: seconds from NOW and °C. */
function insert(at: AtHand, readings: readonly (readonly [seconds: number, celsius: number])[], equipment = 'R1'): Promise<void> {
  const rows = readings.map(([s, temperature]) => ({
    equipment_id: equipment,
    sensor_status: 'good',
    timestamp: at.time(NOW + s * 1000),
    temperature,
  }));
  return at.outside.insert('sensor_data', rows);
}

function effect(recommendationId: string, from: number, to: number, given: Partial<EffectWindow> = {}): EffectWindow {
  return { recommendationId, equipmentId: 'R1', familyId: 'temperature', after: NOW + from * 1000, upTo: NOW + to * 1000, ...given };
}

const seconds = (instant: number) => (instant - NOW) / 1000;
const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

async function detect(at: AtHand, effects: readonly EffectWindow[], window = LIVE) {
  const {
    states,
    effects: found,
    totals,
  } = await at.source.detect({ window, rules: unscopedRules([aFamily()]), known: [], accounted: [], effects });
  const said = [...found].map(([id, { last, clear }]) => [
    id,
    last && [seconds(last.at), last.value],
    clear && [seconds(clear.since), clear.readings],
  ]);
  return { said, states, totals };
}

/** What the readings after an execution say, whatever else the ranges hold. */
export function effectsContract(under: StoreUnderTest): void {
  describe('the readings after an execution:', () => {
    const store = withStore(under);
    const READINGS = [
      [-500, 97],
      [-400, 96],
      [-399, 83],
      [-350, 70],
      [-300, 71],
      [-299, 93],
      [-10, 94],
    ] as const;

    test('only those later than it and up to the end of its window count, both to the millisecond', async () => {
      const at = store();
      await insert(at, READINGS);
      const { said } = await detect(at, [effect('all', -400, -300), effect('early', -500, -400), effect('none', -300, -299.001)]);
      expect(said.toSorted(byText)).toEqual([
        ['all', [-300, 71], [-399, 3]],
        ['early', [-400, 96], null],
        ['none', null, null],
      ]);
    });

    test('what a cycle sees otherwise is the same with and without them', async () => {
      const at = store();
      await insert(at, READINGS);
      await insert(at, [[-20, 92]], 'R2');
      const { states, totals } = await detect(at, []);
      const asked = await detect(at, [effect('one', -400, -300), effect('live', -400, -300), effect('R9', -9, 0, { equipmentId: 'R9' })]);
      expect(asked.totals).toEqual(totals);
      expect(asked.states.toSorted(byText)).toEqual(states.toSorted(byText));
      expect(asked.said).toHaveLength(3);
    });

    test('they are found in the slice of a downtime as well as in the live range, and across both', async () => {
      const at = store();
      await insert(at, [
        [-7000, 92],
        [-6900, 70],
        [-6800, 70],
        [-3000, 99],
        [-100, 95],
        [-50, 72],
      ]);
      const { said } = await detect(at, [effect('slice', -7100, -6500), effect('both', -7100, 0), effect('live', -200, 0)], CATCHING_UP);
      expect(said.toSorted(byText)).toEqual([
        ['both', [-50, 72], [-50, 1]],
        ['live', [-50, 72], [-50, 1]],
        ['slice', [-6800, 70], [-6900, 2]],
      ]);
    });
  });
}
