import { readFile } from 'node:fs/promises';
import { AgentError } from '../../domain/errors.ts';
import { isHeaderToken } from '../../domain/header-token.ts';

/** The token as it is in the file now. @throws AgentError unauthorised when there is none; the text itself is never told */
export async function readToken(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((thrown: unknown) => {
    throw new AgentError('unauthorised', `the token's file ${file} cannot be read`, 'check the file and its permissions', thrown);
  });
  const token = text.trim();
  if (isHeaderToken(token)) return token;
  throw new AgentError('unauthorised', `the file ${file} holds no token`, 'write the token alone into it');
}
