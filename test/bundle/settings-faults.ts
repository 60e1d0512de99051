import { type Json, listOf, objectOf, textsOf } from '../support/json.ts';

/** What the CLI says of neither a bundle's settings nor its deployment. Each of these looks at what `bundle validate -o json` printed. */
const CHECKS: Readonly<Record<string, (settings: Json) => readonly string[]>> = {
  'a task uses an environment that its job does not declare': undeclaredEnvironments,
  'a dependency is not a name with a range of versions': looseDependencies,
  'something runs by itself outside of production': runningByItself,
  'a job has two reasons to run': twoTriggers,
  'a job of production does not run as the service principal': runsAsSomebody,
  'a job has no end, or nobody hears of it': carelessJobs,
  'a job runs as a principal that may not read its files': unreadableFiles,
  'a job uses another schema than the one that the bundle makes': otherSchemas,
};

const jobsOf = (settings: Json) =>
  Object.entries(objectOf(objectOf(settings['resources'])['jobs'])).map(([name, job]) => ({ name, job: objectOf(job) }));
const tasksOf = (job: Json) => listOf(job['tasks']);
const environmentsOf = (job: Json) => listOf(job['environments']);
const isProduction = (settings: Json) => objectOf(settings['bundle'])['mode'] === 'production';
const triggersOf = (job: Json) => ['continuous', 'schedule', 'trigger'].filter((key) => key in job);

function undeclaredEnvironments(settings: Json): readonly string[] {
  return jobsOf(settings).flatMap(({ name, job }) => {
    const declared = environmentsOf(job).map((one) => one['environment_key']);
    return tasksOf(job).flatMap((task) => ('environment_key' in task && !declared.includes(task['environment_key']) ? [name] : []));
  });
}

/** `==24.*` is taken for a pattern of local files, and a bare name for whatever is newest on the day of the run. */
function looseDependencies(settings: Json): readonly string[] {
  const declared = jobsOf(settings).flatMap(({ job }) => [
    ...environmentsOf(job).flatMap((one) => textsOf(objectOf(one['spec'])['dependencies'])),
    ...tasksOf(job).flatMap((task) => listOf(task['libraries']).map((library) => String(objectOf(library['pypi'])['package']))),
  ]);
  return declared.filter((text) => !/^[a-z][a-z0-9-]*~=\d+(?:\.\d+)+$/.test(text));
}

function runningByItself(settings: Json): readonly string[] {
  if (isProduction(settings)) return [];
  const alerts = Object.entries(objectOf(objectOf(settings['resources'])['alerts'])).map(([name, alert]) => ({
    name,
    job: objectOf(alert),
  }));
  return [...jobsOf(settings), ...alerts].flatMap(({ name, job }) => {
    return triggersOf(job).some((key) => objectOf(job[key])['pause_status'] !== 'PAUSED') ? [name] : [];
  });
}

function twoTriggers(settings: Json): readonly string[] {
  return jobsOf(settings).flatMap(({ name, job }) => (triggersOf(job).length > 1 ? [name] : []));
}

function runsAsSomebody(settings: Json): readonly string[] {
  if (!isProduction(settings)) return [];
  return jobsOf(settings).flatMap(({ name, job }) => ('service_principal_name' in objectOf(job['run_as']) ? [] : [name]));
}

/** Which of these keys of a job are missing or empty; a list of addresses may be empty, for it is the plant's own. */
const CARES: readonly (readonly string[])[] = [
  ['timeout_seconds'],
  ['health', 'rules'],
  ['email_notifications', 'on_failure'],
  ['email_notifications', 'on_duration_warning_threshold_exceeded'],
  ['tags', 'application'],
  ['tags', 'target'],
];
function carelessJobs(settings: Json): readonly string[] {
  return jobsOf(settings).flatMap(({ name, job }) => {
    const missing = CARES.filter((path) => !path.reduce<unknown>((value, key) => objectOf(value)[key], job));
    return missing.map((path) => `${name}.${path.join('.')}`);
  });
}

/** The files lie in the folder of one principal: any other has to be among those who may see the deployment. */
function unreadableFiles(settings: Json): readonly string[] {
  const mayRead = listOf(settings['permissions']).map((permission) => permission['service_principal_name']);
  return jobsOf(settings).flatMap(({ name, job }) => {
    const { service_principal_name } = objectOf(job['run_as']);
    return service_principal_name === undefined || mayRead.includes(service_principal_name) ? [] : [name];
  });
}

/** In development the bundle's schema has another name than the variable says. */
function otherSchemas(settings: Json): readonly string[] {
  const made = Object.keys(objectOf(objectOf(settings['resources'])['schemas'])).map((key) => `\${resources.schemas.${key}.name}`);
  const names = listOf(Object.values(objectOf(objectOf(settings['resources'])['schemas']))).map((schema) => schema['name']);
  return jobsOf(settings).flatMap(({ name, job }) => {
    const parameters = tasksOf(job).flatMap((task) => textsOf(objectOf(task['spark_python_task'])['parameters']));
    const used = parameters.flatMap((text) => /^store\.schema=(.*)$/.exec(text)?.[1] ?? []);
    return used.every((schema) => made.includes(schema) || names.includes(schema)) && used.length === 1 ? [] : [name];
  });
}

/** Each fault with where it is; none in a sound bundle. */
export function settingsFaults(settings: Json): readonly string[] {
  return Object.entries(CHECKS).flatMap(([fault, find]) => find(settings).map((where) => `${fault}: ${where}`));
}

/** Files of the bundle that a job names and that were not uploaded. */
export function missingFiles(jobs: Iterable<Json>, uploaded: ReadonlyMap<string, unknown>): readonly string[] {
  const named = [...jobs]
    .flatMap((job) => tasksOf(job))
    .flatMap((task) => {
      const { python_file, parameters } = objectOf(task['spark_python_task']);
      return [String(python_file), ...textsOf(parameters)].filter((text) => text.startsWith('/Workspace/'));
    });
  return named.filter((file) => !uploaded.has(file));
}
