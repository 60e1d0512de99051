import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { play } from '../../src/cli/commands/demo.ts';
import { demoSettings } from '../../src/cli/demo/demo-settings.ts';
import { makeDemoPlace } from '../../src/cli/demo/demo-place.ts';
import type { Narration } from '../../src/cli/demo/narration.ts';
import { Stage } from '../../src/cli/demo/stage.ts';
import { judgeDemo } from '../../src/cli/demo/verdict.ts';
import type { PlantFailure } from '../../src/plant/simulated-plant.ts';
import { createSimulator } from '../../src/plant/simulator.ts';
import { openStore } from '../../src/store/open-store.ts';
import { ensureBundle, newWorkplace, startBundle, type Workplace } from '../support/bundle.ts';

const PATIENCE_MS = 60_000;
let place: Workplace;
let temporary: string;
beforeAll(() => ensureBundle(), PATIENCE_MS);
beforeEach(() => {
  place = newWorkplace();
  temporary = path.join(place.cwd, 'tmp');
  mkdirSync(temporary);
});
afterEach(() => place.remove());

function startDemo(...args: readonly string[]) {
  return startBundle(['demo', ...args], { cwd: place.cwd, env: { TMPDIR: temporary } });
}

const STEPS = [
  '1. Baseline: Agent runs, sensor data is normal',
  '2. Anomaly Insertion: Temperature spike on REACTOR_02',
  '3. Agent Detection: Next cycle detects the anomaly',
  '4. Operator Approval: Operator approves the recommendation',
  '5. Command Creation: Agent creates execution command',
  '6. Command Execution: Agent executes the control action',
  '7. Status Update: Recommendation and command marked as executed',
  '8. Verify: Did the reading recover?',
];

describe('demo', () => {
  test(
    'takes nothing from the environment, keys included, and its help says so',
    async () => {
      const env = { OPS_AGENT_SIGNING_KEY: `2026a:${'decade'.repeat(8)}`, OPS_AGENT_POLICY_REQUIRE_SESSION: 'true' };
      const { stdout } = await startBundle(['demo', '--help'], { cwd: place.cwd }).done;
      expect(stdout.replace(/\s+/g, ' ')).toContain(
        'no configuration of yours has a part in it, from a file, options or the environment, and nothing is signed',
      );
      expect(await startBundle(['demo', '--keep', 'demo.db'], { cwd: place.cwd, env: { ...env, TMPDIR: temporary } }).done).toMatchObject({
        code: 0,
      });
      const exported = await place.run('--store-path', 'demo.db', 'audit', 'export');
      const signatures = exported.stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { signature: string | null }).signature); // audit.test.ts has its shape
      expect(new Set(signatures)).toEqual(new Set([null]));
    },
    PATIENCE_MS,
  );

  test(
    'goes through every step to an effective outcome with one write, in plain text, and leaves nothing behind',
    async () => {
      const { stdout, stderr, code } = await startDemo().done;
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      expect(stdout.match(/^\d\. .*$/gm)).toEqual(STEPS);
      expect(stdout).toContain("VALUES ('SENSOR_REACTOR_02', 'REACTOR_02', 96.0, 100.0, 45.0, 'warning', CURRENT_TIMESTAMP);");
      expect(stdout).toMatch(/ANOMALY DETECTED: REACTOR_02 temperature=96\.0°C/);
      expect(stdout).toContain('[default]REACTOR_02/ThroughputSetpoint: 100 → 50 %, read back 50');
      expect(stdout).toContain('✓ One approval, one write, and it was effective (status executed, outcome effective');
      expect(stdout).toContain('Writes that the plant received: 1 ');
      // eslint-disable-next-line no-control-regex -- control characters are what must not be there
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
      expect(readdirSync(temporary)).toEqual([]);
      expect(readdirSync(place.cwd)).toEqual(['tmp']);
    },
    PATIENCE_MS,
  );

  test(
    'keeps the store where it was asked to, in no way touched by the configuration that is there',
    async () => {
      writeFileSync(path.join(place.cwd, 'ops-agent.yaml'), 'agent: {id: somebody_else}\nrules: {deadband: 50}\n');
      const { stdout, code } = await startDemo('--keep', 'kept/demo.db').done;
      expect(code).toBe(0);
      expect(stdout).toContain(`ops-agent --store-path ${path.join(place.cwd, 'kept/demo.db')} status`);
      expect(readdirSync(temporary)).toEqual([]);
      const shown = await place.json('--store-path', 'kept/demo.db', 'recommendations', '--json');
      expect(shown).toEqual([expect.objectContaining({ equipment_id: 'REACTOR_02', status: 'executed', outcome: 'effective' })]);
      expect(await place.json('--store-path', 'kept/demo.db', 'plant', 'writes', '--json')).toHaveLength(1);
      const again = await startDemo('--keep', 'kept/demo.db').done;
      expect(again).toMatchObject({ code: 2, stdout: '' });
      expect(again.stderr).toContain('exists already');
    },
    PATIENCE_MS,
  );

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'ends on %s with %i and takes its files away',
    async (signal, expected) => {
      const running = startDemo();
      await running.saw('3. Agent Detection');
      running.child.kill(signal);
      const { code, stdout } = await running.done;
      expect(code).toBe(expected);
      expect(stdout).not.toContain('8. Verify');
      expect(readdirSync(temporary)).toEqual([]);
    },
    PATIENCE_MS,
  );

  test(
    'does not pass when the plant confirms a write and does not obey',
    async () => {
      const { verdict, text } = await playOn('lying');
      expect(verdict.passed).toBe(false);
      expect(verdict.text).toMatch(/^✗ The action was not seen to work: status failed, outcome not known, writes received by the plant: 1/);
      expect(text).toContain('COMMAND FAILED');
    },
    PATIENCE_MS,
  );
});

/** The play without the process around it, on a plant with a failure. */
async function playOn(failure: PlantFailure) {
  const files = makeDemoPlace(undefined, place.cwd);
  const settings = demoSettings(files);
  const { simulatorPath, timeoutSeconds } = settings.plant;
  const plant = await createSimulator({ path: simulatorPath, latencySeconds: 0, timeoutSeconds, now: () => Date.now() });
  const { store, source } = await openStore(settings, { create: true });
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const narration: Narration = { step: (_number, title) => say(title), say, good: say, bad: say };
  try {
    await store.migrate(settings.agentId);
    plant.setFailure(failure);
    const signal = new AbortController().signal;
    const row = await play(new Stage({ settings, store, source, plant, narration, signal, monotonic: () => performance.now() }));
    return { verdict: judgeDemo(row, plant.writes()), text: said.join('\n') };
  } finally {
    await source.close();
    await store.close();
    await plant.close();
    files.remove();
  }
}
