// How many tenants does a machine hold? What a tenant takes of its memory while it sleeps, what an engine takes that
// nobody uses, everything counted, and whether it matters to a start how many others run.

import { request } from '../../tests/lib/http.mjs';
import { startKiavi } from '../../tests/lib/kiavi.mjs';
import { privateMemory } from '../../tests/lib/processes.mjs';
import { machineMemory, memoryGroup } from './memory.mjs';
import { median, summary, table } from './numbers.mjs';
import { report, requireKiavi } from './setting.mjs';

const TENANTS = Number(process.env.TENANTS ?? 1000);
const CREATED_AT_A_TIME = Number(process.env.CREATED_AT_A_TIME ?? 4);
/** Long enough for database connections to be closed and what is free to be given back. */
const REST_SECONDS = Number(process.env.REST_SECONDS ?? 60);
/** Starts that are compared: the first ones, when nobody else runs, and the last ones. */
const COMPARED = Math.min(100, Math.floor(TENANTS / 4));
const SAMPLES = 20;
/** KiB that an engine may take which nobody uses, all told. */
const WANTED_KIBIBYTES = 1024;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Medians of some seconds: the machine does other things, too. */
async function look(kiavi, group) {
  const samples = [];
  while (samples.length < SAMPLES) {
    await pause(250);
    samples.push({ ...machineMemory(), ...group?.read() });
  }
  const middle = Object.fromEntries(Object.keys(samples[0]).map((name) => [name, median(samples.map((one) => one[name]))]));
  const ofRole = (role) => kiavi.role(role).reduce((sum, { pid }) => sum + privateMemory(pid) / 1024, 0);
  return { ...middle, launcher: ofRole('launcher'), gateway: ofRole('gateway'), control: ofRole('control'), outbound: ofRole('outbound') };
}

async function createTenants(kiavi) {
  const tenants = [];
  let next = 1;
  const worker = async () => {
    while (next <= TENANTS) {
      const number = next;
      next += 1;
      tenants[number - 1] = await kiavi.createTenant(`dense-${number}`);
      if (number % 50 === 0) console.log(`${number} tenants`);
    }
  };
  await Promise.all(Array.from({ length: CREATED_AT_A_TIME }, worker));
  return tenants;
}

/** Milliseconds of a tenant's first answer. */
async function firstAnswer({ url }) {
  const started = process.hrtime.bigint();
  const answer = await request(`${url}/api/auth/get-session`);
  if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${answer.text}`);
  return Number(process.hrtime.bigint() - started) / 1e6;
}

const backends = (kiavi) => kiavi.processes().filter(({ arguments: [title] }) => /^postgres: t[a-z0-9]{24} /.test(title ?? ''));

/** What became more (less, of what is available) from one look to another, for each tenant. */
function growth(before, after) {
  const each = (name) => (after[name] - before[name]) / TENANTS;
  return {
    'of the machine: available memory': -each('MemAvailable'),
    'of the machine: anonymous pages': each('AnonPages'),
    'of the machine: page tables': each('PageTables'),
    'of the machine: kernel stacks': each('KernelStack'),
    'of the machine: slab, unreclaimable': each('SUnreclaim'),
    'of the machine: slab, reclaimable': each('SReclaimable'),
    'of the machine: per processor': each('Percpu'),
    'charged to the instance: anonymous pages': each('anonymous'),
    'charged to the instance: kernel memory': each('kernel'),
    'private of the launcher': each('launcher'),
    'private of the gateway': each('gateway'),
    'private of control': each('control'),
    'private of outbound': each('outbound'),
  };
}

requireKiavi();
const group = memoryGroup(`kiavi-density-${process.pid}`);
const kiavi = await startKiavi({ args: ['--engine-idle', '86400'] });
try {
  const empty = await look(kiavi, group);
  const began = Date.now();
  const tenants = await createTenants(kiavi);
  const seconds = (Date.now() - began) / 1000;
  await pause(REST_SECONDS * 1000);
  const runBefore = kiavi.role('engine').length;
  const asleep = await look(kiavi, group);
  const starts = [];
  for (const tenant of tenants) starts.push(await firstAnswer(tenant));
  const running = kiavi.role('engine').length - runBefore;
  if (running !== TENANTS) throw new Error(`${running} engines for ${TENANTS} tenants`);
  console.log(`all run; resting ${REST_SECONDS} s`);
  await pause(REST_SECONDS * 1000);
  const idle = await look(kiavi, group);
  const sizes = kiavi.role('engine').map(({ pid }) => privateMemory(pid) / 1024);
  const [sleeping, engine] = [growth(empty, asleep), growth(asleep, idle)];
  const rows = Object.keys(engine).filter((name) => Number.isFinite(engine[name]));
  const available = engine['of the machine: available memory'];
  const charged = engine['charged to the instance: anonymous pages'] + engine['charged to the instance: kernel memory'];
  // Where others gave memory back meanwhile, what was charged is nearer to the truth.
  const all = Math.max(available, charged || 0);
  report(
    'density',
    [
      `${TENANTS} tenants, created ${CREATED_AT_A_TIME} at a time in ${seconds.toFixed(0)} s; ${backends(kiavi).length} database connections while all engines are idle`,
      table([
        ['KiB for each tenant', 'asleep', 'and idle on top'],
        ...rows.map((name) => [name, sleeping[name].toFixed(1), engine[name].toFixed(1)]),
        ['private of the engine, median', '', median(sizes).toFixed(1)],
      ]),
      [
        `first answer of the first ${COMPARED} engines: ${summary(starts.slice(0, COMPARED), 'ms')}`,
        `first answer of the last ${COMPARED} engines:  ${summary(starts.slice(-COMPARED), 'ms')}`,
      ].join('\n'),
      `an idle engine takes ${all.toFixed(0)} KiB all told; ${WANTED_KIBIBYTES} wanted: ${all <= WANTED_KIBIBYTES ? 'reached' : 'NOT REACHED'}`,
    ].join('\n\n'),
  );
} finally {
  await kiavi.dispose();
  group?.end();
}
