import type { SimulatedReading } from '../../plant/simulated-plant.ts';
import type { NewReading } from '../../ports/store.ts';

/** What the plant's sensors show, as rows of sensor_data. */
export function newReadings(measured: readonly SimulatedReading[], recordedBy: string): readonly NewReading[] {
  return measured.map(({ equipmentId, temperature, pressure, flowRate, status }) => ({
    sensorId: `SENSOR_${equipmentId}`,
    equipmentId,
    temperature,
    pressure,
    flowRate,
    sensorStatus: status,
    recordedBy,
  }));
}
