import { expect, test } from '@jest/globals';
import type { RecommendationChange } from '../../src/domain/changes.ts';
import { setAside, type Standing } from '../../src/domain/set-aside.ts';

const at = (equipmentId: string, status = 'pending'): Standing => ({ equipmentId, issueFamily: 'temperature', status });
const home = (recommendationId: string) => ({ equipmentId: `OF_${recommendationId}`, issueFamily: 'temperature' });
const homeward = (recommendationId: string, columns: RecommendationChange['columns'] = {}): RecommendationChange => ({
  recommendationId,
  expected: 'pending',
  columns: { ...home(recommendationId), ...columns },
});

function placesOf(changes: readonly RecommendationChange[], stood: Readonly<Record<string, Standing>>): readonly string[] {
  const { changes: placed } = setAside(changes, new Map(Object.entries(stood)), home);
  return placed.map(({ columns }) => `${columns.equipmentId ?? '-'} ${columns.issueFamily ?? '-'}`);
}

const HOME_OF_A = 'OF_a temperature';
const ASIDE_OF_A = 'OF_a aside:a';

test.each<readonly [string, readonly RecommendationChange[], Readonly<Record<string, Standing>>, readonly string[]]>([
  ['whose place is free goes home', [homeward('a')], { a: at('X') }, [HOME_OF_A]],
  [
    'whose place another one is about to leave is set aside',
    [homeward('a'), homeward('b')],
    { a: at('X'), b: at('OF_a') },
    [ASIDE_OF_A, 'OF_b temperature'],
  ],
  ['whose place another one keeps waits where it is', [homeward('a')], { a: at('X'), b: at('OF_a') }, [HOME_OF_A]],
  [
    'whose place another one leaves by ending goes home in the same write',
    [homeward('a'), homeward('b', { status: 'withdrawn' })],
    { a: at('X'), b: at('OF_a') },
    [HOME_OF_A, 'OF_b temperature'],
  ],
  [
    'that ends goes home, whoever stands there',
    [homeward('a', { status: 'rejected' }), homeward('b')],
    { a: at('OF_b'), b: at('OF_a') },
    [HOME_OF_A, 'OF_b temperature'],
  ],
  [
    'that is set aside already tries its own place again',
    [homeward('a'), homeward('b')],
    { a: { equipmentId: 'OF_a', issueFamily: 'aside:a', status: 'pending' }, b: at('OF_a') },
    [HOME_OF_A, 'OF_b temperature'],
  ],
])('an open row %s', (_what, changes, stood, places) => {
  expect(placesOf(changes, stood)).toEqual(places);
});

test('a row that was set aside and ends in a later write of the same cycle goes home with its end', () => {
  const ending = { recommendationId: 'a', expected: 'executing', columns: { status: 'failed' as const } };
  expect(placesOf([ending], { a: { equipmentId: 'OF_a', issueFamily: 'aside:a', status: 'executing' } })).toEqual([HOME_OF_A]);
});

test('a change of a row that stands where it belongs names no place', () => {
  expect(placesOf([{ recommendationId: 'a', expected: 'pending', columns: { status: 'rejected' } }], { a: at('OF_a') })).toEqual(['- -']);
});
