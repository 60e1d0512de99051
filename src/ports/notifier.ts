import type { Notification } from '../domain/notification.ts';

/** How one try ended. After `failed` nobody knows whether it arrived: the next try has the same id. */
export type Delivery =
  | { readonly kind: 'delivered' }
  /** The receiver took it, and not for everybody that it was for: a second try would tell the others twice. */
  | { readonly kind: 'partly'; readonly reason: string }
  | {
      readonly kind: 'failed';
      /** In words without any secret, at most some 300 characters. */
      readonly reason: string;
      /** Whether the receiver itself is away, and not only this one notification refused. */
      readonly isAway: boolean;
      /** How long the receiver asks to be left alone; null where it does not say. */
      readonly retryAfterSeconds: number | null;
    };

/** Where people are told. */
export interface Notifier {
  /** The names of the channels that are configured. */
  readonly channels: readonly string[];
  /**
   * One try, which ends within the configured time or when the signal is aborted. Never throws: what goes wrong is a `Delivery`.
   * A channel that is not configured fails with that reason.
   */
  deliver(channel: string, notification: Notification, signal: AbortSignal): Promise<Delivery>;
}
