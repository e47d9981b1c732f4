// A tenant into an archive and out of it again, by the command line: at the instance that made it and at another one; in a
// folder and at a store; whole or not at all, whatever breaks.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SoftAuthenticator } from '../lib/authenticator.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { S3Store } from '../lib/s3-store.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

const IDENTITY = 'AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX';
const RECIPIENT = 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj';
const CROWD = 60_000;
/** For what drops databases, which waits for the disk. */
const SLOW = { within: 150_000 };

/** The files below a folder, by their paths in it. */
const filesIn = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
        .sort()
    : [];

describe('archives of tenants', { skip: kiaviMissing() }, () => {
  let here;
  let there;
  let folder;
  let shop;
  let ada;
  let device;
  let browser;

  const at = (kiavi, slug, jar) => {
    const url = new URL(kiavi.consoleUrl);
    url.hostname = `${slug}.localhost`;
    return new Visitor(url.origin, kiavi.mailbox, jar && { jar });
  };
  const place = (name) => path.join(folder, name);
  const json = async (kiavi, args, options) => JSON.parse(await kiavi.verb([...args, '--json'], options));
  const create = (to, ...args) => json(here, ['backup', 'create', 'shop', '--to', to, ...args]);
  const rejects = (promise, code, pattern) =>
    assert.rejects(promise, (error) => {
      assert.match(error.message, new RegExp(`ended with ${code}`));
      if (pattern) assert.match(error.message, pattern);
      return true;
    });

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kv-backup-'));
    writeFileSync(place('identity'), `# of the tests\n${IDENTITY}\n`);
    [here, there] = await Promise.all([startKiavi(), startKiavi()]);
    shop = await here.createTenant('shop');
    browser = at(here, 'shop');
    ada = freshEmail();
    await browser.signInByCode(ada);
    device = new SoftAuthenticator({ algorithm: 'ES256' });
    await browser.addPasskey(device);
  });
  after(async () => {
    await here?.dispose();
    await there?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  test('an archive is made while people sign in, and is whole', async () => {
    let isOver = false;
    const signingIn = (async () => {
      while (!isOver) await at(here, 'shop').signInByCode(freshEmail());
    })();
    const before = await here.sql('shop', 'select count(*)::int as users from "user"');
    const archives = [];
    for (let round = 0; round < 4; round += 1) {
      const { archives: [made] } = await create(place('busy'));
      archives.push(made.name);
    }
    isOver = true;
    await signingIn;
    const after = await here.sql('shop', 'select count(*)::int as users from "user"');
    let last = before[0].users;
    for (const name of archives) {
      const told = await json(here, ['backup', 'verify', place(`busy/${name}`)]);
      const { 'public.user': users, 'public.session': sessions } = told.tables;
      assert.ok(users.rows >= last && users.rows <= after[0].users, `${users.rows} users`);
      // Each of them has signed in once, Ada too: a snapshot has both or neither.
      assert.equal(sessions.rows, users.rows);
      last = users.rows;
      assert.equal(told.tables['public.verification'], undefined, 'codes stay behind');
      assert.equal(statSync(place(`busy/${name}`)).mode & 0o777, 0o600);
    }
    const content = readFileSync(place(`busy/${archives[0]}`));
    assert.ok(content.subarray(0, 22).equals(Buffer.from('age-encryption.org/v1\n')));
    assert.ok(!content.includes(ada));
  });

  test('another instance has it with the operator identity: passkey and session work there', async () => {
    const { archives: [made] } = await create(place('moved'), '--recipient', RECIPIENT);
    const archive = place(`moved/${made.name}`);
    await rejects(there.verb(['restore', archive, '--as', 'shop']), 3, /not here, or was destroyed/);
    const identity = ['--identity', place('identity')];
    const trial = await json(there, ['restore', archive, '--as', 'shop', '--dry-run', ...identity]);
    assert.equal(trial.dry_run, true);
    await rejects(there.verb(['tenant', 'show', 'shop']), 3);

    const restored = await json(there, ['restore', archive, '--as', 'shop', '--keep-sessions', ...identity]);
    assert.equal(restored.running, true);
    assert.equal(restored.rows['public.passkey'], 1);
    const known = await browser.session();
    const same = await at(there, 'shop', browser.jar.copy()).session();
    assert.equal(same.user.id, known.user.id);
    assert.equal((await at(there, 'shop').signInByPasskey(device)).user.email, ada);
    assert.equal((await at(there, 'shop').signInByCode(ada)).user.id, known.user.id);
    const events = await there.events('shop', 'tenant.restored');
    assert.deepEqual([events.length, events[0].actor, events[0].facts.archive.tenant], [1, 'operator:local', shop.id]);
    await rejects(there.verb(['restore', archive, '--as', 'shop', ...identity]), 4);
  });

  test('age itself reads an archive', { skip: !hasAge() && 'age is not installed' }, async () => {
    const { archives: [made] } = await create(place('age'), '--recipient', RECIPIENT);
    const plain = execFileSync('age', ['-d', '-i', place('identity'), place(`age/${made.name}`)]);
    assert.equal(plain.readUInt32LE(0), 0xfd2fb528, 'Zstandard (RFC 8878 §3.1.1)');
  });

  test('what comes back by default is not who was signed in, and revoked stays revoked', async () => {
    const { archives: [made] } = await create(place('copy'));
    const restored = await json(here, ['restore', place(`copy/${made.name}`), '--as', 'copy', '--without-api-keys']);
    assert.ok(restored.left['public.session'] > 0);
    assert.equal('public.apikey' in restored.left, true);
    assert.ok(restored.warnings.some((warning) => warning.includes('Passkeys were made for shop.localhost')));
    const [{ sessions }] = await here.sql('copy', 'select count(*)::int as sessions from session');
    assert.equal(sessions, 0);
    assert.equal(await at(here, 'copy', browser.jar.copy()).session(), null);
    assert.equal((await at(here, 'copy').signInByCode(ada)).user.email, ada);
  });

  test('a flipped byte or a missing end is refused before anything is made', async () => {
    const { archives: [made] } = await create(place('damaged'));
    const file = place(`damaged/${made.name}`);
    const whole = readFileSync(file);
    const header = whole.indexOf('\n--- ');
    const damages = [
      ...[30, header - 4, header + 8, header + 60, whole.length >> 1, whole.length - 1].map((index) => {
        const bytes = Buffer.from(whole);
        bytes[index] ^= 1;
        return bytes;
      }),
      whole.subarray(0, whole.length - 1),
      whole.subarray(0, whole.length >> 1),
      whole.subarray(0, 40),
      Buffer.concat([whole, Buffer.from('x')]),
    ];
    for (const [index, bytes] of damages.entries()) {
      writeFileSync(file, bytes);
      for (const args of [['backup', 'verify', file], ['restore', file, '--as', 'broken']]) {
        await assert.rejects(here.verb(args), /ended with [123]/, `damage ${index}`);
      }
    }
    await rejects(here.verb(['tenant', 'show', 'broken']), 3);
    const log = here.log();
    assert.ok(!log.includes('an import came to nothing'), 'nothing was begun');
  });

  test('a drill restores, signs in and leaves nothing', async () => {
    await create(place('drilled'));
    const tenants = await json(here, ['tenant', 'list']);
    const tried = await json(here, ['backup', 'drill', 'shop', '--from', place('drilled')], SLOW);
    assert.deepEqual([tried.signed_in, tried.removed], [true, true]);
    assert.ok(tried.rows > 3);
    assert.deepEqual((await json(here, ['tenant', 'list'])).map(({ id }) => id), tenants.map(({ id }) => id));
    assert.deepEqual((await json(here, ['tenant', 'orphans'])).orphans, []);
    const [run] = await json(here, ['backup', 'list', 'shop']);
    assert.deepEqual([run.kind, run.succeeded, run.detail.signed_in], ['drill', true, true]);
  });

  test('the schedule makes, keeps, tries and tells', async () => {
    const to = place('scheduled');
    const set = ['backup', 'schedule', '--to', to, '--at', '00:00', '--keep-daily', '1', '--keep-weekly', '0'];
    await here.verb([...set, '--keep-monthly', '0', '--recipient', RECIPIENT]);
    const done = await json(here, ['backup', 'run'], SLOW);
    const tenants = [...(await json(here, ['tenant', 'list'])), { slug: 'console' }];
    assert.equal(done.made.length, tenants.length + 1, 'and the instance itself');
    assert.equal(done.tried.length, tenants.length + 1);
    assert.match(await here.verb(['doctor']).catch(({ message }) => message), /✓ Backups/);
    assert.deepEqual((await json(here, ['backup', 'run'])).made, [], 'nothing is due');
    // One more of the same day: the older goes. What is not ours stays.
    writeFileSync(path.join(to, shop.id, 'notes.txt'), 'not an archive');
    await create(to);
    const { removed } = await json(here, ['backup', 'run']);
    // With each archive goes the file of the keys of persons.
    assert.deepEqual(removed.map((name) => name.endsWith('.keys.kiavi')).sort(), [false, true]);
    assert.equal(filesIn(path.join(to, shop.id)).filter((name) => name.endsWith('.kiavi')).length, 2);
    assert.ok(existsSync(path.join(to, shop.id, 'notes.txt')));
    const kept = await json(here, ['backup', 'list', 'shop', '--from', to]);
    assert.deepEqual(kept.map(({ part }) => part).sort(), ['data', 'person_keys']);
    await here.verb(['backup', 'schedule', '--off']);
    assert.match(await here.verb(['doctor']).catch(({ message }) => message), /! Backups/);
  });

  test('a store takes, lists, gives back and loses nothing', async () => {
    const store = await S3Store.start();
    try {
      const run = (kiavi, ...args) => json(kiavi, args, { env: store.env, ...SLOW });
      const to = 's3://bucket/some/where';
      const { archives: [made] } = await run(here, 'backup', 'create', 'shop', '--to', to, '--recipient', RECIPIENT);
      const keys = made.name.replace(/\.kiavi$/, '.keys.kiavi');
      const stored = [keys, made.name].map((name) => `/bucket/some/where/${name}`);
      assert.deepEqual([...store.objects.keys()].sort(), stored);
      const listed = await run(here, 'backup', 'list', '--from', to);
      assert.deepEqual(listed.map(({ name }) => name).sort(), [keys, made.name]);
      assert.equal(listed[0].bytes + listed[1].bytes, made.bytes);
      assert.equal((await run(here, 'backup', 'verify', `${to}/${made.name}`)).tenant.slug, 'shop');
      assert.equal((await run(here, 'backup', 'drill', 'shop', '--from', to)).signed_in, true);
      const args = ['restore', `${to}/${made.name}`, '--as', 'from-store', '--identity', place('identity')];
      assert.equal((await run(there, ...args)).running, true);

      // The credentials may be in a file.
      writeFileSync(place('s3.env'), Object.entries(store.env).map((pair) => pair.join('=')).join('\n'));
      const again = ['backup', 'list', '--from', to, '--credentials', place('s3.env')];
      assert.equal((await json(here, again)).length, 2);
      const wrong = { ...store.env, AWS_SECRET_ACCESS_KEY: 'wrong' };
      await rejects(here.verb(['backup', 'list', '--from', to], { env: wrong }), 1);

      store.refusals = 100;
      await rejects(here.verb(['backup', 'create', 'shop', '--to', to], { env: store.env }), 1);
      assert.equal(store.objects.size, 2, 'no half archive');
      const [failed] = await json(here, ['backup', 'list', 'shop']);
      assert.deepEqual([failed.kind, failed.succeeded], ['backup', false]);
    } finally {
      await store.stop();
    }
  });

  test('export and import of an archive are the same archive', async () => {
    const file = place('shop.archive');
    await rejects(here.verb(['tenant', 'export', 'shop', '--archive', file]), 2, /recipient/);
    const exported = await json(here, ['tenant', 'export', 'shop', '--archive', file, '--recipient', RECIPIENT]);
    assert.ok(exported.rows > 3);
    const args = ['tenant', 'import', 'imported', '--archive', file, '--identity', place('identity')];
    const imported = await json(there, args);
    const [{ sessions }] = await there.sql('imported', 'select count(*)::int as sessions from session');
    assert.equal(imported.rows['public.session'], sessions);
  });

  describe('with many people', () => {
    before(() =>
      here.sql(
        'shop',
        `insert into "user" (id, name, email, "emailVerified")
         select 'u' || n, md5(random()::text), md5(random()::text) || '@example.com', true
         from generate_series(1, ${CROWD}) n`,
      ),
    );

    test('a backup that is killed leaves no half archive', async () => {
      const to = place('killed');
      const child = spawn(here.program, ['backup', 'create', 'shop', '--to', to, '--data', here.data]);
      await until('it has begun to write', () => filesIn(to).length > 0, { every: 1 });
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
      assert.ok(filesIn(to).every((name) => name.endsWith('.unfinished')), filesIn(to).join());
      assert.deepEqual(await json(here, ['backup', 'list', '--from', to]), []);
      const { archives: [made] } = await create(to);
      assert.ok(made.rows > CROWD);
      assert.ok((await json(here, ['backup', 'verify', path.join(to, made.name)])).tables['public.user'].rows > CROWD);
    });

    test('a full disk leaves no half archive', { skip: process.getuid() !== 0 && 'needs root' }, async () => {
      const small = place('small');
      mkdirSync(small);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', small]);
      try {
        await rejects(here.verb(['backup', 'create', 'shop', '--to', small]), 1, /No space left/);
        assert.deepEqual(filesIn(small), []);
      } finally {
        execFileSync('umount', [small]);
      }
    });

    test('many people come back', async () => {
      const { archives: [made] } = await create(place('many'), '--recipient', RECIPIENT);
      const args = ['restore', place(`many/${made.name}`), '--as', 'many', '--identity', place('identity')];
      const restored = await json(there, args);
      assert.ok(restored.rows['public.user'] > CROWD);
    });
  });
});

function hasAge() {
  try {
    execFileSync('age', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
