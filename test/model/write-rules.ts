import { type Approval, person, type Step } from './approvals-by-hand.ts';

export interface Sent {
  readonly commandId: string;
  readonly tag: string;
  readonly value: number;
  readonly notAfter: number;
}

/** Figures of the site that the invariants are about, ms. */
export interface Site {
  readonly agent: string;
  readonly fourEyes: boolean;
  readonly approvalMs: number;
  /** How long after its claim a command may still be sent. */
  readonly sendableMs: number;
  /** How old the standing orders may be at a write. */
  readonly controlsMs: number;
  readonly maxAgeMs: number;
  /** The name that the command of a step has. */
  readonly commandId: (recommendation: string, sequence: number) => string;
  /** What has to permit a step, by its tag and value. */
  readonly permits: (step: Pick<Step, 'tag' | 'value'>, live: ReadonlyMap<string, number>) => boolean;
}

/** By what a write has to be answered. */
export interface Evidence {
  readonly approval: Approval | undefined;
  readonly step: Step | undefined;
  /** The hash of the row's ticket as the agent last wrote it. */
  readonly ticketInForce: string | undefined;
  /** The audit has 'dispatching' of the command. */
  readonly isAnnounced: boolean;
  readonly condition: string;
  readonly newestAt: number;
  readonly claimedAt: number;
  /** What the plant said to this run last. */
  readonly live: ReadonlyMap<string, number>;
  readonly supersededAt: number;
  /** Since when each standing order is in force. */
  readonly orders: readonly number[];
  /** When the run last heard anything, and when it had asked for that. */
  readonly knownAt: number;
  readonly askedAt: number;
  readonly site: Site;
}

type Fault = readonly [invariant: string, what: string];

/** What is wrong with a request that leaves for the plant; by hand, from the design's words. */
export function faultsOf(request: Sent, evidence: Evidence): readonly Fault[] {
  const { approval, step, isAnnounced, supersededAt, knownAt } = evidence;
  const faults: Fault[] = [];
  if (!isAnnounced) faults.push(['I7', "of which the audit has no 'dispatching'"]);
  if (supersededAt <= knownAt) faults.push(['I4', 'after another run had taken over']);
  if (!approval || !step) return [...faults, ['I3', 'without an approval that counts']];
  return [...faults, ...ticketFaults(request, approval, step, evidence), ...momentFaults(request, approval, step, evidence)];
}

/** Exactly what was approved, by a person, and still in force. */
function ticketFaults({ tag, value }: Sent, approval: Approval, step: Step, { ticketInForce, site }: Evidence): readonly Fault[] {
  const faults: Fault[] = [];
  if (tag !== step.tag || value !== step.value) faults.push(['I3', `where ${step.tag} = ${step.value} was approved`]);
  if (!approval.actions.some((action) => action.tag === tag && action.value === value))
    faults.push(['I3', 'which no approved action says']);
  if (approval.hash !== ticketInForce) faults.push(['I3', 'of a ticket that was changed after its approval']);
  if (approval.by === person(site.agent)) faults.push(['I3', 'that the agent had approved itself']);
  return faults;
}

/** At a time, and in a state of the plant, in which it may be written. */
function momentFaults({ notAfter }: Sent, approval: Approval, step: Step, evidence: Evidence): readonly Fault[] {
  const { newestAt, claimedAt, live, orders, knownAt, askedAt, site } = evidence;
  const ends = approval.at + site.approvalMs;
  const condition = knownAt - newestAt > site.maxAgeMs ? 'unknown' : evidence.condition;
  const faults: Fault[] = [];
  if (knownAt > ends) faults.push(['I3', 'after its approval had ended']);
  if (notAfter > Math.min(ends, claimedAt + site.sendableMs))
    faults.push(['I4', 'with a time limit that is later than approval and claim allow']);
  if (knownAt > notAfter) faults.push(['I4', 'after its own time limit']);
  if (orders.some((since) => since <= askedAt - site.controlsMs)) faults.push(['I3', 'under an order to stop']);
  if (condition !== 'holds') faults.push(['I3', `where its condition was ${condition}`]);
  const found = live.get(step.tag);
  if (found === undefined) faults.push(['I3', 'without having looked at the tag']);
  else if (step.direction === 'decrease' ? found <= step.value : found >= step.value)
    faults.push(['I3', `in the wrong direction, from ${found}`]);
  if (!site.permits(step, live)) faults.push(['I3', 'which the plant did not permit']);
  return faults;
}
