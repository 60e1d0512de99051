import { joinOpaque, MARK, splitOpaque } from '../opaque-sql.ts';

// In parentheses it is also a column's default.
const NOW = "(strftime('%Y-%m-%d %H:%M:%f', 'now'))";
const UNITS = 'SECOND|MINUTE|HOUR|DAY';

/** The number in `INTERVAL 10 SECONDS` or `INTERVAL '10' SECONDS`, the second of which is opaque by then. */
function amountOf(text: string, sql: readonly string[]): string {
  const opaque = new RegExp(`^${MARK}(\\d+)${MARK}$`).exec(text);
  return opaque ? (sql[Number(opaque[1])] ?? '').replaceAll("'", '') : text;
}

/** `DATEDIFF(SECOND, a, b)` with balanced arguments. */
function rewriteDateDiff(text: string): string {
  const start = /\bDATEDIFF\s*\(\s*SECOND\s*,/i.exec(text);
  if (!start) return text;
  let depth = 1;
  let comma = -1;
  let end = start.index + start[0].length;
  for (; end < text.length && depth > 0; end += 1) {
    const character = text[end];
    if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    else if (character === ',' && depth === 1 && comma < 0) comma = end;
  }
  if (depth > 0 || comma < 0) return text;
  const from = text.slice(start.index + start[0].length, comma).trim();
  const to = text.slice(comma + 1, end - 1).trim();
  const seconds = `CAST(strftime('%s', ${to}) AS INTEGER) - CAST(strftime('%s', ${from}) AS INTEGER)`;
  return `${text.slice(0, start.index)}(${seconds})${rewriteDateDiff(text.slice(end))}`;
}

/**
 * The specification's SQL for SQLite: `CURRENT_TIMESTAMP` with milliseconds, `± INTERVAL n SECONDS` (or minutes, hours,
 * days) after it, and `DATEDIFF(SECOND, a, b)`. Nothing inside strings, quoted names or comments is touched.
 */
export function spellForSqlite(sql: string): string {
  const { bare, opaque } = splitOpaque(sql, 'embedded');
  const interval = new RegExp(
    `\\b(?:CURRENT_TIMESTAMP|NOW)\\b(?:\\s*\\(\\s*\\))?\\s*([+-])\\s*INTERVAL\\s+(\\d+|${MARK}\\d+${MARK})\\s+(${UNITS})S?\\b`,
    'gi',
  );
  const dated = bare.replace(interval, (_found, sign: string, amount: string, unit: string) => {
    const modifier = `'${sign}${amountOf(amount, opaque)} ${unit.toLowerCase()}s'`;
    return `strftime('%Y-%m-%d %H:%M:%f', 'now', ${modifier})`;
  });
  return joinOpaque(rewriteDateDiff(dated.replace(/\bCURRENT_TIMESTAMP\b(?:\s*\(\s*\))?/gi, NOW)), opaque);
}
