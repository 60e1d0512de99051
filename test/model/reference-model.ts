import { type Approval, approvalIn, type CommandLineDecision, type Judged, type Step, type Truth } from './approvals-by-hand.ts';
import type { Run } from './run.ts';
import type { CommandSeen, EventSeen, RowSeen } from './seen.ts';
import { isCommandStep, isRecommendationStep, UNENDED_COMMANDS, UNENDED_RECOMMENDATIONS } from './status-tables.ts';
import { faultsOf, type Sent, type Site } from './write-rules.ts';

/** What a run had in hand, as far as a write of its has to be answered by it. */
interface Knowledge {
  readonly rows: Map<string, RowSeen>;
  readonly approvals: Map<string, Judged>;
  condition: string;
  /** When the newest reading was taken that it saw. */
  newestAt: number;
  claimedAt: number;
  live: ReadonlyMap<string, number>;
  /** When another run took over. */
  supersededAt: number;
}

export interface Write extends Sent {
  readonly run: string;
  readonly recommendation: string;
  /** What became of it: the plant took it, refused it, or never got it and nobody knows. */
  readonly fate: 'taken' | 'refused' | 'lost';
}

/** Events after which an earlier approval of the row counts no more. */
const DECIDED = ['created', 'escalated', 'renewed', 'refused', 'lapsed', 'rejected', 'deferred', 'resumed', 'reopened'];
const ENDED = ['withdrawn', 'expired', 'cancelled', 'executed', 'failed'];

/**
 * What a sequence may have led to, told by what was seen from outside: the rows before and after each statement of a run, the audit, and what
 * left for the plant. It collects what should not have happened.
 */
export class ReferenceModel {
  readonly violations: string[] = [];
  readonly writes: Write[] = [];
  readonly orders = new Map<string, number>();
  /** Recommendations about which somebody else told the audit something. */
  readonly forged = new Set<string>();
  readonly #site: Site;
  readonly #truths = new Map<string, Truth>();
  #rows = new Map<string, RowSeen>();
  #commands = new Map<string, CommandSeen>();
  readonly #steps = new Map<string, { readonly recommendation: string; readonly step: Step }>();
  readonly #announced = new Set<string>();
  readonly #accepted = new Map<string, Approval>();
  readonly #first = new Map<string, Approval>();
  /** Approvals that ended, and when: a run that had heard nothing since could not know. */
  readonly #ended = new Map<string, { readonly approval: Approval; readonly at: number }>();
  readonly #byCommandLine = new Map<string, CommandLineDecision>();
  readonly #known = new Map<string, Knowledge>();

  constructor(site: Site) {
    this.#site = site;
  }

  #wrong(invariant: string, what: string): void {
    this.violations.push(`${invariant}: ${what}`);
  }

  #of(run: string): Knowledge {
    const known = this.#known.get(run) ?? {
      rows: new Map(),
      approvals: new Map(),
      condition: 'unknown',
      newestAt: 0,
      claimedAt: 0,
      live: new Map(),
      supersededAt: Number.POSITIVE_INFINITY,
    };
    this.#known.set(run, known);
    return known;
  }

  truthOf(recommendation: string): Truth | undefined {
    return this.#truths.get(recommendation);
  }

  acceptedOf(recommendation: string): Approval | undefined {
    return this.#accepted.get(recommendation);
  }

  get rows(): readonly RowSeen[] {
    return [...this.#rows.values()];
  }

  get commands(): readonly CommandSeen[] {
    return [...this.#commands.values()];
  }

  /** An approval that a cycle would find now. Where somebody wrote `guarded_status`, the row may be asked about anew: a person still has to answer. */
  judgedNow(row: RowSeen, now: number): Judged {
    const truth = this.#truths.get(row.id);
    if (!truth) return null;
    const isOpen = ['awaiting_second', 'approved', 'executing'].includes(truth.status);
    const isAskedAnew = row.guarded !== truth.status && (isOpen || this.forged.has(row.id));
    return this.#judge(row, truth, now) ?? (isAskedAnew ? this.#judge(row, { ...truth, status: 'pending' }, now) : null);
  }

  #judge(row: RowSeen, truth: Truth, now: number): Judged {
    const { agent, fourEyes, approvalMs } = this.#site;
    const first = this.#first.get(row.id) ?? null;
    return approvalIn(row, truth, { now, agent, fourEyes, approvalMs, first, byCommandLine: this.#byCommandLine.get(row.id) });
  }

  decidedByCommandLine(recommendation: string, decision: CommandLineDecision): void {
    this.#byCommandLine.set(recommendation, decision);
  }

  /** People, or somebody else, changed the store. */
  changedOutside(rows: readonly RowSeen[], commands: readonly CommandSeen[]): void {
    this.#rows = new Map(rows.map((row) => [row.id, row]));
    this.#commands = new Map(commands.map((command) => [command.id, command]));
  }

  /** @param owner the run that has the lease from now on */
  leaseTaken(owner: string, now: number): void {
    this.#of(owner);
    for (const [run, known] of this.#known) if (run !== owner) known.supersededAt = Math.min(known.supersededAt, now);
  }

  workRead(run: string, now: number): void {
    for (const row of this.rows) {
      this.#of(run).rows.set(row.id, row);
      this.#of(run).approvals.set(row.id, this.judgedNow(row, now));
    }
  }

  detected(run: string, condition: string, newestAt: number): void {
    Object.assign(this.#of(run), { condition, newestAt });
  }

  claimed(run: string, now: number): void {
    this.#of(run).claimedAt = now;
  }

  plantRead(run: string, live: ReadonlyMap<string, number>): void {
    this.#of(run).live = live;
  }

  audited(run: string, events: readonly EventSeen[], now: number): void {
    for (const { event, subject, to } of events) {
      if (event === 'reopened') this.#reopened(subject, to);
      if (event === 'approved' || event === 'first_approved') this.#approved(run, subject, event, now);
      else if (DECIDED.includes(event) || ENDED.includes(event)) this.#forget(subject, now);
      else if (event === 'dispatching') this.#announced.add(subject);
    }
  }

  /** A row that says in both columns that it waits is taken at its word, and asked about anew. */
  #reopened(recommendation: string, status: string): void {
    const truth = this.#truths.get(recommendation);
    if (truth) this.#truths.set(recommendation, { ...truth, status });
  }

  #forget(recommendation: string, at: number): void {
    const approval = this.#accepted.get(recommendation);
    if (approval) this.#ended.set(recommendation, { approval, at });
    this.#accepted.delete(recommendation);
    this.#first.delete(recommendation);
  }

  #approved(run: string, recommendation: string, event: string, now: number): void {
    const found = this.#of(run).approvals.get(recommendation) ?? null;
    // What would do as the second may count as the first, where `guarded_status` says that nobody has approved yet.
    const kinds = event === 'approved' ? ['only', 'second'] : ['first', 'second'];
    if (found !== null && kinds.includes(found.kind)) {
      this.#forget(recommendation, now);
      (event === 'approved' ? this.#accepted : this.#first).set(recommendation, found.approval);
      for (const step of found.approval.actions)
        this.#steps.set(this.#site.commandId(recommendation, step.sequence), { recommendation, step });
      return;
    }
    // Accepted by a run that died before it could store it.
    const stands = this.#accepted.get(recommendation);
    if (event === 'approved' && stands?.hash === this.#truths.get(recommendation)?.hash) return;
    this.#wrong('I3', `run ${run} told the audit '${event}' of ${recommendation}, of which no approval counts`);
  }

  /** One write of a run to its tables; `before` is what this model was told last. */
  written(run: string, rows: readonly RowSeen[], commands: readonly CommandSeen[], now: number): void {
    for (const row of rows) this.#wroteRow(run, row, now);
    for (const { id, status } of commands) {
      const found = this.#commands.get(id)?.status ?? 'pending';
      if (!isCommandStep(found, status)) this.#wrong('I5', `run ${run} made command ${id} ${status}, which was ${found}`);
    }
    this.changedOutside(rows, commands);
  }

  #wroteRow(run: string, row: RowSeen, now: number): void {
    const found = this.#rows.get(row.id);
    const truth = this.#truths.get(row.id);
    const { status, hash, actions, severity } = row;
    if (!found || !truth) {
      if (status !== 'pending' && status !== 'withdrawn') this.#wrong('I5', `run ${run} made ${row.id} ${status}`);
      this.#truths.set(row.id, { status, hash, actions, severity, changedAt: null });
      return;
    }
    // By what is there now, or by what was there when the run looked.
    const looks = [found, this.#of(run).rows.get(row.id) ?? found];
    const isStep = looks.some((look) => isRecommendationStep(truth.status, look, status, this.forged.has(row.id)));
    if (status !== found.status && !isStep)
      this.#wrong('I5', `run ${run} made ${row.id} ${status}, which was ${found.status} and by the agent ${truth.status}`);
    const isAnotherTicket = hash !== found.hash && hash !== truth.hash;
    const ticket = isAnotherTicket ? { hash, actions, severity, changedAt: now } : truth;
    const isWritten = status !== found.status || row.guarded !== found.guarded;
    this.#truths.set(row.id, { ...ticket, status: isWritten ? status : truth.status });
  }

  /** A request leaves for the plant. `answeredAt`: when the run last heard anything, after which it could not have known better. */
  sent(run: string, request: Sent, { answeredAt: knownAt, askedAt }: Pick<Run, 'answeredAt' | 'askedAt'>): void {
    const { commandId } = request;
    const { recommendation = '', step } = this.#steps.get(commandId) ?? {};
    const ended = this.#ended.get(recommendation);
    const past = ended && ended.at > knownAt ? ended.approval : undefined;
    const approval = past ?? this.#accepted.get(recommendation);
    const { approvals: _approvals, rows: _rows, ...known } = this.#of(run);
    const evidence = { ...known, approval, step, isAnnounced: this.#announced.has(commandId) };
    const ticketInForce = past?.hash ?? this.#truths.get(recommendation)?.hash;
    const orders = [...this.orders.values()];
    for (const [invariant, what] of faultsOf(request, { ...evidence, ticketInForce, orders, knownAt, askedAt, site: this.#site }))
      this.#wrong(invariant, `run ${run} sent ${request.tag} = ${request.value} (${commandId}) ${what}`);
    if (this.writes.some((write) => write.commandId === commandId)) this.#wrong('I4', `command ${commandId} was sent twice`);
  }

  /** What became of it. `at` is when the plant got it. */
  arrived(run: string, request: Sent, fate: Write['fate'], at: number): void {
    const recommendation = this.#steps.get(request.commandId)?.recommendation ?? '';
    this.writes.push({ ...request, run, recommendation, fate });
    if (fate !== 'taken') return;
    const approval = this.#accepted.get(recommendation);
    const about = `the write of run ${run}, ${request.tag} = ${request.value} (${request.commandId}),`;
    if (at > request.notAfter) this.#wrong('I4', `${about} took effect after its not_after`);
    if (approval && at > approval.at + this.#site.approvalMs) this.#wrong('I3', `${about} took effect after its approval had ended`);
    if (this.isSuperseded(run)) this.#wrong('I4', `${about} took effect after another run had taken over`);
  }

  /** When all is quiet. */
  settled(): void {
    for (const { id, status } of this.rows) if (UNENDED_RECOMMENDATIONS.includes(status)) this.#wrong('I6', `${id} is left ${status}`);
    for (const { id, status } of this.commands) if (UNENDED_COMMANDS.includes(status)) this.#wrong('I6', `command ${id} is left ${status}`);
  }

  isSuperseded(run: string): boolean {
    return this.#of(run).supersededAt !== Number.POSITIVE_INFINITY;
  }

  /** What no invariant has a number for. */
  failed(what: string): void {
    this.violations.push(what);
  }
}
