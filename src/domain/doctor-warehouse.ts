import { type DoctorFinding, failed, ok, skipped, warning } from './doctor-finding.ts';
import { pollingCost, SLOW_POLLING_SECONDS, type WarehouseFacts } from './warehouse-polling.ts';

const GOING = ['DELETING', 'DELETED'];

function autoStopText(minutes: number | null): string {
  if (minutes === null) return 'auto-stop not known';
  return minutes === 0 ? 'never stops by itself' : `stops after ${minutes} min`;
}

/** As the workspace told it before anything was asked of the warehouse itself, which would start it. */
export function warehouseFinding({ state, size, autoStopMinutes, isServerless }: WarehouseFacts): DoctorFinding {
  const facts = { state, size, auto_stop_mins: autoStopMinutes, serverless: isServerless };
  const kind = isServerless === null ? [] : [isServerless ? 'serverless' : 'not serverless'];
  const found = [state ?? 'state not known', size ?? 'size not known', ...kind, autoStopText(autoStopMinutes)].join(', ');
  if (state === null) return skipped('warehouse', found, '', facts);
  if (GOING.includes(state))
    return failed(
      'warehouse',
      { code: 'not_set_up', message: found, remedy: 'name another one: store.httpPath or store.warehouseId' },
      facts,
    );
  if (state === 'STOPPED' || state === 'STOPPING') return ok('warehouse', `${found}; the next statement starts it`, facts);
  return ok('warehouse', found, facts);
}

/** What polling at the configured interval comes to in a day. `cycleSeconds`: of the last cycle; null where there was none. */
export function pollingFinding(intervalSeconds: number, cycleSeconds: number | null, warehouse: WarehouseFacts | null): DoctorFinding {
  const autoStopMinutes = warehouse?.autoStopMinutes ?? null;
  const size = warehouse?.size ?? null;
  if (autoStopMinutes === null)
    return skipped('polling', `every ${intervalSeconds} s; what that costs is not known without the warehouse's auto-stop`);
  const { neverStops, awakeHoursADay, dbuADay } = pollingCost(intervalSeconds, cycleSeconds ?? 0, { autoStopMinutes, size });
  const facts = {
    interval_s: intervalSeconds,
    cycle_s: cycleSeconds,
    auto_stop_mins: autoStopMinutes,
    awake_hours_a_day: awakeHoursADay,
    dbu_a_day: dbuADay,
  };
  const dbu =
    dbuADay === null ? `DBU not known for ${size ?? 'a size that was not told'}` : `${rounded(dbuADay)} DBU a day (${size ?? ''})`;
  const awake = neverStops ? 'the warehouse never stops' : `the warehouse is awake ${rounded(awakeHoursADay)} h a day`;
  const found = `every ${intervalSeconds} s: ${awake}, ${dbu}`;
  // Quick polling is meant to keep it awake; slow polling that does is paid for twice: in time and in DBU.
  if (neverStops && intervalSeconds >= SLOW_POLLING_SECONDS)
    return warning(
      'polling',
      found,
      'poll slower than the auto-stop, or set a shorter auto-stop: docs/databricks.md has the arithmetic',
      facts,
    );
  return ok('polling', found, facts);
}

function rounded(value: number): string {
  return String(Number(value.toFixed(1)));
}
