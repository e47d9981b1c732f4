// What a sealed auditor makes of a tenant's events, and what nobody can change unnoticed.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

describe('the log of a tenant', { skip: kiaviMissing() }, () => {
  let kiavi;
  let folder;
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kv-audit-'));
    kiavi = await startKiavi();
    const tenant = kiavi.tenant();
    await new Visitor(tenant.url, tenant.mailbox).signInByCode(freshEmail());
  });
  after(async () => {
    await kiavi?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is sealed by a process that stays', async () => {
    const [{ count }] = await kiavi.sql('demo', 'select count(*)::int as count from kiavi.audit_event');
    const sealed = 'select coalesce(max(size), 0)::int as size from kiavi.audit_checkpoint';
    await until('everything is sealed', async () => (await kiavi.sql('demo', sealed))[0].size >= count);
    assert.equal(kiavi.role('auditor').length, 1);
    assert.doesNotMatch(kiavi.log(), /a process ended that should run/);
  });

  test('leaves the instance as a bundle that proves itself, and no other does', async () => {
    const bundle = path.join(folder, 'bundle');
    await kiavi.verb(['audit', 'export', 'demo', '--bundle', bundle]);
    const verify = () => kiavi.verb(['audit', 'verify', bundle], { isOffline: true });
    await verify();
    const entries = readdirSync(bundle, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.parentPath.includes('entries'))
      .map((entry) => path.join(entry.parentPath, entry.name));
    const content = readFileSync(entries[0]);
    content[content.length - 1] ^= 1;
    writeFileSync(entries[0], content);
    await assert.rejects(verify, /ended with 6[^]*bad index/i);
  });

  test('finds nobody who is erased, has them nowhere in clear, and proves what it did', async () => {
    const email = freshEmail();
    await new Visitor(kiavi.tenant().url, kiavi.mailbox).signInByCode(email);
    const found = async () => JSON.parse(await kiavi.verb(['audit', 'list', 'demo', '--email', email, '--json']));
    const types = (await found()).map(({ type }) => type);
    for (const type of ['code.requested', 'user.created', 'session.created']) assert.ok(types.includes(type), type);
    const old = path.join(folder, 'before.checkpoint');
    writeFileSync(old, await kiavi.verb(['audit', 'checkpoint', 'demo']));
    await kiavi.verb(['user', 'erase', 'demo', email]);
    assert.deepEqual(await found(), []);
    const bundle = path.join(folder, 'erased');
    await kiavi.verb(['audit', 'export', 'demo', '--bundle', bundle]);
    assert.match(await kiavi.verb(['audit', 'verify', bundle, '--old', old], { isOffline: true }), /^VERIFIED/);
    const files = readdirSync(bundle, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const file of files) {
      assert.ok(!readFileSync(path.join(file.parentPath, file.name)).includes(email), file.name);
    }
    assert.ok(!kiavi.log().includes(email), 'nor in the process log');
  });

  test('can be kept for a month only, and what is left proves what it did', async () => {
    const one = async (text) => (await kiavi.sql('demo', text))[0];
    const old = path.join(folder, 'old.checkpoint');
    // As if much had happened, two months ago.
    await kiavi.sql(
      'demo',
      `insert into kiavi.audit_event (id, at, type, outcome, body)
       select gen_random_uuid(), now(), 'test.written', 'success', (select body from kiavi.audit_event limit 1)
       from generate_series(1, 600)`,
    );
    await new Visitor(kiavi.tenant().url, kiavi.mailbox).signInByCode(freshEmail());
    const sealed = 'select max(index)::int as last from kiavi.audit_leaf';
    await until('everything is sealed', async () => (await one(sealed)).last > 600);
    writeFileSync(old, await kiavi.verb(['audit', 'checkpoint', 'demo']));
    await kiavi.set('demo', { 'audit.retention_days': 30 });
    assert.deepEqual(await kiavi.sql('demo', 'select days from kiavi.audit_retention'), [{ days: 30 }]);
    // What is sealed after this would make the log's beginning young again.
    const unsealed = 'select 1 from kiavi.audit_event e left join kiavi.audit_leaf l using (seq) where l.seq is null';
    await until('the change is sealed, too', async () => (await kiavi.sql('demo', unsealed)).length === 0);
    await kiavi.sql(
      'demo',
      `alter table kiavi.audit_tile disable trigger user;
       update kiavi.audit_tile set grown_at = grown_at - interval '60 days';
       alter table kiavi.audit_tile enable trigger user;
       update kiavi.audit_checkpoint set at = at - interval '60 days'`,
    );
    // Once an hour, and at the start.
    await kiavi.stop();
    await kiavi.start();
    const pruned = 'select coalesce(max(until), 0)::int as until from kiavi.audit_pruning';
    await until('what is old is pruned', async () => (await one(pruned)).until === 512);
    assert.equal((await one('select count(*)::int as count from kiavi.audit_leaf where index < 512')).count, 0);
    const [event] = await kiavi.events('demo', 'log.pruned');
    assert.deepEqual([event.actor, event.facts.first_index, event.facts.last_index], ['auditor', 0, 511]);

    await until('the pruning is sealed', async () => {
      const sealedToo = 'select 1 from kiavi.audit_leaf join kiavi.audit_event using (seq) where type = \'log.pruned\'';
      return (await kiavi.sql('demo', sealedToo)).length === 1;
    });
    const bundle = path.join(folder, 'pruned');
    assert.match(await kiavi.verb(['audit', 'export', 'demo', '--bundle', bundle]), /Events 0 to 511 are no longer kept/);
    const verify = (...args) => kiavi.verb(['audit', 'verify', bundle, ...args], { isOffline: true });
    const { first, checkpoints } = JSON.parse(readFileSync(path.join(bundle, 'bundle.json'), 'utf8'));
    assert.equal(first, 512);
    assert.ok(checkpoints.length > 0, 'those of before are in it, too');
    const told = new RegExp(`pruned +events 0 to 511, on [^]*earlier +${checkpoints.length + 1} checkpoints`);
    assert.match(await verify('--old', old), told);
    // Without the log's own word nothing is pruned, only missing.
    rmSync(path.join(bundle, 'pruned'));
    await assert.rejects(verify(), /ended with 6[^]*First bad index: 0/);
  });

  test('a change past the engine is an alarm outside of it', async () => {
    await kiavi.sql('demo', 'update "user" set role = \'admin\'');
    await until('somebody is told', () => /past the engine: see database\.changed/.test(kiavi.log()));
    const [changed] = await kiavi.events('demo', 'database.changed');
    assert.deepEqual([changed.facts.change, changed.facts.columns], ['user UPDATE', ['role']]);
  });

  test('is taken out up to what its witness has seen, when that refuses the rest', async () => {
    const witness = new pg.Client(kiavi.databaseOf({ id: 'kiavi_control' }));
    await witness.connect();
    // As if another log had been shown to it.
    await witness.query("update audit_log set root = sha256('another past') where tenant_id = $1", [kiavi.tenant().id]);
    await witness.end();
    await new Visitor(kiavi.tenant().url, kiavi.mailbox).signInByCode(freshEmail());
    await until('it refuses', () => /contradicts what was cosigned of it/.test(kiavi.log()));
    const bundle = path.join(folder, 'refused');
    const told = await kiavi.verb(['audit', 'export', 'demo', '--bundle', bundle]);
    const [, more] = /([0-9]+) more are in the log that its witness has not cosigned/.exec(told) ?? assert.fail(told);
    assert.ok(Number(more) > 0);
    assert.match(await kiavi.verb(['audit', 'verify', bundle], { isOffline: true }), /cosigned by/);
    const note = await kiavi.verb(['audit', 'checkpoint', 'demo']);
    const { size } = JSON.parse(readFileSync(path.join(bundle, 'bundle.json'), 'utf8'));
    assert.equal(Number(note.split('\n')[1]), size);
    await assert.rejects(kiavi.verb(['doctor']), /those of demo contradict what their witness has seen/);
  });
});
