import { expect, test } from '@jest/globals';
import { effectiveShare } from '../../src/domain/outcomes.ts';

/** Reference values of the Wilson score interval without continuity correction. */
test.each([
  [15, 5, 0.75, 0.5313, 0.8881],
  [81, 19, 0.81, 0.7222, 0.8749],
  [20, 0, 1, 0.8389, 1],
  [0, 20, 0, 0, 0.1611],
])('of %i that helped and %i that did not the share is %d, between %d and %d', (effective, ineffective, share, low, high) => {
  const found = effectiveShare({ isWayBack: false, effective, ineffective });
  expect(found?.share).toBeCloseTo(share, 10);
  expect(found?.low).toBeCloseTo(low, 4);
  expect(found?.high).toBeCloseTo(high, 4);
});

test('of fewer than 20 no share is said', () => {
  expect(effectiveShare({ isWayBack: false, effective: 19, ineffective: 0 })).toBeNull();
  expect(effectiveShare({ isWayBack: false, effective: 0, ineffective: 0 })).toBeNull();
});

test('of ways back no share is said, however many there are: they cure nothing', () => {
  expect(effectiveShare({ isWayBack: true, effective: 0, ineffective: 50 })).toBeNull();
});
