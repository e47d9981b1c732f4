// One tenant has everything thrown at it that its neighbours could suffer from: requests, connections that say nothing,
// and an engine that does not stay alive. The neighbours have no error. (Memory: tests/operation/memory.test.mjs.)

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { request } from '../lib/http.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { alive, inspect } from '../lib/processes.mjs';
import { RawConnection } from '../lib/raw.mjs';
import { UNLIMITED } from '../lib/rush.mjs';
import { Traffic } from '../lib/traffic.mjs';
import { until } from '../lib/wait.mjs';

const SIGN_INS = 12;
const WITHIN_MS = 120_000;
/** Of the flooded tenant, each with a request that takes some work; the neighbours have two. */
const CONNECTIONS = 400;
/** More than the engine takes of one network, from several. */
const SILENT = 1_500;
const KILLS = 5;

describe('one tenant is flooded', { skip: kiaviMissing() }, () => {
  let kiavi;
  let flooded;
  let neighbour;
  before(async () => {
    kiavi = await startKiavi();
    neighbour = kiavi.tenant();
    flooded = await kiavi.createTenant('flooded');
    await kiavi.set('flooded', UNLIMITED);
    await kiavi.set(neighbour.slug, { 'rate_limits.code_send_per_network': null, 'rate_limits.code_check_per_network': null });
  });
  after(() => kiavi?.dispose());

  const host = () => new URL(flooded.url).host;

  /** People sign in at the neighbour's all the while; none of them sees an error. */
  async function unharmed(whatHappens) {
    const traffic = new Traffic(neighbour, { workers: 2 });
    try {
      await whatHappens(() => traffic.signedIn.length);
    } finally {
      await traffic.stop();
    }
    assert.deepEqual(traffic.failures, [], kiavi.log().slice(-2000));
    assert.ok(traffic.signedIn.length > 0);
  }

  const more = (count) => {
    const goal = count() + SIGN_INS;
    return until('people sign in at the neighbour', () => count() >= goal, { within: WITHIN_MS });
  };

  /** Requests as fast as wrk sends them. */
  function flood(target) {
    const url = `http://127.0.0.1:${kiavi.port}${target}`;
    const child = spawn('wrk', ['-t1', `-c${CONNECTIONS}`, '-d600s', '-H', `Host: ${host()}`, url]);
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.once('error', () => {}); // the test says so
    return { isRunning: () => child.exitCode === null && child.pid !== undefined, stop: () => (child.kill('SIGINT'), ended) };
  }

  const engineOf = async (tenant) => {
    const { engines } = JSON.parse(await kiavi.verb(['instance', 'processes', '--search', tenant, '--json']));
    return engines.find(({ slug }) => slug === tenant);
  };

  for (const [what, target] of [
    ['session checks', '/api/auth/get-session'],
    ['what the database has to write', '/api/auth/passkey/generate-authenticate-options'],
    ['pages', '/sign-in'],
  ]) {
    test(`with ${what}`, async () => {
      await unharmed(async (count) => {
        const wrk = flood(target);
        try {
          await more(count);
          assert.ok(wrk.isRunning(), 'there was a flood, which needs wrk');
        } finally {
          await wrk.stop();
        }
      });
      assert.equal((await request(`${flooded.url}/api/auth/ok`)).status, 200, 'it serves again');
    });
  }

  test('with connections that say nothing, and such that say half a request', async () => {
    const open = [];
    await unharmed(async (count) => {
      try {
        for (let i = 0; i < SILENT; i += 1) {
          const connection = await RawConnection.open(kiavi.port, { localAddress: `127.0.1.${1 + (i % 8)}` });
          if (i % 2 === 0) connection.write(`POST /api/auth/sign-in/email-otp HTTP/1.1\r\nHost: ${host()}\r\nContent-Length: 60000\r\n\r\n{`);
          open.push(connection);
        }
        await more(count);
      } finally {
        open.forEach((connection) => connection.close());
      }
    });
  });

  test('and its engine is killed again and again: pauses grow, and nobody else notices', async () => {
    await unharmed(async (count) => {
      for (let i = 0; i < KILLS; i += 1) {
        const found = await until('its engine runs', async () => {
          await request(`${flooded.url}/api/auth/ok`).catch(() => {});
          const { process: found } = await engineOf('flooded');
          return found && inspect(found.pid);
        }, { within: WITHIN_MS });
        process.kill(found.pid, 'SIGKILL');
        await until('it is gone', () => !alive(found));
      }
      const { failures, last_failure: reason, state } = await engineOf('flooded');
      assert.ok(failures >= KILLS, `${failures}`);
      assert.equal(reason, 'crash');
      assert.ok(['paused', 'starting', 'running'].includes(state), state);
      await more(count);
    });
  });
});
