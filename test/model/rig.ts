import { createSimulator } from '../../src/plant/simulator.ts';
import { type Connection, oneByOne, write } from '../../src/store/connection.ts';
import type { Dialect } from '../../src/store/dialect.ts';
import { openEmbedded } from '../../src/store/embedded/connection.ts';
import { AGENT } from '../support/stores.ts';
import { MODE, PLANT_TIMEOUT_SECONDS, type Setup, settingsOf } from './plant-floor.ts';
import { placeOfLastEvent } from './seen.ts';
import { newTally } from './tally.ts';
import { type Product, World } from './world.ts';

const BEGINNING = Date.UTC(2026, 2, 1, 6);

/**
 * Where sequences are played. They come one after the other in one database in memory, each from where everything since the last was rolled
 * back, which is cheaper than a new schema.
 */
export class Rig {
  readonly tally = newTally();
  readonly #product: Product;
  readonly #connection: Connection;
  readonly #dialect: Dialect;

  private constructor(product: Product, connection: Connection) {
    this.#product = product;
    this.#connection = connection;
    this.#dialect = { ...product.embeddedDialect, now: '(SELECT said FROM clock_of_the_world)' };
  }

  static async open(product: Product): Promise<Rig> {
    const inner = await openEmbedded(':memory:', true);
    // The sequence lives in one transaction, in which there can be no other: nothing comes between two statements here either.
    const connection: Connection = {
      ...inner,
      executeAll: (statements) => oneByOne(statements, (statement) => inner.execute(statement)),
    };
    const rig = new Rig(product, connection);
    await connection.execute(write('CREATE TABLE clock_of_the_world (said TEXT)'));
    await connection.execute(write('INSERT INTO clock_of_the_world VALUES (:said)', { said: rig.#dialect.encodeTime(BEGINNING) }));
    const { createSqlStore, Session } = product;
    const parts = { session: new Session(connection, rig.#dialect), lock: null, sourceTable: 'sensor_data', description: 'under test' };
    await createSqlStore(parts).migrate(AGENT);
    await connection.execute(write('SAVEPOINT nothing_happened'));
    return rig;
  }

  /** A sequence in a world of its own. */
  async play<T>(setup: Setup, sequence: (world: World) => Promise<T>): Promise<T> {
    await this.#connection.execute(write('ROLLBACK TO nothing_happened'));
    const clock = { now: BEGINNING };
    const plant = await createSimulator({
      path: ':memory:',
      latencySeconds: 0,
      timeoutSeconds: PLANT_TIMEOUT_SECONDS,
      now: () => clock.now,
      tags: settingsOf(setup).tags.allow,
    });
    try {
      const ground = { product: this.#product, connection: this.#connection, dialect: this.#dialect, plant, clock };
      const world = new World(ground, setup, this.tally, await placeOfLastEvent(this.#connection));
      await world.turn(MODE, 1);
      this.tally.sequences += 1;
      return await sequence(world);
    } finally {
      await plant.close();
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
