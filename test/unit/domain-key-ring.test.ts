import { describe, expect, test } from '@jest/globals';
import { inspect } from 'node:util';
import { judgeSignature, NO_KEYS, parseKeyRing, signatureOf, signingKey } from '../../src/domain/key-ring.ts';
import { ringOf } from '../support/keys.ts';

const OLD = `a:${'1'.repeat(32)}`;
const NEW = `b:${'2'.repeat(32)}`;

describe('the ring of signing keys', () => {
  test('nothing is no key, and signs nothing', () => {
    for (const text of [undefined, '', '  ']) expect(ringOf(text)).toBe(NO_KEYS);
    expect(signatureOf(NO_KEYS, 'text')).toBeNull();
  });

  test('the first key signs, and every key of the ring checks', () => {
    const before = signatureOf(ringOf(OLD), 'text');
    const ring = ringOf(`${NEW}, ${OLD}`);
    const after = signatureOf(ring, 'text');
    expect(after).toMatch(/^b:[0-9a-f]{64}$/);
    expect(judgeSignature(ring, 'text', before)).toBe('valid');
    expect(judgeSignature(ring, 'text', after)).toBe('valid');
  });

  test('a ring that is printed shows no secret', () => {
    const ring = ringOf(OLD);
    for (const printed of [JSON.stringify(ring), inspect(ring, { depth: null, showHidden: true })]) expect(printed).not.toContain('111');
  });

  test('a signature is the HMAC-SHA256 of RFC 4231, test case 2', () => {
    const ring = [signingKey('k', 'Jefe')];
    expect(signatureOf(ring, 'what do ya want for nothing?')).toBe('k:5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
  });

  test.each([
    ['missing', null],
    ['missing', ''],
    ['unknown_key', `c:${'0'.repeat(64)}`],
    ['unknown_key', 'no colon'],
    ['invalid', `a:${'0'.repeat(64)}`],
    ['invalid', 'a:'],
    ['invalid', signatureOf(ringOf(OLD), 'another text')],
  ])('%s: %s', (verdict, signature) => {
    expect(judgeSignature(ringOf(OLD), 'text', signature)).toBe(verdict);
  });

  test.each([
    ['hunter2', 'key 1 has no id'],
    [':hunter2', 'key 1 has no id'],
    [`a b:${'1'.repeat(32)}`, 'key 1 has no id'],
    [`${OLD},b:short`, `key 2 ('b') is shorter`],
    [`${OLD},${OLD}`, `key 2 has the id 'a'`],
  ])('%s is refused without repeating a secret', (text, message) => {
    const problem = 'problem' in parseKeyRing(text) ? JSON.stringify(parseKeyRing(text)) : '';
    expect(problem).toContain(message);
    expect(problem).not.toMatch(/1{32}|hunter2|:short/);
  });
});
