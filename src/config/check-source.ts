import { isTimeZone } from '../domain/time-zone.ts';
import { agentUnitOf, type Conversion, conversionBetween, type Dimension, unitNames, unitOf } from '../domain/units.ts';
import { didYouMean } from './nearest.ts';
import type { Problem } from './problems.ts';
import type { Config } from './schema.ts';

type UnitSetting = Config['source']['units'][string];

/** The three signals that the recommendations' own columns and the built-in rules are about: °C, psi and gpm, whatever is stored. */
const FIXED_SIGNALS: Readonly<Record<string, Dimension>> = { temperature: 'temperature', pressure: 'pressure', flow_rate: 'flow' };

function storedAndUsed(setting: UnitSetting): { readonly stored: string; readonly used: string | undefined } {
  return typeof setting === 'string' ? { stored: setting, used: undefined } : setting;
}

/** How each signal with a unit is converted; none for one that is used as it is stored. What unitProblems refuses is left out. */
export function conversionsOf(config: Config): Readonly<Record<string, Conversion>> {
  return Object.fromEntries(
    Object.entries(config.source.units).flatMap(([signal, setting]) => {
      const names = storedAndUsed(setting);
      const stored = unitOf(names.stored);
      const used = names.used === undefined ? stored && agentUnitOf(stored.dimension) : unitOf(names.used);
      if (!stored || stored.dimension !== used?.dimension) return [];
      const conversion = conversionBetween(stored, used);
      return conversion === null ? [] : [[signal, conversion]];
    }),
  );
}

/** A unit that is not understood, or that measures something else: its values would be compared with limits in another unit. */
export function unitProblems(config: Config): readonly Problem[] {
  const signals = Object.keys(config.source.columns.signals);
  return Object.entries(config.source.units).flatMap(([signal, setting]) => {
    const path = ['source', 'units', signal];
    if (!signals.includes(signal))
      return [
        {
          path,
          text: `source.columns.signals does not map '${signal}'${didYouMean(signal, signals) || `; it maps ${signals.join(', ')}`}`,
        },
      ];
    return unitProblemsOf(signal, setting, path);
  });
}

function unitProblemsOf(signal: string, setting: UnitSetting, path: readonly string[]): readonly Problem[] {
  const names = storedAndUsed(setting);
  const at = (key: string) => (typeof setting === 'string' ? path : [...path, key]);
  const unknown = (['stored', 'used'] as const).flatMap((key) => {
    const name = names[key];
    if (name === undefined || unitOf(name)) return [];
    const near = didYouMean(name, unitNames());
    return [{ path: at(key), text: `'${name}' is no unit that is known${near || `; known: ${unitNames().join(', ')}`}` }];
  });
  const stored = unitOf(names.stored);
  if (unknown.length > 0 || !stored) return unknown;
  const fixed = Object.hasOwn(FIXED_SIGNALS, signal) ? FIXED_SIGNALS[signal] : undefined;
  if (fixed !== undefined && stored.dimension !== fixed)
    return [
      { path: at('stored'), text: `${stored.name} measures ${stored.dimension}, not ${fixed}; known: ${unitNames(fixed).join(', ')}` },
    ];
  const used = names.used === undefined ? agentUnitOf(stored.dimension) : unitOf(names.used);
  if (used && used.dimension !== stored.dimension) {
    const known = unitNames(stored.dimension).join(', ');
    return [{ path: at('used'), text: `${used.name} measures ${used.dimension}, ${stored.name} ${stored.dimension}; known: ${known}` }];
  }
  if (fixed !== undefined && used !== agentUnitOf(fixed)) {
    const own = agentUnitOf(fixed).name;
    return [{ path: at('used'), text: `${signal} is always used in ${own}; leave it out, or map the column to a signal of another name` }];
  }
  return [];
}

/** A zone that nobody has, or one beside numbers that are UTC: readings would be hours off. */
export function timeProblems(config: Config): readonly Problem[] {
  const { timeZone, timestampFormat } = config.source;
  const path = ['source', 'timeZone'];
  if (!isTimeZone(timeZone)) {
    const near = didYouMean(timeZone, Intl.supportedValuesOf('timeZone'));
    return [{ path, text: `'${timeZone}' is no zone of the IANA time zone database${near || ', such as Europe/Berlin'}` }];
  }
  if (timestampFormat.startsWith('epoch') && timeZoneOf(config) !== 'UTC')
    return [{ path, text: `does not go with source.timestampFormat: ${timestampFormat}, which counts in UTC; leave one of them out` }];
  return [];
}

/** A row's own time says nothing about when it was stored: no row would ever be late, and those that are would be missed. */
export function arrivalProblems({ source: { columns } }: Config): readonly Problem[] {
  // Engines know columns by their names in any case.
  if (columns.arrival?.toLowerCase() !== columns.timestamp.toLowerCase()) return [];
  const text = `is '${columns.arrival}' like source.columns.timestamp; name the column with the time at which the row was stored, or leave it out`;
  return [{ path: ['source', 'columns', 'arrival'], text }];
}

/** The zone, with one name for UTC. One that does not exist stays as it is; timeProblems refuses it. */
export function timeZoneOf({ source: { timeZone } }: Config): string {
  if (!isTimeZone(timeZone)) return timeZone;
  const { timeZone: resolved } = new Intl.DateTimeFormat('en-US', { timeZone }).resolvedOptions();
  return ['UTC', 'Etc/UTC', 'GMT', 'Etc/GMT'].includes(resolved) ? 'UTC' : timeZone;
}
