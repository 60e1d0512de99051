import type { AuditStore } from './audit-store.ts';
import type { CycleStore } from './cycle-store.ts';
import type { OperatorStore } from './operator-store.ts';
import type { SchemaStore } from './schema-store.ts';
import type { SessionStore } from './session-store.ts';

export interface Store extends CycleStore, OperatorStore, SessionStore, SchemaStore, AuditStore {
  /** For the log's first line. */
  readonly description: string;
  close(): Promise<void>;
}
