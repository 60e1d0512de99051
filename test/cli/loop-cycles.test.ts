import { describe, expect, test } from '@jest/globals';

import { loopCycles, type LoopPlan, type LoopPorts } from '../../src/cli/loop-cycles.ts';
import { type CycleReport, newReport } from '../../src/cycle/report.ts';
import { AgentError, type ErrorCode } from '../../src/domain/errors.ts';

const LIMITS = { maxErrorsInARow: 5, pauseSeconds: 60 };

type Result = 'ok' | ErrorCode;

/** A clock that only sleeping and cycles move, and cycles that end as they are told; the last one repeats. */
function fixture(results: readonly Result[], cycleMs = 100) {
  let nowMs = 0;
  const sleeps: number[] = [];
  const lines: string[] = [];
  const controller = new AbortController();
  let cycles = 0;
  const note = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const ports: LoopPorts = {
    monotonic: () => nowMs,
    sleep: (ms) => {
      sleeps.push(ms);
      nowMs += ms;
      return Promise.resolve();
    },
    log: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    cycle: () => {
      nowMs += cycleMs;
      const result = results[Math.min(cycles, results.length - 1)] ?? 'ok';
      cycles += 1;
      return Promise.resolve(reportOf(result));
    },
  };
  const run = (plan: Partial<LoopPlan>) =>
    loopCycles(ports, { intervalSeconds: 10, maxCycles: null, forSeconds: null, ...plan }, LIMITS, controller.signal);
  return { run, sleeps, lines, controller, ports };
}

function reportOf(result: Result): CycleReport {
  const report = newReport('ops_agent_001', 'run');
  if (result === 'ok') return report;
  report.outcome = 'failed';
  report.cause = new AgentError(result, 'it broke', 'mend it');
  report.errors.push({ phase: 'begin', code: result, message: 'it broke' });
  return report;
}

describe('the loop', () => {
  test('starts cycles one interval apart, whatever they take', async () => {
    const { run, sleeps, lines } = fixture(['ok'], 450);
    expect(await run({ maxCycles: 3 })).toBe(3);
    expect(sleeps).toEqual([9550, 9550]);
    expect(lines).toEqual([
      'info [CYCLE COMPLETE] Duration: 0.45s, Next poll in 10s',
      'info [CYCLE COMPLETE] Duration: 0.45s, Next poll in 10s',
      'info [CYCLE COMPLETE] Duration: 0.45s, no next poll',
    ]);
  });

  test('goes on at once after a cycle that took longer than the interval', async () => {
    const { run, sleeps } = fixture(['ok'], 12_000);
    await run({ maxCycles: 2 });
    expect(sleeps).toEqual([0]);
  });

  test('pauses for 60 seconds after 5 errors in a row, then counts anew', async () => {
    const { run, sleeps, lines } = fixture(['store_unavailable']);
    await run({ maxCycles: 11 });
    expect(sleeps).toEqual([9900, 9900, 9900, 9900, 60_000, 9900, 9900, 9900, 9900, 60_000]);
    expect(lines.filter((line) => line.startsWith('error 5 errors'))).toHaveLength(2);
    expect(lines[0]).toBe('error Cycle failed: it broke. Mend it');
  });

  test('forgets errors after one success', async () => {
    const bad = 'store_unavailable';
    const { run, sleeps } = fixture([bad, bad, bad, bad, 'ok', bad, bad, bad, bad, 'ok']);
    await run({ maxCycles: 11 });
    expect(new Set(sleeps)).toEqual(new Set([9900]));
  });

  test.each(['usage', 'not_set_up'] as const)('ends when the first cycle says %s, because waiting does not help', async (code) => {
    await expect(fixture([code]).run({})).rejects.toMatchObject({ code });
  });

  test('goes on when a later cycle says not_set_up: it may be a migration', async () => {
    expect(await fixture(['ok', 'not_set_up', 'ok']).run({ maxCycles: 3 })).toBe(3);
  });

  test('ends before a cycle that would begin after --for', async () => {
    const { run, sleeps } = fixture(['ok']);
    expect(await run({ forSeconds: 25 })).toBe(3);
    expect(sleeps).toHaveLength(2);
  });

  test('ends after the cycle in which it was interrupted, without sleeping', async () => {
    const { run, sleeps, controller, ports } = fixture(['ok']);
    const { cycle } = ports;
    Object.assign(ports, { cycle: (first: boolean) => (controller.abort(), cycle(first)) });
    expect(await run({})).toBe(1);
    expect(sleeps).toEqual([]);
  });
});
