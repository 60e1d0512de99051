import { scriptFor, type Branch, type Shell } from '../completion-scripts.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

export interface CompletionOptions {
  readonly shell: Shell;
  readonly tree: Branch;
}

export function run(context: CliContext, options: CompletionOptions): Promise<number> {
  context.out.print(scriptFor(options.shell, options.tree));
  return Promise.resolve(EXIT.done);
}
