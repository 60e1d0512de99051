/**
 * Jest's transform: TypeScript, and installed packages that are ES modules only, to CommonJS.
 *
 * CommonJS and not Jest's ES module mode: that one needs --experimental-vm-modules on Node 20 and 24 alike, and
 * every way of starting Jest would have to remember it. `import()` becomes a deferred require(), so a lazily
 * imported package loads in a test the way an eager one does. Sources must do without import.meta and top-level await.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { transformSync, version as esbuildVersion } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const options = {
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  supported: { 'dynamic-import': false },
  sourcemap: 'inline',
  sourcesContent: true,
  define: { __OPS_AGENT_VERSION__: JSON.stringify(version) },
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
};

const isPackage = (file) => file.includes('/node_modules/');
const isEsModule = (source) => /^\s*(?:import|export)\b/m.test(source) || /[;}](?:import|export)[{*\s]/.test(source);

export default {
  canInstrument: false,
  process(source, file) {
    if (isPackage(file) && !isEsModule(source)) return { code: source };
    return transformSync(source, { ...options, loader: file.endsWith('ts') ? 'ts' : 'js', sourcefile: file });
  },
  getCacheKey: (source, file, { configString }) =>
    createHash('sha256')
      .update([source, file, configString, JSON.stringify(options), esbuildVersion].join('\0'))
      .digest('hex'),
};
