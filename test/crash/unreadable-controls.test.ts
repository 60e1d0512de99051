import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventOf } from '../../src/domain/event.ts';
import { changed, newScene, type Scene } from '../support/scenario.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await newScene();
});
afterEach(() => scene.close());

/** The bytes of a text, as a driver stores them that was given no text. */
const bytes = (text: string) => `X'${Buffer.from(text).toString('hex')}'`;
/** A text with its end as C writes it. */
const ended = (text: string) => `'${text}' || char(0)`;

interface Written {
  readonly id: string;
  readonly kind: string;
  readonly scope: string;
  readonly by: string;
  readonly reason: string;
}

const WHOLE: Written = { id: `'k'`, kind: `'advisory'`, scope: `'all'`, by: `'anna'`, reason: `'pump'` };

function order(written: Partial<Written>): string {
  const { id, kind, scope, by, reason } = { ...WHOLE, ...written };
  return `INSERT INTO agent_controls (control_id, kind, scope, "by", reason, since) VALUES (${id}, ${kind}, ${scope}, ${by}, ${reason}, '2026-01-01')`;
}

const ALL = { kind: 'advisory', scope: 'all' } as const;
const R1 = { kind: 'advisory', scope: 'R1' } as const;

/** As it stands there, and what it is in force as. */
const ORDERS: readonly (readonly [string, Partial<Written>, { readonly kind: string; readonly scope: string }])[] = [
  ['whose kind is bytes', { kind: bytes('advisory') }, ALL],
  ['over one equipment whose kind is bytes', { kind: bytes('shelved'), scope: `'R1'` }, R1],
  ['whose scope is bytes', { scope: bytes('all') }, ALL],
  ['to shelve whose scope is bytes', { kind: `'shelved'`, scope: bytes('R2') }, ALL],
  ['without a scope', { scope: `' '` }, ALL],
  ['of which all is bytes', { id: bytes('k'), kind: bytes('shelved'), scope: bytes('R1'), by: bytes('anna'), reason: bytes('x') }, ALL],
  ['whose author and reason are bytes', { by: bytes('anna'), reason: bytes('x') }, ALL],
  ['whose kind ends with U+0000', { kind: ended('advisory') }, ALL],
  ['whose scope ends with U+0000', { scope: ended('all') }, ALL],
  ['to shelve, whose kind ends with U+0000', { kind: ended('shelved'), scope: `'R1'` }, R1],
  ['to shelve, whose scope ends with U+0000', { kind: `'shelved'`, scope: ended('R1') }, ALL],
  ['out of service, whose scope ends with U+0000', { kind: `'out_of_service'`, scope: ended('R1') }, ALL],
  ['whose id ends with U+0000', { id: ended('k') }, ALL],
];

const controls = async () => (await scene.store.readControls()).controls;

describe('an order that cannot be read', () => {
  test.each(ORDERS)('%s sends nothing, keeps no advice back, is shown and can be lifted', async (_what, written, { kind, scope }) => {
    await scene.reading('R1', 92);
    await scene.cycle();
    await scene.approve('R1');
    await scene.sql(order(written));
    await scene.reading('R3', 92);
    expect(await scene.cycle()).toMatchObject({ errors: [] });
    expect(scene.plant.writes()).toEqual([]);
    expect(await scene.row('R3')).toMatchObject({ status: 'pending' });
    expect(await scene.row('R1')).toMatchObject({ status: 'approved' });

    const [shown] = await controls();
    expect(shown).toMatchObject({ kind, scope });
    expect(typeof shown?.by).toBe('string');
    expect(typeof shown?.reason).toBe('string');
    const lifted = eventOf({ agentId: 'test', runId: 'run' }, { subjectType: 'control', subjectId: 'k', event: 'control_cleared' });
    expect(await scene.store.clearControl('advisory', scope, lifted)).toBe(1);
    expect(await controls()).toEqual([]);
    await scene.cycle();
    expect(scene.plant.writes().length).toBeGreaterThan(0);
  });

  test.each(ORDERS)('%s lets an approval end', async (_what, written) => {
    await scene.reading('R1', 92);
    await scene.cycle();
    await scene.approve('R1');
    await scene.sql(order(written));
    await scene.cycle();
    await scene.sql(`UPDATE agent_recommendations SET expires_timestamp = '2026-01-01 00:00:00.000'`);
    expect(await scene.cycle()).toMatchObject({ errors: [] });
    expect(await scene.row('R1')).toMatchObject({ status: 'expired' });
    expect(scene.plant.writes()).toEqual([]);
  });

  test.each(ORDERS.filter(([, , { scope }]) => scope === 'all'))(
    '%s that comes after the look of a cycle is seen by its claim',
    async (_what, written) => {
      await scene.reading('R1', 92);
      await scene.cycle();
      await scene.approve('R1');
      const store = changed(scene.store, {
        claimCommands: async (lease, claim) => {
          await scene.sql(order(written));
          await scene.store.claimCommands(lease, claim);
        },
      });
      await scene.cycle({ ports: { store } });
      expect(scene.plant.writes()).toEqual([]);
      expect((await scene.commands('R1')).map(({ status }) => status)).toEqual(['pending', 'pending']);
    },
  );
});
