import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { AgentError } from '../../domain/errors.ts';

export interface DemoPlace {
  /** An empty folder of this run's own. */
  readonly folder: string;
  readonly storePath: string;
  /** Safe to call again. Takes away what was not asked to be kept. */
  remove(): void;
}

/**
 * Where the demo's files are: in a folder that is gone when the process ends, or, with `keep`, the store at that path.
 * @throws AgentError usage where there is something already, because the demo must not run on anybody's data.
 */
export function makeDemoPlace(keep: string | undefined, cwd: string): DemoPlace {
  const storePath = keep === undefined ? undefined : keptStore(path.resolve(cwd, keep));
  const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-demo-'));
  const remove = () => {
    process.off('exit', remove);
    rmSync(folder, { recursive: true, force: true });
  };
  // A second Ctrl-C ends the process at once, past every `finally`.
  process.once('exit', remove);
  return { folder, storePath: storePath ?? path.join(folder, 'ops-agent.db'), remove };
}

function keptStore(asked: string): string {
  const storePath = existsSync(asked) && statSync(asked).isDirectory() ? path.join(asked, 'ops-agent.db') : asked;
  const plantPath = plantPathOf(storePath);
  for (const file of [storePath, plantPath])
    if (existsSync(file)) throw new AgentError('usage', `--keep: ${file} exists already`, 'name a path where there is nothing yet');
  mkdirSync(path.dirname(storePath), { recursive: true });
  return storePath;
}

/** Where every other command looks for the plant of this store by default. */
export function plantPathOf(storePath: string): string {
  return `${storePath.replace(/\.db$/, '')}.plant.db`;
}
