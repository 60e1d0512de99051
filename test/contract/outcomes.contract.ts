import { describe, expect, test } from '@jest/globals';
import { issuedCopy } from '../../src/domain/audit-copy.ts';
import type { AgentEvent } from '../../src/domain/event.ts';
import type { Instant } from '../../src/domain/instant.ts';
import type { Recommendation } from '../../src/domain/recommendation.ts';
import type { Turn } from '../../src/domain/ticket.ts';
import { causeWithHistory } from '../../src/domain/tried-before.ts';
import { leaseOf, type StoreUnderTest } from '../support/stores.ts';
import { aRecommendation, aTicket, inserting, issued } from './samples.ts';
import { withStore } from './with-store.ts';

const HOUR = 3600_000;
const SAME = { ruleId: 'temperature-critical', rootCauseAnalysis: 'worn impeller', effective: 0, unknown: 0 };
const CURE = { recommendedAction: 'EMERGENCY: Reduce throughput by 50% immediately', isWayBack: false };

/** Executed an hour ago, without effect. */
function judged(now: Instant, equipmentId: string, given: Partial<Recommendation> = {}): Recommendation {
  const columns = { status: 'executed' as const, outcome: 'ineffective' as const, verifiedTimestamp: now - HOUR };
  return aRecommendation(now - HOUR, { equipmentId, rootCauseAnalysis: 'worn impeller', ...columns, ...given });
}

/** The row's ticket became one that goes this way. */
function turned(row: Recommendation, turn: Turn): AgentEvent {
  return issued(row, { eventId: `${turn}-${row.recommendationId}`, event: 'renewed', after: issuedCopy({ ...aTicket(row), turn }) });
}

export function outcomesContract(under: StoreUnderTest): void {
  describe('outcomes', () => {
    const store = withStore(under);

    test('are counted by rule, action and cause, with the newest confidence; what was not carried out or not judged is none', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      let count = 0;
      const row = (given: Partial<Recommendation>, ageHours = 1) => {
        count += 1;
        const executed = { status: 'executed' as const, verifiedTimestamp: now - ageHours * HOUR, ...given };
        return inserting(aRecommendation(now - ageHours * HOUR, { equipmentId: `R${count}`, ...executed }));
      };
      await at.store.saveRecommendations(await leaseOf(at.store), [
        row({ outcome: 'effective', confidenceScore: 0.8 }, 5),
        row({ outcome: 'effective', confidenceScore: 0.95 }, 2),
        row({ outcome: 'ineffective', confidenceScore: 0.9 }, 3),
        row({ outcome: 'unknown', confidenceScore: 0.9 }, 4),
        row({ outcome: 'effective' }, 30),
        row({ outcome: null }),
        row({ outcome: 'effective', status: 'failed' }),
        row({ outcome: 'effective', rootCauseAnalysis: 'worn impeller' }),
      ]);
      const same = { ruleId: 'temperature-critical', recommendedAction: 'EMERGENCY: Reduce throughput by 50% immediately' };
      const blockage = { ...same, rootCauseAnalysis: 'potential cooling system failure or blockage' };
      expect(await at.store.countOutcomes(now - 24 * HOUR)).toEqual([
        { ...blockage, isWayBack: false, effective: 2, ineffective: 1, unknown: 1, confidence: 0.95 },
        { ...same, rootCauseAnalysis: 'worn impeller', isWayBack: false, effective: 1, ineffective: 0, unknown: 0, confidence: 0.95 },
      ]);
      expect(await at.store.countOutcomes(now - 48 * HOUR)).toMatchObject([{ effective: 3 }, { effective: 1 }]);
      expect(await at.store.countOutcomes(now)).toEqual([]);
    });

    test('of follow-ups count with what they follow, whatever was tried before, and ways back as one action', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      const followUp = (equipmentId: string, triedBefore: string) =>
        judged(now, equipmentId, { triedBefore, rootCauseAnalysis: causeWithHistory('worn impeller', triedBefore) });
      const rows = [
        judged(now, 'R1'),
        followUp('R2', 'ab3cb169 executed without effect: Speed = 75 (from 100): read back 75'),
        followUp('R3', 'b1b1b1b1 failed: the plant refused it'),
        judged(now, 'R4', { recommendedAction: 'Put back what ab3cb169 wrote: Speed = 100 %' }),
        judged(now, 'R5', { recommendedAction: 'Put back what b1b1b1b1 wrote: Flow = 3' }),
      ];
      const [, , , ...back] = rows;
      await at.store.appendEvents(
        rows.map((row) => issued(row)),
        now - 3,
      );
      await at.store.appendEvents(
        back.map((row) => turned(row, 'back')),
        now - 2,
      );
      await at.store.saveRecommendations(await leaseOf(at.store), rows.map(inserting));
      expect(await at.store.countOutcomes(now - 24 * HOUR)).toMatchObject([
        { ...SAME, ...CURE, ineffective: 3 },
        { ...SAME, recommendedAction: 'Put back what was written before', isWayBack: true, ineffective: 2 },
      ]);
    });

    test('are those of a way back where its ticket was one, whatever the words of the action are', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      const words = { recommendedAction: 'Put back what was written before' };
      const [rule, edited, forth, unheard] = [
        judged(now, 'R1', words),
        judged(now, 'R2'),
        judged(now, 'R3'),
        judged(now, 'R4', words),
      ] as const;
      await at.store.appendEvents(
        [rule, edited, forth].map((row) => issued(row)),
        now - 3,
      );
      await at.store.appendEvents([turned(edited, 'back'), turned(forth, 'back')], now - 2);
      await at.store.appendEvents([turned(forth, 'forth')], now - 1);
      await at.store.saveRecommendations(await leaseOf(at.store), [rule, edited, forth, unheard].map(inserting));
      expect(await at.store.countOutcomes(now - 24 * HOUR)).toMatchObject([
        { ...SAME, ...words, isWayBack: false, ineffective: 2 },
        { ...SAME, ...CURE, ineffective: 1 },
        { ...SAME, ...words, isWayBack: true, ineffective: 1 },
      ]);
    });

    test('are counted also where the copy of a ticket is no JSON', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      const row = judged(now, 'R1');
      await at.store.appendEvents([issued(row)], now - 1);
      await at.store.saveRecommendations(await leaseOf(at.store), [inserting(row)]);
      await under.unprotectAudit(at.outside);
      await at.outside.run(`UPDATE agent_events SET ${under.dialect.quote('after')} = '{"ticket":'`);
      expect(await at.store.countOutcomes(now - 24 * HOUR)).toMatchObject([{ ...CURE, ineffective: 1 }]);
    });
  });
}
