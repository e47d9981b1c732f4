// `kiavi tenant create` while the secret store is away: it waits, says for what, and goes on where the instance goes on.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { until } from '../lib/wait.mjs';

/** The instance pauses up to 32 s after five failures. */
const RECOVERY_MS = 60_000;

describe('creating a tenant while the secret store is away', { skip: kiaviMissing() }, () => {
  let kiavi;
  let locks;
  before(async () => {
    kiavi = await startKiavi({ args: ['--spares', '0'] });
    locks = path.join(kiavi.data, 'vault/locks');
  });
  after(() => kiavi?.dispose());

  // A file is where the folder of the sealed files' locks should be.
  const takeAway = () => {
    renameSync(locks, `${locks}-away`);
    writeFileSync(locks, '');
  };
  const giveBack = () => {
    rmSync(locks);
    renameSync(`${locks}-away`, locks);
  };
  const away = async (run) => {
    takeAway();
    try {
      return await run();
    } finally {
      giveBack();
    }
  };
  /** A command that goes on: what it says, and how it ends. */
  const started = (...args) => {
    const told = { stderr: '', stdout: '' };
    const child = execFile(kiavi.program, ['tenant', 'create', ...args, '--data', kiavi.data]);
    child.stderr.on('data', (text) => (told.stderr += text));
    child.stdout.on('data', (text) => (told.stdout += text));
    const ended = once(child, 'exit').then(([code, signal]) => code ?? signal);
    return { child, told, ended };
  };
  const state = async (tenant) => JSON.parse(await kiavi.verb(['tenant', 'show', tenant, '--json'])).state;
  const waits = ({ told }, name) =>
    until(`${name} waits`, () => told.stderr.includes(`${name}: waiting for the secret store, tried again in `));
  const runs = (tenant) => until(`${tenant} runs`, async () => (await state(tenant)) === 'running', { within: RECOVERY_MS });

  test('waits until it is back, and is done', { timeout: RECOVERY_MS * 2 }, async () => {
    const creating = await away(async () => {
      const creating = started('one', 'two', 'three', 'four', 'five', '--json');
      for (const name of ['one', 'two', 'three', 'four']) await waits(creating, name);
      assert.equal(creating.told.stdout, '');
      return creating;
    });
    assert.equal(await creating.ended, 0, creating.told.stderr);
    const made = creating.told.stdout.trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(made.map(({ slug }) => slug).sort(), ['five', 'four', 'one', 'three', 'two']);
    assert.ok(made.every(({ url }) => url));
    for (const { slug } of made) assert.equal(await state(slug), 'running');
  });

  test('waits no longer than it is told, and says how to look again', { timeout: RECOVERY_MS * 2 }, async () => {
    await away(async () => {
      const creating = started('late', '--timeout', '3');
      assert.equal(await creating.ended, 1);
      assert.match(creating.told.stderr, /not done in time\. [^]*kiavi tenant show late tells how far it is/);
      assert.equal(await state('late'), 'failed');
    });
    await runs('late');
  });

  test('ends at Ctrl-C, and the tenant is made all the same', { timeout: RECOVERY_MS * 2 }, async () => {
    await away(async () => {
      const creating = started('left');
      await waits(creating, 'left');
      creating.child.kill('SIGINT');
      assert.equal(await creating.ended, 1);
      assert.match(creating.told.stderr, /Interrupted\. It goes on being made: kiavi tenant show left/);
    });
    await runs('left');
  });

  test('need not be waited for', { timeout: RECOVERY_MS * 2 }, async () => {
    await away(async () => {
      const creating = started('soon', '--no-wait');
      assert.equal(await creating.ended, 0);
      assert.match(creating.told.stdout, /^soon will run at http:\/\/soon\.localhost:\d+\./);
    });
    await runs('soon');
  });
});
