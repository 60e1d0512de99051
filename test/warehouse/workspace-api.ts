import type { Sessions } from './sessions.ts';

/** What the workspace's REST API says of the warehouse, in its own words. */
export interface DescribedWarehouse {
  readonly cluster_size: string;
  readonly auto_stop_mins: number;
  readonly enable_serverless_compute: boolean;
}

/** A description, or the status with which it refuses to give one. */
export type Described = DescribedWarehouse | 403 | 404;

/** Stands in for `GET /api/2.0/sql/warehouses/{id}`: a part of what Databricks documents for it. */
export class WorkspaceApi {
  readonly #sessions: Sessions;
  #described: Described = 404;
  #asked = 0;

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  describe(described: Described): void {
    this.#described = described;
    this.#asked = 0;
  }

  get asked(): number {
    return this.#asked;
  }

  answer(id: string): { readonly status: number; readonly body: object } {
    this.#asked += 1;
    const described = this.#described;
    if (typeof described === 'number') return { status: described, body: { error_code: String(described), message: 'no such warehouse' } };
    const state = this.#sessions.isStopped ? 'STOPPED' : 'RUNNING';
    return {
      status: 200,
      body: { id, name: 'test', ...described, state, warehouse_type: 'PRO', min_num_clusters: 1, max_num_clusters: 1 },
    };
  }
}
