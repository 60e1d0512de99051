import { type Statement, write } from './connection.ts';
import type { Dialect } from './dialect.ts';
import { MIN_SUPPORTED_VERSION, SCHEMA_VERSION } from './schema-version.ts';

/**
 * The rows that tables need before the first cycle: their version, and the agent that they belong to. Repeating them changes nothing.
 * @param place what stands before a table's name where the session does not say it; with the dot behind it
 * @param isMigrated whether older tables have been brought to this version; else only new ones have it
 */
export function firstRows({ now }: Dialect, agentId: string, isMigrated: boolean, place = ''): readonly Statement[] {
  const newer = isMigrated ? ' WHERE version >= :version' : '';
  return [
    write(
      `INSERT INTO ${place}agent_schema (version, min_supported, applied_timestamp)
SELECT :version, :min_supported, ${now} WHERE NOT EXISTS (SELECT 1 FROM ${place}agent_schema${newer})`,
      { version: SCHEMA_VERSION, min_supported: MIN_SUPPORTED_VERSION },
    ),
    write(
      `INSERT INTO ${place}agent_health (agent_id, polls_completed, created_timestamp, lease_epoch, consecutive_errors)
SELECT :agent, 0, ${now}, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM ${place}agent_health)`,
      { agent: agentId },
    ),
  ];
}
