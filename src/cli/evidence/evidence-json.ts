import type { Evidence } from '../../domain/evidence.ts';
import type { RecordedDecision } from '../../domain/evidence-decisions.ts';
import type { SignalRecord, StandingOrder } from '../../domain/evidence-record.ts';
import type { IssuedTicket } from '../../domain/evidence-ticket.ts';
import type { RecordedWrite } from '../../domain/evidence-writes.ts';
import { isoOf, type Instant } from '../../domain/instant.ts';
import type { Recommendation } from '../../domain/recommendation.ts';
import { jsonRow, snakeCase } from '../json.ts';
import { unitOf } from '../wording.ts';
import { historyOf } from './history.ts';
import { momentsOf } from './moments.ts';
import { missingReadingsText } from './trend-wording.ts';
import { verdictOf } from './verdict.ts';
import { noWriteText } from './write-wording.ts';

type Json = Readonly<Record<string, unknown>>;

function iso(at: Instant | null): string | null {
  return at === null ? null : isoOf(at);
}

function readingsJson({ extremes, range }: SignalRecord, missing: string | null): Json {
  return {
    after: isoOf(range.after),
    up_to: isoOf(range.upTo),
    readings: extremes?.readings ?? 0,
    points: (extremes?.points ?? []).map(({ at, value }) => ({ at: isoOf(at), value })),
    missing,
  };
}

function limitsJson({ limits }: Evidence): Json | null {
  if (!limits) return null;
  const { family, clearBound, areOfRecord } = limits;
  return {
    are_of_record: areOfRecord,
    side: family.side,
    deadband: family.deadband,
    clear_bound: clearBound,
    bands: family.bands.map(({ ruleId, severity, limit, issueType }) => ({ rule_id: ruleId, severity, limit, issue_type: issueType })),
  };
}

function ticketJson({ ticket, hash, issuedAt, issuedBy, steps }: IssuedTicket): Json {
  return {
    action_hash: hash,
    issued_at: isoOf(issuedAt),
    issued_by: issuedBy,
    severity: ticket.severity,
    rule_id: ticket.ruleId,
    four_eyes: ticket.fourEyes === true,
    actions: steps.map(({ action, allowed, tolerance }) => ({
      ...action,
      limits: allowed && {
        min: allowed.min,
        max: allowed.max,
        max_step: allowed.maxStep ?? null,
        type: allowed.type,
        unit: allowed.unit,
        direction: allowed.direction,
      },
      tolerance,
    })),
  };
}

function decisionJson({ at, judgedAt, ...decision }: RecordedDecision): Json {
  return { ...jsonRow(decision), at: iso(at), judged_at: isoOf(judgedAt) };
}

function writeJson({ command, sent, announcedAt, returned, broken, isReadBack }: RecordedWrite): Json {
  return {
    ...jsonRow(command),
    sent,
    announced_at: iso(announcedAt),
    returned,
    differs_in: broken.map(snakeCase),
    is_read_back: isReadBack,
  };
}

function relatedJson(row: Recommendation | null): Json | null {
  if (row === null) return null;
  const { recommendationId, status, severity, createdTimestamp, outcome } = row;
  return { ...jsonRow({ recommendationId, status, severity, createdTimestamp, outcome }) };
}

function orderJson({ lifted, ...order }: StandingOrder): Json {
  return { ...jsonRow(order), lifted_at: iso(lifted?.at ?? null), lifted_by: lifted?.by ?? null };
}

/** The evidence as `--json` prints it. Rows have the keys of their tables; what a JSON column holds stays as it is stored. */
export function evidenceJson(evidence: Evidence): Json {
  const { now, row, signal, ticket, related, outcome } = evidence;
  const history = historyOf(evidence);
  return {
    at: isoOf(now),
    verdict: verdictOf(evidence),
    recommendation: jsonRow(row),
    signal: { name: signal.name, unit: unitOf(signal.name) ?? null },
    readings: readingsJson(signal, missingReadingsText(evidence)),
    limits: limitsJson(evidence),
    ticket: ticket && ticketJson(ticket),
    decisions: evidence.decisions.map(decisionJson),
    writes: evidence.writes.map(writeJson),
    no_write: noWriteText(evidence),
    outcome: {
      outcome: outcome.outcome,
      verified_timestamp: iso(outcome.verifiedAt),
      value_before: outcome.before,
      value_after: outcome.after,
      expected: outcome.expected,
    },
    orders: evidence.orders.map(orderJson),
    related: {
      predecessor: relatedJson(related.predecessor),
      follows: relatedJson(related.follows),
      successor: relatedJson(related.successor),
    },
    timeline: momentsOf(evidence).map(({ at, title, detail }) => ({ at: isoOf(at), title, detail })),
    checks: evidence.checks,
    audit: {
      rows: history.length,
      first_at: iso(history[0]?.at ?? null),
      last_at: iso(history.at(-1)?.at ?? null),
      chain_seqs: history.map(({ chainSeq }) => chainSeq),
      pruned_until: iso(evidence.prunedUntil),
    },
    events: history.map(jsonRow),
  };
}
