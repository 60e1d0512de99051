import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const ROOT = path.resolve(__dirname, '../..');
/** What scripts/fetch-chromium.mjs leaves. */
const LAUNCH_FILE = path.join(ROOT, '.cache/chromium/launch.json');
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

interface Launch {
  readonly executablePath: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The browser that was found or fetched for the tests; null where there is none. */
export function foundBrowser(): Launch | null {
  if (!existsSync(LAUNCH_FILE)) return null;
  const launch = JSON.parse(readFileSync(LAUNCH_FILE, 'utf8')) as Launch; // the script's own file
  return existsSync(launch.executablePath) ? launch : null;
}

/** Starts a browser with a profile of its own, which is gone when it is closed. As root there is no sandbox that it could have. */
export function startBrowser({ executablePath, env }: Launch): Promise<Browser> {
  const own = Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return chromium.launch({
    executablePath,
    env: { ...Object.fromEntries(own), ...env },
    args: FLAGS,
    headless: true,
    chromiumSandbox: false,
  });
}

/** One in twenty of a busy machine finds no frame that was drawn in time: nothing about the page. Any other failure is one. */
const NO_FRAME = 'Unable to capture screenshot';
const SCREENSHOT_TRIES = 5;

/** The whole page as a PNG. */
export async function pictureOf(page: Page): Promise<Buffer> {
  for (let left = SCREENSHOT_TRIES - 1; ; left -= 1) {
    try {
      return await page.screenshot({ fullPage: true });
    } catch (thrown) {
      if (left === 0 || !String(thrown).includes(NO_FRAME)) throw thrown;
    }
  }
}

/** What test/support/page-probe.js says of a page. */
export interface PageProbe {
  readonly texts: readonly { readonly text: string; readonly size: number; readonly contrast: number; readonly luminance: number }[];
  readonly isPictureFirst: boolean;
  readonly pictures: number;
  readonly named: boolean;
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Size of the smallest letters of the picture as painted, in CSS pixels. */
  readonly smallestPictureText: number;
  readonly scrollWidth: number;
  readonly wider: readonly string[];
  /** Relative luminance of the page's ground: 1 is white. */
  readonly ground: number;
  readonly uncut: boolean;
  readonly cutWords: number;
}

/** The expression that answers with a PageProbe; a test's own language knows nothing of a page's. */
export const PAGE_PROBE = readFileSync(path.join(__dirname, 'page-probe.js'), 'utf8');
