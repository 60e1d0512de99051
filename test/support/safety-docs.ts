import { table, withBetween } from '../../src/config/render-docs.ts';
import { PRE_CHECKS, type PreCheck, SENDING_RESULTS } from '../../src/domain/pre-checks.ts';

const BEGIN = '<!-- pre-checks: generated from src/domain/pre-checks.ts -->';
const END = '<!-- /pre-checks -->';

const code = (text: string) => `\`${text}\``;

function eventOf({ isForeign }: PreCheck, effect: string | null): string {
  if (effect === null) return '';
  if (effect === 'waits') return 'waits';
  const becomes = effect === 'returned' ? 'pending again' : effect;
  return `${becomes} (${code(effect === 'failed' && isForeign === true ? 'refused' : effect)})`;
}

/** docs/safety.md with its two tables made anew. */
export function withPreChecks(document: string): string {
  const checks: Readonly<Record<string, PreCheck>> = PRE_CHECKS;
  const rows = Object.entries(checks).map(([name, check]) => [
    check.subject,
    code(name),
    check.asks,
    eventOf(check, check.beforeClaim),
    eventOf(check, check.beforeSending),
    check.says,
  ]);
  const results = Object.entries(SENDING_RESULTS).map(([name, { becomes, means, rest }]) => [code(name), becomes, means, rest]);
  return withBetween(
    document,
    BEGIN,
    END,
    [
      table(['subject', 'code', 'what must be so', 'before the claim', 'before sending', 'what the operator reads'], rows),
      'Once the request has left:',
      table(['code', 'the command is', 'what it means', 'the rest of its sequence'], results),
    ].join('\n\n'),
  );
}
