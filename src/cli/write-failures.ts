const REASONS = new Map<unknown, string>([
  ['ENOENT', 'its folder does not exist'],
  ['ENOTDIR', 'its folder does not exist'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk is full'],
  ['ENAMETOOLONG', 'the name is too long'],
  ['ELOOP', 'it is a link that leads back to itself'],
]);

/** Why a file could not be written, in words. */
export function reasonOf(thrown: unknown): string {
  const code = codeOf(thrown);
  return REASONS.get(code) ?? String(code ?? thrown);
}

/** What to do about it. */
export function remedyFor(thrown: unknown): string {
  return REASONS.get(codeOf(thrown)) === 'the disk is full'
    ? 'make room there, or name a file on another disk'
    : 'name a file in a folder that you may write to';
}

export function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
}
