/** The product as the oracle meets it: one module, so that a mutated build of it can stand in its place. */
export { runCycle } from '../../src/cycle/run-cycle.ts';
export { createAdvisory } from '../../src/plant/advisory.ts';
export { embeddedDialect } from '../../src/store/embedded/dialect.ts';
export { Session } from '../../src/store/session.ts';
export { createSqlStore } from '../../src/store/sql-store.ts';
export { SqlSource } from '../../src/store/sql-source.ts';
