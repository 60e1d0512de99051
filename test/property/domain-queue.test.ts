import { expect, test } from '@jest/globals';
import { array, assert, boolean, integer, property, record } from 'fast-check';
import { eventOf } from '../../src/domain/event.ts';
import { floodEvents, judgeFlood, type OpenedGroup, type QueueFacts } from '../../src/domain/queue.ts';
import { peakWithin } from '../../src/domain/queue-kpis.ts';

const MINUTE = 60_000;

interface Told {
  readonly id: string;
  readonly event: string;
  readonly at: number;
}

/** The store's answer, from the moments of opening and the events that it holds. */
function factsAt(now: number, openings: readonly number[], events: readonly Told[]): QueueFacts {
  const since = (from: number) => openings.filter((at) => at > from);
  const newest = events.at(-1);
  const recent = since(now - 10 * MINUTE);
  return {
    opened: recent.map((firstAt) => ({ severity: 'high', issueFamily: 'temperature', opened: 1, firstAt })),
    newestFloodEvent: newest ? { eventId: newest.id, event: newest.event, at: newest.at } : null,
    openedInFlood: newest?.event === 'flood_began' ? since(newest.at - 10 * MINUTE).length : 0,
    fifthNewestAt: openings.toSorted((a, b) => b - a)[4] ?? null,
    openedOften: [],
  };
}

const cycles = array(
  record({
    waitMinutes: integer({ min: 0, max: 25 }),
    opens: integer({ min: 0, max: 12 }),
    /** The run dies after the audit was written and before the rows were. */
    dies: boolean(),
  }),
  { maxLength: 60 },
);

test('whatever the cycles do and wherever they die, floods begin and end in turn, each told once, and exactly where the rate says so', () => {
  assert(
    property(cycles, (plan) => {
      let now = 0;
      let wasInForce = false;
      const openings: number[] = [];
      const events: Told[] = [];
      for (const [index, { waitMinutes, opens, dies }] of plan.entries()) {
        now += waitMinutes * MINUTE;
        const lowest = openings.filter((at) => at >= now - 10 * MINUTE).length;
        // A run that died is repeated at once: what it would have opened is still to be opened.
        for (const attempt of dies ? ['first', 'again'] : ['only']) {
          const fresh: OpenedGroup[] = Array.from({ length: opens }, () => ({
            severity: 'high',
            issueFamily: 'temperature',
            opened: 1,
            firstAt: now,
          }));
          const facts = factsAt(now, openings, events);
          for (const text of floodEvents(judgeFlood(facts, fresh, now), facts, fresh)) {
            const event = eventOf({ agentId: 'A', runId: `${index}-${attempt}` }, text);
            if (!events.some(({ id }) => id === event.eventId)) events.push({ id: event.eventId, event: event.event, at: now });
          }
          if (attempt !== 'first') openings.push(...fresh.map(({ firstAt }) => firstAt));
        }
        const rate = openings.filter((at) => at > now - 10 * MINUTE).length;
        const inForce = events.at(-1)?.event === 'flood_began';
        // Between five and ten a flood goes on, and none begins; one that fell before this cycle opened anything is over.
        expect(inForce).toBe(rate > 10 || (rate >= 5 && lowest >= 5 && wasInForce));
        wasInForce = inForce;
      }
      expect(events.map(({ event }) => event)).toEqual(events.map((_event, index) => (index % 2 === 0 ? 'flood_began' : 'flood_ended')));
    }),
    { numRuns: 300 },
  );
});

test('the peak is the most that any window holds', () => {
  const moments = array(record({ at: integer({ min: 0, max: 60 }), opened: integer({ min: 1, max: 5 }) }), { maxLength: 30 });
  assert(
    property(moments, (minutes) => {
      const openings = minutes.map(({ at, opened }) => ({ at: at * MINUTE, opened }));
      const within = (end: number) => openings.filter(({ at }) => at <= end && at > end - 10 * MINUTE);
      const totals = openings.map(({ at }) => within(at).reduce((sum, { opened }) => sum + opened, 0));
      expect(peakWithin(openings, 600)).toBe(Math.max(0, ...totals));
    }),
  );
});
