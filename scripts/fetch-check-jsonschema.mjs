/**
 * Fetches check-jsonschema into .cache/check-jsonschema: it brings the published schemas of GitHub's, GitLab's and Azure's pipelines along, by which
 * the examples for CI are tested. Needs Python 3.10 or newer with venv.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fetchIntoCache, pythonFrom, pythonWith, versionOf } from './fetch-into-cache.mjs';

const PACKAGES = ['check-jsonschema==0.39.0'];

await fetchIntoCache({
  name: 'check-jsonschema',
  version: versionOf(PACKAGES),
  suite: 'integration',
  prepare: async () => {
    const base = await pythonFrom([3, 10]);
    return {
      fits: (ready) => existsSync(ready.python),
      fill: async (folder) => ({ python: await pythonWith(base, path.join(folder, 'venv'), PACKAGES) }),
    };
  },
});
