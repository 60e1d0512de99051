import * as z from 'zod';

import { plainId, positiveSeconds, shortText } from './schema-values.ts';

const VARIABLE = /^[A-Z][A-Z0-9_]{0,99}$/;
/** Enough to refuse what no server takes, and whatever would begin another header. */
const ADDRESS = /^[^\s@<>,;:"()[\]\\]{1,64}@[^\s@<>,;:"()[\]\\]{1,250}$/;

const variable = z.string().regex(VARIABLE, { error: "must be a variable's name: capital letters, digits and '_'" });
const address = z.string().trim().regex(ADDRESS, { error: 'must be an e-mail address, such as shift@example.com' });

export const channelName = plainId("a channel's name");

const channel = z.strictObject({
  name: channelName.describe('What rules call it by.'),
  kind: z
    .enum(['webhook', 'slack', 'teams', 'email'])
    .describe(
      '`webhook`: JSON by HTTP, signed. `slack`: an incoming webhook. `teams`: a workflow with a webhook. `email`: by `notify.smtp`.',
    ),
  url: shortText(2000).optional().describe('Where it is posted to, if the address is no secret.'),
  urlFrom: variable.optional().describe('The variable with the address, such as OPS_AGENT_NOTIFY_URL_SLACK.'),
  secretFrom: variable
    .optional()
    .describe('webhook: the variable with the secret that requests are signed with (default: OPS_AGENT_NOTIFY_SECRET).'),
  signed: z.boolean().optional().describe('webhook: `false` sends without a signature (default: true).'),
  from: address.optional().describe("email: the sender's address."),
  to: z.array(address).min(1).max(50).optional().describe('email: who gets it.'),
});

const smtp = z
  .strictObject({
    host: shortText(250).optional().describe('The server that takes e-mail.'),
    port: z.int().min(1).max(65_535).default(587).describe('Its port.'),
    security: z
      .enum(['starttls', 'tls', 'none'])
      .default('starttls')
      .describe('`starttls`: encrypted before anything is said. `tls`: from the first byte on, usually port 465. `none`: not encrypted.'),
    user: shortText(200).optional().describe('Who logs in there; the password comes from OPS_AGENT_NOTIFY_SMTP_PASSWORD.'),
    caFile: shortText(4096).optional().describe('A PEM file with a certificate authority of your own, beside the public ones.'),
  })
  .prefault({})
  .describe('The server that takes e-mail.');

export const notifySection = z
  .strictObject({
    channels: z.array(channel).max(50).default([]).describe('Where people are told; see [notifications.md](notifications.md).'),
    smtp,
    timeoutSeconds: positiveSeconds(5, 'How long one try to tell a channel may take.', 60),
  })
  .prefault({})
  .describe('Who is told of what happens.');

export type ChannelInput = z.output<typeof channel>;
export type NotifyInput = z.output<typeof notifySection>;
