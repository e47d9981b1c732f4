// From connect() to the last byte of the first answer, when the engine has to be started for it: sandbox,
// runtime, database connection and all.

import { until } from '../../tests/lib/wait.mjs';
import { startKiavi } from '../../tests/lib/kiavi.mjs';
import { RawConnection } from '../../tests/lib/raw.mjs';
import { Visitor, freshEmail } from '../../tests/lib/visitor.mjs';
import { summary } from './numbers.mjs';
import { report, requireKiavi } from './setting.mjs';

const RUNS = Number(process.env.RUNS ?? 200);
const TENANTS = Math.min(20, RUNS);

/** Milliseconds from connect() to the end of the answer, and the answer. */
async function firstAnswer(kiavi, tenant, cookie) {
  const host = new URL(tenant.url).host;
  const text = `GET /api/auth/get-session HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`;
  const started = process.hrtime.bigint();
  const connection = await RawConnection.open(kiavi.port);
  connection.write(text);
  await new Promise((resolve) => connection.socket.once('close', resolve));
  const elapsed = Number(process.hrtime.bigint() - started) / 1e6;
  if (connection.statuses[0] !== 200 || !connection.received.includes('"session"')) {
    throw new Error(`not the session:\n${connection.received}`);
  }
  return elapsed;
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

requireKiavi();
const kiavi = await startKiavi({ args: ['--engine-idle', '1'] });
try {
  const furnished = await furnish(kiavi);
  const [{ tenant, cookie }] = furnished;
  const warm = [];
  for (let i = 0; i < RUNS; i += 1) warm.push(await firstAnswer(kiavi, tenant, cookie));
  const cold = [];
  while (cold.length < RUNS) {
    await until('every engine has been idle and stopped', () => kiavi.role('engine').length === 0, { within: 60_000 });
    for (const one of furnished) cold.push(await firstAnswer(kiavi, one.tenant, one.cookie));
    console.log(`${cold.length}/${RUNS}`);
  }
  const first = kiavi.secondsToReady;
  await kiavi.stop();
  await kiavi.start();
  report(
    'cold-start',
    [
      'GET /get-session with a session, one connection each, the client included',
      `engine stopped: ${summary(cold, 'ms')}`,
      `engine running: ${summary(warm, 'ms')}`,
      `start of everything: ${first.toFixed(1)} s the first time, ${kiavi.secondsToReady.toFixed(1)} s the second`,
    ].join('\n'),
  );
} finally {
  await kiavi.dispose();
}
