import { expect, test } from '@jest/globals';
import { nameOf, personKey } from '../../src/domain/person.ts';

test.each([
  ['anna', 'ANNA'],
  ['anna', ' anna\u00a0'],
  ['jos\u00e9', 'jose\u0301'],
  ['MÜLLER', 'mu\u0308ller'],
  ['STRASSE', 'straße'],
  ['STRAẞE', 'straße'],
  ['İrem', 'irem'],
  ['john doe', 'john  doe'],
  ['john doe', 'john\u00a0doe'],
  ['john', 'jo\u200bhn'],
  ['john.doe', 'john.doe\ufe0f'],
  ['john.doe', 'john.doe\u3164'],
  ['john', 'john\u034f'],
  ['john.doe', 'ｊohn.doe'],
  ['HANS', 'ℋans'],
  ['john', 'jo\ufff9hn'],
  ['ΛΕΫ\u0301', 'λε\u03b0'],
  ['john´', 'john ´'],
])('%j and %j are one person', (one, other) => {
  expect(personKey(other)).toBe(personKey(one));
});

test.each([
  ['anna', 'anne'],
  ['john doe', 'johndoe'],
])('%j and %j are two', (one, other) => {
  expect(personKey(other)).not.toBe(personKey(one));
});

test('what shows nothing is no name', () => {
  expect(['', ' ', '\u200b', '\u3164', null].map(nameOf)).toEqual(['', '', '', '', '']);
});
