import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openSqlite, type SqliteRow } from '../../src/sqlite/sqlite-library.ts';
import { type Flags, insertReading, newScene, plantWith, timeText } from './scenario.ts';

/** Nothing but the watermark makes an old reading seen: no lateness, a short live range. Settled rows stay quiet. */
export const BUSY_FLAGS: Flags = {
  'source.latenessSeconds': 0,
  'source.maxAgeSeconds': 10,
  'policy.settlingSeconds': 3600,
  'policy.verifyWindowSeconds': 14_400,
  'policy.approvalTtlSeconds': 3600,
  'plant.timeoutSeconds': 0.3,
  'plant.readBackSeconds': 1,
};

const STORE = 'ops-agent.db';
const PLANT = 'ops-agent.plant.db';

/** What each equipment's newest readings say, again and again while the cycles run. °C. */
const READINGS: Readonly<Record<string, number>> = {
  NEW: 97, // to be detected
  ESCALATING: 97, // pending as medium
  CLEARED: 70, // pending, to be withdrawn
  APPROVED: 92, // by plain SQL, two commands
  LEFT_OVER: 92, // executing, its second command not sent yet
  VERIFIED: 70, // executed two hours ago
  DEFERRED: 92, // until a minute ago
  TAMPERED: 92, // pending, though somebody wrote 'executed'
  FLASH: 70, // hot for two seconds, half a minute ago
  MENDED: 70, // its sensor was bad, and has an open work order
};

/** Its sensor is bad, and nobody knows yet. */
const BROKEN = 'BROKEN';

export interface BusyTemplate {
  readonly folder: string;
  /** The watermark that the busy cycle starts from. */
  readonly watermark: string;
  remove(): void;
}

function ofEquipment(equipmentId: string): string {
  return `WHERE equipment_id = '${equipmentId}'`;
}

/** A store and a plant in which one cycle has something of everything to do. */
export async function prepareBusyTemplate(): Promise<BusyTemplate> {
  const scene = await newScene(BUSY_FLAGS);
  const { sql } = scene;
  const watermark = timeText(Date.now() - 60_000);
  try {
    await sql(
      `INSERT INTO operator_sessions (session_id, operator_id, login_timestamp) VALUES ('of-anna', 'anna', CURRENT_TIMESTAMP - INTERVAL 1 HOUR)`,
    );
    const mild = ['ESCALATING', 'CLEARED', 'VERIFIED'];
    for (const id of Object.keys(READINGS))
      if (!['NEW', 'FLASH', 'MENDED'].includes(id)) await scene.reading(id, mild.includes(id) ? 87 : 92);
    await scene.sql(insertReading('MENDED', 70, Date.now() - 1000, 'bad'));
    await scene.cycle();
    await scene.approve('VERIFIED');
    await sql(
      `UPDATE agent_recommendations SET status = 'deferred', defer_until = CURRENT_TIMESTAMP + INTERVAL 1 HOUR ${ofEquipment('DEFERRED')}`,
    );
    await scene.cycle();
    await scene.approve('LEFT_OVER');
    const plant = plantWith(scene.plant, {
      write: (request) =>
        request.tag.endsWith('CoolingSystemStatus')
          ? Promise.resolve({ kind: 'not_sent', reason: 'prepared so' })
          : scene.plant.write(request),
    });
    await scene.cycle({ ports: { plant } });
    await sql(`UPDATE agent_recommendations SET executed_timestamp = CURRENT_TIMESTAMP - INTERVAL 2 HOURS ${ofEquipment('VERIFIED')}`);
    await sql(`UPDATE agent_recommendations SET defer_until = CURRENT_TIMESTAMP - INTERVAL 1 MINUTE ${ofEquipment('DEFERRED')}`);
    await sql(`UPDATE agent_recommendations SET status = 'executed' ${ofEquipment('TAMPERED')}`);
    await scene.approve('APPROVED');
    // An episode of long ago that only a cycle starting from this watermark can see.
    await sql(`UPDATE agent_health SET watermark_timestamp = '${watermark}'`);
    await scene.reading('FLASH', 97, 30);
    await scene.reading('FLASH', 70, 28);
    await scene.shut();
    const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-busy-'));
    for (const file of [STORE, PLANT]) copyFileSync(path.join(scene.folder, file), path.join(folder, file));
    return { folder, watermark, remove: () => rmSync(folder, { recursive: true, force: true }) };
  } finally {
    await scene.close();
  }
}

/** A copy of the template to break. */
export interface BusyCase {
  readonly folder: string;
  rows(sql: string): Promise<readonly SqliteRow[]>;
  /** New readings that say the same, so that the conditions hold. */
  refresh(): Promise<void>;
  remove(): void;
}

export function copyOf(template: BusyTemplate): BusyCase {
  const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-case-'));
  for (const file of [STORE, PLANT]) copyFileSync(path.join(template.folder, file), path.join(folder, file));
  const run = async (statements: readonly string[]): Promise<readonly SqliteRow[]> => {
    const database = await openSqlite(path.join(folder, STORE), { busyTimeoutMs: 5000 });
    try {
      return statements.flatMap((statement) => database.prepare(statement).all());
    } finally {
      database.close();
    }
  };
  return {
    folder,
    rows: (sql) => run([sql]),
    refresh: async () => {
      const now = Date.now();
      await run([
        ...Object.entries(READINGS).map(([id, temperature]) => insertReading(id, temperature, now)),
        insertReading(BROKEN, 70, now, 'bad'),
      ]);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
