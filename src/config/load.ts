import path from 'node:path';

import { SIMULATOR_TAGS } from '../domain/default-rules.ts';
import { NO_KEYS, parseKeyRing, SIGNING_KEY_VARIABLE } from '../domain/key-ring.ts';
import { activeFamilies } from '../domain/rule-book.ts';
import type { TagPolicy } from '../domain/tags.ts';
import { hashOf } from '../domain/ticket.ts';
import { actionProblems, allowedTag } from './check-actions.ts';
import { arrivalProblems, conversionsOf, timeProblems, timeZoneOf, unitProblems } from './check-source.ts';
import { shapeProblems, signalProblems, storeProblems } from './cross-checks.ts';
import { describeKeys } from './describe.ts';
import { type ConfigInput, type Layers, type Origin, readLayers } from './layers.ts';
import { valueAt } from './paths.ts';
import type { EquipmentPattern } from './source-findings.ts';
import { type Problem, problemsError, schemaProblems } from './problems.ts';
import { deadbandProblems, limitProblems, withoutRepeats } from './rule-checks.ts';
import { bandsAsConfigured, causesAsConfigured } from './rules-as-configured.ts';
import { builtInFamily, patternsOf, type RulesInForce, rulesInForce } from './rules-in-force.ts';
import { type Config, CONFIG_SCHEMA } from './schema.ts';
import { DEFAULT_PHYSICAL_LIMITS } from './schema-source.ts';
import type { PlantSettings, Settings, SourceSettings, StoreSettings } from './settings.ts';

/** A key with the value in force and where it comes from. */
export interface ExplainedKey {
  readonly path: string;
  readonly value: unknown;
  readonly origin: Origin;
  /** The variable that would set it; null for lists and maps. */
  readonly environment: string | null;
}

/**
 * File, environment and flags, checked whole. Throws AgentError 'usage' that names every problem with its path and
 * line. Reads one file and nothing else; loading twice gives the same.
 */
export function loadSettings(input: ConfigInput): Settings {
  return checked(input).settings;
}

/** Every key with its value in force and its origin; the same errors as loadSettings. */
export function explainSettings(input: ConfigInput): readonly ExplainedKey[] {
  const { settings, config, layers } = checked(input);
  const inForce: Readonly<Record<string, unknown>> = {
    'store.kind': settings.store.kind,
    'store.path': settings.store.path,
    'source.usableStatus': settings.source.usableStatus,
    'source.physicalLimits': settings.source.physicalLimits,
    'rules.bands': bandsAsConfigured(config, builtInFamily(config)),
    'rules.causes': causesAsConfigured(settings.rules.causes, settings.rules.classCauses),
    'tags.allow': settings.tags.allow,
    'plant.kind': settings.plant.kind,
    'plant.simulatorPath': settings.plant.simulatorPath,
  };
  return describeKeys().map((key) => ({
    path: key.path,
    value: key.path in inForce ? inForce[key.path] : valueAt(config, key.path.split('.')),
    origin: layers.originOf(key.path),
    environment: key.environment,
  }));
}

/** Every equipment pattern of `equipment` and `rules`, for whoever knows the ids that there are; the same errors as loadSettings. */
export function rulePatterns(input: ConfigInput): readonly EquipmentPattern[] {
  return patternsOf(checked(input).config).map(({ pattern, path: key }) => ({ pattern, path: key }));
}

function checked(input: ConfigInput): { settings: Settings; config: Config; layers: Layers } {
  const layers = readLayers(input);
  const parsed = CONFIG_SCHEMA.safeParse(layers.value);
  // Without a config of the right form the checks across keys have nothing to stand on.
  if (!parsed.success) throw failure(layers, schemaProblems(parsed.error.issues, layers.value));
  const config = parsed.data;
  const rules = rulesInForce(config);
  const settings = settingsOf(config, rules, layers.origin, input);
  const problems = [
    ...storeProblems(config, input.env),
    ...shapeProblems(config, (key) => layers.originOf(key) !== 'default'),
    ...signalProblems(config, activeFamilies(rules.book)),
    ...unitProblems(config),
    ...timeProblems(config),
    ...arrivalProblems(config),
    ...rules.problems,
    ...limitProblems(config, rules.entries, settings.source.physicalLimits),
    ...deadbandProblems(config, rules.entries, settings.source.physicalLimits),
    ...actionProblems(config, settings.tags, rules.book),
    ...simulatorProblems(settings),
  ];
  if (problems.length > 0 || layers.problems.length > 0) throw failure(layers, problems);
  return { settings, config, layers };
}

function failure(layers: Layers, problems: readonly Problem[]) {
  return problemsError(layers.file, [...withoutRepeats(problems).map(layers.place), ...layers.problems]);
}

function settingsOf(config: Config, rules: RulesInForce, origin: string, { cwd, env }: ConfigInput): Settings {
  const store: StoreSettings = { kind: 'embedded', path: path.resolve(cwd, config.store.path), leaseSeconds: config.store.leaseSeconds };
  const plant = plantOf(config, store.path, cwd);
  // A ring that is wrong is one of the problems that the environment's layer tells of.
  const keys = parseKeyRing(env[SIGNING_KEY_VARIABLE]);
  const sensorFaults = sensorFaultsOf(config);
  return {
    agentId: config.agent.id,
    origin,
    store,
    source: sourceOf(config),
    rules: rules.book,
    sensorFaults,
    rulesHash: hashOf({ ...rules.book, sensorFaults }),
    tags: tagsOf(config, plant.kind),
    policy: config.policy,
    plant,
    signingKeys: 'ring' in keys ? keys.ring : NO_KEYS,
    poll: config.poll,
    retry: config.retry,
    logging: config.logging,
  };
}

function sensorFaultsOf({ sensorFaults: { stuck, dropOutSeconds, ...rest } }: Config): Settings['sensorFaults'] {
  return { ...rest, stuck: stuck ?? null, dropOutSeconds: dropOutSeconds ?? null };
}

function sourceOf(config: Config): SourceSettings {
  const { columns, shape, ...source } = config.source;
  const { equipment, timestamp, signals } = columns;
  const isWide = shape === 'wide';
  return {
    ...source,
    columns: { equipment, timestamp, status: isWide ? columns.status : columns.quality },
    shape: isWide ? { kind: 'wide', signals } : { kind: 'long', signalColumn: columns.signal, valueColumn: columns.value, signals },
    // An unquoted null in YAML is no text, but means the word.
    usableStatus: source.usableStatus.map((status) => String(status).trim().toLowerCase()),
    units: conversionsOf(config),
    timeZone: timeZoneOf(config),
    arrivalColumn: columns.arrival,
    physicalLimits: limitsOf(signals, source.physicalLimits),
  };
}

/** Of the signals that there are; one that neither the file nor the defaults name is not limited. */
function limitsOf(signals: Readonly<Record<string, string>>, given: SourceSettings['physicalLimits']): SourceSettings['physicalLimits'] {
  const limits: SourceSettings['physicalLimits'] = { ...DEFAULT_PHYSICAL_LIMITS, ...given };
  return Object.fromEntries(Object.entries(limits).filter(([signal]) => Object.hasOwn(signals, signal)));
}

function plantOf({ plant }: Config, storePath: string, cwd: string): PlantSettings {
  const simulatorPath = plant.simulatorPath ?? `${storePath.replace(/\.db$/, '')}.plant.db`;
  return { ...plant, kind: plant.kind ?? 'simulator', simulatorPath: path.resolve(cwd, simulatorPath) };
}

function tagsOf({ tags }: Config, plantKind: PlantSettings['kind']): TagPolicy {
  const byPlant = plantKind === 'simulator' ? SIMULATOR_TAGS : [];
  return { allow: tags.allow?.map(allowedTag) ?? byPlant, deny: tags.deny };
}

/** The store's lock and the plant's file must not be one file: each would take the other's tables for its own. */
function simulatorProblems({ store, plant }: Settings): Problem[] {
  return plant.simulatorPath === store.path ? [{ path: ['plant', 'simulatorPath'], text: 'must be another file than store.path' }] : [];
}
