import * as z from 'zod';

import { valueAt, type Path } from './paths.ts';
import { CONFIG_SCHEMA } from './schema.ts';

/** A part of a JSON Schema: plain data, for editors and for whoever lists the keys. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

let cached: JsonSchema | undefined;

/** The JSON Schema (draft 2020-12) of the configuration file, as an editor wants it: keys with defaults may be missing. */
export function configJsonSchema(): JsonSchema {
  // Keeping it saves the second conversion: keys are listed for the environment and again for suggestions.
  cached ??= { ...z.toJSONSchema(CONFIG_SCHEMA, { io: 'input', target: 'draft-2020-12' }), title: 'ops-agent configuration' };
  return cached;
}

/** The keys that may stand in the section at `path`; none when it is a map with free keys, or no section. */
export function knownKeysAt(path: Path): readonly string[] {
  let part: unknown = configJsonSchema();
  for (const step of path) {
    const named = typeof step === 'number' ? valueAt(part, ['items']) : valueAt(part, ['properties', step]);
    // In a map with free keys every key holds the same.
    part = named ?? valueAt(part, ['additionalProperties']);
  }
  const properties = valueAt(part, ['properties']);
  return properties !== null && typeof properties === 'object' ? Object.keys(properties) : [];
}
