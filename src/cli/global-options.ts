/** The options that every command takes, as the command line gave them. */
export interface GlobalOptions {
  readonly config?: string;
  readonly logFormat?: string;
  readonly logLevel?: string;
  readonly agentId?: string;
  readonly storePath?: string;
  /** `key=value`, in the order given. */
  readonly set?: readonly string[];
  /** False for --no-color. */
  readonly color?: boolean;
}
