#!/usr/bin/env node
import module from 'node:module';

import { watchOutput } from '../src/cli/output-failure.ts';

// Missing in Node 20 and so in its types; from 22 on it saves most of the time that compiling the bundle takes.
const { enableCompileCache } = module as { readonly enableCompileCache?: () => unknown };
enableCompileCache?.();

const output = watchOutput();
const { main } = await import('../src/cli/program.ts');
process.exitCode = output.exitCodeFor(await main(process.argv.slice(2), (code) => process.exit(code)));
