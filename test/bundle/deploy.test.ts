import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { ensureBundle } from '../support/bundle.ts';
import { type BundleCopy, copyBundle, optionsFor, PRODUCTION, TARGETS, type Target } from './bundle-copy.ts';
import { withCli } from './databricks-cli.ts';
import { expectGolden, made } from './golden.ts';

/** What the CLI would do now: nothing, where it is as it says. */
const planned = (copy: BundleCopy, target: Target) => copy.done('plan', '--target', target);
const NO_DRIFT = /Plan: 0 to add, 0 to change, 0 to delete, \d+ unchanged/;

async function deployed(target: Target, work: (copy: BundleCopy) => Promise<void>): Promise<void> {
  const copy = await copyBundle(optionsFor(target));
  try {
    await copy.done('deploy', '--target', target);
    await work(copy);
    expect(copy.workspace.unanswered).toEqual([]);
  } finally {
    await copy.remove();
  }
}

/** The files that a deployment brought, as they lie in the project. */
const uploaded = ({ workspace }: BundleCopy) =>
  [...workspace.files.keys()].flatMap((file) => /\/files\/(.*)$/.exec(file)?.[1] ?? []).toSorted();

withCli('databricks bundle deploy', () => {
  test.each(TARGETS)('makes for %s what stands in its golden file, and has nothing more to do afterwards', async (target) => {
    await deployed(target, async (copy) => {
      expectGolden(target, made(copy.workspace));
      expect(await planned(copy, target)).toMatch(NO_DRIFT);
    });
  });

  test('takes the program along, which git ignores, and of the project no more than the jobs need', async () => {
    await deployed('dev', (copy) => {
      const below = uploaded(copy);
      expect(below).toEqual(expect.arrayContaining(['dist/ops-agent.js', 'package.json', 'jobs/run_ops_agent.py', 'jobs/ops-agent.yaml']));
      expect(below.filter((file) => !/^(?:dist|jobs)\/|^package\.json$/.test(file))).toEqual([]);
      return Promise.resolve();
    });
  });

  test('deploys from the npm package what it deploys from a checkout, the same files', async () => {
    ensureBundle();
    const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-package-'));
    // Without prepack: dist/ stays in place for the suites that run beside this one.
    execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: path.resolve(__dirname, '../..') });
    execFileSync('bash', ['-c', 'tar -xzf ops-agent-*.tgz'], { cwd: folder });
    const copy = await copyBundle({ ...optionsFor('prod'), source: path.join(folder, 'package') });
    try {
      await copy.done('validate', '--strict', '--target', 'prod');
      await copy.done('deploy', '--target', 'prod');
      expectGolden('prod', made(copy.workspace));
      await deployed('prod', (checkout) => {
        expect(uploaded(copy)).toEqual(uploaded(checkout));
        return Promise.resolve();
      });
    } finally {
      await copy.remove();
      rmSync(folder, { recursive: true });
    }
  });

  test('leaves nothing in the workspace after destroy: no job, file, schema, dashboard or alert', async () => {
    await deployed('dev', async (copy) => {
      await copy.done('destroy', '--target', 'dev', '--auto-approve');
      const { jobs, files, schemas, grants, dashboards, alerts, folders } = copy.workspace;
      expect([jobs, files, schemas, grants, dashboards, alerts].map((left) => left.size)).toEqual([0, 0, 0, 0, 0, 0]);
      expect([...folders].filter((folder) => /\/ops-agent\/./.test(folder))).toEqual([]);
    });
  });

  test('does not take away the schema of a production, which holds the audit, unless it was released before', async () => {
    await deployed('prod', async (copy) => {
      const refused = await copy.bundle('destroy', '--target', 'prod', '--auto-approve');
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toMatch(/prevent_destroy/);
      expect([copy.workspace.jobs.size, copy.workspace.schemas.size]).toEqual([2, 1]);
      await copy.done('deployment', 'unbind', 'ops_agent', '--target', 'prod');
      await copy.done('destroy', '--target', 'prod', '--auto-approve');
      expect([copy.workspace.jobs.size, copy.workspace.files.size]).toEqual([0, 0]);
      expect([...copy.workspace.schemas.keys()]).toEqual(['main.ops_agent']);
    });
  });

  test('turns one way to run into another on the job that is there', async () => {
    await deployed('prod', async (copy) => {
      const before = [...copy.workspace.jobs.keys()];
      for (const target of PRODUCTION.toReversed()) {
        await copy.done('deploy', '--target', target);
        expect([...copy.workspace.jobs.keys()]).toEqual(before);
        expectGolden(target, made(copy.workspace));
        expect(await planned(copy, target)).toMatch(NO_DRIFT);
      }
    });
  });
});
