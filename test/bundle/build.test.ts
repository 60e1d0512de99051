import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { copyBundle } from './bundle-copy.ts';
import { withCli } from './databricks-cli.ts';

/** Nothing else bears it: what says it was built by the deployment. */
const VERSION = '0.0.0-of-this-deployment';

withCli('the build step of the bundle', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-build-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('makes what a deployment uploads, from a checkout in which nothing was installed or built', async () => {
    const copy = await copyBundle({ isClean: true });
    try {
      const { version } = JSON.parse(readFileSync(path.join(copy.folder, 'package.json'), 'utf8')) as { readonly version: string }; // our own
      copy.edit('package.json', `"version": "${version}"`, `"version": "${VERSION}"`);
      expect(['dist', 'node_modules'].filter((name) => existsSync(path.join(copy.folder, name)))).toEqual([]);

      await copy.done('deploy');

      const uploaded = [...copy.workspace.files].flatMap(([place, content]) => {
        const [, file] = /\/files\/(dist\/.*)$/.exec(place) ?? [];
        return file === undefined ? [] : [{ place, file, content }];
      });
      expect(uploaded.map(({ file }) => file)).toContain('dist/ops-agent.js');
      for (const { file, content } of uploaded) expect([file, content]).toEqual([file, readFileSync(path.join(copy.folder, file))]);

      // Where there is nothing else: no packages beside it, and none above.
      copy.workspace.mountAt(folder);
      const program = uploaded.find(({ file }) => file === 'dist/ops-agent.js')?.place ?? '';
      const { stdout, stderr } = spawnSync(process.execPath, [path.join(folder, program), '--version'], { cwd: folder, encoding: 'utf8' });
      expect([stdout.trim(), stderr]).toEqual([VERSION, '']);
    } finally {
      await copy.remove();
    }
  });
});
