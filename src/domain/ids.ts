import { v5 } from 'uuid';

// Our own namespaces, made once with a random generator: ids of different kinds never meet.
const RECOMMENDATION_NAMESPACE = '6a1f0b52-3c0e-4d5c-9a56-0f6c7f2b8d11';
const COMMAND_NAMESPACE = 'b7d6e6a0-2f2b-4b0e-8a0d-5c1d9e3f7a42';
const WORK_ORDER_NAMESPACE = '4e8f3b1c-9d27-4a60-b3f5-7c1e2a9d5b84';
const EVENT_NAMESPACE = '0d2c4a9e-7b1f-4f38-b6c3-91e85d7a6c73';
const NOTIFICATION_NAMESPACE = 'c52b8e17-6f0a-4d94-9b3e-2a7d10f4e685';

/** Parts are joined as JSON, so that no two different lists of parts can spell the same name. */
function idOf(namespace: string, parts: readonly (string | number)[]): string {
  return v5(JSON.stringify(parts), namespace);
}

/** The same equipment, family and predecessor give the same id: creating a recommendation twice is a no-op. */
export function recommendationIdOf(equipmentId: string, issueFamily: string, predecessorId: string | null): string {
  return idOf(RECOMMENDATION_NAMESPACE, [equipmentId, issueFamily, predecessorId ?? '-']);
}

export function commandIdOf(recommendationId: string, sequence: number): string {
  return idOf(COMMAND_NAMESPACE, [recommendationId, sequence]);
}

/** The id of an event that is told once, whichever run tells it. Fewer parts than a run's event: they never meet. */
export function lastingEventIdOf(subjectId: string, event: string, step: string): string {
  return idOf(EVENT_NAMESPACE, [subjectId, event, step]);
}

/**
 * The same sensor, predecessor and newest order of all give the same order, so that a run that dies is repeated. The last is what keeps
 * an id from being made twice: every order is newer than the one that its own id was made from, also where people edited which sensor it is of.
 */
export function workOrderIdOf(equipmentId: string, signal: string, predecessorId: string | null, newestOrderAt: number | null): string {
  return idOf(WORK_ORDER_NAMESPACE, [equipmentId, signal, predecessorId ?? '-', newestOrderAt ?? '-']);
}

/** `step` tells two events of one kind about one subject in one run apart. */
export function eventIdOf(runId: string, subjectId: string, event: string, step: string): string {
  return idOf(EVENT_NAMESPACE, [runId, subjectId, event, step]);
}

/** The same event, channel and number of the reminder give the same id: it is told once, however often it is tried. */
export function notificationIdOf(eventId: string, channel: string, reminder: number): string {
  return idOf(NOTIFICATION_NAMESPACE, [eventId, channel, reminder]);
}
