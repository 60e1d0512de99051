/** How often what was carried out was seen to help, of one rule, action and cause. */
export interface OutcomeCounts {
  readonly ruleId: string;
  /** Whether it is what all ways back count as, whatever they put back: by their tickets, for anybody can choose the words of an action. */
  readonly isWayBack: boolean;
  /** A text that says so for ways back. */
  readonly recommendedAction: string;
  /** Without what was tried before: a follow-up counts with what it follows. */
  readonly rootCauseAnalysis: string;
  readonly effective: number;
  readonly ineffective: number;
  /** Nobody could say: there was no reading. These prove nothing and are left out of the share. */
  readonly unknown: number;
  /** The rule's fixed confidence when it recommended last, 0–1. */
  readonly confidence: number | null;
}

/** With fewer than this a share says more about chance than about the action. */
export const LEAST_JUDGED = 20;

export interface EffectiveShare {
  /** 0–1, as the ends of its interval. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** The standard normal's quantile for 95 %, two-sided. */
const Z = 1.959_963_984_540_054;

/** How many of those that were carried out could be judged. */
export function judgedOf({ effective, ineffective }: Pick<OutcomeCounts, 'effective' | 'ineffective'>): number {
  return effective + ineffective;
}

/**
 * The share that helped, with the Wilson score interval of 95 % (E. B. Wilson, 1927): it stays within 0 to 1 and means something
 * for small numbers and for shares near the ends, where the usual one does not. Null below LEAST_JUDGED, and of ways back, which are no cures.
 */
export function effectiveShare(counts: Pick<OutcomeCounts, 'isWayBack' | 'effective' | 'ineffective'>): EffectiveShare | null {
  const n = judgedOf(counts);
  if (n < LEAST_JUDGED || counts.isWayBack) return null;
  const share = counts.effective / n;
  const middle = share + (Z * Z) / (2 * n);
  const reach = Z * Math.sqrt((share * (1 - share)) / n + (Z * Z) / (4 * n * n));
  const scale = 1 + (Z * Z) / n;
  return { share, low: Math.max(0, (middle - reach) / scale), high: Math.min(1, (middle + reach) / scale) };
}
