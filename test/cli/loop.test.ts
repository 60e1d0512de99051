import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { ensureBundle, newWorkplace, startBundle, type Workplace } from '../support/bundle.ts';

let place: Workplace;
beforeAll(() => ensureBundle(), 60_000);
beforeEach(async () => {
  place = newWorkplace();
  await place.run('setup', '--sample-data');
}, 30_000);
afterEach(() => place.remove());

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

function masked(log: string): string {
  return log
    .replace(/\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\]/g, '[TIME]')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'INSTANT')
    .replace(/Duration: \d+\.\d\ds/g, 'Duration: N.NNs')
    .replace(/Next poll in [\d.]+s/g, 'Next poll in Ns')
    .replace(/rules=[0-9a-f]{12}\b/, 'rules=HASH')
    .replace(UUID, 'UUID')
    .replaceAll(place.cwd, '.');
}

const silentFor = (minutes: number) => `UPDATE agent_health SET newest_reading_timestamp = CURRENT_TIMESTAMP - INTERVAL ${minutes} MINUTES`;

const START = `[TIME] [INFO] Initializing Operations Agent... store=embedded:./ops-agent.db plant=simulator config=(defaults) rules=HASH
[TIME] [WARNING] The plant is simulated (./ops-agent.plant.db): nothing that is executed reaches real equipment
[TIME] [INFO] Connected to store embedded (./ops-agent.db) successfully
[TIME] [INFO] Initialized plant: simulated plant in ./ops-agent.plant.db
[TIME] [INFO] Agent ops_agent_001 initialized successfully
[TIME] [INFO] ✓ Database connection verified
[TIME] [INFO]
======================================================================
AGENT STATUS REPORT
======================================================================
Agent ID: ops_agent_001
Timestamp: INSTANT
Total recommendations: 0
Pending recommendations: 0
Commands executed: 0
======================================================================

[TIME] [INFO] [STARTUP] Agent ops_agent_001 starting monitoring loop...
`;

describe('loop', () => {
  test("prints the specification's lines on stderr and nothing on stdout", async () => {
    const { stdout, stderr, code } = await place.run('loop', '--max-cycles', '2', '--interval', '1', '--log-level', 'debug');
    expect({ stdout, code }).toEqual({ stdout: '', code: 0 });
    expect(masked(stderr)).toBe(`${START}[TIME] [INFO] Poll interval: 1 seconds
[TIME] [INFO] Detecting anomalies...
[TIME] [INFO] Found 5 recent sensor readings
[TIME] [WARNING] ANOMALY DETECTED: REACTOR_02 temperature=92.0°C
[TIME] [INFO] ✓ RECOMMENDATION CREATED: UUID for REACTOR_02 (severity=high, confidence=0.9)
[TIME] [WARNING] ANOMALY DETECTED: PUMP_02 temperature=88.5°C
[TIME] [INFO] ✓ RECOMMENDATION CREATED: UUID for PUMP_02 (severity=medium, confidence=0.85)
[TIME] [INFO] Processing approvals...
[TIME] [DEBUG] No approved recommendations to process
[TIME] [INFO] Executing pending commands...
[TIME] [DEBUG] No pending commands to execute
[TIME] [DEBUG] Heartbeat updated for agent ops_agent_001
[TIME] [INFO] [CYCLE COMPLETE] Duration: N.NNs, Next poll in Ns
[TIME] [INFO] Detecting anomalies...
[TIME] [DEBUG] No recent sensor data found
[TIME] [DEBUG] No anomalies detected
[TIME] [INFO] Processing approvals...
[TIME] [DEBUG] No approved recommendations to process
[TIME] [INFO] Executing pending commands...
[TIME] [DEBUG] No pending commands to execute
[TIME] [DEBUG] Heartbeat updated for agent ops_agent_001
[TIME] [INFO] [CYCLE COMPLETE] Duration: N.NNs, no next poll
[TIME] [INFO] Agent ops_agent_001 is offline after 2 cycles
`);
  });

  test('warns of a silent feed once, status says it too, and another silence is told again', async () => {
    await place.run('sql', 'DELETE FROM sensor_data');
    await place.run('sql', silentFor(10));
    const running = startBundle(['loop', '--max-cycles', '8', '--interval', '1'], { cwd: place.cwd });
    await running.saw('Next poll');
    expect((await place.run('status')).stdout).toMatch(/^Feed: SILENT, newest good reading 10m ago$/m);
    await place.run('sql', silentFor(20));
    const { stderr } = await running.done;
    expect(stderr.match(/\[WARNING\] The feed is silent: .*/g)).toHaveLength(2);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends on %s with exit code %d, offline', async (signal, expected) => {
    const running = startBundle(['loop', '--interval', '60'], { cwd: place.cwd });
    await running.saw('[CYCLE COMPLETE]');
    running.child.kill(signal);
    const { stderr, code } = await running.done;
    expect(code).toBe(expected);
    expect(masked(stderr)).toContain('[TIME] [INFO] Agent interrupted by user. Shutting down gracefully...\n');
    expect(await place.json('sql', '--json', 'SELECT status FROM agent_health')).toEqual([{ status: 'offline' }]);
    expect((await place.run('health')).code).toBe(8);
  });

  test('--exit-on-stdin-end: what is written there is thrown away, its end stops it as SIGTERM does, and a signal then is not the second one', async () => {
    const running = startBundle(['loop', '--interval', '0.2', '--log-level', 'debug', '--exit-on-stdin-end'], {
      cwd: place.cwd,
      hasStdin: true,
    });
    await running.saw('[CYCLE COMPLETE]');
    running.child.stdin?.write('stop\n');
    await running.saw('No recent sensor data found');
    running.child.stdin?.end();
    await running.saw('Shutting down gracefully');
    running.child.kill('SIGINT');
    expect((await running.done).code).toBe(143);
    expect(await place.json('sql', '--json', 'SELECT status FROM agent_health')).toEqual([{ status: 'offline' }]);
  });

  test('without --exit-on-stdin-end a stdin that ended stops nothing, and one that is open keeps nothing from its end', async () => {
    const ended = startBundle(['loop', '--max-cycles', '2', '--interval', '0.2'], { cwd: place.cwd });
    expect((await ended.done).code).toBe(0);
    for (const command of [['loop', '--max-cycles', '1'], ['run-once']]) {
      const open = startBundle([...command, '--exit-on-stdin-end'], { cwd: place.cwd, hasStdin: true });
      expect((await open.done).code).toBe(0);
    }
  });

  test('--log-format json gives one object per line', async () => {
    const { stderr } = await place.run('loop', '--max-cycles', '1', '--log-format', 'json');
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>); // each line is one object
    for (const line of lines) {
      expect(line['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(['debug', 'info', 'warn', 'error']).toContain(line['level']);
      expect(typeof line['message']).toBe('string');
    }
    expect(lines.at(-2)).toMatchObject({ report: { agent_id: 'ops_agent_001', outcome: 'completed', recommendations: { created: 2 } } });
  });

  test('--for ends it with exit code 0', async () => {
    const { code, stderr } = await place.run('loop', '--for', '1s', '--interval', '0.4');
    expect(code).toBe(0);
    expect(stderr.match(/CYCLE COMPLETE/g)).toHaveLength(3);
  });

  test('--interval and the --max-age of health are durations; a plain number is seconds', async () => {
    const { code, stderr } = await place.run('loop', '--max-cycles', '1', '--interval', '2m');
    expect(code).toBe(0);
    expect(stderr).toContain('Poll interval: 120 seconds\n');
    await place.run('run-once');
    const offline = `UPDATE agent_health SET last_heartbeat = CURRENT_TIMESTAMP - INTERVAL 90 SECONDS, next_due = NULL`;
    await place.run('sql', offline);
    const reasons = async (maxAge: string) => (await place.run('health', '--max-age', maxAge)).stdout.includes('the next was due by');
    expect([await reasons('1m'), await reasons('60'), await reasons('2m'), await reasons('120')]).toEqual([true, true, false, false]);
  });
});
