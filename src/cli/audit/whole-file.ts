import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

import { AgentError } from '../../domain/errors.ts';

/**
 * Writes a file whole or not at all: into one beside it, which takes its place once everything is on the disk. What was there before stays
 * until then.
 * @throws AgentError usage where it cannot be written
 */
export async function writeWholeFile(file: string, chunks: AsyncIterable<string>): Promise<void> {
  const draft = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}.part`);
  try {
    const handle = await open(draft, 'wx').catch((thrown: unknown) => {
      throw unwritable(file, thrown);
    });
    try {
      for await (const chunk of chunks) await handle.write(chunk).catch((thrown: unknown) => Promise.reject(unwritable(file, thrown)));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file).catch((thrown: unknown) => {
      throw unwritable(file, thrown);
    });
  } catch (thrown) {
    await rm(draft, { force: true });
    throw thrown;
  }
}

function unwritable(file: string, thrown: unknown): AgentError {
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new AgentError('usage', `${file} cannot be written: ${why}`, 'name a file in a folder that exists and has room', thrown);
}
