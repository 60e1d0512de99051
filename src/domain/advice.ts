import { type Behaviour, behavioursOf } from './behaviour.ts';
import { type ClassCause, patternOf, rootCauseOf } from './causes.ts';
import type { Peak } from './detection.ts';
import { classOf, isGeneral, normalOf, type RuleBook } from './rule-book.ts';
import type { Band, IssueFamily, Signal } from './rules.ts';

/** A violation at its peak. */
export interface Finding {
  readonly equipmentId: string;
  readonly family: IssueFamily;
  readonly band: Band;
  readonly peak: Peak;
}

export interface Advice {
  readonly rootCause: string;
  /** The band with what the cause recommends and writes instead. */
  readonly band: Band;
}

/**
 * The probable cause of a violation and what to do about it. Of the causes of the equipment's class the first that applies decides, and
 * the others that apply are named after it. Where none does, or the class is not known, the specification's texts and the band's own
 * advice stand.
 */
export function adviceOf(book: RuleBook, finding: Finding): Advice {
  const { family, band, peak } = finding;
  const applying = applyingCauses(book, finding);
  const [first] = applying;
  if (!first) return { rootCause: rootCauseOf(book.causes, new Map(peak.signals).set(family.signal, peak.value)), band };
  const rootCause = distinct(applying)
    .map((cause) => `${cause.text} (${patternOf(cause)})`)
    .join('; ');
  return { rootCause, band: isGeneral(book, band.ruleId) ? advised(band, first) : band };
}

function applyingCauses(book: RuleBook, { equipmentId, family, peak }: Finding): ClassCause[] {
  const equipmentClass = classOf(book, equipmentId);
  if (equipmentClass === null) return [];
  const known = new Map<Signal, ReadonlySet<Behaviour>>();
  const behaviours = (signal: Signal): ReadonlySet<Behaviour> => {
    const isOwn = signal === family.signal;
    const value = isOwn ? peak.value : peak.signals.get(signal);
    const normal = normalOf(book, equipmentId, signal);
    const found =
      known.get(signal) ?? behavioursOf({ value, trend: peak.trends.get(signal), normal, violates: isOwn ? family.side : null });
    known.set(signal, found);
    return found;
  };
  return book.classCauses.filter(
    (cause) => cause.equipmentClass === equipmentClass && cause.reads.every(({ signal, is }) => behaviours(signal).has(is)),
  );
}

/** Without those that only say less of what an earlier one has read. */
function distinct(applying: readonly ClassCause[]): readonly ClassCause[] {
  return applying.filter(
    (cause, place) => !applying.slice(0, place).some((earlier) => cause.reads.every((read) => doesRead(earlier, read))),
  );
}

function doesRead({ reads }: ClassCause, { signal, is }: ClassCause['reads'][number]): boolean {
  return reads.some((read) => read.signal === signal && read.is === is);
}

function advised(band: Band, { recommendedAction, actions, fourEyes }: ClassCause): Band {
  const own = recommendedAction ?? band.recommendedAction;
  // The operator agrees to a text, so it must also say what the band's actions do where they stay.
  const both = actions === null && recommendedAction !== null ? `${band.recommendedAction}. ${recommendedAction}` : own;
  return { ...band, recommendedAction: both, actions: actions ?? band.actions, fourEyes: band.fourEyes || fourEyes };
}
