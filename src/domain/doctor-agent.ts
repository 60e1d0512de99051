import { type Control, describeControl, isInForce, kindOf } from './control.ts';
import { about, type DoctorFinding, failed, ok, skipped, warning } from './doctor-finding.ts';
import { type AgentHealth, type HealthVerdict, NO_CYCLE_YET } from './health.ts';
import { inVainText } from './notification-tries.ts';
import { addSeconds, type Instant, isoOf } from './instant.ts';
import { judgeSignature, keyIdOf, type KeyRing } from './key-ring.ts';
import { signingOf, type SigningFacts } from './row-signatures.ts';

const LOOK = 'see the log of the agent; start it where it does not run: ops-agent loop';

/** Who may write to the plant now. A lease that ends later than one can is no lease: cycles take it, and a clock was ahead. */
export function leaseFinding(health: AgentHealth | undefined, now: Instant, leaseSeconds: number): DoctorFinding {
  const { leaseOwner = null, leaseExpires = null } = health ?? {};
  const facts = { owner: leaseOwner, expires: leaseExpires === null ? null : isoOf(leaseExpires) };
  if (leaseOwner === null || leaseExpires === null) return ok('lease', 'free', facts);
  const held = `held by the run ${leaseOwner} until ${isoOf(leaseExpires)}`;
  if (leaseExpires > addSeconds(now, leaseSeconds))
    return warning(
      'lease',
      `${held}, which is more than store.leaseSeconds (${leaseSeconds}) away`,
      'the next cycle takes it; see whose clock was ahead, or who has a longer store.leaseSeconds: it must be the same for all',
      facts,
    );
  return leaseExpires > now
    ? ok('lease', held, facts)
    : ok('lease', `free: that of the run ${leaseOwner} ended ${isoOf(leaseExpires)}`, facts);
}

/** As `health` judges it. Before the first cycle nothing is wrong yet. */
export function heartbeatFinding(health: AgentHealth | undefined, verdict: HealthVerdict): DoctorFinding {
  const { lastHeartbeat = null, nextDue = null, status = null } = health ?? {};
  const facts = {
    last_heartbeat: lastHeartbeat === null ? null : isoOf(lastHeartbeat),
    next_due: nextDue === null ? null : isoOf(nextDue),
    agent_status: status,
  };
  if (lastHeartbeat === null) return warning('heartbeat', NO_CYCLE_YET, 'run one: ops-agent run-once', facts);
  if (!verdict.healthy) return failed('heartbeat', { code: 'unhealthy', message: verdict.reasons.join('; '), remedy: LOOK }, facts);
  return ok(
    'heartbeat',
    `${isoOf(lastHeartbeat)}, the next is due ${nextDue === null ? 'at no time that is known' : isoOf(nextDue)}`,
    facts,
  );
}

/** Cycles that failed one after the other; a loop pauses for a minute from the fifth on. */
export function errorsFinding(health: AgentHealth | undefined): DoctorFinding {
  const { consecutiveErrors = 0, lastError = null } = health ?? {};
  const facts = { consecutive_errors: consecutiveErrors, last_error: lastError };
  if (consecutiveErrors === 0 && lastError === null) return ok('errors', 'the last cycle had none', facts);
  const failedOnes = consecutiveErrors === 1 ? 'the last cycle failed' : `the last ${consecutiveErrors} cycles failed`;
  const found = consecutiveErrors === 0 ? 'the last cycle was not whole' : failedOnes;
  return warning('errors', `${found}: ${lastError ?? 'its error is not known'}`, LOOK, facts);
}

/** Whether people hear of what happens: who is to be told can hardly tell that nothing comes. */
export function notificationsFinding(figures: {
  readonly waiting: number;
  readonly failing: number;
  readonly givenUp: number;
}): DoctorFinding {
  const { waiting, failing, givenUp } = figures;
  const facts = { waiting, failing, given_up: givenUp };
  const inVain = inVainText(failing);
  return inVain === null
    ? ok('notifications', `${waiting} waiting to be delivered, ${givenUp} given up`, facts)
    : warning(
        'notifications',
        inVain,
        'see why: ops-agent notify list; try the channels where the agent runs: ops-agent notify test',
        facts,
      );
}

const COMMANDS = { advisory: 'advisory', out_of_service: 'out-of-service', shelved: 'shelve' } as const;

/** Orders of people that keep the agent from something, each with what lifts it. */
export function controlFindings(controls: readonly Control[], now: Instant): readonly DoctorFinding[] {
  const inForce = controls.filter((control) => isInForce(control, now));
  if (inForce.length === 0) return [ok('controls', 'none in force')];
  return inForce.map((control) => {
    const { scope, by, reason, since, until } = control;
    const kind = kindOf(control);
    const ends = until === null ? 'without an end' : `until ${isoOf(until)}`;
    const equipment = scope === 'all' ? '' : ` --equipment '${scope}'`;
    const facts = { kind, scope, by, reason, since: isoOf(since), until: until === null ? null : isoOf(until) };
    const found = `${describeControl(control)}; since ${isoOf(since)}, ${ends}`;
    return about(
      scope,
      warning('controls', found, `once it is over: ops-agent control clear ${COMMANDS[kind]}${equipment} --by NAME`, facts),
    );
  });
}

/** Whether the agent that runs has the rules that were looked at here. */
export function rulesFinding(rulesHash: string, health: AgentHealth | undefined): DoctorFinding {
  const facts = { rules_hash: rulesHash, last_cycles_rules_hash: health?.rulesHash ?? null };
  if (health === undefined || health.rulesHash === null || health.rulesHash === rulesHash) return ok('rules', `hash ${rulesHash}`, facts);
  return warning(
    'rules',
    `hash ${rulesHash}; the last cycle worked by others: ${health.rulesHash}`,
    'give doctor the configuration of the agent that runs, or start that again',
    facts,
  );
}

/** Of the program, its tables and what runs it. `oldestNode` is the first major version that it runs on. */
export function versionsFinding(
  build: { readonly version: string; readonly schemaVersion: number; readonly node: string; readonly oldestNode: number },
  health: AgentHealth | undefined,
): DoctorFinding {
  const { version, schemaVersion, node, oldestNode } = build;
  const last = health?.version ?? null;
  const facts = { version, schema_version: schemaVersion, node, last_cycles_version: last };
  const found = `ops-agent ${version}, tables of version ${schemaVersion}, Node ${node}`;
  if (Number(node.split('.')[0]) < oldestNode)
    return failed('versions', { code: 'unhealthy', message: found, remedy: `install Node ${oldestNode} or newer` }, facts);
  if (last !== null && last !== version)
    return warning('versions', `${found}; the last cycle was of ops-agent ${last}`, 'have one version on all machines', facts);
  return ok('versions', found, facts);
}

/** Without the key that the audit is signed with a cycle ends what is open, and what it makes bears no signature that others know. */
export function signingFinding(keys: KeyRing, signing: SigningFacts | null, variable: string): DoctorFinding {
  const isAuditSigned = signing === null ? null : signingOf(signing) !== 'none';
  const facts = { has_key: keys.length > 0, is_audit_signed: isAuditSigned };
  const wrong = signing === null ? null : wrongKey(keys, signing, variable);
  if (wrong !== null) {
    const message = `${wrong}: a cycle from here would end what is open`;
    return failed('signing', { code: 'unauthorised', message, remedy: `set ${variable} as the agent has it` }, facts);
  }
  if (keys.length > 0) return ok('signing', `${variable} holds a key`, facts);
  return isAuditSigned === null
    ? skipped('signing', `${variable} holds no key; whether the audit is signed is not known`, '', facts)
    : ok('signing', 'no key, and nothing is signed', facts);
}

function wrongKey(keys: KeyRing, signing: SigningFacts, variable: string): string | null {
  if (signingOf(signing) === 'none') return null;
  if (keys.length === 0) return `${variable} holds no key, and this store's audit is signed`;
  const { newestHash, newestSignature } = signing;
  if (newestHash === null || newestSignature === null) return null;
  const id = keyIdOf(newestSignature);
  switch (judgeSignature(keys, newestHash, newestSignature)) {
    case 'unknown_key':
      return `the newest row of this store's audit is signed with the key '${id}', which ${variable} does not hold`;
    case 'invalid':
      return `the key '${id}' of ${variable} is not the one that the newest row of this store's audit is signed with`;
    case 'valid':
    case 'missing':
      return null;
  }
}
