import { expect, test } from '@jest/globals';
import { reasonOf, remedyFor } from '../../src/cli/write-failures.ts';

const failed = (code: string) => Object.assign(new Error(`${code}: /somewhere/.draft.part`), { code });

test.each([
  ['ENOSPC', 'the disk is full', 'make room there, or name a file on another disk'],
  ['EDQUOT', 'the disk is full', 'make room there, or name a file on another disk'],
  ['EACCES', 'permission denied', 'name a file in a folder that you may write to'],
  ['EIO', 'EIO', 'name a file in a folder that you may write to'],
])('%s is told in words, with what to do, and without the name of a draft', (code, reason, remedy) => {
  expect([reasonOf(failed(code)), remedyFor(failed(code))]).toEqual([reason, remedy]);
});
