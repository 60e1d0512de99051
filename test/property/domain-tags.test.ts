import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type AllowedTag, EQUIPMENT_ID, judgeTag, judgeValue, tagFor } from '../../src/domain/tags.ts';

const ENTRY: AllowedTag = { path: '[default]{id}/Setpoint', min: -50, max: 50, maxStep: 20, type: 'number', unit: '', direction: 'any' };
const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/).filter((text) => !/safety|sis|interlock|emergencystop|_types_/i.test(text));
const path = fc.tuple(name, fc.array(name, { minLength: 1, maxLength: 4 })).map(([provider, names]) => `[${provider}]${names.join('/')}`);
const anyText = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));

/** Everything that somebody might list: the path itself, patterns with an id, and the whole of it. */
function allowing(paths: readonly string[], deny: readonly string[] = []) {
  return { allow: paths.map((each) => ({ ...ENTRY, path: each })), deny };
}

test('a plain path that is listed is allowed, and one that is not listed never is', () => {
  fc.assert(
    fc.property(path, path, (one, other) => {
      expect(judgeTag(one, allowing([one])).allowed).toBe(true);
      fc.pre(one !== other);
      expect(judgeTag(one, allowing([other])).allowed).toBe(false);
      expect(judgeTag(one, allowing([])).allowed).toBe(false);
    }),
  );
});

test('no path with a relative, empty, reserved or odd part is ever allowed, listed or not', () => {
  const odd = fc.oneof(
    fc.constantFrom('..', '.', '', '_types_', '_Types_', '~', '[x]', ' ', "a'b", 'a"b', 'a\\b', 'a;b', 'a\nb', 'а', 'ａ', '%2e%2e', '{id}'),
    anyText.filter((text) => !/^[A-Za-z0-9_-]+(?: +[A-Za-z0-9_-]+)*$/.test(text) && !text.includes('/')),
  );
  fc.assert(
    fc.property(name, fc.array(name, { maxLength: 3 }), odd, fc.array(name, { maxLength: 3 }), (provider, before, part, after) => {
      const whole = `[${provider}]${[...before, part, ...after].join('/')}`;
      expect(judgeTag(whole, allowing([whole, ENTRY.path]))).toMatchObject({ allowed: false });
    }),
  );
});

test('no provider but a plain name is ever allowed', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.constantFrom('', '.', '~', '..', '_types_'),
        anyText.filter((text) => !/^[A-Za-z0-9_-]+$/.test(text)),
      ),
      (provider) => {
        const whole = `[${provider}]R1/Setpoint`;
        expect(judgeTag(whole, allowing([whole])).allowed).toBe(false);
      },
    ),
  );
});

test('whatever an equipment is called, its tag is allowed only under a plain id', () => {
  fc.assert(
    fc.property(fc.oneof(anyText, fc.constantFrom('../Safety/Interlock', 'A/B', 'R1/../R2', '{id}', '$&', 'R1\n')), (id) => {
      const verdict = judgeTag(tagFor('[default]{equipment_id}/Setpoint', id), allowing([ENTRY.path]));
      const harmless = EQUIPMENT_ID.test(id) && !/safety|sis|interlock|^emergencystop$|^_types_$/i.test(id);
      expect(verdict.allowed).toBe(harmless);
    }),
  );
});

test('safety words are denied in every segment and in any case, whatever is listed', () => {
  const word = fc
    .constantFrom('safety', 'sis', 'interlock')
    .chain((text) =>
      fc.tuple(...Array.from(text, (letter) => fc.constantFrom(letter, letter.toUpperCase()))).map((letters) => letters.join('')),
    );
  fc.assert(
    fc.property(path, word, fc.nat(), name, (plain, forbidden, place, affix) => {
      const names = plain.slice(plain.indexOf(']') + 1).split('/');
      const at = place % names.length;
      for (const segment of [forbidden, `${affix}${forbidden}`, `${forbidden}${affix}`]) {
        const whole = `[default]${names.with(at, segment).join('/')}`;
        expect(judgeTag(whole, allowing([whole]))).toMatchObject({ allowed: false, code: 'tag_denied' });
      }
    }),
  );
});

test('deny wins over allow, for the whole path and for each of its parts', () => {
  fc.assert(
    fc.property(path, fc.nat(), (plain, place) => {
      const names = plain.slice(plain.indexOf(']') + 1).split('/');
      const part = names[place % names.length] ?? '';
      for (const pattern of [plain, part, part.toUpperCase(), `${part.slice(0, 1)}*`, '*'])
        expect(judgeTag(plain, allowing([plain], [pattern])).allowed).toBe(false);
    }),
  );
});

test('a value that is allowed is within the limits, within one step, and in its direction', () => {
  const value = fc.oneof(fc.double(), fc.double({ min: -60, max: 60, noNaN: true }));
  fc.assert(
    fc.property(value, value, fc.constantFrom('increase' as const, 'decrease' as const, 'any' as const), (target, live, direction) => {
      fc.pre(Number.isFinite(live));
      if (!judgeValue(ENTRY, target, direction, live).allowed) return;
      expect(target).toBeGreaterThanOrEqual(-50);
      expect(target).toBeLessThanOrEqual(50);
      expect(Math.abs(target - live)).toBeLessThanOrEqual(20);
      expect(direction === 'decrease' && target > live).toBe(false);
      expect(direction === 'increase' && target < live).toBe(false);
    }),
  );
});
