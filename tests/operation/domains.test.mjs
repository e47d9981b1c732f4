// A domain of one's own: added, proved by a record in a DNS of our own, served, and taken off again.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { kiaviMissing } from '../lib/kiavi.mjs';
import { NameServer } from '../lib/name-server.mjs';
import { DOMAIN, Served } from '../lib/served.mjs';
import { until } from '../lib/wait.mjs';

const OWN = 'auth.example.com';
const RECORD = `_kiavi-challenge.${OWN}`;

describe('a domain', { skip: kiaviMissing() }, () => {
  const kiavi = new Served();
  const dns = new NameServer();
  let key;
  before(async () => {
    await dns.start();
    // The first one is down.
    kiavi.more = `[dns]\nservers = ["127.0.0.1:9", "${dns.address}"]\n`;
    await kiavi.start();
    await kiavi.verb(['tenant', 'create', 'shop', 'bank', '--json']);
    key = readFileSync(path.join(kiavi.data, 'first-management-key'), 'utf8').trim();
  });
  after(async () => {
    await kiavi.dispose();
    dns.stop();
  });

  const domain = (...args) => kiavi.verb(['tenant', 'domain', ...args]);
  const verify = (tenant = 'shop') => domain('verify', tenant, OWN);
  const status = async (host) => (await kiavi.ask(host, '/sign-in')).status;
  const served = (host) => until(`${host} is served`, async () => (await status(host)) === 200);
  /** The API, with the key of somebody who is not on the machine. */
  const api = async (method, target, body) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const answer = await kiavi.ask(`console.${DOMAIN}`, `/v1/tenants/${target}`, { method, headers, body: body && JSON.stringify(body) });
    return { status: answer.status, json: JSON.parse(answer.text) };
  };

  test('waits for its record, which is printed to be copied', async () => {
    const added = await api('POST', 'shop/domains', { domain: OWN });
    assert.equal(added.status, 201);
    assert.equal(added.json.state, 'pending');
    const { value } = added.json.record;
    assert.deepEqual(added.json.record, { name: RECORD, type: 'TXT', value });
    const printed = await domain('add', 'shop', OWN);
    assert.ok(printed.includes(`    ${RECORD}. 300 IN TXT "${value}"\n`), printed);
    await assert.rejects(verify(), /ended with 6:[^]*There is no TXT record at _kiavi-challenge\.auth\.example\.com yet/);
    assert.equal(dns.asked.at(-1), RECORD);
    assert.equal(await status(OWN), 404, 'nobody is served there');
    dns.records.set(RECORD, ['v=spf1 -all']);
    await assert.rejects(verify(), /say something else/);
    dns.isFailing = true;
    await assert.rejects(verify(), /No name server gave an answer/);
    dns.isFailing = false;
  });

  test('is served once the record is there, also behind an alias', async () => {
    const { json } = await api('GET', `shop/domains/${OWN}`);
    dns.records.set(RECORD, { alias: 'proofs.example.net' });
    dns.records.set('proofs.example.net', ['something', json.record.value]);
    assert.match(await verify(), /is proved; shop is served there/);
    await served(OWN);
    const listed = JSON.parse(await domain('list', 'shop', '--json'));
    assert.deepEqual(listed.map(({ hostname, role, state }) => [hostname, role, state]), [
      [`shop.${DOMAIN}`, 'primary', null],
      [OWN, 'alias', 'verified'],
    ]);
    const events = await kiavi.events('shop', 'tenant.*');
    assert.deepEqual(events.map(({ type }) => type), ['tenant.domain_added', 'tenant.domain_verified']);
  });

  test('is the first tenant’s that proves it', async () => {
    const { json } = await api('POST', 'bank/domains', { domain: OWN });
    assert.equal(json.state, 'pending');
    await assert.rejects(verify('bank'), /say something else/, 'another tenant’s record proves nothing');
    dns.records.get('proofs.example.net').push(json.record.value);
    await assert.rejects(verify('bank'), /ended with 4:[^]*belongs to a tenant already/);
    await served(OWN);
  });

  test('is counted by how it stands', async () => {
    assert.equal(await kiavi.metric('kiavi_domains{state="verified"}'), 1);
    assert.equal(await kiavi.metric('kiavi_domains{state="pending"}'), 1);
  });

  test('is looked at by the doctor, who has to ask an instance that runs', async () => {
    const doctor = (args, options) => kiavi.verb(['doctor', ...args], options).catch(({ message }) => message);
    assert.match(await doctor([]), /✓ Domains +none has lapsed/);
    const elsewhere = ['--data', path.join(kiavi.dir, 'nobody-here')];
    assert.match(await doctor(elsewhere, { isOffline: true }), /\? Domains +not checked: no instance runs/);
  });

  test('is given back, and then somebody else’s', async () => {
    await domain('remove', 'shop', OWN);
    await until('nobody is served there', async () => (await status(OWN)) === 404);
    assert.equal((await api('POST', `bank/domains/${OWN}/verify`)).json.state, 'verified');
    await served(OWN);
  });

  test('needs no record on the word of whoever runs the instance', async () => {
    const asked = dns.asked.length;
    await domain('add', 'shop', 'login.example.org', '--without-proof');
    await served('login.example.org');
    assert.equal(dns.asked.length, asked);
    await domain('remove', 'shop', 'login.example.org');
  });
});
