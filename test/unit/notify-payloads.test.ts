import { describe, expect, test } from '@jest/globals';
import type { Notification } from '../../src/domain/notification.ts';
import { genericPayload, mailText, slackPayload, teamsPayload } from '../../src/notify/payloads.ts';

const AT = Date.UTC(2026, 1, 19, 10, 30, 46, 123);

function aNotification(given: Partial<Notification> = {}): Notification {
  return {
    notificationId: '00000000-0000-5000-8000-000000000001',
    agentId: 'ops_agent_001',
    kind: 'recommended',
    reminder: 0,
    severity: 'critical',
    equipmentId: 'REACTOR_01',
    subjectId: 'rec-1',
    eventId: 'event-1',
    at: AT,
    message: { title: 'CRITICAL: REACTOR_01 temperature 97', facts: [{ name: 'Action', value: 'reduce' }] },
    ...given,
  };
}

const EVIL = '<!channel> <https://evil|click> & *bold*\r\nBcc: all@example.com\u202e[x](y)';
const evil = aNotification({ message: { title: EVIL, facts: [{ name: 'Cause', value: EVIL }] } });

describe('what a channel gets', () => {
  test('has, for receivers of JSON, everything by name and as it is', () => {
    expect(genericPayload(aNotification({ reminder: 2 }))).toEqual({
      notification_id: '00000000-0000-5000-8000-000000000001',
      agent_id: 'ops_agent_001',
      kind: 'recommended',
      reminder: 2,
      severity: 'critical',
      equipment_id: 'REACTOR_01',
      subject_id: 'rec-1',
      event_id: 'event-1',
      at: '2026-02-19T10:30:46.123Z',
      title: 'CRITICAL: REACTOR_01 temperature 97',
      facts: [{ name: 'Action', value: 'reduce' }],
    });
  });

  test('is, for Slack, a text for the list and blocks for the channel', () => {
    expect(slackPayload(aNotification())).toEqual({
      text: 'CRITICAL: REACTOR_01 temperature 97',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'CRITICAL: REACTOR_01 temperature 97', emoji: false } },
        { type: 'section', text: { type: 'mrkdwn', text: '*Action:* reduce\n*At:* 2026-02-19T10:30:46.123Z', verbatim: true } },
      ],
    });
  });

  test('is, for Teams, a card in which nothing is read as Markdown', () => {
    const text = JSON.stringify(teamsPayload(evil));
    expect(text).not.toContain('"TextBlock"');
    expect(teamsPayload(aNotification())).toEqual({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: {
            $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
            type: 'AdaptiveCard',
            version: '1.4',
            body: [
              {
                type: 'RichTextBlock',
                inlines: [{ type: 'TextRun', text: 'CRITICAL: REACTOR_01 temperature 97', weight: 'Bolder', size: 'Large' }],
              },
              {
                type: 'RichTextBlock',
                spacing: 'Small',
                inlines: [
                  { type: 'TextRun', text: 'Action: ', weight: 'Bolder' },
                  { type: 'TextRun', text: 'reduce' },
                ],
              },
              {
                type: 'RichTextBlock',
                spacing: 'Small',
                inlines: [
                  { type: 'TextRun', text: 'At: ', weight: 'Bolder' },
                  { type: 'TextRun', text: '2026-02-19T10:30:46.123Z' },
                ],
              },
            ],
          },
        },
      ],
    });
  });

  test('says of a reminder which one it is, and that nobody has decided', () => {
    const reminder = aNotification({ reminder: 2 });
    expect(mailText(reminder).subject).toBe('[ops-agent] Reminder: CRITICAL: REACTOR_01 temperature 97');
    expect(mailText(reminder).text).toContain('Reminder: 2, nobody has decided yet\nAction: reduce\n');
    expect(JSON.stringify(slackPayload(reminder))).toContain('*Reminder:* 2, nobody has decided yet');
  });

  test('mentions and links nothing in Slack that anybody wrote into a row', () => {
    const text = JSON.stringify(slackPayload(evil));
    const { text: fallback, blocks } = slackPayload(evil) as {
      readonly text: string;
      readonly blocks: readonly { text: { text: string } }[];
    }; // as above
    expect(fallback).toBe('&lt;!channel&gt; &lt;https://evil|click&gt; &amp; *bold* Bcc: all@example.com [x](y)');
    expect(blocks[1]?.text.text).not.toMatch(/[<>]|&(?!lt;|gt;|amp;)/);
    expect(text).not.toContain('\u202e');
  });

  test('has one line for a subject, whatever somebody wrote into a row', () => {
    const { subject, text } = mailText(evil);
    expect(subject).not.toMatch(/[\r\n\u202e]/);
    expect(text).not.toMatch(/\r|\u202e/);
  });

  test('keeps to what Slack takes, and cuts no character in two', () => {
    const long = aNotification({ message: { title: '🔥'.repeat(400), facts: [{ name: 'Cause', value: '🔥'.repeat(4000) }] } });
    const { blocks } = slackPayload(long) as { readonly blocks: readonly { text: { text: string } }[] }; // as above
    expect(Array.from(blocks[0]?.text.text ?? '')).toHaveLength(150);
    expect(Array.from(blocks[1]?.text.text ?? '')).toHaveLength(3000);
    expect(JSON.stringify(blocks)).not.toMatch(/\\ud[89a-f]/i);
  });
});
