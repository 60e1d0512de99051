import { describe, expect, test } from '@jest/globals';
import type { Recommendation } from '../../src/domain/recommendation.ts';
import { causeWithHistory } from '../../src/domain/tried-before.ts';
import { leaseOf, type StoreUnderTest } from '../support/stores.ts';
import { aRecommendation, inserting } from './samples.ts';
import { withStore } from './with-store.ts';

const HOUR = 3600_000;

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
        { ...blockage, effective: 2, ineffective: 1, unknown: 1, confidence: 0.95 },
        { ...same, rootCauseAnalysis: 'worn impeller', effective: 1, ineffective: 0, unknown: 0, confidence: 0.95 },
      ]);
      expect(await at.store.countOutcomes(now - 48 * HOUR)).toMatchObject([{ effective: 3 }, { effective: 1 }]);
      expect(await at.store.countOutcomes(now)).toEqual([]);
    });

    test('of follow-ups count with what they follow, whatever was tried before, and ways back as one action', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      const row = (equipmentId: string, given: Partial<Recommendation>) => {
        const columns = { status: 'executed' as const, outcome: 'ineffective' as const, verifiedTimestamp: now - HOUR, ...given };
        return inserting(aRecommendation(now - HOUR, { equipmentId, ...columns }));
      };
      const followUp = (equipmentId: string, triedBefore: string) =>
        row(equipmentId, { triedBefore, rootCauseAnalysis: causeWithHistory('worn impeller', triedBefore) });
      const back = (equipmentId: string, what: string) => row(equipmentId, { recommendedAction: what, rootCauseAnalysis: 'worn impeller' });
      await at.store.saveRecommendations(await leaseOf(at.store), [
        row('R1', { rootCauseAnalysis: 'worn impeller' }),
        followUp('R2', 'ab3cb169 executed without effect: Speed = 75 (from 100): read back 75'),
        followUp('R3', 'b1b1b1b1 failed: the plant refused it'),
        back('R4', 'Put back what ab3cb169 wrote: Speed = 100 %'),
        back('R5', 'Put back what b1b1b1b1 wrote: Flow = 3'),
      ]);
      const same = { ruleId: 'temperature-critical', rootCauseAnalysis: 'worn impeller', effective: 0, unknown: 0 };
      expect(await at.store.countOutcomes(now - 24 * HOUR)).toMatchObject([
        { ...same, recommendedAction: 'EMERGENCY: Reduce throughput by 50% immediately', ineffective: 3 },
        { ...same, recommendedAction: 'Put back what was written before', ineffective: 2 },
      ]);
    });
  });
}
