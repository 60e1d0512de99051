import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach } from '@jest/globals';

import { loadSettings } from '../../src/config/load.ts';
import type { Settings, WarehouseDatabase } from '../../src/config/settings.ts';

export const HOME = mkdtempSync(path.join(tmpdir(), 'ops-agent-profiles-'));
export const PATH = '/sql/1.0/warehouses/1234abcd';
export const HOST = 'adb-1.2.azuredatabricks.net';
/** The specification's three. */
export const SPECIFIED = { HOME, DATABRICKS_SERVER_HOSTNAME: HOST, DATABRICKS_HTTP_PATH: PATH, DATABRICKS_TOKEN: 'dapi-secret-1' };

export type Env = Readonly<Record<string, string>>;

export function file(name: string, text: string): string {
  writeFileSync(path.join(HOME, name), text);
  return path.join(HOME, name);
}

export function load(env: Env, yaml = ''): Settings {
  return loadSettings({ env: { HOME, ...env }, cwd: HOME, configPath: file('ops-agent.yaml', yaml) });
}

export function refusal(env: Env, yaml = ''): string {
  try {
    load(env, yaml);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'usage') return thrown.message;
    throw thrown;
  }
  return 'nothing is wrong';
}

export function secretOf({ credential }: WarehouseDatabase): string {
  return credential.kind === 'token_file' ? credential.path : credential.secret.export().toString();
}

/** A home of the file's own tests, with no profiles but those of each test. */
export function withHome(): void {
  beforeEach(() => void file('.databrickscfg', ''));
  afterAll(() => rmSync(HOME, { recursive: true }));
}
