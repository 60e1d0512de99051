import { randomUUID } from 'node:crypto';
import { lstat, open, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

import { DEFAULT_FILE } from '../config/problems.ts';
import { AgentError } from '../domain/errors.ts';
import type { CliContext } from './context.ts';
import { plain } from './output.ts';
import { codeOf, reasonOf, remedyFor } from './write-failures.ts';

export interface WholeFile {
  /** The option that names it, as it is typed. */
  readonly flag: string;
  /** The file, as it was asked for. */
  readonly asked: string;
}

/** What SQLite puts beside a file of its own. */
const BESIDE_A_DATABASE = ['', '-wal', '-shm', '-journal'];

/**
 * Writes a file whole or not at all: into one beside it, which takes its place once everything is on the disk. What was there before stays
 * until then, and the file keeps its mode. Through a link the file that it leads to is written.
 * @throws AgentError usage where it cannot be written, is no regular file, or is one that the agent works with; nothing is written then
 */
export async function writeWholeFile(
  context: CliContext,
  file: WholeFile,
  chunks: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  if (file.asked === '') throw unwritable(file, 'it has no name');
  await replaceWhole(await targetOf(context, file), file, chunks);
}

/** As writeWholeFile, without asking what the target is. */
export async function replaceWhole(target: string, file: WholeFile, chunks: AsyncIterable<string> | Iterable<string>): Promise<void> {
  // Not the file's own name, which may be as long as a name can be.
  const draft = path.join(path.dirname(target), `.${randomUUID()}.part`);
  const mode = await stat(target).then(
    (found) => found.mode & 0o777,
    () => null,
  );
  try {
    // With no more than that from the beginning: whoever opens the draft reads on in it.
    const handle = await attempt(file, () => open(draft, 'wx', mode ?? 0o666));
    try {
      // What the umask took away.
      if (mode !== null) await attempt(file, () => handle.chmod(mode));
      for await (const chunk of chunks) await attempt(file, () => handle.writeFile(chunk));
      await attempt(file, () => handle.sync());
    } finally {
      await handle.close();
    }
    await attempt(file, () => rename(draft, target));
  } catch (thrown) {
    // Where it could not even be begun there is nothing to take away; the first failure is the one to tell.
    await rm(draft, { force: true }).catch(() => undefined);
    throw thrown;
  }
}

async function attempt<T>(file: WholeFile, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw unwritable(file, reasonOf(thrown), remedyFor(thrown), thrown);
  }
}

async function targetOf(context: CliContext, file: WholeFile): Promise<string> {
  const asked = path.resolve(context.cwd, file.asked);
  const target = await realpath(asked).catch(async (thrown: unknown) => {
    if (codeOf(thrown) !== 'ENOENT') throw unwritable(file, reasonOf(thrown), remedyFor(thrown), thrown);
    if (await lstat(asked).catch(() => null)) throw unwritable(file, 'it is a link to nothing');
    return path.join(await attempt(file, () => realpath(path.dirname(asked))), path.basename(asked));
  });
  const found = await stat(target).catch(() => null);
  if (found?.isDirectory()) throw unwritable(file, 'it is a folder');
  if (found && !found.isFile())
    throw unwritable(file, 'it is no regular file', 'name a file, or leave the option out and redirect the output');
  for (const [what, own] of await ownFiles(context))
    if (await isSame(target, found, own)) throw unwritable(file, `it is ${what}`, 'name another file');
  return target;
}

/** Everything that the agent reads or writes of its own, with what it is. */
async function ownFiles(context: CliContext): Promise<readonly (readonly [what: string, file: string])[]> {
  const { origin, store, sourceDatabase, plant } = await context.settings();
  // Where no configuration was read, one under the name that is looked for would be read by the next run.
  const configuration = path.isAbsolute(origin) ? origin : path.resolve(context.cwd, DEFAULT_FILE);
  const databases: (readonly [what: string, file: string])[] = [["the plant's own file", await linkedFile(plant.simulatorPath)]];
  if (store.kind === 'embedded') {
    const storeFile = await linkedFile(store.path);
    databases.push(["the store's own file", storeFile], ["the store's lock's own file", `${storeFile}.lock`]);
  }
  if (sourceDatabase?.kind === 'embedded') databases.push(['the file with the readings', await linkedFile(sourceDatabase.path)]);
  return [
    ['the configuration file', configuration],
    ...databases.flatMap(([what, own]) => BESIDE_A_DATABASE.map((suffix) => [what, `${own}${suffix}`] as const)),
  ];
}

/** The file that a link leads to: SQLite puts its files beside that one. */
function linkedFile(file: string): Promise<string> {
  return realpath(file).catch(() => file);
}

/** The same file under the same name, through links of either kind, or one that is about to be made. */
async function isSame(target: string, found: Awaited<ReturnType<typeof stat>> | null, own: string): Promise<boolean> {
  const folder = await realpath(path.dirname(own)).catch(() => path.dirname(own));
  if (target === path.join(folder, path.basename(own))) return true;
  const other = found && (await stat(own).catch(() => null));
  return Boolean(found && other && found.dev === other.dev && found.ino === other.ino);
}

function unwritable(
  { flag, asked }: WholeFile,
  reason: string,
  remedy = 'name a file in a folder that you may write to',
  cause?: unknown,
): AgentError {
  return new AgentError('usage', `${flag}: cannot write '${plain(asked)}': ${reason}`, remedy, cause);
}
