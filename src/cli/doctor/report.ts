import { counted } from '../../domain/counted.ts';
import {
  type CheckName,
  type DoctorFinding,
  type FailedFinding,
  type FailureCode,
  type FindingStatus,
  worstOf,
} from '../../domain/doctor-finding.ts';
import type { Palette } from '../colour.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { type Column, table } from '../table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'CHECK' },
  { title: 'STATUS' },
  { title: 'FOUND', maxLength: 80 },
  { title: 'REMEDY', maxLength: 60 },
];
/** More tags that are as they should be are one line; --json has them all. */
const MOST_OK_TAGS = 10;

/** Where a refused login is one more way of not being reached. */
const REACHED: readonly CheckName[] = ['store', 'source', 'plant'];
/** Their own codes: nothing was looked at, or not to its end. */
const BROKEN_OFF: readonly FailureCode[] = ['bug', 'interrupted'];

function codeOf({ check, code }: FailedFinding): number {
  if (check === 'configuration' || BROKEN_OFF.includes(code)) return exitCodeOf(code);
  if (code === 'store_unavailable' || code === 'plant_unavailable') return EXIT.unavailable;
  return code === 'unauthorised' && REACHED.includes(check) ? EXIT.unavailable : EXIT.unhealthy;
}

/** Of several that failed the least code counts: who reaches no store learns little from what else is wrong. */
export function exitCodeOfFindings(findings: readonly DoctorFinding[]): number {
  const codes = findings.flatMap((finding) => (finding.status === 'failed' ? [codeOf(finding)] : []));
  return codes.length === 0 ? EXIT.done : Math.min(...codes);
}

export function findingsJson(findings: readonly DoctorFinding[], agentId: string | null, at: string): unknown {
  return {
    agent_id: agentId,
    at,
    status: worstOf(findings),
    exit_code: exitCodeOfFindings(findings),
    checks: findings.map(({ check, subject, status, found, remedy, facts }) => ({ check, subject, status, found, remedy, facts })),
  };
}

type Paints = Pick<Palette, 'good' | 'bad' | 'bold' | 'faint'>;

function isOkTag({ check, subject, status }: DoctorFinding): boolean {
  return check === 'plant' && subject !== null && status === 'ok';
}

export function findingsTable(findings: readonly DoctorFinding[], { good, bad, bold, faint }: Paints): string {
  const paints = { ok: good, warning: bold, failed: bad, skipped: faint };
  const left = findings.filter(isOkTag).slice(MOST_OK_TAGS);
  const rows = findings
    .filter((finding) => !left.includes(finding))
    .map(({ check, subject, status, found, remedy }) => [
      check,
      { text: status, paint: paints[status] },
      subject === null ? found : `${subject}: ${found}`,
      remedy,
    ]);
  const count = (status: FindingStatus) => findings.filter((finding) => finding.status === status).length;
  return [
    table(COLUMNS, rows),
    ...(left.length === 0 ? [] : [`${counted(left.length, 'more tag')} of the plant ok: --json has them all`]),
    `${count('ok')} ok, ${counted(count('warning'), 'warning')}, ${count('failed')} failed, ${count('skipped')} skipped`,
  ].join('\n');
}
