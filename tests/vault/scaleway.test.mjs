// Tenants whose secrets are in a secret manager: what it is asked is what the vendor's own client library would ask.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Kiavi, kiaviMissing } from '../lib/kiavi.mjs';
import { SecretStore, TOKEN } from '../lib/secret-store.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

const CLIENT_SECRET = 'a client secret of a provider';
/** What each tenant has there: the key of its log, and its secret. */
const OWN_SECRETS = ['certificate', 'log-key', 'secret'];
/** A certificate's key is called by a hash of its host. */
const kindsOf = (secrets) => secrets.map(({ name }) => name.replace(/^certificate-[0-9a-f]+$/, 'certificate')).sort();

describe('secrets in a secret manager', { skip: kiaviMissing() }, () => {
  let folder;
  let store;
  let kiavi;
  let tenant;
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kv-store-'));
    store = await SecretStore.start(folder);
    kiavi = new Kiavi();
    await kiavi.start({ args: ['--vault-config', store.config, '--spares', '0'] });
    tenant = kiavi.tenant();
  });
  after(async () => {
    await kiavi?.dispose();
    await store?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a tenant has its secret there, protected and tagged, and works', async () => {
    // The certificate comes by itself, after the tenant.
    const own = await until('all of them are there', async () => {
      const found = (await store.tell()).secrets.filter(({ tags }) => tags.includes(tenant.id));
      return found.length >= OWN_SECRETS.length && found;
    });
    assert.deepEqual(kindsOf(own), OWN_SECRETS);
    for (const { path: place, tags, protected: isProtected, versions } of own) {
      assert.deepEqual([place, isProtected], [`/kiavi/${tenant.id}`, true]);
      assert.deepEqual(tags, ['kiavi', tenant.id]);
      assert.deepEqual(versions.map((one) => [one.revision, one.status]), [[1, 'enabled']]);
    }
    assert.match(await store.value(tenant.id), /^[\w-]{43}$/);
    const { user } = await new Visitor(tenant.url, tenant.mailbox).signInByCode(freshEmail());
    assert.ok(user.id);
  });

  test('a secret of the settings is a secret of its own there, and a changed one a version', async () => {
    const provider = (secret) =>
      kiavi.verb(['provider', 'set', 'demo'], {
        input: JSON.stringify({ id: 'google', client_id: 'a', client_secret: secret }),
      });
    await provider('the first');
    await provider(CLIENT_SECRET);
    assert.equal(await store.value(tenant.id, 'provider-google'), CLIENT_SECRET);
    const { secrets } = await store.tell();
    const { versions } = secrets.find(({ name }) => name === 'provider-google');
    assert.deepEqual(versions.map(({ revision }) => revision), [1, 2]);
  });

  test('a store that is busy is asked again', async () => {
    await store.mode('busy');
    const waiting = kiavi.createTenant('patience');
    await until('it was asked while it was busy', async () => (await store.tell()).calls.busy > 0);
    await store.mode('up');
    const { id } = await waiting;
    assert.match(await store.value(id), /^[\w-]{43}$/);
    const made = await until('all of them are there', async () => {
      const found = (await store.tell()).secrets.filter((one) => one.path.endsWith(id));
      return found.length >= OWN_SECRETS.length && found;
    });
    assert.deepEqual(kindsOf(made), OWN_SECRETS, 'each once');
  });

  test('the same secrets are used after a restart', async () => {
    const person = new Visitor(tenant.url, tenant.mailbox);
    await person.signInByCode(freshEmail());
    await kiavi.stop();
    await kiavi.start({ args: ['--vault-config', store.config, '--spares', '0'] });
    assert.ok(await person.session());
  });

  test('the command line tells how the store is', async () => {
    const status = async () => JSON.parse(await kiavi.verb(['vault', 'status', '--json'])).store;
    const { driver, is_available: isAvailable, cache_seconds: cache } = await status();
    assert.deepEqual([driver, isAvailable, cache], ['scaleway', true, 24 * 3600]);
    await store.mode('refusing');
    try {
      const { is_available: still, is_temporary: isTemporary, reason } = await status();
      assert.deepEqual([still, isTemporary], [false, false]);
      assert.match(reason, /403 \(permissions_denied\)/);
    } finally {
      await store.mode('up');
    }
  });

  test('neither the key of the store nor a secret is on disk or in a log', async () => {
    const secrets = [TOKEN, CLIENT_SECRET, await store.value(tenant.id)];
    const files = readdirSync(kiavi.data, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('postgres'))
      .map((entry) => readFileSync(path.join(entry.parentPath, entry.name)));
    const processes = kiavi.processes().flatMap(({ pid, arguments: args }) => {
      const environment = readFileSync(`/proc/${pid}/environ`);
      return [Buffer.from(args.join(' ')), environment];
    });
    for (const content of [...files, ...processes, Buffer.from(kiavi.log())]) {
      for (const secret of secrets) assert.ok(!content.includes(secret));
    }
  });

  test("the vendor's library would have sent all of it so", async () => {
    const { violations, calls } = await store.tell();
    assert.deepEqual(violations, []);
    for (const call of ['list_secrets', 'create_secret', 'create_secret_version', 'access_secret_version_by_path']) {
      assert.ok(calls[call] > 0, call);
    }
  });
});
