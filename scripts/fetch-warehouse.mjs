/**
 * Fetches what the test warehouse runs on into .cache/warehouse: Spark for Python in an environment of its own, and Delta's jars. Java,
 * Python and Maven must be there; without them it says how to get them.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FETCH_MS, Missing, fetchIntoCache, outputOf, pythonFrom, pythonWith, run, versionOf } from './fetch-into-cache.mjs';

const JAVA = 17;
const PYTHON = [3, 10];
const PACKAGES = ['pyspark==4.1.1', 'delta-spark==4.3.1', 'pyarrow==26.0.1'];
/** Without what they depend on: Spark has it. */
const JARS = [
  'io.delta:delta-spark_4.1_2.13:4.3.1',
  'io.delta:delta-storage:4.3.1',
  'io.delta:delta-kernel-api:4.3.1',
  'io.delta:delta-kernel-defaults:4.3.1',
  'io.delta:delta-kernel-unitycatalog:4.3.1',
  'io.unitycatalog:unitycatalog-client:0.5.0',
  'io.unitycatalog:unitycatalog-hadoop:0.5.0',
];

/** JAVA_HOME where it is new enough, else that of the `java` on the path. */
async function javaHome() {
  const homes = [process.env.JAVA_HOME, process.env.JAVA_HOME_17_X64, process.env.JAVA_HOME_21_X64].filter(Boolean);
  for (const java of [...homes.map((home) => path.join(home, 'bin/java')), 'java']) {
    const said = await outputOf(java, ['-XshowSettings:properties', '-version']);
    const [, home = ''] = /java\.home = (.+)/.exec(said) ?? [];
    const [, major = '0'] = /java\.specification\.version = (\d+)/.exec(said) ?? [];
    if (Number(major) >= JAVA) return home.trim();
  }
  throw new Missing(
    `there is no Java ${JAVA} or newer; install one (Debian, Ubuntu: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17; ` +
      'Windows: winget install Microsoft.OpenJDK.17), or set JAVA_HOME',
  );
}

async function requireMaven() {
  if ((await outputOf('mvn', ['--version'])) === '')
    throw new Missing(
      'there is no Maven; install it (Debian, Ubuntu: apt-get install maven; macOS: brew install maven; Windows: choco install maven)',
    );
}

const parts = (coordinates) => {
  const [group, artifact, number] = coordinates.split(':');
  return { group, artifact, number, file: `${artifact}-${number}.jar` };
};

/** Maven knows its repositories, and the mirrors of this machine. */
async function jarsByMaven(jars) {
  const exclusion = '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>';
  const dependencies = JARS.map(parts).map(
    ({ group, artifact, number }) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${number}</version>${exclusion}</dependency>`,
  );
  const project = `<project><modelVersion>4.0.0</modelVersion><groupId>test</groupId><artifactId>warehouse</artifactId><version>1</version><packaging>pom</packaging><dependencies>${dependencies.join('')}</dependencies></project>\n`;
  await writeFile(path.join(jars, 'pom.xml'), project);
  await run('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=.'], { cwd: jars, timeout: FETCH_MS, maxBuffer: 1e8 });
}

async function fetchJars(folder, say) {
  const jars = path.join(folder, 'jars');
  await mkdir(jars);
  say('fetching the jars of Delta');
  await jarsByMaven(jars);
  const there = await readdir(jars);
  const absent = JARS.map((jar) => parts(jar).file).filter((file) => !there.includes(file));
  if (absent.length > 0) throw new Error(`not fetched: ${absent.join(', ')}`);
  return jars;
}

async function fetchAll(folder, home, say) {
  await requireMaven();
  const base = await pythonFrom(PYTHON);
  say(`installing ${PACKAGES.join(', ')} with pip: some 500 MB, once`);
  const own = await pythonWith(base, path.join(folder, 'venv'), PACKAGES, { JAVA_HOME: home });
  return { javaHome: home, python: own, jars: await fetchJars(folder, say) };
}

await fetchIntoCache({
  name: 'warehouse',
  version: versionOf([PACKAGES, JARS]),
  suite: 'warehouse',
  prepare: async (say) => {
    const home = await javaHome();
    return {
      fits: (ready) => ready.javaHome === home && existsSync(ready.python) && existsSync(ready.jars),
      fill: (folder) => fetchAll(folder, home, say),
    };
  },
});
