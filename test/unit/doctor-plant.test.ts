import { describe, expect, test } from '@jest/globals';
import { tagFinding, tagsToRead } from '../../src/domain/doctor-plant.ts';
import type { AllowedTag, TagPolicy } from '../../src/domain/tags.ts';

const allowed = (path: string, changed: Partial<AllowedTag> = {}): AllowedTag => ({
  path,
  min: 20,
  max: 100,
  type: 'number',
  unit: '%',
  direction: 'decrease',
  ...changed,
});

const POLICY: TagPolicy = { allow: [allowed('[default]{id}/Throughput'), allowed('[default]Hall/Fan', { unit: '' })], deny: ['*_TEST'] };

describe('the tags to read', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['of no equipment are those without an id', [], ['[default]Hall/Fan']],
    [
      'are one for each equipment, each once',
      ['R1', 'P1', 'R1'],
      ['[default]R1/Throughput', '[default]P1/Throughput', '[default]Hall/Fan'],
    ],
    ['leave out what the deny list has, and the safety system', ['R1_TEST', 'SIS_1'], ['[default]Hall/Fan']],
    ['leave out ids that may be in no path', ['../R1', 'R 1'], ['[default]Hall/Fan']],
  ])('%s', (_what, ids, expected) => {
    expect(tagsToRead(POLICY, ids)).toEqual(expected);
  });
});

test.each<[string, string, number | null, string, string, string]>([
  ['within its limits', '[default]R1/Throughput', 80, 'Good', 'ok', '80 %, Good, within 20 to 100'],
  ['at a limit', '[default]R1/Throughput', 20, 'Good', 'ok', '20 %, Good, within 20 to 100'],
  ['outside of them', '[default]R1/Throughput', 10, 'Good', 'warning', '10 %, Good: 10 is outside 20 to 100'],
  ['without a unit', '[default]Hall/Fan', 50, 'Good', 'ok', '50, Good, within 20 to 100'],
  ['of a bad quality, whatever its value', '[default]R1/Throughput', 80, 'Bad_Stale', 'failed', 'cannot be read: Bad_Stale'],
  ['without a value', '[default]R1/Throughput', null, 'Good', 'failed', 'cannot be read: Good'],
])('a tag %s', (_what, tag, value, quality, status, found) => {
  expect(tagFinding({ tag, value, good: quality === 'Good', quality }, POLICY)).toMatchObject({
    check: 'plant',
    subject: tag,
    status,
    found: expect.stringContaining(found),
    facts: { value, quality, min: 20, max: 100 },
  });
});
