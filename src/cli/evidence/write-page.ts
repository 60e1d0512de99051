import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Evidence } from '../../domain/evidence.ts';
import { AgentError } from '../../domain/errors.ts';
import type { CliContext } from '../context.ts';
import { plain, shellWord } from '../output.ts';
import { evidencePage } from './html/page.ts';

/**
 * Writes the evidence as an HTML file, whole or not at all: beside its place first, then moved there. A file that is there is replaced.
 * @throws AgentError usage where it cannot be written
 */
export async function writePage(context: CliContext, file: string, evidence: Evidence): Promise<void> {
  const target = path.resolve(context.cwd, file);
  const text = evidencePage(evidence);
  await replaceFile(target, text, file);
  context.out.print(`✓ Wrote ${plain(shellWord(file))} (${Math.ceil(Buffer.byteLength(text) / 1024)} kB)`);
}

async function replaceFile(target: string, text: string, asked: string): Promise<void> {
  if (asked === '') throw unwritable(asked, 'it has no name');
  const beside = path.join(path.dirname(target), `.${path.basename(target)}.${randomUUID()}`);
  try {
    await writeFile(beside, text, { flag: 'wx' });
    await rename(beside, target);
  } catch (thrown) {
    // Where it could not even be begun there is nothing to take away; the first failure is the one to tell.
    await rm(beside, { force: true }).catch(() => undefined);
    throw unwritable(asked, reasonOf(thrown), thrown);
  }
}

const REASONS = new Map<unknown, string>([
  ['ENOENT', 'its folder does not exist'],
  ['ENOTDIR', 'its folder does not exist'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'the disk is full'],
  ['ENAMETOOLONG', 'the name is too long'],
]);

function reasonOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return REASONS.get(code) ?? String(code ?? thrown);
}

function unwritable(asked: string, reason: string, cause?: unknown): AgentError {
  return new AgentError(
    'usage',
    `--html: cannot write '${plain(asked)}': ${reason}`,
    'name a file in a folder that you may write to',
    cause,
  );
}
