import type { HolderLock } from '../../src/store/connection.ts';
import type { Run } from './run.ts';

/** The holder's lock among the runs of one world: the kernel frees it when its holder dies. */
export class OneHolder {
  #holder: Run | null = null;

  get isFree(): boolean {
    return this.#holder === null;
  }

  died(run: Run): void {
    if (this.#holder === run) this.#holder = null;
  }

  lockOf(run: Run): HolderLock {
    return {
      acquire: () => {
        this.#holder ??= run;
        return Promise.resolve(this.#holder === run);
      },
      release: () => {
        this.died(run);
        return Promise.resolve();
      },
    };
  }
}
