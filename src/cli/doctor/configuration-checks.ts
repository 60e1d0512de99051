import type { Problem } from '../../config/problems.ts';
import type { Settings } from '../../config/settings.ts';
import { type DoctorFinding, ok, warning } from '../../domain/doctor-finding.ts';
import type { CliContext } from '../context.ts';
import { failure } from './guarded.ts';

/** Null where the configuration does not load: then nothing else can be looked at. */
export interface Configured {
  readonly settings: Settings | null;
  readonly findings: readonly DoctorFinding[];
}

/** Of notifications it is a secret that this process was not given. */
const isOfNotify = ({ path: [first] }: Problem) => first === 'notify';

/** As `config check` has it: file, environment and flags, unknown names included. */
export async function checkConfiguration(context: CliContext): Promise<Configured> {
  try {
    const settings = await context.settings();
    const { configWarnings } = await import('../../config/cross-checks.ts');
    const { findingTexts } = await import('../../config/source-findings.ts');
    const input = await context.configInput();
    const warnings = configWarnings(settings);
    const facts = { origin: settings.origin };
    const said = (remedy: string, problems: readonly Problem[]) =>
      problems.length === 0 ? [] : [warning('configuration', findingTexts(input, problems).join('; '), remedy, facts)];
    const findings = [
      ...said(
        'change one of the two keys',
        warnings.filter((problem) => !isOfNotify(problem)),
      ),
      ...said('set it where the agent runs, then: ops-agent notify test', warnings.filter(isOfNotify)),
    ];
    if (findings.length > 0) return { settings, findings };
    return { settings, findings: [ok('configuration', settings.origin, facts)] };
  } catch (thrown) {
    return { settings: null, findings: [failure('configuration', thrown)] };
  }
}
