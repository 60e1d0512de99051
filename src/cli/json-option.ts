/** What every reading command takes. */
export interface JsonOption {
  readonly json?: boolean;
}
