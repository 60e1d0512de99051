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

type Profiles = ReadonlyMap<string, ProfileValues>;

/** Undefined where there is no such file; a string says what is wrong with one. @throws where it is there and cannot be read */
export function readProfiles(file: string): Profiles | string | undefined {
  try {
    return parseProfiles(readFileSync(file, 'utf8'));
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

/**
 * The file as the Databricks tools read it: `[profile]`, `key = value`, comments on lines of their own. The `ini` package reads another
 * dialect: it would cut a secret at its first `#` or `;`, and take a profile's name with a dot for two. Keys of DEFAULT are not those of the
 * others. A profile or a key that is there twice is refused: nobody could tell as whom the agent works. A string names the first line that is
 * damaged, and of it nothing but names: it may hold a secret.
 */
export function parseProfiles(text: string): Profiles | string {
  const profiles = new Map<string, Map<string, string>>();
  const lineOf = new Map<string, number>();
  let current = '';
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const read = line.startsWith('[') ? nameOf(line) : pairOf(line);
    if (typeof read === 'string') return `line ${index + 1} ${read}`;
    const { name = current, key, value } = read;
    // By a character that no line holds: a name may hold any other.
    const place = `${name}\n${key}`;
    const first = lineOf.get(place);
    if (first !== undefined)
      return `line ${index + 1} gives ${key === '' ? `the profile '${name}'` : `the key ${key}`} again, after line ${first}; leave one of them out`;
    lineOf.set(place, index + 1);
    current = name;
    if (key === '') profiles.set(name, new Map());
    else if (value !== '') profiles.get(name)?.set(key, value);
  }
  return profiles;
}

interface Line {
  /** Undefined for a key, which is the profile's above it. */
  readonly name?: string;
  /** In lower case; empty for a profile's name. */
  readonly key: string;
  readonly value: string;
}

function nameOf(line: string): Line | string {
  const name = /^\[(.*)\]$/.exec(line)?.[1]?.trim();
  return name === undefined
    ? 'begins with a bracket and does not end with one; a profile begins with its name, such as [plant]'
    : { name, key: '', value: '' };
}

function pairOf(line: string): Line | string {
  const [, key, value] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
  return key === undefined || value === undefined ? 'is neither a [profile] nor a key = value' : { key: key.toLowerCase(), value };
}
