// The audit log under kills: what was answered with 200 has its event, every event is sealed once, and what is taken out
// verifies anywhere.
//
//   KIAVI_AUDIT_KILLS   how many processes are killed (default 8)
//   KIAVI_AUDIT_RATE    sign-ins a second while nobody is (default 200, or what the machine can do)

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { request } from '../lib/http.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Rush, UNLIMITED } from '../lib/rush.mjs';
import { Traffic } from '../lib/traffic.mjs';
import { until } from '../lib/wait.mjs';

const KILLS = Number(process.env.KIAVI_AUDIT_KILLS ?? 8);
const RATE = Number(process.env.KIAVI_AUDIT_RATE ?? 200);
const PEOPLE = 16;
/** At most so many sign-ins come between two kills, so that the moments differ. */
const SIGN_INS_BETWEEN_KILLS = 120;
/** Who is killed, again and again, also both at once. */
const VICTIMS = [['auditor'], ['engine'], ['auditor', 'engine']];
/** Each further kill of a role within a minute doubles the pause before its next start. After so many rounds everything is
 * killed, and what starts then has no past. */
const ROUNDS_OF_AN_INSTANCE = 6;
const RECOVERY_MS = 60_000;
/** A log of a long run takes its time. */
const VERB_MS = 300_000;

describe('the audit log, with its writers and its auditor killed in mid-traffic', { skip: kiaviMissing() }, () => {
  let kiavi;
  let tenant;
  let folder;
  before(async () => {
    kiavi = await startKiavi();
    tenant = kiavi.tenant();
    await kiavi.set('demo', UNLIMITED);
    folder = mkdtempSync(path.join(tmpdir(), 'kiavi-audit-'));
  });
  after(async () => {
    await kiavi?.dispose();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const number = async (query) => Number((await tenant.sql(`select (${query}) as n`))[0].n);
  const count = (of) => number(`select count(*) from ${of}`);

  const sealed = () =>
    until(
      'every event is sealed',
      async () => (await count('kiavi.audit_event')) === (await count('kiavi.audit_leaf')),
      { within: RECOVERY_MS, every: 250 },
    ).catch((error) => {
      throw new Error(`${error.message}\n${kiavi.log().slice(-3000)}`);
    });

  // Who is asked is an engine, and one that was killed often rests before it starts again.
  const checkpoint = async () => {
    const told = () => kiavi.verb(['audit', 'checkpoint', 'demo']);
    const note = await until('a checkpoint is told', told, { within: 2 * RECOVERY_MS, every: 250 });
    return { note, size: Number(note.split('\n')[1]) };
  };

  /** A file with the checkpoint of now. */
  const keepCheckpoint = async (name) => {
    const { note, size } = await checkpoint();
    const file = path.join(folder, name);
    writeFileSync(file, note);
    return { file, size };
  };

  /** Takes the log out and has it verified; gives its events as they stand in it, by index. */
  async function exported(name, earlier) {
    const bundle = path.join(folder, name);
    await kiavi.verb(['audit', 'export', 'demo', '--bundle', bundle, '--json'], { within: VERB_MS });
    for (const { file } of earlier) {
      await kiavi.verb(['audit', 'verify', bundle, '--old', file], { isOffline: true, within: VERB_MS });
    }
    const lines = readFileSync(path.join(bundle, 'events.ndjson'), 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line));
  }

  /** Kills, and gives how many it were. */
  async function kill(roles) {
    const victims = await until(`there is a process of ${roles}`, () => {
      const found = roles.map((role) => kiavi.role(role)[0]);
      return found.every(Boolean) && found;
    }, { within: RECOVERY_MS });
    for (const { pid } of victims) process.kill(pid, 'SIGKILL');
    return victims.length;
  }

  test('nothing is lost, nothing is there twice, and numbers have no gaps', async (t) => {
    const rush = await Rush.enrol(tenant, PEOPLE);
    const newcomers = new Traffic(tenant, { workers: 1 });
    const kept = [];
    let [killed, restarts, round, began] = [0, 0, 0, performance.now()];
    rush.start(RATE);
    try {
      const moreSignIns = (count) => {
        const goal = rush.signedIn.length + count;
        return until('people sign in', () => rush.signedIn.length >= goal, { within: RECOVERY_MS, every: 2 }).catch((error) => {
          throw new Error(`${error.message}\n${rush.failures.slice(-3).join('\n')}\n${kiavi.log().slice(-3000)}`);
        });
      };
      await moreSignIns(SIGN_INS_BETWEEN_KILLS);
      while (killed < KILLS) {
        killed += await kill(VICTIMS[round % VICTIMS.length]);
        await moreSignIns(1 + Math.floor(Math.random() * SIGN_INS_BETWEEN_KILLS));
        round += 1;
        if (round % ROUNDS_OF_AN_INSTANCE === 0) {
          kept.push(await keepCheckpoint(`checkpoint-${round}`));
          await kiavi.kill();
          await kiavi.start();
          restarts += 1;
          await moreSignIns(1);
        }
      }
    } finally {
      await Promise.all([rush.stop(), newcomers.stop()]);
    }
    const seconds = (performance.now() - began) / 1000;
    await sealed();
    kept.push(await keepCheckpoint('checkpoint-last'));

    const events = await exported('bundle-of-all', kept);
    assert.deepEqual(events.map(({ index }) => index), events.map((_, index) => index), 'indexes have no gaps');
    assert.equal(new Set(events.map(({ id }) => id)).size, events.length, 'no event is there twice');
    const created = events.filter(({ type, outcome }) => type === 'session.created' && outcome === 'success');
    const told = created.map(({ detail }) => detail.session).sort();
    const sessions = await tenant.sql('select id, token, "userId" from session');
    assert.deepEqual(told, sessions.map(({ id }) => id).sort(), 'each session has one event, and each event its session');
    const owners = new Map(sessions.map(({ token, userId }) => [token, userId]));
    const answered = [...rush.signedIn, ...newcomers.signedIn];
    assert.deepEqual(answered.filter(({ token, userId }) => owners.get(token) !== userId), [], 'every 200 has its session');
    // That somebody took the log out is in the log as well.
    await sealed();
    assert.equal(await number('select max(index) + 1 from kiavi.audit_leaf'), await count('kiavi.audit_leaf'));
    assert.equal(await count('kiavi.audit_event full join kiavi.audit_leaf using (seq) where id is null or index is null'), 0);
    t.diagnostic(
      `${killed} processes killed, the whole instance ${restarts} times; ${answered.length} sign-ins answered in ` +
        `${seconds.toFixed(0)} s (${rush.usualRate()} /s while there was an engine), ${rush.failures.length} refused; ` +
        `${sessions.length} sessions; ${events.length} events sealed`,
    );
  });

  test('what an engine wrote last is sealed, though it was killed and nobody comes', async () => {
    await sealed();
    const traffic = new Traffic(tenant, { workers: 1 });
    await until('somebody signs in', () => traffic.signedIn.length > 0, { within: RECOVERY_MS, every: 1 });
    await Promise.all([traffic.stop(), kill(['engine'])]);
    await sealed();
  });

  test('what is taken out verifies, against a checkpoint of before as well', async () => {
    await sealed();
    const before = await keepCheckpoint('checkpoint');
    const traffic = new Traffic(tenant, { workers: 1 });
    await until('somebody signs in', () => traffic.signedIn.length > 0, { within: RECOVERY_MS });
    await traffic.stop();
    await sealed();
    const events = await exported('bundle', [before]);
    assert.ok(events.length > before.size);
    assert.ok(!JSON.stringify(events).includes(traffic.signedIn[0].email), 'personal data is sealed');
    const csv = path.join(folder, 'events.csv');
    await kiavi.verb(['audit', 'export', 'demo', '--csv', csv], { within: VERB_MS });
    assert.ok(readFileSync(csv, 'utf8').split('\n').length > events.length);
    const { id } = events.at(-1);
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
