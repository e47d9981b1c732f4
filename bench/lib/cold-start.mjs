// From connect() to the last byte of the first answer, when the engine has to be started for it: sandbox,
// runtime, database connection and all; by TLS with the whole handshake.

import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { until } from '../../tests/lib/wait.mjs';
import { startKiavi } from '../../tests/lib/kiavi.mjs';
import { Visitor, freshEmail } from '../../tests/lib/visitor.mjs';
import { median, percentile, summary } from './numbers.mjs';
import { report, requireKiavi } from './setting.mjs';

const RUNS = Number(process.env.RUNS ?? 200);
const TENANTS = Math.min(20, RUNS);
/** Milliseconds that half of the visitors, and all but one in a hundred, may wait at most for an engine that is stopped. */
const WANTED = { p50: 15, p99: 40 };

/** Milliseconds from connect() to the end of the answer at `url`, a tenant's. */
function firstAnswer(url, cookie, ca) {
  const { host, hostname, port, protocol } = new URL(url);
  const text = `GET /api/auth/get-session HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`;
  const started = process.hrtime.bigint();
  const to = { host: '127.0.0.1', port };
  // No session is kept, so each handshake is a whole one.
  const socket = protocol === 'https:' ? tls.connect({ ...to, servername: hostname, ca }) : net.connect(to);
  socket.setNoDelay(true);
  socket.write(text);
  return new Promise((resolve, reject) => {
    let received = '';
    socket.setEncoding('latin1').on('data', (data) => (received += data));
    socket.once('error', reject);
    socket.once('end', () => {
      const elapsed = Number(process.hrtime.bigint() - started) / 1e6;
      socket.destroy();
      if (/^HTTP\/1\.1 200 /.test(received) && received.includes('"session"')) resolve(elapsed);
      else reject(new Error(`not the session:\n${received}`));
    });
  });
}

/** Tenants, each with somebody who is signed in there. */
async function furnish(kiavi) {
  const tenants = [kiavi.tenant()];
  while (tenants.length < TENANTS) tenants.push(await kiavi.createTenant(`cold-${tenants.length}`));
  const furnished = [];
  for (const tenant of tenants) {
    const visitor = new Visitor(tenant.url, tenant.mailbox);
    await visitor.signInByCode(freshEmail('bench'));
    furnished.push({ tenant, cookie: visitor.jar.header() });
  }
  return furnished;
}

/** The times of each protocol, measured in turn: with an engine that runs, and with one that has to be started. */
async function measure(kiavi, furnished, protocols) {
  const [{ tenant, cookie }] = furnished;
  const times = Object.fromEntries(Object.keys(protocols).map((name) => [name, { warm: [], cold: [] }]));
  for (let done = 0; done < RUNS; done += furnished.length) {
    for (const [name, { url, ca }] of Object.entries(protocols)) {
      await until('every engine has been idle and stopped', () => kiavi.role('engine').length === 0, { within: 60_000 });
      for (const one of furnished) times[name].cold.push(await firstAnswer(url(one.tenant), one.cookie, ca));
      for (const _ of furnished) times[name].warm.push(await firstAnswer(url(tenant), cookie, ca));
    }
    console.log(`${done + furnished.length}/${RUNS}`);
  }
  return times;
}

const verdict = (cold) =>
  Object.entries(WANTED)
    .map(([name, wanted]) => {
      const measured = percentile(cold, Number(name.slice(1)));
      return `${name} ≤ ${wanted} ms ${measured <= wanted ? 'reached' : 'NOT REACHED'}`;
    })
    .join(', ');

requireKiavi();
const kiavi = await startKiavi({ args: ['--engine-idle', '1'] });
try {
  const furnished = await furnish(kiavi);
  const ca = readFileSync(path.join(kiavi.data, 'local-ca.pem'), 'utf8');
  const { port } = new URL(kiavi.tenant().tls_url);
  const times = await measure(kiavi, furnished, {
    'plain HTTP': { url: (tenant) => tenant.url },
    TLS: { url: (tenant) => `https://${new URL(tenant.url).hostname}:${port}`, ca },
  });
  const lines = [];
  for (const [protocol, { warm, cold }] of Object.entries(times)) {
    lines.push(
      `${protocol}, engine stopped: ${summary(cold, 'ms')}: ${verdict(cold)}`,
      `${protocol}, engine running: ${summary(warm, 'ms')}`,
      `${protocol}, the start alone: ${(median(cold) - median(warm)).toFixed(1)} ms, the medians' difference`,
    );
  }
  const first = kiavi.secondsToReady;
  await kiavi.stop();
  await kiavi.start();
  report(
    'cold-start',
    [
      'GET /get-session with a session, one connection each, the client included',
      ...lines,
      `start of everything: ${first.toFixed(1)} s the first time, ${kiavi.secondsToReady.toFixed(1)} s the second`,
    ].join('\n'),
  );
} finally {
  await kiavi.dispose();
}
