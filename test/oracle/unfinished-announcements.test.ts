import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RealAgent } from './agent.ts';
import * as detector from './detector.ts';
import type { History, Step } from './history.ts';
import { hot, ONE_FAMILY } from './one-family.ts';
import { disagreementIn } from './replay.ts';

function historyOf(...steps: readonly Partial<Step>[]): History {
  return { rules: ONE_FAMILY, steps: steps.map((step) => ({ wait: 1, arrivals: [], act: null, death: null, ...step })) };
}

/** The audit's events are a cycle's fourth statement, the recommendations its fifth. */
const BETWEEN = { statement: 5, when: 'before' } as const;

const HISTORIES = {
  escalation: historyOf({ arrivals: [hot(86)] }, { arrivals: [hot(97)], death: BETWEEN }, {}),
  // The reading of the second cycle lies just after the slice and just before the live range of the third.
  'escalation unseen': historyOf({ arrivals: [hot(86)] }, { wait: 3601, arrivals: [hot(97)], death: BETWEEN }, { wait: 30 }, {}, {}),
  'approval of less than was announced': historyOf(
    { arrivals: [hot(86)] },
    { wait: 3601, arrivals: [hot(97)], death: BETWEEN },
    { wait: 30, act: { kind: 'approve' } },
    {},
    {},
  ),
  'approval of less, all seen': historyOf(
    { arrivals: [hot(86)] },
    { arrivals: [hot(97)], death: BETWEEN },
    { act: { kind: 'approve' } },
    {},
  ),
  // By the third cycle the reading that did it is too old to be read.
  'escalation by what is gone': historyOf({ arrivals: [hot(86)] }, { arrivals: [hot(97, 20)], death: BETWEEN }, { wait: 3000 }, {}),
  expiry: historyOf({ arrivals: [hot(97)] }, { act: { kind: 'approve' } }, { wait: 30, death: BETWEEN }, {}),
  'expiry unseen': historyOf(
    { arrivals: [hot(97)] },
    { act: { kind: 'approve' }, death: { statement: 1, when: 'before' } },
    { wait: 30, death: BETWEEN },
    {},
  ),
  succession: historyOf({ arrivals: [hot(86)] }, { act: { kind: 'approve' } }, { arrivals: [hot(97)], death: BETWEEN }, {}),
  'approval of what is over': historyOf(
    { arrivals: [hot(97)] },
    { arrivals: [hot(70)], death: BETWEEN },
    { arrivals: [hot(97)], act: { kind: 'approve' } },
    { arrivals: [hot(97)], act: { kind: 'approve' } },
    { wait: 2 },
  ),
  'approval of what is over and stays so': historyOf(
    { arrivals: [hot(97)] },
    { arrivals: [hot(70)], death: BETWEEN },
    { act: { kind: 'approve' } },
    {},
  ),
  'approval under an order': historyOf(
    { arrivals: [hot(97)] },
    { act: { kind: 'control', control: 'shelved', equipment: 'R1', seconds: null }, death: BETWEEN },
    { act: { kind: 'approve' } },
    {},
  ),
  rejection: historyOf({ arrivals: [hot(97)] }, { arrivals: [hot(70)], death: BETWEEN }, { act: { kind: 'reject' } }),
};

describe('after a run that died between its audit and its recommendations', () => {
  let agent: RealAgent;
  beforeAll(async () => {
    agent = await RealAgent.open(detector);
  });
  afterAll(() => agent.close());

  const found = async (name: keyof typeof HISTORIES) => disagreementIn(HISTORIES[name], agent);

  test('an escalation is made whole', async () => {
    expect(await found('escalation')).toBeNull();
  });

  test('an escalation whose readings a cycle does not see waits for the one that does', async () => {
    expect(await found('escalation unseen')).toBeNull();
  });

  test('an approval of less than a dead run announced goes back, whether or not the cycle sees why', async () => {
    expect(await found('approval of less than was announced')).toBeNull();
    expect(await found('approval of less, all seen')).toBeNull();
  });

  test('an escalation whose readings are no longer read is made whole by what was announced of it', async () => {
    expect(await found('escalation by what is gone')).toBeNull();
  });

  test('an approval of what a dead run said is over goes back, and what ends it ends it in the cycle after that', async () => {
    expect(await found('approval of what is over and stays so')).toBeNull();
    expect(await found('approval under an order')).toBeNull();
  });

  test('an approval that came to its end stays ended', async () => {
    expect(await found('expiry')).toBeNull();
  });

  test('an approval that came to its end before anybody judged it stays ended', async () => {
    expect(await found('expiry unseen')).toBeNull();
  });

  test('an approved recommendation is succeeded by the worse one', async () => {
    expect(await found('succession')).toBeNull();
  });

  test('what was approved after its announced withdrawal is asked again once, and then it counts', async () => {
    expect(await found('approval of what is over')).toBeNull();
  });

  test('a rejection counts that came before the withdrawal was carried out', async () => {
    expect(await found('rejection')).toBeNull();
  });
});
