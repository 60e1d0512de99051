import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError } from '../../domain/errors.ts';
import { isHeaderToken, isQuoted, REWRITE_WAITS_MS, tokenFileFault } from '../../domain/header-token.ts';

/** The token as it is in the file now. @throws AgentError unauthorised when there is none; the text itself is never told */
export async function readToken(file: string): Promise<string> {
  let token = await contents(file);
  for (const wait of REWRITE_WAITS_MS) {
    if (token !== '') break;
    await sleep(wait);
    token = await contents(file);
  }
  if (isQuoted(token)) throw notAlone(`the file ${file} has quotes around the token`);
  if (isHeaderToken(token)) return token;
  throw notAlone(`the file ${file} holds no token`);
}

function notAlone(message: string): AgentError {
  return new AgentError('unauthorised', message, 'write the token alone into it');
}

async function contents(file: string): Promise<string> {
  const cannot = (thrown: unknown) => {
    throw new AgentError('unauthorised', `the token's file ${file} cannot be read`, 'check the file and its permissions', thrown);
  };
  // It may have become another one since the configuration was read.
  const found = await stat(file).catch(cannot);
  const fault = tokenFileFault({ isFile: found.isFile(), size: found.size });
  if (fault !== null) throw new AgentError('unauthorised', `the token's file ${file} ${fault}`, 'write the token alone into a file');
  return (await readFile(file, 'utf8').catch(cannot)).trim();
}
