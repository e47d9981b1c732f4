// After a start the gateway listens before control has told of any tenant. Nobody is told meanwhile that there is no such host.

import assert from 'node:assert/strict';
import https from 'node:https';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { kiaviMissing } from '../lib/kiavi.mjs';
import { startNetworkPostgres } from '../lib/network-postgres.mjs';
import { freePort, isFree } from '../lib/ports.mjs';
import { alive } from '../lib/processes.mjs';
import { DOMAIN, Served } from '../lib/served.mjs';
import { until } from '../lib/wait.mjs';

const [SHOP, PAUSED, NOBODY] = ['shop', 'paused', 'nobody'].map((name) => `${name}.${DOMAIN}`);
const OK = '/api/auth/ok';
const RECOVERY_MS = 30_000;

describe('hosts that control has not told of', { skip: kiaviMissing() }, () => {
  const kiavi = new Served();
  let server;
  let port;
  let root;
  before(async () => {
    [server, port] = [await startNetworkPostgres(), await freePort()];
    kiavi.edgeKeepsHostsApart = true;
    kiavi.listen = `https = ["127.0.0.1:${port}"]`;
    kiavi.more = `[postgres]\nurl_file = "${server.url()}"\n[certificates]\nissuer = "local"\n`;
    await kiavi.start();
    for (const slug of ['shop', 'paused']) await kiavi.verb(['tenant', 'create', slug, '--json']);
    await kiavi.verb(['tenant', 'suspend', 'paused']);
    root = await kiavi.verb(['certificate', 'root']);
    await until('the tenant has a certificate', () => askByTls(SHOP).catch(() => undefined), { within: RECOVERY_MS });
  });
  after(async () => {
    await kiavi.dispose();
    await server?.stop();
  });

  const ask = (host) => kiavi.ask(host, OK, { agent: false });

  const askByTls = (host) =>
    new Promise((resolve, reject) => {
      const where = { host: '127.0.0.1', port, servername: host, ca: root, path: OK, headers: { host }, agent: false };
      const request = https.get(where, (response) => resolve(response.resume().statusCode));
      request.on('error', reject);
    });

  /** The control plane's table of tenants, with its schema. */
  async function table() {
    const [{ name }] = await server.ask(`select oid::regclass as name from pg_class where relname = 'tenant'`, 'kiavi_control');
    return name;
  }

  /** Keeps whoever opens the control plane waiting; gives what ends that. */
  async function hold() {
    const client = new pg.Client({ host: server.dir, port: server.port, user: 'owner', database: 'kiavi_control' });
    client.on('error', () => {});
    await client.connect();
    await client.query(`begin; lock table ${await table()} in access exclusive mode`);
    return () => client.end();
  }

  const listens = () => until('it listens', async () => !(await isFree(kiavi.port)) && !(await isFree(port)));

  test('wait until it has, and are told to come again when it takes long', async () => {
    await kiavi.stop();
    const release = await hold();
    const started = kiavi.start();
    await listens();
    const refused = assert.rejects(askByTls(SHOP), /alert internal error/);
    const early = await Promise.all([ask(SHOP), ask(PAUSED), ask(NOBODY)]);
    for (const { status, headers } of early) assert.deepEqual([status, headers['retry-after']], [503, '2']);
    await refused;

    const waiting = [ask(SHOP), askByTls(SHOP), ask(PAUSED), ask(NOBODY)];
    await release();
    await started;
    const [shop, byTls, paused, nobody] = await Promise.all(waiting);
    assert.deepEqual([shop.status, byTls, paused.status, nobody.status], [200, 200, 503, 404]);
    assert.equal(paused.headers['retry-after'], '3600', 'it is suspended');
    await assert.rejects(askByTls(NOBODY), /unrecognized name/);
  });

  test('need no control once they are known: not when the gateway is another one, nor when control is', async () => {
    const release = await hold();
    const [[control], [gateway]] = [kiavi.role('control'), kiavi.role('gateway')];
    for (const { pid } of [control, gateway]) process.kill(pid, 'SIGKILL');
    await until('they are gone', () => !alive(control) && !alive(gateway));
    const [shop, byTls, paused, nobody] = await Promise.all([ask(SHOP), askByTls(SHOP), ask(PAUSED), ask(NOBODY)]);
    assert.deepEqual([shop.status, byTls, paused.status, nobody.status], [200, 200, 503, 404]);
    assert.equal(paused.headers['retry-after'], '3600');
    await release();
    await until('control is there', () => kiavi.verb(['tenant', 'list']).catch(() => undefined), { within: RECOVERY_MS });
  });

  test('are served while one of them cannot be announced, which is not said not to exist', async () => {
    await kiavi.verb(['tenant', 'create', 'broken', '--json']);
    await server.ask(`update ${await table()} set settings = '{"nonsense": true}' where slug = 'broken'`, 'kiavi_control');
    await kiavi.stop();
    await kiavi.start();
    const [shop, broken, nobody] = await Promise.all([ask(SHOP), ask(`broken.${DOMAIN}`), ask(NOBODY)]);
    assert.deepEqual([shop.status, broken.status, nobody.status], [200, 503, 404]);
    assert.equal(broken.headers['retry-after'], '2');
  });
});
