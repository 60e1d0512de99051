import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadSettings } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import { activeFamilies } from '../../src/domain/rule-book.ts';
import { detectionWindow } from '../../src/domain/window.ts';
import type { SqlValue } from '../../src/store/connection.ts';
import { type AtHand, atHand, type StoreUnderTest } from '../support/stores.ts';

const GUIDE = readFileSync(path.resolve('docs/sources.md'), 'utf8');
const NOW = Date.UTC(2026, 6, 19, 10, 30);

interface Example {
  readonly tables: readonly string[];
  readonly settings: Settings;
}

/** The guide's examples in order: statements that make the tables, then the configuration that reads them. */
function examplesOf(guide: string): readonly Example[] {
  const cwd = mkdtempSync(path.join(tmpdir(), 'ops-agent-guide-'));
  try {
    const examples: Example[] = [];
    let tables: string[] = [];
    for (const [, language, text = ''] of guide.matchAll(/```(sql|yaml)\n([\s\S]*?)```/g)) {
      if (language === 'sql') {
        tables.push(text);
        continue;
      }
      writeFileSync(path.join(cwd, 'ops-agent.yaml'), text);
      examples.push({ tables, settings: loadSettings({ env: {}, cwd }) });
      tables = [];
    }
    return examples;
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

const [HISTORIAN, LOCAL, VIEW] = examplesOf(GUIDE);

/** An example's tables with rows in them, a cycle's look at them, and what it saw of the temperature. */
async function run(at: AtHand, example: Example | undefined, table: string, rows: readonly Readonly<Record<string, SqlValue>>[]) {
  if (!example) throw new Error('the guide has fewer examples');
  for (const ddl of example.tables) await at.outside.run(ddl);
  await at.outside.insert(table, rows);
  const { source } = await at.another({ source: example.settings.source });
  expect(await source.missingColumns()).toEqual([]);
  expect(await source.mistypedColumns()).toEqual([]);
  const { rules } = example.settings;
  const window = detectionWindow(NOW, NOW - 10_000, example.settings.source, activeFamilies(rules));
  const { states, totals } = await source.detect({ window, rules, known: [], accounted: [] });
  const raised = states.filter((state) => state.raised !== null);
  return { totals, states: raised.map(({ part, equipmentId, raised: found }) => [part, equipmentId, found?.peak.at, found?.peak.value]) };
}

export function sourceExamplesContract(under: StoreUnderTest): void {
  describe("the guide's examples:", () => {
    let at: AtHand;
    beforeAll(async () => {
      at = await atHand(under);
    });
    afterAll(() => at.close());

    test("a historian's long table in °F, with milliseconds, quality codes and late rows", async () => {
      const row = { asset: 'REACTOR_02', tag: 'TEMP_F', quality: 192, t_stamp: NOW - 4000, stored_at: NOW - 3000 };
      const { states, totals } = await run(at, HISTORIAN, 'historian_values', [
        { ...row, val: 204.8 },
        { ...row, tag: 'PRES_BAR', val: 7, t_stamp: NOW - 9000 },
        { ...row, val: 400, quality: 24 },
        { ...row, asset: 'VALVE_01', val: 212 },
        { ...row, asset: 'PUMP_TEST', val: 212 },
        { ...row, asset: 'PUMP_01', val: 194.9, t_stamp: NOW - 7_200_000 },
      ]);
      expect(states).toHaveLength(2);
      expect(states).toContainEqual(['live', 'REACTOR_02', NOW - 4000, expect.closeTo(96, 9)]);
      expect(states).toContainEqual(['late', 'PUMP_01', NOW - 7_200_000, expect.closeTo(90.5, 9)]);
      expect(totals.rejected).toMatchObject({ bad_quality: 1 });
    });

    test('a wide table in local time', async () => {
      const { states } = await run(at, LOCAL, 'plant_readings', [
        { machine: 'REACTOR_02', temp_c: 96, press_psi: 100, flow_m3h: 10, state: 'Good', measured_at: '2026-07-19 12:29:56.000' },
        { machine: 'REACTOR_03', temp_c: 96, press_psi: 100, flow_m3h: 10, state: 'good', measured_at: '2026-07-19 10:29:56.000' },
      ]);
      expect(states).toEqual([['live', 'REACTOR_02', NOW - 4000, 96]]);
    });

    test('a view of texts in kelvin', async () => {
      const { states } = await run(at, VIEW, 'edge_messages', [
        { device: 'REACTOR_02', site: 'north', payload_temp: '369.15', sent_at: '2026-07-19T12:29:56+02:00' },
        { device: 'REACTOR_03', site: 'south', payload_temp: '369.15', sent_at: '2026-07-19T10:29:56Z' },
      ]);
      expect(states).toEqual([['live', 'REACTOR_02', NOW - 4000, expect.closeTo(96, 9)]]);
    });
  });
}
