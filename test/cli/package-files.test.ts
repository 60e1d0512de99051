import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import GithubSlugger from 'github-slugger';
import { lexer, type Token, walkTokens } from 'marked';
import { ensureBundle } from '../support/bundle.ts';

const ROOT = path.resolve(__dirname, '../..');
/** What git tracks of a folder that the bundle's jobs need, the plant's own file and Python's leavings excepted. */
const JOBS = readdirSync(path.join(ROOT, 'jobs'), { recursive: true, encoding: 'utf8' }).filter(
  (name) => /\.\w+$/.test(name) && !/^site\.yml$|__pycache__/.test(name),
);

let packed: readonly string[] = [];

// Without prepack: the build stays as it is for the suites beside this one. A dry run asks no registry.
beforeAll(() => {
  ensureBundle();
  const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT, encoding: 'utf8' });
  const [tarball] = JSON.parse(listed) as readonly { readonly files: readonly { readonly path: string }[] }[]; // npm's documented answer
  packed = (tarball?.files ?? []).map((file) => file.path);
});

function tokensOf(file: string): readonly Token[] {
  const tokens: Token[] = [];
  // Nothing to wait for: promises are in what it returns only where the callback is asynchronous.
  void walkTokens(lexer(readFileSync(path.join(ROOT, file), 'utf8')), (token) => {
    tokens.push(token);
  });
  return tokens;
}

/** The anchors that a page's headings have where it is shown. */
function anchorsOf(file: string): ReadonlySet<string> {
  const slugger = new GithubSlugger();
  return new Set(tokensOf(file).flatMap((token) => (token.type === 'heading' ? [slugger.slug(plainOf(token.tokens ?? []))] : [])));
}

const plainOf = (tokens: readonly Token[]): string =>
  tokens.map((token) => ('tokens' in token && token.tokens ? plainOf(token.tokens) : 'text' in token ? String(token.text) : '')).join('');

/** Links and pictures that lead to no place on the web. */
function relativeLinksOf(file: string): readonly string[] {
  return tokensOf(file).flatMap((token) =>
    (token.type === 'link' || token.type === 'image') && !/^[a-z]+:/.test(String(token.href)) ? [String(token.href)] : [],
  );
}

/** Whether whoever has the package alone finds what the link leads to. */
function resolves(from: string, link: string): boolean {
  const [place = '', anchor] = link.split('#');
  const file = place === '' ? from : path.posix.join(path.posix.dirname(from), place);
  return packed.includes(file) && (anchor === undefined || anchorsOf(file).has(anchor));
}

describe('the npm package', () => {
  test('has what each relative link of its pages leads to, with its heading', () => {
    const pages = packed.filter((file) => file.endsWith('.md'));
    const broken = pages.flatMap((page) => relativeLinksOf(page).flatMap((link) => (resolves(page, link) ? [] : [`${page}: ${link}`])));
    expect([pages.length > 10, broken]).toEqual([true, []]);
  });

  test('has what is deployed to a workspace: the bundle, all of its jobs, the launcher and the program', () => {
    const wanted = ['databricks.yml', 'package.json', 'dist/ops-agent.js', 'jobs/run_ops_agent.py', ...JOBS.map((name) => `jobs/${name}`)];
    expect(packed).toEqual(expect.arrayContaining(wanted));
  });

  test('has nothing of a plant’s own, of the sources or of the tests', () => {
    expect(packed.filter((file) => /^(?:src|test|bench|scripts|bin|node_modules)\/|jobs\/site|__pycache__|\.db$/.test(file))).toEqual([]);
  });
});
