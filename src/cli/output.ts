/** Results go to stdout, everything else to stderr, so that a result can be piped. */
export interface Output {
  /** One line, or several; the line break at the end is added. */
  print(text: string): void;
  /** One JSON value, indented. */
  json(value: unknown): void;
  /** A part of a long result, as it is. Resolves once it is handed on; false when nobody reads any more. */
  write(text: string): Promise<boolean>;
  /** Words for people that are no result. */
  note(text: string): void;
}

export const processOutput: Output = {
  print: (text) => void process.stdout.write(`${text}\n`),
  json: (value) => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
  write: (text) => new Promise((resolve) => process.stdout.write(text, (error) => resolve(!error))),
  note: (text) => void process.stderr.write(`${text}\n`),
};

// eslint-disable-next-line no-control-regex -- control characters are what it removes
const CONTROL = /[\u0000-\u001f\u007f-\u009f]+/g;

/** Text from the store or the plant on one line of a terminal: an equipment id must not be able to move the cursor. */
export function plain(text: string): string {
  return text.replace(CONTROL, ' ');
}

/** A word of a command line that can be pasted: quoted where a shell would take it apart. */
export function shellWord(text: string): string {
  return /^[\w./@+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
