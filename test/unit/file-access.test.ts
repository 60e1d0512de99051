import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { fileAccess } from '../../src/store/embedded/file-access.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-access-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string) => path.join(folder, name);
const tried = (file: string) => fileAccess(file).map(({ what, refusal }) => [what, refusal?.message ?? null]);

test('of a store are its file, what is beside it and its folder, those that a link leads to', () => {
  writeFileSync(at('a.db'), '');
  expect(tried(at('a.db'))).toEqual([
    [`to write ${at('a.db')}`, null],
    [`to make files in ${folder}`, null],
  ]);
  for (const name of ['a.db-wal', 'a.db-shm', 'a.db.lock']) writeFileSync(at(name), '');
  mkdirSync(at('elsewhere'));
  symlinkSync(at('a.db'), at('elsewhere/link.db'));
  const names = ['a.db', 'a.db-wal', 'a.db-shm', 'a.db.lock'];
  expect(tried(at('elsewhere/link.db'))).toEqual([
    ...names.map((name) => [`to write ${at(name)}`, null]),
    [`to make files in ${folder}`, null],
  ]);
});

test('tell what stands in the way of the lock, and a folder that is none', () => {
  writeFileSync(at('a.db'), '');
  mkdirSync(at('a.db.lock'));
  expect(tried(at('a.db'))).toContainEqual([`to write ${at('a.db.lock')}`, `${at('a.db.lock')} is no file`]);
  expect(tried(at('none/a.db'))).toEqual([
    [`to write ${at('none/a.db')}`, `${at('none/a.db')} is not writable`],
    [`to make files in ${at('none')}`, `${at('none')} is not writable`],
  ]);
});
