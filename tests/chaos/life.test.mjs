// Control and PostgreSQL are killed while twenty tenants are created, suspended, renamed and deleted by the command line.
// Whatever was asked for happens; nothing is left of what is gone; nobody is served by half.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { request } from '../lib/http.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Traffic } from '../lib/traffic.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

const TENANTS = 20;
const AT_ONCE = 5;
const KILLS = 3;
const CONVERGENCE_MS = 30_000;
const VERB_MS = 120_000;

/** What each tenant goes through, and what it is in the end; `name` is what it is called then. */
const LIVES = [
  { steps: ['suspend'], end: 'suspended' },
  { steps: ['suspend', 'resume'], end: 'running' },
  { steps: ['rename'], end: 'running' },
  { steps: ['delete'], end: 'deleted' },
  { steps: ['delete', 'undelete', 'rotate-secret'], end: 'running' },
  { steps: ['suspend', 'rename', 'resume', 'destroy'], end: 'gone' },
];

describe('tenants whose control plane and database are killed', { skip: kiaviMissing() }, () => {
  let kiavi;
  before(async () => (kiavi = await startKiavi()));
  after(() => kiavi?.dispose());

  /** A verb, again until it is done: its answer may be lost with the process that was to give it. */
  const insist = (args, isDone) =>
    until(
      `kiavi ${args.join(' ')}`,
      async () => {
        try {
          return (await kiavi.verb([...args, '--json'])) || true;
        } catch (error) {
          return (await isDone?.(error.message)) || false;
        }
      },
      { within: VERB_MS },
    );

  const tenants = async () => JSON.parse(await insist(['tenant', 'list']));
  const find = async (id) => (await tenants()).find((tenant) => tenant.id === id);

  async function live(number) {
    const { steps, end } = LIVES[number % LIVES.length];
    let name = `life-${number}`;
    await insist(['tenant', 'create', name], async () => (await tenants()).some(({ slug }) => slug === name));
    const { id } = (await tenants()).find(({ slug }) => slug === name);
    for (const step of steps) {
      if (step === 'rename') {
        const next = `${name}-renamed`;
        await insist(['tenant', 'rename', id, next], async () => (await find(id))?.slug === next);
        name = next;
      } else if (step === 'destroy') {
        await insist(['tenant', 'delete', id, '--now', '--confirm', name], async () => !(await find(id)));
      } else {
        await insist(['tenant', step, id]);
      }
    }
    return { id, name, end };
  }

  async function disturb(isOver) {
    for (let kill = 0; kill < KILLS && !isOver(); kill += 1) {
      const [control] = await until('there is a control', () => {
        const found = kiavi.role('control');
        return found.length > 0 && found;
      }, { within: CONVERGENCE_MS });
      const known = (await tenants()).length;
      process.kill(control.pid, 'SIGKILL');
      if (kill === 1) process.kill(kiavi.postgres().pid, 'SIGKILL');
      // Something is under way again.
      await until('work goes on', async () => isOver() || (await tenants()).length !== known, { within: VERB_MS });
    }
  }

  test('what was asked for happens', async () => {
    const numbers = [...Array(TENANTS).keys()];
    const lives = [];
    let isOver = false;
    const worker = async () => {
      for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) lives.push(await live(number));
    };
    const work = Promise.all(Array.from({ length: AT_ONCE }, worker)).finally(() => (isOver = true));
    await Promise.all([work, disturb(() => isOver)]);

    const settled = await until('all are where they should be', async () => {
      const list = await tenants();
      const isRight = ({ id, name, end }) => {
        const tenant = list.find((tenant) => tenant.id === id);
        return end === 'gone' ? !tenant : tenant?.state === end && tenant.slug === name && !tenant.last_error;
      };
      return lives.every(isRight) && list;
    }, { within: CONVERGENCE_MS }).catch(async (error) => {
      throw new Error(`${error.message}\n${JSON.stringify(await tenants())}\n${JSON.stringify(lives)}\n${kiavi.log().slice(-4000)}`);
    });
    assert.equal(settled.length, 1 + lives.filter(({ end }) => end !== 'gone').length, 'and the demo');

    for (const { id, name, end } of lives) {
      const url = end === 'gone' ? kiavi.tenant().url.replace('demo', name) : settled.find((tenant) => tenant.id === id).url;
      const answer = await request(`${url}/api/auth/ok`);
      const expected = { running: 200, suspended: 503, deleted: 503, gone: 404 }[end];
      assert.equal(answer.status, expected, `${name} is ${end}`);
      if (expected === 503) assert.equal(JSON.parse(answer.text).code, 'TENANT_SUSPENDED');
    }
    const { orphans } = JSON.parse(await kiavi.verb(['tenant', 'orphans', '--json']));
    assert.deepEqual(orphans, []);
    // An engine that is replaced or suspended finishes what it has, and ends.
    const most = 1 + lives.filter(({ end }) => end === 'running').length;
    await until('nobody runs who should not', () => kiavi.role('engine').length <= most, { within: CONVERGENCE_MS });
  });

  test('a former name leads to the new one, with path, query and method', async () => {
    const renamed = (await tenants()).find(({ slug }) => slug.endsWith('-renamed'));
    const old = renamed.url.replace('-renamed', '');
    const answer = await request(`${old}/sign-in?a=b%20c`);
    assert.equal(answer.status, 308);
    assert.equal(answer.headers.location, `${renamed.url}/sign-in?a=b%20c`);
    assert.equal(answer.headers['cache-control'], 'no-store');
    const posted = await request(`${old}/api/auth/sign-out`, { method: 'POST' });
    assert.equal(posted.status, 308);
  });

  test('a page of a suspended tenant is calm, and its visitors lose nothing', async () => {
    const suspended = (await tenants()).find(({ state }) => state === 'suspended');
    const page = await request(`${suspended.url}/sign-in`);
    assert.equal(page.status, 503);
    assert.match(page.headers['content-type'], /^text\/html/);
    assert.match(page.text, /Nothing of yours is lost/);
  });

  test('a rotation loses no request and signs nobody out; a retirement ends what came before', async () => {
    const tenant = kiavi.tenant();
    const before = new Visitor(tenant.url, tenant.mailbox);
    await before.signInByCode(freshEmail());
    const traffic = new Traffic(tenant);
    const more = () => {
      const goal = traffic.signedIn.length + 8;
      return until('people sign in', () => traffic.signedIn.length >= goal, { within: CONVERGENCE_MS });
    };
    await more();
    await kiavi.verb(['tenant', 'rotate-secret', 'demo']);
    await more();
    await traffic.stop();
    assert.deepEqual(traffic.failures, []);
    assert.ok(await before.session(), 'a cookie that the old secret signed');
    const after = new Visitor(tenant.url, tenant.mailbox);
    await after.signInByCode(freshEmail());
    await kiavi.verb(['tenant', 'retire-secret', 'demo']);
    assert.equal(await before.session(), null);
    assert.ok(await after.session());
    const events = await tenant.sql("select type from kiavi.audit_event where type like 'tenant.%' order by at");
    assert.deepEqual(events.map(({ type }) => type), ['tenant.secret_rotated', 'tenant.secret_retired']);
  });
});
