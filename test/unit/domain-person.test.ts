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
  ['john', 'john\u0001'],
  ['john', 'jo\u0008hn'],
  ['john', '\u007fjohn'],
  ['john', 'john\u0085'],
  ['john', 'john\u0000'],
  ['john', ' \u0000 john \u0000 '],
  ['john doe', 'john \u0001 doe'],
  ['john doe', 'john\tdoe\n'],
  ['john', 'john\u2800'],
  ['john doe', 'john\u2800doe'],
  ['ann-marie', 'ann\u2010marie'],
  ['ann-marie', 'ann\u2011marie'],
  ['ann-marie', 'ann\u2013marie'],
  ['ann-marie', 'ann\u2212marie'],
])('%j and %j are one person', (one, other) => {
  expect(personKey(other)).toBe(personKey(one));
});

test.each([
  ['anna', 'anne'],
  ['john doe', 'johndoe'],
  ['ann-marie', 'annmarie'],
  ['ann-marie', 'ann marie'],
])('%j and %j are two', (one, other) => {
  expect(personKey(other)).not.toBe(personKey(one));
});

test('what shows nothing is no name', () => {
  expect(['', ' ', '\u200b', '\u3164', '\u0000', ' \u2800\u0007 ', null].map(nameOf)).toEqual(['', '', '', '', '', '', '']);
});
