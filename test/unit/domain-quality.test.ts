import { expect, test } from '@jest/globals';
import { isGoodQuality, qualityClass, qualityName, writeKindOf } from '../../src/domain/quality.ts';

test.each<[string | number, string, string, string]>([
  ['Good', 'Good', 'good', 'written'],
  [192, 'Good', 'good', 'written'],
  ['192', 'Good', 'good', 'written'],
  [0, 'Good_Unspecified', 'good', 'written'],
  [200, 'Good_Provisional', 'good', 'written'],
  [201, 'Good_Initial', 'unconfirmed', 'ambiguous'],
  [2, 'Good_WritePending', 'unconfirmed', 'ambiguous'],
  ['Good_WritePending', 'Good_WritePending', 'unconfirmed', 'ambiguous'],
  [-2147483648 + 192, 'Good', 'good', 'written'],
  [0x4000_0207, 'Bad_NotFound', 'bad', 'refused'],
  [256, 'Uncertain', 'uncertain', 'ambiguous'],
  [300, 'Uncertain_300', 'uncertain', 'ambiguous'],
  ['Bad_NotFound("[default]R1/X")', 'Bad_NotFound', 'bad', 'refused'],
  ['Bad_ReadOnly', 'Bad_ReadOnly', 'bad', 'refused'],
  [524, 'Bad_OutOfRange', 'bad', 'refused'],
  [514, 'Bad_AccessDenied', 'bad', 'refused'],
  ['Bad_NotConnected', 'Bad_NotConnected', 'bad', 'ambiguous'],
  ['Bad_Stale', 'Bad_Stale', 'bad', 'ambiguous'],
  [527, 'Bad_Failure', 'bad', 'ambiguous'],
  [775, 'Error_TimeoutExpired', 'error', 'ambiguous'],
  [771, 'Error_TypeConversion', 'error', 'refused'],
  ['Error_InvalidPathSyntax', 'Error_InvalidPathSyntax', 'error', 'refused'],
  [900, 'Error_900', 'error', 'ambiguous'],
  [5000, 'Error_5000', 'error', 'ambiguous'],
  [Number.POSITIVE_INFINITY, 'Error_Infinity', 'error', 'ambiguous'],
  [Number.NaN, 'Error_NaN', 'error', 'ambiguous'],
  [192.5, 'Error_192.5', 'error', 'ambiguous'],
  [65_536, 'Error_65536', 'error', 'ambiguous'],
  [2 ** 32 + 192, 'Error_4294967488', 'error', 'ambiguous'],
  ['9'.repeat(400), 'Error_Infinity', 'error', 'ambiguous'],
  ['good', 'good', 'error', 'ambiguous'],
  ['', '', 'error', 'ambiguous'],
  ['<html>', '<html>', 'error', 'ambiguous'],
])('%s is %s: %s, and as the answer to a write %s', (quality, name, found, kind) => {
  expect(qualityName(quality)).toBe(name);
  expect(qualityClass(quality)).toBe(found);
  expect(writeKindOf(quality)).toBe(kind);
  expect(isGoodQuality(quality)).toBe(found === 'good');
});
