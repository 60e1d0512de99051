import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { type Site, UNHURRIED, withBundle } from './bundle-at-warehouse.ts';

/** What each planted text is found by again, by where it was planted. */
const marks = new Map<string, string>();

/** Letters and digits alone, for what can be nothing else. */
function plain(where: string): string {
  if (marks.has(where)) throw new Error(`${where} is planted already`);
  const mark = `zq${randomBytes(6).toString('hex')}`;
  marks.set(where, mark);
  return mark;
}

/** All that means something in SQL: the end of a text, of a name, of a statement, an escape, a parameter, a comment. */
function hostile(where: string): string {
  return `${plain(where)}'"\`\\:agent\\';-- /* $1`;
}

/** A text for plain SQL of somebody else. */
function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** All of it in one: on a busy machine Spark takes minutes. */
const TIMEOUT_MS = 400_000;

const TAG = `Set -- ${plain('a tag')}`;
const UNIT = hostile('a unit').slice(0, 50);
const STATUS = hostile('a usable status');
const AGENT = `agent-${plain('the agent')}`;

const CONFIGURATION = {
  agent: { id: AGENT },
  store: UNHURRIED,
  source: {
    maxAgeSeconds: 3600,
    usableStatus: ['good', STATUS],
    equipment: { exclude: [hostile('an equipment that is left out')] },
    columns: { signals: { temperature: 'temperature', [`s${plain('a signal')}`]: 'flow_rate' } },
  },
  equipment: [{ match: `${plain('a pattern of equipment')}*`, class: plain('a class') }],
  rules: {
    bands: [
      {
        rule: plain('a rule'),
        above: 90,
        severity: 'high',
        issueType: plain('an issue type'),
        family: plain('a family'),
        confidence: 0.9,
        recommendedAction: hostile('what a rule recommends'),
        actions: [{ tag: `[default]{equipment_id}/${TAG}`, set: 50, unit: UNIT }],
      },
    ],
    overrides: [{ family: marks.get('a family'), class: marks.get('a class'), deadband: 2 }],
    causes: [{ signal: 'temperature', above: 90, text: hostile('a cause') }],
  },
  tags: { allow: [{ path: `[default]{id}/${TAG}`, min: 0, max: 100, unit: UNIT }] },
};

const PERSON = hostile('who decides');
const WHY = hostile('why it is rejected');
const [BY_SQL, BY_COMMAND, REJECTED, DEFERRED, SHELVED] = ['A', 'B', 'C', 'D', 'E'].map(
  (name) => `${name}-${plain(`equipment ${name}`)}`,
) as [string, string, string, string, string]; // as many as there are names

function readings(): string {
  const row = (equipment: string, status: string) =>
    `(${[hostile(`the sensor of ${equipment}`), equipment].map(literal).join(', ')}, 95, 80, 50, ${literal(status)}, current_timestamp(), ${literal(hostile(`who recorded ${equipment}`))})`;
  const hot = [BY_SQL, BY_COMMAND, REJECTED, DEFERRED, SHELVED].map((equipment) => row(equipment, STATUS));
  const odd = [row(hostile('an id that is none'), 'good'), row(plain('equipment of bad quality'), hostile('a bad status'))];
  return `INSERT INTO {}.sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp, recorded_by) VALUES ${[...hot, ...odd].join(', ')}`;
}

const TABLES = [
  'agent_recommendations',
  'agent_commands',
  'agent_health',
  'agent_events',
  'agent_controls',
  'work_orders',
  'operator_sessions',
  'sensor_data',
];

async function succeeds(site: Site, ...args: string[]): Promise<void> {
  const { code, stderr } = await site.run(...args);
  expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
}

/** The people's part between two cycles: by plain SQL, and by the command line. */
async function decide(site: Site): Promise<void> {
  const found = await site.sql('SELECT recommendation_id, equipment_id FROM {}.agent_recommendations');
  const idOf = (equipment: string) => String(found.find((row) => row['equipment_id'] === equipment)?.['recommendation_id']);
  await site.sql(`UPDATE {}.agent_recommendations SET status = 'approved', approved_timestamp = current_timestamp(),
    approved_by_operator = ${literal(hostile('who approves by SQL'))}, operator_notes = ${literal(hostile('an operator’s notes'))} WHERE equipment_id = '${BY_SQL}'`);
  await site.sql(`UPDATE {}.work_orders SET assigned_to = ${literal(hostile('who repairs'))}, description = ${literal(hostile('what is repaired'))},
    status = ${literal(hostile('the status of an order'))}`);
  await succeeds(site, 'session', 'login', '--by', PERSON);
  await succeeds(site, 'approve', idOf(BY_COMMAND), '--by', PERSON, '--yes');
  await succeeds(site, 'reject', idOf(REJECTED), '--reason', WHY, '--by', PERSON, '--yes');
  await succeeds(site, 'defer', idOf(DEFERRED), '--for', '1h', '--reason', hostile('why it is deferred'), '--by', PERSON, '--yes');
  await succeeds(
    site,
    'control',
    'shelve',
    '--equipment',
    SHELVED,
    '--reason',
    hostile('why it is shelved'),
    '--by',
    hostile('who orders'),
  );
}

withBundle(
  'canaries_test',
  (site) => {
    test(
      'what comes from readings, people and the configuration is bound: no statement has a word of it in its text',
      async () => {
        await site().sql(readings());
        await succeeds(site(), 'run-once', '--run-id', hostile('a run'));
        await decide(site());
        const cycle = await site().json('run-once', '--run-id', hostile('another run'), '--json');
        expect(cycle).toMatchObject({ commands: { executed: 2 }, errors: [] });
        const [{ recommendation_id: id } = {}] = await site().sql(
          `SELECT recommendation_id FROM {}.agent_recommendations WHERE equipment_id = '${BY_SQL}'`,
        );
        await Promise.all([
          succeeds(site(), 'show', String(id), '--evidence'),
          succeeds(site(), 'recommendations', '--equipment', hostile('an equipment that is asked for')),
          succeeds(site(), 'work-orders', '--status', hostile('a status that is asked for')),
          succeeds(site(), 'audit', 'verify'),
          succeeds(site(), 'audit', 'export'),
        ]);

        const sent = await site().sent();
        const texts = sent.map(({ sql }) => sql.toLowerCase());
        const said = [...marks].flatMap(([where, mark]) => texts.filter((text) => text.includes(mark)).map((text) => `${where}: ${text}`));
        expect(said).toEqual([]);

        // As it was said, and not as somebody's escapes left it.
        expect(await site().sql(`SELECT rejection_reason FROM {}.agent_recommendations WHERE equipment_id = '${REJECTED}'`)).toEqual([
          { rejection_reason: WHY },
        ]);
        const rows = await Promise.all(TABLES.map((table) => site().sql(`SELECT * FROM {}.${table}`)));
        const known = JSON.stringify([rows, sent.map(({ parameters }) => parameters)]).toLowerCase();
        expect([...marks].filter(([, mark]) => !known.includes(mark))).toEqual([]);
      },
      TIMEOUT_MS,
    );
  },
  JSON.stringify(CONFIGURATION),
);
