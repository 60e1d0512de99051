import type { CauseRule, ClassCause } from '../domain/causes.ts';
import { AgentError } from '../domain/errors.ts';
import type { EquipmentEntry, Scope } from '../domain/rule-book.ts';
import type { ActionTemplate, Band, IssueFamily, Permissive, Target } from '../domain/rules.ts';
import type { ActionInput, BandInput, CauseInput, Config } from './schema.ts';
import { listOf } from './schema-equipment.ts';

/** A band with where it was given and what it is for. */
export interface PlacedBand extends Band {
  /** In `rules.bands`. */
  readonly index: number;
  readonly familyId: string;
  readonly signal: string;
  readonly side: IssueFamily['side'];
  readonly scopes: readonly Scope[];
}

export function bandOf(band: BandInput, index: number): PlacedBand {
  const { rule: ruleId, signal, severity, issueType, confidence, recommendedAction, fourEyes } = band;
  return {
    index,
    familyId: familyIdOf(band),
    signal,
    scopes: scopesOf(band),
    ...sideOf(band),
    ruleId,
    severity,
    issueType,
    confidence,
    recommendedAction,
    actions: band.actions.map(actionOf),
    fourEyes,
  };
}

export function familyIdOf(band: Pick<BandInput, 'family' | 'signal'>): string {
  return band.family ?? band.signal;
}

/** What `class` or `equipment` names, in the file's order; everything where neither is given. */
export function scopesOf(rule: Pick<BandInput, 'class' | 'equipment'>): readonly Scope[] {
  if (rule.class !== undefined) return listOf(rule.class).map((equipmentClass) => ({ kind: 'class', equipmentClass }));
  if (rule.equipment !== undefined) return listOf(rule.equipment).map((pattern) => ({ kind: 'equipment', pattern }));
  return [{ kind: 'all' }];
}

/** Equal for scopes that are the same; in patterns case does not matter. */
export function scopeKey(scope: Scope): string {
  switch (scope.kind) {
    case 'all':
      return 'all';
    case 'class':
      return `class ${scope.equipmentClass}`;
    case 'equipment':
      return `equipment ${scope.pattern.toLowerCase()}`;
  }
}

export function actionOf({ tag, type, unit, direction, permissives, ...aim }: ActionInput): ActionTemplate {
  return { tag, target: targetOf(aim), type, unit, direction, permissives: permissives.map(permissiveOf) };
}

function targetOf({ set, percentOfCurrent, delta }: Pick<ActionInput, 'set' | 'percentOfCurrent' | 'delta'>): Target {
  if (set !== undefined) return { kind: 'set', value: set };
  if (percentOfCurrent !== undefined) return { kind: 'percentOfCurrent', percent: percentOfCurrent };
  if (delta !== undefined) return { kind: 'delta', by: delta };
  throw new AgentError('bug', 'an action without a target passed the schema');
}

function permissiveOf({ tag, equals, above, below }: ActionInput['permissives'][number]): Permissive {
  if (equals !== undefined) return { tag, comparison: 'equals', value: equals };
  const { side, limit } = sideOf({ above, below });
  return { tag, comparison: side, value: limit };
}

function sideOf(rule: { readonly above?: number | undefined; readonly below?: number | undefined }) {
  if (rule.above !== undefined) return { side: 'above', limit: rule.above } as const;
  if (rule.below !== undefined) return { side: 'below', limit: rule.below } as const;
  throw new AgentError('bug', 'a rule without above and below passed the schema');
}

/** The causes that one reading names. */
export function causeRules(causes: readonly CauseInput[]): CauseRule[] {
  return causes.flatMap((cause) => (cause.signal === undefined ? [] : { signal: cause.signal, ...sideOf(cause), text: cause.text }));
}

/** The causes of classes. */
export function configuredClassCauses(causes: readonly CauseInput[]): ClassCause[] {
  return causes.flatMap(({ class: equipmentClass, when, ...cause }, index) => {
    if (equipmentClass === undefined || when === undefined) return [];
    return {
      id: cause.id ?? `causes-${index}`,
      equipmentClass,
      reads: when,
      text: cause.text,
      recommendedAction: cause.recommendedAction ?? null,
      actions: cause.actions?.map(actionOf) ?? null,
      fourEyes: cause.fourEyes ?? false,
    };
  });
}

/** One entry a pattern, in the file's order. */
export function equipmentEntries(equipment: Config['equipment']): EquipmentEntry[] {
  return equipment.flatMap(({ match, class: equipmentClass, normal }) =>
    listOf(match).map((pattern) => ({ pattern, equipmentClass, ...(normal ? { normal: rangesOf(normal) } : {}) })),
  );
}

function rangesOf(normal: NonNullable<Config['equipment'][number]['normal']>): NonNullable<EquipmentEntry['normal']> {
  return Object.fromEntries(
    Object.entries(normal).map(([signal, { low, high }]) => [
      signal,
      { ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) },
    ]),
  );
}
