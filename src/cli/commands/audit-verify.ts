import { FINDINGS_ID_LENGTH } from '../../cycle/accept-audit.ts';
import { type AuditReport, checkAudit } from '../../cycle/check-audit.ts';
import type { AcceptedFinding } from '../../domain/audit-accepted.ts';
import type { ChainReport } from '../../domain/audit-finding.ts';
import { counted } from '../../domain/counted.ts';
import { AgentError } from '../../domain/errors.ts';
import { isoOf } from '../../domain/instant.ts';
import { SIGNING_KEY_VARIABLE } from '../../domain/key-ring.ts';
import { findingText } from '../audit/finding-text.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { jsonTree } from '../json.ts';
import type { JsonOption } from '../json-option.ts';
import { DEFAULT_ROWS } from '../option-values.ts';
import { plain } from '../output.ts';
import { timeText } from '../wording.ts';

export interface AuditVerifyOptions extends JsonOption {
  readonly head?: string;
  readonly limit?: number;
}

const HEAD = /^(\d{1,15}):([0-9a-f]{64})$/i;

export async function run(context: CliContext, options: AuditVerifyOptions): Promise<number> {
  const { agentId, signingKeys: keys } = await context.settings();
  const heads = options.head === undefined ? [] : [{ agentId, head: headOf(options.head) }];
  const most = options.limit ?? DEFAULT_ROWS;
  const report = await checkAudit(await context.store(), { keys, heads, mostFindings: most, signal: context.interruption.signal });
  const isSound = report.findingsTotal === 0;
  if (options.json) context.out.json(asJson(report, isSound, keys.length > 0, most));
  else context.out.print(asText(report, isSound, keys.length > 0, most, heads.length === 0));
  return isSound ? EXIT.done : EXIT.unhealthy;
}

function headOf(text: string) {
  const [, seq, hash] = HEAD.exec(text.trim()) ?? [];
  if (seq === undefined || hash === undefined)
    throw new AgentError(
      'usage',
      `--head '${text}' is not a place and its hash`,
      'give it as verify prints it, for instance --head 1234:9f86d0…',
    );
  return { seq: Number(seq), hash: hash.toLowerCase(), from: '--head' };
}

function asJson(report: AuditReport, sound: boolean, signaturesChecked: boolean, most: number) {
  return jsonTree({
    sound,
    signaturesChecked,
    chains: report.chains.map(({ from, to, ...chain }) => ({
      ...chain,
      from: from === null ? null : isoOf(from),
      to: to === null ? null : isoOf(to),
    })),
    unchained: report.unchained,
    findingsTotal: report.findingsTotal,
    findingsId: idOf(report),
    findings: report.findings,
    acceptedTotal: report.accepted.length,
    accepted: report.accepted.slice(0, most).map(({ acceptance: { by, at, reason }, ...finding }) => ({
      ...finding,
      acceptedBy: by,
      acceptedAt: at === null ? null : isoOf(at),
      reason,
    })),
  });
}

function idOf({ findingsId }: AuditReport): string | null {
  return findingsId?.slice(0, FINDINGS_ID_LENGTH) ?? null;
}

/** `isWhole`: nothing but the audit itself was asked about, so that somebody may answer for what was found. */
function asText(report: AuditReport, isSound: boolean, areSignaturesChecked: boolean, most: number, isWhole: boolean): string {
  const { chains, unchained, findings, findingsTotal, accepted } = report;
  const rows = chains.reduce((sum, chain) => sum + chain.rows, unchained);
  const more = findingsTotal - findings.length;
  const but =
    accepted.length > 0 ? `, but for ${counted(accepted.length, 'finding')} that ${accepted.length === 1 ? 'was' : 'were'} accepted` : '';
  return [
    isSound
      ? `✓ The audit is sound${but}: ${counted(rows, 'row')} checked`
      : `✗ The audit is not sound: ${counted(findingsTotal, 'finding')} in ${counted(rows, 'row')}`,
    ...findings.map((finding) => `  ${findingText(finding)}`),
    ...(more > 0 ? [`  … and ${more} more; --limit shows them`] : []),
    ...acceptedLines(accepted, most),
    ...chains.flatMap((chain) => chainLines(chain, areSignaturesChecked)),
    ...(unchained > 0
      ? [
          `${counted(unchained, 'row stands', 'rows stand')} outside of every chain: nothing protects what ${unchained === 1 ? 'it says' : 'they say'}`,
        ]
      : []),
    ...(isSound || !isWhole ? [] : [remedyText(report)]),
  ].join('\n');
}

/** What an old key may yet show to be right is not answered for before that was tried. */
function remedyText(report: AuditReport): string {
  const lacksOldKey = report.findings.some(({ kind }) => kind === 'unknown_key');
  const first = lacksOldKey
    ? `Give the old key behind the one that signs, in ${SIGNING_KEY_VARIABLE}, and verify again; where it is lost`
    : 'Once it is known how that came';
  return `${first}: ops-agent audit accept --findings ${idOf(report) ?? ''} --by NAME --reason TEXT`;
}

/** What somebody answered for stays to be seen. */
function acceptedLines(accepted: readonly AcceptedFinding[], most: number): readonly string[] {
  const more = accepted.length - most;
  return [
    ...accepted.slice(0, most).map((finding) => {
      const { by, at, reason } = finding.acceptance;
      return `  accepted by ${plain(by)} on ${timeText(at)} (${plain(reason)}): ${findingText(finding)}`;
    }),
    ...(more > 0 ? [`  … and ${more} more that were accepted; --limit shows them`] : []),
  ];
}

function chainLines(chain: ChainReport, areSignaturesChecked: boolean): readonly string[] {
  const { agentId, rows, firstSeq, lastSeq, headHash, from, to, prunedThrough } = chain;
  if (rows === 0) return [`${plain(agentId)}: no rows`];
  return [
    `${plain(agentId)}: ${counted(rows, 'row')}, ${firstSeq ?? 0} to ${lastSeq ?? 0}, ${timeText(from)} to ${timeText(to)}`,
    `  head ${lastSeq ?? 0}:${plain(headHash ?? '-')} (noted down elsewhere, --head finds what is changed or cut off before it)`,
    ...(areSignaturesChecked || chain.signed > 0 ? [`  ${signaturesText(chain, areSignaturesChecked)}`] : []),
    ...(prunedThrough !== null && prunedThrough > 0 ? [`  rows up to ${prunedThrough} were taken away by prune`] : []),
  ];
}

function signaturesText({ signed, checked, unsigned, firstSignedSeq }: ChainReport, areSignaturesChecked: boolean): string {
  if (!areSignaturesChecked) return `${counted(signed, 'signature')} not checked: ${SIGNING_KEY_VARIABLE} holds no key`;
  const unchecked = signed > checked ? `, ${signed - checked} not right or of a key that is not here` : '';
  const since = firstSignedSeq === null ? '' : ` (signed from row ${firstSignedSeq} on)`;
  return `${counted(checked, 'signature')} checked${unchecked}, ${counted(unsigned, 'row')} without one${since}`;
}
