import { isoOf } from '../../domain/instant.ts';
import { paletteFor } from '../colour.ts';
import type { CliContext } from '../context.ts';
import { checkUp } from '../doctor/checkup.ts';
import { exitCodeOfFindings, findingsJson, findingsTable } from '../doctor/report.ts';
import type { JsonOption } from '../json-option.ts';

export async function run(context: CliContext, options: JsonOption): Promise<number> {
  const findings = await checkUp(context);
  // Where the configuration does not load, the first finding says so.
  const agentId = await context.settings().then(
    (settings) => settings.agentId,
    () => null,
  );
  if (options.json) context.out.json(findingsJson(findings, agentId, isoOf(Date.now())));
  else context.out.print(findingsTable(findings, paletteFor(context.globals, context.env)));
  return exitCodeOfFindings(findings);
}
