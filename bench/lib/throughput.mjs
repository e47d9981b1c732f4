// GET /get-session: Kiavi and the real Better Auth server side by side, against one PostgreSQL cluster.
//
// Both answer from the database on every request: Better Auth's cookie cache is off, and so are the limits
// of both. The rounds alternate, so that a busy neighbour or a warm processor hits all alike.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CookieJar } from '../../tests/lib/http.mjs';
import { startKiavi } from '../../tests/lib/kiavi.mjs';
import { CLOCK_TICKS_PER_SECOND, allProcesses, descendants, inspect } from '../../tests/lib/processes.mjs';
import { Mailbox } from '../../tests/lib/mailbox.mjs';
import { startReferenceServer } from '../../tests/lib/reference.mjs';
import { Visitor, freshEmail } from '../../tests/lib/visitor.mjs';
import { openClusterDatabase } from './cluster.mjs';
import { median, table } from './numbers.mjs';
import { report, requireKiavi, wrkVersion } from './setting.mjs';

const run = promisify(execFile);
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SECONDS = Number(process.env.SECONDS ?? 8);
const CONNECTIONS = Number(process.env.CONNECTIONS ?? 64);
const WARM_UP_SECONDS = 3;
/** Of node-postgres; the default is 10. */
const TUNED_POOL = Number(process.env.POOL ?? 4);

async function wrk(contender, seconds) {
  const url = new URL(contender.url);
  const args = [
    '-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--latency', '--timeout', '5s',
    '-H', `Host: ${url.host}`, '-H', `Cookie: ${contender.cookie}`,
    `http://127.0.0.1:${url.port}/api/auth/get-session`,
  ];
  const { stdout } = await run('wrk', args);
  const broken = stdout.match(/Non-2xx or 3xx responses: (\d+)|Socket errors:.*/);
  if (broken) throw new Error(`${contender.name}: ${broken[0]}\n${stdout}`);
  return {
    perSecond: Number(stdout.match(/Requests\/sec:\s+([\d.]+)/)[1]),
    requests: Number(stdout.match(/(\d+) requests in/)[1]),
    p50: milliseconds(stdout, '50%'),
    p99: milliseconds(stdout, '99%'),
  };
}

function milliseconds(output, share) {
  const [, value, unit] = output.match(new RegExp(`^\\s+${share}\\s+([\\d.]+)(us|ms|s)$`, 'm'));
  return Number(value) * { us: 0.001, ms: 1, s: 1000 }[unit];
}

/** Processor seconds used so far, of the server and of PostgreSQL. */
function processorTime(contender, postmaster) {
  const seconds = (processes) => processes.reduce((sum, one) => sum + one.ticks, 0) / CLOCK_TICKS_PER_SECOND;
  return {
    server: seconds(contender.pids().map(inspect).filter(Boolean)),
    postgres: seconds(descendants(postmaster, allProcesses())),
  };
}

async function measure(contender, postmaster, seconds) {
  const before = processorTime(contender, postmaster);
  const result = await wrk(contender, seconds);
  const after = processorTime(contender, postmaster);
  const perRequest = (part) => ((after[part] - before[part]) / result.requests) * 1e6;
  return { ...result, server: perRequest('server'), postgres: perRequest('postgres') };
}

async function signedIn(url, mailbox) {
  const visitor = new Visitor(url, mailbox, { jar: new CookieJar() });
  await visitor.signInByCode(freshEmail('bench'));
  if (!(await visitor.session())) throw new Error(`${url}: signed in, and no session`);
  return visitor.jar.header();
}

async function startBetterAuth(name, connection, poolSize) {
  const slug = `better-auth-${poolSize ?? 'default'}`;
  const server = await startReferenceServer({ slug, connection, poolSize });
  const cookie = await signedIn(server.url, new Mailbox(server.mailUrl));
  return { name, url: server.url, cookie, pids: () => [server.pid], stop: () => server.stop() };
}

requireKiavi();
const kiavi = await startKiavi();
const cleanUp = [() => kiavi.dispose()];
try {
  const tenant = kiavi.tenant();
  const cluster = await openClusterDatabase(kiavi);
  cleanUp.unshift(() => cluster.close());
  const ours = {
    name: 'Kiavi',
    url: tenant.url,
    cookie: await signedIn(tenant.url, kiavi.mailbox),
    pids: () => ['engine', 'gateway'].flatMap((role) => kiavi.role(role)).map(({ pid }) => pid),
  };
  const contenders = [ours];
  for (const [name, pool] of [['Better Auth, pool of 10 (default)', undefined], [`Better Auth, pool of ${TUNED_POOL}`, TUNED_POOL]]) {
    const contender = await startBetterAuth(name, cluster.connection, pool);
    cleanUp.unshift(() => contender.stop());
    contenders.push(contender);
  }

  const postmaster = kiavi.postgres().pid;
  for (const contender of contenders) await wrk(contender, WARM_UP_SECONDS);
  const results = new Map(contenders.map(({ name }) => [name, []]));
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const contender of contenders) {
      const result = await measure(contender, postmaster, SECONDS);
      results.get(contender.name).push(result);
      console.log(`round ${round}/${ROUNDS}  ${contender.name}: ${Math.round(result.perSecond)} req/s`);
    }
  }

  const middle = (name, field) => median(results.get(name).map((result) => result[field]));
  const head = ['GET /get-session', 'req/s', 'p50 ms', 'p99 ms', 'server µs/req', 'PostgreSQL µs/req', 'Kiavi is'];
  const rows = contenders.map(({ name }) => [
    name,
    Math.round(middle(name, 'perSecond')),
    middle(name, 'p50').toFixed(2),
    middle(name, 'p99').toFixed(2),
    Math.round(middle(name, 'server')),
    Math.round(middle(name, 'postgres')),
    `${(middle(ours.name, 'perSecond') / middle(name, 'perSecond')).toFixed(1)} ×`,
  ]);
  report(
    'get-session',
    `${wrkVersion()}; ${CONNECTIONS} connections, ${SECONDS} s a round, medians of ${ROUNDS} alternating rounds\n\n` +
      table([head, ...rows]),
  );
} finally {
  for (const step of cleanUp) await step();
}
