// Everything is lost but the archives, the operator's identity and the vault's master key: the instance comes back on an empty
// machine, with its workspaces, tenants, people and hostnames, and without what had ended.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SoftAuthenticator } from '../lib/authenticator.mjs';
import { Kiavi, kiaviMissing } from '../lib/kiavi.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

const IDENTITY = 'AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX';
const RECIPIENT = 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj';
const INSTANCE = 't000000000000000000000000';
/** For what drops databases, which waits for the disk. */
const SLOW = { within: 150_000 };

describe('an instance of which nothing is left but archives', { skip: kiaviMissing() }, () => {
  let folder;
  let lost;
  let back;
  const place = (name) => path.join(folder, name);
  const ada = freshEmail('ada');
  const eve = freshEmail('eve');
  const owner = freshEmail('owner');
  const known = {};

  const at = (kiavi, host) => {
    const url = new URL(kiavi.consoleUrl);
    url.hostname = `${host}.localhost`;
    return new Visitor(url.origin, kiavi.mailbox);
  };
  const json = async (kiavi, args) => JSON.parse(await kiavi.verb([...args, '--json'], SLOW));
  const started = async () => {
    const kiavi = new Kiavi();
    await kiavi.start({ args: ['--vault-config', place('vault.json')] });
    return kiavi;
  };
  /** Whether the management API takes a key. */
  const takes = async (kiavi, key) => {
    const headers = { authorization: `Bearer ${key}` };
    return (await at(kiavi, 'console').get('/v1/tenants', { base: '', headers })).status;
  };

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kv-lost-'));
    writeFileSync(place('identity'), `${IDENTITY}\n`);
    writeFileSync(place('master.key'), randomBytes(32).toString('hex'), { mode: 0o600 });
    const vault = { driver: 'sealed-files', master_key: { file: place('master.key') } };
    writeFileSync(place('vault.json'), JSON.stringify(vault));
    lost = await started();
    await lost.verb(['workspace', 'create', 'acme']);
    await lost.verb(['tenant', 'create', 'shop', '--workspace', 'acme']);
    await lost.verb(['tenant', 'domain', 'add', 'shop', 'login.example.org', '--without-proof']);
    known.key = JSON.parse(await lost.verb(['api-key', 'create', 'ci', '--scope', 'tenant.read', '--json']));
    known.console = (await at(lost, 'id').signInByCode(owner)).user.id;
    const browser = at(lost, 'shop');
    known.ada = (await browser.signInByCode(ada)).user.id;
    known.device = new SoftAuthenticator({ algorithm: 'ES256' });
    await browser.addPasskey(known.device);
    known.eve = (await at(lost, 'shop').signInByCode(eve)).user.id;
    // An archive that has Eve; then she is erased, and the rest is archived.
    const old = ['backup', 'create', 'shop', '--to', place('old'), '--recipient', RECIPIENT];
    const { archives: [made] } = await json(lost, old);
    known.old = place(`old/${made.name}`);
    await lost.verb(['user', 'erase', 'shop', eve]);
    const noted = () => lost.sql('shop', 'select id from kiavi.ended');
    await until('the instance has taken it', async () => (await noted()).length === 0);
    await lost.verb(['backup', 'schedule', '--to', place('archives'), '--at', '00:00', '--recipient', RECIPIENT]);
  });
  after(async () => {
    await lost?.dispose();
    await back?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is archived each day by the schedule and tried once a week', async () => {
    const untried = await lost.verb(['doctor']).catch(({ message }) => message);
    assert.match(untried, /no archive of the last day: the instance itself/);
    const { made, tried } = await json(lost, ['backup', 'run']);
    assert.ok(tried.includes('instance'), JSON.stringify(tried));
    const again = await json(lost, ['backup', 'run']);
    assert.deepEqual([again.made, again.tried], [[], []]);
    assert.equal(made.filter((name) => name.startsWith(`${INSTANCE}/`)).length, 1);
    assert.equal(readdirSync(place(`archives/${INSTANCE}`)).length, 1);
    const file = place(`archives/${made.find((name) => name.startsWith(INSTANCE))}`);
    const told = await json(lost, ['backup', 'verify', file, '--identity', place('identity')]);
    assert.ok(told.tables['public.workspace'].rows === 2 && told.tables['vault.keys'].rows >= 2, JSON.stringify(told.tables));
    assert.equal(told.tables['public.console_session'], undefined);
    await assert.rejects(lost.verb(['backup', 'create', '--instance', '--to', place('x')]), /ended with 2/);
    assert.match(await lost.verb(['doctor']).catch(({ message }) => message), /✓ Backups +the instance and/);
    await assert.rejects(
      lost.verb(['backup', 'restore-instance', file, '--identity', place('identity')]),
      /ended with 2:[^]*on an empty machine/,
    );
  });

  test('and can be tried with the operator identity, and without', async () => {
    const byIdentity = await json(lost, ['backup', 'drill', '--instance', '--identity', place('identity')]);
    const { rows, vault_keys: keys, tenants, without_archive: missing, recipients } = byIdentity;
    assert.ok(rows > 10 && keys >= 2);
    assert.deepEqual([tenants.sort(), missing, recipients], [['console', 'demo', 'shop'], [], 1]);
    const said = await lost.verb(['backup', 'drill', '--instance']);
    assert.match(said, /can be brought back[^]*whether the operator's identity does/);
    const runs = await json(lost, ['backup', 'list']);
    const ofInstance = runs.filter(({ kind, tenant_id: id }) => kind === 'drill' && id === INSTANCE);
    assert.deepEqual(ofInstance.map(({ detail }) => detail.opened_with), ['vault', 'identity', 'vault']);
    const doctor = await lost.verb(['doctor']).catch(({ message }) => message);
    assert.match(doctor, /identity was last tried on \d{4}-/);
    const [archive] = readdirSync(place(`archives/${INSTANCE}`));
    const file = place(`archives/${INSTANCE}/${archive}`);
    const whole = readFileSync(file);
    const bytes = Buffer.from(whole);
    bytes[whole.length >> 1] ^= 1;
    writeFileSync(file, bytes);
    await assert.rejects(lost.verb(['backup', 'drill', '--instance']), /ended with 2:[^]*cannot be used/);
    writeFileSync(file, whole);
  });

  test('comes back with one command', async () => {
    await lost.dispose();
    lost = undefined;
    back = await started();
    // What `kiavi dev` makes by itself.
    await back.verb(['tenant', 'delete', 'demo', '--now', '--confirm', 'demo'], SLOW);
    const args = ['backup', 'restore-instance', '--from', place('archives'), '--identity', place('identity')];
    const told = await json(back, args);
    assert.deepEqual([told.failures, told.lost], [[], []]);
    assert.deepEqual(told.restored.map(({ slug }) => slug), ['console', 'demo', 'shop']);
    assert.ok(told.instance.vault_keys >= 2);
    assert.equal(told.instance.revoked_keys, 2, 'that of the tests, and that of kiavi dev');
  });

  test('with its workspaces, hostnames and people', async () => {
    const shop = await json(back, ['tenant', 'show', 'shop']);
    const workspaces = await json(back, ['workspace', 'list']);
    assert.deepEqual(workspaces.map(({ slug }) => slug).sort(), ['acme', 'default']);
    assert.equal(shop.workspace, workspaces.find(({ slug }) => slug === 'acme').id ?? 'acme');
    const names = await json(back, ['tenant', 'domain', 'list', 'shop']);
    assert.deepEqual(names.map(({ hostname }) => hostname).sort(), ['login.example.org', 'shop.localhost']);
    assert.equal((await at(back, 'shop').signInByPasskey(known.device)).user.id, known.ada);
    assert.equal((await at(back, 'id').signInByCode(owner)).user.id, known.console, 'who manages it');
  });

  test('without what had ended, and with keys that nobody could have kept', async () => {
    assert.equal(await takes(back, known.key.key ?? known.key.secret), 401);
    const identity = ['--identity', place('identity')];
    const { ended } = await json(back, ['restore', known.old, '--as', 'old', ...identity]);
    assert.equal(ended.users, 1);
    assert.deepEqual(await back.sql('old', 'select id from "user" where id = $1', [known.eve]), []);
    const doctor = await back.verb(['doctor']).catch(({ message }) => message);
    assert.ok(!doctor.includes('Lost tenants'), doctor);
  });

  test('and is the same after a restart', async () => {
    await back.stop();
    await back.start({ args: ['--vault-config', place('vault.json')] });
    assert.equal((await at(back, 'shop').signInByPasskey(known.device)).user.id, known.ada);
    assert.equal(back.ready.first_owner_url !== undefined, true, 'nobody was a member');
  });
});
