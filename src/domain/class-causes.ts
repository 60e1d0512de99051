import type { Behaviour } from './behaviour.ts';
import type { ClassCause } from './causes.ts';
import { COOLING_ON, throughputTo } from './default-rules.ts';
import type { Signal } from './rules.ts';

type Reads = ClassCause['reads'];

/** One entry for each behaviour of each signal. */
function reads(pattern: Readonly<Record<Signal, readonly Behaviour[]>>): Reads {
  return Object.entries(pattern).flatMap(([signal, behaviours]) => behaviours.map((is) => ({ signal, is })));
}

type Row = Pick<ClassCause, 'id' | 'reads' | 'text' | 'recommendedAction'> & Partial<Pick<ClassCause, 'actions' | 'fourEyes'>>;

/** `actions` left out: the band's are right as they are. */
function of(equipmentClass: string, rows: readonly Row[]): ClassCause[] {
  return rows.map(({ actions = null, fourEyes = false, ...row }) => ({ ...row, equipmentClass, actions, fourEyes }));
}

/** Any class: the temperature jumps about while everything beside it is as always. Nothing is written on the word of such a sensor. */
function sensorFault(equipmentClass: string, others: readonly Signal[]): Row {
  return {
    id: `${equipmentClass}-sensor-fault`,
    reads: reads({
      temperature: ['unsteady'],
      ...Object.fromEntries(others.map((signal): [Signal, Behaviour[]] => [signal, ['normal']])),
    }),
    text: 'temperature sensor fault',
    recommendedAction: 'Do not write: open an instrument work order and check the temperature sensor against a second one',
    actions: [],
  };
}

const PROCESS = ['pressure', 'flow_rate'] as const;

/** Feed and cooling act together; the safety system is expected to have acted before an operator can. */
const REACTOR = of('reactor', [
  {
    id: 'reactor-runaway',
    reads: reads({ temperature: ['up', 'accelerating'], pressure: ['up'] }),
    text: 'exothermic runaway',
    recommendedAction: 'EMERGENCY: Stop the feed and set cooling to maximum; confirm that the safety system has acted',
    actions: [throughputTo(0), COOLING_ON],
    fourEyes: true,
  },
  {
    id: 'reactor-loss-of-cooling',
    reads: reads({ temperature: ['up'], coolant_flow: ['down'] }),
    text: 'loss of cooling',
    recommendedAction: 'Start the standby coolant pump',
  },
  sensorFault('reactor', PROCESS),
  {
    id: 'reactor-jacket-fouling',
    reads: reads({ temperature: ['up', 'steady'], pressure: ['normal'], flow_rate: ['normal'] }),
    text: 'fouling of the cooling jacket',
    recommendedAction: 'Plan the cleaning of the jacket',
  },
]);

/** A pump below its minimum flow gets hotter when it is throttled, so no row about a falling flow keeps the band's actions. */
const PUMP = of('pump', [
  {
    id: 'pump-blocked-discharge',
    reads: reads({ temperature: ['up'], flow_rate: ['down'], pressure: ['up'] }),
    text: 'blocked discharge, below minimum flow',
    recommendedAction: 'Open the minimum-flow recycle and check the discharge side; do not reduce throughput',
    actions: [],
  },
  {
    id: 'pump-cavitation',
    reads: reads({ temperature: ['up'], flow_rate: ['down'], pressure: ['down'] }),
    text: 'cavitation, restricted suction',
    recommendedAction: "Reduce the pump's speed on site and clean the suction strainer; do not throttle the discharge",
    actions: [],
  },
  {
    id: 'pump-cavitation-noise',
    reads: reads({ temperature: ['up'], flow_rate: ['down'], pressure: ['unsteady'] }),
    text: 'cavitation, restricted suction',
    recommendedAction: "Reduce the pump's speed on site and clean the suction strainer; do not throttle the discharge",
    actions: [],
  },
  {
    id: 'pump-low-flow',
    reads: reads({ flow_rate: ['down'] }),
    text: 'flow near or below the minimum of the pump',
    recommendedAction: 'Open the minimum-flow recycle and check suction and discharge; do not reduce throughput',
    actions: [],
  },
  sensorFault('pump', PROCESS),
  {
    id: 'pump-bearing',
    reads: reads({ temperature: ['up'], pressure: ['normal'], flow_rate: ['normal'] }),
    text: 'bearing or its lubrication',
    recommendedAction: 'Plan maintenance of bearings and lubrication',
  },
]);

const COMPRESSOR = of('compressor', [
  {
    id: 'compressor-restricted-suction',
    reads: reads({ temperature: ['up'], suction_pressure: ['down'] }),
    text: 'restricted suction',
    recommendedAction: 'Open the anti-surge valve and check the suction filter; do not reduce throughput, which brings surge nearer',
    actions: [],
  },
  {
    id: 'compressor-high-ratio',
    reads: reads({ temperature: ['up'], pressure: ['up'] }),
    text: 'high compression ratio, blocked outlet',
    recommendedAction: 'Watch the distance to surge and check the outlet',
  },
  sensorFault('compressor', PROCESS),
  {
    id: 'compressor-cooling',
    reads: reads({ temperature: ['up'], pressure: ['normal'] }),
    text: 'intercooler or valves',
    recommendedAction: 'Increase intercooler cooling; check intercooler and valves',
    actions: [COOLING_ON],
  },
]);

const EXCHANGER = of('exchanger', [
  {
    id: 'exchanger-utility-loss',
    reads: reads({ temperature: ['up'], cooling_water_flow: ['down'] }),
    text: 'loss of cooling water',
    recommendedAction: 'Increase the cooling water; check its supply',
    actions: [COOLING_ON],
  },
  {
    id: 'exchanger-fouling',
    reads: reads({ temperature: ['up'], differential_pressure: ['up'] }),
    text: 'fouling of the exchanger',
    recommendedAction: 'Plan the cleaning of the exchanger',
  },
  sensorFault('exchanger', PROCESS),
]);

function overload(equipmentClass: string): Row {
  return {
    id: `${equipmentClass}-overload`,
    reads: reads({ temperature: ['up'], load: ['up'] }),
    text: 'overload',
    recommendedAction: 'Reduce the feed until the load is normal',
  };
}

const CONVEYOR = of('conveyor', [overload('conveyor'), sensorFault('conveyor', ['load'])]);

const MOTOR = of('motor', [
  overload('motor'),
  sensorFault('motor', ['load']),
  {
    id: 'motor-ventilation',
    reads: reads({ temperature: ['up'], load: ['normal'] }),
    text: 'ventilation, bearing or a lost phase',
    recommendedAction: 'Open a maintenance work order: check ventilation, bearings and all three phases',
    actions: [],
  },
]);

/** Less feed through hot tubes makes them hotter and cokes them, so no row about a falling feed keeps the band's actions. */
const FURNACE = of('furnace', [
  {
    id: 'furnace-low-feed',
    reads: reads({ temperature: ['up'], flow_rate: ['down'] }),
    text: 'low feed flow, coking of the tubes',
    recommendedAction: 'Reduce the fuel first, then restore the feed; never reduce the feed',
    actions: [],
  },
  {
    id: 'furnace-falling-feed',
    reads: reads({ flow_rate: ['down'] }),
    text: 'low feed flow',
    recommendedAction: 'Restore the feed, with less fuel until it is back; never reduce the feed',
    actions: [],
  },
  sensorFault('furnace', PROCESS),
]);

/**
 * Probable causes by class of equipment, the most telling first: engineering judgement, for a site's process engineer to confirm, and
 * therefore replaceable. Signals beyond the specification's three go by their usual names and count where the source maps them.
 */
export const CLASS_CAUSES: readonly ClassCause[] = [...REACTOR, ...PUMP, ...COMPRESSOR, ...EXCHANGER, ...CONVEYOR, ...MOTOR, ...FURNACE];
