// The key that seals secrets on this machine: where it is, and how another one takes over.

import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Kiavi, kiaviMissing } from '../lib/kiavi.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

const PASSPHRASE = 'correct horse battery staple';

describe('the master key', { skip: kiaviMissing() }, () => {
  let folder;
  let kiavi;
  let person;
  const at = (name) => path.join(folder, name);
  /** A file with a section of the configuration. */
  const config = (masterKey) => {
    const file = at('vault.json');
    writeFileSync(file, JSON.stringify({ driver: 'sealed-files', master_key: masterKey }));
    return ['--vault-config', file];
  };
  const files = async () => JSON.parse(await kiavi.verb(['vault', 'status', '--json'])).files;
  const rotate = async (args = [], options) =>
    JSON.parse(await kiavi.verb(['vault', 'rotate-master-key', '--json', ...args], options));
  /** People are still signed in, so the secret is the one that it was. */
  const starts = async (options) => {
    await kiavi.start(options);
    assert.ok(await person.session());
    await kiavi.stop();
  };
  /** It ends, and says why. */
  const refuses = async (options, reason) => {
    const before = kiavi.log().length;
    await assert.rejects(kiavi.start(options), /ended instead of getting ready/);
    // Its last words may arrive after its end.
    await until('it has said why', () => reason.test(kiavi.log().slice(before)));
  };

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kv-key-'));
    kiavi = new Kiavi();
    await kiavi.start();
    person = new Visitor(kiavi.tenant().url, kiavi.mailbox);
    await person.signInByCode(freshEmail());
  });
  after(async () => {
    await kiavi?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is not changed while the instance runs', async () => {
    assert.equal(JSON.parse(await kiavi.verb(['vault', 'status', '--json'])).store.driver, 'sealed-files');
    assert.match(await kiavi.verb(['vault', 'status']), /sealed by master key [0-9a-f]{16}\./);
    await assert.rejects(rotate(), /in use: stop the instance first/);
    await kiavi.stop();
  });

  test('another one takes its place', async () => {
    const keyFile = path.join(kiavi.data, 'vault/master.key');
    const [key, { key: id, format }] = [readFileSync(keyFile), await files()];
    const owner = statSync(keyFile).uid;
    const { key: next, locks, has_moved: hasMoved } = await rotate();
    assert.equal(format, 2);
    assert.ok(locks > 0 && !hasMoved && next !== id);
    assert.deepEqual([(await files()).key, (await files()).successor], [next, null]);
    assert.notDeepEqual(readFileSync(keyFile), key);
    assert.equal(statSync(keyFile).mode & 0o777, 0o600);
    assert.equal(statSync(keyFile).uid, owner);
    assert.ok(!existsSync(`${keyFile}.new`));
    await starts();
  });

  test('it moves to a file elsewhere, which others must not read', async () => {
    const file = at('kiavi.key');
    const { has_moved: hasMoved } = await rotate(['--new-key', `file:${file}`]);
    assert.ok(hasMoved);
    await refuses({}, /master key is not the one of this vault/);
    await starts({ args: config({ file }) });
    chmodSync(file, 0o640);
    await refuses({ args: config({ file }) }, /readable by nobody else/);
    chmodSync(file, 0o600);
    const { key } = await files();
    assert.notEqual((await rotate(config({ file }))).key, key, 'and is replaced there');
    await starts({ args: config({ file }) });
  });

  test('a credential of the service manager', async () => {
    const file = at('kiavi.key');
    writeFileSync(at('kiavi-master'), `${readFileSync(file).toString('hex')}\n`);
    const args = config({ credential: 'kiavi-master' });
    await starts({ args, env: { CREDENTIALS_DIRECTORY: folder } });
    await refuses({ args }, /no credential kiavi-master/);
  });

  test('a passphrase', async () => {
    const old = config({ file: at('kiavi.key') });
    const by = ['--new-key', 'passphrase-fd:0'];
    await assert.rejects(rotate([...old, ...by], { input: 'too short\n' }), /at least 12 characters/);
    await rotate([...old, ...by], { input: `${PASSPHRASE}\n` });
    assert.ok((await files()).has_passphrase);
    const args = config({ passphrase: { fd: 0 } });
    await starts({ args, input: `${PASSPHRASE}\n` });
    await refuses({ args, input: 'another horse and battery' }, /not the one of this vault/);
    await rotate([...args, '--new-key', 'vault-folder'], { input: PASSPHRASE });
    await starts();
  });

  test('one that lies ready, and that no rotation knows of, goes', async () => {
    const file = path.join(kiavi.data, 'vault/master.key.new');
    writeFileSync(file, Buffer.alloc(32, 1), { mode: 0o600 });
    const { uid, gid } = statSync(path.dirname(file));
    chownSync(file, uid, gid);
    await starts();
    assert.ok(!existsSync(file));
  });
});
