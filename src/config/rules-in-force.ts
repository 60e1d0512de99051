import type { CauseRule } from '../domain/causes.ts';
import { type RuleBook, unscopedRules } from '../domain/rule-book.ts';
import { DEFAULT_CAUSES, DEFAULT_TEMPERATURE_BANDS } from '../domain/default-rules.ts';
import { AgentError } from '../domain/errors.ts';
import type { ActionTemplate, Band, IssueFamily } from '../domain/rules.ts';
import { priorityOf } from '../domain/severity.ts';
import type { Problem } from './problems.ts';
import type { BandInput, CauseInput, Config } from './schema.ts';

export interface RulesInForce {
  readonly book: RuleBook;
  readonly problems: readonly Problem[];
}

/** A band with where it was given, so that a problem can name it. */
interface PlacedBand extends Band {
  readonly familyId: string;
  readonly signal: string;
  readonly side: IssueFamily['side'];
  readonly index: number;
}

/** The configured bands as families, or the specification's; causes are the specification's and the configured ones. */
export function rulesInForce(config: Config): RulesInForce {
  const bands = config.rules.bands?.map(placed);
  const signals = Object.keys(config.source.columns.signals);
  const causes = [
    // A built-in cause about a signal that the source does not have could never be named.
    ...DEFAULT_CAUSES.filter((cause) => signals.includes(cause.signal)),
    ...(config.rules.causes ?? []).map(causeOf),
  ];
  if (bands === undefined)
    return {
      book: unscopedRules([family(config, 'temperature', 'temperature', 'above', DEFAULT_TEMPERATURE_BANDS)], causes),
      problems: [],
    };
  const ids = new Set(bands.map((band) => band.familyId));
  const built = [...ids].map((id) =>
    familyOf(
      config,
      id,
      bands.filter((band) => band.familyId === id),
    ),
  );
  return {
    book: unscopedRules(
      built.flatMap((one) => one.family ?? []),
      causes,
    ),
    problems: [...repeatedIds(bands), ...built.flatMap((one) => one.problems)],
  };
}

function family(config: Config, id: string, signal: string, side: IssueFamily['side'], bands: IssueFamily['bands']): IssueFamily {
  const { deadband, onDelaySeconds, offDelaySeconds, clearReadings } = config.rules;
  return { id, signal, side, bands, deadband, onDelaySeconds, offDelaySeconds, clearReadings };
}

function sideOf(rule: { readonly above?: number | undefined; readonly below?: number | undefined }) {
  if (rule.above !== undefined) return { side: 'above', limit: rule.above } as const;
  if (rule.below !== undefined) return { side: 'below', limit: rule.below } as const;
  throw new AgentError('bug', 'a rule without above and below passed the schema');
}

function causeOf(cause: CauseInput): CauseRule {
  return { signal: cause.signal, ...sideOf(cause), text: cause.text };
}

function placed(band: BandInput, index: number): PlacedBand {
  const { rule: ruleId, signal, severity, issueType, confidence, recommendedAction } = band;
  const actions = band.actions.map(actionOf);
  const familyId = band.family ?? signal;
  return { index, familyId, signal, ...sideOf(band), ruleId, severity, issueType, confidence, recommendedAction, actions, fourEyes: false };
}

function actionOf({ set, ...action }: BandInput['actions'][number]): ActionTemplate {
  return { ...action, target: { kind: 'set', value: set }, permissives: [] };
}

function plainBand({ ruleId, limit, severity, issueType, confidence, recommendedAction, actions, fourEyes }: Band): Band {
  return { ruleId, limit, severity, issueType, confidence, recommendedAction, actions, fourEyes };
}

function familyOf(config: Config, id: string, members: readonly PlacedBand[]): { family?: IssueFamily; problems: Problem[] } {
  const [first] = members;
  if (first === undefined) return { problems: [] };
  const mixed = members.filter((band) => band.signal !== first.signal || band.side !== first.side);
  if (mixed.length > 0) {
    const text = `is ${first.signal} ${first.side} in rule '${first.ruleId}': the bands of family '${id}' must share signal and side; give it a family of its own`;
    return { problems: mixed.map((band) => at(band, band.side, text)) };
  }
  const outwards = first.side === 'above' ? 1 : -1;
  const sorted = members.toSorted((a, b) => outwards * (a.limit - b.limit));
  const [mildest, ...stricter] = sorted.map(plainBand);
  if (mildest === undefined) return { problems: [] };
  return { family: family(config, id, first.signal, first.side, [mildest, ...stricter]), problems: ladderProblems(sorted) };
}

/** One value must mean one severity, and getting worse must never look better. */
function ladderProblems(sorted: readonly PlacedBand[]): Problem[] {
  return sorted.flatMap((band, position) => {
    const milder = sorted[position - 1];
    if (milder === undefined) return [];
    if (milder.limit === band.limit)
      return [at(band, band.side, `has the limit of rule '${milder.ruleId}', ${band.limit}: a family's limits must differ`)];
    if (priorityOf(band.severity) >= priorityOf(milder.severity)) return [];
    return [at(band, 'severity', `${band.severity} is less than ${milder.severity} of rule '${milder.ruleId}', whose limit is milder`)];
  });
}

function repeatedIds(bands: readonly PlacedBand[]): Problem[] {
  const seen = new Set<string>();
  return bands.flatMap((band) => {
    if (seen.has(band.ruleId)) return [at(band, 'rule', `'${band.ruleId}' stands twice; a rule's id must be its own`)];
    seen.add(band.ruleId);
    return [];
  });
}

function at(band: PlacedBand, key: string, text: string): Problem {
  return { path: ['rules', 'bands', band.index, key], text };
}

function actionAsConfigured({ tag, target, type, unit, direction }: ActionTemplate) {
  const aim = target.kind === 'set' ? { set: target.value } : {};
  return { tag, ...aim, type, unit, direction };
}

/** The families as the file spells them, for `config show`. */
export function bandsAsConfigured(families: readonly IssueFamily[]) {
  return families.flatMap(({ id, signal, side, bands }) =>
    bands.map(({ ruleId, limit, actions, fourEyes: _fourEyes, ...rest }) => ({
      rule: ruleId,
      family: id,
      signal,
      [side]: limit,
      ...rest,
      actions: actions.map(actionAsConfigured),
    })),
  );
}

/** The causes as the file spells them, for `config show`. */
export function causesAsConfigured(causes: readonly CauseRule[]) {
  return causes.map(({ signal, side, limit, text }) => ({ signal, [side]: limit, text }));
}
