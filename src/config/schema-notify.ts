import * as z from 'zod';

import { NOTIFICATION_KINDS } from '../domain/notification.ts';
import { WEEKDAYS } from '../domain/notification-hours.ts';
import { SEVERITIES } from '../domain/severity.ts';
import { equipmentPatterns } from './schema-equipment.ts';
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

const timeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, { error: "must be a time of the day, such as '06:00'" });

const hours = z
  .strictObject({
    from: timeOfDay.describe('When the span begins, as clocks in that zone show it.'),
    to: timeOfDay.describe('When it ends; before `from`: on the next day.'),
    timeZone: shortText(100).describe('Which clocks: an IANA time zone, such as Europe/Berlin.'),
    days: z.array(z.enum(WEEKDAYS)).min(1).max(7).optional().describe('On which days it begins (default: all).'),
  })
  .describe('Only what happens within these hours; leave it out for all.');

const channelNames = z.array(channelName).min(1).max(50);

const rule = z.strictObject({
  kinds: z.array(z.enum(NOTIFICATION_KINDS)).min(1).optional().describe('What is told of (default: everything).'),
  severity: z.enum(SEVERITIES).default('low').describe('The mildest severity that is told.'),
  equipment: equipmentPatterns.optional().describe('Ids, `*` stands for any run of characters (default: all).'),
  hours: hours.optional(),
  to: channelNames.describe('The channels that are told.'),
  remindMinutes: z
    .number()
    .min(1)
    .max(10_080)
    .optional()
    .describe('How long nobody may decide about a recommendation before it is told again; and then again, until somebody does.'),
  escalateTo: channelNames
    .optional()
    .describe(
      'Who is told then: the first reminder goes to the first channel, the next to the next, the rest to the last (default: `to`).',
    ),
});

export const notifySection = z
  .strictObject({
    channels: z.array(channel).max(50).default([]).describe('Where people are told; see [notifications.md](notifications.md).'),
    smtp,
    rules: z.array(rule).max(200).default([]).describe('Who is told of what. Without a rule nobody is.'),
    quietMinutes: z.number().min(0).max(1440).default(10).describe('How long the same about the same is not told again.'),
    timeoutSeconds: positiveSeconds(5, 'How long one try to tell a channel may take.', 60),
    deliverySeconds: positiveSeconds(
      10,
      'How long people are told after a cycle, which waits for none of it; the rest is told after the next one.',
      60,
    ),
  })
  .prefault({})
  .describe('Who is told of what happens.');

export type ChannelInput = z.output<typeof channel>;
export type NotifyRuleInput = z.output<typeof rule>;
export type NotifyInput = z.output<typeof notifySection>;
