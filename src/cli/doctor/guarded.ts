import { type CheckName, type DoctorFinding, failed } from '../../domain/doctor-finding.ts';
import { asAgentError } from '../../domain/errors.ts';
import { sentence } from '../error-text.ts';

/** A check that fails in a way of its own is a finding like others, and keeps none of them from being made. */
export async function guarded(
  check: CheckName,
  look: () => Promise<readonly DoctorFinding[]> | readonly DoctorFinding[],
): Promise<readonly DoctorFinding[]> {
  try {
    return await look();
  } catch (thrown) {
    return [failure(check, thrown)];
  }
}

/** On one line: several problems of a configuration too. */
export function failure(check: CheckName, thrown: unknown): DoctorFinding {
  const { code, message, remedy } = asAgentError(thrown);
  return failed(check, { code, message: sentence({ message, remedy: '' }), remedy });
}
