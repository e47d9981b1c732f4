// Operators: settings of a running tenant change without a dropped connection, the change is in both logs, and what
// is asked of one tenant's engine reaches that engine only.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { request } from '../lib/http.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { RawConnection } from '../lib/raw.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

describe('the management door', { skip: kiaviMissing() }, () => {
  let kiavi;
  let here;
  let there;
  before(async () => {
    kiavi = await startKiavi();
    here = kiavi.tenant();
    there = await kiavi.createTenant('shop');
  });
  after(() => kiavi?.dispose());

  const json = async (...args) => JSON.parse(await kiavi.verb([...args, '--json']));
  const api = (path, options = {}) =>
    request(`${kiavi.consoleUrl}/v1${path}`, {
      ...options,
      headers: { authorization: `Bearer ${kiavi.ready.management_key}`, ...options.headers },
    });
  const log = (tenant, type) =>
    tenant.events(type);

  test('settings change under traffic, and no request is lost', async () => {
    const stop = { now: false };
    const failures = [];
    let served = 0;
    // New connections all the time, each from a network of its own.
    let networks = 0;
    const visitors = Array.from({ length: 4 }, async () => {
      while (!stop.now) {
        try {
          networks += 1;
          const localAddress = `127.1.${(networks >> 8) & 255}.${networks & 255}`;
          const answer = await request(`${here.url}/api/auth/ok`, { localAddress });
          if (answer.status !== 200) failures.push(answer.status);
          served += 1;
        } catch (error) {
          failures.push(error.message);
        }
      }
    });
    const slow = await RawConnection.open(kiavi.port);
    const host = new URL(here.url).host;
    const body = JSON.stringify({ email: freshEmail(), type: 'sign-in' });
    const head = [
      'POST /api/auth/email-otp/send-verification-otp HTTP/1.1',
      `Host: ${host}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    ];
    // A request that is half sent when the engine is replaced.
    slow.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 5)}`);
    await until('people are served', () => served > 20);
    for (const seconds of [3600, 7200, 10_800]) {
      const changed = await json('settings', 'set', 'demo', `session.update_age_seconds=${seconds}`);
      assert.equal(changed.delivered, true);
      assert.deepEqual(
        changed.changes.map(({ path, to }) => [path, to]),
        [['session.update_age_seconds', seconds]],
      );
    }
    slow.write(body.slice(5));
    await until('the half sent request is answered', () => slow.statuses.length > 0);
    assert.deepEqual(slow.statuses, [200]);
    slow.close();
    stop.now = true;
    await Promise.all(visitors);
    assert.deepEqual(failures, []);
  });

  test('a setting takes effect, and is shown as it is', async () => {
    await kiavi.verb(['settings', 'set', 'demo', 'email_otp.length=8', 'app_name=Demo & Co']);
    const email = freshEmail();
    await new Visitor(here.url, here.mailbox).post('/email-otp/send-verification-otp', { email, type: 'sign-in' });
    const { text } = await here.mailbox.next(email);
    assert.match(text, /\b\d{8}\b/);
    assert.match(text, /Demo & Co/);
    assert.equal(await json('settings', 'get', 'demo', 'email_otp.length'), 8);
    assert.equal(JSON.parse(await kiavi.verb(['settings', 'get', 'demo'])).app_name, 'Demo & Co');
    assert.equal(await json('settings', 'get', 'shop', 'email_otp.length'), 6);
  });

  test('going back is a change like any other', async () => {
    const { settings, version } = (await api('/tenants/demo/settings')).json;
    assert.equal(settings.email_otp.length, 8);
    const back = await json('settings', 'rollback', 'demo');
    assert.equal(back.version, version + 1);
    assert.equal(await json('settings', 'get', 'demo', 'email_otp.length'), 6);
    const { changes } = await json('settings', 'diff', 'demo');
    assert.deepEqual(changes.map(({ path }) => path), ['app_name', 'email_otp.length']);
    const versions = await json('settings', 'versions', 'demo');
    assert.equal(versions[0].version, back.version);
  });

  test('each change is in both logs, as one event', async () => {
    const versions = (await json('settings', 'versions', 'demo')).filter(({ version }) => version > 1);
    const events = await log(here, 'settings.changed');
    assert.deepEqual(
      events.map(({ facts }) => facts.version),
      versions.map(({ version }) => version).reverse(),
    );
    assert.ok(events.every(({ actor, method }) => actor === 'operator:local' && method === 'management'));
    assert.deepEqual(events.at(-1).facts.changes, versions[0].changes);
    assert.deepEqual(await log(there, 'settings.changed'), []);
  });

  test('what is wrong is refused, with its place and an exit code', async () => {
    const fails = (args, code, pattern) =>
      assert.rejects(kiavi.verb(args), (error) => {
        assert.match(error.message, new RegExp(`ended with ${code}:`));
        assert.match(error.message, pattern);
        return true;
      });
    await fails(['settings', 'set', 'demo', 'session.expires_in_seconds=1'], 2, /session\.expires_in_seconds/);
    await fails(['settings', 'set', 'demo', 'session.colour=1'], 2, /session\.colour/);
    await fails(['settings', 'set', 'demo', 'app_name=x', '--if-version', '1'], 4, /another version/);
    await fails(['settings', 'get', 'nobody'], 3, /no tenant/);
    await fails(['settings', 'get', 'demo', 'a..b'], 2, /no path/);
    await fails(['settings', 'rollback', 'demo', '--to', '999'], 3, /999/);
    const trial = await json('settings', 'set', 'demo', 'app_name=Trial', '--dry-run');
    assert.equal(trial.dry_run, true);
    assert.notEqual(await json('settings', 'get', 'demo', 'app_name'), 'Trial');
  });

  test('an API key is verified at the tenant that it belongs to', async () => {
    const person = await new Visitor(here.url, here.mailbox).signInByCode(freshEmail());
    const made = await api('/tenants/demo/engine/api-key/create', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ userId: person.user.id, name: 'ci' }),
    });
    assert.equal(made.status, 200, made.text);
    const verify = (tenant, input) => kiavi.verb(['key', 'verify', tenant, '--json'], { input });
    const verdict = JSON.parse(await verify('demo', `${made.json.key}\n`));
    assert.deepEqual([verdict.valid, verdict.key.name], [true, 'ci']);
    for (const [tenant, key] of [['shop', made.json.key], ['demo', `${made.json.key}x`]]) {
      await assert.rejects(verify(tenant, key), /ended with 1:[^]*"valid":false/);
    }
  });

  test('an operator reaches the engine of the tenant that is named, and is written down there', async () => {
    // Who reads the log is in it as well.
    const requests = async (tenant) =>
      (await log(tenant, 'management.requested')).filter(({ facts }) => facts.path === '/api/auth/ok');
    const before = (await requests(there)).length;
    const elsewhere = (await requests(here)).length;
    const answer = await api('/tenants/shop/engine/ok');
    assert.deepEqual([answer.status, answer.json], [200, { ok: true }]);
    const events = await requests(there);
    assert.equal(events.length, before + 1);
    assert.match(events.at(-1).actor, /^operator:key:/);
    assert.equal((await requests(here)).length, elsewhere, 'the other tenant hears nothing');
  });

  test('nobody is an operator by saying so', async () => {
    const change = { method: 'POST', body: JSON.stringify({ id: '', version: 1, changes: [] }) };
    for (const headers of [{}, { 'x-operator': 'local' }, { operator: 'local' }]) {
      const answer = await request(`${here.url}/management/settings-changed`, {
        ...change,
        headers: { 'content-type': 'application/json', ...headers },
      });
      assert.equal(answer.status, 404);
    }
    assert.equal((await request(`${kiavi.consoleUrl}/v1/tenants/demo/engine/ok`)).status, 401);
    assert.equal((await request(`${kiavi.consoleUrl}/v1/tenants/demo/settings`)).status, 401);
    // Control passes on what is below the API and nothing else.
    for (const path of ['..%2f..%2fmanagement%2fsettings-changed', '%2e%2e/%2e%2e/management/settings-changed']) {
      assert.equal((await api(`/tenants/demo/engine/${path}`, change)).status, 404, path);
    }
  });

  test('a sleeping engine is woken, and one that is killed has a successor', async () => {
    const asleep = await kiavi.createTenant('asleep');
    assert.equal((await api('/tenants/asleep/engine/ok')).status, 200);
    for (const engine of kiavi.role('engine')) process.kill(engine.pid, 'SIGKILL');
    await until('the operator is served again', async () => (await api('/tenants/asleep/engine/ok')).status === 200);
    assert.equal((await request(`${asleep.url}/api/auth/ok`)).status, 200);
  });
});
