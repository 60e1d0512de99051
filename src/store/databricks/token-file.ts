import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError } from '../../domain/errors.ts';
import { isHeaderToken, REWRITE_WAITS_MS } from '../../domain/header-token.ts';

/** The token as it is in the file now. @throws AgentError unauthorised when there is none; the text itself is never told */
export async function readToken(file: string): Promise<string> {
  let token = await contents(file);
  for (const wait of REWRITE_WAITS_MS) {
    if (token !== '') break;
    await sleep(wait);
    token = await contents(file);
  }
  if (isHeaderToken(token)) return token;
  throw new AgentError('unauthorised', `the file ${file} holds no token`, 'write the token alone into it');
}

async function contents(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((thrown: unknown) => {
    throw new AgentError('unauthorised', `the token's file ${file} cannot be read`, 'check the file and its permissions', thrown);
  });
  return text.trim();
}
