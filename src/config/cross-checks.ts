import { approvalsUnread, LEASE_MARGIN_SECONDS } from '../domain/policy.ts';
import type { IssueFamily } from '../domain/rules.ts';
import { didYouMean } from './nearest.ts';
import { notifyWarnings } from './notify-settings.ts';
import type { Problem } from './problems.ts';
import { DEFAULT_PHYSICAL_LIMITS } from './schema-source.ts';
import type { Config } from './schema.ts';
import type { Settings } from './settings.ts';

export function leaseProblems({ store: { leaseSeconds }, plant }: Config): Problem[] {
  const least = plant.timeoutSeconds + LEASE_MARGIN_SECONDS;
  if (leaseSeconds > least) return [];
  const text = `must be more than plant.timeoutSeconds + ${LEASE_MARGIN_SECONDS} = ${least}, is ${leaseSeconds}`;
  return [{ path: ['store', 'leaseSeconds'], text }];
}

/** Keys that are right each by itself, and together hardly what was meant. They are not refused: a loop may be given another interval. */
export function configWarnings({ policy, poll, notify }: Settings): readonly Problem[] {
  const text = approvalsUnread(policy, poll.intervalSeconds);
  return [...(text === null ? [] : [{ path: ['policy', 'approvalTtlSeconds'], text }]), ...notifyWarnings(notify)];
}

/** Keys of the other shape would be ignored in silence, and readings then come from another column than the user thinks. */
export function shapeProblems(config: Config, isGiven: (key: string) => boolean): Problem[] {
  const { shape } = config.source;
  const foreign = shape === 'wide' ? ['signal', 'value', 'quality'] : ['status'];
  const instead = shape === 'wide' ? '' : '; there the column is quality';
  const problems: Problem[] = foreign
    .filter((name) => isGiven(`source.columns.${name}`))
    .map((name) => ({ path: ['source', 'columns', name], text: `does not belong to source.shape: ${shape}${instead}` }));
  const taken = new Map<string, string>();
  for (const [signal, target] of Object.entries(config.source.columns.signals)) {
    const path = ['source', 'columns', 'signals', signal];
    const other = taken.get(target);
    if (other !== undefined) problems.push({ path, text: `is mapped to '${target}' like ${other}; every signal needs its own` });
    if (shape === 'wide' && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(target)) {
      problems.push({ path, text: `must be a column's name: letters, digits and '_', not starting with a digit; it is '${target}'` });
    }
    taken.set(target, signal);
  }
  return problems;
}

/** Every signal that a rule or a limit names must be one that the source has. */
export function signalProblems(config: Config, families: readonly IssueFamily[]): Problem[] {
  const signals = Object.keys(config.source.columns.signals);
  const unmapped = (signal: string, path: Problem['path']): Problem[] =>
    signals.includes(signal)
      ? []
      : [
          {
            path,
            text: `source.columns.signals does not map '${signal}'${didYouMean(signal, signals) || `; it maps ${signals.join(', ')}`}`,
          },
        ];
  const builtIn =
    config.rules.bands === undefined ? families.flatMap((family) => unmapped(family.signal, ['source', 'columns', 'signals'])) : [];
  return [
    ...builtIn.map((problem) => ({ ...problem, text: `${problem.text}, which the built-in rules need; map it or give rules.bands` })),
    ...(config.rules.bands ?? []).flatMap((band, i) => unmapped(band.signal, ['rules', 'bands', i, 'signal'])),
    ...(config.rules.causes ?? []).flatMap((cause, i) => [
      ...(cause.signal === undefined ? [] : unmapped(cause.signal, ['rules', 'causes', i, 'signal'])),
      ...(cause.when ?? []).flatMap(({ signal }, j) => unmapped(signal, ['rules', 'causes', i, 'when', j, 'signal'])),
    ]),
    ...config.equipment.flatMap(({ normal }, i) =>
      Object.keys(normal ?? {}).flatMap((signal) => unmapped(signal, ['equipment', i, 'normal', signal])),
    ),
    ...Object.keys(config.sensorFaults.stepping).flatMap((signal) => unmapped(signal, ['sensorFaults', 'stepping', signal])),
    ...Object.keys(config.source.physicalLimits)
      // The defaults stand for signals that a mapping may leave out.
      .filter((signal) => !Object.hasOwn(DEFAULT_PHYSICAL_LIMITS, signal))
      .flatMap((signal) => unmapped(signal, ['source', 'physicalLimits', signal])),
  ];
}
