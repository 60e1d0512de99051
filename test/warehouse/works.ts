import { approval, reading, type Site } from './bundle-at-warehouse.ts';

type Row = Readonly<Record<string, unknown>>;

const MOST_CYCLES_TO_SETTLE = 6;
/** Of the rule that HOT is of. */
const COMMANDS_EACH = 2;
const HOT = 92;

/** A configuration in which conditions hold for as long as the test takes, and nothing keeps a write waiting. */
export const WORKS_CONFIGURATION = JSON.stringify({
  source: { maxAgeSeconds: 7200 },
  rules: { offDelaySeconds: 0, clearReadings: 1 },
  policy: { settlingSeconds: 7200, verifyWindowSeconds: 14_400, approvalTtlSeconds: 7200, maxWritesPerMinute: 10_000 },
  plant: { timeoutSeconds: 0.5, readBackSeconds: 0 },
});

const LEFT = `SELECT recommendation_id AS id, status FROM {}.agent_recommendations WHERE status IN ('pending', 'approved', 'executing')
UNION ALL SELECT command_id, status FROM {}.agent_commands WHERE status IN ('pending', 'executing', 'unknown')`;

/** A plant where one equipment after the other gets too hot and an operator approves what is recommended, by plain SQL both; and what must have come of it. */
export class Works {
  readonly #site: Site;
  readonly #equipment: string[] = [];

  constructor(site: Site) {
    this.#site = site;
  }

  /** Another conflict of the operator's own statement with the agent's is his HMI's to repeat. */
  async approve(): Promise<void> {
    for (let left = 20; ; left -= 1) {
      try {
        await this.#site.sql(approval());
        return;
      } catch (thrown) {
        if (left === 0 || !String(thrown).includes('CONCURRENT')) throw thrown;
      }
    }
  }

  /** What a cycle finds to do: an approval of each that waits for one, and one equipment more that is too hot. */
  async goOn(): Promise<void> {
    await this.approve();
    const equipment = `EQ_${this.#equipment.length + 1}`;
    await this.#site.sql(reading(equipment, HOT));
    this.#equipment.push(equipment);
  }

  /** Cycles, each by a run of its own that waits for the lease of the dead, until nothing that was approved is open. */
  async settle(): Promise<void> {
    for (let count = 1; count <= MOST_CYCLES_TO_SETTLE; count += 1) {
      await this.approve();
      const { code, stderr } = await this.#site.run('run-once', '--wait', '5m');
      // 7: what a dead run had claimed did not come to the plant.
      if (code !== 0 && code !== 7) throw new Error(`a cycle that was to settle ended with ${code}: ${stderr}`);
      if ((await this.#site.sql(LEFT)).length === 0) return;
    }
    throw new Error(`still open: ${JSON.stringify(await this.#site.sql(LEFT))}`);
  }

  /** The commands that the plant acted on, once for each time that it did. */
  async sent(): Promise<readonly unknown[]> {
    const received = (await this.#site.json('plant', 'writes', '--json')) as readonly Row[];
    return received.filter((write) => write['accepted'] === true).map((write) => write['command_id']);
  }

  /**
   * What is wrong; nothing, where nothing was lost (each of the conditions has its recommendation, and all that was approved has ended) and nothing done
   * twice (it has one, and the plant was told each command once). A command that died between its claim and the plant says that it was not confirmed.
   */
  async wrongs(): Promise<object> {
    const site = this.#site;
    const rows = await site.sql('SELECT equipment_id AS equipment, status FROM {}.agent_recommendations');
    const commands = await site.sql('SELECT command_id AS id, status, failure_code AS code FROM {}.agent_commands');
    const sent = await this.sent();
    const isAsSent = ({ id, status, code }: Row) =>
      sent.includes(id) ? status === 'executed' : status === 'cancelled' || (status === 'failed' && code === 'not_confirmed');
    const { code, stdout } = await site.run('audit', 'verify');
    const recommended = rows.map((row) => String(row['equipment']));
    return {
      notRecommended: this.#equipment.filter((equipment) => !recommended.includes(equipment)),
      recommendedTwice: recommended.filter((equipment, index) => recommended.indexOf(equipment) !== index),
      sentTwice: sent.filter((id, index) => sent.indexOf(id) !== index),
      notEnded: rows.filter(({ status }) => status !== 'executed' && status !== 'failed'),
      notAsSent: commands.filter((command) => !isAsSent(command)),
      commandsTooMany: commands.length - COMMANDS_EACH * this.#equipment.length,
      audit: code === 0 ? '' : stdout,
    };
  }
}

/** As `wrongs` says that nothing is. */
export const NOTHING_WRONG = {
  notRecommended: [],
  recommendedTwice: [],
  sentTwice: [],
  notEnded: [],
  notAsSent: [],
  commandsTooMany: 0,
  audit: '',
};
