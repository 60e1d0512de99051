import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureBundle } from '../support/bundle.ts';
import { type CliResult, runCli } from './databricks-cli.ts';
import { type DeploymentWorkspace, PERSON, PRINCIPAL, startDeploymentWorkspace, TOKEN } from './deployment-workspace.ts';

const ROOT = path.resolve(__dirname, '../..');
/** What of the project the bundle has to do with. */
const PARTS = ['databricks.yml', 'jobs', 'dist', 'package.json', '.gitignore'];

export const PRODUCTION = ['prod', 'prod-scheduled', 'prod-classic'] as const;
export const TARGETS = ['dev', ...PRODUCTION] as const;
export type Target = (typeof TARGETS)[number];

export interface BundleCopy {
  readonly workspace: DeploymentWorkspace;
  readonly folder: string;
  /** What the CLI is given: the way to the workspace, and the bundle's variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** `databricks bundle …` there. */
  bundle(...args: string[]): Promise<CliResult>;
  /** The same for a command that must succeed. @returns its stdout */
  done(...args: string[]): Promise<string>;
  /** Changes one file of the copy. @throws where the text is not in it */
  edit(file: string, from: string, to: string): void;
  write(file: string, text: string): void;
  remove(): Promise<void>;
}

export interface CopyOptions {
  /** Who deploys. */
  readonly as?: string;
  /** Variables of the bundle. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Whether it is the whole project as git has it, with nothing installed and nothing built, so that a deployment has to build. */
  readonly isClean?: boolean;
  /** Whether the workspace has the tests' secret from the start. */
  readonly hasSecret?: boolean;
  /** Where the bundle is copied from, if it is not this project. */
  readonly source?: string;
}

/** For production a service principal deploys, and the agent runs as that; for development a person. */
export const optionsFor = (target: Target): CopyOptions => {
  return target === 'dev' ? { as: PERSON } : { as: PRINCIPAL, variables: { run_as: PRINCIPAL } };
};

/** Every file that git has or would have; what was deleted and not yet committed is none. */
function filesOfGit(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' });
  return listed.split('\0').filter((file) => file !== '' && existsSync(path.join(ROOT, file)));
}

/** How npm reaches packages, of whoever runs the tests: with their cache an installation takes seconds, and without their proxy it may not be possible. */
function settingsOfNpm(): Readonly<Record<string, string>> {
  const cache = execFileSync('npm', ['config', 'get', 'cache'], { cwd: ROOT, encoding: 'utf8' }).trim();
  const others = Object.entries(process.env).filter(([name]) =>
    /^(?:npm_config_(?:registry|userconfig)|https?_proxy|no_proxy)$/i.test(name),
  );
  return {
    ...Object.fromEntries(others.map(([name, value = '']) => [name, value])),
    npm_config_cache: cache,
    npm_config_prefer_offline: 'true',
  };
}

/** A copy of what the bundle consists of, with a workspace of its own to deploy to. Unless it is clean the program is built already, and the copy builds nothing. */
export async function copyBundle({
  as = PERSON,
  variables = {},
  isClean = false,
  hasSecret = true,
  source = ROOT,
}: CopyOptions = {}): Promise<BundleCopy> {
  if (!isClean) ensureBundle();
  const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-bundle-'));
  const home = path.join(folder, 'home');
  const project = path.join(folder, 'project');
  mkdirSync(home);
  const parts = source === ROOT ? PARTS : readdirSync(source);
  for (const part of isClean ? filesOfGit() : parts) cpSync(path.join(source, part), path.join(project, part), { recursive: true });
  const workspace = await startDeploymentWorkspace(as, { hasSecret });
  const set = Object.entries({ ...(!isClean && { build: 'true' }), ...variables }).map(([name, value]) => [`BUNDLE_VAR_${name}`, value]);
  const environment = {
    HOME: home,
    DATABRICKS_HOST: workspace.url,
    DATABRICKS_TOKEN: TOKEN,
    // By itself it makes 15 requests a second, which a real workspace asks for.
    DATABRICKS_RATE_LIMIT: '1000',
    ...Object.fromEntries(set),
    ...(isClean && settingsOfNpm()),
  };
  const bundle = (...args: string[]) => runCli(['bundle', ...args], project, environment);
  return {
    workspace,
    folder: project,
    environment,
    bundle,
    done: async (...args) => {
      const { stdout, stderr, code } = await bundle(...args);
      if (code !== 0) throw new Error(`databricks bundle ${args.join(' ')} ended with ${String(code)}:\n${stdout}${stderr}`);
      return stdout;
    },
    edit: (file, from, to) => {
      const place = path.join(project, file);
      const text = readFileSync(place, 'utf8');
      if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`);
      writeFileSync(place, text.replaceAll(from, to));
    },
    write: (file, text) => writeFileSync(path.join(project, file), text),
    remove: async () => {
      await workspace.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
