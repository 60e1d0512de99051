import { SECOND_MS } from '../../domain/instant.ts';
import type { Arrival } from '../../plant/arrivals.ts';
import type { SimulatedReading } from '../../plant/simulated-plant.ts';
import type { NewReading } from '../../ports/schema-store.ts';

/** What the plant's sensors show now, as rows of sensor_data. */
export function newReadings(measured: readonly SimulatedReading[], recordedBy: string): readonly NewReading[] {
  return measured.map((reading) => newReading(reading, 0, recordedBy));
}

/** What has arrived by `at`, on the clock by which it was measured. */
export function arrivedReadings(arrived: readonly Arrival<SimulatedReading>[], at: number, recordedBy: string): readonly NewReading[] {
  return arrived.map(({ reading, measuredAt, aheadSeconds, notANumber, badQuality }) => ({
    ...newReading(reading, (at - measuredAt) / SECOND_MS - aheadSeconds, recordedBy),
    ...(notANumber ? { temperature: Number.NaN, pressure: Number.NaN, flowRate: Number.NaN } : {}),
    ...(badQuality ? { sensorStatus: 'bad' } : {}),
  }));
}

function newReading(reading: SimulatedReading, ageSeconds: number, recordedBy: string): NewReading {
  const { equipmentId, temperature, pressure, flowRate, status } = reading;
  return { sensorId: `SENSOR_${equipmentId}`, equipmentId, temperature, pressure, flowRate, sensorStatus: status, ageSeconds, recordedBy };
}
