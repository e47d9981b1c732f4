// The log of a tenant that is switched off: whoever may read it reads, verifies and exports it, and nobody else gets in.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { request } from '../lib/http.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

describe('the log of a suspended tenant', { skip: kiaviMissing() }, () => {
  let kiavi;
  let demo;
  let ada;
  const email = freshEmail();
  // Nobody signs in to the console here, so there is no other engine.
  const engines = () => kiavi.role('engine');
  /** How many events are sealed; none, before the witness has seen the first. */
  const sealed = async () =>
    Number((await kiavi.verb(['audit', 'checkpoint', 'demo']).catch(() => '')).split('\n')[1] ?? 0);

  before(async () => {
    kiavi = await startKiavi({ args: ['--engine-idle', '3'] });
    demo = kiavi.tenant();
    ada = new Visitor(demo.url, demo.mailbox);
    await ada.signInByCode(email);
    await kiavi.verb(['tenant', 'suspend', 'demo', '--reason', 'unpaid']);
  });
  after(() => kiavi?.dispose());

  test('it is listed, with what is personal, and says who looked', async () => {
    const created = await demo.events('session.created');
    assert.equal(created.length, 1);
    assert.equal(created[0].ip, ada.localAddress);
    assert.equal((await demo.events('tenant.suspended')).length, 1);
    const looked = await demo.events('management.requested', ['--actor', 'operator:local']);
    assert.ok(looked.some(({ facts }) => facts.path.endsWith('/audit/events')), JSON.stringify(looked));
  });

  test('it is exported and verifies, and what happens meanwhile is sealed, too', async () => {
    const before = await sealed();
    await demo.events('session.created');
    await until('the look is sealed', async () => (await sealed()) > before);
    const bundle = path.join(kiavi.dir, 'bundle');
    await kiavi.verb(['audit', 'export', 'demo', '--bundle', bundle]);
    assert.match(await kiavi.verb(['audit', 'verify', bundle], { isOffline: true }), /^VERIFIED/);
    assert.match(readFileSync(path.join(bundle, 'events.ndjson'), 'utf8'), /session\.created/);
    const [{ id }] = await demo.events('session.created');
    const proof = await request(`${kiavi.consoleUrl}/v1/tenants/demo/audit/proof/${id}`, {
      headers: { authorization: `Bearer ${kiavi.ready.management_key}` },
    });
    assert.equal(proof.status, 200, proof.text);
  });

  test('nobody else is let in, and nothing else is done', async () => {
    await demo.events('session.created');
    assert.equal((await ada.get('/get-session')).status, 503);
    const asked = { email: freshEmail(), type: 'sign-in' };
    assert.equal((await ada.post('/email-otp/send-verification-otp', asked)).status, 503);
    for (const verb of [['user', 'list', 'demo'], ['analytics', 'show', 'demo'], ['webhook', 'list', 'demo']]) {
      await assert.rejects(kiavi.verb(verb), /suspended/i, verb.join(' '));
    }
    const users = await request(`${kiavi.consoleUrl}/v1/tenants/demo/engine/admin/list-users`, {
      headers: { authorization: `Bearer ${kiavi.ready.management_key}` },
    });
    assert.equal(users.status, 409, users.text);
  });

  test('what reads it ends when nobody reads, and comes back', async () => {
    await demo.events('session.created');
    assert.equal(engines().length, 1);
    await until('it ends', () => engines().length === 0);
    assert.equal((await demo.events('session.created')).length, 1);
  });

  test('a crash of it is nobody else’s', async () => {
    await demo.events('session.created');
    const [reader] = engines();
    process.kill(reader.pid, 'SIGKILL');
    await until('it is gone', () => !engines().some(({ pid }) => pid === reader.pid));
    await until('there is another one', () => demo.events('session.created').catch(() => false));
  });

  test('a tenant that is resumed goes on, also while its log is being read', async () => {
    await demo.events('session.created');
    await kiavi.verb(['tenant', 'resume', 'demo']);
    await until('it answers', async () => (await ada.get('/get-session')).status === 200);
    assert.equal((await ada.get('/get-session')).json.user.email, email);
    await until('one engine is left', () => engines().length === 1);
    assert.equal((await demo.events('session.created')).length, 1);
  });

  test('the log of a tenant that is deleted can be read as long as it can come back', async () => {
    await kiavi.verb(['tenant', 'delete', 'demo']);
    assert.equal((await demo.events('session.created')).length, 1);
    assert.equal((await ada.get('/get-session')).status, 503);
  });
});
