import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { foundBrowser, PAGE_PROBE, type PageProbe, pictureOf, startBrowser } from '../support/browser.ts';
import { newWorkplace, type Workplace } from '../support/bundle.ts';

const PATIENCE_MS = 120_000;
const LEAST_CONTRAST = 4.5;
/** WCAG 2.2, 1.4.3: 24 px, or 18.66 px where it is bold, may have less; nothing here makes use of the second. */
const LARGE_PX = 24;
const LEAST_CONTRAST_LARGE = 3;

/** A name and a reason that would take the page over if they were more than text. */
const EVIL = `<script>document.title='taken over'</script><img src="https://example.com/x">`;

/** A4 (210 mm) less the page's margins of 14 mm, at 96 CSS pixels an inch. */
const A4_TEXT_PX = Math.floor(((210 - 2 * 14) / 25.4) * 96);
/** Letters of a picture that is scaled to its place: 11 px on a screen, 6 pt on paper. */
const LEAST_LETTERS_PX = { screen: 11, print: 8 };

/** What is shown, and where. `print` is on paper, whatever the screen likes. */
const VIEWS = [
  { name: 'light', width: 1280, colorScheme: 'light', media: 'screen' },
  { name: 'dark', width: 1280, colorScheme: 'dark', media: 'screen' },
  { name: 'phone-light', width: 390, colorScheme: 'light', media: 'screen' },
  { name: 'phone-dark', width: 390, colorScheme: 'dark', media: 'screen' },
  { name: 'print', width: A4_TEXT_PX, colorScheme: 'dark', media: 'print' },
] as const;
type View = (typeof VIEWS)[number];

const found = foundBrowser();
// Under CI a missing browser is a failure, not a skip.
const isSkipped = found === null && process.env['CI'] !== 'true';
if (isSkipped)
  process.stderr.write('test/integration/evidence skipped: start it with: npm run fetch:chromium && npx jest test/integration/evidence\n');

let place: Workplace;
let browser: Browser;
/** EVIDENCE_PICTURES names a folder in which the pictures are to stay. */
const kept = process.env['EVIDENCE_PICTURES'];
let pictures: string;

/** Pages of recommendations in different states, by name. */
const pages = new Map<string, string>();

async function makePages(): Promise<void> {
  const [executed, rejected, pending] = await makeRecommendations();
  for (const [name, id] of [
    ['effective', executed],
    ['rejected', rejected],
    ['pending', pending],
  ] as const) {
    const file = path.join(place.cwd, `${name}.html`);
    // The demo's own settings, but for which the rules would not be those of the record.
    const { stderr, code } = await place.run('--store-path', 'demo.db', '--set', 'rules.offDelaySeconds=1', 'show', id, '--html', file);
    if (code !== 0) throw new Error(stderr);
    pages.set(name, file);
  }
}

async function run(...args: string[]): Promise<void> {
  const { stderr, code } = await place.run(...args);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
}

/** The demo's, which was effective, and two more: rejected by an odd person, and not decided yet. */
async function makeRecommendations(): Promise<readonly [string, string, string]> {
  const store = ['--store-path', 'demo.db'];
  await run('demo', '--keep', 'demo.db');
  for (const [equipment, temperature] of [
    ['PUMP_01', 92],
    ['PUMP_02', 87],
  ])
    await run(
      ...store,
      'sql',
      `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, sensor_status, timestamp) VALUES ('T', '${equipment}', ${temperature}, 'good', CURRENT_TIMESTAMP)`,
    );
  await run(...store, 'run-once');
  const idOf = async (equipment: string) => {
    const rows = (await place.json(...store, 'recommendations', '--equipment', equipment, '--json')) as { recommendation_id: string }[]; // json.test.ts's subject
    return rows[0]?.recommendation_id ?? '';
  };
  const rejected = await idOf('PUMP_01');
  await run(...store, 'reject', rejected, '--by', EVIL.slice(0, 90), '--reason', EVIL);
  await run(...store, 'run-once');
  return [await idOf('REACTOR_02'), rejected, await idOf('PUMP_02')];
}

beforeAll(async () => {
  if (isSkipped) return;
  if (found === null) throw new Error('there is no Chromium; fetch one with: npm run fetch:chromium');
  // Made only here: where every test is skipped nothing would take it away.
  pictures = kept ?? mkdtempSync(path.join(tmpdir(), 'ops-agent-pictures-'));
  mkdirSync(pictures, { recursive: true });
  place = newWorkplace();
  [browser] = await Promise.all([startBrowser(found), makePages()]);
}, PATIENCE_MS);

afterAll(async () => {
  if (isSkipped || found === null) return;
  if (kept === undefined) rmSync(pictures, { recursive: true, force: true });
  await browser?.close();
  place?.remove();
});

interface Seen {
  readonly probe: PageProbe;
  readonly picture: Buffer;
  readonly requests: readonly string[];
  /** What the console or an uncaught error said. */
  readonly said: readonly string[];
  readonly title: string;
}

const seen = new Map<string, Promise<Seen>>();

/** A page as a view shows it; each is opened once. */
function look(name: string, view: View): Promise<Seen> {
  const key = `${name} ${view.name}`;
  const looked = seen.get(key) ?? open(name, view);
  seen.set(key, looked);
  return looked;
}

async function open(name: string, { width, colorScheme, media, name: view }: View, after?: (page: Page) => Promise<void>): Promise<Seen> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  try {
    const page = await context.newPage();
    const [requests, said]: [string[], string[]] = [[], []];
    page.on('request', (request) => void requests.push(request.url()));
    page.on('console', (message) => void said.push(message.text()));
    page.on('pageerror', (error) => void said.push(error.message));
    page.on('dialog', (dialog) => void said.push(dialog.message()));
    await page.goto(pathToFileURL(pages.get(name) ?? '').href, { waitUntil: 'load' });
    await page.emulateMedia({ media });
    const probe = await page.evaluate<PageProbe>(PAGE_PROBE);
    const picture = await pictureOf(page);
    writeFileSync(path.join(pictures, `${name}-${view}.png`), picture);
    await after?.(page);
    return { probe, picture, requests, said, title: await page.title() };
  } finally {
    await context.close();
  }
}

/** How many colours a part of a picture has, and how many of its points are not the ground's. */
async function inkOf(
  picture: Buffer,
  { x, y, width, height }: PageProbe['box'],
): Promise<{ readonly colours: number; readonly share: number }> {
  const page = await browser.newPage();
  try {
    return await page.evaluate(`(async () => {
      const image = new Image();
      image.src = 'data:image/png;base64,${picture.toString('base64')}';
      await image.decode();
      const canvas = new OffscreenCanvas(${Math.round(width)}, ${Math.round(height)});
      const context = canvas.getContext('2d');
      context.drawImage(image, ${-Math.round(x)}, ${-Math.round(y)});
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      const points = new Map();
      for (let at = 0; at < data.length; at += 4) {
        const colour = data.slice(at, at + 3).join();
        points.set(colour, (points.get(colour) ?? 0) + 1);
      }
      return { colours: points.size, share: 1 - Math.max(...points.values()) / (data.length / 4) };
    })()`);
  } finally {
    await page.close();
  }
}

(isSkipped ? describe.skip : describe)('the evidence as a page in a browser', () => {
  const CASES = ['effective', 'rejected', 'pending'].flatMap((name) => VIEWS.map((view) => [name, view.name, view] as const));

  test.each(CASES)(
    'of the %s one, %s, asks nobody for anything, comes with its picture first, and can be read',
    async (name, _view, view) => {
      const { probe, requests, said, title } = await look(name, view);
      expect(requests).toEqual([pathToFileURL(pages.get(name) ?? '').href]);
      expect(said).toEqual([]);
      expect(title).toMatch(/^Evidence: \w+ \w+ [0-9a-f]{8}$/);
      expect(probe).toMatchObject({ isPictureFirst: true, pictures: 1, named: true, cutWords: 0 });
      const faint = probe.texts.filter(({ contrast, size }) => contrast < (size >= LARGE_PX ? LEAST_CONTRAST_LARGE : LEAST_CONTRAST));
      expect(faint).toEqual([]);
      expect(probe.texts.length).toBeGreaterThan(60);
      expect(probe.wider).toEqual([]);
      expect(probe.scrollWidth).toBeLessThanOrEqual(view.width);
      expect(probe.smallestPictureText).toBeGreaterThanOrEqual(LEAST_LETTERS_PX[view.media]);
    },
    PATIENCE_MS,
  );

  test.each(VIEWS.map((view) => [view.name, view] as const))(
    'has a picture with something in it, %s',
    async (_name, view) => {
      const { probe, picture } = await look('effective', view);
      const { colours, share } = await inkOf(picture, probe.box);
      expect(colours).toBeGreaterThan(30);
      expect(share).toBeGreaterThan(0.05);
    },
    PATIENCE_MS,
  );

  test('is light or dark as the screen likes it', async () => {
    const [light, dark] = [await look('effective', VIEWS[0]), await look('effective', VIEWS[1])];
    expect(light.probe.ground).toBeGreaterThan(0.9);
    expect(dark.probe.ground).toBeLessThan(0.05);
  });

  test('is black on white on paper, also where the screen is dark, and keeps together what belongs together', async () => {
    const { probe } = await look('effective', VIEWS[4]);
    expect(probe.ground).toBe(1);
    expect(Math.max(...probe.texts.filter(({ text }) => !/^\d$/.test(text)).map(({ luminance }) => luminance))).toBeLessThan(0.2);
    expect(probe.uncut).toBe(true);
  });

  test.each(['A4', 'Letter'])(
    'can be printed on %s',
    async (format) => {
      const file = path.join(pictures, `effective-${format}.pdf`);
      await open('effective', VIEWS[4], async (page) => void (await page.pdf({ path: file, format, printBackground: true })));
      const pdf = readFileSync(file);
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
      expect(pdf.length).toBeGreaterThan(20_000);
    },
    PATIENCE_MS,
  );
});
