import { afterEach, describe, expect, test } from '@jest/globals';

import { exitCodeFor } from '../../src/cli/cycle-report.ts';
import { describeFailure, sentence } from '../../src/cli/error-text.ts';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import { watchInterruption } from '../../src/cli/interruption.ts';
import { type CycleReport, newReport } from '../../src/cycle/report.ts';
import { AgentError } from '../../src/domain/errors.ts';

function report(change: (draft: CycleReport) => void): CycleReport {
  const draft = newReport('ops_agent_001', 'run');
  change(draft);
  return draft;
}

const failing = (...codes: readonly string[]) =>
  report((draft) => {
    draft.outcome = 'partial';
    draft.errors.push(...codes.map((code) => ({ phase: 'execute' as const, code, message: 'it broke' })));
  });

describe('the exit code of a cycle', () => {
  test.each([
    ['0 when all was done', report(() => undefined), 0, 0],
    ['0 when another cycle holds the lease', report((draft) => (draft.outcome = 'skipped')), 0, 0],
    ['7 when a command failed', report((draft) => (draft.commands.failed = 1)), 7, 0],
    ['7 when it is not known what became of a command', report((draft) => (draft.commands.unknown = 1)), 7, 0],
    ['6 when the plant did not answer', failing('plant_unavailable'), 6, 0],
    ['6 when the store failed after something else', failing('usage', 'store_unavailable'), 6, 0],
    ["the first error's otherwise", failing('usage', 'bug'), 2, 0],
    ['1 for a code that we do not know', failing('toString'), 1, 0],
  ])('is %s', (_what, given, expected, withFlag) => {
    expect(exitCodeFor(given, false)).toBe(expected);
    expect(exitCodeFor(given, true)).toBe(withFlag);
  });

  test('is not forgiven by the flag when the cycle could do nothing', () => {
    const failed = failing('store_unavailable');
    failed.outcome = 'failed';
    expect(exitCodeFor(failed, true)).toBe(6);
  });
});

describe('a failure', () => {
  test.each([
    ['bug', 1],
    ['usage', 2],
    ['not_found', 3],
    ['unauthorised', 4],
    ['conflict', 5],
    ['store_unavailable', 6],
    ['plant_unavailable', 6],
    ['not_set_up', 8],
    ['interrupted', 130],
  ])('of code %s exits with %d', (code, expected) => {
    expect(exitCodeOf(code)).toBe(expected);
  });

  test('is one line, what and then the remedy, however many lines the message has', () => {
    const error = new AgentError('usage', 'near "x":\nsyntax error\nat 3.', 'mend it');
    expect(describeFailure(error, false)).toEqual({ text: 'ops-agent: near "x": syntax error; at 3. Mend it', exitCode: 2 });
  });

  test('that is a list of problems has a line for each, below their number, and one entry in a log', () => {
    const error = new AgentError('usage', '2 problems in a.yaml:\n  one\n  two', 'mend them');
    expect(describeFailure(error, false)).toEqual({ text: 'ops-agent: 2 problems in a.yaml:\n  one\n  two\nMend them', exitCode: 2 });
    expect(sentence(error)).toBe('2 problems in a.yaml: one; two. Mend them');
  });

  test('that is a bug keeps its stack for --log-level debug', () => {
    const { text, exitCode } = describeFailure(new TypeError('x is not a function'), true);
    expect(exitCode).toBe(1);
    expect(text).toMatch(/^ops-agent: x is not a function\. Report it with the output of --log-level debug\n.*at /s);
    expect(text).toContain('caused by TypeError: x is not a function');
  });
});

describe('an interruption', () => {
  afterEach(() => {
    for (const name of ['SIGINT', 'SIGTERM']) process.removeAllListeners(name);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'by %s asks first, ends the process at the second one, and when all is done kills nothing that is about to end with its code',
    (name, code) => {
      const exits: number[] = [];
      const interruption = watchInterruption((exitCode) => exits.push(exitCode));
      expect(interruption.exitCode()).toBeNull();
      process.emit(name);
      expect({ aborted: interruption.signal.aborted, exitCode: interruption.exitCode(), exits }).toEqual({
        aborted: true,
        exitCode: code,
        exits: [],
      });
      process.emit(name);
      expect(exits).toEqual([code]);
      interruption.stopWatching();
      expect(process.listenerCount(name)).toBe(1);
    },
  );
});
