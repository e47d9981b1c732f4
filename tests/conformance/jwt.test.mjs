// Tokens: an independent library verifies what Kiavi signs, the official client gets it, and the real Better
// Auth server on a tenant's database with its secret signs with Kiavi's key, as Kiavi does with one of its.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createAuthClient } from 'better-auth/client';
import { jwtClient } from 'better-auth/client/plugins';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Mailbox } from '../lib/mailbox.mjs';
import { startReference, startReferenceServer } from '../lib/reference.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';

const PLUGINS = { jwt: {} };

async function keySet(visitor) {
  const { status, json } = await visitor.get('/jwks');
  assert.equal(status, 200);
  return json;
}

async function token(visitor) {
  const { status, json, text } = await visitor.get('/token');
  assert.equal(status, 200, text);
  return json.token;
}

/** The claims of a token, if one of these keys signed it for this origin. */
async function verified(text, keys, origin) {
  const options = { issuer: origin, audience: origin };
  const { payload } = await jwtVerify(text, createLocalJWKSet(keys), options);
  return payload;
}

async function signedIn(target) {
  const visitor = new Visitor(target.url, target.mailbox);
  const { user } = await visitor.signInByCode(freshEmail());
  return { visitor, user };
}

/** What holds of either server. */
function tellsWhoIsSignedIn(getTarget) {
  test('a token verifies with the published keys', async () => {
    const { visitor, user } = await signedIn(getTarget());
    const claims = await verified(await token(visitor), await keySet(visitor), visitor.origin);
    assert.equal(claims.sub, user.id);
    assert.ok(claims.exp > claims.iat);
  });

  test('the session comes with a token that scripts may read', async () => {
    const { visitor, user } = await signedIn(getTarget());
    const answer = await visitor.get('/get-session');
    assert.match(answer.headers['access-control-expose-headers'], /set-auth-jwt/);
    const claims = await verified(answer.headers['set-auth-jwt'], await keySet(visitor), visitor.origin);
    assert.equal(claims.sub, user.id);
  });

  test('the official client gets both', async () => {
    const { visitor, user } = await signedIn(getTarget());
    const client = createAuthClient({
      baseURL: visitor.url,
      plugins: [jwtClient()],
      fetchOptions: { customFetchImpl: visitor.fetch },
    });
    const { data, error } = await client.token();
    assert.equal(error, null);
    const { data: keys } = await client.jwks();
    assert.equal((await verified(data.token, keys, visitor.origin)).sub, user.id);
  });

  test('nobody gets no token, and no header', async () => {
    const target = getTarget();
    const visitor = new Visitor(target.url, target.mailbox);
    const { status, json } = await visitor.get('/token');
    assert.deepEqual([status, json.code], [401, 'UNAUTHORIZED']);
    assert.equal((await visitor.get('/get-session')).headers['set-auth-jwt'], undefined);
  });
}

describe('tokens of Better Auth', () => {
  let reference;
  before(async () => (reference = await startReference({ plugins: PLUGINS })));
  after(() => reference?.stop());
  tellsWhoIsSignedIn(() => reference);
});

describe('tokens of Kiavi', { skip: kiaviMissing() }, () => {
  let kiavi;
  before(async () => (kiavi = await startKiavi()));
  after(() => kiavi?.dispose());
  tellsWhoIsSignedIn(() => kiavi.tenant());

  test('say nothing about the person', async () => {
    const { visitor } = await signedIn(kiavi.tenant());
    const claims = await verified(await token(visitor), await keySet(visitor), visitor.origin);
    assert.deepEqual(Object.keys(claims).sort(), ['aud', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub']);
    assert.equal(claims.exp - claims.iat, 300);
  });

  test('many first calls make one key', async () => {
    const tenant = await kiavi.createTenant('first');
    const visitors = Array.from({ length: 50 }, () => new Visitor(tenant.url, tenant.mailbox));
    const sets = await Promise.all(visitors.map(keySet));
    const ids = new Set(sets.flatMap(({ keys }) => keys.map(({ kid }) => kid)));
    assert.equal(ids.size, 1);
    assert.equal((await tenant.sql('SELECT id FROM jwks')).length, 1);
  });

  /** Better Auth with the tenant's secret, on its database. */
  async function betterAuthOn(tenant) {
    const server = await startReferenceServer({
      slug: tenant.slug,
      secret: kiavi.secretOf(tenant),
      migrate: false,
      plugins: PLUGINS,
      connection: kiavi.databaseOf(tenant),
    });
    return { ...server, mailbox: new Mailbox(server.mailUrl) };
  }

  test('Better Auth signs with the key that Kiavi made', async () => {
    const tenant = kiavi.tenant();
    const here = await signedIn(tenant);
    const ours = await token(here.visitor);
    const reference = await betterAuthOn(tenant);
    try {
      // The secret is the same, so the session is too.
      const there = new Visitor(reference.url, reference.mailbox, { jar: here.visitor.jar.copy() });
      const theirs = await token(there);
      assert.equal(decodeProtectedHeader(theirs).kid, decodeProtectedHeader(ours).kid, reference.log());
      const keys = await keySet(here.visitor);
      assert.equal((await verified(theirs, keys, there.origin)).sub, here.user.id);
      const { iat: _, ...claims } = await verified(ours, await keySet(there), here.visitor.origin);
      assert.equal(claims.sub, here.user.id);
      assert.equal((await tenant.sql('SELECT id FROM jwks')).length, 1, 'neither made a second key');
    } finally {
      await reference.stop();
    }
  });

  test('Kiavi signs with the key that Better Auth made', async () => {
    const tenant = await kiavi.createTenant('second');
    const reference = await betterAuthOn(tenant);
    try {
      const there = await signedIn(reference);
      const theirs = await token(there.visitor);
      const here = new Visitor(tenant.url, tenant.mailbox, { jar: there.visitor.jar.copy() });
      const ours = await token(here);
      assert.equal(decodeProtectedHeader(ours).kid, decodeProtectedHeader(theirs).kid);
      assert.equal((await verified(ours, await keySet(there.visitor), here.origin)).sub, there.user.id);
      assert.equal((await verified(theirs, await keySet(here), there.visitor.origin)).sub, there.user.id);
    } finally {
      await reference.stop();
    }
  });
});
