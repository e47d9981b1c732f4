// A tenant's log as its own servers get it: syslog and a store that speaks S3.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { newAuthority } from '../lib/certificates.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { ACCESS_KEY, S3Store, SECRET_KEY } from '../lib/s3-store.mjs';
import { Rsyslog, SyslogServer, rsyslogd } from '../lib/syslog-server.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

/** Events are sealed within two seconds and sent in the seconds after; a failure is repeated after 5 s. */
const SOON = { within: 30_000 };

describe('streams of a log', { skip: kiaviMissing() }, () => {
  let authority;
  let kiavi;
  let folder;
  let siem;
  let store;
  let tenant;
  const stream = (verb, ...args) => kiavi.verb(['audit', 'stream', verb, 'demo', ...args]);
  const streams = async () => JSON.parse(await kiavi.verb(['audit', 'stream', 'list', 'demo', '--json']));
  const state = async (id) => (await streams()).find((one) => one.id === id);
  const signIn = (email = freshEmail()) => new Visitor(tenant.url, tenant.mailbox).signInByCode(email);
  const isGapless = (indexes) => indexes.every((index, at) => at === 0 || index === indexes[at - 1] + 1);
  const whole = async (id) => until(`${id} has everything`, async () => (await state(id)).state === 'current', SOON);

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kv-streams-'));
    authority = await newAuthority();
    siem = await SyslogServer.start(await authority.issue());
    store = await S3Store.start();
    kiavi = await startKiavi();
    tenant = kiavi.tenant();
    await kiavi.set('demo', {
      'egress.allows_private': true,
      'egress.extra_roots': JSON.stringify([authority.root]),
    });
    await stream('add-syslog', 'siem', siem.address);
  });
  after(async () => {
    await kiavi?.dispose();
    await siem?.stop();
    await store?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a syslog server gets every event, in order, as the log has it', async () => {
    const email = freshEmail();
    const { user } = await signIn(email);
    const told = () => siem.messages.find(({ event }) => event.type === 'session.created');
    await until('the sign-in is told', told, SOON);
    assert.ok(isGapless(siem.indexes), siem.indexes.join());
    const { params, event, priority, host } = told();
    assert.equal(params.index, String(event.index));
    assert.deepEqual([params.id, params.type, params.outcome], [event.id, 'session.created', 'success']);
    assert.equal(params.actor ?? params.subject, event.actor?.ref ?? event.subject.ref);
    assert.deepEqual([event.subject.user_id, priority, host], [user.id, '110', 'demo.localhost']);
    const [logged] = await kiavi.events('demo', 'session.created');
    assert.deepEqual([logged.id, logged.ip, logged.at], [event.id, event.ip, event.at]);
    assert.ok(!JSON.stringify(siem.messages).includes(email));
  });

  test('a server that is away gets what it missed, and nothing is left out', async () => {
    siem.isDown = true;
    await signIn();
    await until('it fails', async () => (await state('siem')).state === 'failing', SOON);
    const { fault, behind } = await state('siem');
    assert.ok(fault && behind > 0);
    siem.isDown = false;
    await stream('retry', 'siem');
    await whole('siem');
    assert.ok(isGapless([...new Set(siem.indexes)]), siem.indexes.join());
  });

  test('one that is paused stays where it is, and goes on from there', async () => {
    await whole('siem');
    await stream('pause', 'siem');
    const { next_index: next } = await state('siem');
    const seen = siem.messages.length;
    await signIn();
    assert.equal((await state('siem')).state, 'paused');
    assert.equal(siem.messages.length, seen);
    await stream('resume', 'siem');
    await until('it goes on', () => siem.messages.length > seen, SOON);
    assert.equal(siem.indexes[seen], next);
  });

  test('a server that nobody vouches for gets nothing', async () => {
    const stranger = await SyslogServer.start(await (await newAuthority()).issue());
    try {
      await stream('add-syslog', 'stranger', stranger.address);
      await signIn();
      await until('it fails', async () => (await state('stranger')).fault === 'protocol', SOON);
      assert.equal(stranger.messages.length, 0);
      await stream('remove', 'stranger');
    } finally {
      await stranger.stop();
    }
  });

  test('a store gets objects of lines that are named by what is in them', async () => {
    const credentials = store.env;
    const add = ['audit', 'stream', 'add-s3', 'demo', 'cold', 'logs/audit/demo'];
    await kiavi.verb(add, { env: credentials });
    const shown = await kiavi.verb(['settings', 'get', 'demo', '--json']);
    assert.ok(shown.includes(ACCESS_KEY) && !shown.includes(SECRET_KEY), 'the key is in the vault');
    await stream('move', 'cold', '0');
    await until('it looks', async () => (await state('cold')).behind > 0, SOON);
    // As if an hour had passed.
    await kiavi.sql('demo', "update kiavi.audit_event set at = at - interval '61 minutes'");
    await stream('retry', 'cold');
    const [name, object] = await until('there is an object', () => [...store.objects][0], SOON);
    const [, first, last] = /^\/logs\/audit\/demo\/\d{4}\/\d\d\/\d\d\/(\d{20})-(\d{20})\.ndjson$/.exec(name);
    const events = object.toString().trimEnd().split('\n').map(JSON.parse);
    const indexes = events.map(({ index }) => index);
    assert.deepEqual([indexes[0], indexes.at(-1)], [Number(first), Number(last)]);
    assert.ok(indexes[0] === 0 && isGapless(indexes));
    await whole('cold');
  });

  test('rsyslog takes it', { skip: !rsyslogd() && 'rsyslog is not installed' }, async () => {
    const rsyslog = await Rsyslog.start(folder, await authority.issue(), authority.root);
    try {
      await stream('add-syslog', 'debian', rsyslog.address);
      await stream('move', 'debian', '0');
      await whole('debian');
      await signIn();
      const has = () => rsyslog.messages.filter(({ event }) => event.type === 'session.created').length > 1;
      await until('rsyslog has it', has, SOON);
      assert.ok(isGapless(rsyslog.messages.map(({ event }) => event.index)));
    } finally {
      await rsyslog.stop();
    }
  });

  test('how streams do is measured', async () => {
    const [event] = await kiavi.events('demo', 'stream.moved');
    assert.equal(event.facts.to_index, 0);
    assert.doesNotMatch(kiavi.log(), /a process ended that should run|forbidden system call/);
  });
});
