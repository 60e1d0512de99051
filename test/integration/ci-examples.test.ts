import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const run = promisify(execFile);
const ROOT = path.resolve(__dirname, '../..');
/** What scripts/fetch-check-jsonschema.mjs leaves; an empty name where it has not. */
const READY = path.join(ROOT, '.cache/check-jsonschema/ready.json');
const PYTHON = existsSync(READY) ? (JSON.parse(readFileSync(READY, 'utf8')) as { python: string }).python : ''; // the script's own file
const PATIENCE_MS = 120_000;

/** The schemas by name, as the package has them. Of Azure's some patterns are none in Unicode mode, and its values are all texts. */
const SCHEMAS = [
  ['github-actions.yml', 'vendor.github-workflows', []],
  ['.gitlab-ci.yml', 'vendor.gitlab-ci', ['--data-transform', 'gitlab-ci']],
  ['azure-pipelines.yml', 'vendor.azure-pipelines', ['--data-transform', 'azure-pipelines', '--regex-variant', 'nonunicode']],
] as const;

const isSkipped = !existsSync(PYTHON) && process.env['CI'] !== 'true';
if (isSkipped) process.stderr.write('test/integration/ci-examples skipped: fetch what it needs with npm run fetch:check-jsonschema\n');

(isSkipped ? describe.skip : describe)('the examples for CI', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-schemas-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What the published schema says of a file; '' where it is content. */
  async function saidOf(file: string, schema: string, options: readonly string[]): Promise<string> {
    const args = ['-m', 'check_jsonschema', '--color', 'never', '--builtin-schema', schema, ...options, file];
    return run(PYTHON, args, { timeout: PATIENCE_MS }).then(
      () => '',
      (thrown: unknown) => `${(thrown as { stdout: string }).stdout}${(thrown as { stderr: string }).stderr}`, // of a program that ended with another code than 0
    );
  }

  test.each(SCHEMAS)(
    '%s is as its published schema wants it, which finds an unknown key',
    async (name, schema, options) => {
      const file = path.join(ROOT, 'examples/ci', name);
      expect(await saidOf(file, schema, options)).toBe('');
      const wrong = path.join(folder, name);
      const text = readFileSync(file, 'utf8');
      writeFileSync(wrong, text.replace(/^( *)(timeout|timeout-minutes|timeoutInMinutes):/m, '$1no-such-key: 1\n$1$2:'));
      expect(readFileSync(wrong, 'utf8')).not.toBe(text);
      expect(await saidOf(wrong, schema, options)).toContain('Schema validation errors');
    },
    PATIENCE_MS,
  );
});
