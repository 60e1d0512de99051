import { AgentError } from '../../domain/errors.ts';
import type { ReadingsPlace } from '../../config/settings.ts';
import { onOneLine } from '../../domain/printable.ts';
import type { Roles } from '../../ports/schema-store.ts';
import type { Grants } from '../dialect.ts';
import { NOTIFICATIONS } from '../notification-table.ts';
import { COMMANDS, CONTROLS, EVENTS, HEALTH, OPERATOR_SESSIONS, RECOMMENDATIONS, type Table, WORK_ORDERS } from '../tables.ts';
import { type Place, quote, quoteName } from './names.ts';

/** What a cycle and `prune` write. Orders over the agent and the version of its tables are not its own to change, and readings never are. */
export const AGENT_WRITES: readonly Table[] = [RECOMMENDATIONS, COMMANDS, HEALTH, WORK_ORDERS, OPERATOR_SESSIONS, EVENTS, NOTIFICATIONS];
/** What an HMI's plain SQL writes. */
const OPERATOR_WRITES: readonly Table[] = [RECOMMENDATIONS, WORK_ORDERS, OPERATOR_SESSIONS];
/** What the operators' command line writes as well. */
const COMMAND_LINE_WRITES: readonly Table[] = [EVENTS, CONTROLS];

/** As of other names in Unity Catalog. Between backticks everything but what follows is a name. */
const LONGEST_PRINCIPAL = 255;
const NO_NAME = /[`\p{C}\p{Zl}\p{Zp}]|^\s|\s$/u;

type ReadingsApart = Extract<ReadingsPlace, { kind: 'warehouse' }>;

interface Home {
  readonly catalog: string;
  readonly schema: string;
}

/**
 * GRANTs of Unity Catalog, table by table: one on the schema would hold for whatever else is put there, too. Repeating them changes nothing.
 * @throws AgentError usage for a place without a catalog or a schema, and for names that are no principals or twice the same
 */
export function grants({ tables, readings, roles }: Grants, place: Place): string {
  const home = homeIn(place);
  const named = { agent: principal(roles.agent), operator: principal(roles.operator), reader: principal(roles.reader) };
  requireApart(roles);
  const paragraphs = [
    [
      '-- The agent. It lifts no order over itself, and changes no reading.',
      ...tableGrants(tables, AGENT_WRITES, home, named.agent),
      ...readingsGrants(readings, tables, home, named.agent),
    ],
    [
      "-- Operators, who decide by an HMI's SQL. They write neither commands nor the audit. MODIFY is the whole table: Unity Catalog does not keep",
      '-- them from other columns, from deleting rows or from altering the table. The agent puts statuses and tickets back, and audits it.',
      ...tableGrants(tables, OPERATOR_WRITES, home, named.operator),
    ],
    [
      '-- Operators who decide by ops-agent approve and reject write the audit themselves, and those who stop the agent by ops-agent control its',
      '-- orders. Grant them that as well:',
      ...COMMAND_LINE_WRITES.map((table) => `-- ${grant('MODIFY', tableIn(home, table), named.operator)}`),
    ],
    ['-- Readers, for dashboards and reviews.', ...tableGrants(tables, [], home, named.reader)],
    [
      '-- Who runs ops-agent setup, where these statements are not run instead. Not the agent: who makes a table owns it.',
      `-- ${grant('USE CATALOG, CREATE SCHEMA', `CATALOG ${quoteName(home.catalog)}`, quoteName('administrator'))}`,
      '-- or, in a schema that is there:',
      `-- ${grant('USE CATALOG', `CATALOG ${quoteName(home.catalog)}`, quoteName('administrator'))}`,
      `-- ${grant('USE SCHEMA, CREATE TABLE', `SCHEMA ${schemaOf(home)}`, quoteName('administrator'))}`,
    ],
  ];
  return paragraphs.map((lines) => lines.join('\n')).join('\n\n');
}

function homeIn({ catalog, schema }: Place): Home {
  if (catalog === null || schema === null)
    throw new AgentError('usage', 'a grant names the catalog and the schema', 'set store.catalog and store.schema');
  return { catalog, schema };
}

function tableGrants(tables: readonly Table[], written: readonly Table[], home: Home, to: string): readonly string[] {
  return [
    ...way(home, to),
    ...tables.map((table) => grant(written.includes(table) ? 'SELECT, MODIFY' : 'SELECT', tableIn(home, table), to)),
  ];
}

function readingsGrants(readings: ReadingsPlace, tables: readonly Table[], home: Home, to: string): readonly string[] {
  switch (readings.kind) {
    case 'file':
      return [`-- The readings are in a file: let the process of ${to} read it.`];
    case 'store':
      return tables.some(({ name }) => name === readings.table) ? [] : wayAndSelect(readings.table, home, to, way(home, to));
    case 'warehouse':
      return readingsApart(readings, home, to);
  }
}

/** Over a connection of their own. In another workspace the statements mean nothing here, and would fail a script that is run whole. */
function readingsApart({ table, catalog, schema, workspace }: ReadingsApart, home: Home, to: string): readonly string[] {
  const [, ofSchema = schema, ofCatalog = catalog] = table.split('.').toReversed();
  if (ofSchema === null || ofCatalog === null)
    return [
      `-- The readings: set source.connection.catalog and source.connection.schema, and the grants on ${table} for ${to} are printed.`,
    ];
  if (workspace === null) return wayAndSelect(table, { catalog: ofCatalog, schema: ofSchema }, to, way(home, to));
  const there = wayAndSelect(table, { catalog: ofCatalog, schema: ofSchema }, to, []);
  return [
    `-- The readings, in the workspace of ${onOneLine(workspace)}: run these there, for whom the agent is there.`,
    ...there.map((each) => `-- ${each}`),
  ];
}

/** The readings' table may be in another schema or catalog, to which there is a way of its own. */
function wayAndSelect(readingsTable: string, home: Home, to: string, known: readonly string[]): readonly string[] {
  const parts = readingsTable.split('.');
  const [schema = home.schema, catalog = home.catalog] = parts.slice(0, -1).toReversed();
  const table = `TABLE ${schemaOf({ catalog, schema })}.${quote(parts.at(-1) ?? '')}`;
  return [...way({ catalog, schema }, to).filter((each) => !known.includes(each)), grant('SELECT', table, to)];
}

function way(home: Home, to: string): readonly string[] {
  return [grant('USE CATALOG', `CATALOG ${quoteName(home.catalog)}`, to), grant('USE SCHEMA', `SCHEMA ${schemaOf(home)}`, to)];
}

function grant(privileges: string, on: string, to: string): string {
  return `GRANT ${privileges} ON ${on} TO ${to};`;
}

function tableIn(home: Home, { name }: Table): string {
  return `TABLE ${schemaOf(home)}.${quote(name)}`;
}

function schemaOf({ catalog, schema }: Home): string {
  return `${quoteName(catalog)}.${quoteName(schema)}`;
}

function principal(name: string): string {
  if (name === '' || name.length > LONGEST_PRINCIPAL || NO_NAME.test(name))
    throw new AgentError(
      'usage',
      `'${name}' names no principal`,
      `give a group, a user's address or a service principal's application id: 1 to ${LONGEST_PRINCIPAL} characters on one line, without backticks`,
    );
  return quoteName(name);
}

/** Who carries out must not be who approves: the privileges of both would be one principal's. */
function requireApart(roles: Roles): void {
  const names = [roles.agent, roles.operator, roles.reader].map((name) => name.toLowerCase());
  if (new Set(names).size < names.length)
    throw new AgentError('usage', 'two roles have the same principal', 'give three: the agent, its operators and its readers');
}
