import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { notFound, Refusal, type Routes } from '../support/rest-server.ts';

export interface WorkspaceFiles {
  readonly routes: Routes;
  /** What was uploaded, by its path in the workspace. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly folders: ReadonlySet<string>;
  /** Writes all of it below a folder, as a job sees it under /Workspace. */
  mountAt(folder: string): void;
}

/** Files and folders of a workspace. An import into a folder that is not there is refused, as it really is. */
export function workspaceFiles(home: string): WorkspaceFiles {
  const files = new Map<string, Buffer>();
  const folders = new Set<string>();
  const ids = new Map<string, number>();
  const idOf = (place: string) => ids.get(place) ?? ids.set(place, ids.size + 1).get(place);
  const makeFolder = (place: string) => {
    for (let at = place; at !== '/'; at = path.posix.dirname(at)) folders.add(at);
  };
  makeFolder(home);

  const statusOf = (place: string) => {
    if (!folders.has(place) && !files.has(place)) throw notFound(`Path (${place})`);
    return { path: place, object_type: folders.has(place) ? 'DIRECTORY' : 'FILE', object_id: idOf(place) };
  };
  const importFile = (place: string, body: Buffer, mayReplace: boolean) => {
    const parent = path.posix.dirname(place);
    if (!folders.has(parent)) throw notFound(`The parent folder (${parent})`);
    if (files.has(place) && !mayReplace) throw new Refusal(409, 'RESOURCE_ALREADY_EXISTS', `File already exists at (${place}).`);
    files.set(place, body);
  };
  const contentOf = (place: string) => {
    const content = files.get(place);
    if (content === undefined) throw notFound(`Path (${place})`);
    return content;
  };
  const remove = (place: string, isRecursive: boolean) => {
    statusOf(place);
    const within = [...folders, ...files.keys()].filter((other) => other.startsWith(`${place}/`));
    if (within.length > 0 && !isRecursive) throw new Refusal(400, 'DIRECTORY_NOT_EMPTY', `Folder (${place}) is not empty`);
    for (const gone of [place, ...within]) {
      files.delete(gone);
      folders.delete(gone);
    }
  };

  return {
    files,
    folders,
    routes: {
      'GET /api/2.0/workspace/get-status': ({ query }) => statusOf(query.get('path') ?? ''),
      'POST /api/2.0/workspace/mkdirs': ({ json }) => makeFolder(String(json['path'])),
      'GET /api/2.0/workspace/export': ({ query }) => contentOf(query.get('path') ?? ''),
      'POST /api/2.0/workspace/delete': ({ json }) => remove(String(json['path']), json['recursive'] === true),
      'POST /api/2.0/workspace-files/import-file/{path...}': ({ in: { path: place = '' }, query, body }) =>
        importFile(`/${place.replace(/^\//, '')}`, body, query.get('overwrite') === 'true'),
      'GET /api/2.0/workspace-files/{path...}': ({ in: { path: place = '' } }) => contentOf(`/${place.replace(/^\//, '')}`),
    },
    mountAt: (folder) => {
      for (const [place, content] of files) {
        const file = path.join(folder, place);
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
    },
  };
}
