// Kiavi, the npm package Better Auth on Node and the crate better-auth side by side, against one PostgreSQL cluster,
// path by path. README.md beside this folder tells how it is kept fair.

import { startKiavi } from '../../tests/lib/kiavi.mjs';
import { privateMemory } from '../../tests/lib/processes.mjs';
import { opensslSpeed, pgbench } from './ceilings.mjs';
import { openClusterDatabase } from './cluster.mjs';
import { startBetterAuth, startCrate, startHello, startKiaviTenant } from './contenders.mjs';
import { judgements } from './figures.mjs';
import { median, table } from './numbers.mjs';
import { PATHS } from './paths.mjs';
import { report, requireKiavi, wrkVersion } from './setting.mjs';
import { metered, residentMemory } from './usage.mjs';

const number = (name, otherwise) => Number(process.env[name] ?? otherwise);
const ROUNDS = number('ROUNDS', 5);
const SECONDS = number('SECONDS', 8);
const WARM_UP_SECONDS = number('WARM_UP_SECONDS', 3);
const IDLE_SECONDS = number('IDLE_SECONDS', 45);
const CONNECTIONS = (process.env.CONNECTIONS ?? '16 64').split(/[ ,]+/).map(Number);
/** Connections to PostgreSQL that are tried for Better Auth; node-postgres makes 10. */
const POOLS = (process.env.POOL ?? '10 4').split(/[ ,]+/).map(Number);
const HAS_CRATE = process.env.CRATE !== 'off';

/** The paths that the command names, or all. */
function chosenPaths() {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !Object.hasOwn(PATHS, name) && name !== 'ceilings');
  if (unknown.length > 0) {
    console.error(`unknown: ${unknown.join(', ')}\nusage: bench/run [${Object.keys(PATHS).join('] [')}] [ceilings]`);
    process.exit(1);
  }
  return names.length > 0 ? names : [...Object.keys(PATHS), 'ceilings'];
}

/** Better Auth with the pool that answers /get-session fastest on this machine. */
async function startFastestBetterAuth(database, cleanUp) {
  let best;
  for (const poolSize of POOLS) {
    const contender = await startBetterAuth(`Better Auth on Node, pool of ${poolSize}`, database, { poolSize });
    cleanUp.unshift(() => contender.stop());
    const load = { connections: CONNECTIONS.at(-1), seconds: WARM_UP_SECONDS };
    await PATHS['get-session'].measure(contender, load);
    const { perSecond } = await PATHS['get-session'].measure(contender, load);
    console.log(`${contender.name}: ${Math.round(perSecond)} req/s`);
    if (!best || perSecond > best.perSecond) best = { contender, perSecond, poolSize };
  }
  return best;
}

/** Everybody who takes part in one of the paths, by the names that PATHS has for them. */
async function startContenders(kiavi, databases, wanted, leftOut, cleanUp) {
  const contenders = {};
  const start = async (name, starting) => {
    if (!wanted.has(name)) return;
    contenders[name] = await starting();
    cleanUp.unshift(() => contenders[name].stop());
  };
  await start('kiavi', () => startKiaviTenant(kiavi, 'Kiavi', 'demo'));
  const uncached = { 'session.is_kept_in_memory': false };
  await start('kiavi-uncached', () => startKiaviTenant(kiavi, 'Kiavi, cache off', 'uncached', uncached));
  const node = await startFastestBetterAuth(databases.node, cleanUp);
  contenders.node = node.contender;
  const session = { cookieCache: { enabled: true } };
  const named = `${node.contender.name}, cookie cache`;
  await start('node-cookie', () => startBetterAuth(named, databases.node, { poolSize: node.poolSize, session }));
  if (HAS_CRATE) {
    const starting = start('crate', () => startCrate('crate better-auth', databases.crate));
    await starting.catch((error) => leftOut.push(`the crate better-auth: ${error.message}`));
  } else {
    leftOut.push('the crate better-auth: it was not built');
  }
  await start('hello', startHello);
  return contenders;
}

/** Gives what `measurement` gives. A peer that cannot serve a path is told and left out; Kiavi has to serve all. */
async function tried(key, where, leftOut, measurement) {
  try {
    return await measurement();
  } catch (error) {
    if (key.startsWith('kiavi')) throw error;
    leftOut.push(`${where}: ${error.message.split('\n')[0]}`);
    console.error(`left out, ${where}: ${error.message}`);
    return undefined;
  }
}

/** Alternating rounds of one path: a Map from `contender connections` to the results. */
async function measurePath(name, contenders, postmaster, leftOut) {
  const results = new Map();
  for (const connections of CONNECTIONS) {
    const measured = (key, seconds) => {
      const measurement = () => PATHS[name].measure(contenders[key], { connections, seconds });
      const where = `${name}, ${connections} connections, ${contenders[key].name}`;
      return tried(key, where, leftOut, () => metered(contenders[key], postmaster, measurement));
    };
    const able = new Set();
    for (const key of PATHS[name].contenders.filter((one) => contenders[one])) {
      if (await measured(key, WARM_UP_SECONDS)) able.add(key);
    }
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const key of able) {
        const result = await measured(key, SECONDS);
        if (!result) able.delete(key);
        else results.set(`${key} ${connections}`, [...(results.get(`${key} ${connections}`) ?? []), result]);
        const rate = result ? `${Math.round(result.perSecond)} /s` : 'left out';
        console.log(`${name}, ${connections} connections, round ${round}/${ROUNDS}, ${contenders[key].name}: ${rate}`);
      }
    }
  }
  return results;
}

const COLUMNS = ['/s', 'p50 ms', 'p99 ms', 'server µs', 'PostgreSQL µs', 'memory MiB', 'Kiavi is'];

function tableOf(name, connections, contenders, middle) {
  const rows = PATHS[name].contenders
    .filter((key) => middle(name, key, connections, 'perSecond'))
    .map((key) => {
      const value = (field, digits = 0) => middle(name, key, connections, field).toFixed(digits);
      const rate = (who) => middle(name, who, connections, 'perSecond');
      return [
        contenders[key].name,
        value('perSecond'),
        value('p50', 2),
        value('p99', 2),
        value('server'),
        value('postgres'),
        Math.round(middle(name, key, connections, 'memory') / 2 ** 20),
        `${(rate('kiavi') / rate(key)).toFixed(1)} ×`,
      ];
    });
  return table([[`${PATHS[name].title}, ${connections} connections`, ...COLUMNS], ...rows]);
}

async function measureCeilings(database) {
  const rows = [['PostgreSQL alone, fsync on', ...CONNECTIONS.map((count) => `${count} connections`)]];
  for (const [column, connections] of CONNECTIONS.entries()) {
    for (const [row, { name, perSecond }] of (await pgbench(database, { connections, seconds: SECONDS })).entries()) {
      rows[row + 1] ??= [name];
      rows[row + 1][column + 1] = `${Math.round(perSecond)} /s`;
    }
  }
  return `${table(rows)}\n\nopenssl speed, one processor:\n${(await opensslSpeed(Math.min(SECONDS, 3))).join('\n')}`;
}

/** Measures the paths; gives the sections of the report. */
async function measurePaths(paths, kiavi, databases, cleanUp) {
  const leftOut = [];
  const wanted = new Set(paths.flatMap((name) => PATHS[name].contenders));
  const contenders = await startContenders(kiavi, databases, wanted, leftOut, cleanUp);
  const postmaster = kiavi.postgres().pid;
  const results = {};
  for (const name of paths) results[name] = await measurePath(name, contenders, postmaster, leftOut);

  const of = (name, key, connections) => results[name]?.get(`${key} ${connections}`) ?? [];
  const middle = (name, key, connections, field) => {
    const values = of(name, key, connections).map((result) => result[field]);
    return values.length > 0 ? median(values) : undefined;
  };
  const kiavis = paths.flatMap((name) => CONNECTIONS.flatMap((connections) => of(name, 'kiavi', connections)));
  const memoryUnderLoad = Math.max(...kiavis.map((result) => result.memoryOfFirst));
  console.log(`waiting ${IDLE_SECONDS} s, so that what is idle is given back`);
  await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000));
  const memoryIdle = residentMemory(contenders.kiavi.enginePid);
  const privateIdle = privateMemory(contenders.kiavi.enginePid);
  const run = { paths, middle, connections: CONNECTIONS, memoryUnderLoad, memoryIdle, privateIdle };
  return [
    ...paths.flatMap((name) => CONNECTIONS.map((connections) => tableOf(name, connections, contenders, middle))),
    ...(leftOut.length > 0 ? [`left out:\n${leftOut.join('\n')}`] : []),
    table([['figure', 'measured, the worst of all', ''], ...judgements(run)]),
  ];
}

requireKiavi();
const chosen = chosenPaths();
const paths = chosen.filter((name) => name !== 'ceilings');
const kiavi = await startKiavi({ args: ['--engine-idle', '86400'] });
const cleanUp = [() => kiavi.dispose()];
try {
  const databases = {};
  for (const name of ['node', 'crate']) {
    databases[name] = await openClusterDatabase(kiavi, `bench_${name}`);
    cleanUp.unshift(() => databases[name].close());
  }
  const sections = paths.length > 0 ? await measurePaths(paths, kiavi, databases, cleanUp) : [];
  if (chosen.includes('ceilings')) sections.push(await measureCeilings(databases.node));
  const effort = `${SECONDS} s a round, medians of ${ROUNDS} alternating rounds, ${WARM_UP_SECONDS} s of warm-up`;
  const name = process.argv.length > 2 ? `run-${chosen.join('-')}` : 'run';
  report(name, [`${wrkVersion()}; ${effort}`, ...sections].join('\n\n'));
} finally {
  for (const step of cleanUp) await step();
}
