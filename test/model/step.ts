import * as fc from 'fast-check';
import { dueWrites } from './due-writes.ts';
import type { World } from './world.ts';

type Act = (world: World) => Promise<void>;
type Condition = (world: World) => boolean;

/** One step of a sequence; its label is what a failure prints. Where it may not happen, nothing does. */
export class Step implements fc.AsyncCommand<object, World, boolean> {
  readonly #label: string;
  readonly #act: Act;
  readonly #mayHappen: Condition;

  constructor(label: string, act: Act, mayHappen: Condition = () => true) {
    this.#label = label;
    this.#act = act;
    this.#mayHappen = mayHappen;
  }

  check(): boolean {
    return true;
  }

  async run(_model: object, world: World): Promise<void> {
    if (!this.#mayHappen(world)) return;
    await this.#act(world);
    throwFirst(world);
  }

  toString(): string {
    return this.#label;
  }
}

export function always(label: string, act: Act, mayHappen?: Condition): fc.Arbitrary<Step> {
  return fc.constant(new Step(label, act, mayHappen));
}

/** @throws Error for the first thing that should not have happened */
export function throwFirst({ model }: World): void {
  const [first] = model.violations;
  if (first !== undefined) throw new Error(first);
}

/** A cycle that nothing interrupts, with the writes that it has to make. */
export async function wholeCycle(world: World): Promise<void> {
  const due = await dueWrites(world);
  const before = world.model.writes.length;
  await world.start(null);
  const made = world.model.writes.slice(before);
  for (const { recommendation, step } of due) {
    const count = made.filter((write) => write.recommendation === recommendation && write.tag === step.tag).length;
    if (count === 1) world.tally.due += 1;
    else world.model.failed(`a write that was due, ${step.tag} = ${step.value} of ${recommendation}, was made ${count} times`);
  }
}
