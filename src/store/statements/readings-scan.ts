import type { SourceSettings } from '../../config/settings.ts';
import type { Dialect } from '../dialect.ts';
import { like } from './patterns.ts';

function likeConditions(source: SourceSettings, column: string): string {
  const likes = (list: readonly string[], name: string) =>
    list.map((_pattern, index) => `LOWER(${column}) LIKE :${name}_${index} ESCAPE '!'`).join(' OR ');
  const { include, exclude } = namedPatterns(source);
  const parts = [
    ...(include.length > 0 ? [`(${likes(include, 'include')})`] : []),
    ...(exclude.length > 0 ? [`NOT (${likes(exclude, 'exclude')})`] : []),
  ];
  return parts.length > 0 ? ` AND (${column} IS NULL OR (${parts.join(' AND ')}))` : '';
}

/** '*' includes everything, and a condition that is always true would still be evaluated for every reading. */
function namedPatterns({ equipment }: SourceSettings): SourceSettings['equipment'] {
  return { include: equipment.include.includes('*') ? [] : equipment.include, exclude: equipment.exclude };
}

/** The parameters of the equipment patterns: `*` is any run of characters, everything else stands for itself. */
export function patternParams(source: SourceSettings): Record<string, string> {
  const { include, exclude } = namedPatterns(source);
  return Object.fromEntries([
    ...include.map((pattern, index) => [`include_${index}`, like(pattern)] as const),
    ...exclude.map((pattern, index) => [`exclude_${index}`, like(pattern)] as const),
  ]);
}

/** The readings of the window as (part, equipment_id, ts, status, …), restricted by `extra`. */
export function scan(source: SourceSettings, d: Dialect, extra: string): string {
  const { columns, shape } = source;
  const [equipment, ts] = [d.quote(columns.equipment), d.quote(columns.timestamp)];
  const status = columns.status === null ? 'NULL' : `LOWER(${d.quote(columns.status)})`;
  const values =
    shape.kind === 'wide'
      ? Object.values(shape.signals).map((column, index) => `${d.quote(column)} AS s${index}`)
      : [`${d.quote(shape.signalColumn)} AS signal_type`, `${d.quote(shape.valueColumn)} AS signal_value`];
  const select = (part: string, condition: string) =>
    `SELECT '${part}' AS part, ${equipment} AS equipment_id, ${ts} AS ts, ${status} AS status, ${values.join(', ')}
  FROM ${d.quote(source.table)} WHERE ${condition}${likeConditions(source, equipment)}${extra.replaceAll('$equipment', equipment)}`;
  const unreadable = d.unreadableTimes(ts);
  return [
    select('live', `${ts} > :live_after${unreadable === null ? '' : ` AND NOT ${unreadable}`}`),
    select('backlog', `${ts} > :backlog_after AND ${ts} <= :backlog_up_to`),
    ...(unreadable === null || extra !== '' ? [] : [select('live', unreadable)]),
  ].join('\n  UNION ALL ');
}

/** Whether a status, in lower case, lets its reading count. */
export function isUsable(d: Dialect, status: string): string {
  return `COALESCE(${status}, 'null') IN (SELECT value FROM ${d.jsonList('usable')} u)`;
}
