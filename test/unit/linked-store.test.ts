import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadSettings } from '../../src/config/load.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';

let folder: string;
const opened: Store[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-link-'));
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const request = (runId: string) => ({ agentId: 'agent', runId, leaseSeconds: 120 });

async function open(name: string): Promise<Store> {
  const settings = loadSettings({ env: {}, cwd: folder, flags: { 'store.path': name } });
  const { store } = await openStore(settings, { create: true });
  opened.push(store);
  return store;
}

test('a store that is opened through a link has the lock of the file itself', async () => {
  const direct = await open('plant.db');
  await direct.migrate('agent');
  symlinkSync('plant.db', path.join(folder, 'link.db'));
  const linked = await open('link.db');
  expect(await direct.takeLease(request('run-1'))).toBe(true);
  expect(await linked.takeLease(request('run-2'))).toBe(false);
  await direct.releaseLock();
  expect(await linked.takeLease(request('run-2'))).toBe(true);
  await linked.releaseLock();
});
