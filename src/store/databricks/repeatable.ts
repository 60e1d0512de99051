/** Databricks has no ADD CONSTRAINT IF NOT EXISTS: the constraint is taken away first, where it is there. */
export function repeatable(ddl: string): readonly string[] {
  const [, table, name] = /^ALTER TABLE (.+?) ADD CONSTRAINT (\w+) /.exec(ddl) ?? [];
  return table === undefined || name === undefined ? [ddl] : [`ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${name}`, ddl];
}
