// The package on a machine with systemd, as docs/operations.md has an operator install it: what the units take away from the
// program it does without, and what they promise they do.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CookieJar, request } from '../lib/http.mjs';
import { KIAVI_BIN, kiaviMissing } from '../lib/kiavi.mjs';
import { bootMachine } from '../lib/machine.mjs';
import { MailServer } from '../lib/mail-server.mjs';
import { freePort } from '../lib/ports.mjs';
import { freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SHOP = 'shop.auth.test';
const DATA = '/var/lib/kiavi';
const ARCHIVES = '/var/lib/kiavi-backups';
/** What an operator is told at the first start, and nothing else is worth a warning. */
const HANDED_OUT = /is there: keep it and delete the file$/;

const cannot = kiaviMissing();
const { machine, reason } = cannot ? { reason: cannot } : await bootMachine();

describe('the package on a machine with systemd', { skip: reason }, () => {
  let mails;
  let port;
  const ada = { email: freshEmail(), jar: new CookieJar() };

  before(async () => {
    mails = await MailServer.start();
    [port, ada.monitor] = [await freePort(), await freePort()];
    process.env.DPKG_DEB_COMPRESSOR_TYPE = 'none'; // a program with debug information is large
    const made = execFileSync(path.join(ROOT, 'scripts/package'), ['--program', KIAVI_BIN, '--out', machine.folder], {
      encoding: 'utf8',
    });
    copyFileSync(path.resolve(ROOT, made.trim()), `/proc/${machine.init}/root/root/kiavi.deb`);
  });
  after(async () => {
    await mails?.stop();
    await machine?.stop();
  });

  const kiavi = (...verb) => machine.run('kiavi', ...verb);

  /** One request of a browser at the shop, as the edge passes it on. */
  async function ask(method, target, body) {
    const headers = { host: SHOP, cookie: ada.jar.header(), 'x-forwarded-for': '198.51.100.7' };
    if (body) Object.assign(headers, { origin: `https://${SHOP}`, 'content-type': 'application/json' });
    const url = `http://127.0.0.1:${port}/api/auth${target}`;
    const answer = await request(url, { method, headers, body: body && JSON.stringify(body) });
    ada.jar.store(answer);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
  }

  async function assertSignedIn() {
    assert.equal((await ask('GET', '/get-session'))?.user.email, ada.email);
  }

  /** Every process runs, and has from its first start on. */
  async function assertHealthy() {
    const { services } = JSON.parse(await kiavi('instance', 'processes', '--json'));
    const seen = services.map((one) => `${one.role} ${Boolean(one.process)} ${one.failures}`);
    assert.deepEqual(seen, ['launcher', 'postgres', 'gateway', 'control', 'outbound', 'auditor'].map((role) => `${role} true 0`));
    await kiavi('instance', 'health');
  }

  /** What the instance's processes have logged. */
  async function lines() {
    const journal = await machine.journal('kiavi.service');
    return journal.map(({ MESSAGE }) => MESSAGE).filter((text) => text.startsWith('{')).map((text) => JSON.parse(text));
  }

  test('it installs, and starts nothing before it is configured', async () => {
    await machine.run('dpkg', '--install', '/root/kiavi.deb');
    assert.equal(await machine.property('kiavi', 'ActiveState'), 'inactive');
    machine.write('/etc/resolv.conf', 'nameserver 127.0.0.1\n');
    const example = await machine.run('cat', '/etc/kiavi/kiavi.toml');
    const own = example
      .replaceAll('auth.example', 'auth.test')
      .replace('127.0.0.1:8080', `127.0.0.1:${port}`)
      .replace('127.0.0.1:9464', `127.0.0.1:${ada.monitor}`);
    assert.ok(own.includes(`:${port}"`) && own.includes(`:${ada.monitor}"`));
    machine.write('/etc/kiavi/kiavi.toml', own, 0o640);
    machine.write('/etc/kiavi/smtp-url', `${mails.url}\n`, 0o600);
    assert.match(await kiavi('serve', '--check'), /can be used/);
  });

  test('it starts, and every process runs', async () => {
    // Answers when the instance has said that it is ready.
    await machine.run('systemctl', 'enable', 'kiavi');
    await machine.control('start', 'kiavi');
    await assertHealthy();
    assert.match(await machine.run('cat', `${DATA}/first-management-key`), /\S/);
  });

  test('somebody signs in by mail', async () => {
    await kiavi('tenant', 'create', 'shop');
    await ask('POST', '/email-otp/send-verification-otp', { email: ada.email, type: 'sign-in' });
    await ask('POST', '/sign-in/email-otp', { email: ada.email, otp: await mails.nextCode(ada.email) });
    await assertSignedIn();
  });

  test('what isolates tenants is there and proved, of the engine that runs, too', async () => {
    const { report } = JSON.parse(await kiavi('prove', 'shop', '--json'));
    const others = report.checks.filter(({ outcome }) => !['held', 'not_applicable'].includes(outcome));
    assert.deepEqual(others, []);
    const group = report.checks.find(({ id }) => id === 'layer.namespaces');
    assert.ok(group.evidence.some((line) => line.startsWith('engine ')), group.evidence.join('\n'));
  });

  test('a reload has the program on the disk take over in the same process, and nobody is signed out', async () => {
    const pid = await machine.property('kiavi', 'MainPID');
    // What the package does when it is upgraded.
    await machine.run('dpkg', '--install', '/root/kiavi.deb');
    const isReplaced = async () => (await lines()).some(({ message }) => message === 'every process was replaced');
    await until('every process is replaced', isReplaced, { within: 60_000, every: 100 });
    assert.equal(await machine.property('kiavi', 'MainPID'), pid);
    await assertSignedIn();
    await assertHealthy();
  });

  test('nothing was refused to any process, and nobody complains', async () => {
    const bad = (await lines()).filter(({ level, message }) => ['WARN', 'ERROR'].includes(level) && !HANDED_OUT.test(message));
    assert.deepEqual(bad, []);
    assert.deepEqual((await lines()).filter(({ text }) => text !== undefined), [], 'what a panic or another program wrote');
  });

  test('a launcher that is killed is started again, and nobody is signed out', async () => {
    const pid = await machine.property('kiavi', 'MainPID');
    await machine.run('systemctl', 'kill', '--kill-whom=main', '--signal=KILL', 'kiavi');
    // Asked in this order: the one who was killed is said to run until systemd has noticed.
    const isBack = async () => {
      const isAnother = !['0', pid].includes(await machine.property('kiavi', 'MainPID'));
      return isAnother && (await machine.property('kiavi', 'SubState')) === 'running';
    };
    await until('it runs again', isBack, { within: 60_000, every: 100 });
    await assertSignedIn();
  });

  test('a launcher that stands still is ended by systemd and started again, and one that does not is left alone', async () => {
    const isRunning = async () => (await machine.property('kiavi', 'SubState')) === 'running';
    await machine.run('mkdir', '-p', '/run/systemd/system/kiavi.service.d');
    machine.write('/run/systemd/system/kiavi.service.d/impatient.conf', '[Service]\nWatchdogSec=4\n');
    await machine.run('systemctl', 'daemon-reload');
    await machine.control('restart', 'kiavi');
    const pid = await machine.property('kiavi', 'MainPID');
    // Signs come all the while: that of this moment is not the last one.
    const sign = () => machine.property('kiavi', 'WatchdogTimestampMonotonic');
    for (let last = await sign(), seen = 0; seen < 3; seen += 1) {
      await until('it gives a sign of life', async () => (await sign()) !== last, { within: 60_000, every: 100 });
      last = await sign();
    }
    assert.equal(await machine.property('kiavi', 'MainPID'), pid);
    await assertSignedIn();
    await machine.run('systemctl', 'kill', '--kill-whom=main', '--signal=STOP', 'kiavi');
    const isBack = async () => !['0', pid].includes(await machine.property('kiavi', 'MainPID')) && (await isRunning());
    await until('it runs again', isBack, { within: 60_000, every: 100 });
    const said = (await machine.journal('kiavi')).map(({ MESSAGE }) => MESSAGE).join('\n');
    assert.match(said, /Watchdog timeout/);
    await assertSignedIn();
    await machine.run('rm', '-r', '/run/systemd/system/kiavi.service.d');
    await machine.run('systemctl', 'daemon-reload');
    await machine.control('restart', 'kiavi');
    await assertHealthy();
  });

  test('the timer makes archives that can be restored, and who waits for orders stays', async () => {
    await machine.run('systemctl', 'enable', '--now', 'kiavi-backup.timer', 'kiavi-backup-watch');
    const minute = new Date(Date.now() - 60_000).toISOString().slice(11, 16);
    await kiavi('backup', 'schedule', '--to', ARCHIVES, '--at', minute);
    await machine.control('start', 'kiavi-backup.service');
    const archives = await machine.run('find', ARCHIVES, '-name', '*.kiavi', '!', '-name', '*.keys.kiavi');
    assert.equal(archives.trim().split('\n').length, 2, 'the shop\'s and the console\'s');
    const told = (await lines()).find(({ message }) => message === 'a backup run is over');
    assert.ok(told.process === 'control' && told.about && !told.tenant, JSON.stringify(told));
    await kiavi('backup', 'drill', 'shop', '--from', ARCHIVES);
    assert.equal(await machine.property('kiavi-backup-watch', 'ActiveState'), 'active');
    assert.equal(await machine.property('kiavi-backup-watch', 'NRestarts'), '0');
  });

  test('who publishes records in the DNS waits for them', async () => {
    machine.write('/etc/kiavi/publish-record', '#!/bin/sh\nexit 0\n', 0o755);
    await machine.run('systemctl', 'enable', '--now', 'kiavi-certificate-dns');
    assert.equal(await machine.property('kiavi-certificate-dns', 'ActiveState'), 'active');
  });

  test('it restarts and stops, and leaves no process', async () => {
    await machine.control('restart', 'kiavi');
    await assertSignedIn();
    await machine.run('systemctl', 'stop', 'kiavi', 'kiavi-backup-watch', 'kiavi-certificate-dns');
    assert.equal(await machine.property('kiavi', 'Result'), 'success');
    assert.doesNotMatch(await machine.run('ps', '-A', '-o', 'args'), /kiavi|postgres/);
  });

  test('nothing was refused to any other unit', async () => {
    for (const unit of ['kiavi-backup', 'kiavi-backup-watch', 'kiavi-certificate-dns']) {
      const said = (await machine.journal(unit)).map(({ MESSAGE }) => MESSAGE).join('\n');
      assert.doesNotMatch(said, /not permitted|denied|read-only/i);
    }
  });

  test('removing it ends its units and leaves the data', async () => {
    await machine.run('dpkg', '--remove', 'kiavi');
    assert.equal(await machine.run('sh', '-c', "systemctl list-units --no-legend 'kiavi*'"), '');
    assert.match(await machine.run('ls', DATA), /postgres/);
  });
});
