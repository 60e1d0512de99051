import type { CauseRule, ClassCause } from '../domain/causes.ts';
import type { Scope } from '../domain/rule-book.ts';
import type { ActionTemplate, IssueFamily, Permissive, Target } from '../domain/rules.ts';
import { bandOf } from './rule-input.ts';
import type { Config } from './schema.ts';

function scopeAsConfigured(scopes: readonly Scope[]): { class?: readonly string[]; equipment?: readonly string[] } {
  const classes = scopes.flatMap((scope) => (scope.kind === 'class' ? scope.equipmentClass : []));
  const patterns = scopes.flatMap((scope) => (scope.kind === 'equipment' ? scope.pattern : []));
  return { ...(classes.length > 0 ? { class: classes } : {}), ...(patterns.length > 0 ? { equipment: patterns } : {}) };
}

function targetAsConfigured(target: Target) {
  switch (target.kind) {
    case 'set':
      return { set: target.value };
    case 'percentOfCurrent':
      return { percentOfCurrent: target.percent };
    case 'delta':
      return { delta: target.by };
  }
}

function permissiveAsConfigured({ tag, comparison, value }: Permissive) {
  return { tag, [comparison]: value };
}

function actionAsConfigured({ tag, target, type, unit, direction, permissives }: ActionTemplate) {
  return { tag, ...targetAsConfigured(target), type, unit, direction, permissives: permissives.map(permissiveAsConfigured) };
}

/** The bands as the file spells them, for `config show`: without overrides, which stand under a key of their own. */
export function bandsAsConfigured(config: Config, builtIn: IssueFamily) {
  const given = config.rules.bands?.map(bandOf);
  const all = [{ kind: 'all' as const }];
  const { id: familyId, signal, side } = builtIn;
  const bands = given ?? builtIn.bands.map((band) => ({ ...band, familyId, signal, side, scopes: all, index: 0 }));
  return bands.map(({ ruleId, familyId: family, scopes, side: where, limit, actions, index: _index, ...rest }) => ({
    rule: ruleId,
    ...scopeAsConfigured(scopes),
    family,
    [where]: limit,
    ...rest,
    actions: actions.map(actionAsConfigured),
  }));
}

/** The causes as the file spells them, for `config show`. */
export function causesAsConfigured(causes: readonly CauseRule[], classCauses: readonly ClassCause[]) {
  return [
    ...causes.map(({ signal, side, limit, text }) => ({ signal, [side]: limit, text })),
    ...classCauses.map(({ equipmentClass, id, reads, text, recommendedAction, actions, fourEyes }) => ({
      class: equipmentClass,
      id,
      when: reads,
      text,
      ...(recommendedAction === null ? {} : { recommendedAction }),
      ...(actions === null ? {} : { actions: actions.map(actionAsConfigured) }),
      ...(fourEyes ? { fourEyes } : {}),
    })),
  ];
}
