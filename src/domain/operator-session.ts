import { addSeconds, type Instant } from './instant.ts';
import { personKey } from './person.ts';
import { CLOCK_GRAIN_SECONDS } from './policy.ts';
import { wordOf } from './word.ts';

/** A row of operator_sessions: the HMI's, or one that `session login` opened. Anybody may have written anything into it. */
export interface OperatorSession {
  readonly sessionId: string;
  readonly operatorId: string | null;
  readonly loginTimestamp: Instant | null;
  /** Null also where the column says no time: nobody knows when it ends. */
  readonly logoutTimestamp: Instant | null;
  readonly status: string | null;
  readonly approvedRecommendations: number;
  readonly rejectedRecommendations: number;
}

/** Statuses of a session that has ended; without a status, and with any other, it counts as open. */
export const ENDED_SESSION_STATUSES = ['closed', 'expired'] as const;

/**
 * Whether a session was open at a moment. Where the time of the logout is known, it alone decides: who approved and then went home was
 * logged in when they approved, and a logout that is still to come, the end of a shift, has not happened yet. A session that says that it
 * ended but not when was not open.
 */
export function isOpenAt(session: OperatorSession, at: Instant): boolean {
  const { loginTimestamp, logoutTimestamp } = session;
  if (loginTimestamp === null || loginTimestamp > addSeconds(at, CLOCK_GRAIN_SECONDS)) return false;
  if (logoutTimestamp !== null) return logoutTimestamp >= at;
  const status = wordOf(session.status);
  return !ENDED_SESSION_STATUSES.some((ended) => ended === status);
}

/** The operator's session at a moment, the newest where there are several. */
export function sessionAt(sessions: readonly OperatorSession[], operator: string | null, at: Instant | null): OperatorSession | undefined {
  const wanted = personKey(operator);
  if (wanted === '' || at === null) return undefined;
  return sessions
    .filter((session) => personKey(session.operatorId) === wanted && isOpenAt(session, at))
    .toSorted((a, b) => (b.loginTimestamp ?? 0) - (a.loginTimestamp ?? 0))[0];
}
