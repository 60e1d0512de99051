import { NO_KEYS, signingKey } from '../../src/domain/key-ring.ts';
import { describe, expect, test } from '@jest/globals';
import type { Control } from '../../src/domain/control.ts';
import {
  controlFindings,
  errorsFinding,
  heartbeatFinding,
  leaseFinding,
  rulesFinding,
  signingFinding,
  versionsFinding,
} from '../../src/domain/doctor-agent.ts';
import { type AgentHealth, judgeHealth } from '../../src/domain/health.ts';

const NOW = Date.UTC(2026, 2, 1, 12);
const HEALTHY: AgentHealth = {
  agentId: 'a',
  status: 'online',
  lastHeartbeat: NOW - 1000,
  pollsCompleted: 5,
  createdTimestamp: NOW - 100_000,
  leaseOwner: null,
  leaseHolder: null,
  leaseExpires: null,
  leaseEpoch: 5,
  watermarkTimestamp: NOW - 2000,
  newestReadingTimestamp: NOW - 2000,
  detectedTimestamp: NOW - 1000,
  nextDue: NOW + 9000,
  lastCycleMs: 300,
  lastError: null,
  consecutiveErrors: 0,
  rulesHash: 'abc',
  version: '0.1.0',
  lastProcessId: null,
  otherProcessId: null,
  otherDue: null,
  auditSeq: null,
  auditHash: null,
};

const judged = (health: AgentHealth | undefined, at = NOW) =>
  heartbeatFinding(health, judgeHealth(health, at, { maxAgeSeconds: 30, feedMaxAgeSeconds: 300 }));

const order = (changed: Partial<Control>): Control => ({
  kind: 'advisory',
  scope: 'all',
  by: 'anna',
  reason: 'drill',
  since: NOW - 1000,
  until: null,
  ...changed,
});

describe('a lease', () => {
  test.each<[string, Partial<AgentHealth>, string, string]>([
    ['of nobody is free', {}, 'ok', 'free'],
    [
      'that runs is held',
      { leaseOwner: 'run-1', leaseExpires: NOW + 60_000 },
      'ok',
      'held by the run run-1 until 2026-03-01T12:01:00.000Z',
    ],
    ['of the whole time is held', { leaseOwner: 'run-1', leaseExpires: NOW + 120_000 }, 'ok', 'held by'],
    ['that ended is free', { leaseOwner: 'run-1', leaseExpires: NOW }, 'ok', 'free: that of the run run-1 ended'],
    [
      'that ends later than one can is told of',
      { leaseOwner: 'run-1', leaseExpires: NOW + 120_001 },
      'warning',
      'which is more than store.leaseSeconds (120) away',
    ],
  ])('%s', (_what, changed, status, found) => {
    const finding = leaseFinding({ ...HEALTHY, ...changed }, NOW, 120);
    expect(finding).toMatchObject({ check: 'lease', status, found: expect.stringContaining(found) });
    expect(finding.remedy === '').toBe(status === 'ok');
  });

  test('of an agent without a row is free', () => {
    expect(leaseFinding(undefined, NOW, 120)).toMatchObject({ status: 'ok', found: 'free' });
  });
});

describe('a heartbeat', () => {
  test('that came as promised is ok', () => {
    expect(judged(HEALTHY)).toMatchObject({ status: 'ok', found: '2026-03-01T11:59:59.000Z, the next is due 2026-03-01T12:00:09.000Z' });
  });

  test('that never came is no failure yet', () => {
    expect(judged({ ...HEALTHY, lastHeartbeat: null })).toMatchObject({ status: 'warning', found: 'no cycle has run yet' });
    expect(judged(undefined)).toMatchObject({ status: 'warning' });
  });

  test('fails with the reasons of health', () => {
    expect(judged(HEALTHY, NOW + 60_000)).toMatchObject({
      status: 'failed',
      code: 'unhealthy',
      found: expect.stringContaining('the next was due by'),
    });
    expect(judged({ ...HEALTHY, status: 'offline' })).toMatchObject({ status: 'failed', found: 'the agent is offline' });
  });
});

test.each([
  [3, 'no answer', 'the last 3 cycles failed: no answer'],
  [1, 'no answer', 'the last cycle failed: no answer'],
  [1, null, 'the last cycle failed: its error is not known'],
  [0, 'no answer', 'the last cycle was not whole: no answer'],
])('%d cycles that failed, the last one with %s, are told as it is', (consecutiveErrors, lastError, found) => {
  expect(errorsFinding({ ...HEALTHY, consecutiveErrors, lastError })).toMatchObject({
    status: 'warning',
    found,
    facts: { consecutive_errors: consecutiveErrors, last_error: lastError },
  });
});

describe('orders in force', () => {
  test('are none, or none any more', () => {
    expect(controlFindings([], NOW)).toMatchObject([{ status: 'ok', found: 'none in force' }]);
    expect(controlFindings([order({ until: NOW })], NOW)).toMatchObject([{ status: 'ok' }]);
  });

  test('each say since when, until when, why, and what lifts them', () => {
    expect(controlFindings([order({}), order({ kind: 'out_of_service', scope: 'PUMP_*', until: NOW + 1000 })], NOW)).toMatchObject([
      {
        subject: 'all',
        status: 'warning',
        found: 'advisory (all) by anna: drill; since 2026-03-01T11:59:59.000Z, without an end',
        remedy: 'once it is over: ops-agent control clear advisory --by NAME',
      },
      {
        subject: 'PUMP_*',
        found: expect.stringContaining('until 2026-03-01T12:00:01.000Z'),
        remedy: "once it is over: ops-agent control clear out-of-service --equipment 'PUMP_*' --by NAME",
      },
    ]);
  });
});

test.each<[string, AgentHealth | undefined, string]>([
  ['before the first cycle', undefined, 'ok'],
  ['those of the last cycle', HEALTHY, 'ok'],
  ['others than those of the last cycle', { ...HEALTHY, rulesHash: 'def' }, 'warning'],
])('the rules: %s', (_what, health, status) => {
  expect(rulesFinding('abc', health)).toMatchObject({ status, found: expect.stringContaining('hash abc') });
});

test.each<[string, boolean, boolean | null, string]>([
  ['there where the audit is signed', true, true, 'ok'],
  ['there before anything is signed', true, false, 'ok'],
  ['missing where nothing is signed', false, false, 'ok'],
  ['missing where it is not known what is signed', false, null, 'skipped'],
  ['missing where the audit is signed', false, true, 'failed'],
])('the signing key: %s', (_what, hasKey, isSigned, status) => {
  const keys = hasKey ? [signingKey('a', 'x'.repeat(32))] : NO_KEYS;
  const [newestHash, newestAt] = ['hash', 1];
  const facts = isSigned === null ? null : { isAnySigned: isSigned, isNewestSigned: isSigned, newestAt, newestHash, newestSignature: null };
  expect(signingFinding(keys, facts, 'KEY')).toMatchObject({ check: 'signing', status });
});

test.each<[string, string, string | null, string]>([
  ['as they should be', '20.0.0', '0.1.0', 'ok'],
  ['before the first cycle', '24.1.0', null, 'ok'],
  ['of which the agent at work has another', '20.0.0', '0.2.0', 'warning'],
  ['with a Node that is too old', '18.20.0', '0.1.0', 'failed'],
])('versions %s', (_what, node, version, status) => {
  const build = { version: '0.1.0', schemaVersion: 4, node, oldestNode: 20 };
  expect(versionsFinding(build, { ...HEALTHY, version })).toMatchObject({ status, found: expect.stringContaining(`Node ${node}`) });
});

test('a last cycle without an error is ok', () => {
  expect(errorsFinding(HEALTHY)).toMatchObject({ status: 'ok', found: 'the last cycle had none' });
});
