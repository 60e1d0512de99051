import type { Evidence } from '../../domain/evidence.ts';
import type { CliContext } from '../context.ts';
import { plain, shellWord } from '../output.ts';
import { writeWholeFile } from '../whole-file.ts';
import { evidencePage } from './html/page.ts';

/**
 * Writes the evidence as an HTML file, whole or not at all. A file that is there is replaced.
 * @throws AgentError usage where it cannot be written
 */
export async function writePage(context: CliContext, file: string, evidence: Evidence): Promise<void> {
  const text = evidencePage(evidence);
  await writeWholeFile(context, { flag: '--html', asked: file }, [text]);
  context.out.print(`✓ Wrote ${plain(shellWord(file))} (${Math.ceil(Buffer.byteLength(text) / 1024)} kB)`);
}
