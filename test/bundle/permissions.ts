import { type Json, listOf } from '../support/json.ts';
import type { Routes } from '../support/rest-server.ts';

export interface Permissions {
  readonly routes: Routes;
  /** What was set, by the kind and the id of what it is about. */
  readonly set: ReadonlyMap<string, readonly Json[]>;
}

/** `PUT` says who may what on a job, a folder, a dashboard, `PATCH` who else; `GET` answers it in the other form that it has. */
export function permissions(): Permissions {
  const set = new Map<string, readonly Json[]>();
  const answer = (kind: string, id: string) => ({
    object_id: `/${kind}/${id}`,
    object_type: kind.replace(/(?:ies|s)$/, (plural) => (plural === 'ies' ? 'y' : '')),
    access_control_list: (set.get(`${kind}/${id}`) ?? []).map(({ permission_level, ...who }) => ({
      ...who,
      all_permissions: [{ permission_level, inherited: false }],
    })),
  });
  const route = (act: (kind: string, id: string, json: Json) => void) => {
    return ({ in: { kind = '', id = '' }, json }: { readonly in: Readonly<Record<string, string>>; readonly json: Json }) => {
      act(kind, id, json);
      return answer(kind, id);
    };
  };
  return {
    set,
    routes: {
      'GET /api/2.0/permissions/{kind}/{id}': route(() => undefined),
      'PUT /api/2.0/permissions/{kind}/{id}': route((kind, id, json) => set.set(`${kind}/${id}`, listOf(json['access_control_list']))),
      'PATCH /api/2.0/permissions/{kind}/{id}': route((kind, id, json) => {
        set.set(`${kind}/${id}`, [...(set.get(`${kind}/${id}`) ?? []), ...listOf(json['access_control_list'])]);
      }),
    },
  };
}
