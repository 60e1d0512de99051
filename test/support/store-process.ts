/**
 * Another process on a store, for the contract suite: reads a task from its arguments, does it, says so on stdout.
 * `hold` never ends by itself: whoever started it kills it.
 */
import type { Settings } from '../../src/config/settings.ts';
import { openStore } from '../../src/store/open-store.ts';
import { pastConflicts } from './past-conflicts.ts';

export type StoreTask =
  | { readonly kind: 'migrate'; readonly agentId: string }
  | { readonly kind: 'hold'; readonly agentId: string; readonly runId: string }
  | {
      readonly kind: 'claim';
      readonly agentId: string;
      readonly runId: string;
      readonly epoch: number;
      readonly commandIds: readonly string[];
    };

const FOREVER_MS = 2 ** 31 - 1;

function say(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function work(settings: Settings, task: StoreTask): Promise<void> {
  const { store } = await openStore(settings, { create: true });
  if (task.kind === 'migrate') {
    await store.migrate(task.agentId);
    say({ migrated: true });
  } else if (task.kind === 'hold') {
    say({ taken: await store.takeLease({ agentId: task.agentId, runId: task.runId, leaseSeconds: 120 }) });
    await new Promise((resolve) => setTimeout(resolve, FOREVER_MS));
  } else {
    const approvalEnds = Date.now() + 600_000;
    for (const commandId of task.commandIds)
      await pastConflicts(() => store.claimCommands(task, { commands: [{ commandId, approvalEnds }], marginSeconds: 60 }));
    say({ claimed: (await store.readClaimed(task)).map(({ command }) => command.commandId) });
  }
  await store.close();
}

const [settings, task] = process.argv.slice(2).map((text) => JSON.parse(text) as unknown);
void work(settings as Settings, task as StoreTask); // the suite wrote both
