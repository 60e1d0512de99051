import { environmentNameOf } from '../../src/config/environment-names.ts';

/** Keys of the configuration as the variables that the built program reads them from. */
export function flagEnvironment(flags: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(flags).map(([key, value]) => [environmentNameOf(key), String(value)]));
}
