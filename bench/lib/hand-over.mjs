// What does it cost that the gateway accepts, peeks and hands over? The same engine process, asked in turn over
// connections that the gateway handed to it and over those that it accepted itself.

import { existsSync } from 'node:fs';
import { freePort } from '../../tests/lib/ports.mjs';
import { request } from '../../tests/lib/http.mjs';
import { startKiavi } from '../../tests/lib/kiavi.mjs';
import { BASE_PATH } from '../../tests/lib/visitor.mjs';
import { startKiaviTenant } from './contenders.mjs';
import { wrk } from './load.mjs';
import { median, table } from './numbers.mjs';
import { report, requireKiavi, wrkVersion } from './setting.mjs';
import { metered } from './usage.mjs';

const number = (name, otherwise) => Number(process.env[name] ?? otherwise);
const ROUNDS = number('ROUNDS', 9);
const SECONDS = number('SECONDS', 5);
const WARM_UP_SECONDS = number('WARM_UP_SECONDS', 2);
const CONNECTIONS = (process.env.CONNECTIONS ?? '64').split(/[ ,]+/).map(Number);
const ROUTE = `${BASE_PATH}/get-session`;
/** The least that the throughput of connections that were handed over may be, as a share of that of the others. */
const KINDS = {
  'kept connections': { headers: {}, wanted: 0.97 },
  'a connection for each request': { headers: { Connection: 'close' }, wanted: 0.8 },
};
const PROTOCOLS = (process.env.PROTOCOLS ?? 'plain TLS').split(/[ ,]+/);

requireKiavi();
const program = process.env.DIRECT_BIN;
if (!existsSync(program ?? '')) {
  console.error('DIRECT_BIN names no program whose engines accept connections: see bench/hand-over');
  process.exit(1);
}

/** The two ways into one engine, by protocol. */
function waysInto(contender, ports) {
  const tlsName = contender.host.replace(/:.*/, '');
  const way = (name, port, more) => ({ ...contender, name, port, ...more });
  return {
    plain: { handed: way('handed over', contender.port), direct: way('accepted', ports.plain) },
    TLS: { handed: way('handed over', ports.gatewayTls, { tlsName }), direct: way('accepted', ports.tls, { tlsName }) },
  };
}

/** Whether both ways lead to the session, so that what is counted is what it should be. */
async function requireSession(contender, ways) {
  for (const { name, port } of Object.values(ways)) {
    const headers = { Host: contender.host, Cookie: contender.jar.header() };
    const answer = await request(`http://127.0.0.1:${port}${ROUTE}`, { headers });
    if (!answer.json?.session) throw new Error(`${name}: ${answer.status} ${answer.text}`);
  }
}

/** All rounds of one kind of connection: the results of both ways, round by round. */
async function measure(label, ways, postmaster, options) {
  const results = { handed: [], direct: [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const turn = round % 2 === 0 ? ['handed', 'direct'] : ['direct', 'handed'];
    for (const way of turn) {
      const seconds = round === 0 ? WARM_UP_SECONDS : SECONDS;
      const result = await metered(ways[way], postmaster, () => wrk(ways[way], ROUTE, { ...options, seconds }));
      if (round > 0) results[way].push(result);
    }
    const [handed, direct] = [results.handed.at(-1), results.direct.at(-1)].map((one) => one && Math.round(one.perSecond));
    if (round > 0) console.log(`${label}, round ${round}/${ROUNDS}: ${handed} handed over, ${direct} accepted, a second`);
  }
  return results;
}

/** Rows of one kind of connection, and how its ratio stands. */
function rowsOf(label, { handed, direct }, wanted) {
  const middle = (results, field) => median(results.map((result) => result[field]));
  const ratio = median(handed.map((result, round) => result.perSecond / direct[round].perSecond));
  const row = (name, results, last) => [
    `${label}, ${name}`,
    middle(results, 'perSecond').toFixed(0),
    middle(results, 'p50').toFixed(2),
    middle(results, 'p99').toFixed(2),
    middle(results, 'server').toFixed(1),
    last,
  ];
  const verdict = `${label}: ${ratio.toFixed(3)}, at least ${wanted} wanted: ${ratio >= wanted ? 'reached' : 'NOT REACHED'}`;
  return { rows: [row('handed over', handed, ratio.toFixed(3)), row('accepted by itself', direct, '')], verdict };
}

const ports = { plain: await freePort(), tls: await freePort(), gatewayTls: await freePort() };
const kiavi = await startKiavi({
  program,
  args: ['--engine-idle', '86400', '--tls-port', String(ports.gatewayTls)],
  env: { KIAVI_BENCH_DIRECT_PORT: String(ports.plain), KIAVI_BENCH_DIRECT_TLS_PORT: String(ports.tls) },
});
try {
  const contender = await startKiaviTenant(kiavi, 'demo', 'demo');
  const ways = waysInto(contender, ports);
  const postmaster = kiavi.postgres().pid;
  await requireSession(contender, ways.plain);
  const rows = [['', 'a second', 'p50 ms', 'p99 ms', 'server µs', 'ratio']];
  const verdicts = [];
  for (const protocol of PROTOCOLS) {
    for (const [kind, { headers, wanted }] of Object.entries(KINDS)) {
      for (const connections of CONNECTIONS) {
        const label = `${protocol}, ${kind}, ${connections} at a time`;
        const options = { connections, headers: { ...headers, Cookie: contender.jar.header() } };
        const told = rowsOf(label, await measure(label, ways[protocol], postmaster, options), wanted);
        rows.push(...told.rows);
        verdicts.push(told.verdict);
      }
    }
  }
  await requireSession(contender, ways.plain);
  const effort = `GET /get-session of somebody signed in, ${SECONDS} s a round, medians of ${ROUNDS} alternating rounds; ${wrkVersion()}`;
  report('hand-over', [effort, table(rows), verdicts.join('\n')].join('\n\n'));
} finally {
  await kiavi.dispose();
}
