/** A property of what was read as JSON and may be anything; undefined where there is none. */
export function field(json: unknown, name: string): unknown {
  return json !== null && typeof json === 'object' && Object.hasOwn(json, name) ? Reflect.get(json, name) : undefined;
}
