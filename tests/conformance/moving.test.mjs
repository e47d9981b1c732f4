// A whole life: the real Better Auth server fills a database, `kiavi tenant import` makes a tenant of it, people go on as
// they were, `kiavi tenant export` writes it out, and the real server takes over again.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { SoftAuthenticator } from '../lib/authenticator.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Mailbox } from '../lib/mailbox.mjs';
import { REFERENCE_SECRET, startReferenceServer } from '../lib/reference.mjs';
import { startScratchPostgres } from '../lib/scratch-postgres.mjs';
import { SESSION_COOKIE, Visitor, freshEmail } from '../lib/visitor.mjs';

const SLUG = 'shop';
const PLUGINS = { jwt: {}, apiKey: { enableSessionForAPIKeys: true } };
const OFFERED = ['ES256', 'EdDSA', 'RS256'];

const urlOf = ({ host, user, database }) => `postgres://${user}@/${database}?host=${encodeURIComponent(host)}`;

/** Somebody with everything that a Better Auth server can hold. */
async function liveAt(reference, postgres) {
  const email = freshEmail();
  const browser = new Visitor(reference.url, new Mailbox(reference.mailUrl));
  const { user } = await browser.signInByCode(email);
  await browser.post('/update-user', { name: 'Ada Lovelace' });
  const devices = OFFERED.map((algorithm) => new SoftAuthenticator({ algorithm }));
  for (const device of devices) await browser.addPasskey(device);
  await postgres.query(
    `insert into account (id, "accountId", "providerId", "userId", scope, password, "createdAt", "updatedAt")
     values ($1, 'subject', 'github', $3, 'repo', null, now(), now()),
            ($2, $3, 'credential', $3, null, 'salt:hash', now(), now())`,
    ['a'.repeat(32), 'b'.repeat(32), user.id],
  );
  return {
    email,
    user,
    browser,
    devices,
    session: await browser.session(),
    passkeys: (await browser.get('/passkey/list-user-passkeys')).json,
    token: (await browser.get('/token')).json.token,
    key: (await browser.post('/api-key/create', { name: 'CI' })).json.key,
  };
}

describe('a Better Auth server that moves to Kiavi and back', { skip: kiaviMissing() }, () => {
  let kiavi;
  let postgres;
  let reference;
  let folder;
  /** What was there before, and the URL of that time. */
  let known;
  let former;
  let imported;
  let tenant;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kv-moving-'));
    [kiavi, postgres] = await Promise.all([startKiavi(), startScratchPostgres()]);
    const { connection } = postgres;
    reference = await startReferenceServer({ slug: SLUG, connection, plugins: PLUGINS });
    former = reference.url;
    known = await liveAt(reference, postgres);
    writeFileSync(path.join(folder, '.env'), `PORT=1\nBETTER_AUTH_SECRET="${REFERENCE_SECRET}"\n`);
  });
  after(async () => {
    await reference?.stop();
    await postgres?.stop();
    await kiavi?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const importing = (...args) =>
    kiavi.verb(['tenant', 'import', SLUG, '--better-auth', urlOf(postgres.connection), '--json', ...args]);
  const everything = () => ['--secret-file', path.join(folder, '.env'), '--base-url', former];
  const atKiavi = (jar) => new Visitor(tenant.url, kiavi.mailbox, jar && { jar });

  test('what would be is told without making anything', async () => {
    const report = JSON.parse(await importing('--dry-run', ...everything()));
    assert.deepEqual([report.id, report.stays_signed_in], [null, true]);
    assert.equal(report.imported.passkey, OFFERED.length);
    await assert.rejects(kiavi.verb(['tenant', 'show', SLUG]), /ended with 3/);
  });

  test('data that cannot be moved is refused with reasons, and nothing is made', async () => {
    await postgres.query(
      `insert into "user" (id, name, email, "emailVerified") values ('eve', 'Eve', upper($1), false)`,
      [known.email],
    );
    await assert.rejects(importing(...everything()), (error) => {
      assert.match(error.message, /ended with 2/);
      assert.match(error.message, /capital letters/);
      assert.ok(!error.message.includes(known.email));
      return true;
    });
    await assert.rejects(kiavi.verb(['tenant', 'show', SLUG]), /ended with 3/);
    await postgres.query(`delete from "user" where id = 'eve'`);
  });

  test('everything is taken in', async () => {
    imported = JSON.parse(await importing(...everything()));
    tenant = imported;
    assert.equal(imported.stays_signed_in, true);
    const { user, session, account, passkey, jwks, apikey } = imported.imported;
    assert.deepEqual([user, session, account, passkey, jwks, apikey], [1, 1, 2, OFFERED.length, 1, 1]);
    const told = imported.warnings.join('\n');
    for (const what of ['github', 'Users with a password: 1', 'issuer']) assert.ok(told.includes(what), `${what}: ${told}`);
    await assert.rejects(importing(...everything()), /ended with 4/);
    const [event] = await kiavi.events(SLUG, 'tenant.imported');
    assert.deepEqual([event.actor, event.facts.rows.user], ['operator:local', 1]);
  });

  test('who was signed in is signed in', async () => {
    assert.ok(known.browser.jar.get(SESSION_COOKIE));
    assert.deepEqual(await atKiavi(known.browser.jar.copy()).session(), known.session);
  });

  test('every passkey signs in', async () => {
    assert.deepEqual(
      (await atKiavi(known.browser.jar.copy()).get('/passkey/list-user-passkeys')).json,
      known.passkeys,
    );
    for (const device of known.devices) {
      assert.equal((await atKiavi().signInByPasskey(device)).user.id, known.user.id);
    }
  });

  test('a code signs the same person in', async () => {
    assert.equal((await atKiavi().signInByCode(known.email)).user.id, known.user.id);
  });

  test('old tokens verify by the new keys, and new ones are signed with the old key in the old name', async () => {
    const browser = atKiavi(known.browser.jar.copy());
    const keys = createLocalJWKSet((await browser.get('/jwks')).json);
    const names = { issuer: former, audience: former };
    assert.equal((await jwtVerify(known.token, keys, names)).payload.sub, known.user.id);
    const { token } = (await browser.get('/token')).json;
    assert.equal((await jwtVerify(token, keys, names)).payload.sub, known.user.id);
    assert.equal(decodeProtectedHeader(token).kid, decodeProtectedHeader(known.token).kid);
  });

  test('an API key verifies', async () => {
    const verdict = JSON.parse(await kiavi.verb(['key', 'verify', SLUG, '--json'], { input: known.key }));
    assert.deepEqual([verdict.valid, verdict.key.referenceId], [true, known.user.id]);
  });

  test('linked accounts are there', async () => {
    const accounts = (await atKiavi(known.browser.jar.copy()).get('/list-accounts')).json;
    assert.deepEqual(accounts.map(({ providerId }) => providerId).sort(), ['credential', 'github']);
  });

  test('it is written out for Better Auth, once', async () => {
    const output = path.join(folder, 'out');
    const exporting = () => kiavi.verb(['tenant', 'export', SLUG, '--output', output, '--json']);
    await exporting();
    assert.deepEqual(readdirSync(output).sort(), ['README.md', 'database.sql', 'secret']);
    assert.equal(readFileSync(path.join(output, 'secret'), 'utf8'), REFERENCE_SECRET);
    for (const file of ['.', 'secret', 'database.sql']) {
      assert.equal(statSync(path.join(output, file)).mode & 0o077, 0, file);
    }
    const sql = readFileSync(path.join(output, 'database.sql'), 'utf8');
    assert.ok(!sql.includes('kiavi_tell_writer') && !/create schema/i.test(sql));
    assert.match(readFileSync(path.join(output, 'README.md'), 'utf8'), new RegExp(`rpID: '${SLUG}\\.localhost'`));
    await assert.rejects(exporting(), /ended with 2/);
    const events = await kiavi.sql(SLUG, `select 1 from kiavi.audit_event where type = 'tenant.exported'`);
    assert.equal(events.length, 1);
  });

  test('the real server takes over again', async () => {
    const device = new SoftAuthenticator({ algorithm: 'EdDSA' });
    const late = atKiavi();
    await late.signInByCode(known.email);
    await late.addPasskey(device);
    const output = path.join(folder, 'later');
    await kiavi.verb(['tenant', 'export', SLUG, '--output', output]);

    await reference.stop();
    await postgres.stop();
    postgres = await startScratchPostgres();
    postgres.load(readFileSync(path.join(output, 'database.sql'), 'utf8')); // into an empty database
    reference = await startReferenceServer({
      slug: SLUG,
      port: new URL(former).port,
      secret: readFileSync(path.join(output, 'secret'), 'utf8'),
      connection: postgres.connection,
      plugins: PLUGINS,
      migrate: false,
    });
    const arrive = (jar) => new Visitor(reference.url, new Mailbox(reference.mailUrl), jar && { jar });
    for (const browser of [known.browser, late]) {
      assert.equal((await arrive(browser.jar.copy()).session()).user.id, known.user.id, reference.log());
    }
    for (const one of [...known.devices, device]) {
      assert.equal((await arrive().signInByPasskey(one)).user.id, known.user.id);
    }
    const keys = createLocalJWKSet((await arrive().get('/jwks')).json);
    assert.equal((await jwtVerify(known.token, keys, { issuer: former })).payload.sub, known.user.id);
    const answer = await arrive().get('/get-session', { headers: { 'x-api-key': known.key } });
    assert.equal(answer.json.user.id, known.user.id);
    const [{ password }] = await postgres.query(`select password from account where "providerId" = 'credential'`);
    assert.equal(password, 'salt:hash');
  });
});

describe('a Better Auth server that moves without its secret', { skip: kiaviMissing() }, () => {
  let kiavi;
  let postgres;
  let reference;
  before(async () => {
    [kiavi, postgres] = await Promise.all([startKiavi(), startScratchPostgres()]);
    reference = await startReferenceServer({ slug: SLUG, connection: postgres.connection, plugins: PLUGINS });
  });
  after(async () => {
    await reference?.stop();
    await postgres?.stop();
    await kiavi?.dispose();
  });

  test('everybody signs in again, passkeys and old tokens go on', async () => {
    const known = await liveAt(reference, postgres);
    const url = urlOf(postgres.connection);
    const told = await kiavi.verb(['tenant', 'import', SLUG, '--better-auth', url, '--base-url', reference.url]);
    assert.match(told, /Everybody signs in again/);
    const [{ url: there }] = JSON.parse(await kiavi.verb(['tenant', 'list', '--json'])).filter(
      ({ slug }) => slug === SLUG,
    );
    const stranger = new Visitor(there, kiavi.mailbox, { jar: known.browser.jar.copy() });
    assert.equal(await stranger.session(), null);
    assert.equal((await stranger.signInByPasskey(known.devices[1])).user.id, known.user.id);
    const { token } = (await stranger.get('/token')).json;
    const keys = createLocalJWKSet((await stranger.get('/jwks')).json);
    for (const one of [known.token, token]) {
      assert.equal((await jwtVerify(one, keys, { issuer: reference.url })).payload.sub, known.user.id);
    }
    assert.notEqual(decodeProtectedHeader(token).kid, decodeProtectedHeader(known.token).kid);
  });

  test('a secret with versions comes along with all of them', async () => {
    const versions = `2:${'n'.repeat(40)},1:${REFERENCE_SECRET}`;
    const args = ['tenant', 'import', 'rotated', '--better-auth', urlOf(postgres.connection), '--secret-file', '-', '--json'];
    await kiavi.verb(args, { input: `${versions}\n` });
    const output = path.join(kiavi.dir, 'rotated');
    await kiavi.verb(['tenant', 'export', 'rotated', '--output', output]);
    assert.equal(readFileSync(path.join(output, 'secret'), 'utf8'), versions);
  });
});
