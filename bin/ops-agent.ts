#!/usr/bin/env node
import module from 'node:module';

// Missing in Node 20 and so in its types; from 22 on it saves most of the time that compiling the bundle takes.
const { enableCompileCache } = module as { readonly enableCompileCache?: () => unknown };
enableCompileCache?.();

// Whoever reads our output may stop early, as `head` does. That is no failure of ours: what a command does is done, and its exit code says so.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

const { main } = await import('../src/cli/program.ts');
process.exitCode = await main(process.argv.slice(2), (code) => process.exit(code));
