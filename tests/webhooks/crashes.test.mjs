// Whoever is killed meanwhile: an event arrives at least once, under one id, and nobody has to ask for it.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { newAuthority } from '../lib/certificates.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';
import { WebhookReceiver, hang } from '../lib/webhook-receiver.mjs';

/** An engine that is killed has its endpoints for 6 s more. */
const RECOVERY_MS = 40_000;
/** How soon an engine without requests ends here. */
const IDLE_SECONDS = 2;

async function prepare(args = []) {
  const authority = await newAuthority();
  const receiver = await WebhookReceiver.start(await authority.issue());
  const kiavi = await startKiavi({ args });
  await kiavi.set('demo', { 'egress.allows_private': true, 'egress.extra_roots': JSON.stringify([authority.root]) });
  const added = await kiavi.verb(['webhook', 'add', 'demo', 'crm', receiver.url, '--events', 'session.created', '--json']);
  return { receiver, kiavi, secret: JSON.parse(added).secret };
}

const signIn = (kiavi) => {
  const tenant = kiavi.tenant();
  return new Visitor(tenant.url, tenant.mailbox).signInByCode(freshEmail());
};

/** The events of the log in their order, by their ids. */
const logged = async (kiavi) => {
  const rows = await kiavi.tenant().sql('select event_id as id from kiavi.webhook_delivery order by position');
  return rows.map(({ id }) => id);
};

describe('kill -9', { skip: kiaviMissing() }, () => {
  let receiver;
  let kiavi;
  let secret;
  before(async () => ({ receiver, kiavi, secret } = await prepare()));
  after(async () => {
    await kiavi?.dispose();
    await receiver?.stop();
  });
  beforeEach(() => {
    receiver.answer = () => 204;
  });

  /** Everything that the log has came, in its order, and is genuine. */
  async function assertAllArrived() {
    const ids = await logged(kiavi);
    await until('everything arrives', () => receiver.ids().length === ids.length, { within: RECOVERY_MS });
    assert.deepEqual(receiver.ids(), ids);
    for (const request of receiver.seen) assert.equal(request.event.data.id, request.headers['webhook-id']);
    WebhookReceiver.verify(secret, receiver.seen.at(-1));
  }

  test('the engine, in mid-delivery', async () => {
    receiver.answer = hang;
    await signIn(kiavi);
    await signIn(kiavi);
    await until('the first is under way', () => receiver.seen.length === 1);
    for (const { pid } of kiavi.role('engine')) process.kill(pid, 'SIGKILL');
    receiver.answer = () => 204;
    // Nobody asks for anything: the successor starts by itself.
    await until('both arrive', () => receiver.ids().length === 2, { within: RECOVERY_MS });
    const arrived = receiver.seen.map(({ headers }) => headers['webhook-id']);
    assert.deepEqual([arrived[0], arrived.length], [arrived[1], 3], 'the first twice, under one id');
    await assertAllArrived();
  });

  test('outbound, in mid-delivery and between two', async () => {
    let release;
    receiver.answer = () => new Promise((resolve) => (release = () => resolve(204)));
    const before = receiver.seen.length;
    await signIn(kiavi);
    await until('it is under way', () => receiver.seen.length > before);
    for (const { pid } of kiavi.role('outbound')) process.kill(pid, 'SIGKILL');
    receiver.answer = () => ({ status: 204, headers: { connection: 'close' } });
    release();
    await until('there is another', () => kiavi.role('outbound').length === 1, { within: RECOVERY_MS });
    for (let i = 0; i < 3; i += 1) await signIn(kiavi);
    await assertAllArrived();
  });

  test('the launcher, and with it everything: what waited is sent when it is back', async () => {
    receiver.answer = () => 503;
    const before = receiver.seen.length;
    await signIn(kiavi);
    await until('it was tried', () => receiver.seen.length > before);
    await kiavi.kill();
    receiver.answer = () => 204;
    await kiavi.start();
    await assertAllArrived();
  });
});

describe('an engine that sleeps', { skip: kiaviMissing() }, () => {
  let receiver;
  let kiavi;
  before(async () => ({ receiver, kiavi } = await prepare(['--engine-idle', String(IDLE_SECONDS)])));
  after(async () => {
    await kiavi?.dispose();
    await receiver?.stop();
  });

  test('is woken for what is due, and sleeps until then', async () => {
    receiver.answer = (_, number) => (number === 1 ? { status: 503, headers: { 'retry-after': '15' } } : 204);
    await signIn(kiavi);
    await until('it was tried', () => receiver.seen.length === 1);
    await until('the engine sleeps', () => kiavi.role('engine').length === 0, { within: 14_000 });
    assert.equal(receiver.seen.length, 1);
    await until('it is woken and delivers', () => receiver.seen.length === 2, { within: 40_000 });
    assert.equal(receiver.ids().length, 1);
    await until('and sleeps again', () => kiavi.role('engine').length === 0, { within: 20_000 });
  });
});
