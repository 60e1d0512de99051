import path from 'node:path';

import { SIMULATOR_TAGS } from '../domain/default-rules.ts';
import { NO_KEYS, parseKeyRing, SIGNING_KEY_VARIABLE } from '../domain/key-ring.ts';
import { activeFamilies } from '../domain/rule-book.ts';
import type { TagPolicy } from '../domain/tags.ts';
import { hashOf } from '../domain/ticket.ts';
import { actionProblems, allowedTag } from './check-actions.ts';
import { arrivalProblems, conversionsOf, timeProblems, timeZoneOf, unitProblems } from './check-source.ts';
import { notifyProblems } from './check-notify.ts';
import { leaseProblems, shapeProblems, signalProblems } from './cross-checks.ts';
import { type Databases, databasesOf } from './database-settings.ts';
import { describeKeys } from './describe.ts';
import { type ConfigInput, type Layers, type Origin, readLayers } from './layers.ts';
import { valueAt } from './paths.ts';
import type { EquipmentPattern } from './source-findings.ts';
import { notifySettings } from './notify-settings.ts';
import { type Problem, problemsError, schemaProblems } from './problems.ts';
import { deadbandProblems, limitProblems, withoutRepeats } from './rule-checks.ts';
import { bandsAsConfigured, causesAsConfigured } from './rules-as-configured.ts';
import { builtInFamily, patternsOf, type RulesInForce, rulesInForce } from './rules-in-force.ts';
import { type Config, CONFIG_SCHEMA } from './schema.ts';
import { DEFAULT_PHYSICAL_LIMITS } from './schema-source.ts';
import type { Elsewhere } from './warehouse-settings.ts';
import { readingsPlaceOf } from './source-workspace.ts';
import type { PlantSettings, Settings, SourceSettings, TablePlaces } from './settings.ts';

/** A key with the value in force and where it comes from. */
export interface ExplainedKey {
  readonly path: string;
  readonly value: unknown;
  readonly origin: Origin | 'profile' | 'store';
  /** The variable that sets or would set it; null for lists and maps. */
  readonly environment: string | null;
}

/**
 * File, environment and flags, checked whole. Throws AgentError 'usage' that names every problem with its path and
 * line. Reads the file, and what it names; loading twice gives the same.
 */
export function loadSettings(input: ConfigInput): Settings {
  return checked(input).settings;
}

/** Every key with its value in force and its origin; the same errors as loadSettings. */
export function explainSettings(input: ConfigInput): readonly ExplainedKey[] {
  const { settings, config, layers, databases } = checked(input);
  const { elsewhere } = databases;
  const inForce: Readonly<Record<string, unknown>> = {
    'store.kind': settings.store.kind,
    'store.path': settings.store.kind === 'embedded' ? settings.store.path : null,
    'source.usableStatus': settings.source.usableStatus,
    'source.physicalLimits': settings.source.physicalLimits,
    'rules.bands': bandsAsConfigured(config, builtInFamily(config)),
    'rules.causes': causesAsConfigured(settings.rules.causes, settings.rules.classCauses),
    'tags.allow': settings.tags.allow,
    'plant.kind': settings.plant.kind,
    'plant.simulatorPath': settings.plant.simulatorPath,
  };
  return describeKeys().map((key) => {
    const found = elsewhere[key.path];
    if (found !== undefined) return { path: key.path, value: found.value, ...originOfFound(found, key.environment) };
    return {
      path: key.path,
      value: key.path in inForce ? inForce[key.path] : valueAt(config, key.path.split('.')),
      origin: layers.originOf(key.path),
      environment: key.environment,
    };
  });
}

/** Of what the Databricks tools' own variables and profiles say, and of what the readings' connection has from the store's keys. */
function originOfFound({ variable, isOfStore }: Elsewhere, environment: string | null): Pick<ExplainedKey, 'origin' | 'environment'> {
  if (isOfStore) return { origin: 'store', environment };
  return variable === undefined ? { origin: 'profile', environment } : { origin: 'environment', environment: variable };
}

/** Every equipment pattern of `equipment` and `rules`, for whoever knows the ids that there are; the same errors as loadSettings. */
export function rulePatterns(input: ConfigInput): readonly EquipmentPattern[] {
  return patternsOf(checked(input).config).map(({ pattern, path: key }) => ({ pattern, path: key }));
}

/** Where the tables are, for whoever does not log in: no host, warehouse and credential is missing. Other errors are those of loadSettings. */
export function placesOf(input: ConfigInput): TablePlaces {
  const { config, databases } = checked(input, false);
  const { catalog = null, schema = null } = config.store;
  return {
    agentId: config.agent.id,
    store: databases.isWarehouse ? { catalog, schema } : null,
    readings: readingsPlaceOf(config, databases.isWarehouse),
  };
}

interface Checked {
  readonly settings: Settings;
  readonly config: Config;
  readonly layers: Layers;
  readonly databases: Databases;
}

function checked(input: ConfigInput, isToLogIn = true): Checked {
  const layers = readLayers(input);
  const parsed = CONFIG_SCHEMA.safeParse(layers.value);
  // Without a config of the right form the checks across keys have nothing to stand on.
  if (!parsed.success) throw failure(layers, schemaProblems(parsed.error.issues, layers.value));
  const config = parsed.data;
  const rules = rulesInForce(config);
  const isGiven = (key: string) => layers.originOf(key) !== 'default';
  const databases = databasesOf(config, { env: input.env, cwd: input.cwd, isGiven, isToLogIn });
  const settings = settingsOf(config, rules, databases, layers.origin, input);
  const problems = [
    ...leaseProblems(config),
    ...databases.problems,
    ...shapeProblems(config, isGiven),
    ...signalProblems(config, activeFamilies(rules.book)),
    ...unitProblems(config),
    ...timeProblems(config),
    ...arrivalProblems(config),
    ...rules.problems,
    ...limitProblems(config, rules.entries, settings.source.physicalLimits),
    ...deadbandProblems(config, rules.entries, settings.source.physicalLimits),
    ...actionProblems(config, settings.tags, rules.book),
    ...simulatorProblems(settings),
    ...notifyProblems(config),
  ];
  if (problems.length > 0 || layers.problems.length > 0) throw failure(layers, problems);
  return { settings, config, layers, databases };
}

function failure(layers: Layers, problems: readonly Problem[]) {
  return problemsError(layers.file, [...withoutRepeats(problems).map(layers.place), ...layers.problems]);
}

function settingsOf(config: Config, rules: RulesInForce, databases: Databases, origin: string, { cwd, env }: ConfigInput): Settings {
  const { store } = databases;
  const plant = plantOf(config, databases, cwd);
  // A ring that is wrong is one of the problems that the environment's layer tells of.
  const keys = parseKeyRing(env[SIGNING_KEY_VARIABLE]);
  const sensorFaults = sensorFaultsOf(config);
  return {
    agentId: config.agent.id,
    origin,
    store,
    sourceDatabase: databases.source,
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
    notify: notifySettings(config.notify, env, cwd),
    logging: config.logging,
  };
}

function sensorFaultsOf({ sensorFaults: { stuck, dropOutSeconds, ...rest } }: Config): Settings['sensorFaults'] {
  return { ...rest, stuck: stuck ?? null, dropOutSeconds: dropOutSeconds ?? null };
}

function sourceOf(config: Config): SourceSettings {
  const { columns, shape, connection: _connection, ...source } = config.source;
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

/** Never a simulator that says 'executed' about a real plant: it is the default only where its own readings go, into the store's file. */
function plantOf({ plant, store }: Config, databases: Databases, cwd: string): PlantSettings {
  const isSimulated = !databases.isWarehouse && databases.source === null;
  const simulatorPath = plant.simulatorPath ?? `${store.path.replace(/\.db$/, '')}.plant.db`;
  return {
    ...plant,
    kind: plant.kind ?? (isSimulated ? 'simulator' : 'advisory'),
    simulatorPath: path.resolve(cwd, simulatorPath),
  };
}

function tagsOf({ tags }: Config, plantKind: PlantSettings['kind']): TagPolicy {
  const byPlant = plantKind === 'simulator' ? SIMULATOR_TAGS : [];
  return { allow: tags.allow?.map(allowedTag) ?? byPlant, deny: tags.deny };
}

/** The store's lock and the plant's file must not be one file: each would take the other's tables for its own. */
function simulatorProblems({ store, plant }: Settings): Problem[] {
  return store.kind === 'embedded' && plant.simulatorPath === store.path
    ? [{ path: ['plant', 'simulatorPath'], text: 'must be another file than store.path' }]
    : [];
}
