// What is lost when a process is killed: of an engine the requests that were inside it, of the gateway nothing that an engine
// has already, and of anybody else's nothing. Plain and by TLS.

import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import { after, before, describe, test } from 'node:test';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { request } from '../lib/http.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { alive } from '../lib/processes.mjs';
import { until } from '../lib/wait.mjs';

const KILLS = 3;
/** Of each kind of client: those who keep their connection, and those who come anew for each request. */
const CLIENTS = 4;
const ANSWERS_BETWEEN = 200;
const RECOVERY_MS = 30_000;

/** Clients who ask one origin again and again, each one request at a time; what failed, by who asked. */
class Clients {
  answered = 0;
  failures = { kept: [], fresh: [] };
  #running = true;

  constructor(origin, ca) {
    const { request: ask, Agent } = origin.startsWith('https:') ? https : http;
    const lookup = (_, { all }, done) => (all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4));
    this.ask = (agent) =>
      new Promise((resolve, reject) => {
        const asked = ask(`${origin}/api/auth/get-session`, { agent, ca, lookup, timeout: 20_000 }, (answer) => {
          answer.resume().on('error', reject).on('end', () => resolve(answer.statusCode));
        });
        asked.on('error', reject).on('timeout', () => asked.destroy(new Error('no answer'))).end();
      });
    this.agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    const kinds = [['kept', this.agent], ['fresh', false]];
    const all = kinds.flatMap(([kind, agent]) => Array.from({ length: CLIENTS }, () => this.#work(kind, agent)));
    this.done = Promise.all(all);
  }

  async #work(kind, agent) {
    while (this.#running) {
      const outcome = await this.ask(agent).catch((error) => error.message);
      if (outcome === 200) this.answered += 1;
      else this.failures[kind].push(outcome);
    }
  }

  async more(count = ANSWERS_BETWEEN) {
    const goal = this.answered + count;
    await until('requests are answered', () => this.answered >= goal, { within: RECOVERY_MS });
  }

  async stop() {
    this.#running = false;
    await this.done;
    this.agent.destroy();
  }
}

describe('what is lost with a process that is killed', { skip: kiaviMissing() }, () => {
  let kiavi;
  let ca;
  const tenants = {};
  /** The engines that are not struck: one does not say whose it is, but there were these before the other tenant was. */
  const others = new Set();
  before(async () => {
    kiavi = await startKiavi();
    await request(`${kiavi.tenant().url}/api/auth/get-session`);
    ca = readFileSync(path.join(kiavi.data, 'local-ca.pem'), 'utf8');
    const { port } = new URL(kiavi.tenant().tls_url);
    for (const slug of ['spared', 'struck']) {
      const { url } = await kiavi.createTenant(slug);
      await kiavi.set(slug, { 'rate_limits.general': 'null' });
      await request(`${url}/api/auth/get-session`);
      if (slug === 'spared') kiavi.role('engine').forEach(({ pid }) => others.add(pid));
      tenants[slug] = [url, `https://${new URL(url).hostname}:${port}`];
    }
  });
  after(() => kiavi?.dispose());

  const clientsOf = (slug) => tenants[slug].map((origin) => new Clients(origin, ca));
  const failures = (clients, kind) => clients.flatMap((each) => each.failures[kind]);
  const everyone = (clients, action) => Promise.all(clients.map(action));

  const tell = (t, clients) => {
    const answered = clients.reduce((sum, each) => sum + each.answered, 0);
    const [kept, fresh] = ['kept', 'fresh'].map((kind) => failures(clients, kind).length);
    t.diagnostic(`${KILLS} kills: ${answered} answered, lost ${kept} on kept connections and ${fresh} on new ones`);
  };

  /** Kills what `victim` finds under load, again and again; gives everybody's clients. */
  async function strike(victim) {
    const [struck, spared] = [clientsOf('struck'), clientsOf('spared')];
    try {
      await everyone([...struck, ...spared], (clients) => clients.more());
      for (let i = 0; i < KILLS; i += 1) {
        const found = await until('there is somebody to kill', victim, { within: RECOVERY_MS });
        process.kill(found.pid, 'SIGKILL');
        await everyone([...struck, ...spared], (clients) => clients.more());
        assert.ok(!alive(found));
      }
    } finally {
      await everyone([...struck, ...spared], (clients) => clients.stop());
    }
    return { struck, spared };
  }

  test('an engine: no more than one request of each client, and nothing of another tenant', async (t) => {
    const { struck, spared } = await strike(() => kiavi.role('engine').find(({ pid }) => !others.has(pid)));
    tell(t, struck);
    assert.deepEqual([failures(spared, 'kept'), failures(spared, 'fresh')], [[], []]);
    for (const clients of struck) {
      for (const kind of ['kept', 'fresh']) {
        const lost = clients.failures[kind];
        assert.ok(lost.length <= KILLS * CLIENTS, `${kind}: ${lost.length} lost\n${lost.join('\n')}`);
      }
    }
  });

  test('the gateway: nothing of those whose connection an engine has', async (t) => {
    const { struck, spared } = await strike(() => kiavi.role('gateway')[0]);
    tell(t, [...struck, ...spared]);
    assert.deepEqual(failures([...struck, ...spared], 'kept'), []);
    for (const clients of [...struck, ...spared]) {
      const lost = clients.failures.fresh;
      assert.ok(lost.length <= KILLS * CLIENTS, `${lost.length} lost\n${lost.join('\n')}`);
    }
  });
});
