// Figures: somebody who signs in is in them at once, they are what the log says, and nothing loses them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { SoftAuthenticator } from '../lib/authenticator.mjs';
import { request } from '../lib/http.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

describe('kiavi analytics', { skip: kiaviMissing() }, () => {
  let kiavi;
  let demo;
  before(async () => {
    kiavi = await startKiavi();
    demo = kiavi.tenant();
  });
  after(() => kiavi?.dispose());

  const figures = async (more = []) =>
    JSON.parse(await kiavi.verb(['analytics', 'show', 'demo', '--json', ...more]));
  const today = async () => (await figures()).points.at(-1);
  /** What has been told of a live view, which is ended after the test. */
  const follow = (t) => {
    const child = spawn(kiavi.program, ['analytics', 'show', 'demo', '--follow', '--json', '--data', kiavi.data]);
    t.after(() => child.kill('SIGTERM'));
    const told = [];
    createInterface({ input: child.stdout }).on('line', (line) => told.push(JSON.parse(line)));
    return told;
  };

  test('whoever signs in is counted, once a day, and those who look on are told', async (t) => {
    const told = follow(t);
    await until('the view is open', () => told.length === 1);
    assert.deepEqual([told[0].users, told[0].points[0].active_users], [0, 0]);
    const ada = new Visitor(demo.url, demo.mailbox);
    await ada.signInByCode(freshEmail());
    await until('she is told', () => told.at(-1).points[0].active_users === 1);
    assert.equal(told.at(-1).definitions, undefined);
    await ada.session();
    const now = await today();
    assert.deepEqual([now.active_users, now.wau, now.mau, now.stickiness, now.new_users], [1, 1, 1, 1, 1]);
    assert.deepEqual([now.sign_ins, now.is_finished], [{ email_otp: 1 }, false]);
    assert.equal((await demo.events('user.active')).length, 0, 'she signed in that day');
  });

  test('passkeys are counted from their offer on, and what failed by its cause', async () => {
    const device = new SoftAuthenticator();
    const bob = new Visitor(demo.url, demo.mailbox);
    const email = freshEmail('bob');
    await bob.signInByCode(email);
    await bob.get('/sign-in/passkey', { base: '' });
    await bob.addPasskey(device);
    await bob.another().signInByPasskey(device);
    const stranger = bob.another();
    await stranger.get('/sign-in', { base: '' });
    await stranger.authenticationOptions();
    await stranger.requestCode(email);
    assert.equal((await stranger.post('/sign-in/email-otp', { email, otp: 'wrong1' })).status, 400);
    const now = await today();
    assert.deepEqual(now.sign_ins, { email_otp: 2, passkey: 1 });
    assert.deepEqual(now.passkey_funnel, {
      sign_in: { offered: 1, started: 2, completed: 1, failed: 0 },
      creation: { offered: 1, declined: 0, started: 1, completed: 1, failed: 0 },
    });
    assert.deepEqual(Object.entries(now.failures).map(([cause, count]) => [cause.split(':')[0], count]), [
      ['code.refused', 1],
    ]);
    assert.deepEqual([now.passkey_share, now.failed_share, now.active_users], [0.3333, 0.25, 2]);
  });

  test('the log says the same, whatever became of the engine and of the tables', async () => {
    const { points } = await figures();
    for (const { pid } of kiavi.role('engine')) process.kill(pid, 'SIGKILL');
    assert.deepEqual((await figures()).points, points, 'after kill -9');
    await demo.sql('update kiavi.activity_count set count = 99');
    await demo.sql('delete from kiavi.activity');
    assert.notDeepEqual((await figures()).points, points);
    const output = await kiavi.verb(['analytics', 'rebuild', 'demo']);
    assert.match(output, /counted anew/);
    assert.deepEqual((await figures()).points, points, 'counted anew');
  });

  test('the page says what its figures mean, and the API what it will not tell', async () => {
    const output = await kiavi.verb(['analytics', 'show', 'demo']);
    const { definitions } = await figures(['--granularity', 'month']);
    for (const name of Object.keys(definitions)) assert.match(output, new RegExp(`^  ${name} `, 'm'));
    const ask = (path, key = kiavi.ready.management_key) =>
      request(`${kiavi.consoleUrl}/v1/tenants/demo/analytics${path}`, { headers: { authorization: `Bearer ${key}` } });
    assert.equal((await ask('?granularity=week')).json.granularity, 'week');
    for (const [query, status, code] of [
      ['?from=yesterday', 400, 'invalid_query'],
      ['?from=2020-01-01', 422, 'invalid_range'],
      ['?from=2999-01-01', 422, 'invalid_range'],
      ['?granularity=hour', 400, 'invalid_query'],
      ['?since=2026-01-01', 400, 'invalid_query'],
    ]) {
      const answer = await ask(query);
      assert.deepEqual([answer.status, answer.json.code], [status, code], query);
    }
    assert.equal((await ask('', 'kiavi_mk_unknown')).status, 401);
  });

  test('days are those of the tenant', async () => {
    await kiavi.set('demo', { 'analytics.time_zone': 'Pacific/Kiritimati' });
    const { time_zone: zone, today: day } = await figures();
    assert.equal(zone, 'Pacific/Kiritimati');
    const there = new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(new Date());
    assert.equal(day, there);
    await assert.rejects(kiavi.set('demo', { 'analytics.time_zone': 'Europe/Atlantis' }), /time zone/);
  });
});
