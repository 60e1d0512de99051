import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { chart } from '../../src/cli/chart.ts';
import { table } from '../../src/cli/table.ts';
import { wrapped } from '../../src/cli/wrap.ts';
import { newWorkplace, runBundle, startBundle, type Workplace } from '../support/bundle.ts';

let place: Workplace;
beforeAll(async () => {
  place = newWorkplace();
  await place.run('setup', '--sample-data');
  await place.run('run-once');
}, 60_000);
afterAll(() => place.remove());

// eslint-disable-next-line no-control-regex -- colours are control characters
const COLOUR = /\u001b\[\d+m/;

describe('output', () => {
  test('into a pipe has no colours, also in a CI system', async () => {
    const { stdout } = await runBundle(['recommendations'], { cwd: place.cwd, env: { CI: 'true' } });
    expect(stdout).not.toMatch(COLOUR);
    expect(stdout.split('\n')[0]).toMatch(/^ID +PRIO +SEVERITY +EQUIPMENT +ISSUE +READING +STATUS +AGE +ACTION$/);
    expect(stdout.split('\n')[1]).toMatch(
      /^[0-9a-f]{8} +3 +high +REACTOR_02 +high_temperature +92 °C, 95 PSI, 48 GPM +pending +\d+s +Reduce throughput by 25% and/,
    );
  });

  test('has colours where they are asked for, unless NO_COLOR or --no-color says no', async () => {
    const env = { FORCE_COLOR: '1' };
    expect((await runBundle(['recommendations'], { cwd: place.cwd, env })).stdout).toMatch(COLOUR);
    expect((await runBundle(['recommendations'], { cwd: place.cwd, env: { ...env, NO_COLOR: '1' } })).stdout).not.toMatch(COLOUR);
    expect((await runBundle(['recommendations', '--no-color'], { cwd: place.cwd, env })).stdout).not.toMatch(COLOUR);
  });

  test('whose reader stops early is no failure', async () => {
    const running = startBundle(['config', 'show', '--json'], { cwd: place.cwd });
    running.child.stdout?.destroy();
    const { stderr, code } = await running.done;
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  });
});

describe('a table', () => {
  test('keeps text from the store on its line, whatever is in it', () => {
    expect(table([{ title: 'ID' }], [['\u001b[2Jgone\r\nforged']])).toBe(['ID', ' [2Jgone forged'].join('\n'));
  });

  test('shows what is missing as a dash', () => {
    expect(table([{ title: 'A' }, { title: 'B', align: 'right' }], [['x', null]])).toBe(['A  B', 'x  -'].join('\n'));
  });
});

describe('a table on a terminal that is too narrow for it', () => {
  const columns = [{ title: 'ID' }, { title: 'ACTION', maxLength: 52 }, { title: 'CAUSE', maxLength: 48 }, { title: 'SHARE' }];
  const cells = ['ab3cb169', 'Reduce throughput by 25% and activate cooling system', 'worn impeller of the second stage', '75 %'];

  test('wraps its texts earlier, the widest first, and loses no word of them', () => {
    const lines = table(columns, [cells], 60).split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
    const words = lines.slice(1).join(' ').split(/ +/).toSorted();
    expect(words.filter((word) => word !== '')).toEqual(cells.join(' ').split(' ').toSorted());
    expect(table(columns, [cells], 200).split('\n')).toHaveLength(2);
  });

  test('never narrows what has no limit, and no text below what can be read', () => {
    const lines = table(columns, [cells], 20).split('\n');
    expect(lines[0]).toBe('ID        ACTION      CAUSE       SHARE');
    expect(lines[1]?.startsWith('ab3cb169  Reduce')).toBe(true);
  });
});

describe('a line that is longer than the terminal', () => {
  const line = '  Cause: worn \u001b[31mimpeller\u001b[39m of the second stage';

  test('goes on below, indented, between words; colours take no room', () => {
    expect(wrapped(line, 24, 4)).toBe('  Cause: worn \u001b[31mimpeller\u001b[39m\n    of the second stage');
    expect(wrapped(line, 80, 4)).toBe(line);
  });

  test('keeps in one piece what has to be copied', () => {
    expect(wrapped(`hash ${'0'.repeat(64)} end`, 20, 2)).toBe(`hash\n  ${'0'.repeat(64)}\n  end`);
  });
});

describe('a chart', () => {
  test('is as high and as wide as asked for, with its unit', () => {
    const rising = Array.from({ length: 500 }, (_, index) => 70 + index / 10);
    const lines = chart(rising, { height: 5, width: 40, unit: '°C' }).split('\n');
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatch(/^ *119\.9 °C/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(10 + 2 + 40);
  });

  test('of too few readings is a line of text', () => {
    expect(chart([], { height: 5, width: 40, unit: '°C' })).toBe('no readings');
    expect(chart([71.25], { height: 5, width: 40, unit: '°C' })).toBe('71.3 °C');
  });
});
