import { expect, test } from '@jest/globals';
import { approval, reading, withBundle } from './bundle-at-warehouse.ts';

interface Cycle {
  readonly outcome: string;
  readonly statements: number;
  readonly recommendations: { readonly created: number };
  readonly commands: { readonly created: number; readonly executed: number; readonly refused: number };
  readonly errors: readonly unknown[];
}

withBundle('specification_test', (site) => {
  const cycle = async () => (await site().json('run-once', '--json')) as Cycle; // as its help describes it

  test('what setting up made is up to date, and setting up again changes nothing', async () => {
    expect(await site().run('setup', '--check')).toMatchObject({ code: 0 });
    expect(await site().run('setup')).toMatchObject({ code: 0 });
    const [agents] = await site().sql('SELECT COUNT(*) AS n FROM {}.agent_health');
    expect(agents).toEqual({ n: 1 });
  });

  test('a cycle with nothing to do is four statements', async () => {
    await site().control.clearLog();
    expect(await cycle()).toMatchObject({ outcome: 'completed', statements: 4, errors: [] });
    // And one that asks which version the tables have.
    expect(await site().sent()).toHaveLength(5);
  });

  test('a hot reading becomes a recommendation, an approval by plain SQL two writes at the plant, and the audit proves it', async () => {
    await site().sql(reading('REACTOR_02', 92));
    await site().sql(reading('PUMP_01', 70));
    expect(await cycle()).toMatchObject({ recommendations: { created: 1 }, commands: { created: 0 }, errors: [] });
    const pending = await site().sql(`SELECT equipment_id, severity, status, temperature_reading FROM {}.agent_recommendations`);
    expect(pending).toEqual([{ equipment_id: 'REACTOR_02', severity: 'high', status: 'pending', temperature_reading: 92 }]);
    await site().sql(approval(`equipment_id = 'REACTOR_02'`));
    await site().sql(reading('REACTOR_02', 92.5));
    expect(await cycle()).toMatchObject({ commands: { created: 2, executed: 2, refused: 0 }, errors: [] });
    const [row] = await site().sql(
      'SELECT recommendation_id, status, executed_timestamp IS NOT NULL AS is_stamped FROM {}.agent_recommendations',
    );
    expect(row).toMatchObject({ status: 'executed', is_stamped: true });
    expect(await site().sql('SELECT tag_path, new_value, status FROM {}.agent_commands ORDER BY sequence')).toEqual([
      { tag_path: '[default]REACTOR_02/ThroughputSetpoint', new_value: '75', status: 'executed' },
      { tag_path: '[default]REACTOR_02/CoolingSystemStatus', new_value: '1', status: 'executed' },
    ]);
    expect(await site().json('plant', 'writes', '--json')).toHaveLength(2);
    expect(await site().run('audit', 'verify')).toMatchObject({ code: 0 });
    const { code, stdout } = await site().run('show', String(row?.['recommendation_id']), '--evidence');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('operator_1') });
  });

  test('the command line decides, lists and stops as on any store', async () => {
    await site().sql(reading('PUMP_02', 88.5));
    await cycle();
    const [open] = (await site().json('recommendations', '--json')) as readonly { recommendation_id: string }[];
    expect(await site().run('defer', String(open?.recommendation_id), '--for', '1h', '--by', 'operator_2')).toMatchObject({ code: 0 });
    expect(await site().run('control', 'advisory', '--reason', 'maintenance', '--by', 'operator_2')).toMatchObject({ code: 0 });
    const [order] = await site().sql("SELECT kind, scope FROM {}.agent_controls WHERE kind = 'advisory'");
    expect(order).toEqual({ kind: 'advisory', scope: 'all' });
    expect(await site().run('control', 'clear', 'advisory', '--by', 'operator_2')).toMatchObject({ code: 0 });
    expect(await site().sql('SELECT * FROM {}.agent_controls')).toEqual([]);
    expect(await site().run('health')).toMatchObject({ code: 0 });
    expect(await site().run('status')).toMatchObject({ code: 0 });
  });
});
