/** What a workspace says of a SQL warehouse; null for what it does not say. */
export interface WarehouseFacts {
  /** RUNNING, STOPPED, STARTING, STOPPING, DELETING, DELETED. */
  readonly state: string | null;
  readonly size: string | null;
  /** 0: it never stops by itself. */
  readonly autoStopMinutes: number | null;
  readonly isServerless: boolean | null;
}

/** DBU an hour of one cluster, as Databricks publishes them (docs/databricks.md). */
const DBU_AN_HOUR: Readonly<Record<string, number>> = { '2X-Small': 4, 'X-Small': 6, Small: 12, Medium: 24, Large: 40 };

const HOURS = 24;
const MINUTE_SECONDS = 60;

export interface PollingCost {
  /** Whether polling and auto-stop leave no moment in which the warehouse stops. */
  readonly neverStops: boolean;
  readonly awakeHoursADay: number;
  /** Null where the size's DBU are not known. */
  readonly dbuADay: number | null;
}

/**
 * Awake in a day = cycles a day × (a cycle + the auto-stop), at most 24 h: a warehouse is paid for from its start until it was idle for its
 * auto-stop. What others keep awake, and the starts themselves, come on top.
 */
export function pollingCost(
  intervalSeconds: number,
  cycleSeconds: number,
  { autoStopMinutes, size }: { readonly autoStopMinutes: number; readonly size: string | null },
): PollingCost {
  const awakeSeconds = cycleSeconds + autoStopMinutes * MINUTE_SECONDS;
  const neverStops = autoStopMinutes === 0 || intervalSeconds <= awakeSeconds;
  const awakeHoursADay = neverStops ? HOURS : (HOURS * awakeSeconds) / intervalSeconds;
  const dbu = size !== null && Object.hasOwn(DBU_AN_HOUR, size) ? DBU_AN_HOUR[size] : undefined;
  return { neverStops, awakeHoursADay, dbuADay: dbu === undefined ? null : dbu * awakeHoursADay };
}

/** From there on polling is slow on purpose. */
export const SLOW_POLLING_SECONDS = 60;
