import type { Evidence } from '../../../domain/evidence.ts';
import { knownTimes } from '../../../domain/evidence-range.ts';
import type { Reading } from '../../../domain/evidence-record.ts';
import { isoOf } from '../../../domain/instant.ts';
import { knownSeverity } from '../../../domain/severity.ts';
import { roundedText } from '../../rounding.ts';
import { unitOf } from '../../wording.ts';
import type { Moment } from '../moments.ts';
import { missingReadingsText, trendText } from '../trend-wording.ts';
import { type Axis, timeAxis, valueAxis } from './axes.ts';
import { html, type Markup } from './markup.ts';
import { type LabelBox, rowsOf, runsOf, spread, timeExtent, valueExtent } from './trend-shape.ts';

/** A picture of one size: text does not shrink with the screen, so a phone gets its own. */
export interface Size {
  /** Also the name by which the style sheet shows one of them. */
  readonly name: 'wide' | 'narrow';
  readonly width: number;
  readonly height: number;
  readonly right: number;
  readonly timeTicks: number;
  /** Whether marks are named beside their numbers. */
  readonly namesMarks: boolean;
}

export const WIDE: Size = { name: 'wide', width: 960, height: 420, right: 128, timeTicks: 8, namesMarks: true };
export const NARROW: Size = { name: 'narrow', width: 360, height: 320, right: 92, timeTicks: 3, namesMarks: false };

const LEFT = 48;
const BOTTOM = 40;
const HEAD = 30;
const ROW = 22;
const BADGE = 9;
const LETTER = 6.8;
const LABEL_GAP = 15;
/** More points than these would run into each other. */
const MOST_DOTS = 60;

interface Frame {
  readonly size: Size;
  readonly times: { readonly from: number; readonly to: number };
  readonly x: Axis;
  readonly y: Axis;
  readonly top: number;
  readonly bottom: number;
  readonly right: number;
}

function fixed(value: number): string {
  return value.toFixed(1);
}

function pointList(points: readonly Reading[], { x, y }: Frame): string {
  return points.map(({ at, value }) => `${fixed(x.place(at))},${fixed(y.place(value))}`).join(' ');
}

/** The picture: readings, limits, the violation, and what was done about it. */
export function trendSvg(evidence: Evidence, marks: readonly Moment[], size: Size): Markup {
  const { row, signal } = evidence;
  const times = timeExtent(evidence, marks);
  const right = size.width - size.right;
  const x = timeAxis({ ...times, start: LEFT, end: right }, size.timeTicks);
  const boxes = marks.map((mark) => markBox(mark, x, size, right));
  const rows = rowsOf(boxes);
  const top = HEAD + ROW * (Math.max(-1, ...rows) + 1) + 8;
  const bottom = size.height + ROW * Math.max(0, ...rows) - BOTTOM;
  const y = valueAxis({ ...valueExtent(evidence), start: bottom, end: top }, 6);
  const frame: Frame = { size, times, x, y, top, bottom, right };
  const unit = unitOf(signal.name);
  return html`<svg
    class="trend ${size.name}"
    viewBox="0 0 ${size.width} ${bottom + BOTTOM}"
    role="img"
    aria-labelledby="trend-${size.name}-title trend-${size.name}-text"
  >
    <title id="trend-${size.name}-title">${row.equipmentId}: ${signal.name} from before the detection to after the recovery</title>
    <desc id="trend-${size.name}-text">${trendText(evidence)}</desc>
    <text class="head" x="0" y="18">
      ${row.equipmentId}
      <tspan class="muted">${signal.name}${unit === undefined ? '' : `, ${unit}`}</tspan>
    </text>
    ${grid(frame)}${violation(evidence, frame)}${limitLines(evidence, frame)}${curve(evidence, frame)}${marks.map((mark, index) =>
      markLine(mark, index, boxes[index] ?? { from: 0, to: 0 }, rows[index] ?? 0, frame),
    )}${missing(evidence, frame)}
  </svg>`;
}

/** The day, or the days, of the picture. */
function dayText({ from, to }: { readonly from: number; readonly to: number }): string {
  const [first, last] = [isoOf(from).slice(0, 10), isoOf(to).slice(0, 10)];
  return first === last ? `${first}, UTC` : `${first} to ${last}, UTC`;
}

/** Ticks whose texts leave each other room. */
function apart(ticks: Axis['ticks']): Axis['ticks'] {
  const boxes = ticks.map(({ at, text }) => ({ from: at - (text.length * LETTER) / 2, to: at + (text.length * LETTER) / 2 + LETTER }));
  const rows = rowsOf(boxes);
  return ticks.filter((_tick, index) => rows[index] === 0);
}

function grid({ x, y, top, bottom, right, times }: Frame): Markup {
  return html`<g class="grid"
      >${y.ticks.map(
        ({ at, text }) =>
          html`<line x1="${LEFT}" x2="${right}" y1="${fixed(at)}" y2="${fixed(at)}" /><text
              x="${LEFT - 8}"
              y="${fixed(at + 4)}"
              text-anchor="end"
              >${text}</text
            >`,
      )}${apart(x.ticks).map(
        ({ at, text }) =>
          html`<line x1="${fixed(at)}" x2="${fixed(at)}" y1="${bottom}" y2="${bottom + 5}" /><text
              x="${fixed(at)}"
              y="${bottom + 19}"
              text-anchor="middle"
              >${text}</text
            >`,
      )}<line class="axis" x1="${LEFT}" x2="${right}" y1="${bottom}" y2="${bottom}" /><line
        class="axis"
        x1="${LEFT}"
        x2="${LEFT}"
        y1="${top}"
        y2="${bottom}"
    /></g>
    <text class="muted" x="${right}" y="${bottom + 36}" text-anchor="end">${dayText(times)}</text>`;
}

/** What is on record as violating, behind everything else. */
function violation({ row }: Evidence, { x, top, bottom, right }: Frame): Markup | null {
  const [first, last] = knownTimes(row.firstDetectedTimestamp, row.lastAccountedTimestamp);
  if (first === undefined || last === undefined) return null;
  const from = Math.max(LEFT, x.place(first));
  const to = Math.min(right, Math.max(from + 2, x.place(last)));
  return html`<rect class="violation" x="${fixed(from)}" y="${top}" width="${fixed(Math.max(0, to - from))}" height="${bottom - top}" />`;
}

interface LimitLabel {
  readonly at: number;
  readonly line: number;
  readonly kind: string;
  readonly text: string;
}

function limitLines({ limits }: Evidence, { y, right, top, bottom }: Frame): Markup {
  if (!limits) return html``;
  const label = (value: number, kind: string): LimitLabel => ({ at: y.place(value), line: y.place(value), kind, text: roundedText(value) });
  const lines = [
    ...limits.family.bands.map(({ limit, severity }) => label(limit, knownSeverity(severity))),
    label(limits.clearBound, 'clear'),
  ];
  const shown = lines.filter(({ line }) => line >= top - 1 && line <= bottom + 1);
  return html`<g class="limits"
    >${spread(shown, LABEL_GAP).map(
      ({ at, line, kind, text }) =>
        html`<g class="${kind}"
          ><line x1="${LEFT}" x2="${right}" y1="${fixed(line)}" y2="${fixed(line)}" /><path
            d="M${right} ${fixed(line)} L${right + 8} ${fixed(at)}"
          /><text x="${right + 12}" y="${fixed(at + 4)}">${text} ${kind}</text></g
        >`,
    )}</g
  >`;
}

/** The readings as they are, straight lines between them, none through a silence; what is beyond the mildest limit is filled. */
function curve(evidence: Evidence, frame: Frame): Markup {
  const { signal, limits } = evidence;
  const points = signal.extremes?.points ?? [];
  const { y, top, bottom, right, size } = frame;
  const runs = runsOf(points);
  const dots = points.length <= MOST_DOTS ? points : runs.filter((run) => run.length === 1).flat();
  const limit = limits ? y.place(limits.family.bands[0].limit) : null;
  const isAbove = limits?.family.side === 'above';
  const clip = limit === null ? null : { from: isAbove ? top : limit, to: isAbove ? limit : bottom };
  const beyond = (run: readonly Reading[]) => {
    const [first, last] = [run[0], run.at(-1)];
    if (limit === null || !first || !last) return null;
    const ends = `${fixed(frame.x.place(last.at))},${fixed(limit)} ${fixed(frame.x.place(first.at))},${fixed(limit)}`;
    return html`<polygon points="${pointList(run, frame)} ${ends}" />`;
  };
  return html`${
      clip &&
      html`<clipPath id="beyond-${size.name}"
          ><rect
            x="${LEFT}"
            y="${fixed(clip.from)}"
            width="${right - LEFT}"
            height="${fixed(Math.max(0, clip.to - clip.from))}" /></clipPath
        ><g class="beyond" clip-path="url(#beyond-${size.name})">${runs.map(beyond)}</g>`
    }<g class="readings"
      >${runs.map((run) => html`<polyline points="${pointList(run, frame)}" />`)}${dots.map(
        ({ at, value }) => html`<circle cx="${fixed(frame.x.place(at))}" cy="${fixed(y.place(value))}" r="2.2" />`,
      )}</g
    >`;
}

/** The room that a mark's label takes: its number, and its name where there is room for names. */
function markBox(mark: Moment, x: Axis, size: Size, right: number): LabelBox {
  const at = x.place(mark.at);
  const width = size.namesMarks ? BADGE + 6 + mark.title.length * LETTER : BADGE;
  // Near the right end a label stands left of its line.
  const isLeft = size.namesMarks && at + width > right + size.right;
  return isLeft ? { from: at - width, to: at + BADGE + 4 } : { from: at - BADGE, to: at + width + 4 };
}

function markLine({ at, title, tone }: Moment, index: number, box: LabelBox, row: number, { x, bottom, size }: Frame): Markup {
  const place = x.place(at);
  const level = HEAD + ROW * row + BADGE;
  const isLeft = box.from < place - BADGE;
  const name = size.namesMarks
    ? html`<text x="${fixed(isLeft ? place - BADGE - 5 : place + BADGE + 5)}" y="${level + 4}" text-anchor="${isLeft ? 'end' : 'start'}"
        >${title}</text
      >`
    : null;
  return html`<g class="mark ${tone}"
    ><line x1="${fixed(place)}" x2="${fixed(place)}" y1="${level + BADGE}" y2="${bottom}" /><circle
      cx="${fixed(place)}"
      cy="${level}"
      r="${BADGE}"
    /><text class="number" x="${fixed(place)}" y="${level + 4}" text-anchor="middle">${index + 1}</text>${name}</g
  >`;
}

function missing(evidence: Evidence, { top, bottom, right }: Frame): Markup | null {
  const text = missingReadingsText(evidence);
  if (text === null) return null;
  return html`<text class="missing" x="${fixed((LEFT + right) / 2)}" y="${fixed((top + bottom) / 2)}" text-anchor="middle"
    >No readings</text
  >`;
}
