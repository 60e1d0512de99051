import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';

import { ensureBundle, newWorkplace, type Workplace } from '../support/bundle.ts';
import { playSession } from '../support/session.ts';

const FOLDER = path.join(__dirname, 'sessions');
const PATIENCE_MS = 120_000;
let place: Workplace;
beforeAll(() => ensureBundle(), PATIENCE_MS);
beforeEach(() => {
  place = newWorkplace();
});
afterEach(() => place.remove());

test.each(readdirSync(FOLDER))(
  "an operator's day: %s",
  async (name) => {
    const { expected, actual } = await playSession(place, path.join(FOLDER, name));
    expect(actual).toBe(expected);
  },
  PATIENCE_MS,
);
