import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

import type { Environment } from './environment.ts';
import { codeOf } from './paths.ts';

/** The keys of one profile, in lower case. */
export type ProfileValues = ReadonlyMap<string, string>;

/** Of the profiles file: DATABRICKS_CONFIG_FILE, else ~/.databrickscfg. */
export function profilesFileOf(env: Environment): string {
  const named = env['DATABRICKS_CONFIG_FILE'] ?? '';
  if (named === '') return path.join(homeOf(env), '.databrickscfg');
  return named.startsWith('~/') ? path.join(homeOf(env), named.slice(2)) : named;
}

function homeOf(env: Environment): string {
  const home = env['HOME'] ?? env['USERPROFILE'] ?? '';
  return home === '' ? homedir() : home;
}

/** Undefined where there is no such file. @throws where it is there and cannot be read */
export function readProfiles(file: string): ReadonlyMap<string, ProfileValues> | undefined {
  try {
    return parseProfiles(readFileSync(file, 'utf8'));
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

/**
 * The file as the Databricks tools read it: `[profile]`, `key = value`, comments on lines of their own. The `ini` package reads another
 * dialect: it would cut a secret at its first `#` or `;`, and take a profile's name with a dot for two. Of two profiles of one name the
 * later adds to the earlier, and keys of DEFAULT are not those of the others.
 */
export function parseProfiles(text: string): ReadonlyMap<string, ProfileValues> {
  const profiles = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const raw of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const name = /^\[(.*)\]$/.exec(line)?.[1]?.trim();
    if (name !== undefined) {
      current = profiles.get(name) ?? new Map();
      profiles.set(name, current);
      continue;
    }
    const [, key, value] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined && value !== '') current?.set(key.toLowerCase(), value);
  }
  return profiles;
}
