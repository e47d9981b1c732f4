// A tenant's isolation is tried by canaries that are locked down as its engine is, and what is weak is red and named.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { request } from '../lib/http.mjs';
import { ISOLATION, kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';

const full = ISOLATION === 'full';
/** A report, whatever it says: the command ends with 6 where something is broken. */
async function prove(kiavi, args) {
  try {
    return { code: 0, told: await kiavi.verb(['prove', ...args], { within: 120_000 }) };
  } catch (error) {
    const [, code, told] = error.message.match(/ended with (\d+):\n([^]*)$/) ?? assert.fail(error.message);
    return { code: Number(code), told };
  }
}

const of = (signed, outcome) => signed.report.checks.filter((check) => check.outcome === outcome).map(({ id }) => id);
const evidence = (signed, id) => signed.report.checks.find((check) => check.id === id).evidence.join('\n');

describe('a proof of isolation', { skip: kiaviMissing() || (!full && 'only with full isolation') }, () => {
  let kiavi;
  let shop;
  before(async () => {
    kiavi = await startKiavi();
    shop = await kiavi.createTenant('shop');
    await new Visitor(shop.url, shop.mailbox).signInByCode(freshEmail());
  });
  after(() => kiavi?.dispose());

  test('holds, is signed, and its digest is in the tenant\'s log', async () => {
    const file = path.join(kiavi.dir, 'proof.json');
    const engines = kiavi.role('engine').map(({ pid }) => pid);
    const { code, told } = await prove(kiavi, ['shop', '--json', '--output', file]);
    const signed = JSON.parse(told);
    assert.deepEqual([of(signed, 'broken'), of(signed, 'unknown')], [[], []], JSON.stringify(signed, null, 1));
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), signed);
    // The engine that serves was looked at, and serves on; no canary is left.
    assert.match(evidence(signed, 'layer.seccomp'), new RegExp(`engine (${engines.join('|')}): `));
    assert.deepEqual(kiavi.role('engine').map(({ pid }) => pid).sort(), engines.sort());
    assert.equal((await request(`${shop.url}/api/auth/ok`)).status, 200);
    assert.match(evidence(signed, 'tried.files'), /files\.read: the kernel ended the process \(SIGSYS\)/);
    assert.match(evidence(signed, 'tried.files'), /files\.read without seccomp: /);
    assert.match(evidence(signed, 'tried.share'), /share\.memory: Cannot allocate memory/);
    assert.match(evidence(signed, 'ways.certificate'), /shop\.localhost: visitors are shown it, by somebody who has its key/);

    const [event] = await kiavi.events('shop', 'isolation.proved');
    assert.deepEqual([event.outcome, event.facts.digest, event.facts.outcome], ['success', signed.digest, 'held']);
    assert.match(await kiavi.verb(['prove', '--verify', file, '--key', signed.key], { isOffline: true }), /All of it holds/);
  });

  test('cannot be forged', async () => {
    const file = path.join(kiavi.dir, 'forged.json');
    const signed = JSON.parse((await prove(kiavi, ['shop', '--show', 'last', '--json'])).told);
    signed.report.slug = 'bank';
    writeFileSync(file, JSON.stringify(signed));
    await assert.rejects(kiavi.verb(['prove', '--verify', file], { isOffline: true }), /ended with 6:[^]*NOT VERIFIED/);
  });

  test('is made while the engine sleeps, and of nobody who is not there', async () => {
    const { code, told } = await prove(kiavi, ['demo']);
    assert.equal(code, 0, told);
    assert.match(told, /✓ layer\.landlock/);
    assert.equal((await prove(kiavi, ['nobody'])).code, 3);
  });

  test('names a certificate that is not what visitors are shown, and a key that two tenants have', async () => {
    const control = new pg.Client({ ...kiavi.databaseOf(shop), database: 'kiavi_control' });
    await control.connect();
    try {
      const other = kiavi.tenant('demo').id;
      const { rows: [before] } = await control.query('SELECT chain, public_key FROM certificate WHERE tenant_id = $1', [shop.id]);
      assert.match(before.public_key, /^[0-9a-f]{64}$/);
      const replace = 'UPDATE certificate SET chain = other.chain FROM certificate other WHERE certificate.tenant_id = $1 AND other.tenant_id = $2';
      await control.query(replace, [shop.id, other]);
      const { code, told } = await prove(kiavi, ['shop', '--json']);
      assert.equal(code, 6);
      assert.deepEqual(of(JSON.parse(told), 'broken'), ['ways.certificate']);
      const found = evidence(JSON.parse(told), 'ways.certificate');
      for (const line of [/for another name/, /visitors are shown another one/, new RegExp(`is that of ${other}, too`)]) assert.match(found, line);
      await control.query('UPDATE certificate SET chain = $2 WHERE tenant_id = $1', [shop.id, before.chain]);
      assert.equal((await prove(kiavi, ['shop'])).code, 0);
    } finally {
      await control.end();
    }
  });

  test('names what is weak in the database, until that is mended', async () => {
    const runtime = `"${shop.id}"`;
    await kiavi.sql('shop', `GRANT DELETE ON kiavi.audit_event TO ${runtime}`);
    const { code, told } = await prove(kiavi, ['shop', '--json']);
    assert.equal(code, 6);
    assert.deepEqual(of(JSON.parse(told), 'broken'), ['database.log', 'database.grants']);
    assert.match(evidence(JSON.parse(told), 'database.log'), /DELETE FROM kiavi\.audit_event WHERE false: was carried out/);
    await kiavi.sql('shop', `REVOKE DELETE ON kiavi.audit_event FROM ${runtime}`);
    await kiavi.sql('shop', 'CREATE TABLE public.left_behind (id int)');
    const again = await prove(kiavi, ['shop']);
    assert.equal(again.code, 6);
    assert.match(again.told, /✗ database\.objects[^]*left_behind/);
    await kiavi.sql('shop', 'DROP TABLE public.left_behind');
    const events = await kiavi.events('shop', 'isolation.proved');
    assert.deepEqual(events.map(({ facts }) => facts.outcome), ['held', 'broken', 'held', 'broken', 'broken']);
  });
});

describe('an instance that leaves layers out', { skip: kiaviMissing() || (full && 'only without full isolation') }, () => {
  let kiavi;
  before(async () => {
    kiavi = await startKiavi();
  });
  after(() => kiavi?.dispose());

  test('says so of itself, layer by layer', async () => {
    const { code, told } = await prove(kiavi, ['demo', '--json']);
    assert.equal(code, 6, told);
    const broken = of(JSON.parse(told), 'broken');
    for (const id of ['canary', 'layer.account']) assert.ok(broken.includes(id), `${id} is not among ${broken}`);
    for (const id of ['layer.seccomp', 'layer.landlock']) assert.ok(!broken.includes(id), `${id}: ${evidence(JSON.parse(told), id)}`);
  });
});
