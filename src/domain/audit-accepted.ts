import { ACCEPTED, PRUNED } from './audit-chain.ts';
import type { AuditFinding, PlacedRow } from './audit-finding.ts';
import { type AgentEvent, eventOf, type EventRun } from './event.ts';
import { type Instant, isoOf } from './instant.ts';
import { field } from './json-field.ts';
import { hashOf } from './ticket.ts';

/** Who answered for a finding. */
export interface Acceptance {
  readonly by: string;
  readonly at: Instant | null;
  readonly reason: string;
}

/** A finding that somebody answered for. */
export interface AcceptedFinding extends AuditFinding {
  readonly acceptance: Acceptance;
}

/** What makes a finding this one: what is wrong, where, and by which content of the rows it was seen. */
export function fingerprintOf({ kind, agentId, chainSeq, eventId, evidence }: AuditFinding): string {
  return hashOf({ kind, agent_id: agentId, chain_seq: chainSeq, event_id: eventId, evidence });
}

/** Says in one word which findings somebody saw, and what they said: it is another one as soon as any of them is, or says, another one. */
function nextFindingsId(id: string | null, finding: AuditFinding): string {
  return hashOf([id, fingerprintOf(finding), finding.text]);
}

/** The event with which a person answers for exactly these findings. */
export function acceptedEvent(
  run: EventRun,
  actor: string,
  reason: string,
  findings: readonly AuditFinding[],
  findingsId: string,
): AgentEvent {
  return eventOf(run, {
    subjectType: 'agent',
    subjectId: run.agentId,
    event: ACCEPTED,
    step: findingsId,
    actor,
    reason,
    after: {
      findings: findings.map(({ kind, agentId, chainSeq, eventId, text, evidence }) => ({
        kind,
        agent_id: agentId,
        chain_seq: chainSeq,
        event_id: eventId,
        text,
        evidence,
      })),
    },
  });
}

/** Which findings a row answers for, by their fingerprints: its own, or those whose rows prune took away. Of a row that says anything else none. */
export function acceptancesIn(row: Pick<PlacedRow, 'event' | 'after' | 'actor' | 'at' | 'reason'>): ReadonlyMap<string, Acceptance> {
  if (row.event === ACCEPTED) {
    const acceptance = { by: row.actor, at: row.at, reason: row.reason ?? '' };
    return new Map(listOf(field(row.after, 'findings')).map((told) => [hashOf(identityIn(told)), acceptance]));
  }
  if (row.event !== PRUNED) return new Map();
  return new Map(
    listOf(field(row.after, 'accepted')).map((told) => {
      const at = Date.parse(String(field(told, 'at')));
      const [by, reason] = [String(field(told, 'by')), String(field(told, 'reason'))];
      return [String(field(told, 'finding')), { by, at: Number.isNaN(at) ? null : at, reason }];
    }),
  );
}

export function acceptanceRecord(fingerprint: string, { by, at, reason }: Acceptance): Readonly<Record<string, unknown>> {
  return { finding: fingerprint, by, at: at === null ? null : isoOf(at), reason };
}

function identityIn(told: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(['kind', 'agent_id', 'chain_seq', 'event_id', 'evidence'].map((name) => [name, field(told, name)]));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Of findings as they come: which are answered for, and of the others as many as are wanted, with their number and their id. */
export class FindingTally {
  readonly #accepted: ReadonlyMap<string, Acceptance>;
  readonly #most: number;
  readonly kept: AuditFinding[] = [];
  readonly accepted: AcceptedFinding[] = [];
  total = 0;
  id: string | null = null;

  constructor(accepted: ReadonlyMap<string, Acceptance>, most: number) {
    this.#accepted = accepted;
    this.#most = most;
  }

  isAccepted(finding: AuditFinding): boolean {
    return this.#accepted.has(fingerprintOf(finding));
  }

  note(findings: readonly AuditFinding[]): void {
    for (const finding of findings) {
      const acceptance = this.#accepted.get(fingerprintOf(finding));
      if (acceptance) this.accepted.push({ ...finding, acceptance });
      else {
        this.total += 1;
        this.id = nextFindingsId(this.id, finding);
        if (this.kept.length < this.#most) this.kept.push(finding);
      }
    }
  }
}
