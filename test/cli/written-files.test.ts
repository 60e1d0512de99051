import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { newWorkplace, type RunResult, type Workplace } from '../support/bundle.ts';

const CONFIGURATION = 'agent:\n  id: plant_1\n';

let place: Workplace;
beforeEach(async () => {
  place = newWorkplace();
  writeFileSync(at('ops-agent.yaml'), CONFIGURATION);
  await place.run('setup');
});
afterEach(() => place.remove());

function at(name: string): string {
  return path.join(place.cwd, name);
}

function exportTo(file: string, ...options: readonly string[]): Promise<RunResult> {
  return place.run(...options, 'audit', 'export', '--output', file);
}

function refused(file: string, what: string): RunResult {
  return { stdout: '', stderr: `ops-agent: --output: cannot write '${file}': it is ${what}. Name another file\n`, code: 2 };
}

test('the configuration in force is not overwritten, by whatever name it is called', async () => {
  mkdirSync(at('etc'));
  writeFileSync(at('etc/line.yaml'), CONFIGURATION);
  symlinkSync('ops-agent.yaml', at('link'));
  for (const file of ['ops-agent.yaml', './etc/../ops-agent.yaml', 'link'])
    expect(await exportTo(file)).toEqual(refused(file, 'the configuration file'));
  expect(await exportTo('etc/line.yaml', '--config', 'etc/line.yaml')).toEqual(refused('etc/line.yaml', 'the configuration file'));
  expect(readFileSync(at('ops-agent.yaml'), 'utf8')).toBe(CONFIGURATION);
  expect(readFileSync(at('etc/line.yaml'), 'utf8')).toBe(CONFIGURATION);
});

test('where there is no configuration, none is made that the next run would read', async () => {
  rmSync(at('ops-agent.yaml'));
  await place.run('setup', '--take-over');
  expect(await exportTo('ops-agent.yaml')).toEqual(refused('ops-agent.yaml', 'the configuration file'));
});

test('what SQLite has beside a store that is reached through a link is not overwritten, nor its lock', async () => {
  mkdirSync(at('disk'));
  renameSync(at('ops-agent.db'), at('disk/plant.db'));
  symlinkSync('disk/plant.db', at('ops-agent.db'));
  for (const suffix of ['', '-wal', '-shm', '-journal'])
    expect(await exportTo(`disk/plant.db${suffix}`)).toEqual(refused(`disk/plant.db${suffix}`, "the store's own file"));
  expect(await exportTo('disk/plant.db.lock')).toEqual(refused('disk/plant.db.lock', "the store's lock's own file"));
});

test('a file that is replaced keeps its mode, and a new one has the mode that the umask says', async () => {
  writeFileSync(at('secret.jsonl'), '');
  chmodSync(at('secret.jsonl'), 0o600);
  writeFileSync(at('shared.jsonl'), '');
  chmodSync(at('shared.jsonl'), 0o666);
  for (const name of ['secret.jsonl', 'shared.jsonl', 'new.jsonl']) expect(await exportTo(name)).toMatchObject({ code: 0 });
  const modeOf = (name: string) => statSync(at(name)).mode & 0o777;
  expect(modeOf('secret.jsonl')).toBe(0o600);
  expect(modeOf('shared.jsonl')).toBe(0o666);
  expect(modeOf('new.jsonl')).toBe(0o666 & ~process.umask());
});
