// A hundred tenants: created one after the other, started, stopped, started again; then a search for what
// has leaked.

import { request } from '../../tests/lib/http.mjs';
import { startKiavi } from '../../tests/lib/kiavi.mjs';
import { openFiles, privateMemory } from '../../tests/lib/processes.mjs';
import { until } from '../../tests/lib/wait.mjs';
import { summary, table } from './numbers.mjs';
import { report, requireKiavi } from './setting.mjs';

const TENANTS = Number(process.env.TENANTS ?? 100);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
/** Long enough for all of them to run at once. */
const IDLE_SECONDS = 20;
const ROLES = ['launcher', 'gateway', 'control', 'outbound'];

const milliseconds = async (action) => {
  const started = process.hrtime.bigint();
  await action();
  return Number(process.hrtime.bigint() - started) / 1e6;
};

/** Starts every engine with one request and waits until all have stopped; gives the times of the requests. */
async function startAndStop(kiavi, tenants) {
  const times = [];
  for (const { url } of tenants) {
    times.push(
      await milliseconds(async () => {
        const answer = await request(`${url}/api/auth/get-session`);
        if (answer.status !== 200) throw new Error(`${url}: ${answer.status}`);
      }),
    );
  }
  const engines = kiavi.role('engine');
  if (engines.length < tenants.length) throw new Error(`${engines.length} engines for ${tenants.length} tenants`);
  const within = (IDLE_SECONDS + 60) * 1000;
  await until('every engine was idle and has stopped', () => kiavi.role('engine').length === 0, { within, every: 250 });
  return times;
}

function holdings(kiavi) {
  const processes = ROLES.flatMap((role) => kiavi.role(role).map((one) => [role, one.pid]));
  return {
    processes: kiavi.role('engine').length + processes.length,
    ...Object.fromEntries(
      processes.flatMap(([role, pid]) => [
        [`${role}: descriptors`, openFiles(pid).length],
        [`${role}: private KiB`, Math.round(privateMemory(pid) / 1024)],
      ]),
    ),
  };
}

requireKiavi();
const kiavi = await startKiavi({ args: ['--engine-idle', String(IDLE_SECONDS)] });
try {
  const creation = [];
  const tenants = [];
  for (let i = 1; i <= TENANTS; i += 1) {
    creation.push(await milliseconds(async () => tenants.push(await kiavi.createTenant(`bench-${i}`))));
    if (i % 10 === 0) console.log(`${i} tenants`);
  }
  const states = [];
  const starts = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    starts.push(...(await startAndStop(kiavi, tenants)));
    states.push(holdings(kiavi));
    console.log(`round ${round}/${ROUNDS}`);
  }
  const names = Object.keys(states[0]);
  const grown = names.filter((name) => /descriptors|processes/.test(name) && states.at(-1)[name] > states[0][name]);
  report(
    'tenants',
    [
      `tenant create, the command included: ${summary(creation, 'ms', 0)}`,
      `first answer of a stopped engine:    ${summary(starts, 'ms')}`,
      '',
      table([
        ['after starting and stopping all', ...states.map((_, i) => `round ${i + 1}`)],
        ...names.map((name) => [name, ...states.map((state) => state[name])]),
      ]),
      '',
      grown.length === 0 ? 'no leak: nothing grew from the first round to the last' : `LEAK: ${grown.join(', ')}`,
    ].join('\n'),
  );
  if (grown.length > 0) process.exitCode = 1;
} finally {
  await kiavi.dispose();
}
