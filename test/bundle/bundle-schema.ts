import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import { parse } from 'yaml';

/** What is wrong with the bundle's own files by the CLI's schema: it knows names, types and the words of enumerations, nothing else. */
export function schemaFaults(folder: string, schema: string): readonly string[] {
  // A file holds a part: what one of them lacks another has, and the CLI itself says what is missing in the whole.
  const ofParts = JSON.parse(schema, (key, value: unknown) => (key === 'required' && Array.isArray(value) ? undefined : value)) as object; // it is a schema
  const validate = new Ajv({ strict: false, allErrors: true }).compile(ofParts);
  const files = [
    'databricks.yml',
    ...readdirSync(path.join(folder, 'jobs')).flatMap((name) => (name.endsWith('.yml') ? [`jobs/${name}`] : [])),
  ];
  return files.flatMap((file) => {
    try {
      // The CLI lets the last of two equal keys win; this refuses them.
      if (validate(parse(readFileSync(path.join(folder, file), 'utf8'), { merge: true, uniqueKeys: true }))) return [];
      return (validate.errors ?? []).map(
        ({ instancePath, message, params }) => `${file}${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
      );
    } catch (thrown) {
      return [`${file} ${String(thrown)}`];
    }
  });
}
