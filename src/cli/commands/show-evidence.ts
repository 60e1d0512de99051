import type { CliContext } from '../context.ts';
import { collectEvidence } from '../evidence/collect-evidence.ts';
import { EXIT } from '../exit-codes.ts';
import { findRecommendation } from '../find-recommendation.ts';
import type { JsonOption } from '../json-option.ts';

export interface EvidenceOptions extends JsonOption {
  readonly id: string;
  /** Where the page is to be written. */
  readonly html?: string;
}

/** Of so many parts of the time the least and the greatest reading are shown: two a column of the picture, and of the terminal. */
const PARTS_OF_A_PAGE = 150;
const PARTS_OF_A_TERMINAL = 28;

/** Everything on record about one recommendation: as a page for people, as JSON, or as an HTML file. Changes nothing but that file. */
export async function run(context: CliContext, options: EvidenceOptions): Promise<number> {
  const row = await findRecommendation(await context.store(), options.id);
  const isForTerminal = options.html === undefined && options.json !== true;
  const evidence = await collectEvidence(context, row, isForTerminal ? PARTS_OF_A_TERMINAL : PARTS_OF_A_PAGE);
  if (options.html !== undefined) {
    const { writePage } = await import('../evidence/write-page.ts');
    await writePage(context, options.html, evidence);
  } else if (options.json) {
    const { evidenceJson } = await import('../evidence/evidence-json.ts');
    context.out.json(evidenceJson(evidence));
  } else {
    const { printEvidence } = await import('../evidence/terminal-page.ts');
    printEvidence(context, evidence);
  }
  return EXIT.done;
}
