import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SMTPServer } from 'smtp-server';
import { type Certificates, makeCertificates } from '../warehouse/certificates.ts';

/** One e-mail as it was taken. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Whether it came over an encrypted connection. */
  readonly isEncrypted: boolean;
  readonly user: string | null;
  /** The headers, each on one line, and the text behind them. */
  readonly source: string;
}

export interface Mailbox {
  readonly port: number;
  readonly caFile: string;
  readonly mails: readonly ReceivedMail[];
  close(): Promise<void>;
}

export interface MailboxOptions {
  /** Who may send; null: everybody. */
  readonly login: { readonly user: string; readonly password: string } | null;
  /** `none`: the server offers no encryption. */
  readonly security: 'starttls' | 'tls' | 'none';
  /** What it says to a message instead of taking it. */
  readonly refusal?: string;
}

/** A server for e-mail on the loopback, with a certificate of an authority of its own. */
export async function newMailbox({ login, security, refusal }: MailboxOptions): Promise<Mailbox> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-mail-'));
  const { key, cert, caFile }: Certificates = makeCertificates(folder);
  const mails: ReceivedMail[] = [];
  const server = new SMTPServer({
    key,
    cert,
    secure: security === 'tls',
    authOptional: login === null,
    disabledCommands: [...(security === 'none' ? ['STARTTLS'] : []), ...(login === null ? ['AUTH'] : [])],
    disableReverseLookup: true,
    onAuth: ({ username, password }, _session, callback) => {
      if (username === login?.user && password === login?.password) callback(null, { user: username });
      else callback(new Error('Invalid username or password'));
    },
    onData: (stream, session, callback) => {
      let source = '';
      stream.setEncoding('utf8').on('data', (text: string) => (source += text));
      stream.on('end', () => {
        if (refusal !== undefined) return callback(Object.assign(new Error(refusal), { responseCode: 550 }));
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          isEncrypted: session.secure,
          user: typeof session.user === 'string' ? session.user : null,
          // A header goes on in the next line, where that begins with a blank.
          source: source.replaceAll('\r\n', '\n').replaceAll(/\n[ \t]+/g, ' '),
        });
        callback();
      });
    },
  });
  // Whoever does not trust our certificate breaks the connection off.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.server.address() as AddressInfo).port, // of a server that listens by TCP
    caFile,
    mails,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(resolve);
      });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
