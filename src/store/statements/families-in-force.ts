import type { RuleBook, ScopedFamily } from '../../domain/rule-book.ts';
import type { IssueFamily } from '../../domain/rules.ts';
import type { ParameterColumn } from '../tables.ts';
import type { SqlValue } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { like } from './patterns.ts';
import { signalIndex } from './readings-scan.ts';

/** Rules as data, one row a family. `sign` turns 'below' into 'above', so that one predicate serves both sides. */
const FAMILY_COLUMNS: readonly ParameterColumn[] = [
  { name: 'family', kind: 'text' },
  { name: 'signal', kind: 'text' },
  { name: 'signal_index', kind: 'integer' },
  { name: 'signal_type', kind: 'text' },
  { name: 'sign', kind: 'integer' },
  { name: 'bound', kind: 'real' },
  { name: 'clear_bound', kind: 'real' },
  { name: 'on_delay', kind: 'real' },
  { name: 'off_delay', kind: 'real' },
  { name: 'clear_readings', kind: 'integer' },
  { name: 'lowest', kind: 'real' },
  { name: 'highest', kind: 'real' },
  // One row of each signal counts its readings, so that a reading is counted once.
  { name: 'counts', kind: 'integer' },
];

/** Where a row of FAMILY_COLUMNS is in force: of those whose scope includes an equipment, the one with the least rank. */
const SCOPE_COLUMNS: readonly ParameterColumn[] = [
  { name: 'scope_rank', kind: 'integer' },
  { name: 'scope_class', kind: 'text' },
  { name: 'scope_pattern', kind: 'text' },
];

const CLASS_COLUMNS: readonly ParameterColumn[] = [
  { name: 'class_rank', kind: 'integer' },
  { name: 'class_pattern', kind: 'text' },
  { name: 'class', kind: 'text' },
];

/** Beyond it an integer is not exact any more, and no signal goes so far. */
export const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** Whether some rule is not for every equipment: then each reading looks up what is in force for its own. */
export function isScoped(rules: RuleBook): boolean {
  return rules.families.some(({ scope }) => scope.kind !== 'all');
}

/** The equipment of a reading as a key that joins: readings without one are judged too, and counted as rejected. */
export function equipmentKey(column: string): string {
  return `COALESCE(${column}, '')`;
}

/** `f`: the families, and in scoped rules the equipment that each row is for. `all_read` is the readings. */
export function familiesInForce(scoped: boolean, d: Dialect): string {
  if (!scoped) return `f AS ${d.jsonTable('families', FAMILY_COLUMNS)}`;
  const columns = FAMILY_COLUMNS.map(({ name }) => `w.${name}`).join(', ');
  return `wanted AS ${d.jsonTable('families', [...FAMILY_COLUMNS, ...SCOPE_COLUMNS])},
classes AS ${d.jsonTable('classes', CLASS_COLUMNS)},
present AS ${d.once(`(SELECT DISTINCT ${equipmentKey('equipment_id')} AS equipment_key FROM all_read)`)},
classed AS (SELECT p.equipment_key, c.class, ROW_NUMBER() OVER (PARTITION BY p.equipment_key ORDER BY c.class_rank) AS place
  FROM present p LEFT JOIN classes c ON LOWER(p.equipment_key) LIKE c.class_pattern ESCAPE '!'),
ranked AS (SELECT e.equipment_key, ${columns}, ROW_NUMBER() OVER (PARTITION BY e.equipment_key, w.family ORDER BY w.scope_rank) AS place
  FROM classed e JOIN wanted w ON (w.scope_class IS NULL OR w.scope_class = e.class)
    AND (w.scope_pattern IS NULL OR LOWER(e.equipment_key) LIKE w.scope_pattern ESCAPE '!')
  WHERE e.place = 1),
f AS ${d.once(`(SELECT * FROM ranked WHERE place = 1)`)}`;
}

interface RowContext {
  /** signal → what the source calls it */
  readonly signals: Readonly<Record<string, string>>;
  readonly physicalLimits: Readonly<Record<string, { readonly min: number; readonly max: number }>>;
}

type FamilyRow = Record<string, SqlValue>;

/** The parameters that `familiesInForce` reads. */
export function familyParams(rules: RuleBook, context: RowContext): Record<string, SqlValue> {
  const families = isScoped(rules) ? scopedRows(rules, context) : plainRows(rules, context);
  const classes = rules.equipment.map(({ pattern, equipmentClass }, rank) => ({
    class_rank: rank,
    class_pattern: like(pattern),
    class: equipmentClass,
  }));
  return {
    families: JSON.stringify(families),
    ...(isScoped(rules) && { classes: JSON.stringify(classes) }),
  };
}

/** The first family of a signal counts its readings. */
function plainRows(rules: RuleBook, context: RowContext): readonly FamilyRow[] {
  const families = rules.families.flatMap(({ family }) => family ?? []);
  return families.map((family) => {
    const first = families.find((other) => other.signal === family.signal);
    return { ...boundsOf(family, context), counts: first === family ? 1 : 0 };
  });
}

/**
 * Which family is in force for an equipment differs, so that a row of its own, which no reading violates, counts each signal that rules
 * are about.
 */
function scopedRows(rules: RuleBook, context: RowContext): readonly FamilyRow[] {
  const counted = new Set(rules.families.flatMap(({ family }) => family?.signal ?? []));
  const counting = [...counted].map((signal) => ({
    ...channel(signal, context),
    ...NEVER_VIOLATED,
    family: `#${signal}`,
    counts: 1,
    scope_rank: 0,
    scope_class: null,
    scope_pattern: null,
  }));
  return [
    ...counting,
    ...rules.families.flatMap((each, rank) => {
      const bounds = each.family ? boundsOf(each.family, context) : offRow(each, rules, context);
      return bounds === null ? [] : [{ ...bounds, counts: 0, scope_rank: rank, ...scopeOf(each) }];
    }),
  ];
}

const NEVER_VIOLATED = { sign: 1, bound: UNLIMITED, clear_bound: UNLIMITED, on_delay: 0, off_delay: 0, clear_readings: 1 };

/** A family that is off for some equipment keeps its place there, or the less specific one would be in force. */
function offRow(off: ScopedFamily, rules: RuleBook, context: RowContext): FamilyRow | null {
  const family = rules.families.find((other) => other.familyId === off.familyId && other.family !== null)?.family;
  return family ? { ...channel(family.signal, context), ...NEVER_VIOLATED, family: off.familyId } : null;
}

function scopeOf({ scope }: ScopedFamily): FamilyRow {
  return {
    scope_class: scope.kind === 'class' ? scope.equipmentClass : null,
    scope_pattern: scope.kind === 'equipment' ? like(scope.pattern) : null,
  };
}

function boundsOf(family: IssueFamily, context: RowContext): FamilyRow {
  const sign = family.side === 'above' ? 1 : -1;
  const bound = family.bands[0].limit;
  return {
    ...channel(family.signal, context),
    family: family.id,
    sign,
    bound,
    clear_bound: bound - sign * family.deadband,
    on_delay: family.onDelaySeconds,
    off_delay: family.offDelaySeconds,
    clear_readings: family.clearReadings,
  };
}

function channel(signal: string, { signals, physicalLimits }: RowContext): FamilyRow {
  const limits = physicalLimits[signal];
  const found = { signal, signal_index: signalIndex(signals, signal), signal_type: signals[signal] ?? signal };
  return { ...found, lowest: limits?.min ?? -UNLIMITED, highest: limits?.max ?? UNLIMITED };
}
