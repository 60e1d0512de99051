import type { NotifySettings } from '../config/settings.ts';
import { SECOND_MS } from '../domain/instant.ts';
import type { Notifier } from '../ports/notifier.ts';
import { failed } from './attempt.ts';
import { mailTo } from './smtp.ts';
import { postTo } from './webhook.ts';

/** The channels of the configuration. Nothing is connected before the first notification. @param now in milliseconds since 1970 */
export function createNotifier({ channels, smtp, timeoutSeconds }: NotifySettings, now: () => number): Notifier {
  const byName = new Map(channels.map((channel) => [channel.name, channel]));
  return {
    channels: [...byName.keys()],
    deliver: async (name, notification, signal) => {
      const channel = byName.get(name);
      if (channel === undefined) return failed(`the configuration has no channel '${name}'`);
      const limits = { timeoutMs: timeoutSeconds * SECOND_MS, signal, now };
      if (channel.kind !== 'email') return postTo(channel, notification, limits);
      return smtp === null ? failed('the configuration has no notify.smtp.host') : mailTo(channel, smtp, notification, limits);
    },
  };
}
