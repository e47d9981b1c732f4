// Kiavi, the npm package Better Auth on Node and the crate better-auth side by side, against one PostgreSQL cluster,
// path by path. README.md beside this folder tells how it is kept fair.

import { startKiavi } from '../../tests/lib/kiavi.mjs';
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
async function startContenders(kiavi, databases, wanted, cleanUp) {
  const contenders = {};
  const start = async (name, starting) => {
    if (!wanted.has(name)) return;
    contenders[name] = await starting();
    cleanUp.unshift(() => contenders[name].stop());
  };
  await start('kiavi', () => startKiaviTenant(kiavi, 'Kiavi', 'demo'));
  const uncached = { 'session.is_kept_in_memory': false };
  await start('kiavi-uncached', () => startKiaviTenant(kiavi, 'Kiavi, session.is_kept_in_memory=false', 'uncached', uncached));
  const node = await startFastestBetterAuth(databases.node, cleanUp);
  contenders.node = node.contender;
  const session = { cookieCache: { enabled: true } };
  const named = `${node.contender.name}, cookie cache`;
  await start('node-cookie', () => startBetterAuth(named, databases.node, { poolSize: node.poolSize, session }));
  if (HAS_CRATE) await start('crate', () => startCrate('crate better-auth', databases.crate));
  await start('hello', startHello);
  return contenders;
}

/** Alternating rounds of one path: a Map from `contender connections` to the results. */
async function measurePath(name, contenders, postmaster) {
  const path = PATHS[name];
  const results = new Map();
  const taking = path.contenders.filter((key) => contenders[key]);
  for (const connections of CONNECTIONS) {
    for (const key of [...taking]) {
      try {
        await path.measure(contenders[key], { connections, seconds: WARM_UP_SECONDS });
      } catch (error) {
        // Kiavi has to serve every path. A peer that cannot is told and left out.
        if (key.startsWith('kiavi')) throw error;
        console.error(`left out: ${error.message}`);
        results.set(`${key} failed`, error.message.split('\n')[0]);
        taking.splice(taking.indexOf(key), 1);
      }
    }
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const key of taking) {
        const contender = contenders[key];
        const measurement = () => path.measure(contender, { connections, seconds: SECONDS });
        const result = await metered(contender, postmaster, measurement);
        const label = `${key} ${connections}`;
        results.set(label, [...(results.get(label) ?? []), result]);
        console.log(`${name}, ${connections} connections, round ${round}/${ROUNDS}, ${contender.name}: ${Math.round(result.perSecond)} /s`);
      }
    }
  }
  return results;
}

function tableOf(name, contenders, middle) {
  const path = PATHS[name];
  return CONNECTIONS.map((connections) => {
    const head = [`${path.title}, ${connections} connections`, '/s', 'p50 ms', 'p99 ms', 'server µs', 'PostgreSQL µs', 'memory MiB', 'Kiavi is'];
    const rows = path.contenders
      .filter((key) => middle(name, key, connections, 'perSecond'))
      .map((key) => {
        const value = (field) => middle(name, key, connections, field);
        const factor = middle(name, 'kiavi', connections, 'perSecond') / value('perSecond');
        return [
          contenders[key].name, Math.round(value('perSecond')), value('p50').toFixed(2), value('p99').toFixed(2),
          Math.round(value('server')), Math.round(value('postgres')), Math.round(value('memory') / 2 ** 20), `${factor.toFixed(1)} ×`,
        ];
      });
    return table([head, ...rows]);
  }).join('\n\n');
}

async function measureCeilings(database) {
  const rows = [['PostgreSQL alone, fsync on', ...CONNECTIONS.map((count) => `${count} connections`)]];
  for (const [i, connections] of CONNECTIONS.entries()) {
    for (const [row, { name, perSecond }] of (await pgbench(database, { connections, seconds: SECONDS })).entries()) {
      rows[row + 1] ??= [name];
      rows[row + 1][i + 1] = `${Math.round(perSecond)} /s`;
    }
  }
  return `${table(rows)}\n\nopenssl speed, one processor:\n${(await opensslSpeed(Math.min(SECONDS, 3))).join('\n')}`;
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
  const postmaster = kiavi.postgres().pid;
  const sections = [];
  let contenders = {};
  const results = {};
  if (paths.length > 0) {
    const wanted = new Set(paths.flatMap((name) => PATHS[name].contenders).concat('kiavi'));
    contenders = await startContenders(kiavi, databases, wanted, cleanUp);
    for (const name of paths) results[name] = await measurePath(name, contenders, postmaster);
  }
  const middle = (name, key, connections, field) => {
    const found = results[name]?.get(`${key} ${connections}`);
    return found && median(found.map((result) => result[field]));
  };
  for (const name of paths) {
    sections.push(tableOf(name, contenders, middle));
    for (const [label, why] of results[name]) if (label.endsWith(' failed')) sections.push(`left out: ${why}`);
  }
  if (chosen.includes('ceilings')) sections.push(await measureCeilings(databases.node));
  if (paths.length > 0) {
    const loads = Object.values(results).flatMap((one) => [...one].filter(([label]) => label.startsWith('kiavi ')));
    const memoryUnderLoad = Math.max(...loads.flatMap(([, all]) => all.map((result) => result.memoryOfFirst)));
    console.log(`waiting ${IDLE_SECONDS} s, so that what is idle is given back`);
    await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000));
    const memoryIdle = residentMemory(contenders.kiavi.enginePid);
    const run = { paths, middle, connections: CONNECTIONS, memoryUnderLoad, memoryIdle };
    sections.push(table([['figure', 'measured (the worst of both)', ''], ...judgements(run)]));
  }
  const setting = `${wrkVersion()}; ${SECONDS} s a round, medians of ${ROUNDS} alternating rounds, ${WARM_UP_SECONDS} s of warm-up`;
  report(chosen.length > Object.keys(PATHS).length ? 'run' : `run-${chosen.join('-')}`, [setting, ...sections].join('\n\n'));
} finally {
  for (const step of cleanUp) await step();
}
