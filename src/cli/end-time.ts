import { AgentError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import { addSeconds, isoOf } from '../domain/instant.ts';

export interface EndOptions {
  readonly until?: string;
  readonly for?: string;
}

/** A moment in the past: ISO 8601 with its zone, or how long ago. Throws AgentError usage. */
export async function momentBefore(flag: string, text: string, now: Instant): Promise<Instant> {
  const given = text.trim();
  if (ISO_WITH_ZONE.test(given)) {
    const at = Date.parse(given);
    if (Number.isNaN(at))
      throw new AgentError('usage', `${flag} '${text}' is no time that there is`, `for instance ${flag} 2026-01-31T06:00:00Z`);
    if (at > now) throw new AgentError('usage', `${flag} ${isoOf(at)} is still to come, it is ${isoOf(now)}`, 'name an earlier time');
    return at;
  }
  const { durationSeconds } = await import('../config/duration.ts');
  const seconds = durationSeconds(given);
  if (seconds === undefined)
    throw new AgentError(
      'usage',
      `${flag} '${text}' is neither a duration nor an ISO 8601 time with its zone`,
      `for instance ${flag} 30d or ${flag} 2026-01-31T06:00:00Z`,
    );
  return addSeconds(now, -seconds);
}

/** A zone is required: without one the host's own would decide, and hosts and operators differ. */
const ISO_WITH_ZONE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/i;

/** The moment of --until or --for, counted from `now`; null when neither was given. Throws AgentError usage. */
export async function endTimeOf(options: EndOptions, now: Instant): Promise<Instant | null> {
  if (options.until !== undefined && options.for !== undefined)
    throw new AgentError('usage', '--until and --for exclude each other', 'give one of them');
  if (options.for !== undefined) return forDuration(options.for, now);
  if (options.until === undefined) return null;
  const at = ISO_WITH_ZONE.test(options.until.trim()) ? Date.parse(options.until.trim()) : Number.NaN;
  if (Number.isNaN(at))
    throw new AgentError(
      'usage',
      `--until '${options.until}' is not an ISO 8601 time with its zone`,
      'for instance --until 2026-01-31T06:00:00Z',
    );
  if (at <= now) throw new AgentError('usage', `--until ${isoOf(at)} is past, it is ${isoOf(now)}`, 'name a later time');
  return at;
}

async function forDuration(text: string, now: Instant): Promise<Instant> {
  const { parseDuration } = await import('../config/duration.ts');
  const seconds = parseDuration(text);
  if (seconds <= 0) throw new AgentError('usage', '--for must be more than 0', 'for instance --for 15m');
  return addSeconds(now, seconds);
}
