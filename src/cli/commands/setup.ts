import { newRunId } from '../run-id.ts';
import { AgentError } from '../../domain/errors.ts';
import { takeTablesOver } from '../../cycle/take-over.ts';
import type { KeyRing } from '../../domain/key-ring.ts';
import type { Settings } from '../../config/settings.ts';
import type { Roles, SchemaReport } from '../../ports/schema-store.ts';
import type { Store } from '../../ports/store.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { schemaFailure } from '../schema-failure.ts';
import { ownReadings } from '../../store/tables.ts';
import { loginName } from '../who.ts';

export interface SetupOptions {
  readonly sampleData?: boolean;
  readonly printSql?: boolean;
  readonly roles?: boolean;
  readonly agentRole?: string;
  readonly operatorRole?: string;
  readonly readerRole?: string;
  readonly check?: boolean;
  readonly takeOver?: boolean;
}

const AGENT_ROLE = 'ops_agents';
const OPERATOR_ROLE = 'ops_operators';
const READER_ROLE = 'ops_readers';

const RULE = '='.repeat(64);

export async function run(context: CliContext, options: SetupOptions): Promise<number> {
  if (options.printSql && options.check) throw new AgentError('usage', '--print-sql and --check exclude each other', 'give one of them');
  const roles = rolesIn(options);
  if (options.printSql) return printSql(context, roles);
  if (options.check) return check(context);
  const { agentId, signingKeys } = await context.settings();
  const store = await context.store({ create: true });
  await migrate(store, agentId, signingKeys, options.takeOver ? `${agentId} via cli:${loginName(context.env)}` : null);
  // The specification's six, in its order, but for readings that are a table of the user's own. Ours are not announced.
  const tables = (await store.countRows()).map(({ table }) => table);
  const lines = tables.flatMap((table) => [`Creating ${table} table...`, `✓ ${table} table created`]);
  context.out.print([...lines, '', '✅ All tables created successfully!', ''].join('\n'));
  if (options.sampleData) {
    context.out.print('Inserting sample sensor data...');
    const inserted = await store.insertSampleReadings();
    context.out.print(`✓ Inserted ${inserted} sample sensor readings\n✅ Sample data inserted successfully!\n`);
  }
  context.out.print('Verifying tables...');
  const counts = await store.countRows();
  const counted = counts.map(({ table, rows }) => `✓ ${table}: ${rows} rows`);
  context.out.print([...counted, '', '✅ All tables verified!', '', RULE, 'Setup complete! Ready to run ops-agent loop', RULE].join('\n'));
  return EXIT.done;
}

/** `actor` takes the tables over from another agent; null leaves them. The owner is checked last, when the tables are complete. */
async function migrate(store: Store, agentId: string, keys: KeyRing, actor: string | null): Promise<void> {
  try {
    await store.migrate(agentId);
  } catch (thrown) {
    // Whose the tables are is known where they are read, and nothing but that is mended by taking them over.
    if (actor === null || !(thrown instanceof AgentError) || thrown.code !== 'usage') throw thrown;
    const { now, health } = await store.readHealth();
    const owner = health.find((row) => row.agentId !== agentId);
    if (!owner) throw thrown;
    await takeTablesOver(store, owner, { run: { agentId, runId: newRunId() }, keys, actor }, now);
    await store.migrate(agentId);
  }
}

/** The same statements for every store of the kind: a warehouse is asked nothing, so that none has to be reached and nobody has to log in. */
async function printSql(context: CliContext, roles: Roles | null): Promise<number> {
  const { placesOf } = await import('../../config/load.ts');
  const { printedSetup } = await import('../../store/printed-setup.ts');
  context.out.print(printedSetup(placesOf(await context.configInput()), roles));
  return EXIT.done;
}

/** Null where no grants are asked for. */
function rolesIn(options: SetupOptions): Roles | null {
  const { agentRole: agent, operatorRole: operator, readerRole: reader } = options;
  if (options.roles && !options.printSql)
    throw new AgentError(
      'usage',
      '--roles goes with --print-sql: setup itself grants nothing',
      'print them: ops-agent setup --print-sql --roles',
    );
  if (options.roles) return { agent: agent ?? AGENT_ROLE, operator: operator ?? OPERATOR_ROLE, reader: reader ?? READER_ROLE };
  if ((agent ?? operator ?? reader) !== undefined)
    throw new AgentError('usage', 'a principal was given, and --roles was not', 'print the grants: ops-agent setup --print-sql --roles');
  return null;
}

async function check(context: CliContext): Promise<number> {
  const settings = await context.settings();
  const store = await context.store({ anySchema: true });
  const report = withReadings(await store.checkSchema(settings.agentId), await readingsProblems(context, settings));
  if (report.state === 'up_to_date') {
    context.out.print('✓ The tables are up to date');
    return EXIT.done;
  }
  throw schemaFailure(report);
}

/** Readings that a cycle would pass over without a word, where their table is the agent's own; another's is for `config check --connect`. */
async function readingsProblems(context: CliContext, { source, sourceDatabase }: Settings): Promise<readonly string[]> {
  if (sourceDatabase !== null || ownReadings(source.table) === null) return [];
  return (await (await context.source()).mistypedColumns()).map(({ text }) => text);
}

/** Setting up leaves the readings' types as they are, and has the tables all the same: what else there is to mend comes first. */
function withReadings(report: SchemaReport, problems: readonly string[]): SchemaReport {
  if (problems.length === 0) return report;
  const { state, remedy } = report;
  return {
    state: state === 'up_to_date' ? 'drifted' : state,
    problems: [...report.problems, ...problems],
    remedy: remedy === '' ? 'correct source.columns, or the table: setup changes no types' : remedy,
  };
}
