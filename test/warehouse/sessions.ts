import { freshGuid, uuidOf } from './operation.ts';
import type { SparkProcess } from './spark-process.ts';

export interface Session {
  readonly id: string;
  readonly configuration: Readonly<Record<string, string>>;
  readonly isUsable: boolean;
}

/** A warehouse that sleeps: sessions open, and nothing can be done with them. */
export interface Stopped {
  /** How many statements fail before it is awake. */
  readonly tries: number;
  /** What it says meanwhile: that it does not know the session, or an HTTP status. */
  readonly says: 'session' | 503;
}

/** The open sessions, and whether the warehouse is awake. A session that was opened while it was not stays unusable. */
export class Sessions {
  readonly #spark: SparkProcess;
  readonly #open = new Map<string, Session>();
  #stopped: Stopped | null = null;
  #tried = 0;

  constructor(spark: SparkProcess) {
    this.#spark = spark;
  }

  stopWarehouse(stopped: Stopped): void {
    this.#stopped = stopped;
    this.#tried = 0;
    this.expireAll();
  }

  get isStopped(): boolean {
    return this.#stopped !== null;
  }

  get triedWhileStopped(): number {
    return this.#tried;
  }

  /** What a statement is told while the warehouse sleeps; null when it is awake. */
  tryToWake(): Stopped['says'] | null {
    if (this.#stopped === null) return null;
    const { says, tries } = this.#stopped;
    this.#tried += 1;
    if (this.#tried >= tries) this.#stopped = null;
    return says;
  }

  async open(catalog: string | null, schema: string | null, configuration: Readonly<Record<string, string>>): Promise<Buffer> {
    const guid = freshGuid();
    const id = uuidOf(guid);
    const isUsable = this.#stopped === null;
    if (isUsable) await this.#spark.ask('open', { session: id, catalog, schema, configuration });
    this.#open.set(id, { id, configuration, isUsable });
    return guid;
  }

  find(id: string): Session | null {
    const session = this.#open.get(id);
    return session?.isUsable === true ? session : null;
  }

  isOpen(id: string): boolean {
    return this.#open.has(id);
  }

  async close(id: string): Promise<boolean> {
    const session = this.#open.get(id);
    this.#open.delete(id);
    if (session?.isUsable === true) await this.#spark.ask('close', { session: id });
    return session !== undefined;
  }

  expireAll(): void {
    for (const id of this.#open.keys()) void this.close(id);
  }
}
