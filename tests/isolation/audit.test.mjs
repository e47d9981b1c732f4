// What a sealed auditor makes of a tenant's events, and what nobody can change unnoticed.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
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
});
