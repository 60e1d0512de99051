#!/usr/bin/env node
import module from 'node:module';

// Missing in Node 20 and so in its types; from 22 on it saves most of the time that compiling the bundle takes.
const { enableCompileCache } = module as { readonly enableCompileCache?: () => unknown };
enableCompileCache?.();

// Whoever reads our output may stop early, as `head` does; that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const { main } = await import('../src/cli/program.ts');
process.exitCode = await main(process.argv.slice(2), (code) => process.exit(code));
