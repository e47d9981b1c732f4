// Somebody who has taken over a process speaks on its live channels: garbage, what it may not say, what is too large, descriptors
// that nobody asked for. That process is ended, an alarm names it, and everybody else is served.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { request } from '../lib/http.mjs';
import { Intruder, SEQPACKET } from '../lib/intruder.mjs';
import { ISOLATION, kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { alive, openFiles } from '../lib/processes.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

const full = ISOLATION === 'full';
/** The standard input of each process is its channel to the launcher. */
const CHANNEL = 0;
/** The largest message there is, and a little more. */
const TOO_LARGE = Buffer.alloc(128 * 1024 + 1, 0x41);

/** A message as it is encoded: an array of its number and of its fields (CBOR, RFC 8949 §3). */
const message = (number, ...fields) => Buffer.from([0x82, number, 0x80 + fields.length, ...fields.flat()]);
const GARBAGE = Buffer.alloc(64, 0xff);

/** What no process may send, whoever it is. */
const BROKEN = {
  'what is no message': [GARBAGE],
  'a message that there is not': [message(23)],
  'what is larger than any message': [TOO_LARGE],
  'more descriptors than any message has': [message(1), { fds: 16 }],
};
/** What an engine may not say; the numbers are those of `FromEngine`. */
const OUT_OF_PLACE = {
  'again what it said at its start': [message(0)],
  'a descriptor that the message does not name': [message(1), { fds: 1 }],
  'that it has taken what it was never given': [message(3)],
  'what a canary says': [message(8)],
  'a request of the control plane\'s, for another tenant': [message(3, [0x01], [0x79, 0x00, 0x01, 0x62])],
  'much more than an engine has to say': [message(6), { times: 20_000 }],
};

describe('a process that somebody has taken over', { skip: kiaviMissing() || (!full && 'only root can take over a process') }, () => {
  let kiavi;
  let neighbour;
  /** The control plane's own database, its log in it. */
  let control;
  before(async () => {
    kiavi = await startKiavi();
    neighbour = kiavi.tenant();
    control = new pg.Client(kiavi.databaseOf({ id: 'kiavi_control' }));
    await control.connect();
    await new Visitor(neighbour.url, neighbour.mailbox).signInByCode(freshEmail());
  });
  after(async () => {
    await control?.end();
    await kiavi?.dispose();
  });

  const serves = async ({ url }) => (await request(`${url}/api/auth/ok`)).status === 200;

  /** Asks the neighbour all the while; gives what it was answered that was not well. */
  async function meanwhile(work) {
    let isOver = false;
    const bad = [];
    let count = 0;
    const asking = (async () => {
      while (!isOver) {
        const { status } = await request(`${neighbour.url}/api/auth/get-session`).catch((error) => ({ status: error.message }));
        count += 1;
        if (status !== 200) bad.push(status);
      }
    })();
    try {
      await work();
    } finally {
      isOver = true;
      await asking;
    }
    assert.ok(count > 0);
    return bad;
  }

  /** The channels of the process to others than the launcher. */
  async function doorsOf(intruder) {
    const open = new Map(openFiles(intruder.pid).map(({ fd, target }) => [fd, target]));
    const found = await intruder.sockets();
    return found.filter(({ fd, type }) => type === SEQPACKET && open.get(fd) !== open.get(CHANNEL));
  }

  /** Sends this on the channel of the process and waits for its end; what the log said since. */
  async function takeOver(victim, [packet, options], fd = CHANNEL) {
    const before = kiavi.log().length;
    const intruder = new Intruder(victim.pid);
    try {
      const { sent, refused } = await intruder.send(fd, packet, options);
      assert.ok(sent > 0, `nothing was sent: ${refused}`);
      await until('it is ended', () => !alive(victim));
    } finally {
      await intruder.leave();
    }
    return () => kiavi.log().slice(before);
  }

  /** The engine of a tenant that is there for this test alone: too many alarms put a tenant into quarantine. */
  async function engineOf(slug) {
    const others = new Set(kiavi.role('engine').map(({ pid }) => pid));
    const tenant = await kiavi.createTenant(slug);
    assert.ok(await serves(tenant));
    const engine = await until('its engine is there', () => kiavi.role('engine').find(({ pid }) => !others.has(pid)));
    return { tenant, engine };
  }

  let count = 0;
  for (const [what, attack] of Object.entries({ ...BROKEN, ...OUT_OF_PLACE })) {
    test(`an engine that says ${what} is ended, and named in both logs`, async () => {
      count += 1;
      const { tenant, engine } = await engineOf(`victim${count}`);
      const others = kiavi.role('engine').filter(({ pid }) => pid !== engine.pid).map(({ pid }) => pid);
      let told;
      const bad = await meanwhile(async () => {
        told = await takeOver(engine, attack);
        assert.ok(await until('its tenant is served by another one', () => serves(tenant).catch(() => false)));
      });
      assert.deepEqual(bad, [], 'the neighbour noticed');
      for (const pid of others) assert.ok(kiavi.role('engine').some((one) => one.pid === pid), `engine ${pid} was ended, too`);
      await until('the alarm names it', () =>
        told().split('\n').some((line) => line.includes(tenant.id) && /protocol|stop talking/.test(line)));
      assert.match(told(), new RegExp(`an engine ended tenant=${tenant.id} reason="forbidden_call"`));
      const [event] = await until('its own log tells', async () => {
        const events = await kiavi.events(tenant.slug, 'engine.failed');
        return events.length > 0 && events;
      });
      assert.deepEqual([event.outcome, event.facts], ['failure', { reason: 'forbidden_call' }]);
      const { rows } = await control.query(
        `SELECT id, outcome, detail FROM audit_event WHERE type = 'engine.failed' AND subject = $1`, [tenant.id]);
      assert.deepEqual(rows, [{ id: event.id, outcome: 'failure', detail: event.facts }]);
    });
  }

  test('an engine that asks for connections to its database over and over gets as many as engines may have', async () => {
    const { tenant, engine } = await engineOf('hungry');
    const before = kiavi.log().length;
    const bad = await meanwhile(async () => {
      const intruder = new Intruder(engine.pid);
      try {
        await intruder.send(CHANNEL, message(1), { times: 60 });
      } finally {
        await intruder.leave();
      }
      await until('it is told', () => new RegExp(`asks for too many database connections tenant=${tenant.id}|an engine ended tenant=${tenant.id}`)
        .test(kiavi.log().slice(before)));
    });
    assert.deepEqual(bad, []);
    await until('its tenant is served', () => serves(tenant).catch(() => false));
  });

  test('five times in a row put a tenant into quarantine, and nobody else', async () => {
    const { tenant, engine } = await engineOf('stubborn');
    let victim = engine;
    for (let times = 1; times <= 5; times += 1) {
      const others = new Set(kiavi.role('engine').map(({ pid }) => pid));
      await takeOver(victim, BROKEN['what is no message']);
      if (times === 5) break;
      await until('another one serves', () => serves(tenant).catch(() => false));
      victim = await until('it is there', () => kiavi.role('engine').find(({ pid }) => !others.has(pid)));
    }
    assert.equal((await request(`${tenant.url}/api/auth/ok`)).status, 503);
    assert.ok(await serves(neighbour));
  });

  // Each once of each kind: five within ten minutes are the quarantine of a process that everybody needs.
  for (const role of ['gateway', 'outbound', 'auditor', 'control']) {
    for (const [what, attack] of Object.entries(BROKEN)) {
      test(`${role} that says ${what} is ended and named, and its successor does its work`, async () => {
        const [victim] = kiavi.role(role);
        const engines = kiavi.role('engine').map(({ pid }) => pid).sort();
        const told = await takeOver(victim, attack);
        await until('the alarm names it', () => told().includes(`a process broke its channel's protocol and is ended role="${role}"`));
        await until('there is another one', () => kiavi.role(role).some(({ pid }) => pid !== victim.pid));
        await until('everybody is served', () => serves(neighbour).catch(() => false));
        assert.deepEqual(kiavi.role('engine').map(({ pid }) => pid).sort(), engines, 'no engine was ended');
        // Mail leaves by outbound, and what happens is sealed by the auditor and cosigned by control.
        const visitor = new Visitor(neighbour.url, neighbour.mailbox);
        await until('people sign in', () => visitor.signInByCode(freshEmail()).then(() => true, () => false));
      });
    }
  }

  test('an engine\'s garbage at the doors of gateway and outbound closes that door, and no other tenant notices', async () => {
    const { tenant, engine } = await engineOf('rude');
    const services = ['gateway', 'outbound', 'control', 'auditor'].flatMap((role) => kiavi.role(role));
    const before = kiavi.log().length;
    const bad = await meanwhile(async () => {
      const intruder = new Intruder(engine.pid);
      try {
        const doors = await doorsOf(intruder);
        assert.ok(doors.length >= 2, JSON.stringify(doors));
        for (const { fd } of doors) {
          for (const [packet, options] of [[GARBAGE], [TOO_LARGE], [message(0, [0x01]), { fds: 3 }]]) await intruder.send(fd, packet, options);
        }
      } finally {
        await intruder.leave();
      }
      const alarm = (pattern) => until(`the log has ${pattern}`, () =>
        kiavi.log().slice(before).split('\n').some((line) => pattern.test(line) && line.includes(tenant.id)));
      await alarm(/broke the door's protocol/);
      await alarm(/broke the mail door's protocol/);
    });
    assert.deepEqual(bad, []);
    for (const one of services) assert.ok(alive(one), `${one.arguments} was ended`);
  });

  test('the gateway\'s garbage at doors closes them, and ends nobody', async () => {
    const { tenant } = await engineOf('reached');
    const [gateway] = kiavi.role('gateway');
    const others = () => ['control', 'auditor', 'outbound', 'engine'].flatMap((role) => kiavi.role(role).map(({ pid }) => pid));
    const before = others();
    const intruder = new Intruder(gateway.pid);
    try {
      for (const { fd } of await doorsOf(intruder)) await intruder.send(fd, GARBAGE);
    } finally {
      await intruder.leave();
    }
    for (const one of [tenant, neighbour]) await until(`${one.slug} is served`, () => serves(one).catch(() => false));
    await until('the log tells', () => kiavi.log().includes("the gateway broke the door's protocol"));
    assert.deepEqual(others(), before);
  });
});
