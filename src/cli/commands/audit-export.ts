import { counted } from '../../domain/counted.ts';
import { AgentError } from '../../domain/errors.ts';
import { EXPORT_FORMATS, type ExportedPiece, exportedPieces, type ExportFormat } from '../audit/export-rows.ts';
import type { CliContext } from '../context.ts';
import { momentBefore } from '../end-time.ts';
import { EXIT } from '../exit-codes.ts';
import { plain, shellWord } from '../output.ts';
import { writeWholeFile } from '../whole-file.ts';

export interface AuditExportOptions {
  readonly format?: string;
  readonly since?: string;
  readonly output?: string;
}

export async function run(context: CliContext, options: AuditExportOptions): Promise<number> {
  const format = formatOf(options.format ?? 'jsonl');
  const store = await context.store();
  const since = options.since === undefined ? null : await momentBefore('--since', options.since, (await store.readControls()).now);
  const pieces = exportedPieces(store, format, since, context.interruption.signal);
  if (options.output !== undefined) await intoFile(context, options.output, pieces);
  // Each piece waits until the one before it is on its way: whoever reads slowly makes us slow, not large.
  else for await (const { text } of pieces) if (!(await context.out.write(text))) break;
  return context.interruption.exitCode() ?? EXIT.done;
}

async function intoFile(context: CliContext, file: string, pieces: AsyncIterable<ExportedPiece>): Promise<void> {
  let count = 0;
  async function* texts(): AsyncGenerator<string> {
    for await (const { text, rows } of pieces) {
      count += rows;
      yield text;
    }
  }
  await writeWholeFile(context, { flag: '--output', asked: file }, texts());
  context.out.note(`✓ Wrote ${counted(count, 'row')} to ${plain(shellWord(file))}`);
}

function formatOf(text: string): ExportFormat {
  const format = EXPORT_FORMATS.find((known) => known === text);
  if (format === undefined) throw new AgentError('usage', `--format '${text}' is no format`, `one of ${EXPORT_FORMATS.join(', ')}`);
  return format;
}
