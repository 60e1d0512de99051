import { integer, json, type Table, text, time } from './column.ts';

const required = { notNull: true };

/** What people are told by which channel: a row for each event, channel and reminder, and one with the place up to which the audit is dealt with. */
export const NOTIFICATIONS: Table = {
  name: 'agent_notifications',
  key: 'notification_id',
  columns: [
    text('notification_id', required),
    text('agent_id', required),
    text('kind', required),
    text('event_id'),
    integer('chain_seq'),
    text('channel'),
    integer('reminder'),
    text('severity'),
    text('equipment_id'),
    text('subject_id'),
    time('event_timestamp'),
    json('message'),
    json('reminders'),
    text('status', required),
    integer('attempt'),
    time('created_timestamp', required),
    time('next_attempt_timestamp'),
    time('delivered_timestamp'),
    text('last_error'),
    text('claimed_by'),
    time('claim_expires_timestamp'),
  ],
};
