import { about, type DoctorFinding, failed, ok, warning } from './doctor-finding.ts';
import { EQUIPMENT_ID, judgeTag, judgeValue, type TagPolicy } from './tags.ts';

const ID = '{id}';

/** Every tag that may be written, of the equipment that there is; each once, and none that the deny list takes away. */
export function tagsToRead(policy: TagPolicy, equipmentIds: readonly string[]): readonly string[] {
  const ids = equipmentIds.filter((id) => EQUIPMENT_ID.test(id));
  const paths = policy.allow.flatMap(({ path }) => (path.includes(ID) ? ids.map((id) => path.replaceAll(ID, id)) : [path]));
  return [...new Set(paths)].filter((path) => judgeTag(path, policy).allowed);
}

/** What the plant says of a tag, against the limits within which it may be written. */
export function tagFinding(
  { tag, value, good, quality }: { readonly tag: string; readonly value: number | null; readonly good: boolean; readonly quality: string },
  policy: TagPolicy,
): DoctorFinding {
  const verdict = judgeTag(tag, policy);
  const limits = verdict.allowed ? verdict.tag : null;
  const facts = { value, quality, min: limits?.min ?? null, max: limits?.max ?? null };
  if (value === null || !good) {
    const message = `cannot be read: ${quality}`;
    return about(tag, failed('plant', { code: 'unhealthy', message, remedy: 'check the tag and its path at the plant' }, facts));
  }
  const unit = limits === null || limits.unit === '' ? '' : ` ${limits.unit}`;
  const found = `${value}${unit}, ${quality}`;
  const within = limits === null ? null : judgeValue(limits, value, limits.direction);
  if (within !== null && !within.allowed)
    return about(
      tag,
      warning('plant', `${found}: ${within.reason}`, 'set it right at the plant, or correct the limits under tags.allow', facts),
    );
  return about(tag, ok('plant', limits === null ? found : `${found}, within ${limits.min} to ${limits.max}`, facts));
}
