/** The product as the sequences meet it: one module, so that a mutated build of it can stand in its place. */
export { runCycle } from '../../src/cycle/run-cycle.ts';
export { AgentError } from '../../src/domain/errors.ts';
export { eventOf } from '../../src/domain/event.ts';
export { embeddedDialect } from '../../src/store/embedded/dialect.ts';
export { Session } from '../../src/store/session.ts';
export { createSqlStore } from '../../src/store/sql-store.ts';
export { SqlSource } from '../../src/store/sql-source.ts';
