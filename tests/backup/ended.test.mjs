// What has ended stays ended: people who were erased, keys that were revoked, passkeys that were removed and sessions that
// are over do not come back with an archive of before.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SoftAuthenticator } from '../lib/authenticator.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

const IDENTITY = 'AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX';
const RECIPIENT = 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj';
/** For what drops databases, which waits for the disk. */
const SLOW = { within: 150_000 };

describe('what has ended since an archive was made', { skip: kiaviMissing() }, () => {
  let here;
  let there;
  let folder;
  let archive;
  const emails = { ada: freshEmail('ada'), bob: freshEmail('bob') };
  const known = {};

  const at = (kiavi, slug, jar) => {
    const url = new URL(kiavi.consoleUrl);
    url.hostname = `${slug}.localhost`;
    return new Visitor(url.origin, kiavi.mailbox, jar && { jar });
  };
  const json = async (kiavi, args) => JSON.parse(await kiavi.verb([...args, '--json'], SLOW));
  const restore = (kiavi, as, ...args) =>
    json(kiavi, ['restore', archive, '--as', as, '--identity', path.join(folder, 'identity'), ...args]);
  const session = (kiavi, slug, browser) => at(kiavi, slug, browser.jar.copy()).session();
  const owner = async (kiavi, slug, key) => {
    const answer = await at(kiavi, slug).get('/get-session', { headers: { 'x-api-key': key } });
    return answer.json?.user?.email ?? answer.status;
  };

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kv-ended-'));
    writeFileSync(path.join(folder, 'identity'), `${IDENTITY}\n`);
    [here, there] = await Promise.all([startKiavi(), startKiavi()]);
    await here.createTenant('shop');
    await here.set('shop', { 'api_key.sessions': true });
    const ada = at(here, 'shop');
    known.ada = (await ada.signInByCode(emails.ada)).user;
    known.adasDevice = new SoftAuthenticator({ algorithm: 'ES256' });
    await ada.addPasskey(known.adasDevice);

    known.bob = at(here, 'shop');
    await known.bob.signInByCode(emails.bob);
    known.bobsDevice = new SoftAuthenticator({ algorithm: 'ES256' });
    known.lostDevice = new SoftAuthenticator({ algorithm: 'ES256' });
    await known.bob.addPasskey(known.bobsDevice, { name: 'kept' });
    await known.bob.addPasskey(known.lostDevice, { name: 'lost' });
    known.otherBrowser = known.bob.another();
    await known.otherBrowser.signInByPasskey(known.bobsDevice);
    const key = async (name) => (await known.bob.post('/api-key/create', { name })).json;
    [known.kept, known.revoked, known.off] = [await key('kept'), await key('revoked'), await key('off')];

    const to = path.join(folder, 'archives');
    const { archives: [made] } = await json(here, ['backup', 'create', 'shop', '--to', to, '--recipient', RECIPIENT]);
    archive = path.join(to, made.name);

    await here.verb(['user', 'erase', 'shop', emails.ada]);
    await known.bob.post('/api-key/delete', { keyId: known.revoked.id });
    await known.bob.post('/api-key/update', { keyId: known.off.id, enabled: false });
    const passkeys = (await known.bob.get('/passkey/list-user-passkeys')).json;
    known.removed = passkeys.find(({ name }) => name === 'lost').id;
    assert.equal((await known.bob.post('/passkey/delete-passkey', { id: known.removed })).status, 200);
    await known.otherBrowser.post('/sign-out');
  });
  after(async () => {
    await here?.dispose();
    await there?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is written down by the instance within seconds, and nowhere by name', async () => {
    const noted = () => here.sql('shop', 'select id from kiavi.ended');
    await until('the instance has taken it', async () => (await noted()).length === 0);
  });

  test('is not in a tenant that is made of it', async () => {
    const told = await restore(here, 'copy', '--keep-sessions');
    const { ended, rows } = told;
    assert.deepEqual([ended.users, ended.passkeys, ended.api_keys, ended.api_keys_off], [1, 1, 1, 1]);
    assert.ok(told.warnings.some((warning) => /1 person who was erased, 1 passkey/.test(warning)), told.warnings.join());
    assert.equal(rows['public.user'], 2);

    // The person: nothing of theirs, under no name.
    assert.deepEqual(await here.sql('copy', 'select id from "user" where id = $1', [known.ada.id]), []);
    assert.notEqual((await at(here, 'copy').signInByCode(emails.ada)).user.id, known.ada.id);
    for (const table of ['session', 'passkey', 'account']) {
      assert.deepEqual(await here.sql('copy', `select id from ${table} where "userId" = $1`, [known.ada.id]), [], table);
    }
    const keys = 'select id from kiavi.audit_subject where user_id = $1 and key is not null';
    assert.deepEqual(await here.sql('copy', keys, [known.ada.id]), []);
    const events = await here.events('copy', 'user.created');
    assert.ok(events.length >= 2, 'the log has its events');
    assert.ok(!events.some(({ subject }) => subject === known.ada.id), 'but not whom they were about');

    // Keys and passkeys.
    assert.deepEqual(await here.sql('copy', 'select id from passkey where id = $1', [known.removed]), []);
    assert.equal(await owner(here, 'copy', known.kept.key), emails.bob);
    assert.notEqual(await owner(here, 'copy', known.revoked.key), emails.bob);
    assert.notEqual(await owner(here, 'copy', known.off.key), emails.bob);

    // Sessions: those that are still there.
    assert.equal((await session(here, 'copy', known.bob)).user.email, emails.bob);
    assert.equal(await session(here, 'copy', known.otherBrowser), null);
    const [event] = await here.events('copy', 'tenant.restored');
    assert.deepEqual([event.facts.ended.users, event.facts.ended.api_keys], [1, 1]);
  });

  test('comes back when that is asked for', async () => {
    const { ended } = await restore(here, 'accident', '--with-ended');
    assert.deepEqual([ended.users, ended.api_keys], [0, 0]);
    assert.equal((await at(here, 'accident').signInByCode(emails.ada)).user.id, known.ada.id);
    assert.equal(await owner(here, 'accident', known.revoked.key), emails.bob);
  });

  test('is known after the tenant is gone', async () => {
    await here.verb(['tenant', 'delete', 'shop', '--now', '--confirm', 'shop'], SLOW);
    const { ended } = await restore(here, 'shop', '--keep-sessions');
    assert.deepEqual([ended.users, ended.passkeys, ended.api_keys], [1, 1, 1]);
    assert.equal(await session(here, 'shop', known.bob), null, 'nobody can say which sessions ended');
    assert.equal(await owner(here, 'shop', known.kept.key), emails.bob);
  });

  test('elsewhere is not known, so keys are off there unless they move', async () => {
    const told = await restore(there, 'shop');
    assert.equal(told.ended.api_keys_off, 3);
    assert.notEqual(await owner(there, 'shop', known.kept.key), emails.bob);
    const identity = ['--identity', path.join(folder, 'identity')];
    await json(there, ['tenant', 'import', 'moved', '--archive', archive, ...identity]);
    assert.equal(await owner(there, 'moved', known.kept.key), emails.bob);
    assert.equal((await session(there, 'moved', known.bob)).user.email, emails.bob);
  });
});
