// Production: the configuration decides, nothing of development is there, and an operator sees what happens.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { kiaviMissing } from '../lib/kiavi.mjs';
import { descendants } from '../lib/processes.mjs';
import { DOMAIN, Served } from '../lib/served.mjs';
import { until } from '../lib/wait.mjs';

const SHOP = `shop.${DOMAIN}`;
/** The one that was made, and the console's own. */
const TENANTS = 2;
const CONSOLE = `console.${DOMAIN}`;
/** Where the console's people sign in. */
const SIGN_IN = `id.${DOMAIN}`;
const CONTACT = 'mailto:security@auth.test';

describe('kiavi serve', { skip: kiaviMissing() }, () => {
  const kiavi = new Served();
  let shop;
  before(async () => {
    kiavi.more = `per_tenant = true\n[log]\nnetworks = true\n[security]\ncontact = ["${CONTACT}"]\n`;
    await kiavi.start();
    shop = JSON.parse(await kiavi.verb(['tenant', 'create', 'shop', '--json']));
  });
  after(() => kiavi.dispose());

  test('a configuration that is wrong is refused with its line, and nothing starts', async () => {
    const file = path.join(kiavi.dir, 'wrong.toml');
    const check = (text) => {
      writeFileSync(file, text);
      return kiavi.verb(['serve', '--check', '--config', file], { isOffline: true });
    };
    await assert.rejects(check('domain.tenants = "auth.test"\nmial.x = 1\n'), /wrong\.toml:2: .*mial/);
    const open = 'domain.tenants = "auth.test"\nmail.smtp_url = "smtp://127.0.0.1"\nlisten.addresses = ["0.0.0.0:80"]\n';
    await assert.rejects(check(open), /wrong\.toml:3: listen\.addresses: .*behind_edge/);
    const output = await kiavi.verb(['serve', '--check', '--config', kiavi.configFile], { isOffline: true });
    assert.match(output, /can be used/);
  });

  test('a tenant is at its name below the domain, by HTTPS, with cookies for HTTPS', async () => {
    assert.equal(shop.url, `https://${SHOP}`);
    const page = await kiavi.ask(SHOP, '/sign-in', { headers: { 'x-forwarded-for': '198.51.100.7' } });
    assert.equal(page.status, 200);
    assert.ok(page.headers['strict-transport-security']);
    assert.equal((await kiavi.ask(`other.${DOMAIN}`, '/sign-in')).status, 404);
  });

  test('every host names whom to tell about a vulnerability', async () => {
    for (const host of [SHOP, CONSOLE, SIGN_IN]) {
      const { status, headers, text } = await kiavi.ask(host, '/.well-known/security.txt');
      assert.deepEqual([status, headers['content-type']], [200, 'text/plain; charset=utf-8'], host);
      assert.match(text, new RegExp(`^Contact: ${CONTACT}$`, 'm'));
      assert.match(text, new RegExp(`^Canonical: https://${host}/.well-known/security.txt$`, 'm'));
      const [, expires] = /^Expires: (.*)$/m.exec(text);
      assert.ok(Date.parse(expires) > Date.now());
    }
  });

  test('nothing of development is there', async () => {
    const tenants = JSON.parse(await kiavi.verb(['tenant', 'list', '--json']));
    assert.deepEqual(tenants.map(({ slug }) => slug), ['shop']);
    assert.equal((await kiavi.ask(CONSOLE, '/')).status, 303, 'nobody sees the console who has not signed in');
    assert.equal((await kiavi.ask(`mail.${DOMAIN}`, '/messages')).status, 404);
    assert.ok(!kiavi.ready.mail_url);
  });

  test('the first management key is handed out once, outside of the log', async () => {
    const file = path.join(kiavi.data, 'first-management-key');
    const key = readFileSync(file, 'utf8').trim();
    assert.equal(statSync(file).mode & 0o077, 0);
    assert.ok(!kiavi.log().includes(key));
    const answer = await kiavi.ask(CONSOLE, '/v1/tenants', { headers: { authorization: `Bearer ${key}` } });
    assert.equal(answer.status, 200);
    assert.equal((await kiavi.ask(CONSOLE, '/v1/tenants')).status, 401);
  });

  test('requests are logged by route and without what people sent; the routine is not', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.7' };
    await kiavi.ask(SHOP, '/api/auth/get-session?secret-in-query', { headers });
    await kiavi.ask(SHOP, '/api/auth/callback/google?code=secret-code', { headers });
    const answer = await kiavi.ask(SHOP, '/api/auth/no/secret-path', { headers });
    const id = answer.headers['x-request-id'];
    const line = await until('the last one is logged', () => kiavi.lines().find((one) => one.request_id === id));
    assert.equal(line.kind, 'request');
    assert.equal(line.process, 'engine');
    assert.equal(line.tenant, shop.id);
    assert.equal(line.route, 'none');
    assert.equal(line.status, 404);
    assert.equal(line.peer, 'proxied');
    assert.equal(line.network, '198.51.100.0');
    assert.ok(Number.isInteger(line.duration_us));
    const routes = kiavi.lines().filter(({ kind }) => kind === 'request').map(({ route }) => route);
    assert.ok(routes.includes('/api/auth/callback/{id}'));
    assert.ok(routes.includes('/v1/tenants'));
    assert.ok(!routes.includes('/api/auth/get-session'));
    assert.doesNotMatch(kiavi.log(), /secret-(in-query|code|path)|198\.51\.100\.7/);
  });

  test('metrics add up, without waking an engine', async () => {
    const sessions = 'kiavi_requests_total{class="session_check",status="2xx"}';
    const before = (await kiavi.metric(sessions)) ?? 0;
    for (let i = 0; i < 7; i += 1) await kiavi.ask(SHOP, '/api/auth/get-session');
    await until('they are counted', async () => (await kiavi.metric(sessions)) >= before + 7);
    assert.ok((await kiavi.metric(`kiavi_tenant_requests_total{tenant="${shop.id}",status="2xx"}`)) >= 7);
    assert.ok((await kiavi.metric('kiavi_engine_start_seconds_count')) >= 1);
    assert.equal(await kiavi.metric('kiavi_tenants_served'), TENANTS);
    assert.equal(await kiavi.metric('kiavi_tenants{state="running"}'), TENANTS);
    // Tenants are made in advance, too.
    await until('nothing is left to do', async () => (await kiavi.metric('kiavi_reconciler_backlog')) === 0);
    assert.ok((await kiavi.metric('kiavi_provisioning_steps_total{step="database",outcome="done"}')) >= TENANTS);
    await until('connections are counted', async () => (await kiavi.metric('kiavi_connections_handed_over_total')) > 0);
    await until('refusals are counted', async () =>
      (await kiavi.metric('kiavi_connections_refused_total{reason="unknown_host"}')) >= 1);
    await kiavi.verb(['tenant', 'create', 'asleep', '--json']);
    const running = await kiavi.metric('kiavi_engines_running');
    await kiavi.monitor('/readyz');
    assert.equal(await kiavi.metric('kiavi_engines_running'), running);
  });

  test('health is told, and what is in the way', async () => {
    assert.equal((await kiavi.monitor('/healthz')).text, 'ok\n');
    assert.equal((await kiavi.monitor('/readyz')).status, 200);
    const postgres = kiavi.postgres();
    const servers = [postgres, ...descendants(postgres.pid)];
    servers.forEach(({ pid }) => process.kill(pid, 'SIGSTOP'));
    try {
      const { status, text } = await kiavi.monitor('/readyz');
      assert.equal(status, 503);
      assert.equal(JSON.parse(text).parts.database, 'down');
      assert.equal(JSON.parse(text).parts.gateway, 'ok');
    } finally {
      servers.forEach(({ pid }) => process.kill(pid, 'SIGCONT'));
    }
    await until('it is ready again', async () => (await kiavi.monitor('/readyz')).status === 200, { within: 30_000 });
  });

  test('a token keeps metrics from who has none, and the first key is not made again', async () => {
    await kiavi.stop();
    writeFileSync(path.join(kiavi.dir, 'token'), 'a-token-of-this-test\n');
    writeFileSync(path.join(kiavi.data, 'first-management-key'), 'taken away');
    kiavi.more = 'token_file = "token"\n[log]\nrequests = "off"\n';
    await kiavi.start();
    assert.equal((await kiavi.monitor('/metrics')).status, 401);
    const authorization = 'Bearer a-token-of-this-test';
    assert.equal((await kiavi.monitor('/metrics', { authorization })).status, 200);
    assert.equal((await kiavi.monitor('/readyz')).status, 200);
    assert.equal(readFileSync(path.join(kiavi.data, 'first-management-key'), 'utf8'), 'taken away');
    assert.ok(existsSync(path.join(kiavi.dir, 'ready.json')));
  });
});
