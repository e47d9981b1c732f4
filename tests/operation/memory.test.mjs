// An engine has the memory that the configuration gives its tenant. One that needs more is ended, and nothing else is.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ISOLATION, kiaviMissing } from '../lib/kiavi.mjs';
import { descendants } from '../lib/processes.mjs';
import { RawConnection } from '../lib/raw.mjs';
import { DOMAIN, Served } from '../lib/served.mjs';
import { until } from '../lib/wait.mjs';

const SHOP = `shop.${DOMAIN}`;
const GREEDY = `greedy.${DOMAIN}`;
const WITHIN_MS = 90_000;
/** Bodies that are not finished: all together twice what the tenant's engine may have. */
const REQUESTS = 1_100;
const BODY_BYTES = 60_000;

describe('memory of an engine', { skip: kiaviMissing() }, () => {
  const kiavi = new Served();
  before(async () => {
    await kiavi.start();
    await kiavi.verb(['tenant', 'create', 'shop', '--json']);
    const { id } = JSON.parse(await kiavi.verb(['tenant', 'create', 'greedy', '--json']));
    // A network's own limit would keep it from what only the kernel is to stop.
    await kiavi.verb(['settings', 'set', 'greedy', 'rate_limits.general=null']);
    kiavi.configure(`[engine.tenants.${id}]\nmemory_mb = 32\n`);
    process.kill(kiavi.pid, 'SIGHUP');
    await until('the configuration is in use', () => /every process was replaced/.test(kiavi.log()), { within: WITHIN_MS });
  });
  after(() => kiavi.dispose());

  const engine = async () => {
    const { engines } = JSON.parse(await kiavi.verb(['instance', 'processes', '--search', 'greedy', '--json']));
    return engines.find(({ slug }) => slug === 'greedy');
  };

  test('an engine that uses up its share is ended alone, and the reason is told everywhere', async (t) => {
    if (ISOLATION !== 'full' || /no control groups/.test(kiavi.log())) return t.skip('there are no control groups');
    const failed = 'kiavi_engines_failed_total{reason="out_of_memory"}';
    assert.equal(await kiavi.metric(failed), 0);
    assert.equal((await kiavi.ask(GREEDY, '/api/auth/ok')).status, 200);
    const answers = [];
    let isOver = false;
    const neighbour = (async () => {
      while (!isOver) answers.push(await kiavi.ask(SHOP, '/api/auth/get-session').catch(({ message }) => ({ status: message })));
    })();
    const open = [];
    try {
      const head = `POST /api/auth/sign-in/email-otp HTTP/1.1\r\nHost: ${GREEDY}\r\nContent-Type: application/json\r\nContent-Length: 64000\r\n\r\n`;
      await until('the kernel has ended it', async () => {
        for (let i = 0; i < REQUESTS; i += 1) {
          const connection = await RawConnection.open(kiavi.port);
          connection.write(head + 'x'.repeat(BODY_BYTES));
          open.push(connection);
        }
        return (await engine()).last_failure === 'out_of_memory';
      }, { within: WITHIN_MS });
    } finally {
      open.forEach((connection) => connection.close());
    }
    await until('it is counted', async () => (await kiavi.metric(failed)) >= 1);
    const line = kiavi.lines().find(({ reason }) => reason === 'out_of_memory');
    assert.ok(line?.tenant, 'it is in the log');
    const listed = ['audit', 'list', 'greedy', '--type', 'engine.failed', '--json'];
    const [event] = await until('its own log tells', async () => {
      const events = JSON.parse(await kiavi.verb(listed));
      return events.length > 0 && events;
    });
    assert.deepEqual([event.outcome, event.facts], ['failure', { reason: 'out_of_memory' }]);
    assert.deepEqual(JSON.parse(await kiavi.verb(listed.with(2, 'shop'))), [], 'its neighbour\'s does not');
    await until('it serves again', async () => (await kiavi.ask(GREEDY, '/api/auth/ok')).status === 200, { within: WITHIN_MS });
    isOver = true;
    await neighbour;
    assert.ok(answers.length > 0);
    assert.deepEqual(answers.filter(({ status }) => status !== 200), []);
  });

  test('each process is in a group of its own, health says so, and nothing of them is left behind', async (t) => {
    const output = await kiavi.verb(['instance', 'health', '--json']).catch(({ message }) => message.slice(message.indexOf('{')));
    const { detail } = JSON.parse(output).findings.find(({ check }) => check === 'isolation');
    if (ISOLATION !== 'full' || /no control groups/.test(kiavi.log())) {
      assert.match(detail, /rootless|no control groups/);
      return t.skip('there are no control groups');
    }
    assert.match(detail, /control groups \(version [12]\)/);
    await kiavi.ask(GREEDY, '/api/auth/ok');
    const { tenant, process: found } = await engine();
    const [group] = await until('it is in its group', () => groupsOf(found.pid, new RegExp(`/kiavi/[^/]+/engines/${tenant}$`)));
    const own = path.dirname(path.dirname(group));
    for (const role of ['gateway', 'control', 'outbound', 'auditor']) {
      assert.deepEqual(groupsOf(kiavi.role(role)[0].pid, new RegExp(`/kiavi/[^/]+/${role}$`)), [`${own}/${role}`]);
    }
    const postgres = kiavi.postgres();
    for (const { pid } of [postgres, ...descendants(postgres.pid)]) {
      assert.deepEqual(groupsOf(pid, /\/postgres$/), [`${own}/postgres`], 'every process of the server');
    }
    assert.ok(existsSync(group));
    await kiavi.stop();
    assert.ok(!existsSync(own), `${own} is left behind`);
  });

  /** The folders of a process's control groups that look like this; of the processor's controller, where each has its own. */
  function groupsOf(pid, pattern) {
    const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n').map((line) => line.split(':'));
    const folders = lines.filter(([, names]) => names === '' || names.split(',').includes('cpu'))
      .map(([, names, group]) => (names === '' ? `/sys/fs/cgroup${group}` : `/sys/fs/cgroup/cpu${group}`));
    const found = folders.filter((folder) => pattern.test(folder));
    return found.length > 0 && found;
  }
});
