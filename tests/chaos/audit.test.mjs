// The audit log under kills: what was answered with 200 has its event, every event is sealed once, and what is taken out
// verifies anywhere.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { request } from '../lib/http.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Traffic } from '../lib/traffic.mjs';
import { until } from '../lib/wait.mjs';

/** Kills of each role. Each further one within a minute doubles the pause before the next start. */
const KILLS = Number(process.env.KIAVI_AUDIT_KILLS ?? 3);
const SIGN_INS_BETWEEN_KILLS = 6;
const RECOVERY_MS = 60_000;

describe('the audit log, with its writers and its auditor killed in mid-traffic', { skip: kiaviMissing() }, () => {
  let kiavi;
  let tenant;
  let folder;
  before(async () => {
    kiavi = await startKiavi();
    tenant = kiavi.tenant();
    folder = mkdtempSync(path.join(tmpdir(), 'kiavi-audit-'));
  });
  after(async () => {
    await kiavi?.dispose();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const count = async (of) => Number((await tenant.sql(`select count(*) as n from ${of}`))[0].n);

  const sealed = () =>
    until(
      'every event is sealed',
      async () => (await count('kiavi.audit_event')) === (await count('kiavi.audit_leaf')),
      { within: RECOVERY_MS, every: 250 },
    ).catch((error) => {
      throw new Error(`${error.message}\n${kiavi.log().slice(-3000)}`);
    });

  const checkpoint = async () => {
    const note = await kiavi.verb(['audit', 'checkpoint', 'demo']);
    return { note, size: Number(note.split('\n')[1]) };
  };

  test('nothing is lost, nothing is there twice, and numbers have no gaps', async () => {
    const traffic = new Traffic(tenant);
    try {
      const moreSignIns = async () => {
        const goal = traffic.signedIn.length + SIGN_INS_BETWEEN_KILLS;
        await until('people sign in', () => traffic.signedIn.length >= goal, { within: RECOVERY_MS });
      };
      await moreSignIns();
      for (let round = 0; round < KILLS; round += 1) {
        for (const role of ['auditor', 'engine', 'auditor']) {
          const [victim] = kiavi.role(role);
          if (victim) process.kill(victim.pid, 'SIGKILL');
          await moreSignIns();
        }
      }
    } finally {
      await traffic.stop();
    }
    await sealed();
    const events = await tenant.sql(`select subject, count(*) as n from kiavi.audit_event
      where type = 'session.created' and outcome = 'success' group by subject`);
    const sessions = await tenant.sql('select "userId", count(*) as n from session group by "userId"');
    const counted = (rows, key) => rows.map((row) => `${row[key]} ${row.n}`).sort();
    assert.deepEqual(counted(events, 'subject'), counted(sessions, 'userId'), 'no session without its event, no event without a row');
    const known = new Set(events.map(({ subject }) => subject));
    assert.deepEqual(traffic.signedIn.filter(({ userId }) => !known.has(userId)), [], 'every 200 has its event');
    const [{ leaves, last, seqs }] = await tenant.sql(
      'select count(*) as leaves, max(index) as last, count(distinct seq) as seqs from kiavi.audit_leaf',
    );
    assert.equal(Number(last) + 1, Number(leaves));
    assert.equal(Number(seqs), Number(leaves));
  });

  test('what is taken out verifies, against a checkpoint of before as well', async () => {
    await sealed();
    const before = await checkpoint();
    const old = path.join(folder, 'checkpoint');
    writeFileSync(old, before.note);
    const traffic = new Traffic(tenant, { workers: 1 });
    await until('somebody signs in', () => traffic.signedIn.length > 0, { within: RECOVERY_MS });
    await traffic.stop();
    await sealed();
    const bundle = path.join(folder, 'bundle');
    const told = JSON.parse(await kiavi.verb(['audit', 'export', 'demo', '--bundle', bundle, '--json']));
    assert.ok(told.events > before.size);
    await kiavi.verb(['audit', 'verify', bundle, '--old', old], { isOffline: true });
    const lines = readFileSync(path.join(bundle, 'events.ndjson'), 'utf8').trim().split('\n');
    assert.equal(lines.length, told.events);
    assert.ok(!lines.some((line) => line.includes(traffic.signedIn[0].email)), 'personal data is sealed');
    const csv = path.join(folder, 'events.csv');
    await kiavi.verb(['audit', 'export', 'demo', '--csv', csv]);
    assert.ok(readFileSync(csv, 'utf8').split('\n').length > told.events);
    const { id } = JSON.parse(lines.at(-1));
    const headers = { authorization: `Bearer ${kiavi.ready.management_key}` };
    const api = (rest) => request(`${kiavi.consoleUrl}/v1/tenants/demo/audit/${rest}`, { headers });
    const proof = path.join(folder, 'event.tlog-proof');
    const answer = await api(`proof/${id}`);
    assert.equal(answer.status, 200, answer.text);
    writeFileSync(proof, answer.text);
    const { log_key: key } = JSON.parse((await api('key')).text);
    await kiavi.verb(['audit', 'proof', 'verify', proof, '--key', key], { isOffline: true });
  });

  test('a log goes on after everything was killed at once', async () => {
    const before = await checkpoint();
    await kiavi.kill();
    await kiavi.start();
    const traffic = new Traffic(tenant, { workers: 1 });
    await until('somebody signs in', () => traffic.signedIn.length > 0, { within: RECOVERY_MS });
    await traffic.stop();
    await sealed();
    assert.ok((await checkpoint()).size > before.size);
    assert.match(await kiavi.verb(['doctor', '--json']).catch((error) => error.message), /Audit logs/);
  });
});
