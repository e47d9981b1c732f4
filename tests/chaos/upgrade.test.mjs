// Another program takes over while people are there: nobody is refused, nobody's request is lost.

import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { copyFileSync, renameSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { kiaviMissing } from '../lib/kiavi.mjs';
import { startNetworkPostgres } from '../lib/network-postgres.mjs';
import { freePort, isFree } from '../lib/ports.mjs';
import { alive, inspect } from '../lib/processes.mjs';
import { DOMAIN, Served } from '../lib/served.mjs';
import { until } from '../lib/wait.mjs';

const HOST = `shop.${DOMAIN}`;
const UPGRADES = 3;
const REQUESTS_BETWEEN = 1_500;
const REQUESTS_WRITTEN = 400;
const HANDSHAKES_BETWEEN = 100;
const REPLACED = 'every process was replaced';
const TAKES_OVER = 'another program takes over';

/** Requests without a pause, over connections that are kept and over new ones; remembers every one that failed. */
class Load {
  answered = 0;
  failures = [];
  #running = true;
  #agents = [];

  /** `ask` sends one request to the instance, by HTTP or by HTTPS as `Agent` does. */
  constructor(kiavi, { kept = 8, fresh = 4, target = '/api/auth/get-session', headers = () => ({}), ask, Agent = http.Agent } = {}) {
    Object.assign(this, { target, headers });
    this.ask = ask ?? ((...request) => kiavi.ask(HOST, ...request));
    const agent = (keepAlive) => {
      // Each new connection by TLS is a whole handshake.
      const made = new Agent({ keepAlive, maxSockets: keepAlive ? kept : fresh, maxCachedSessions: 0 });
      this.#agents.push(made);
      return made;
    };
    const [keeping, closing] = [agent(true), agent(false)];
    const workers = [
      ...Array.from({ length: kept }, () => this.#work(keeping)),
      ...Array.from({ length: fresh }, () => this.#work(closing)),
    ];
    this.done = Promise.all(workers);
  }

  async #work(agent) {
    while (this.#running) {
      try {
        const { status } = await this.ask(this.target, { agent, headers: this.headers() });
        if (status === 200) this.answered += 1;
        else this.failures.push(`${this.target}: status ${status}`);
      } catch (error) {
        this.failures.push(`${this.target}: ${error.code ?? ''} ${error.message}`);
      }
    }
  }

  async more(count) {
    const goal = this.answered + count;
    await until('requests are answered', () => this.answered >= goal || this.failures.length > 0, { within: 60_000 });
  }

  async stop() {
    this.#running = false;
    await this.done;
    this.#agents.forEach((agent) => agent.destroy());
  }
}

describe('an upgrade', { skip: kiaviMissing() }, () => {
  const kiavi = new Served();
  before(async () => {
    kiavi.edgeKeepsHostsApart = true;
    kiavi.more = '[log]\nrequests = "errors"\n';
    await kiavi.start();
    for (const slug of ['shop', 'blog']) await kiavi.verb(['tenant', 'create', slug, '--json']);
  });
  after(() => kiavi.dispose());

  const times = (text) => kiavi.log().split(text).length - 1;

  /** Begins an upgrade; gives what waits for its end. */
  const upgrade = () => {
    const before = times(REPLACED);
    kiavi.child.kill('SIGHUP');
    return () => until('everything was replaced', () => times(REPLACED) > before, { within: 60_000 });
  };

  const everybody = () => Object.fromEntries(
    ['gateway', 'control', 'outbound', 'auditor', 'engine'].map((role) => [role, kiavi.role(role)]),
  );

  test(`${UPGRADES} times under load: no request fails, every process is a new one but PostgreSQL`, async () => {
    const load = new Load(kiavi);
    try {
      await load.more(REQUESTS_BETWEEN);
      for (let i = 0; i < UPGRADES; i += 1) {
        const before = everybody();
        const [launcher, postgres] = [inspect(kiavi.pid), kiavi.postgres()];
        // The file of the package is another one from now on.
        copyFileSync(kiavi.program, `${kiavi.program}.new`);
        renameSync(`${kiavi.program}.new`, kiavi.program);
        await upgrade()();
        await load.more(REQUESTS_BETWEEN);
        for (const [role, old] of Object.entries(before)) {
          assert.ok(old.length > 0, `there was a ${role}`);
          assert.ok(!old.some(alive), `the ${role} was replaced`);
        }
        assert.ok(alive(postgres) && alive(launcher));
        assert.deepEqual(load.failures, []);
      }
    } finally {
      await load.stop();
    }
    assert.deepEqual(load.failures, []);
    assert.ok(load.answered >= REQUESTS_BETWEEN * (UPGRADES + 1));
  });

  test('requests that are under way are answered', async () => {
    const body = JSON.stringify({ email: 'nobody@example.com', type: 'sign-in' });
    const socket = net.connect(kiavi.port, '127.0.0.1');
    let text = '';
    socket.on('data', (data) => (text += data));
    const ended = new Promise((resolve, reject) => socket.on('end', resolve).on('error', reject));
    socket.write(
      `POST /api/auth/email-otp/send-verification-otp HTTP/1.1\r\nHost: ${HOST}\r\nOrigin: https://${HOST}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
    );
    await until('it is being read', () => text.includes('100 Continue'));
    const [[engine], [gateway]] = [kiavi.role('engine'), kiavi.role('gateway')];
    const over = upgrade();
    // Whoever is replaced is told so at the same time, and the gateway ends at once.
    await until('those of before are told to end', () => !alive(gateway));
    assert.ok(alive(engine));
    socket.write(body);
    await ended;
    assert.match(text, /HTTP\/1\.1 200/);
    assert.match(text, /connection: close/i);
    await over();
  });

  test('a configuration that is wrong changes nothing, one that is right takes effect', async () => {
    const before = everybody();
    writeFileSync(kiavi.configFile, 'nonsense = true\n');
    kiavi.child.kill('SIGHUP');
    await until('it is said', () => /cannot take over.*nonsense|nonsense.*cannot take over/s.test(kiavi.log()));
    assert.ok(before.gateway.every(alive) && before.control.every(alive));
    assert.equal((await kiavi.ask(HOST, '/api/auth/ok')).status, 200);
    kiavi.configure('per_tenant = true\n');
    await upgrade()();
    await kiavi.ask(HOST, '/api/auth/ok');
    await until('tenants are told apart', async () =>
      (await kiavi.monitor('/metrics')).text.includes('kiavi_tenant_requests_total{'));
  });

  test('further signals in the midst of it end nothing', async () => {
    const started = await kiavi.metric('kiavi_engines_started_total');
    const over = upgrade();
    const again = setInterval(() => kiavi.child.kill('SIGHUP'), 1);
    try {
      await over();
    } finally {
      clearInterval(again);
    }
    await until('it is over', () => times(REPLACED) === times(TAKES_OVER), { within: 60_000 });
    assert.equal((await kiavi.ask(HOST, '/api/auth/ok')).status, 200);
    await until('it goes on counting', async () => (await kiavi.metric('kiavi_engines_started_total')) > started);
  });

  test('a stop in the midst of it is a stop in good order', async () => {
    const before = times(TAKES_OVER);
    // One that comes while the last upgrade is not over changes nothing.
    await until('the other program is there', () => {
      kiavi.child.kill('SIGHUP');
      return times(TAKES_OVER) > before;
    });
    await kiavi.stop();
    await kiavi.start();
  });

  test('what was there before is there, can be changed, and ends without a trace', async () => {
    const tenants = JSON.parse(await kiavi.verb(['tenant', 'list', '--json']));
    assert.deepEqual(tenants.map(({ slug }) => slug).sort(), ['blog', 'shop']);
    await kiavi.verb(['tenant', 'create', 'third', '--json']);
    assert.equal((await kiavi.ask(`third.${DOMAIN}`, '/api/auth/ok', { agent: false })).status, 200);
    await kiavi.stop();
  });
});

describe('an upgrade where the instance speaks TLS', { skip: kiaviMissing() }, () => {
  const kiavi = new Served();
  let port;
  let root;
  before(async () => {
    port = await freePort();
    kiavi.listen = `https = ["127.0.0.1:${port}"]`;
    kiavi.more = '[log]\nrequests = "errors"\n[certificates]\nissuer = "local"\n';
    await kiavi.start();
    await kiavi.verb(['tenant', 'create', 'shop', '--json']);
    root = await kiavi.verb(['certificate', 'root']);
  });
  after(() => kiavi.dispose());

  const times = (text) => kiavi.log().split(text).length - 1;

  /** The certificates that were shown, by the host that was asked for. */
  const shown = new Map();

  /**
   * One request by HTTPS, whose certificate has to be believed. A kept connection that has been idle may be closed while the
   * request is on its way; then it is sent again, as clients do (RFC 9112 §9.3.1). A new connection may not.
   */
  const askFor = (host) => (target, { agent, headers }) =>
    new Promise((resolve, reject) => {
      const where = { host: '127.0.0.1', port, servername: host, ca: root, path: target, agent, headers: { ...headers, host } };
      const request = https.get(where, (response) => {
        response.resume();
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode }));
      });
      const note = (socket) => shown.set(host, (shown.get(host) ?? new Set()).add(socket.getPeerX509Certificate().fingerprint256));
      request.on('socket', (socket) => socket.connecting && socket.once('secureConnect', () => note(socket)));
      request.on('error', (error) => {
        if (!request.reusedSocket || error.code !== 'ECONNRESET') return reject(error);
        askFor(host)(target, { agent: false, headers }).then(resolve, reject);
      });
    });

  /** A handshake, with the session of an earlier one; gives the session that is kept, and whether it was resumed. */
  const shake = (session) =>
    new Promise((resolve, reject) => {
      const socket = tls.connect({ host: '127.0.0.1', port, servername: HOST, ca: root, session });
      socket.once('session', (kept) => {
        resolve({ kept, isResumed: socket.isSessionReused() });
        socket.destroy();
      });
      socket.once('error', reject);
      socket.resume();
    });

  test(`${UPGRADES} times under load: no connection is refused, and the same certificates are shown`, async () => {
    const loads = [
      new Load(kiavi, { kept: 4, fresh: 4, ask: askFor(HOST), Agent: https.Agent }),
      new Load(kiavi, { kept: 1, fresh: 2, target: '/v1/openapi.json', ask: askFor(`console.${DOMAIN}`), Agent: https.Agent }),
    ];
    const failures = () => loads.flatMap((load) => load.failures);
    try {
      await Promise.all(loads.map((load) => load.more(HANDSHAKES_BETWEEN)));
      for (let i = 0; i < UPGRADES; i += 1) {
        const [before, old] = [times(REPLACED), [...kiavi.role('gateway'), ...kiavi.role('engine'), ...kiavi.role('control')]];
        const { kept } = await shake();
        kiavi.child.kill('SIGHUP');
        await until('everything was replaced', () => times(REPLACED) > before, { within: 60_000 });
        await Promise.all(loads.map((load) => load.more(HANDSHAKES_BETWEEN)));
        assert.ok(!old.some(alive), 'all who speak TLS were replaced');
        assert.ok((await shake(kept)).isResumed, 'sessions of before are resumed');
        assert.deepEqual(failures(), []);
      }
    } finally {
      await Promise.all(loads.map((load) => load.stop()));
    }
    assert.deepEqual(failures(), []);
    assert.deepEqual([...shown].map(([host, certificates]) => [host, certificates.size]).sort(), [[`console.${DOMAIN}`, 1], [HOST, 1]]);
  });

  test('a reload listens where the configuration says by then, and nowhere else', async () => {
    const reload = async (...ports) => {
      kiavi.listen = `https = [${ports.map((one) => `"127.0.0.1:${one}"`).join(', ')}]`;
      kiavi.configure();
      const before = times(REPLACED);
      kiavi.child.kill('SIGHUP');
      await until('everything was replaced', () => times(REPLACED) > before, { within: 60_000 });
    };
    const [first, second] = [port, await freePort()];
    await reload(first, second);
    for (port of [first, second]) assert.ok((await shake()).kept, `port ${port} is answered`);
    await reload(second);
    assert.ok((await shake()).kept);
    await until('nobody listens where nobody is to', () => isFree(first));
    await kiavi.stop();
  });
});

describe('an upgrade where the databases are on a server on a network', { skip: kiaviMissing() }, () => {
  const kiavi = new Served();
  let server;
  before(async () => {
    server = await startNetworkPostgres();
    kiavi.edgeKeepsHostsApart = true;
    kiavi.more = `[log]\nrequests = "errors"\n[postgres]\nurl_file = "${server.url()}"\n`;
    await kiavi.start();
    await kiavi.verb(['tenant', 'create', 'shop', '--json']);
  });
  after(async () => {
    await kiavi.dispose();
    await server?.stop();
  });

  const times = (text) => kiavi.log().split(text).length - 1;

  test(`${UPGRADES} times while the database is written to: no request fails, the control plane reaches it`, async () => {
    let number = 0;
    const elsewhere = () => ({ 'x-forwarded-for': `10.${(number += 1) % 200}.${(number >> 8) % 250}.${number % 250}` });
    const load = new Load(kiavi, { target: '/api/auth/passkey/generate-authenticate-options', headers: elsewhere });
    try {
      await load.more(REQUESTS_WRITTEN);
      for (let i = 0; i < UPGRADES; i += 1) {
        const [before, old] = [times(REPLACED), kiavi.role('outbound')];
        kiavi.child.kill('SIGHUP');
        await until('everything was replaced', () => times(REPLACED) > before, { within: 60_000 });
        await load.more(REQUESTS_WRITTEN);
        assert.ok(!old.some(alive), 'outbound was replaced');
        await kiavi.verb(['tenant', 'show', 'shop', '--json']);
        assert.deepEqual(load.failures, []);
      }
    } finally {
      await load.stop();
    }
    assert.deepEqual(load.failures, []);
    // The new control brings every tenant to where it was, one after the other.
    const rotate = () => kiavi.verb(['tenant', 'rotate-password', 'shop']).then(() => true, () => false);
    await until('the tenant is settled', rotate, { within: 30_000 });
    assert.equal((await kiavi.ask(HOST, load.target, { headers: elsewhere() })).status, 200);
  });

  test('a reload takes the password that the URL has by then', async () => {
    await server.ask(`alter role kiavi password 'another'`);
    kiavi.configure(kiavi.more.replace(/url_file = .*/, `url_file = "${server.url({ password: 'another' })}"`));
    const before = times(REPLACED);
    kiavi.child.kill('SIGHUP');
    await until('everything was replaced', () => times(REPLACED) > before, { within: 60_000 });
    await kiavi.verb(['tenant', 'create', 'later', '--json']);
    assert.equal((await kiavi.ask(`later.${DOMAIN}`, '/api/auth/ok', { agent: false })).status, 200);
    await kiavi.stop();
  });
});
