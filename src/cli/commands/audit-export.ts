import path from 'node:path';

import { AgentError } from '../../domain/errors.ts';
import { EXPORT_FORMATS, type ExportFormat, exportedText } from '../audit/export-rows.ts';
import { writeWholeFile } from '../audit/whole-file.ts';
import type { CliContext } from '../context.ts';
import { momentBefore } from '../end-time.ts';
import { EXIT } from '../exit-codes.ts';

export interface AuditExportOptions {
  readonly format?: string;
  readonly since?: string;
  readonly output?: string;
}

export async function run(context: CliContext, options: AuditExportOptions): Promise<number> {
  const format = formatOf(options.format ?? 'jsonl');
  const store = await context.store();
  const since = options.since === undefined ? null : await momentBefore('--since', options.since, (await store.readControls()).now);
  const chunks = untilInterrupted(context, exportedText(store, format, since));
  if (options.output !== undefined) await writeWholeFile(path.resolve(context.cwd, options.output), chunks);
  // Each chunk waits until the one before it is on its way: whoever reads slowly makes us slow, not large.
  else for await (const chunk of chunks) if (!(await context.out.write(chunk))) break;
  return context.interruption.exitCode() ?? EXIT.done;
}

/** @throws AgentError interrupted, so that no file is taken for whole that is not */
async function* untilInterrupted({ interruption }: CliContext, chunks: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const chunk of chunks) {
    if (interruption.signal.aborted) throw new AgentError('interrupted', 'the export was interrupted', 'start it again');
    yield chunk;
  }
}

function formatOf(text: string): ExportFormat {
  const format = EXPORT_FORMATS.find((known) => known === text);
  if (format === undefined) throw new AgentError('usage', `--format '${text}' is no format`, `one of ${EXPORT_FORMATS.join(', ')}`);
  return format;
}
