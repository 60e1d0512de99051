import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { runBundle } from '../support/bundle.ts';
import { newReceiver, type Receiver } from '../support/receiver.ts';
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
const TIMEOUT_MS = 900_000;

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
  notify: {
    channels: ['a channel', 'the next channel'].map((where) => ({
      name: `hook-${plain(where)}`,
      kind: 'webhook',
      urlFrom: 'OPS_AGENT_NOTIFY_URL_HOOK',
      signed: false,
    })),
    rules: [
      {
        to: [`hook-${marks.get('a channel')}`],
        remindMinutes: 600,
        escalateTo: [`hook-${marks.get('the next channel')}`],
      },
    ],
  },
};
/** Where people are told is a secret: it stands nowhere. */
const ADDRESS = `zq${randomBytes(6).toString('hex')}`;

const PERSON = hostile('who decides');
const WHY = hostile('why it is rejected');
const [BY_SQL, BY_COMMAND, REJECTED, DEFERRED, SHELVED, WAITING] = ['A', 'B', 'C', 'D', 'E', 'F'].map(
  (name) => `${name}-${plain(`equipment ${name}`)}`,
) as [string, string, string, string, string, string]; // as many as there are names

function readings(): string {
  const row = (equipment: string, status: string) =>
    `(${[hostile(`the sensor of ${equipment}`), equipment].map(literal).join(', ')}, 95, 80, 50, ${literal(status)}, current_timestamp(), ${literal(hostile(`who recorded ${equipment}`))})`;
  const hot = [BY_SQL, BY_COMMAND, REJECTED, DEFERRED, SHELVED, WAITING].map((equipment) => row(equipment, STATUS));
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
  'agent_notifications',
  'sensor_data',
];

async function succeeds({ cwd, env }: Pick<Site, 'cwd' | 'env'>, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runBundle(args, { cwd, env });
  expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
  return stdout;
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

/** What somebody wrote into rows of the outbox: of one that is over, and of one whose reminder is planned from it, with all that is in it. */
async function editOutbox(site: Site): Promise<void> {
  const message = {
    title: hostile('what somebody has people told'),
    facts: [{ name: plain('the name of a fact'), value: hostile('a fact') }],
  };
  const edited = (columns: Readonly<Record<string, string>>) =>
    Object.entries({ ...columns, notification_id: hostile(`an id, ${Object.keys(columns).join(', ')}`) }).map(
      ([name, text]) => `${name} = ${literal(text)}`,
    );
  const rows = [
    [BY_SQL, edited({ subject_id: hostile('what a row is about'), last_error: hostile('what came of a try before') })],
    [
      WAITING,
      edited({ event_id: hostile('an event'), equipment_id: hostile('equipment of a notification'), message: JSON.stringify(message) }),
    ],
  ] as const;
  for (const [equipment, assignments] of rows)
    await site.sql(`UPDATE {}.agent_notifications SET ${assignments.join(', ')}, next_attempt_timestamp = timestamp '2026-01-01'
      WHERE equipment_id = '${equipment}' AND reminder = 1`);
}

/** A receiver that refuses what it is told, and says why. */
async function withReceiver(use: (env: Readonly<Record<string, string>>) => Promise<void>): Promise<Receiver['posts']> {
  const receiver = await newReceiver();
  receiver.answer({ status: 400, body: hostile('what a receiver answers') });
  try {
    await use({ OPS_AGENT_NOTIFY_URL_HOOK: `${receiver.url}/${ADDRESS}` });
  } finally {
    await receiver.close();
  }
  return receiver.posts;
}

withBundle(
  'canaries_test',
  (site) => {
    test(
      'what comes from readings, people and the configuration is bound: no statement has a word of it in its text',
      async () => {
        await site().sql(readings());
        const posts = await withReceiver(async (env) => {
          const telling = { ...site(), env: { ...site().env, ...env } };
          await succeeds(telling, 'run-once', '--run-id', hostile('a run'));
          await decide(site());
          await editOutbox(site());
          const cycle = await succeeds(telling, 'run-once', '--run-id', hostile('another run'), '--json');
          expect(JSON.parse(cycle)).toMatchObject({ commands: { executed: 2 }, errors: [] });
        });
        // The reminder that somebody wrote something else into.
        expect(posts.filter(({ body }) => body.includes(String(marks.get('a fact'))))).toHaveLength(1);
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
        expect(`${texts.join('\n')}${known}`).not.toContain(ADDRESS);
      },
      TIMEOUT_MS,
    );
  },
  JSON.stringify(CONFIGURATION),
);
