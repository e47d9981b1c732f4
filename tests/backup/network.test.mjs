// Archives of tenants whose databases are on a server that somebody else runs: TLS only, passwords by SCRAM, and for Kiavi a
// role without superuser. Made there, tried there, restored there, and moved to a private cluster and back.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SoftAuthenticator } from '../lib/authenticator.mjs';
import { Kiavi, kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { startNetworkPostgres } from '../lib/network-postgres.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';

const IDENTITY = 'AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX';
const RECIPIENT = 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj';
/** For what drops databases, which waits for the disk. */
const SLOW = { within: 150_000 };

describe('archives of tenants on a server on a network', { skip: kiaviMissing() }, () => {
  let server;
  let far;
  let near;
  let folder;
  let browser;
  let device;
  const ada = freshEmail();

  const at = (kiavi, slug, jar) => {
    const url = new URL(kiavi.consoleUrl);
    url.hostname = `${slug}.localhost`;
    return new Visitor(url.origin, kiavi.mailbox, jar && { jar });
  };
  const place = (name) => path.join(folder, name);
  const json = async (kiavi, args) => JSON.parse(await kiavi.verb([...args, '--json'], SLOW));
  const create = (to, ...args) => json(far, ['backup', 'create', 'shop', '--to', to, ...args]);
  const signsIn = async (kiavi, slug) => {
    assert.equal((await at(kiavi, slug).signInByPasskey(device)).user.email, ada);
    assert.equal((await at(kiavi, slug, browser.jar.copy()).session()).user.email, ada);
  };

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kv-network-'));
    writeFileSync(place('identity'), `${IDENTITY}\n`);
    server = await startNetworkPostgres();
    far = new Kiavi();
    [near] = await Promise.all([startKiavi(), far.start({ args: ['--postgres-url', server.url()] })]);
    await far.createTenant('shop');
    browser = at(far, 'shop');
    await browser.signInByCode(ada);
    device = new SoftAuthenticator({ algorithm: 'ES256' });
    await browser.addPasskey(device);
  });
  after(async () => {
    await far?.dispose();
    await near?.dispose();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('are made and whole, and restored into a database of their own', async () => {
    const { archives: [made] } = await create(place('own'));
    const told = await json(far, ['backup', 'verify', place(`own/${made.name}`)]);
    assert.equal(told.tables['public.passkey'].rows, 1);
    assert.equal(told.has_person_keys, true);
    const args = ['restore', place(`own/${made.name}`), '--as', 'copy', '--keep-sessions'];
    const restored = await json(far, args);
    assert.equal(restored.running, true);
    const [{ sessions }] = await server.ask('select count(*)::int as sessions from session', restored.id);
    assert.equal(sessions, restored.rows['public.session'] - restored.ended.sessions);
    const [{ owner }] = await server.ask(
      `select pg_get_userbyid(relowner) as owner from pg_class where oid = 'public.user'::regclass`,
      restored.id,
    );
    assert.equal(owner, `${restored.id}_owner`);
    assert.equal((await at(far, 'copy', browser.jar.copy()).session()).user.email, ada);
    assert.equal((await at(far, 'copy').signInByCode(ada)).user.email, ada);
    const events = await far.events('copy', 'tenant.restored');
    assert.equal(events.length, 1);
  });

  test('are tried: counted, signed in to, and nothing is left on the server', async () => {
    await create(place('tried'));
    const databases = 'select array_agg(datname::text order by 1) as names from pg_database';
    const roles = 'select array_agg(rolname::text order by 1) as names from pg_roles';
    const before = [await server.ask(databases), await server.ask(roles)];
    const tried = await json(far, ['backup', 'drill', 'shop', '--from', place('tried')]);
    assert.deepEqual([tried.signed_in, tried.removed], [true, true]);
    assert.ok(tried.rows > 3);
    assert.deepEqual([await server.ask(databases), await server.ask(roles)], before);
    assert.deepEqual((await json(far, ['tenant', 'orphans'])).orphans, []);
    const [run] = await json(far, ['backup', 'list', 'shop']);
    assert.deepEqual([run.kind, run.succeeded, run.detail.signed_in], ['drill', true, true]);
  });

  test('are made and tried by the schedule', async () => {
    await far.verb(['backup', 'schedule', '--to', place('scheduled'), '--at', '00:00', '--recipient', RECIPIENT]);
    const done = await json(far, ['backup', 'run']);
    const tenants = [...(await json(far, ['tenant', 'list'])), { slug: 'console' }];
    assert.equal(done.tried.length, tenants.length + 1, 'and the instance itself');
    assert.match(await far.verb(['doctor']).catch(({ message }) => message), /✓ Backups/);
    await far.verb(['backup', 'schedule', '--off']);
  });

  test('move a tenant to a private cluster, and back', async () => {
    const identity = ['--identity', place('identity')];
    const move = async (from, slug, to, as, file) => {
      await json(from, ['tenant', 'export', slug, '--archive', place(file), '--recipient', RECIPIENT]);
      await json(to, ['tenant', 'import', as, '--archive', place(file), ...identity]);
    };
    await move(far, 'shop', near, 'shop', 'out.archive');
    await signsIn(near, 'shop');
    await far.verb(['tenant', 'delete', 'shop', '--now', '--confirm', 'shop'], SLOW);
    await move(near, 'shop', far, 'shop', 'back.archive');
    await signsIn(far, 'shop');
  });
});
