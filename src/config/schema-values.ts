import * as z from 'zod';

/** Timers take at most 2^31 ms (24.8 days); a longer one would fire at once instead of never. */
const MAX_SECONDS = 24 * 86_400;

/** A duration that must pass: zero would make a busy loop, an empty window or an instant expiry. */
export function positiveSeconds(fallback: number, description: string, max = MAX_SECONDS) {
  return z.number().positive().max(max).default(fallback).describe(description);
}

/** A duration that may be zero, which means 'at once' or 'not at all'. */
export function secondsOrZero(fallback: number, description: string, max = MAX_SECONDS) {
  return z.number().nonnegative().max(max).default(fallback).describe(description);
}

/** Ids that we store (columns of 100 characters) and print; nothing in them needs quoting anywhere. */
export function plainId(what: string) {
  return z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/, { error: `must be ${what}: 1 to 100 letters, digits, '_', '.' or '-'` });
}

/** Validated although the store quotes it too: two guards, because an identifier cannot be bound as a parameter. */
export function columnName() {
  return z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "must be a column's name: letters, digits and '_', not starting with a digit" });
}

export function tableName() {
  return z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*){0,2}$/, {
    error: "must be a table's name: one to three parts joined by dots, each of letters, digits and '_', not starting with a digit",
  });
}

/** A signal's name becomes an alias in SQL and a key of our own maps; it starts with a letter, so `__proto__` is none. */
export function signalName() {
  return z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_]{0,99}$/, { error: "must be a signal's name: letters, digits and '_', starting with a letter" });
}

export function shortText(maxLength: number) {
  return z.string().trim().min(1).max(maxLength);
}
