import { copyFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { type BundleCopy, copyBundle, optionsFor, PRODUCTION, TARGETS, type Target } from './bundle-copy.ts';
import { schemaFaults } from './bundle-schema.ts';
import { withCli } from './databricks-cli.ts';
import { expectGolden } from './golden.ts';
import { type Json, objectOf } from '../support/json.ts';

const FILE = 'jobs/optional/lakebase.yml';
const SWITCHED_ON = 'jobs/lakebase.yml';
/** What of it a production keeps, by the names of the bundle. */
const KEPT = ['lakebase', 'lakebase_branch', 'lakebase_endpoint', 'lakebase_owner', 'lakebase_database'];
const NO_DRIFT = /Plan: 0 to add, 0 to change, 0 to delete, \d+ unchanged/;

const switchOn = ({ folder }: BundleCopy) => copyFileSync(path.join(folder, FILE), path.join(folder, SWITCHED_ON));
const switchOff = ({ folder }: BundleCopy) => rmSync(path.join(folder, SWITCHED_ON));

/** A copy for this target in which the file lies where the bundle includes it, as docs/deployment.md has it. */
async function withLakebase(target: Target, work: (copy: BundleCopy) => Promise<void>): Promise<void> {
  const copy = await copyBundle(optionsFor(target));
  try {
    switchOn(copy);
    await work(copy);
    expect(copy.workspace.unanswered).toEqual([]);
  } finally {
    await copy.remove();
  }
}

function madeOfIt({ workspace }: BundleCopy): Json {
  const allowed = [...workspace.permissions].filter(([on]) => on.startsWith('database-projects/'));
  return { ...Object.fromEntries(workspace.lakebase), permissions: Object.fromEntries(allowed) };
}

withCli('the optional Lakebase project', () => {
  test('is no part of the bundle until its file lies in jobs/', async () => {
    const copy = await copyBundle(optionsFor('dev'));
    try {
      expect(await copy.done('plan', '--target', 'dev')).not.toMatch(/postgres/);
      await copy.done('deploy', '--target', 'dev');
      expect([...copy.workspace.lakebase.keys()]).toEqual([]);
    } finally {
      await copy.remove();
    }
  });

  test.each(TARGETS)('passes the strict validation for %s', async (target) => {
    await withLakebase(target, async (copy) => {
      expect(await copy.done('validate', '--strict', '--target', target)).toMatch(/Validation OK!/);
    });
  });

  test("passes the CLI's own schema", async () => {
    await withLakebase('dev', async (copy) => expect(schemaFaults(copy.folder, await copy.done('schema'))).toEqual([]));
  });

  test.each(['dev', 'prod'] as const)(
    'makes for %s what stands in its golden file, and has nothing more to do afterwards',
    async (target) => {
      await withLakebase(target, async (copy) => {
        await copy.done('deploy', '--target', target);
        expectGolden(`lakebase-${target}`, madeOfIt(copy));
        expect(await copy.done('plan', '--target', target)).toMatch(NO_DRIFT);
      });
    },
  );

  test('grows on the project that is there; when it falls asleep the CLI settles once and for all', async () => {
    await withLakebase('dev', async (copy) => {
      await copy.done('deploy', '--target', 'dev');
      const before = [...copy.workspace.lakebase.keys()];
      const larger = ['--target', 'dev', '--var', 'lakebase_max_cu=2'];
      await copy.done('deploy', ...larger);
      expect([...copy.workspace.lakebase.keys()]).toEqual(before);
      const spec = (name: string) => objectOf(copy.workspace.lakebase.get(`projects/ops-agent-dev-ada${name}`)?.['spec']);
      const size = { autoscaling_limit_min_cu: 0.5, autoscaling_limit_max_cu: 2 };
      expect(spec('')).toMatchObject({ pg_version: 17, default_endpoint_settings: size });
      expect(spec('/branches/production/endpoints/primary')).toMatchObject(size);
      expect(await copy.done('plan', ...larger)).toMatch(NO_DRIFT);
      expect(await copy.done('plan', ...larger, '--var', 'lakebase_suspend_after=600s')).toMatch(NO_DRIFT);
      expect(await copy.done('plan', ...larger, '--var', 'lakebase_version=18')).toMatch(/recreate postgres_projects\.lakebase\b/);
    });
  });

  test('leaves nothing of development after destroy, so that its id is free again', async () => {
    await withLakebase('dev', async (copy) => {
      await copy.done('deploy', '--target', 'dev');
      await copy.done('destroy', '--target', 'dev', '--auto-approve');
      expect([...copy.workspace.lakebase.keys()]).toEqual([]);
      expect(copy.workspace.purged).toEqual(['projects/ops-agent-dev-ada']);
    });
  });

  test('stays one project where a production becomes another kind, and is not destroyed with it', async () => {
    await withLakebase('prod', async (copy) => {
      for (const target of PRODUCTION) await copy.done('deploy', '--target', target);
      const names = [...copy.workspace.lakebase.keys()];
      expect(names.filter((name) => name.split('/').length === 2)).toEqual(['projects/ops-agent-prod']);
      const refused = await copy.bundle('destroy', '--target', 'prod', '--auto-approve');
      expect(refused.code).toBe(1);
      const protectedOnes = [...refused.stderr.matchAll(/resources\.postgres_\w+\.(\w+) has lifecycle\.prevent_destroy/g)].map(
        ([, key]) => key,
      );
      expect(new Set(protectedOnes)).toEqual(new Set(KEPT.filter((key) => key !== 'lakebase_endpoint')));
      for (const key of ['ops_agent', ...KEPT]) await copy.done('deployment', 'unbind', key, '--target', 'prod');
      await copy.done('destroy', '--target', 'prod', '--auto-approve');
      expect([...copy.workspace.lakebase.keys()]).toEqual(names);
      expect(copy.workspace.jobs.size).toBe(0);
    });
  });

  test('of a production is not taken away by a deployment without its file, which goes through once it was released', async () => {
    await withLakebase('prod', async (copy) => {
      await copy.done('deploy', '--target', 'prod');
      const names = [...copy.workspace.lakebase.keys()];
      switchOff(copy);
      const refused = await copy.bundle('deploy', '--target', 'prod');
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringMatching(/delete resources\.postgres_databases[\s\S]*destructive actions/),
      ]);
      expect([...copy.workspace.lakebase.keys()]).toEqual(names);
      switchOn(copy);
      for (const key of KEPT) await copy.done('deployment', 'unbind', key, '--target', 'prod');
      switchOff(copy);
      await copy.done('deploy', '--target', 'prod');
      expect([...copy.workspace.lakebase.keys()]).toEqual(names);
    });
  });
});
