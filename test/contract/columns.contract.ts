import { describe, expect, test } from '@jest/globals';
import { double, oneof, sample } from 'fast-check';
import { chained, NO_CHAIN } from '../../src/domain/audit-chain.ts';
import type { Command } from '../../src/domain/command.ts';
import type { Control } from '../../src/domain/control.ts';
import { NO_KEYS } from '../../src/domain/key-ring.ts';
import type { Recommendation } from '../../src/domain/recommendation.ts';
import type { Heartbeat } from '../../src/ports/cycle-store.ts';
import { propertyOf } from '../../src/store/row-mapping.ts';
import { ALL_TABLES, COMMANDS, EVENTS, HEALTH, RECOMMENDATIONS, type Table } from '../../src/store/tables.ts';
import { AGENT, leaseOf, type StoreUnderTest } from '../support/stores.ts';
import { aCommand, anEvent, aRecommendation, changing, inserting, insertingCommand } from './samples.ts';
import { withStore } from './with-store.ts';

const AT = Date.UTC(2026, 1, 19, 10, 30, 46, 123);

/** Texts that a careless layer would run, cut, unescape or take for a parameter. */
const CANARIES = [
  `'); DROP TABLE agent_events; --`,
  `" OR 1 = 1; /* :agent ? $1 %s \${x} */`,
  'back\\slash \\n \\u0041 {"a": ["b"]} [1]',
  'line\r\nbreak\ttab',
  'Ünïcödé 温度 🔥 \u202E e\u0301',
  'NULL',
  ' 2026-02-19 10:30:46.123 ',
  '0123.50',
  '',
];

function propertiesOf(table: Table): readonly string[] {
  return table.columns.map((column) => propertyOf(column.name));
}

/** Every column filled, every text another canary. */
function fullRecommendation(): Recommendation {
  const texts = { next: 0 };
  const text = () => `${texts.next} ${CANARIES[texts.next++ % CANARIES.length] ?? ''}`;
  const times = { next: AT };
  const time = () => (times.next += 61_001);
  return aRecommendation(AT, {
    equipmentId: text(),
    issueType: text(),
    issueFamily: text(),
    severity: 'low',
    priority: 1,
    ruleId: text(),
    rulesHash: text(),
    temperatureReading: 0.1 + 0.2,
    pressureReading: 0,
    flowRateReading: 5e-324,
    peakValue: 1.7976931348623157e308,
    rootCauseAnalysis: text(),
    recommendedAction: text(),
    confidenceScore: 1 / 3,
    actions: [{ tag: text(), value: 81.30000000000001, nested: { 'a "b"': [null, true, { c: text() }] } }],
    actionHash: text(),
    createdByAgent: text(),
    firstDetectedTimestamp: time(),
    lastAccountedTimestamp: time(),
    quietUntil: time(),
    escalatedTimestamp: time(),
    predecessorId: text(),
    followsRecommendationId: text(),
    approvedTimestamp: time(),
    approvedByOperator: text(),
    approvedVia: text(),
    secondApprover: text(),
    operatorNotes: text(),
    rejectedTimestamp: time(),
    rejectedByOperator: text(),
    rejectionReason: text(),
    deferUntil: time(),
    expiresTimestamp: time(),
    executedTimestamp: time(),
    executionResult: text(),
    outcome: 'effective',
    verifiedTimestamp: time(),
    updatedTimestamp: time(),
    mayHaveWritten: true,
    chatteringTimestamp: time(),
    triedBefore: text(),
    revertRequestedBy: text(),
    approvedHash: text(),
  });
}

function fullCommand(): Command {
  return aCommand(AT, {
    commandId: `it's command 1`,
    recommendationId: fullRecommendation().recommendationId,
    equipmentId: CANARIES[0] ?? '',
    sequence: 7,
    tagPath: CANARIES[1] ?? '',
    newValue: '0050.0',
    valueType: CANARIES[2] ?? '',
    unit: CANARIES[4] ?? '',
    direction: CANARIES[5] ?? '',
    oldValue: 0.1 + 0.7,
    readBackValue: 49.99999999999999,
    actionDescription: CANARIES[3] ?? '',
    claimedBy: 'run-1',
    claimedTimestamp: AT + 1,
    startedTimestamp: AT + 2,
    completedTimestamp: AT + 3,
    executedTimestamp: AT + 4,
    notAfter: AT + 5,
    attempt: 2,
    failureCode: CANARIES[6] ?? '',
    signature: CANARIES[5] ?? '',
    executionResult: CANARIES[7] ?? '',
    status: 'executing',
  });
}

const HEARTBEAT: Heartbeat = {
  status: 'online',
  processId: CANARIES[2] ?? '',
  detected: true,
  counted: true,
  watermark: AT,
  newestReadingAt: AT + 999,
  nextDueInSeconds: 10.5,
  cycleMs: 123,
  lastError: CANARIES[0] ?? '',
  rulesHash: CANARIES[1] ?? '',
  version: CANARIES[4] ?? '',
};

const oldValues = (list: readonly Command[]) =>
  list.toSorted((a, b) => (a.commandId < b.commandId ? -1 : 1)).map((command) => command.oldValue);

const byKind = (controls: readonly Control[]) => controls.toSorted((a, b) => (a.kind < b.kind ? -1 : 1));

export function columnsContract(under: StoreUnderTest): void {
  describe('every column comes back as it was written:', () => {
    const store = withStore(under);

    test("a recommendation's, over every way of reading it", async () => {
      const at = store();
      const row = fullRecommendation();
      expect(Object.keys(row).toSorted()).toEqual(propertiesOf(RECOMMENDATIONS).toSorted());
      expect(Object.entries(row).filter(([, value]) => value === null)).toEqual([]);
      const lease = await leaseOf(at.store);
      expect(await at.store.saveRecommendations(lease, [inserting(row)])).toBe(1);
      expect(await at.store.listRecommendations({ statuses: ['pending'], equipmentId: row.equipmentId, limit: 9 })).toEqual([row]);
      expect(await at.store.findRecommendations(row.recommendationId)).toEqual([row]);
      const work = await at.store.readOpenWork(AGENT);
      expect(work.recommendations).toEqual([{ ...row, ticket: null, announced: null, lastDecision: null }]);
      expect(work.families).toEqual([
        expect.objectContaining({
          recommendationId: row.recommendationId,
          lastAccountedTimestamp: row.lastAccountedTimestamp,
          quietUntil: row.quietUntil,
          outcome: 'effective',
          mayHaveWritten: true,
        }),
      ]);
      for (const table of ALL_TABLES) expect(await at.outside.rows(`SELECT COUNT(*) AS n FROM ${table.name}`)).toHaveLength(1);
    });

    test("a recommendation's nulls, and what a change does not name stays", async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      const row = aRecommendation(AT, {
        temperatureReading: null,
        pressureReading: null,
        flowRateReading: null,
        createdByAgent: null,
        actionHash: null,
        actions: null,
      });
      await at.store.saveRecommendations(lease, [inserting(row)]);
      expect(await at.store.findRecommendations(row.recommendationId)).toEqual([row]);
      const full = { ...fullRecommendation(), recommendationId: row.recommendationId, equipmentId: row.equipmentId };
      await at.store.saveRecommendations(lease, [changing(row, 'pending', full)]);
      await at.store.saveRecommendations(lease, [
        changing(row, 'pending', { operatorNotes: null, deferUntil: null, mayHaveWritten: false, peakValue: 1 }),
      ]);
      expect(await at.store.findRecommendations(row.recommendationId)).toEqual([
        { ...full, operatorNotes: null, deferUntil: null, mayHaveWritten: false, peakValue: 1 },
      ]);
    });

    test("a command's, over every way of reading it", async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      const command = fullCommand();
      expect(Object.keys(command).toSorted()).toEqual(propertiesOf(COMMANDS).toSorted());
      await at.store.saveCommands(lease, [insertingCommand(command)]);
      expect(await at.store.listCommands({ recommendationId: command.recommendationId, statuses: ['executing'], limit: 9 })).toEqual([
        command,
      ]);
      expect((await at.store.readOpenWork(AGENT)).commands).toEqual([command]);
      expect(await at.store.readClaimed(lease)).toEqual([{ command, ticket: null }]);
      expect(await at.store.readCommands([command.commandId, 'gone'])).toEqual(new Map([[command.commandId, command]]));
      const bare = {
        ...aCommand(AT),
        sequence: null,
        recommendationId: null,
        equipmentId: null,
        newValue: null,
        oldValue: null,
        severity: null,
      };
      await at.store.saveCommands(lease, [insertingCommand(bare)]);
      expect((await at.store.listCommands({ recommendationId: null, statuses: ['pending'], limit: 9 }))[0]).toEqual(bare);
    });

    test("an event's", async () => {
      const at = store();
      const event = anEvent({
        eventId: CANARIES[0] ?? '',
        actor: CANARIES[1] ?? '',
        subjectId: CANARIES[4] ?? '',
        reason: CANARIES[2] ?? '',
        fromStatus: CANARIES[3] ?? '',
        before: { text: CANARIES, none: null },
        after: [1, 'two', 81.30000000000001],
        sessionId: CANARIES[5] ?? '',
      });
      await at.store.appendEvents([event, anEvent()], AT);
      const found = await at.store.listEvents({ subjectId: event.subjectId, limit: 9 });
      const [first, second] = chained(
        NO_CHAIN,
        [event, anEvent()].map((each, ordinal) => ({ ...each, at: AT, ordinal })),
        NO_KEYS,
      );
      expect(found).toEqual([first]);
      expect(Object.keys(found[0] ?? {}).toSorted()).toEqual(propertiesOf(EVENTS).toSorted());
      expect(await at.store.listEvents({ subjectId: anEvent().subjectId, limit: 9 })).toEqual([second]);
    });

    test("a control's, for operators and for the cycle", async () => {
      const at = store();
      const control: Control = {
        kind: 'shelved',
        scope: CANARIES[1] ?? '',
        by: CANARIES[0] ?? '',
        reason: CANARIES[4] ?? '',
        since: AT,
        until: AT + 1,
      };
      await at.store.setControl(control, anEvent());
      await at.store.setControl({ ...control, kind: 'advisory', scope: 'all', until: null }, anEvent({ eventId: 'event-2' }));
      const expected = [
        expect.objectContaining({ ...control, kind: 'advisory', scope: 'all', until: null }),
        expect.objectContaining(control),
      ];
      expect(byKind((await at.store.readControls()).controls)).toEqual(expected);
      expect(byKind((await at.store.readOpenWork(AGENT)).controls)).toEqual(expected);
    });

    test("the agent's own row", async () => {
      const at = store();
      const { now } = await at.store.readControls();
      await at.store.endCycle(await leaseOf(at.store), HEARTBEAT);
      const { health } = await at.store.readHealth();
      expect(health).toEqual((await at.store.readOpenWork(AGENT)).health);
      expect(Object.keys(health[0] ?? {}).toSorted()).toEqual(propertiesOf(HEALTH).toSorted());
      expect(health).toEqual([
        expect.objectContaining({
          agentId: AGENT,
          status: 'online',
          pollsCompleted: 1,
          lastCycleMs: 123,
          consecutiveErrors: 1,
          watermarkTimestamp: AT,
          newestReadingTimestamp: AT + 999,
          lastError: CANARIES[0],
          rulesHash: CANARIES[1],
          version: CANARIES[4],
          lastProcessId: CANARIES[2],
          otherProcessId: null,
          otherDue: null,
          leaseOwner: null,
          leaseExpires: null,
          leaseEpoch: 1,
        }),
      ]);
      const [row] = health;
      expect(row?.detectedTimestamp).toBe(row?.lastHeartbeat);
      expect((row?.lastHeartbeat ?? 0) - now).toBeGreaterThanOrEqual(0);
      expect((row?.nextDue ?? 0) - (row?.lastHeartbeat ?? 0)).toBe(10_500);
    });

    test('numbers to their last digit, because a ticket is compared to the digit', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      const doubles = sample(oneof(double({ noNaN: true, noDefaultInfinity: true }), double({ min: -300, max: 300, noNaN: true })), {
        numRuns: 500,
        seed: 42,
      });
      const commands = doubles.map((oldValue, index) => aCommand(AT, { commandId: `c${String(index).padStart(4, '0')}`, oldValue }));
      await at.store.saveCommands(lease, commands.map(insertingCommand));
      const expected = doubles.map((value) => value + 0); // no engine keeps the sign of zero
      expect(oldValues((await at.store.readOpenWork(AGENT)).commands)).toEqual(expected.map((value) => (value === 0 ? 0 : value)));
      expect(oldValues(await at.store.listCommands({ recommendationId: null, statuses: [], limit: 1000 }))).toEqual(
        expected.map((value) => (value === 0 ? 0 : value)),
      );
    });

    test('a text of a megabyte, and rows that together exceed one parameter', async () => {
      const statements: number[] = [];
      const at = store();
      const watching = await at.another({ watch: (statement) => statements.push(String(statement.params['rows'] ?? '').length) });
      const lease = await leaseOf(watching.store);
      const row = aRecommendation(AT, { rootCauseAnalysis: "é'".repeat(under.dialect.maxParameterBytes / 5) });
      const rows = [
        row,
        ...['A', 'B', 'C'].map((equipmentId) => ({ ...aRecommendation(AT, { equipmentId }), rootCauseAnalysis: row.rootCauseAnalysis })),
      ];
      statements.length = 0;
      const before = watching.store.statements;
      expect(await watching.store.saveRecommendations(lease, rows.map(inserting))).toBe(4);
      expect(watching.store.statements - before).toBe(1);
      expect(statements.length).toBeGreaterThan(1);
      expect(await watching.store.listRecommendations({ statuses: [], equipmentId: 'B', limit: 1 })).toEqual([rows[2]]);
    });
  });

  describe('a value', () => {
    const store = withStore(under);

    test('never becomes part of a statement', async () => {
      const canary = "canary'; --";
      const seen: string[] = [];
      const at = await store().another({ watch: ({ sql }) => seen.push(sql), lock: false });
      const { store: watched } = at;
      const lease = await leaseOf(watched, canary);
      const row = aRecommendation(AT, { recommendationId: canary, equipmentId: canary, issueFamily: canary, ruleId: canary });
      const event = anEvent({ eventId: canary, subjectId: canary, actor: canary });
      await watched.appendEvents([event], AT);
      await watched.saveRecommendations(lease, [inserting(row)]);
      await watched.saveCommands(lease, [insertingCommand(aCommand(AT, { commandId: canary, recommendationId: canary }))]);
      await watched.claimCommands(lease, { commands: [{ commandId: canary, approvalEnds: AT }], marginSeconds: 60 });
      await watched.readClaimed(lease);
      await watched.readLastChanges([canary]);
      await watched.readCommands([canary]);
      await watched.readPlaces([canary]);
      await watched.listRecommendations({ statuses: [canary], equipmentId: canary, limit: 1 });
      await watched.findRecommendations(canary);
      await watched.listCommands({ recommendationId: canary, statuses: [canary], limit: 1 });
      await watched.listEvents({ subjectId: canary, limit: 1 });
      const by = { recommendationId: canary, by: canary, via: canary };
      await watched.decide({ ...by, kind: 'approve', seenHash: canary }, event);
      await watched.decide({ ...by, kind: 'defer', until: AT, reason: canary }, event);
      await watched.decide({ ...by, kind: 'reject', reason: canary }, event);
      await watched.setControl({ kind: 'shelved', scope: canary, by: canary, reason: canary, since: AT, until: null }, event);
      await watched.clearControl('shelved', canary, event);
      await watched.endCycle(lease, { ...HEARTBEAT, lastError: canary, rulesHash: canary, version: canary });
      await watched.markOffline(canary, canary);
      await watched.takeOver(canary);
      expect(seen.length).toBeGreaterThan(20);
      expect(seen.filter((sql) => sql.includes('canary'))).toEqual([]);
      expect((await watched.readHealth()).health.map((health) => health.agentId)).toEqual([canary]);
    });
  });
}
