import { describe, expect, test } from '@jest/globals';
import { asyncProperty, check } from 'fast-check';
import { RealAgent } from './agent.ts';
import { histories } from './histories.ts';
import { mutatedDetector, type Mutation } from './mutated-detector.ts';
import { disagreementIn } from './replay.ts';

const DETECT = 'src/store/statements/detect.ts';
const WINDOW = 'src/domain/window.ts';
const DETECTION = 'src/domain/detection.ts';
const SPANS = 'src/domain/accounted-spans.ts';
const EARLIER = 'src/domain/earlier-readings.ts';
const EPISODES = 'src/domain/episodes.ts';
const STRETCHES = 'src/store/statements/stretches.ts';

const MUTATIONS: readonly Mutation[] = [
  {
    name: 'a reading on the limit violates',
    file: DETECT,
    from: 'j.sign * j.value > j.sign * j.bound',
    to: 'j.sign * j.value >= j.sign * j.bound',
    refusal: 'without a violation',
  },
  {
    name: 'a normal reading ends a run at equal times',
    seed: 3,
    file: STRETCHES,
    from: 'MAX(violates) OVER (PARTITION BY ${WHOLE}, ts)',
    to: 'violates',
  },
  { name: 'late readings are not waited for', file: WINDOW, from: 'return latenessSeconds + Math.max(', to: 'return Math.max(' },
  {
    name: 'the window forgets the delays',
    seed: 5,
    file: WINDOW,
    from: 'latenessSeconds + Math.max(',
    to: 'latenessSeconds + 0 * Math.max(',
  },
  { name: 'the deadband is ignored', file: DETECT, from: 'j.sign * j.clear_bound', to: 'j.sign * j.bound' },
  {
    name: 'a reading on the edge of the deadband is clear',
    seed: 6,
    file: DETECT,
    from: 'j.value < j.sign * j.clear_bound',
    to: 'j.value <= j.sign * j.clear_bound',
  },
  { name: 'the on-delay is ignored', file: STRETCHES, from: '(on_delay = 0 OR', to: '(true OR' },
  { name: 'the off-delay must be exceeded', file: DETECTION, from: '>= family.offDelaySeconds', to: '> family.offDelaySeconds' },
  {
    name: 'one clear reading less is enough',
    file: DETECTION,
    from: 'clear.readings >= family.clearReadings',
    to: 'clear.readings >= family.clearReadings - 1',
  },
  {
    name: 'clear readings of one moment count apart',
    seed: 17,
    file: DETECT,
    from: 'COUNT(DISTINCT CASE WHEN last_unclear',
    to: 'COUNT(CASE WHEN last_unclear',
  },
  { name: 'the last violation on record counts again', file: SPANS, from: 'until: last + 1', to: 'until: last' },
  { name: 'the first violation on record counts again', file: DETECT, from: 'j.ts >= a.accounted_from', to: 'j.ts > a.accounted_from' },
  { name: 'a worse reading that arrives late is lost', seed: 6, file: SPANS, from: 'isActedOn ? null : limit', to: 'null' },
  { name: 'what comes late from before a row is lost', seed: 1, file: SPANS, from: '{ from: first, until', to: '{ from: 0, until' },
  {
    name: 'the mildest of several rows holds',
    seed: 12,
    file: SPANS,
    from: 'Math.max(a, b) : Math.min(a, b)',
    to: 'Math.min(a, b) : Math.max(a, b)',
  },
  {
    name: 'what only an older row has on record counts again',
    seed: 2,
    file: 'src/store/statements/open-work.ts',
    from: 'last_accounted_timestamp > ${since}',
    to: 'false AND last_accounted_timestamp > ${since}',
  },
  {
    name: 'a hold is forgotten with the row after it',
    seed: 14,
    file: 'src/store/statements/open-work.ts',
    from: 'quiet_until > ${since}',
    to: 'false AND quiet_until > ${since}',
  },
  {
    name: 'an episode from before the open recommendation makes that worse',
    file: EARLIER,
    from: 'const goesOn = !isOver &&',
    to: 'const goesOn = true ||',
  },
  {
    name: 'the beginning of an episode is not put right',
    seed: 1,
    file: EARLIER,
    from: "return { kind: 'extend', row: open, from: raised.firstAt, upTo: open.lastAccountedTimestamp };",
    to: 'return undefined;',
  },
  {
    name: 'readings of one episode that come one by one are an episode each',
    seed: 1,
    file: EPISODES,
    from: 'if (!owner) return',
    to: 'if (true) return',
  },
  {
    name: 'a record says how bad its first reading was',
    seed: 1,
    file: EPISODES,
    from: "if (owner.status !== 'withdrawn') return",
    to: "if (owner.status === 'withdrawn') return",
  },
  {
    name: 'what touches no record is put on one',
    seed: 11,
    file: EPISODES,
    from: 'row.lastAccountedTimestamp >= unclearSince',
    to: 'true',
  },
  {
    name: 'violations that an escalation leaves unjudged are passed over',
    seed: 8,
    file: 'src/cycle/recommend.ts',
    from: 'judged.every((each) => each.isWhole)',
    to: 'true',
  },
  { name: 'a lull just long enough divides no episode', seed: 3, file: STRETCHES, from: '>= off_delay', to: '> off_delay' },
  {
    name: 'a lull of one reading less divides an episode',
    seed: 23,
    file: STRETCHES,
    from: '>= clear_readings',
    to: '>= clear_readings - 1',
  },
  {
    name: 'a run begins anew with the recommendation',
    seed: 13,
    file: STRETCHES,
    from: 'OVER (PARTITION BY ${WHOLE}, run) AS run_start',
    to: 'OVER (PARTITION BY is_earlier, ${WHOLE}, run) AS run_start',
  },
  {
    name: 'a reading at the beginning of the recommendation is taken for an earlier one',
    seed: 20,
    file: DETECT,
    from: 'j.ts < k.began',
    to: 'j.ts <= k.began',
  },
  {
    name: 'the latest of equal peaks is taken',
    file: DETECT,
    from: 'raises DESC, sign * value DESC, ts)',
    to: 'raises DESC, sign * value DESC, ts DESC)',
  },
  { name: 'readings of the future are accepted', seed: 1, file: DETECT, from: 'r.ts > :live_up_to', to: 'false' },
  { name: 'quality is ignored', file: DETECT, from: "WHEN NOT (${isUsable(d, 'r.status')}) THEN", to: 'WHEN false THEN' },
  { name: 'the live range moves the watermark past the slices', file: WINDOW, from: 'dealtUpTo === null ?', to: 'true ?' },
  { name: 'an empty slice skips nothing', file: WINDOW, from: 'totals.backlogHasReadings ?', to: 'true ?' },
  { name: 'quiet families speak', file: SPANS, from: 'until: quiet + 1', to: 'until: 0' },
  {
    name: 'silence withdraws',
    file: DETECTION,
    from: "now - state.last.at > maxAgeSeconds * SECOND_MS) return 'unknown'",
    to: "now - state.last.at > maxAgeSeconds * SECOND_MS) return 'cleared'",
  },
  {
    name: 'the live range withdraws before the slices are there',
    file: 'src/domain/decide-recommendations.ts',
    from: "condition === 'cleared' && context.backlogUpTo === null",
    to: "condition === 'cleared'",
  },
  {
    name: "an earlier episode is cut in two by a slice's end",
    seed: 5,
    file: 'src/domain/slice-progress.ts',
    from: '...whole.map((since) => since - 1)',
    to: '...[]',
  },
  {
    name: 'half of an earlier episode makes the open recommendation worse',
    seed: 5,
    file: EPISODES,
    from: 'raised !== null && raised.firstAt >',
    to: 'false && Infinity >',
  },
  {
    name: 'an episode that is still on its way is lost with a withdrawal',
    file: 'src/domain/decide-recommendations.ts',
    from: 'const unclearTo = state.clear?.after ?? 0;',
    to: 'const unclearTo = state.last.at;',
  },
  {
    name: 'an episode that is still on its way is lost with one that is over',
    seed: 4,
    file: EPISODES,
    from: 'proposalOf(situation, state, null, raised.lastAt)',
    to: 'proposalOf(situation, state, null, state.last?.at ?? 0)',
  },
  {
    name: 'an approval that ends accounts for what no slice has read',
    seed: 17,
    file: 'src/cycle/decide-approval.ts',
    from: 'cycle.detected?.dealtUpTo ?? null',
    to: 'null',
  },
];

/** Each is found within some hundred; its seed is fixed, so that finding one is no matter of luck, and one whose histories find it soon. */
const MOST = 2000;
const SEED = 20_260_219;

/** How a disagreement is told from any other failure: a mutation that only breaks a statement is found by anything, and proves nothing. */
const DISAGREED = 'they disagree ';
const NOTHING = 'nothing';

async function judged(mutation: Mutation, numRuns: number): Promise<string> {
  const agent = await RealAgent.open(await mutatedDetector(mutation));
  try {
    const agreed = asyncProperty(histories, async (history) => {
      const found = await disagreementIn(history, agent);
      if (found !== null) throw new Error(`${DISAGREED}${found}`);
    });
    const { errorInstance } = await check(agreed, { numRuns, seed: mutation.seed ?? SEED, endOnFailure: true });
    return errorInstance instanceof Error ? errorInstance.message : NOTHING;
  } finally {
    await agent.close();
  }
}

describe('a faulty detector is found out', () => {
  test.each(MUTATIONS)(
    '$name',
    async (mutation) => {
      expect(await judged(mutation, MOST)).toMatch(new RegExp([DISAGREED, mutation.refusal ?? []].flat().join('|')));
    },
    300_000,
  );

  test('but not one that only reads differently', async () => {
    const spaced = { name: 'one blank more', file: DETECT, from: 'WITH k AS', to: 'WITH  k AS' };
    expect(await judged(spaced, 50)).toBe(NOTHING);
  }, 300_000);

  test('and a mutation of what is not there fails', async () => {
    const gone = { name: 'nothing', file: DETECT, from: 'a text that is nowhere', to: '' };
    await expect(mutatedDetector(gone)).rejects.toThrow(`nothing: ${DETECT} does not hold 'a text that is nowhere'`);
  });
});
