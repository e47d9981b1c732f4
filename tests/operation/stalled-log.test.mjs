// Whoever reads the instance's log may stand still, as a journal does whose disk is full. The instance must not.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { request } from '../lib/http.mjs';
import { Kiavi, kiaviMissing } from '../lib/kiavi.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

/** More lines than the pipe, the reader and the launcher have room for: some 1.5 MB. */
const LINES = 24_000;
const AT_ONCE = 32;

describe('a log that nobody reads', { skip: kiaviMissing() }, () => {
  const kiavi = new Kiavi();
  const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
  before(() => kiavi.start({ args: ['--requests', 'all'] }));
  after(async () => {
    agent.destroy();
    kiavi.child?.stderr.resume();
    await kiavi.dispose();
  });

  /** Reads no more, and has the instance log until nothing more can be kept. */
  async function stall() {
    const { stderr } = kiavi.child;
    stderr.removeAllListeners('data');
    stderr.unpipe();
    stderr.pause();
    const { url } = kiavi.tenant();
    let left = LINES;
    const asking = Array.from({ length: AT_ONCE }, async () => {
      for (; left > 0; left -= 1) await request(`${url}/api/auth/ok`, { agent });
    });
    await Promise.all(asking);
  }

  test('holds up nobody: a new tenant is made, its engine is started, and somebody signs in', async () => {
    await stall();
    const tenant = await kiavi.createTenant('later');
    const ada = new Visitor(tenant.url, kiavi.mailbox);
    await ada.signInByCode(freshEmail());
    assert.ok((await ada.session()).user);
    assert.equal(kiavi.role('engine').length, 2);
  });

  test('is told how many lines are not in it when somebody reads again', async () => {
    let text = '';
    kiavi.child.stderr.on('data', (part) => (text += part)).resume();
    const [, lost] = await until('what was lost is told', () => /lines of it are lost lost=(\d+)/.exec(text), { within: 30_000 });
    const told = text.split('\n').filter((line) => line.includes('/api/auth/ok') || line.includes('route="/ok"')).length;
    assert.ok(Number(lost) > 0);
    assert.ok(told > 0 && told < LINES, `${told} lines of requests are there`);
  });

  test('holds up no end', async () => {
    await stall();
    await kiavi.stop();
  });
});
