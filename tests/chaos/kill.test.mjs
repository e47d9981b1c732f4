// Processes are killed while people sign in. What was answered with 200 has happened, with its event;
// what was not answered did not happen by half; and everything comes back by itself.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { request } from '../lib/http.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { alive, inspect } from '../lib/processes.mjs';
import { Traffic } from '../lib/traffic.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

/** Each further kill of one role within a minute doubles the pause before its next start. */
const KILLS_PER_ROLE = 3;
const SIGN_INS_BETWEEN_KILLS = 8;
const RECOVERY_MS = 30_000;
const DEATH_MS = 10_000;
/** Longer than an engine may take to end. */
const STUCK_MS = 40_000;

describe('kill -9 in mid-traffic', { skip: kiaviMissing() }, () => {
  let kiavi;
  let tenant;
  before(async () => {
    kiavi = await startKiavi();
    tenant = kiavi.tenant();
  });
  after(() => kiavi?.dispose());

  const kill = ({ pid }) => process.kill(pid, 'SIGKILL');

  const moreSignIns = (traffic, count = SIGN_INS_BETWEEN_KILLS) => {
    const goal = traffic.signedIn.length + count;
    return until('people sign in again', () => traffic.signedIn.length >= goal, { within: RECOVERY_MS }).catch((error) => {
      throw new Error(`${error.message}\nfailures: ${traffic.failures.slice(-5).join('\n')}\n${kiavi.log().slice(-3000)}`);
    });
  };

  /** Every 200 has its row and its event; no row is without an event, and no event without a row. */
  async function assertCommitted({ signedIn }) {
    assert.ok(signedIn.length > 0);
    const sessions = await tenant.sql('select id, token, "userId" from session');
    const events = await tenant.events('session.created', ['--outcome', 'success']);
    const owners = new Map(sessions.map(({ token, userId }) => [token, userId]));
    const lost = signedIn.filter(({ token, userId }) => owners.get(token) !== userId);
    assert.deepEqual(lost, [], 'sign-ins that were answered and are not in the database');
    const rows = sessions.map(({ id, userId }) => `${id} of ${userId}`).sort();
    const told = events.map(({ facts, subject }) => `${facts.session} of ${subject}`).sort();
    assert.deepEqual(told, rows, 'each session has one event, and each event its session');
  }

  async function assertWorks() {
    const visitor = new Visitor(tenant.url, tenant.mailbox);
    await visitor.signInByCode(freshEmail());
    assert.ok(await visitor.session());
  }

  for (const role of ['engine', 'gateway', 'outbound', 'control', 'auditor']) {
    test(`the ${role}, ${KILLS_PER_ROLE} times`, async () => {
      const traffic = new Traffic(tenant);
      try {
        await moreSignIns(traffic);
        for (let i = 0; i < KILLS_PER_ROLE; i += 1) {
          const [victim] = await until(`there is a ${role}`, () => {
            const found = kiavi.role(role);
            return found.length > 0 && found;
          }, { within: RECOVERY_MS });
          kill(victim);
          await moreSignIns(traffic);
          assert.ok(!alive(victim));
        }
      } finally {
        await traffic.stop();
      }
      await assertCommitted(traffic);
      const back = await until(`there is a ${role} again`, () => kiavi.role(role)[0], { within: RECOVERY_MS });
      assert.ok(inspect(back.pid));
      await assertWorks();
    });
  }

  test('PostgreSQL', async () => {
    const traffic = new Traffic(tenant);
    try {
      await moreSignIns(traffic);
      kill(kiavi.postgres());
      await moreSignIns(traffic);
    } finally {
      await traffic.stop();
    }
    await assertCommitted(traffic);
    await assertWorks();
  });

  test('the launcher, and with it everything; twice', async () => {
    for (let round = 0; round < 2; round += 1) {
      const person = new Visitor(tenant.url, tenant.mailbox);
      await person.signInByCode(freshEmail());
      const traffic = new Traffic(tenant);
      let left;
      try {
        await moreSignIns(traffic);
        left = await kiavi.kill();
      } finally {
        await traffic.stop();
      }
      const own = left.filter(({ arguments: args }) => args.includes('role'));
      assert.ok(own.length > 0);
      await until('what it started has ended', () => !own.some(alive), { within: DEATH_MS });
      await kiavi.start();
      await assertCommitted(traffic);
      assert.ok(await person.session(), 'a session from before');
      await assertWorks();
    }
  });

  test('a start after that, and an orderly end, leave nothing behind', async () => {
    await kiavi.stop();
    await kiavi.start();
    await assertWorks();
    await kiavi.stop();
  });

  test('an engine that will not end when it should is ended', async () => {
    await kiavi.start();
    const before = new Set(kiavi.role('engine').map(({ pid }) => pid));
    const { url } = await kiavi.createTenant('stuck');
    assert.equal((await request(`${url}/api/auth/ok`)).status, 200);
    const engine = kiavi.role('engine').find(({ pid }) => !before.has(pid));
    process.kill(engine.pid, 'SIGSTOP');
    await kiavi.verb(['tenant', 'suspend', 'stuck']);
    await until('it is gone', () => !alive(engine), { within: STUCK_MS });
    await kiavi.stop();
  });

  test('a second instance on the same data folder is refused and harms nothing', async () => {
    await kiavi.start();
    const second = kiavi.verb(['dev', '--port', '0', '--isolation', 'rootless']);
    await assert.rejects(second, /another|running|in use/i);
    await assertWorks();
  });
});
