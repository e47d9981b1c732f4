// The secret store is away while an instance starts, people sign in, and a tenant is made.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Kiavi, kiaviMissing } from '../lib/kiavi.mjs';
import { SecretStore } from '../lib/secret-store.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

// The reconciler pauses up to a minute, the circuit breaker half of one.
const RECOVERY_MS = 120_000;

describe('a secret store that is away', { skip: kiaviMissing() }, () => {
  let folder;
  let store;
  let kiavi;
  let person;
  const start = () => kiavi.start({ args: ['--vault-config', store.config, '--spares', '0'] });
  const works = async (tenant) => {
    const { user } = await new Visitor(tenant.url, tenant.mailbox).signInByCode(freshEmail());
    assert.ok(user.id);
  };
  const status = async () => JSON.parse(await kiavi.verb(['vault', 'status', '--json'])).store;
  const show = async (tenant) => JSON.parse(await kiavi.verb(['tenant', 'show', tenant, '--json']));

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kv-store-'));
    store = await SecretStore.start(folder);
    kiavi = new Kiavi();
    await start();
    await kiavi.createTenant('known');
    person = new Visitor(kiavi.tenant().url, kiavi.mailbox);
    await person.signInByCode(freshEmail());
  });
  after(async () => {
    await kiavi?.dispose();
    await store?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('tenants that run go on, and their engines start again', async () => {
    await store.mode('down');
    await works(kiavi.tenant('known'));
    for (const { pid } of kiavi.role('engine')) process.kill(pid, 'SIGKILL');
    await works(kiavi.tenant('known'));
    await works(kiavi.tenant());
  });

  test('an instance starts from what it has kept', async () => {
    await kiavi.stop();
    await start();
    assert.ok(await person.session(), 'a session from before');
    const known = kiavi.ready.tenants.map(({ slug }) => slug).sort();
    assert.deepEqual(known, ['demo', 'known']);
    await until('both run', async () => (await show('known')).state === 'running', { within: RECOVERY_MS });
    await works(kiavi.tenant());
    await works(kiavi.tenant('known'));
    const { is_available: isAvailable, is_temporary: isTemporary, unavailable_since: since } = await status();
    assert.deepEqual([isAvailable, isTemporary], [false, true]);
    assert.ok(Date.parse(since) <= Date.now());
    assert.match(kiavi.log(), /a secret comes from the cache/);
  });

  test('a new tenant waits and says why; a change of a secret is refused', async () => {
    const waiting = kiavi.verb(['tenant', 'create', 'late', '--timeout', '5']);
    await assert.rejects(waiting, /waiting for the secret store[^]*not done in time\. The secret store cannot be reached/);
    const late = await show('late');
    assert.deepEqual([late.state, late.last_error.code], ['failed', 'vault_unavailable']);
    const input = JSON.stringify({ id: 'google', client_id: 'a', client_secret: 'b' });
    await assert.rejects(kiavi.verb(['provider', 'set', 'demo'], { input }), /secret store cannot be reached/);
    await works(kiavi.tenant());
  });

  test('once it is back, the tenant is made without anybody asking again', async () => {
    await store.mode('up');
    await until('the tenant runs', async () => (await show('late')).state === 'running', { within: RECOVERY_MS, every: 250 });
    assert.equal((await status()).is_available, true);
    const late = await show('late');
    await works({ url: late.url, mailbox: kiavi.mailbox });
    const { secrets, violations } = await store.tell();
    const made = secrets.filter((one) => one.path.endsWith(late.id)).map(({ name }) => name);
    assert.ok(made.includes('secret'));
    assert.equal(new Set(made).size, made.length, 'each once');
    assert.deepEqual(violations, []);
  });
});
