import { createColors } from 'picocolors';

import { hasColours } from './output.ts';

type Paint = (text: string) => string;

export interface Palette {
  /** As stored, which need not be one. */
  severity(severity: string, text: string): string;
  status(status: string, text: string): string;
  readonly good: Paint;
  readonly bad: Paint;
  readonly bold: Paint;
  readonly faint: Paint;
}

/** Colours for stdout, or none (hasColours). The library's own test is not used, because it also paints into pipes of CI systems. */
export function paletteFor(globals: { readonly color?: boolean }, env: NodeJS.ProcessEnv): Palette {
  const colours = createColors(hasColours(globals, env));
  const bySeverity = new Map<string, Paint>([
    ['critical', (text) => colours.bold(colours.red(text))],
    ['high', colours.red],
    ['medium', colours.yellow],
    ['low', colours.cyan],
  ]);
  const byStatus = new Map<string, Paint>([
    ['executed', colours.green],
    ['failed', colours.red],
    ['unknown', colours.red],
    ['pending', colours.yellow],
    ['approved', colours.cyan],
    ['executing', colours.cyan],
  ]);
  return {
    severity: (severity, text) => (bySeverity.get(severity) ?? String)(text),
    status: (status, text) => (byStatus.get(status) ?? String)(text),
    good: colours.green,
    bad: colours.red,
    bold: colours.bold,
    faint: colours.dim,
  };
}
