import type { AuditStore } from '../ports/audit-store.ts';
import type { OperatorStore } from '../ports/operator-store.ts';
import type { AccessCheck, SchemaStore } from '../ports/schema-store.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { Store } from '../ports/store.ts';
import { type KeyRing, NO_KEYS } from '../domain/key-ring.ts';
import { AuditLog } from './audit-log.ts';
import type { HolderLock } from './connection.ts';
import { SqlAuditStore } from './sql-audit-store.ts';
import type { Session } from './session.ts';
import { SqlCycleStore } from './sql-cycle-store.ts';
import { SqlOperatorStore } from './sql-operator-store.ts';
import { SqlSessionStore } from './sql-session-store.ts';
import { SqlSchemaStore } from './sql-schema-store.ts';

export interface SqlStoreParts {
  readonly session: Session;
  readonly lock: HolderLock | null;
  /** Null: the readings are in another database. */
  readonly sourceTable: string | null;
  readonly description: string;
  /** What the audit is signed with; without keys it is not signed. */
  readonly keys?: KeyRing;
  /** Makes the schema that the tables are to be in, where the engine has such a thing. Safe to repeat. */
  readonly makePlace?: () => Promise<void>;
  /** Looks at the files that the store is kept in, where it is kept in files. */
  readonly lookAtFiles?: () => readonly AccessCheck[];
}

/** One store over any engine: its parts share a session. */
export function createSqlStore({
  session,
  lock,
  sourceTable,
  description,
  keys = NO_KEYS,
  makePlace = () => Promise.resolve(),
  lookAtFiles = () => [],
}: SqlStoreParts): Store {
  const audit = new AuditLog(session, keys);
  const cycle = new SqlCycleStore(session, audit, keys, lock);
  return {
    description,
    get statements() {
      return session.statements;
    },
    provesHolderDead: cycle.provesHolderDead,
    holderId: cycle.holderId,
    takeLease: (request) => cycle.takeLease(request),
    readOpenWork: (...request) => cycle.readOpenWork(...request),
    appendEvents: (events, at, lease) => cycle.appendEvents(events, at, lease),
    saveRecommendations: (lease, changes) => cycle.saveRecommendations(lease, changes),
    saveCommands: (lease, changes) => cycle.saveCommands(lease, changes),
    saveWorkOrders: (lease, changes) => cycle.saveWorkOrders(lease, changes),
    readLastWorkOrderChanges: (ids) => cycle.readLastWorkOrderChanges(ids),
    claimCommands: (lease, claim) => cycle.claimCommands(lease, claim),
    readClaimed: (lease) => cycle.readClaimed(lease),
    countDecisions: (lease, ids) => cycle.countDecisions(lease, ids),
    readCommands: (ids) => cycle.readCommands(ids),
    readLastChanges: (ids) => cycle.readLastChanges(ids),
    readOvertaken: (lease, ids, at) => cycle.readOvertaken(lease, ids, at),
    readPlaces: (ids) => cycle.readPlaces(ids),
    readControls: () => cycle.readControls(),
    endCycle: (lease, heartbeat) => cycle.endCycle(lease, heartbeat),
    releaseLock: () => cycle.releaseLock(),
    markOffline: (agentId, processId) => cycle.markOffline(agentId, processId),
    takeOver: (agentId) => cycle.takeOver(agentId),
    ...operatorsPart(session, audit),
    ...auditPart(session),
    ...schemaPart(new SqlSchemaStore(session, sourceTable, makePlace), lookAtFiles),
    close: () => cycle.releaseLock().then(() => session.close()),
  };
}

function operatorsPart(session: Session, audit: AuditLog): Omit<OperatorStore, 'readControls'> & SessionStore {
  const operators = new SqlOperatorStore(session, audit);
  const sessions = new SqlSessionStore(session, audit);
  return {
    listRecommendations: (filter) => operators.listRecommendations(filter),
    findRecommendations: (prefix) => operators.findRecommendations(prefix),
    listCommands: (filter) => operators.listCommands(filter),
    listWorkOrders: (filter) => operators.listWorkOrders(filter),
    findSubjects: (prefix) => operators.findSubjects(prefix),
    listControlEvents: (limit) => operators.listControlEvents(limit),
    listEvents: (filter) => operators.listEvents(filter),
    readSigning: (agentId) => operators.readSigning(agentId),
    readHealth: () => operators.readHealth(),
    readFigures: () => operators.readFigures(),
    readQueue: () => operators.readQueue(),
    readQueueDay: () => operators.readQueueDay(),
    countOutcomes: (since) => operators.countOutcomes(since),
    decide: (decision, event) => operators.decide(decision, event),
    requestRevert: (id, by, event) => operators.requestRevert(id, by, event),
    listSessions: (limit) => sessions.listSessions(limit),
    openSessionsOf: (operator) => sessions.openSessionsOf(operator),
    openSession: (id, operator, event) => sessions.openSession(id, operator, event),
    closeSession: (id, event) => sessions.closeSession(id, event),
    setControl: (control, event) => operators.setControl(control, event),
    clearControl: (kind, scope, event) => operators.clearControl(kind, scope, event),
  };
}

function auditPart(session: Session): AuditStore {
  const audit = new SqlAuditStore(session);
  return {
    readNextOwner: (after) => audit.readNextOwner(after),
    readChainPage: (page) => audit.readChainPage(page),
    readUnchainedPage: (page) => audit.readUnchainedPage(page),
    readTestimonyPage: (...request) => audit.readTestimonyPage(...request),
    firstSignedSeq: (agentId) => audit.firstSignedSeq(agentId),
    firstSeq: (...request) => audit.firstSeq(...request),
    readHeldSubjects: (before) => audit.readHeldSubjects(before),
    countPrunable: (before) => audit.countPrunable(before),
    pruneRows: (lease, before) => audit.pruneRows(lease, before),
    pruneAudit: (lease, range) => audit.pruneAudit(lease, range),
    renewLease: (lease, leaseSeconds) => audit.renewLease(lease, leaseSeconds),
    noteHead: (agentId, head) => audit.noteHead(agentId, head),
    giveLeaseBack: (lease) => audit.giveLeaseBack(lease),
  };
}

function schemaPart(schema: SqlSchemaStore, lookAtFiles: () => readonly AccessCheck[]): SchemaStore {
  return {
    migrate: (agentId) => schema.migrate(agentId),
    requireSchema: () => schema.requireSchema(),
    checkSchema: (agentId) => schema.checkSchema(agentId),
    checkAccess: async () => [...lookAtFiles(), ...(await schema.checkAccess())],
    insertSampleReadings: () => schema.insertSampleReadings(),
    appendReadings: (readings) => schema.appendReadings(readings),
    countRows: () => schema.countRows(),
    runSql: (text) => schema.runSql(text),
  };
}
