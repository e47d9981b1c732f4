// Starting and stopping in good order: with requests under way, again and again, and when it is interrupted.

import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ISOLATION, kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { request } from '../lib/http.mjs';
import { RawConnection } from '../lib/raw.mjs';
import { Traffic } from '../lib/traffic.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

describe('starting and stopping', { skip: kiaviMissing() }, () => {
  let kiavi;
  before(async () => (kiavi = await startKiavi()));
  after(() => kiavi?.dispose());

  test('the ready file names everything, for its reader only', () => {
    const { console_url: consoleUrl, mail_url: mailUrl, tenants, management_key: key } = kiavi.ready;
    assert.match(consoleUrl, /^http:\/\/console\.localhost:\d+$/);
    assert.match(mailUrl, /^http:\/\/mail\.localhost:\d+$/);
    assert.ok(key.length >= 32);
    const [demo] = tenants;
    assert.equal(demo.slug, 'demo');
    assert.match(demo.id, /^t[a-z0-9]{24}$/);
    assert.match(demo.url, /^http:\/\/demo\.localhost:\d+$/);
    assert.equal(statSync(path.join(kiavi.dir, 'ready.json')).mode & 0o077, 0, 'it holds the management key');
  });

  test('a second start keeps tenants, people and sessions', async () => {
    const tenant = kiavi.tenant();
    const person = new Visitor(tenant.url, tenant.mailbox);
    await person.signInByCode(freshEmail());
    await kiavi.createTenant('shop');
    await kiavi.stop();
    await kiavi.start();
    assert.deepEqual(kiavi.ready.tenants.map(({ slug }) => slug).sort(), ['demo', 'shop']);
    assert.ok(await person.session());
    assert.equal((await request(`${kiavi.tenant('shop').url}/api/auth/ok`)).status, 200);
  });

  test('SIGTERM with people signing in: those who were answered are in, nobody is left behind', async () => {
    const tenant = kiavi.tenant();
    const traffic = new Traffic(tenant);
    await until('people sign in', () => traffic.signedIn.length >= 5);
    await Promise.all([kiavi.stop(), traffic.stop()]);
    await kiavi.start();
    const tokens = new Set((await tenant.sql('select token from session')).map(({ token }) => token));
    assert.deepEqual(traffic.signedIn.filter(({ token }) => !tokens.has(token)), []);
  });

  test('SIGTERM does not wait for connections that are open and idle', async () => {
    const idle = await RawConnection.open(kiavi.port);
    idle.write(`GET /api/auth/ok HTTP/1.1\r\nHost: ${new URL(kiavi.tenant().url).host}\r\n\r\n`);
    await until('it is answered', () => idle.statuses.length === 1);
    await kiavi.stop();
    await until('it is closed', () => idle.closed);
    await kiavi.start();
  });

  test('SIGINT is as good as SIGTERM', async () => {
    const before = kiavi.processes();
    kiavi.child.kill('SIGINT');
    const { code } = await kiavi.exited;
    assert.equal(code, 0);
    assert.deepEqual(kiavi.leftBehind(before), []);
    await kiavi.start();
  });

  test('a signal during the start leaves nothing behind', async () => {
    await kiavi.stop();
    // From 0 ms on, at growing distances into the start, until one start was faster than the signal.
    for (let delay = 0; delay < 2_000; delay += 250) {
      const starting = kiavi.start().catch((error) => error);
      await new Promise((resolve) => setTimeout(resolve, delay));
      const before = kiavi.processes();
      const isReady = existsSync(path.join(kiavi.dir, 'ready.json'));
      kiavi.child.kill('SIGTERM');
      await kiavi.exited;
      await starting;
      assert.deepEqual(kiavi.leftBehind(before), [], `after ${delay} ms`);
      if (isReady) break;
    }
    await kiavi.start();
    assert.equal((await request(`${kiavi.tenant().url}/api/auth/ok`)).status, 200);
  });

  test('a port that is taken is said, and nothing is left behind', async () => {
    const taken = kiavi.verb(['dev', '--port', String(kiavi.port), '--isolation', ISOLATION, '--data', `${kiavi.data}-2`]);
    await assert.rejects(taken, /port|address/i);
  });
});
