/** Who works: one run of one agent, under the epoch that its lease got. Every guarded write carries it. */
export interface Lease {
  readonly agentId: string;
  readonly runId: string;
  readonly epoch: number;
}

export interface LeaseRequest {
  readonly agentId: string;
  readonly runId: string;
  readonly leaseSeconds: number;
}
