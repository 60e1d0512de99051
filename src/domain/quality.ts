/**
 * What a quality says of a value. `unconfirmed`: good, but not what the device said: a write that it has not taken yet, or a value that was
 * only configured.
 */
export type QualityClass = 'good' | 'unconfirmed' | 'uncertain' | 'bad' | 'error';

/** Ignition's quality codes by the numbers of its gateway; the classes are ranges of 256. */
const CODES: Readonly<Record<number, string>> = {
  0: 'Good_Unspecified',
  2: 'Good_WritePending',
  192: 'Good',
  200: 'Good_Provisional',
  201: 'Good_Initial',
  256: 'Uncertain',
  257: 'Uncertain_LastKnownValue',
  512: 'Bad',
  513: 'Bad_Unauthorized',
  514: 'Bad_AccessDenied',
  515: 'Bad_Disabled',
  516: 'Bad_Stale',
  517: 'Bad_TrialExpired',
  519: 'Bad_NotFound',
  522: 'Bad_NotConnected',
  524: 'Bad_OutOfRange',
  526: 'Bad_ReadOnly',
  527: 'Bad_Failure',
  768: 'Error',
  771: 'Error_TypeConversion',
  775: 'Error_TimeoutExpired',
  777: 'Error_InvalidPathSyntax',
};

const CLASSES = ['Good', 'Uncertain', 'Bad', 'Error'] as const;
const CODES_PER_CLASS = 256;

const UNCONFIRMED: readonly string[] = ['Good_WritePending', 'Good_Initial'];

/** With these a plant says no before it does anything. After every other word that is not good a write may have happened all the same. */
const REFUSING: readonly string[] = [
  'Bad_Unauthorized',
  'Bad_AccessDenied',
  'Bad_Disabled',
  'Bad_TrialExpired',
  'Bad_NotFound',
  'Bad_OutOfRange',
  'Bad_ReadOnly',
  'Error_TypeConversion',
  'Error_InvalidPathSyntax',
];

/**
 * Of a code of 32 bits only the low 16 name the quality. One that is not in the table keeps its number. What is no such code is an error, and
 * so is one that says nothing in its low bits: zero alone is a quality.
 */
function nameOfCode(code: number): string {
  const low = code & 0xffff;
  const place = Math.min(Math.floor(low / CODES_PER_CLASS), CLASSES.length - 1);
  const isCode = Number.isInteger(code) && code >= -(2 ** 31) && code < 2 ** 32 && (low !== 0 || code === 0);
  return isCode ? (CODES[low] ?? `${CLASSES[place] ?? 'Error'}_${low}`) : `Error_${code}`;
}

/** The name of a quality as a plant spells it: a name, one with detail behind it (`Bad_NotFound("…")`), or a code. */
export function qualityName(quality: string | number): string {
  if (typeof quality === 'number') return nameOfCode(quality);
  const text = quality.trim();
  if (/^\d+$/.test(text)) return nameOfCode(Number(text));
  return /^[A-Za-z_]+/.exec(text)?.[0] ?? text;
}

/** A word that is no quality at all is an error: nothing is known of the value. */
export function qualityClass(quality: string | number): QualityClass {
  const name = qualityName(quality);
  if (UNCONFIRMED.includes(name)) return 'unconfirmed';
  const [word] = name.split('_');
  switch (CLASSES.find((known) => known === word)) {
    case 'Good':
      return 'good';
    case 'Uncertain':
      return 'uncertain';
    case 'Bad':
      return 'bad';
    default:
      return 'error';
  }
}

/** Whether a value of this quality may be acted on, and may confirm a write. */
export function isGoodQuality(quality: string | number): boolean {
  return qualityClass(quality) === 'good';
}

/** What the quality that answers a write says of it; see WriteOutcome in ports/plant.ts. */
export function writeKindOf(quality: string | number): 'written' | 'refused' | 'ambiguous' {
  if (isGoodQuality(quality)) return 'written';
  return REFUSING.includes(qualityName(quality)) ? 'refused' : 'ambiguous';
}
