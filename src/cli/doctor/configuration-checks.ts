import type { Settings } from '../../config/settings.ts';
import { type DoctorFinding, ok, warning } from '../../domain/doctor-finding.ts';
import type { CliContext } from '../context.ts';
import { failure } from './guarded.ts';

/** Null where the configuration does not load: then nothing else can be looked at. */
export interface Configured {
  readonly settings: Settings | null;
  readonly findings: readonly DoctorFinding[];
}

/** As `config check` has it: file, environment and flags, unknown names included. */
export async function checkConfiguration(context: CliContext): Promise<Configured> {
  try {
    const settings = await context.settings();
    const { configWarnings } = await import('../../config/cross-checks.ts');
    const { findingTexts } = await import('../../config/source-findings.ts');
    const texts = findingTexts(await context.configInput(), configWarnings(settings));
    const facts = { origin: settings.origin };
    if (texts.length > 0) return { settings, findings: [warning('configuration', texts.join('; '), 'change one of the two keys', facts)] };
    return { settings, findings: [ok('configuration', settings.origin, facts)] };
  } catch (thrown) {
    return { settings: null, findings: [failure('configuration', thrown)] };
  }
}
