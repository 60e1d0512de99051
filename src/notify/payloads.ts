import { isoOf } from '../domain/instant.ts';
import type { Message, Notification } from '../domain/notification.ts';
import { onItsLines, onOneLine } from '../domain/printable.ts';
import { shortened } from './answer-text.ts';

/** Slack's own limits; longer texts are refused whole. https://docs.slack.dev/reference/block-kit/blocks */
const LONGEST_SLACK_HEADER = 150;
const LONGEST_SLACK_SECTION = 3000;

/** The facts with the time of the event, and how often it was told before. */
function factsOf({ message, at, reminder }: Notification): Message['facts'] {
  const reminded = reminder === 0 ? [] : [{ name: 'Reminder', value: `${reminder}, nobody has decided yet` }];
  return [...reminded, ...message.facts, { name: 'At', value: isoOf(at) }];
}

function titleOf({ message, reminder }: Notification): string {
  return onOneLine(reminder === 0 ? message.title : `Reminder: ${message.title}`);
}

/** For receivers of one's own: everything by name, in the columns' spelling. */
export function genericPayload(notification: Notification): object {
  const { notificationId, agentId, kind, reminder, severity, equipmentId, subjectId, eventId, at, message } = notification;
  return {
    notification_id: notificationId,
    agent_id: agentId,
    kind,
    reminder,
    severity,
    equipment_id: equipmentId,
    subject_id: subjectId,
    event_id: eventId,
    at: isoOf(at),
    title: message.title,
    facts: message.facts,
  };
}

/** The three characters that mean something to Slack, see https://docs.slack.dev/messaging/formatting-message-text. */
export function escapedForSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** An incoming webhook's message: the text for the list of notifications, the blocks for the channel. */
export function slackPayload(notification: Notification): object {
  const title = titleOf(notification);
  const lines = factsOf(notification).map(({ name, value }) => `*${escapedForSlack(name)}:* ${escapedForSlack(onItsLines(value))}`);
  return {
    text: escapedForSlack(title),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: shortened(title, LONGEST_SLACK_HEADER), emoji: false } },
      { type: 'section', text: { type: 'mrkdwn', text: shortened(lines.join('\n'), LONGEST_SLACK_SECTION), verbatim: true } },
    ],
  };
}

function run(text: string, more: object = {}): object {
  return { type: 'TextRun', text, ...more };
}

function rich(inlines: readonly object[], more: object = {}): object {
  return { type: 'RichTextBlock', inlines, ...more };
}

/**
 * An Adaptive Card for a Teams workflow ("when a webhook request is received"). Text runs and no text blocks: those read Markdown, and a
 * sensor's text is none.
 */
export function teamsPayload(notification: Notification): object {
  const body = [
    rich([run(titleOf(notification), { weight: 'Bolder', size: 'Large' })]),
    ...factsOf(notification).map(({ name, value }) =>
      rich([run(`${name}: `, { weight: 'Bolder' }), run(onItsLines(value))], { spacing: 'Small' }),
    ),
  ];
  const content = { $schema: 'http://adaptivecards.io/schemas/adaptive-card.json', type: 'AdaptiveCard', version: '1.4', body };
  return { type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }] };
}

/** Subject and text of an e-mail. */
export function mailText(notification: Notification): { readonly subject: string; readonly text: string } {
  const lines = factsOf(notification).map(({ name, value }) => `${name}: ${onItsLines(value)}`);
  const { notificationId, agentId } = notification;
  const text = [titleOf(notification), '', ...lines, '', `Told by ops-agent ${agentId}, notification ${notificationId}.`, ''].join('\n');
  return { subject: `[ops-agent] ${shortened(titleOf(notification), 200)}`, text };
}
