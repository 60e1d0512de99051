import { existsSync } from 'node:fs';
import type { PlantSettings } from '../../config/settings.ts';
import { AgentError } from '../../domain/errors.ts';
import { judgeTag, type TagPolicy } from '../../domain/tags.ts';
import type { TagReading } from '../../ports/plant.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { JsonOption } from '../json-option.ts';
import { jsonRow } from '../json.ts';
import { table, type Column } from '../table.ts';
import { timeText } from '../wording.ts';

export interface PlantReadOptions extends JsonOption {
  readonly tags: readonly string[];
}

const READ_COLUMNS: readonly Column[] = [
  { title: 'TAG', maxLength: 60 },
  { title: 'VALUE', align: 'right' },
  { title: 'QUALITY' },
  { title: 'AT' },
  { title: 'MAY BE WRITTEN', maxLength: 60 },
];
const WRITE_COLUMNS: readonly Column[] = [
  { title: 'AT' },
  { title: 'COMMAND' },
  { title: 'TAG', maxLength: 60 },
  { title: 'VALUE', align: 'right' },
  { title: 'ACCEPTED' },
];

export async function read(context: CliContext, options: PlantReadOptions): Promise<number> {
  const { plant, tags } = await context.settings();
  requireSimulated(plant);
  const readings = await (await context.plant()).read(options.tags);
  if (options.json) context.out.json(readings.map((reading) => ({ ...readingRow(reading), ...limitsRow(reading.tag, tags) })));
  else {
    const rows = readings.map((reading) => [
      reading.tag,
      reading.value,
      reading.quality,
      timeText(reading.at),
      limitsText(reading.tag, tags),
    ]);
    context.out.print(table(READ_COLUMNS, rows));
  }
  return EXIT.done;
}

/** To look at a plant makes none: in another folder there would be a new one, which received nothing. @throws AgentError not_set_up */
function requireSimulated({ kind, simulatorPath }: PlantSettings): void {
  if (kind !== 'simulator' || existsSync(simulatorPath)) return;
  throw new AgentError('not_set_up', `the simulated plant ${simulatorPath} does not exist`, 'the first cycle makes it: ops-agent run-once');
}

function readingRow({ tag, ...reading }: TagReading): Record<string, unknown> {
  return jsonRow({ tagPath: tag, ...reading });
}

/** What the agent may do with the tag: its limits, or why it must not be written. */
function limitsRow(path: string, policy: TagPolicy): Record<string, unknown> {
  const verdict = judgeTag(path, policy);
  if (!verdict.allowed) return { writable: false, reason: verdict.reason };
  const { min, max, maxStep, type, unit, direction } = verdict.tag;
  return jsonRow({ writable: true, min, max, maxStep: maxStep ?? null, type, unit, direction });
}

function limitsText(path: string, policy: TagPolicy): string {
  const verdict = judgeTag(path, policy);
  if (!verdict.allowed) return `no: ${verdict.reason}`;
  const { min, max, maxStep, unit, direction } = verdict.tag;
  const step = maxStep === undefined ? '' : `, step up to ${maxStep}`;
  return `${min} to ${max}${unit === '' ? '' : ` ${unit}`}${step}${direction === 'any' ? '' : `, ${direction} only`}`;
}

/** Every write that the simulated plant received, refused ones too. @throws AgentError usage for any other plant. */
export async function writes(context: CliContext, options: JsonOption): Promise<number> {
  const { plant } = await context.settings();
  if (plant.kind !== 'simulator')
    throw new AgentError('usage', `only a simulated plant knows its writes, this one is '${plant.kind}'`, 'set plant.kind to simulator');
  requireSimulated(plant);
  const { createSimulator } = await import('../../plant/simulator.ts');
  const simulator = await createSimulator({
    path: plant.simulatorPath,
    latencySeconds: plant.simulatorLatencySeconds,
    timeoutSeconds: plant.timeoutSeconds,
    now: () => Date.now(),
  });
  try {
    const received = simulator.writes();
    if (options.json)
      context.out.json(
        received.map(({ tag, ...write }) =>
          jsonRow({ at: write.at, commandId: write.commandId, tagPath: tag, value: write.value, accepted: write.accepted }),
        ),
      );
    else if (received.length === 0) context.out.print('No writes.');
    else
      context.out.print(
        table(
          WRITE_COLUMNS,
          received.map((write) => [timeText(write.at), write.commandId, write.tag, write.value, write.accepted ? 'yes' : 'no']),
        ),
      );
  } finally {
    await simulator.close();
  }
  return EXIT.done;
}
