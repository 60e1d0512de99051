import { readFileSync, writeFileSync } from 'node:fs';
import type { Workplace } from './bundle.ts';

const PROMPT = '$ ';
const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
/** As a list's first column has it. */
const SHORT_ID = /^[0-9a-f]{8}(?= {2})/gm;

/** What differs from one run to the next, by the name that stands for it in a session. Ids are numbered as they appear. */
class Placeholders {
  /** Their first eight digits. */
  readonly #ids: string[] = [];

  /** An id's name back into its first eight digits, as an operator types it. */
  spelled(line: string): string {
    return line.replace(/<id-(\d+)>/g, (_found, number: string) => this.#ids[Number(number) - 1] ?? 'unknown');
  }

  replaced(text: string): string {
    const inShort = text.replace(UUID, (id) => id.slice(0, 8));
    for (const id of [...(text.match(UUID) ?? []), ...(text.match(SHORT_ID) ?? [])].map((each) => each.slice(0, 8)))
      if (!this.#ids.includes(id)) this.#ids.push(id);
    return this.#ids
      .reduce((named, id, index) => named.replaceAll(id, `<id-${index + 1}>`), inShort)
      .replace(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d{3}Z?/g, '<time>')
      .replace(/\b[0-9a-f]{64}\b/g, '<hash>')
      .replace(/\(cli:[^)]+\)/g, '(cli:<user>)')
      .replace(/\bvia cli:\S+?(?=[:\s]|$)/g, 'via cli:<user>')
      .replace(/\b\d+(?:\.\d+)? ?m?s\b/g, '<s>')
      .replace(/ {2,}/g, '  ');
  }
}

/** The words of a line as a shell would split it, with single and double quotes. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare ?? '');
}

const LOGGING = ['run-once', 'loop', 'simulate'];
/** Of a cycle's log what it says to operators: what it created, escalated, refused and ended. */
const NOTEWORTHY = /✓|ANOMALY|WITHDRAWN|CANCELLED|EXPIRED|REFUSED|RENEWED|RESTORED|RESUMED|REJECTED|DEFERRED|SENSOR|FLOOD|OUTCOME|silent/;

/** What a session shows of a command: all of it, but for what `setup` and a cycle's log say every time. */
function shown(command: string, stdout: string, stderr: string): string {
  if (command === 'setup') return `${stdout.split('\n').find((line) => line.startsWith('Setup complete')) ?? stdout}\n${stderr}`;
  if (!LOGGING.includes(command)) return `${stdout}${stderr}`;
  const lines = stderr.split('\n').filter((line) => NOTEWORTHY.test(line));
  return `${stdout}${lines.map((line) => line.replace(/^.*?\[(?:INFO|WARN|WARNING|ERROR)\] ?/, '')).join('\n')}`;
}

/**
 * Plays a session: lines that begin with `$ ops-agent` are run, comments (`#`) are kept, everything else is what was printed the last
 * time. Returns the file's text and what was printed now; they are equal while nothing an operator sees has changed.
 * With UPDATE_SESSIONS=1 the file is written anew.
 */
export async function playSession(place: Workplace, file: string): Promise<{ readonly expected: string; readonly actual: string }> {
  const expected = readFileSync(file, 'utf8');
  const placeholders = new Placeholders();
  const lines: string[] = [];
  for (const line of expected.split('\n')) {
    if (line.startsWith('#')) lines.push(...(lines.length > 0 ? ['', line] : [line]));
    if (!line.startsWith(PROMPT)) continue;
    lines.push(line);
    const [program, ...args] = wordsOf(placeholders.spelled(line.slice(PROMPT.length)));
    if (program !== 'ops-agent') throw new Error(`${file}: '${line}' is no command of ours`);
    const { stdout, stderr, code } = await place.run(...args);
    const printed = placeholders.replaced(shown(args[0] ?? '', stdout, stderr));
    lines.push(
      ...printed
        .split('\n')
        .map((each) => each.trimEnd())
        .filter((each) => each !== ''),
      ...(code === 0 ? [] : [`[exit ${code ?? 'by a signal'}]`]),
    );
  }
  const actual = `${lines.join('\n')}\n`;
  if (process.env['UPDATE_SESSIONS'] === '1') writeFileSync(file, actual);
  return { expected, actual };
}
