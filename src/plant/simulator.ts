import { setTimeout as sleep } from 'node:timers/promises';
import { SIMULATOR_TAGS } from '../domain/default-rules.ts';
import { AgentError } from '../domain/errors.ts';
import { SECOND_MS } from '../domain/instant.ts';
import type { Instant } from '../domain/instant.ts';
import { type KeyRing, NO_KEYS } from '../domain/key-ring.ts';
import { isGoodQuality, writeKindOf } from '../domain/quality.ts';
import { EQUIPMENT_ID } from '../domain/tags.ts';
import type { AllowedTag } from '../domain/tags.ts';
import type { Plant, ReceivedWrite, TagReading, WriteOutcome, WriteRequest } from '../ports/plant.ts';
import { SQLITE_BUSY, sqliteResultCode } from '../sqlite/sqlite-library.ts';
import { PLANT_FAILURES } from './simulated-plant.ts';
import type { PlantFailure, SimulatedPlant, SimulatedReading, SimulatorOptions } from './simulated-plant.ts';
import { advancedTo, measuredAt, tagValue, unseenEquipment } from './simulated-equipment.ts';
import type { PlantPace } from './simulated-equipment.ts';
import { openSimulatorState } from './simulator-state.ts';
import type { KnownEquipment, SimulatorState } from './simulator-state.ts';
import { findTag, judgeWrite } from './simulator-tags.ts';
import type { SimulatorTag } from './simulator-tags.ts';
import type { FaultKind } from './thermal-model.ts';

/** With these a write is taken and changes nothing. */
const HELD_BACK: readonly PlantFailure[] = ['lying', 'write_pending'];

/** The specification's sensors call themselves 'warning' above this; such readings count like good ones. */
const WARNING_C = 85;

/**
 * A plant whose temperatures really follow what is written to it. It does not recognise a repeated command: that
 * each is sent once is the agent's duty, and `writes()` the proof.
 * @throws AgentError store_unavailable for a path that cannot be used, plant_unavailable for a file of a newer version.
 */
export async function createSimulator(options: SimulatorOptions): Promise<Plant & SimulatedPlant> {
  return new Simulator(options, await openSimulatorState(options.path, options.timeoutSeconds));
}

class Simulator implements Plant, SimulatedPlant {
  readonly kind = 'simulator';
  readonly acts = true;
  readonly description: string;
  readonly #options: SimulatorOptions;
  readonly #state: SimulatorState;
  readonly #writable: readonly AllowedTag[];
  readonly #keys: KeyRing;

  constructor(options: SimulatorOptions, state: SimulatorState) {
    this.description = `simulated plant in ${options.path}`;
    this.#options = options;
    this.#state = state;
    this.#writable = options.tags ?? SIMULATOR_TAGS;
    this.#keys = options.keys ?? NO_KEYS;
  }

  async read(tags: readonly string[]): Promise<readonly TagReading[]> {
    // Behind a write that is under way, in whatever process: what is said now must not be overtaken by something that was sent before.
    const { failure, readings } = this.#state.alone(() => ({ failure: this.#failure(), readings: this.#readNow(tags) }));
    if (failure === 'no_answer' || !(await this.#answerInTime()))
      throw new AgentError('plant_unavailable', 'the simulated plant does not answer', `check it with 'ops-agent plant read'`);
    return readings;
  }

  async write(request: WriteRequest): Promise<WriteOutcome> {
    const outcome = this.#receive(request);
    if (outcome.kind === 'not_sent' || (await this.#answerInTime())) return outcome;
    return { kind: 'ambiguous', reason: `no answer within ${this.#options.timeoutSeconds} s` };
  }

  close(): Promise<void> {
    this.#state.close();
    return Promise.resolve();
  }

  writes(): readonly ReceivedWrite[] {
    return this.#state.writes();
  }

  advance(to: Instant): void {
    this.#state.alone(() => this.#advanceAll(to));
  }

  measure(at: Instant): readonly SimulatedReading[] {
    return this.#state.together(() => {
      const pace = this.#pace();
      return this.#state.equipment().flatMap((known) => {
        const measured = measuredAt(known, pace, at);
        if (measured === null) return [];
        return [
          { equipmentId: known.id, ...measured, status: measured.temperature > WARNING_C ? ('warning' as const) : ('good' as const) },
        ];
      });
    });
  }

  addEquipment(equipmentId: string, start: { readonly temperatureC?: number } = {}): void {
    const { temperatureC } = start;
    if (temperatureC !== undefined && !Number.isFinite(temperatureC)) throw unusable('a temperature', temperatureC);
    this.#state.alone(() => this.#known(equipmentId, this.#options.now(), temperatureC));
  }

  inject(kind: FaultKind, equipmentId: string, at: Instant): void {
    this.#state.alone(() => {
      const known = this.#known(equipmentId, Math.min(at, this.#options.now()));
      this.#state.addFault(known.id, { kind, startedAt: at });
    });
  }

  repair(equipmentId: string, at: Instant): void {
    this.#state.alone(() => {
      const thermal = advancedTo(this.#known(equipmentId, at), this.#pace(), at);
      this.#state.removeFaults(equipmentId);
      this.#state.saveThermal(equipmentId, { ...thermal, driftC: 0, frozenC: null });
    });
  }

  setFailure(failure: PlantFailure | null): void {
    this.#state.saveSetting('failure', failure ?? '');
  }

  configure(settings: { readonly speed?: number; readonly seed?: number }): void {
    const { speed, seed } = settings;
    if (speed !== undefined && !(Number.isFinite(speed) && speed > 0)) throw unusable('a speed', speed);
    if (seed !== undefined && !Number.isSafeInteger(seed)) throw unusable('a seed', seed);
    this.#state.alone(() => {
      // The time until now passed at the old speed.
      if (speed !== undefined) this.#advanceAll(this.#options.now());
      if (speed !== undefined) this.#state.saveSetting('speed', String(speed));
      if (seed !== undefined) this.#state.saveSetting('seed', String(seed));
    });
  }

  /** Effect and log are one transaction, and the time is taken inside: who waited for the lock too long is refused. */
  #receive(request: WriteRequest): WriteOutcome {
    try {
      return this.#state.alone((): WriteOutcome => {
        const at = this.#options.now();
        const failure = this.#failure();
        if (failure === 'no_answer') return { kind: 'not_sent', reason: 'the simulated plant does not answer' };
        const judgement = judgeWrite(request, at, this.#writable, this.#keys);
        const { commandId, tag, value } = request;
        this.#state.appendWrite({ at, commandId, tag, value, accepted: judgement.accepted });
        if (judgement.accepted && !(failure && HELD_BACK.includes(failure))) this.#apply(judgement.tag, value, at);
        if (failure === 'write_lost_answer') return { kind: 'ambiguous', reason: 'the connection broke before the answer' };
        return judgement.accepted ? outcomeOfQuality(failure === 'write_pending' ? 'Good_WritePending' : 'Good') : judgement.outcome;
      });
    } catch (thrown) {
      return outcomeOf(thrown);
    }
  }

  #apply(tag: SimulatorTag, value: number, at: Instant): void {
    const known = this.#known(tag.equipmentId, at);
    // Until now the old value was in force.
    this.#state.saveThermal(known.id, advancedTo(known, this.#pace(), at));
    this.#state.saveTag(known.id, tag.name, value, at);
  }

  #readNow(tags: readonly string[]): readonly TagReading[] {
    const at = this.#options.now();
    const pace = this.#pace();
    const found = tags.map((path) => ({ path, tag: findTag(path, this.#writable) }));
    const ids = found.flatMap(({ tag }) => (tag === undefined ? [] : [tag.equipmentId]));
    const known = new Map(this.#state.equipment(ids).map((equipment) => [equipment.id, equipment]));
    return found.map(({ path, tag }) => {
      if (tag === undefined) return { ...said(path, null, 'Bad_NotFound'), at: null };
      const value = tagValue(tag, known.get(tag.equipmentId) ?? unseenEquipment(tag.equipmentId, at), pace, at);
      return { ...said(path, value, value === null ? 'Bad_NotConnected' : 'Good'), at };
    });
  }

  #advanceAll(to: Instant): void {
    const pace = this.#pace();
    for (const known of this.#state.equipment()) {
      if (known.thermal.at < to) this.#state.saveThermal(known.id, advancedTo(known, pace, to));
    }
  }

  /** The equipment as stored, put down at `at` first when it was never seen. Needs a transaction around it. */
  #known(equipmentId: string, at: Instant, temperatureC?: number): KnownEquipment {
    if (!EQUIPMENT_ID.test(equipmentId))
      throw new AgentError('usage', `'${equipmentId}' is no equipment id`, 'use letters, digits, _ and -');
    const [stored] = this.#state.equipment([equipmentId]);
    if (stored !== undefined) return stored;
    const added = unseenEquipment(equipmentId, at, temperatureC);
    this.#state.saveThermal(equipmentId, added.thermal);
    return added;
  }

  #pace(): PlantPace {
    return { speed: Number(this.#state.setting('speed') ?? '1'), seed: Number(this.#state.setting('seed') ?? '1') };
  }

  #failure(): PlantFailure | undefined {
    const stored = this.#state.setting('failure');
    return PLANT_FAILURES.find((known) => known === stored);
  }

  /** Waits as long as the plant takes, or as long as the caller has patience; false in the second case. */
  async #answerInTime(): Promise<boolean> {
    const { latencySeconds, timeoutSeconds } = this.#options;
    const seconds = Math.min(latencySeconds, timeoutSeconds);
    if (seconds > 0) await sleep(seconds * SECOND_MS);
    return latencySeconds <= timeoutSeconds;
  }
}

function said(tag: string, value: number | null, quality: string): Omit<TagReading, 'at'> {
  return { tag, value, quality, good: isGoodQuality(quality) };
}

function outcomeOfQuality(quality: string): WriteOutcome {
  const kind = writeKindOf(quality);
  return kind === 'written' ? { kind, quality } : { kind, quality, reason: `the plant answered ${quality}` };
}

/** Nothing was begun while another process held the file; any other failure may have come after the commit. */
function outcomeOf(thrown: unknown): WriteOutcome {
  if (!(thrown instanceof AgentError) || thrown.code !== 'plant_unavailable') throw thrown;
  const certain = sqliteResultCode(thrown.cause) === SQLITE_BUSY;
  return { kind: certain ? 'not_sent' : 'ambiguous', reason: thrown.message };
}

function unusable(what: string, value: number): AgentError {
  return new AgentError('usage', `${value} is not ${what} for the simulated plant`, 'give another number');
}
