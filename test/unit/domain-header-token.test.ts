import { expect, test } from '@jest/globals';
import { isHeaderToken } from '../../src/domain/header-token.ts';

test.each(['dapi0123456789', '!', '~', 'eyJhbGciOi.J9_-=+/', '"quoted",{;}'])('%p can stand in a header', (text) => {
  expect(isHeaderToken(text)).toBe(true);
});

test.each(['', ' ', 'two words', 'dapi\n', 'dapi\r\nX-Other: 1', 'tab\t', '\u0000', '\u007F', 'dapï', '„dapi“', '\u200B'])(
  '%p cannot',
  (text) => {
    expect(isHeaderToken(text)).toBe(false);
  },
);
