/**
 * A program in the place of ops-agent, for what cannot be seen from outside of that one: `node program.mjs MODE …`. Says what it was started
 * with, asks the workspace with the token that it was given, or ends in a certain way.
 */
import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [mode, argument] = process.argv.slice(2).filter((word) => !/^(--log-level|debug)$/.test(word));
const tokenFile = process.env.OPS_AGENT_STORE_TOKEN_FILE;

const modeOf = (place) => (statSync(place).mode & 0o777).toString(8);

function tokenPlace() {
  if (tokenFile === undefined) return null;
  return { file: modeOf(tokenFile), folder: modeOf(path.dirname(tokenFile)), token: readFileSync(tokenFile, 'utf8') };
}

/** Reads the file for each request, as the driver of the warehouse does. */
async function probe(seconds) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    const token = readFileSync(tokenFile, 'utf8').trim();
    await fetch(`${process.env.OPS_AGENT_STORE_HOST}/api/2.0/probe`, { headers: { authorization: `Bearer ${token}` } });
    await sleep(100);
  }
}

async function until(file) {
  while (!existsSync(file)) await sleep(20);
}

const modes = {
  show: () => console.log(JSON.stringify({ argv: process.argv.slice(2), env: process.env, place: tokenPlace() })),
  probe: () => probe(Number(argument)),
  exit: () => process.exit(Number(argument)),
  told: () => {
    for (const line of ['the first error', 'the last error. And its remedy', 'warning: no error']) console.error(`ops-agent: ${line}`);
    process.exit(Number(argument));
  },
  /** Ends when the file is there. */
  live: async () => {
    console.log('a line of stdout');
    console.error('a line of stderr');
    process.stdout.write(Buffer.from([0x62, 0xff, 0x64, 0x0a]));
    for (const half of [
      [0xe2, 0x82],
      [0xac, 0x0a],
    ]) {
      process.stdout.write(Buffer.from(half));
      await sleep(100);
    }
    console.log('x'.repeat(3_000_000));
    await until(argument);
    process.stdout.write('no end of line');
  },
  /** As `live`, and says nothing that a launcher has to be there for. */
  alone: async () => {
    console.log('a line of stdout');
    await until(argument);
  },
  /** Ends on no SIGTERM; a file, if one is named, has a line for each. */
  stubborn: async () => {
    process.on('SIGTERM', () => {
      if (argument !== undefined) appendFileSync(argument, 'SIGTERM\n');
      console.log('not yet');
    });
    console.log('ready');
    await sleep(60_000);
  },
  /** Closes what the launcher reads, and goes on. */
  silent: async () => {
    process.stdout.destroy();
    process.stderr.destroy();
    await sleep(Number(argument) * 1000);
    process.exit(3);
  },
};
await modes[mode]();
