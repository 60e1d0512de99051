import { type Json, listOf, objectOf, textsOf } from '../support/json.ts';
import { notFound, Refusal, type Routes } from '../support/rest-server.ts';
import type { RunTask, TaskResult } from './task-process.ts';

export interface Job {
  readonly settings: Json;
  readonly runAs: string;
}

export interface Jobs {
  readonly routes: Routes;
  /** The jobs that are there, by their ids. */
  readonly jobs: ReadonlyMap<number, Job>;
  /** What the page of the newest run shows of its tasks: their logs. */
  readonly newestLog: () => string;
}

interface Run {
  readonly jobId: number;
  readonly taskKeys: readonly string[];
  results: readonly TaskResult[] | null;
}

const FIRST_JOB = 1001;
const FIRST_RUN = 5_000_001;
/** The run of a task is numbered by the run of its job and its place there. */
const TASKS_A_RUN = 100;
/** What the service adds where nothing was said, to a job and to each of its tasks. */
const JOB_DEFAULTS = {
  timeout_seconds: 0,
  max_concurrent_runs: 1,
  email_notifications: {},
  webhook_notifications: {},
  format: 'MULTI_TASK',
};
const TASK_DEFAULTS = { run_if: 'ALL_SUCCESS', timeout_seconds: 0, email_notifications: {} };

/** That it refuses an environment_key that nothing declares is not known, so it does not here. @throws Refusal for what the service refuses */
function checked(settings: Json): Json {
  if ('continuous' in settings && 'schedule' in settings)
    throw new Refusal(400, 'INVALID_PARAMETER_VALUE', 'A job has a schedule or is continuous, not both.');
  return { ...JOB_DEFAULTS, ...settings, tasks: listOf(settings['tasks']).map((task) => ({ ...TASK_DEFAULTS, ...task })) };
}

function stateOf(results: readonly TaskResult[] | null): Json {
  if (results === null) return { life_cycle_state: 'RUNNING' };
  const hasFailed = results.some(({ error }) => error !== null);
  return {
    life_cycle_state: 'TERMINATED',
    result_state: hasFailed ? 'FAILED' : 'SUCCESS',
    state_message: hasFailed ? 'Workload failed, see run output for details' : '',
  };
}

/** The jobs of a workspace, as whoever deploys keeps them. */
function keptJobs(me: string) {
  const jobs = new Map<number, Job>();
  let made = 0;
  const at = (id: number) => {
    const job = jobs.get(id);
    if (job === undefined) throw notFound(`Job ${id}`);
    return job;
  };
  const keep = (id: number, settings: Json) => {
    jobs.set(id, { settings: checked(settings), runAs: textsOf(Object.values(objectOf(settings['run_as'])))[0] ?? me });
  };
  const routes: Routes = {
    'POST /api/2.2/jobs/create': ({ json }) => {
      const id = FIRST_JOB + made;
      keep(id, json);
      made += 1;
      return { job_id: id };
    },
    'POST /api/2.2/jobs/reset': ({ json }) => {
      at(Number(json['job_id']));
      keep(Number(json['job_id']), objectOf(json['new_settings']));
    },
    'GET /api/2.2/jobs/get': ({ query }) => {
      const id = Number(query.get('job_id'));
      return { job_id: id, creator_user_name: me, run_as_user_name: at(id).runAs, settings: at(id).settings };
    },
    'POST /api/2.2/jobs/delete': ({ json }) => {
      at(Number(json['job_id']));
      jobs.delete(Number(json['job_id']));
    },
  };
  return { jobs, at, routes };
}

/** Jobs and their runs. `runTask` executes one task; a run goes on beside the answers. */
export function workspaceJobs(me: string, runTask: RunTask): Jobs {
  const { jobs, at, routes } = keptJobs(me);
  const runs = new Map<number, Run>();
  const runAt = (id: number) => {
    const run = runs.get(id);
    if (run === undefined) throw notFound(`Run ${id}`);
    return run;
  };
  const start = (jobId: number) => {
    const id = FIRST_RUN + runs.size;
    const { settings } = at(jobId);
    const tasks = listOf(settings['tasks']);
    const run: Run = { jobId, taskKeys: tasks.map((task) => String(task['task_key'])), results: null };
    runs.set(id, run);
    void Promise.all(tasks.map((task) => runTask({ task, settings, runId: id }))).then((results) => (run.results = results));
    return { run_id: id, number_in_job: id };
  };
  const describe = (id: number) => {
    const { jobId, taskKeys, results } = runAt(id);
    const tasks = taskKeys.map((task_key, place) => ({
      run_id: id * TASKS_A_RUN + place,
      task_key,
      state: stateOf(results === null ? null : results.slice(place, place + 1)),
    }));
    return { run_id: id, job_id: jobId, run_name: at(jobId).settings['name'], state: stateOf(results), tasks };
  };
  const outputOf = (taskRun: number) => {
    const { log, error } = runAt(Math.floor(taskRun / TASKS_A_RUN)).results?.[taskRun % TASKS_A_RUN] ?? { log: '', error: null };
    return { logs: log, ...(error !== null && { error, error_trace: log }) };
  };
  return {
    jobs,
    newestLog: () => ([...runs.values()].at(-1)?.results ?? []).map(({ log }) => log).join(''),
    routes: {
      ...routes,
      'POST /api/2.2/jobs/run-now': ({ json }) => start(Number(json['job_id'])),
      'GET /api/2.2/jobs/runs/list': () => ({ runs: [] }),
      'GET /api/2.2/jobs/runs/get': ({ query }) => describe(Number(query.get('run_id'))),
      'GET /api/2.2/jobs/runs/get-output': ({ query }) => outputOf(Number(query.get('run_id'))),
    },
  };
}
