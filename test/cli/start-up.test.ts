import { beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

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

/** As a process of its own: what an ES module lacks, Jest has. */
const CONNECT = `
process.noDeprecation = true;
const { default: driver } = await import(process.argv[2]);
const client = new driver.DBSQLClient({ logger: { log: () => undefined } });
await client.connect({ host: '127.0.0.1', port: 1, path: '/', token: 'x', telemetryEnabled: false });
await client.openSession().catch((thrown) => console.log(thrown.code));
`;

test('the driver of Databricks is a part of its own, which no start-up reads, and can connect', async () => {
  const chunks = path.join(path.dirname(BUNDLE), 'chunks');
  const holding = readdirSync(chunks)
    .filter((name) => name.endsWith('.js'))
    .map((name) => path.join(chunks, name))
    .filter((file) => readFileSync(file, 'utf8').includes('NodejsDatabricksSqlConnector'));
  expect(holding).toHaveLength(1);
  expect([...startUpChunks(BUNDLE).keys()]).not.toContain(holding[0]);
  const place = newWorkplace();
  const program = path.join(place.cwd, 'connect.mjs');
  writeFileSync(program, CONNECT);
  const ran = await promisify(execFile)(process.execPath, [program, holding[0] ?? '']);
  expect(ran).toEqual({ stdout: 'ECONNREFUSED\n', stderr: '' });
  place.remove();
});
