import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { AgentError } from '../../domain/errors.ts';
import type { AccessCheck } from '../../ports/schema-store.ts';

/** Beside the store: SQLite's own two, and the cycle's lock with its journal. */
const COMPANIONS = ['-wal', '-shm', '.lock', '.lock-journal'];

/** Of the store's file and whatever is made beside it, which of them the process may write. Makes nothing. */
export function fileAccess(storePath: string): readonly AccessCheck[] {
  const file = existsSync(storePath) ? realpathSync(storePath) : path.resolve(storePath);
  const present = COMPANIONS.map((ending) => `${file}${ending}`).filter((beside) => existsSync(beside));
  return [
    ...[file, ...present].map((name) => ({ what: `to write ${name}`, refusal: refusalOf(name, 'file') })),
    { what: `to make files in ${path.dirname(file)}`, refusal: refusalOf(path.dirname(file), 'folder') },
  ];
}

function refusalOf(name: string, kind: 'file' | 'folder'): AgentError | null {
  const remedy = `make ${name} writable for whom the agent runs as`;
  try {
    if (kind === 'file' && !statSync(name).isFile())
      return new AgentError('store_unavailable', `${name} is no file`, 'move it away, or choose another store.path');
    accessSync(name, kind === 'file' ? constants.R_OK | constants.W_OK : constants.W_OK | constants.X_OK);
    return null;
  } catch (thrown) {
    return new AgentError('store_unavailable', `${name} is not writable`, remedy, thrown);
  }
}
