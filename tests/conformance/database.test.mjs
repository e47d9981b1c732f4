// The real Better Auth server on a tenant's own data, with the tenant's secret: beside Kiavi on one database, and
// alone after a move. It accepts the schema as it is, people stay signed in, and what one side wrote the other reads.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { SoftAuthenticator } from '../lib/authenticator.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Mailbox } from '../lib/mailbox.mjs';
import { startReferenceServer } from '../lib/reference.mjs';
import { dumpRows, startScratchPostgres } from '../lib/scratch-postgres.mjs';
import { SESSION_COOKIE, Visitor, freshEmail } from '../lib/visitor.mjs';

/** What Better Auth must be asked for that is not in it by itself, and a tenant of Kiavi. */
const PLUGINS = { jwt: {}, apiKey: { enableSessionForAPIKeys: true } };
const SETTINGS = { 'api_key.sessions': true };
const OFFERED = ['ES256', 'EdDSA', 'RS256'];

describe('Better Auth beside Kiavi, on the database of a tenant', { skip: kiaviMissing() }, () => {
  let kiavi;
  let tenant;
  let reference;
  before(async () => {
    kiavi = await startKiavi();
    tenant = kiavi.tenant();
    await kiavi.set(tenant.slug, SETTINGS);
    reference = await startReferenceServer({
      slug: tenant.slug,
      secret: kiavi.secretOf(tenant),
      migrate: false,
      connection: kiavi.databaseOf(tenant),
      plugins: PLUGINS,
    });
  });
  after(async () => {
    await reference?.stop();
    await kiavi?.dispose();
  });

  const atKiavi = () => new Visitor(tenant.url, tenant.mailbox);
  const atReference = (jar) => new Visitor(reference.url, new Mailbox(reference.mailUrl), { jar });

  test('accepts the schema', async () => {
    assert.equal((await atReference().get('/ok')).status, 200, reference.log());
    assert.equal(await atReference().session(), null, reference.log());
  });

  test('reads a session that Kiavi made, and it is the same; and the reverse', async () => {
    const here = atKiavi();
    await here.signInByCode(freshEmail());
    assert.deepEqual(await atReference(here.jar.copy()).session(), await here.session());

    const there = atReference();
    await there.signInByCode(freshEmail());
    const back = atKiavi();
    back.jar = there.jar.copy();
    assert.deepEqual(await back.session(), await there.session());
  });

  for (const algorithm of OFFERED) {
    test(`signs somebody in with an ${algorithm} passkey that was made at Kiavi, and the reverse`, async () => {
      const device = new SoftAuthenticator({ algorithm });
      const here = atKiavi();
      const { user } = await here.signInByCode(freshEmail());
      await here.addPasskey(device);
      const there = atReference();
      assert.equal((await there.signInByPasskey(device)).user.id, user.id);

      const other = new SoftAuthenticator({ algorithm });
      await there.addPasskey(other);
      assert.equal((await atKiavi().signInByPasskey(other)).user.id, user.id);
      const names = ({ json }) => json.map(({ credentialID }) => credentialID).sort();
      assert.deepEqual(
        names(await here.get('/passkey/list-user-passkeys')),
        names(await there.get('/passkey/list-user-passkeys')),
      );
    });
  }

  test('signs the same person in by code, on either side', async () => {
    const email = freshEmail();
    const first = await atReference().signInByCode(email);
    const second = await atKiavi().signInByCode(email);
    assert.equal(second.user.id, first.user.id);
    assert.deepEqual(second.user, first.user);
  });

  test('ends a session that Kiavi made, and Kiavi knows at once', async () => {
    const here = atKiavi();
    await here.signInByCode(freshEmail());
    assert.ok(await here.session());
    assert.deepEqual((await atReference(here.jar.copy()).post('/sign-out')).json, { success: true });
    assert.equal(await here.session(), null);
  });

  test('bans somebody who is signed in at Kiavi, and Kiavi knows at once', async () => {
    const here = atKiavi();
    const { user } = await here.signInByCode(freshEmail());
    assert.ok(await here.session());
    const admin = atReference();
    const { user: operator } = await admin.signInByCode(freshEmail('admin'));
    await tenant.sql(`update "user" set role = 'admin' where id = $1`, [operator.id]);
    assert.equal((await admin.post('/admin/ban-user', { userId: user.id })).status, 200);
    assert.equal(await here.session(), null);
  });

  test('leaves its changes in the log of Kiavi, which has its own by their names', async () => {
    const told = () => tenant.events('database.changed');
    const before = (await told()).length;
    const here = atKiavi();
    await here.signInByCode(freshEmail());
    await here.addPasskey(new SoftAuthenticator());
    await here.post('/sign-out');
    assert.equal((await told()).length, before);

    const email = freshEmail();
    const { user } = await atReference().signInByCode(email);
    const events = (await told()).slice(before);
    const changes = events.map(({ facts }) => facts.change);
    for (const change of ['user INSERT', 'session INSERT']) assert.ok(changes.includes(change), changes.join());
    assert.ok(events.every(({ actor }) => actor === 'database'));
    const text = JSON.stringify(events);
    assert.ok(!text.includes(email) && !text.includes(user.id), 'nothing of a person');
  });
});

/** A token of `visitor` and the person it names, checked by the keys that `keysOf` publishes. */
async function verifiedToken(visitor, keysOf) {
  const { token } = (await visitor.get('/token')).json;
  const keys = createLocalJWKSet((await keysOf.get('/jwks')).json);
  const { payload } = await jwtVerify(token, keys, { issuer: visitor.origin, audience: visitor.origin });
  return { token, subject: payload.sub };
}

describe('a tenant that moves from Kiavi to Better Auth', { skip: kiaviMissing() }, () => {
  const email = freshEmail();
  const devices = OFFERED.map((algorithm) => new SoftAuthenticator({ algorithm }));
  let kiavi;
  let postgres;
  let reference;
  /** What was there before the move. */
  let known;
  let browser;

  before(async () => {
    kiavi = await startKiavi();
    known = await useKiavi(kiavi.tenant());
    const rows = dumpRows(kiavi.databaseOf(kiavi.tenant()));
    const secret = kiavi.secretOf(kiavi.tenant());
    await kiavi.stop();
    postgres = await startScratchPostgres();
    const { port } = kiavi; // the same URL as before
    const { connection } = postgres;
    reference = await startReferenceServer({ slug: 'demo', port, secret, connection, plugins: PLUGINS });
    postgres.load(rows); // into tables that Better Auth has made
  });
  after(async () => {
    await reference?.stop();
    await postgres?.stop();
    await kiavi?.dispose();
  });

  /** Somebody with everything that a tenant can hold; `browser` stays theirs. */
  async function useKiavi(tenant) {
    await kiavi.set(tenant.slug, SETTINGS);
    browser = new Visitor(tenant.url, tenant.mailbox);
    const { user } = await browser.signInByCode(email);
    await browser.post('/update-user', { name: 'Ada Lovelace' });
    for (const device of devices) await browser.addPasskey(device);
    await tenant.sql(
      `insert into account (id, "accountId", "providerId", "userId", scope, "createdAt", "updatedAt")
       select $1, 'subject', 'github', id, 'repo', now(), now() from "user" where id = $2`,
      ['a'.repeat(32), user.id],
    );
    return {
      user,
      session: await browser.session(),
      passkeys: (await browser.get('/passkey/list-user-passkeys')).json,
      token: (await verifiedToken(browser, browser)).token,
      key: (await browser.post('/api-key/create', { name: 'CI' })).json.key,
    };
  }

  const arrive = () => new Visitor(reference.url, new Mailbox(reference.mailUrl));

  test('who was signed in is signed in', async () => {
    assert.ok(browser.jar.get(SESSION_COOKIE));
    assert.deepEqual(await browser.session(), known.session, reference.log());
  });

  test('the passkeys are there, and each signs in', async () => {
    assert.deepEqual((await browser.get('/passkey/list-user-passkeys')).json, known.passkeys);
    for (const device of devices) {
      assert.equal((await arrive().signInByPasskey(device)).user.id, known.user.id);
    }
  });

  test('a code signs the same person in', async () => {
    const { user } = await arrive().signInByCode(email);
    assert.deepEqual([user.id, user.name], [known.user.id, 'Ada Lovelace']);
  });

  test('linked accounts are there', async () => {
    const accounts = (await browser.get('/list-accounts')).json;
    assert.deepEqual(accounts.map(({ providerId, accountId }) => [providerId, accountId]), [['github', 'subject']]);
  });

  test('old tokens verify by the new server’s keys, new ones are made with the same', async () => {
    const keys = createLocalJWKSet((await browser.get('/jwks')).json);
    const before = await jwtVerify(known.token, keys, { issuer: browser.origin, audience: browser.origin });
    assert.equal(before.payload.sub, known.user.id);
    const { token, subject } = await verifiedToken(browser, browser);
    assert.equal(subject, known.user.id);
    const kid = (of) => JSON.parse(Buffer.from(of.split('.')[0], 'base64url')).kid;
    assert.equal(kid(token), kid(known.token));
  });

  test('an API key acts for its owner', async () => {
    const answer = await arrive().get('/get-session', { headers: { 'x-api-key': known.key } });
    assert.equal(answer.json.user.id, known.user.id);
  });
});
