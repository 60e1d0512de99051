import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type CiExample, ciExamples, keptNames } from '../support/ci-examples.ts';

const SECRET = 'DATABRICKS_CLIENT_SECRET';
const IN_ORDER = [
  'npm ci --no-audit --no-fund',
  'npm run build',
  'databricks bundle validate --strict --target prod',
  'databricks bundle deploy --target prod',
  'node dist/ops-agent.js setup',
  'node dist/ops-agent.js setup --check',
];
const COMMIT = /[0-9a-f]{40}/;

/** Whether a step has the secret. */
const has = ({ env }: { readonly env: object }) => SECRET in env;

const examples = ciExamples();
const named = examples.map((example) => [example.file, example] as const);
const documented = readFileSync(path.resolve(__dirname, '../../docs/ci.md'), 'utf8');

function byFile(file: string): CiExample {
  const found = examples.find((example) => example.file === file);
  if (found === undefined) throw new Error(`there is no example ${file}`);
  return found;
}

describe.each(named)('%s', (file, { text, build, deploy }) => {
  test('builds what comes, and of main validates, deploys, sets up and checks, in this order', () => {
    expect(build.map(({ command }) => command)).toEqual(IN_ORDER.slice(0, 2));
    expect(deploy.map(({ command }) => command).filter((command) => !command.includes('install.sh'))).toEqual(IN_ORDER);
  });

  test('prints no command and no variable, and asks for nobody’s answer', () => {
    for (const { command } of [...build, ...deploy])
      expect(command).not.toMatch(/set -\w*x|\becho\b|\bprintenv\b|\benv\b|--debug|--log-level|--auto-approve|\$\w*SECRET/);
  });

  test('gives the secret to the steps that log in, and to no other', () => {
    expect(build.filter(has)).toEqual([]);
    const without = deploy.filter((step) => !has(step)).map(({ command }) => command);
    // GitLab has no variables of a single step: of its variables those of an environment are a job's.
    const expected =
      file === '.gitlab-ci.yml'
        ? deploy.map(({ command }) => command)
        : deploy.map(({ command }) => command).filter((command) => !/^(databricks|node) /.test(command));
    expect(without).toEqual(expected);
    expect(text).not.toMatch(/dapi|dose/);
  });

  test('takes nothing of others but by a commit, and the Databricks CLI in the version of the bundle', () => {
    const foreign = [...text.matchAll(/^\s*- uses: (.*)$|(https:\/\/\S+)/gm)].map((match) => match[1] ?? match[2] ?? '');
    for (const from of foreign) expect(from).toMatch(COMMIT);
    expect(text).toContain('databricks/setup-cli');
    expect(text).toContain('is version 1.10.0');
  });

  test('names the variables that its documentation does', () => {
    for (const name of keptNames(deploy)) expect(documented).toContain(`\`${name}\``);
    expect(documented).toContain(`examples/ci/${file}`);
  });
});

test('a workflow of GitHub may read, and writes nothing; production waits for its environment, one deployment at a time', () => {
  expect(byFile('github-actions.yml').document).toMatchObject({
    permissions: { contents: 'read' },
    jobs: {
      deploy: {
        if: "github.event_name == 'push'",
        needs: 'build',
        environment: 'prod',
        concurrency: { group: 'ops-agent-prod', 'cancel-in-progress': false },
      },
    },
  });
});

test('a pipeline of GitLab deploys where somebody starts it, one at a time', () => {
  expect(byFile('.gitlab-ci.yml').document).toMatchObject({
    deploy: {
      environment: 'prod',
      resource_group: 'ops-agent-prod',
      rules: [{ if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH', when: 'manual', allow_failure: false }],
    },
  });
});

test('a pipeline of Azure deploys what is no pull request, to an environment that somebody approves, one at a time', () => {
  expect(byFile('azure-pipelines.yml').document).toMatchObject({
    stages: [
      { stage: 'build' },
      {
        dependsOn: 'build',
        condition: "and(succeeded(), ne(variables['Build.Reason'], 'PullRequest'))",
        lockBehavior: 'sequential',
        jobs: [{ deployment: 'deploy', environment: 'prod' }],
      },
    ],
  });
});
