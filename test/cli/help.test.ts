import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';

import { buildProgram } from '../../src/cli/program.ts';
import { newWorkplace, type Workplace } from '../support/bundle.ts';

const program = buildProgram(() => Promise.resolve());

function pathsOf(command: Command, path: readonly string[] = []): readonly (readonly string[])[] {
  return [path, ...command.commands.flatMap((sub) => pathsOf(sub, [...path, sub.name()]))];
}

const PATHS = pathsOf(program);

/** The words of an example as a shell would split it; redirections, comments and variables before it are dropped. */
function wordsOf(example: string): readonly string[] {
  const line = example
    .replace(/^source <\((.*)\)$/, '$1')
    .replace(/\s+#\s.*$/, '')
    .replace(/\s+>\s+\S+$/, '')
    .replace(/^(?:[A-Z_]+=\S+\s+)+/, '');
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare ?? '');
}

function examplesOf(help: string): readonly string[] {
  return help.split('\n').flatMap((line) => /^ {2}\$ (.+)$/.exec(line)?.[1] ?? []);
}

const AUDIT_PAGE = readFileSync(join(__dirname, '..', '..', 'docs', 'audit.md'), 'utf8');

let place: Workplace;
beforeAll(() => {
  place = newWorkplace();
}, 60_000);
afterAll(() => place.remove());

describe('help', () => {
  test.each(PATHS.map((path) => [['ops-agent', ...path].join(' '), path] as const))(
    'of %s has an example of it that can be parsed',
    async (name, path) => {
      const { stdout, stderr, code } = await place.run(...path, '--help');
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      expect(stdout).toContain(`Usage: ${name}`);
      const examples = examplesOf(stdout);
      expect(examples.filter((example) => wordsOf(example).join(' ').startsWith(name))).not.toHaveLength(0);
      for (const example of examples) {
        const [first, ...args] = wordsOf(example);
        expect(first).toBe('ops-agent');
        // Help that is asked for ends the process; it is compared below.
        if (args[0] === 'help') continue;
        // A fresh tree each time, because commander keeps values of repeated options.
        await buildProgram(() => Promise.resolve()).parseAsync(args, { from: 'user' });
      }
    },
  );

  test('of the whole program ends with the exit codes', async () => {
    const { stdout } = await place.run('--help');
    expect(stdout).toContain(
      'Exit codes:\n  0  done (also: nothing to do)         5  conflict (decided already, ambiguous prefix, lease held)',
    );
  });

  test.each(['audit accept', 'prune'])('of %s has the exit codes of docs/audit.md', async (name) => {
    const { stdout } = await place.run(...name.split(' '), '--help');
    const [, table = ''] = AUDIT_PAGE.split(`| \`${name}\` ends with | |\n|---|---|\n`);
    const documented = [...(table.split('\n\n')[0] ?? '').matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(
      ([, code, text]) => `  ${code}  ${text}`,
    );
    expect(documented).not.toHaveLength(0);
    expect(stdout.split('Exit codes:\n')[1]?.trimEnd()).toBe(documented.join('\n').replaceAll('`', ''));
  });

  test.each(PATHS.map((path) => [path.join(' '), path] as const))('help %s and its --help are the same', async (_name, path) => {
    const [a, b] = await Promise.all([place.run('help', ...path), place.run(...path, '--help')]);
    expect(a).toEqual(b);
    expect(a.code).toBe(0);
  });

  test.each([
    [['frobnicate'], 'ops-agent --help'],
    [['session', 'frobnicate'], 'ops-agent session --help'],
    [['session', 'login', 'frobnicate'], 'ops-agent session login --help'],
  ])('of what is no command is refused: %j', async (names, remedy) => {
    expect(await place.run('help', ...names)).toEqual({
      stdout: '',
      stderr: `ops-agent: unknown command 'frobnicate'; see: ${remedy}\n`,
      code: 2,
    });
  });

  test('without a command prints the help on stderr and exits 2', async () => {
    const { stdout, stderr, code } = await place.run();
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
    expect(stderr).toMatch(/^Usage: ops-agent \[options\] \[command\]\n/);
  });
});

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish'])('for %s names every command', async (shell) => {
    const { stdout, code } = await place.run('completion', shell);
    expect(code).toBe(0);
    for (const path of PATHS) for (const word of path) expect(stdout).toContain(word);
  });

  test('for an unknown shell is refused', async () => {
    const { stderr, code } = await place.run('completion', 'tcsh');
    expect(code).toBe(2);
    expect(stderr).toBe(
      "ops-agent: command-argument value 'tcsh' is invalid for argument 'shell': allowed choices are bash, zsh, fish; see: ops-agent completion --help\n",
    );
  });
});
