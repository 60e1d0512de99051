import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readToken } from '../../src/store/databricks/token-file.ts';

describe('the token of a file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-token-'));
    file = path.join(folder, 'token');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is what the file holds, without the end of its line', async () => {
    writeFileSync(file, 'dapi-1\n');
    expect(await readToken(file)).toBe('dapi-1');
  });

  test('is the next one where the file is being written anew', async () => {
    writeFileSync(file, '');
    const reading = readToken(file);
    setImmediate(() => writeFileSync(file, 'dapi-2\n'));
    expect(await reading).toBe('dapi-2');
  });

  test.each([
    ['stays empty', '\n'],
    ['holds something that no header can carry', 'dapi-1\ndapi-2'],
  ])('is none where the file %s, and the error does not tell what it holds', async (_what, text) => {
    writeFileSync(file, text);
    const error: unknown = await readToken(file).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'unauthorised',
      message: `the file ${file} holds no token`,
      remedy: 'write the token alone into it',
    });
  });

  test('is found behind links, as a mounted secret has them', async () => {
    writeFileSync(file, 'dapi-1');
    symlinkSync(file, path.join(folder, 'data'));
    symlinkSync(path.join(folder, 'data'), path.join(folder, 'link'));
    expect(await readToken(path.join(folder, 'link'))).toBe('dapi-1');
  });

  test.each<[string, () => void, string, string]>([
    ['has quotes', () => writeFileSync(file, '"dapi-1"\n'), 'the file FILE has quotes around the token', 'write the token alone into it'],
    [
      'is far too large',
      () => writeFileSync(file, 'x'.repeat(3_000_000)),
      "the token's file FILE is larger than 16 kB, and so holds more than a token",
      'write the token alone into a file',
    ],
    [
      'is a folder',
      () => mkdirSync(file),
      "the token's file FILE is no regular file, nor a link to one",
      'write the token alone into a file',
    ],
    [
      'is a pipe, which would never come to its end',
      () => {
        execFileSync('mkfifo', [`${file}.pipe`]);
        renameSync(`${file}.pipe`, file);
      },
      "the token's file FILE is no regular file, nor a link to one",
      'write the token alone into a file',
    ],
  ])('is none where the file %s', async (_what, make, message, remedy) => {
    make();
    const error: unknown = await readToken(file).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unauthorised', message: message.replace('FILE', file), remedy });
  });

  test('is none where there is no file', async () => {
    await expect(readToken(file)).rejects.toMatchObject({
      code: 'unauthorised',
      message: `the token's file ${file} cannot be read`,
      remedy: 'check the file and its permissions',
    });
  });
});
