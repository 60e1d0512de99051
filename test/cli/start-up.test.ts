import { beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { BUNDLE, ensureBundle, newWorkplace } from '../support/bundle.ts';

beforeAll(() => ensureBundle(), 60_000);

/** The chunks that are read before any command runs: what the entry imports, and what it loads at once. */
function startUpChunks(file: string, seen = new Map<string, string>()): ReadonlyMap<string, string> {
  if (seen.has(file)) return seen;
  const text = readFileSync(file, 'utf8');
  seen.set(file, text);
  const fixed = [...text.matchAll(/(?:from|import)\s*"(\.[^"]+)"/g)];
  const entry = file === BUNDLE ? [...text.matchAll(/import\("(\.[^"]+)"\)/g)] : [];
  for (const [, relative = ''] of [...fixed, ...entry]) startUpChunks(path.resolve(path.dirname(file), relative), seen);
  return seen;
}

test('--version and --help load neither zod, nor winston, nor SQLite', () => {
  const text = [...startUpChunks(BUNDLE).values()].join('\n');
  expect(text).toContain('ops-agent'); // the program itself is in it, so the walk found the chunks
  expect(text).toContain('recommendations');
  expect(text).not.toMatch(/ZodError|triple-beam|node:sqlite|photostructure|parseDocument/);
  expect(text.length).toBeLessThan(400_000);
});

test('--version prints the version and nothing else', async () => {
  const place = newWorkplace();
  const { version } = JSON.parse(readFileSync(path.resolve(__dirname, '../../package.json'), 'utf8')) as { version: string }; // our own file
  expect(await place.run('--version')).toEqual({ stdout: `${version}\n`, stderr: '', code: 0 });
  place.remove();
});
