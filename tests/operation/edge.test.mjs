// Behind a reverse proxy: whom a request came from is what the proxies say who are listed, and nobody else's word counts.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { kiaviMissing } from '../lib/kiavi.mjs';
import { DOMAIN, Served } from '../lib/served.mjs';
import { until } from '../lib/wait.mjs';

const SHOP = `shop.${DOMAIN}`;
const CONSOLE = `console.${DOMAIN}`;
/** An address of this machine that no proxy has. */
const STRANGER = '127.0.0.2';
/** Requests to one path from one network in ten seconds, for this tenant. */
const LIMIT = 3;
/** Wrong management keys of one network that are answered in a minute, and some more. */
const WRONG_KEYS = 320;

describe('behind an edge', { skip: kiaviMissing() }, () => {
  const kiavi = new Served();
  before(async () => {
    kiavi.more = '[log]\nnetworks = true\n';
    await kiavi.start();
    await kiavi.verb(['tenant', 'create', 'shop', '--json']);
    await kiavi.verb(['settings', 'set', 'shop', `rate_limits.general={"limit":${LIMIT},"window_seconds":600}`]);
  });
  after(() => kiavi.dispose());

  let turn = 0;
  const someAddress = () => `203.0.113.${(turn += 1) % 250}`;

  /** The log's line of a request. */
  async function logged(answer) {
    const id = answer.headers['x-request-id'];
    return until('it is logged', () => kiavi.lines().find((one) => one.kind === 'request' && one.request_id === id));
  }

  const statuses = async (ask, count) => {
    const all = [];
    for (let i = 0; i < count; i += 1) all.push((await ask()).status);
    return all;
  };

  /** What a client can write into both headers. */
  const spoofed = (address) => ({ 'x-forwarded-for': address, forwarded: `for=${address}`, 'x-real-ip': address, 'x-forwarded-proto': 'http' });

  test('what the listed proxy says is whom limits and the log count', async () => {
    const ask = () => kiavi.ask(SHOP, '/api/auth/ok', { headers: { 'x-forwarded-for': someAddress() } });
    assert.deepEqual(await statuses(ask, 3 * LIMIT), Array(3 * LIMIT).fill(200), 'each is a network of its own');
    const one = () => kiavi.ask(SHOP, '/api/auth/ok', { headers: { 'x-forwarded-for': '6.6.6.6, 198.51.100.7' } });
    assert.deepEqual(await statuses(one, LIMIT + 1), [...Array(LIMIT).fill(200), 429], 'the last address counts');
    const line = await logged(await one());
    assert.deepEqual([line.peer, line.network], ['proxied', '198.51.100.0']);
  });

  test('what anybody else says changes nothing', async () => {
    const ask = () => kiavi.ask(SHOP, '/api/auth/ok', { localAddress: STRANGER, headers: spoofed(someAddress()) });
    assert.deepEqual(await statuses(ask, LIMIT + 1), [...Array(LIMIT).fill(200), 429]);
    const line = await logged(await ask());
    assert.deepEqual([line.peer, line.network], ['direct', '127.0.0.0']);
  });

  test('garbage leaves the client without another address, and with the proxy\'s limits', async () => {
    const garbage = ['unknown', '_hidden', '', 'a.example', '203.0.113.1;', '203.0.113.1 203.0.113.2', '::1::'];
    const ask = () => kiavi.ask(SHOP, '/api/auth/error', { headers: { 'x-forwarded-for': garbage[(turn += 1) % garbage.length] } });
    const answers = await statuses(ask, LIMIT + 1);
    assert.equal(answers.at(-1), 429, `${answers}`);
  });

  test('the management API counts as tenants do', async () => {
    const wrong = (more) => kiavi.ask(CONSOLE, '/v1/tenants', { ...more, headers: { authorization: 'Bearer kvm_wrong', ...more.headers } });
    const proxied = () => wrong({ headers: { 'x-forwarded-for': '198.51.100.99' } });
    const answers = await statuses(proxied, WRONG_KEYS);
    assert.deepEqual([answers[0], answers.at(-1)], [401, 429]);
    assert.equal((await wrong({ headers: { 'x-forwarded-for': '198.51.100.98' } })).status, 401, 'a neighbour is not refused');
    const spoofing = await statuses(() => wrong({ localAddress: STRANGER, headers: spoofed(someAddress()) }), WRONG_KEYS);
    assert.equal(spoofing.at(-1), 429);
    const line = await logged(await proxied());
    assert.deepEqual([line.peer, line.network], ['proxied', '198.51.100.0']);
    const key = readFileSync(path.join(kiavi.data, 'first-management-key'), 'utf8').trim();
    const good = await kiavi.ask(CONSOLE, '/v1/tenants', { headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': '198.51.100.99' } });
    assert.equal(good.status, 200, 'a good key is never refused for its network');
  });

  test('a proxy that speaks the standard is configured, and then the other header is nothing', async () => {
    await kiavi.stop();
    kiavi.forwardedHeader = 'forwarded';
    await kiavi.start();
    const both = (forwarded) => ({ headers: { forwarded, 'x-forwarded-for': someAddress() } });
    const isThere = async () => (await kiavi.ask(SHOP, '/api/auth/ok', both('for=198.51.100.7'))).status === 200;
    await until('the tenant is there again', isThere);
    const ask = () => kiavi.ask(SHOP, '/api/auth/ok', both('for=6.6.6.6, for="[2001:db8:7::1]:4711";proto=https'));
    assert.deepEqual(await statuses(ask, LIMIT + 1), [...Array(LIMIT).fill(200), 429]);
    const line = await logged(await ask());
    assert.deepEqual([line.peer, line.network], ['proxied', '2001:db8:7::']);
    const open = () => kiavi.ask(SHOP, '/api/auth/ok', both('for="6.6.6.6, for=203.0.113.77'));
    assert.deepEqual(await statuses(open, LIMIT + 1), [...Array(LIMIT).fill(200), 429], 'an open quote tells nothing');
    assert.equal((await logged(await open())).network, '127.0.0.0');
  });
});
