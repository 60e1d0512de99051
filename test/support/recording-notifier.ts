import type { Notification } from '../../src/domain/notification.ts';
import type { Delivery, Notifier } from '../../src/ports/notifier.ts';

export interface ToldOnce {
  readonly channel: string;
  readonly notification: Notification;
}

/** A fake of the port: remembers what it was told, and answers as the test says. */
export interface RecordingNotifier extends Notifier {
  readonly told: ToldOnce[];
  /** `kind subject` of what was told, and `+n` of a reminder, by channel. */
  brief(): readonly string[];
}

export function recordingNotifier(
  answer: (told: ToldOnce) => Delivery | Promise<Delivery> = () => ({ kind: 'delivered' }),
): RecordingNotifier {
  const told: ToldOnce[] = [];
  return {
    channels: [],
    told,
    brief: () =>
      told.map(({ channel, notification: { kind, equipmentId, reminder } }) =>
        [channel, kind, equipmentId ?? '-', ...(reminder === 0 ? [] : [`+${reminder}`])].join(' '),
      ),
    deliver: async (channel, notification) => {
      const once = { channel, notification };
      told.push(once);
      return answer(once);
    },
  };
}
