// What a tenant's own server is sent, and what becomes of what it does not take.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { newAuthority } from '../lib/certificates.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';
import { WebhookReceiver, hang } from '../lib/webhook-receiver.mjs';

/** A first retry comes after 5 s at most. */
const RETRY_MS = 20_000;

describe('webhooks', { skip: kiaviMissing() }, () => {
  let authority;
  let certificate;
  let kiavi;
  let tenant;
  let receiver;
  let secret;
  const json = async (...args) => JSON.parse(await kiavi.verb([...args, '--json']));
  const webhook = (verb, ...args) => json('webhook', verb, 'demo', ...args);
  const add = async (id, { url }, ...args) => (await webhook('add', id, url, ...args)).secret;
  const signIn = () => new Visitor(tenant.url, tenant.mailbox).signInByCode(freshEmail());
  const settled = (endpoint) =>
    until(`nothing waits for ${endpoint}`, async () => (await webhook('deliveries', '--endpoint', endpoint, '--state', 'pending')).length === 0, {
      within: RETRY_MS,
    });

  before(async () => {
    authority = await newAuthority();
    certificate = await authority.issue();
    receiver = await WebhookReceiver.start(certificate);
    kiavi = await startKiavi();
    tenant = kiavi.tenant();
    await kiavi.set('demo', {
      'egress.allows_private': true,
      'egress.extra_roots': JSON.stringify([authority.root]),
    });
    secret = await add('crm', receiver, '--events', 'session.*,user.*,code.*', '--description', 'the tests');
  });
  after(async () => {
    await kiavi?.dispose();
    await receiver?.stop();
  });
  beforeEach(() => {
    receiver.answer = () => 204;
    receiver.seen.length = 0;
  });

  test('an event is genuine by the word of the official library, and says what the log says', async () => {
    const { user } = await signIn();
    await until('the sign-in is told', () => receiver.types().includes('session.created'));
    for (const request of receiver.seen) {
      assert.deepEqual(WebhookReceiver.verify(secret, request), request.event);
      assert.equal(request.headers['webhook-id'], request.event.data.id);
      assert.throws(() => WebhookReceiver.verify(secret, { ...request, body: `${request.body} ` }));
      assert.throws(() => WebhookReceiver.verify(`whsec_${Buffer.alloc(24).toString('base64')}`, request));
    }
    const told = receiver.seen.at(-1).event;
    const logged = (await tenant.events('session.created')).find(({ id }) => id === told.data.id);
    assert.deepEqual([logged.subject, logged.ip, logged.facts], [user.id, told.data.ip, told.data.detail]);
    assert.equal(told.data.outcome, 'success');
    assert.ok(receiver.types().every((type) => /^(session|user|code)\./.test(type)));
    const all = await tenant.sql(`select id from kiavi.audit_event where type ~ '^(session|user|code)'`);
    await settled('crm');
    assert.equal(receiver.ids().length, all.length, 'each event, and no other');
  });

  test('the secret is seen once, and the operator sees how the endpoint does', async () => {
    const settings = await kiavi.verb(['settings', 'get', 'demo', 'webhooks']);
    assert.match(settings, /"\*\*\*"/);
    const versions = await kiavi.verb(['settings', 'versions', 'demo', '--json']);
    for (const text of [settings, versions, kiavi.log()]) assert.ok(!text.includes(secret));
    const [endpoint] = await webhook('list');
    assert.deepEqual(
      [endpoint.id, endpoint.state, endpoint.url, endpoint.events],
      ['crm', 'active', receiver.url, ['session.*', 'user.*', 'code.*']],
    );
    assert.match(await kiavi.verb(['webhook', 'list', 'demo']), /crm\s+active/);
  });

  test('what fails comes again, before everything after it, under its id', async () => {
    receiver.answer = (_, number) => (number === 1 ? { status: 500, body: 'not \u001b[31mnow' } : 204);
    await signIn();
    await settled('crm');
    const ids = receiver.seen.map(({ headers }) => headers['webhook-id']);
    assert.equal(ids[0], ids[1]);
    const stamps = receiver.seen.slice(0, 2).map(({ headers }) => Number(headers['webhook-timestamp']));
    assert.ok(stamps[1] > stamps[0], 'signed anew');
    const deliveries = (await webhook('deliveries', '--limit', '20')).reverse();
    const told = deliveries.filter(({ event }) => ids.includes(event)).map(({ event }) => event);
    assert.deepEqual(receiver.ids(), told, 'in the order of the log');
    const shown = await webhook('show', deliveries.find(({ event }) => event === ids[0]).id);
    assert.deepEqual(shown.attempts.map(({ status }) => status), [500, 204]);
    assert.equal(shown.attempts[0].answer, 'not \ufffd[31mnow');
  });

  test('a receiver that hangs delays no other receiver and no mail', async () => {
    const other = await WebhookReceiver.start(certificate);
    try {
      await add('siem', other, '--events', '*');
      receiver.answer = hang;
      for (let i = 0; i < 3; i += 1) await signIn();
      await until('the other hears of all', () => other.ids('session.created').length === 3);
      await until('it has the first', () => receiver.seen.length > 0);
      assert.equal(receiver.seen.length, 1);
    } finally {
      await kiavi.verb(['webhook', 'remove', 'demo', 'siem']);
      await other.stop();
    }
    receiver.answer = () => 200;
    await until('the rest comes when it answers', () => receiver.ids('session.created').length === 3, { within: 40_000 });
  });

  test('a redirect is not followed', async () => {
    receiver.answer = () => ({ status: 307, headers: { location: `${receiver.url}/elsewhere` } });
    await assert.rejects(kiavi.verb(['webhook', 'test', 'demo', 'crm']), /answer was 307/);
    assert.deepEqual(receiver.seen.map(({ path }) => path), ['/hook']);
    assert.deepEqual(WebhookReceiver.verify(secret, receiver.seen[0]).type, 'webhook.test');
  });

  test('while a secret is replaced both are good', async () => {
    const next = (await webhook('rotate-secret', 'crm', '--overlap', '1h')).secret;
    assert.notEqual(next, secret);
    await webhook('test', 'crm');
    const request = receiver.seen.at(-1);
    assert.equal(request.headers['webhook-signature'].split(' ').length, 2);
    for (const good of [secret, next]) WebhookReceiver.verify(good, request);
    const settings = await json('settings', 'get', 'demo', 'webhooks.endpoints[crm].secrets');
    assert.deepEqual(settings.map(({ id, signing_secret }) => [id, signing_secret]), [['s1', '***'], ['s2', '***']]);
    await kiavi.set('demo', { 'webhooks.endpoints[crm].secrets[s1].expires_at': '2026-01-01T00:00:00Z' });
    await webhook('test', 'crm');
    assert.throws(() => WebhookReceiver.verify(secret, receiver.seen.at(-1)));
    WebhookReceiver.verify(next, receiver.seen.at(-1));
    secret = next;
  });

  test('gone is gone, until an operator enables it and has everything sent again', async () => {
    let tell;
    const told = new Promise((resolve) => (tell = resolve));
    receiver.answer = () => told;
    await signIn();
    tell(410);
    const [endpoint] = await until('it is disabled', async () => {
      const endpoints = await webhook('list');
      return endpoints[0].state === 'disabled' && endpoints;
    });
    assert.equal(endpoint.disabled_because, 'gone');
    await signIn();
    assert.equal(receiver.seen.length, 1);
    const [event] = await tenant.events('webhook.disabled');
    assert.equal(event.facts.endpoint, 'crm');
    assert.match(kiavi.log(), /an endpoint of webhooks is disabled/);
    receiver.answer = () => 204;
    receiver.seen.length = 0;
    await webhook('enable', 'crm');
    const failed = await webhook('deliveries', '--state', 'failed');
    assert.ok(failed.length >= 3);
    const { replayed } = await webhook('replay', '--failed-since', '1h');
    assert.equal(replayed, failed.length);
    await settled('crm');
    assert.deepEqual(receiver.ids(), failed.map(({ event }) => event).reverse());
    // And one that was taken, once more.
    await webhook('replay', failed[0].id);
    await until('it comes', () => receiver.seen.length > failed.length);
    assert.equal(receiver.seen.at(-1).headers['webhook-id'], failed[0].event);
    assert.equal(receiver.seen.length, failed.length + 1);
  });

  test('a private address is out of reach unless the tenant may reach it, and so is a server that nobody vouches for', async () => {
    await kiavi.set('demo', { 'egress.allows_private': false });
    await assert.rejects(kiavi.verb(['webhook', 'test', 'demo', 'crm']), /private network/);
    await kiavi.set('demo', { 'webhooks.endpoints[crm].url': `https://localhost:${receiver.port}/hook` });
    await assert.rejects(kiavi.verb(['webhook', 'test', 'demo', 'crm']), /private network/);
    assert.equal(receiver.seen.length, 0);
    const plain = ['settings', 'set', 'demo', `webhooks.endpoints[crm].url=http://127.0.0.1:${receiver.port}/`];
    await assert.rejects(kiavi.verb(plain), /http only with allows_private/);
    await kiavi.set('demo', { 'egress.allows_private': true, 'egress.extra_roots': '[]' });
    await assert.rejects(kiavi.verb(['webhook', 'test', 'demo', 'crm']), /TLS failed/);
    await kiavi.set('demo', { 'egress.extra_roots': JSON.stringify([authority.root]) });
    await webhook('test', 'crm');
  });

  test('what makes no endpoint is refused, and what is not there is not found', async () => {
    const fails = (args, code, pattern) =>
      assert.rejects(kiavi.verb(['webhook', ...args]), (error) => {
        assert.match(error.message, new RegExp(`ended with ${code}:`));
        assert.match(error.message, pattern);
        return true;
      });
    await fails(['add', 'demo', 'crm', receiver.url], 2, /already/);
    await fails(['add', 'demo', 'CRM', receiver.url], 2, /lower-case/);
    await fails(['add', 'demo', 'new', 'crm.example'], 2, /webhooks\.endpoints\.url/);
    await fails(['add', 'demo', 'new', receiver.url, '--events', 'session.made'], 2, /webhooks\.endpoints\.events/);
    await fails(['remove', 'demo', 'new'], 2, /no endpoint new/);
    await fails(['test', 'demo', 'new'], 3, /no such endpoint/);
    await fails(['show', 'demo', '999999'], 3, /no such delivery/);
    await fails(['replay', 'demo', '999999'], 4, /no such delivery/);
  });

  test('a neighbour hears of nothing, and who is no operator finds nothing', async () => {
    const shop = await kiavi.createTenant('shop');
    await kiavi.verb(['webhook', 'remove', 'demo', 'crm']);
    receiver.seen.length = 0;
    await signIn();
    await new Visitor(shop.url, shop.mailbox).signInByCode(freshEmail());
    assert.equal(receiver.seen.length, 0);
    assert.deepEqual(await shop.sql('select count(*)::int as count from kiavi.webhook_delivery'), [{ count: 0 }]);
    const visitor = new Visitor(tenant.url, tenant.mailbox);
    await visitor.signInByCode(freshEmail());
    assert.equal((await visitor.get('/webhook/endpoints')).status, 404);
  });
});
