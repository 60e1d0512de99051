import { type Json, listOf, textsOf } from '../support/json.ts';
import { notFound, type Routes } from '../support/rest-server.ts';

export interface UnityCatalog {
  readonly routes: Routes;
  /** The schemas that are there, by their full names. */
  readonly schemas: ReadonlyMap<string, Json>;
  /** Who may what, by the kind and the full name of what it is about. */
  readonly grants: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;
}

/** Schemas of Unity Catalog, and what is granted on them. */
export function unityCatalog(me: string): UnityCatalog {
  const schemas = new Map<string, Json>();
  const grants = new Map<string, Map<string, Set<string>>>();
  const schemaAt = (name: string) => {
    const schema = schemas.get(name);
    if (schema === undefined) throw notFound(`Schema '${name}'`);
    return schema;
  };
  const keep = (schema: Json) => {
    const full_name = `${String(schema['catalog_name'])}.${String(schema['name'])}`;
    const made = { ...schema, full_name, owner: me, catalog_type: 'MANAGED_CATALOG' };
    schemas.set(full_name, made);
    return made;
  };
  const assignments = (key: string) => ({
    privilege_assignments: [...(grants.get(key) ?? [])].map(([principal, privileges]) => ({
      principal,
      privileges: [...privileges].toSorted(),
    })),
  });
  const change = (key: string, changes: readonly Json[]) => {
    const of = grants.get(key) ?? new Map<string, Set<string>>();
    for (const { principal, add, remove } of changes) {
      const privileges = of.get(String(principal)) ?? new Set();
      for (const privilege of textsOf(remove)) privileges.delete(privilege);
      for (const privilege of textsOf(add)) privileges.add(privilege);
      if (privileges.size > 0) of.set(String(principal), privileges);
      else of.delete(String(principal));
    }
    grants.set(key, of);
    return assignments(key);
  };
  const drop = (name: string) => {
    schemaAt(name);
    schemas.delete(name);
    grants.delete(`schema ${name}`);
  };
  return {
    schemas,
    grants,
    routes: {
      'POST /api/2.1/unity-catalog/schemas': ({ json }) => keep(json),
      'GET /api/2.1/unity-catalog/schemas/{name}': ({ in: { name = '' } }) => schemaAt(name),
      'PATCH /api/2.1/unity-catalog/schemas/{name}': ({ in: { name = '' }, json }) => keep({ ...schemaAt(name), ...json }),
      'DELETE /api/2.1/unity-catalog/schemas/{name}': ({ in: { name = '' } }) => drop(name),
      'GET /api/2.1/unity-catalog/permissions/{kind}/{name}': ({ in: { kind, name } }) => assignments(`${kind} ${name}`),
      'PATCH /api/2.1/unity-catalog/permissions/{kind}/{name}': ({ in: { kind, name }, json }) =>
        change(`${kind} ${name}`, listOf(json['changes'])),
    },
  };
}
