import { timeAxis, valueAxis } from '../../src/cli/evidence/html/axes.ts';
import { HOUR_MS, isoOf } from '../../src/domain/instant.ts';
import type { Chart, Dashboard, Placed, Row, Spec } from './dashboard.ts';

/** CSS pixels: of the picture, and of the dashboard's grid of six columns. */
export const PICTURE_WIDTH = 1240;
const [COLUMNS, ROW, GAP, HEAD, TABLE_ROW] = [6, 70, 14, 44, 25];
const DAY_MS = 24 * HOUR_MS;
const PALETTE = ['#2F6DB5', '#D9822B', '#2E8B57', '#8E5BB5', '#C0392B', '#5F7F8C', '#B58A2F', '#3C9EA8'];
/** Longer apart than this two means of a quarter of an hour are no line. */
const GAP_IN_LINE_MS = 20 * 60_000;

const STYLE = `
body { margin: 0; padding: 18px 22px 26px; width: ${PICTURE_WIDTH - 44}px; background: #F5F6F8; color: #1D2630; font: 13px/1.4 'DejaVu Sans', 'Open Sans', sans-serif; }
h1 { font-size: 19px; margin: 0 0 2px; } .of { color: #5A6472; margin: 0 0 10px; }
h2 { font-size: 15px; margin: 20px 0 8px; }
.page { display: grid; grid-template-columns: repeat(${COLUMNS}, 1fr); grid-auto-rows: ${ROW}px; gap: ${GAP}px; }
.widget { background: #FFF; border: 1px solid #DCE0E5; border-radius: 6px; padding: 9px 12px; overflow: hidden; min-width: 0; }
h3 { font-size: 12px; font-weight: 600; margin: 0; white-space: nowrap; } .what { color: #5A6472; font-size: 11px; }
.counter { font-size: 34px; font-weight: 600; line-height: 1; margin-top: 26px; } .healthy { color: #2E8B57; } .unhealthy { color: #C0392B; }
table { border-collapse: collapse; width: 100%; margin-top: 6px; font-size: 11.5px; } td, th { height: ${TABLE_ROW - 1}px; padding: 0 8px 0 0; text-align: left; border-bottom: 1px solid #ECEEF1; white-space: nowrap; max-width: 330px; overflow: hidden; text-overflow: ellipsis; }
th { color: #5A6472; font-weight: 600; } .number { text-align: right; font-variant-numeric: tabular-nums; padding-right: 16px; } .nothing { color: #5A6472; margin-top: 10px; }
svg text { font-size: 10.5px; fill: #5A6472; }`;

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

function isMidnight(value: unknown): boolean {
  return value instanceof Date && value.getTime() % DAY_MS === 0;
}

function cellText(value: unknown): string {
  if (value instanceof Date)
    return isMidnight(value) ? isoOf(value.getTime()).slice(0, 10) : isoOf(value.getTime()).slice(5, 16).replace('T', ' ');
  return typeof value === 'number' || typeof value === 'string' ? String(value) : '';
}

interface Place {
  readonly width: number;
  readonly height: number;
}

function colourOf(chart: Chart, names: readonly string[], name: string): string {
  const mapped = chart.encodings.color.scale?.mappings?.find(({ value }) => value === name)?.color;
  return mapped ?? PALETTE[names.indexOf(name) % PALETTE.length] ?? '#000';
}

interface Drawing extends Place {
  readonly chart: Chart;
  readonly rows: readonly Row[];
  /** The values that have a colour each. */
  readonly names: readonly string[];
}

const [LEFT, RIGHT, TOP, BOTTOM] = [38, 8, 22, 22];

function frameOf(
  { chart, names, width, height }: Drawing,
  from: number,
  to: number,
): { readonly y: (value: number) => number; readonly svg: string } {
  const axis = valueAxis({ from, to, start: height - BOTTOM, end: TOP }, 4);
  const lines = axis.ticks.map(
    ({ at, text }) =>
      `<line x1="${LEFT}" x2="${width - RIGHT}" y1="${at}" y2="${at}" stroke="#ECEEF1"/><text x="${LEFT - 6}" y="${at + 4}" text-anchor="end">${text}</text>`,
  );
  let x = LEFT;
  const legend = names.map((name) => {
    const at = x;
    x += 26 + name.length * 7.2;
    return `<rect x="${at}" y="2" width="10" height="10" rx="2" fill="${colourOf(chart, names, name)}"/><text x="${at + 14}" y="11">${escaped(name)}</text>`;
  });
  return { y: (value) => axis.place(value), svg: [...lines, ...legend].join('') };
}

function numberIn(row: Row, field: string): number {
  return Number(row[field]);
}

/** The places of the bars, in order: every day from the first to the last, or what the sort says. */
function bandsOf({ chart, rows }: Drawing): readonly string[] {
  const { fieldName, scale } = chart.encodings.x;
  if (scale?.type !== 'temporal') {
    const found = [...new Set(rows.map((row) => cellText(row[fieldName])))];
    const order = scale?.sort?.orderedValues ?? [];
    return found.toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
  }
  const days = rows
    .map((row) => row[fieldName])
    .filter((value) => value instanceof Date)
    .map((value) => value.getTime());
  const [first, last] = [Math.min(...days), Math.max(...days)];
  return Array.from({ length: (last - first) / DAY_MS + 1 }, (_, day) => cellText(new Date(first + day * DAY_MS)));
}

function barsOf(drawing: Drawing): string {
  const { chart, rows, names, width, height } = drawing;
  const { x, y, color } = chart.encodings;
  const bands = bandsOf(drawing);
  const heights = bands.map((band) => rows.filter((row) => cellText(row[x.fieldName]) === band));
  const most = Math.max(1, ...heights.map((stack) => stack.reduce((sum, row) => sum + numberIn(row, y.fieldName), 0)));
  const frame = frameOf(drawing, 0, most);
  const step = (width - LEFT - RIGHT) / bands.length;
  const thick = Math.min(64, step * 0.7);
  const bars = heights.map((stack, index) => {
    let below = 0;
    const middle = LEFT + step * (index + 0.5);
    const parts = names.map((name) => {
      const value = stack
        .filter((row) => cellText(row[color.fieldName]) === name)
        .reduce((sum, row) => sum + numberIn(row, y.fieldName), 0);
      const [bottom, top] = [frame.y(below), frame.y(below + value)];
      below += value;
      return value === 0
        ? ''
        : `<rect x="${middle - thick / 2}" y="${top}" width="${thick}" height="${bottom - top}" fill="${colourOf(chart, names, name)}"/>`;
    });
    const label = (bands[index] ?? '').replace(/^\d{4}-/, '');
    return `${parts.join('')}<text x="${middle}" y="${height - 6}" text-anchor="middle">${escaped(label)}</text>`;
  });
  return frame.svg + bars.join('');
}

function linesOf(drawing: Drawing): string {
  const { chart, rows, names, width, height } = drawing;
  const { x, y, color } = chart.encodings;
  const points = rows.flatMap((row) => {
    const at = row[x.fieldName];
    return at instanceof Date && typeof row[y.fieldName] === 'number'
      ? [{ at: at.getTime(), value: numberIn(row, y.fieldName), name: cellText(row[color.fieldName]) }]
      : [];
  });
  const [values, times] = [points.map(({ value }) => value), points.map(({ at }) => at)];
  const frame = frameOf(drawing, Math.min(...values), Math.max(...values));
  const time = timeAxis({ from: Math.min(...times), to: Math.max(...times), start: LEFT, end: width - RIGHT }, 7);
  const ticks = time.ticks.map(({ at, text }) => `<text x="${at}" y="${height - 6}" text-anchor="middle">${text}</text>`);
  const lines = names.map((name) => {
    const own = points.filter((point) => point.name === name);
    const path = own.map(({ at, value }, index) => {
      const isBroken = at - (own[index - 1]?.at ?? Number.NEGATIVE_INFINITY) > GAP_IN_LINE_MS;
      return `${isBroken ? 'M' : 'L'}${time.place(at).toFixed(1)} ${frame.y(value).toFixed(1)}`;
    });
    return `<path d="${path.join('')}" fill="none" stroke="${colourOf(chart, names, name)}" stroke-width="1.6"/>`;
  });
  return frame.svg + ticks.join('') + lines.join('');
}

function chartOf(chart: Chart, rows: readonly Row[], place: Place): string {
  const field = chart.encodings.color.fieldName;
  const mapped = chart.encodings.color.scale?.mappings?.map(({ value }) => value) ?? [];
  const found = [...new Set(rows.map((row) => cellText(row[field])))];
  const names = [...mapped.filter((name) => found.includes(name)), ...found.filter((name) => !mapped.includes(name)).toSorted()];
  const drawing = { chart, rows, names, ...place };
  const drawn = chart.widgetType === 'bar' ? barsOf(drawing) : linesOf(drawing);
  return `<svg width="${place.width}" height="${place.height}" viewBox="0 0 ${place.width} ${place.height}">${drawn}</svg>`;
}

function tableOf({ encodings, frame }: Extract<Spec, { widgetType: 'table' }>, rows: readonly Row[], { height }: Place): string {
  const { columns } = encodings;
  const fit = Math.floor((height - (frame.description === undefined ? 4 : 20)) / TABLE_ROW) - 1;
  const kind = (field: string) => (rows.some((row) => typeof row[field] === 'number') ? ' class="number"' : '');
  const head = columns.map(({ fieldName, displayName }) => `<th${kind(fieldName)}>${escaped(displayName)}</th>`);
  const body = rows
    .slice(0, fit)
    .map((row) => `<tr>${columns.map(({ fieldName }) => `<td${kind(fieldName)}>${escaped(cellText(row[fieldName]))}</td>`).join('')}</tr>`);
  return `<table><tr>${head.join('')}</tr>${body.join('')}</table>`;
}

function contentOf(spec: Spec, rows: readonly Row[], place: Place): string {
  switch (spec.widgetType) {
    case 'counter': {
      const text = cellText(rows[0]?.[spec.encodings.value.fieldName]);
      return `<div class="counter ${text}">${escaped(text)}</div>`;
    }
    case 'table':
      return rows.length === 0 ? '<div class="nothing">none</div>' : tableOf(spec, rows, place);
    default:
      return chartOf(spec, rows, place);
  }
}

function widgetOf({ widget, position: { x, y, width, height } }: Placed, results: ReadonlyMap<string, readonly Row[]>): string {
  const { title, description } = widget.spec.frame;
  const rows = results.get(widget.queries[0]?.query.datasetName ?? '') ?? [];
  const column = (PICTURE_WIDTH - 44 - (COLUMNS - 1) * GAP) / COLUMNS;
  const place = {
    width: Math.floor(width * column + (width - 1) * GAP - 26),
    height: Math.floor(height * ROW + (height - 1) * GAP - HEAD),
  };
  const what = description === undefined ? '' : `<div class="what">${escaped(description)}</div>`;
  return `<div class="widget" style="grid-column: ${x + 1} / span ${width}; grid-row: ${y + 1} / span ${height}"><h3>${escaped(title)}</h3>${what}${contentOf(widget.spec, rows, place)}</div>`;
}

/** The dashboard's widgets with what its queries answered, by dataset: a page for a browser to draw. */
export function dashboardPage({ pages }: Dashboard, results: ReadonlyMap<string, readonly Row[]>, of: string): string {
  const drawn = pages.map(
    ({ displayName, layout }) =>
      `<h2>${escaped(displayName)}</h2><div class="page">${layout.map((placed) => widgetOf(placed, results)).join('')}</div>`,
  );
  return `<!doctype html><meta charset="utf-8"><title>ops-agent</title><style>${STYLE}</style><h1>ops-agent</h1><p class="of">${escaped(of)}</p>${drawn.join('')}`;
}
