// The real Better Auth server on a tenant's own database: it accepts the schema as it is, finds the people,
// sessions and passkeys that Kiavi wrote, and Kiavi finds what it wrote.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { SoftAuthenticator } from '../lib/authenticator.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Mailbox } from '../lib/mailbox.mjs';
import { REFERENCE_SECRET, startReferenceServer } from '../lib/reference.mjs';
import { SESSION_COOKIE, Visitor, freshEmail } from '../lib/visitor.mjs';

/** A session cookie of the reference server for a token that is in the database. */
function referenceCookie(token) {
  const signature = createHmac('sha256', REFERENCE_SECRET).update(token).digest('base64');
  return encodeURIComponent(`${token}.${signature}`);
}

describe('Better Auth on the database of a tenant', { skip: kiaviMissing() }, () => {
  let kiavi;
  let tenant;
  let reference;
  before(async () => {
    kiavi = await startKiavi();
    tenant = kiavi.tenant();
    reference = await startReferenceServer({
      slug: tenant.slug,
      migrate: false,
      connection: { host: kiavi.postgresSocketFolder, user: 'kiavi_super', database: tenant.id },
    });
  });
  after(async () => {
    await reference?.stop();
    await kiavi?.dispose();
  });

  const atKiavi = () => new Visitor(tenant.url, tenant.mailbox);
  const atReference = () => new Visitor(reference.url, new Mailbox(reference.mailUrl));

  test('accepts the schema', async () => {
    assert.equal((await atReference().get('/ok')).status, 200, reference.log());
    assert.equal(await atReference().session(), null, reference.log());
  });

  test('reads a session that Kiavi made, and it is the same', async () => {
    const here = atKiavi();
    const { token } = await here.signInByCode(freshEmail());
    const there = atReference();
    there.jar.set(SESSION_COOKIE, referenceCookie(token));
    assert.deepEqual(await there.session(), await here.session());
  });

  test('signs somebody in with a passkey that was made at Kiavi, and the reverse', async () => {
    const device = new SoftAuthenticator();
    const here = atKiavi();
    const { user } = await here.signInByCode(freshEmail());
    await here.addPasskey(device);
    const there = atReference();
    assert.equal((await there.signInByPasskey(device)).user.id, user.id);

    const other = new SoftAuthenticator();
    await there.addPasskey(other);
    assert.equal((await atKiavi().signInByPasskey(other)).user.id, user.id);
    const names = ({ json }) => json.map(({ credentialID }) => credentialID).sort();
    assert.deepEqual(
      names(await here.get('/passkey/list-user-passkeys')),
      names(await there.get('/passkey/list-user-passkeys')),
    );
  });

  test('signs the same person in by code, on either side', async () => {
    const email = freshEmail();
    const first = await atReference().signInByCode(email);
    const second = await atKiavi().signInByCode(email);
    assert.equal(second.user.id, first.user.id);
    assert.deepEqual(second.user, first.user);
  });

  test('ends a session that Kiavi made, and Kiavi knows at once', async () => {
    const here = atKiavi();
    const { token } = await here.signInByCode(freshEmail());
    const there = atReference();
    there.jar.set(SESSION_COOKIE, referenceCookie(token));
    assert.deepEqual((await there.post('/sign-out')).json, { success: true });
    assert.equal(await here.session(), null);
  });
});
