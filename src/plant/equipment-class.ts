/** Kinds of equipment that the simulated plant knows; `generic` is everything else. */
export const EQUIPMENT_CLASSES = ['reactor', 'pump', 'compressor', 'exchanger', 'conveyor', 'motor', 'furnace', 'generic'] as const;
export type EquipmentClass = (typeof EQUIPMENT_CLASSES)[number];

/** How one class behaves at full throughput without a fault. Made up, within what such equipment shows; nobody's real plant. */
export interface ClassModel {
  /** Rise over ambient at 100 % throughput, K. */
  readonly loadC: number;
  /** Time constant of the first-order lag, seconds: 63 % of a step is done after one, 95 % after three. */
  readonly tauSeconds: number;
  /** Further rise when the cooling fails, at 100 % throughput, K. */
  readonly coolingLossC: number;
  readonly pressurePsi: number;
  readonly flowGpm: number;
}

export const CLASS_MODELS: Readonly<Record<EquipmentClass, ClassModel>> = {
  reactor: { loadC: 45, tauSeconds: 120, coolingLossC: 32, pressurePsi: 85, flowGpm: 50 },
  pump: { loadC: 43, tauSeconds: 60, coolingLossC: 24, pressurePsi: 70, flowGpm: 55 },
  compressor: { loadC: 50, tauSeconds: 90, coolingLossC: 30, pressurePsi: 90, flowGpm: 40 },
  exchanger: { loadC: 45, tauSeconds: 150, coolingLossC: 35, pressurePsi: 60, flowGpm: 60 },
  conveyor: { loadC: 42, tauSeconds: 100, coolingLossC: 22, pressurePsi: 40, flowGpm: 30 },
  motor: { loadC: 47, tauSeconds: 90, coolingLossC: 26, pressurePsi: 35, flowGpm: 20 },
  furnace: { loadC: 52, tauSeconds: 300, coolingLossC: 28, pressurePsi: 50, flowGpm: 45 },
  generic: { loadC: 45, tauSeconds: 120, coolingLossC: 25, pressurePsi: 65, flowGpm: 60 },
};

/** The class that an id's leading letters name (`REACTOR_02`, `pump-1`), in any case. */
export function classOf(equipmentId: string): EquipmentClass {
  const prefix = /^[a-z]+/i.exec(equipmentId)?.[0].toLowerCase();
  return EQUIPMENT_CLASSES.find((known) => known === prefix) ?? 'generic';
}
