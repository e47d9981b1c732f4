// Databases on a server that somebody else runs: what Kiavi needs there, what it refuses, and what tenants' roles reach.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Kiavi, kiaviMissing } from '../lib/kiavi.mjs';
import { PASSWORD, ROLE, startNetworkPostgres } from '../lib/network-postgres.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

const RECOVERY_MS = 30_000;

describe('databases on a server on a network', { skip: kiaviMissing() }, () => {
  let server;
  let kiavi;
  let shop;

  before(async () => {
    server = await startNetworkPostgres();
    kiavi = new Kiavi();
    await kiavi.start({ args: ['--postgres-url', server.url()] });
    shop = await kiavi.createTenant('shop');
  });
  after(async () => {
    await kiavi?.dispose();
    await server?.stop();
  });

  const signIn = async (tenant) => {
    const visitor = new Visitor(tenant.url, tenant.mailbox);
    await visitor.signInByCode(freshEmail());
    return visitor;
  };

  test('people sign in, and their sessions are checked', async () => {
    for (const tenant of [kiavi.tenant(), shop]) {
      const visitor = await signIn(tenant);
      assert.ok(await visitor.session());
    }
  });

  test('a second instance with the same URL does not start, and says who has the database', async () => {
    const second = new Kiavi();
    await assert.rejects(second.start({ args: ['--postgres-url', server.url()] }), /ended instead of getting ready/);
    const log = second.log();
    assert.match(log, /kiavi: the database "kiavi_control" is in use by "kiavi at [^"]+", connected as kiavi from/);
    assert.ok(log.includes(kiavi.data), 'the folder of the first');
    const [, session] = /pg_terminate_backend\((\d+)\)/.exec(log);
    assert.equal((await second.exited).code, 1);
    assert.deepEqual(second.leftBehind(), []);
    await second.dispose();

    // The first loses its claim, as by a network: it takes it again and goes on.
    await server.ask(`select pg_terminate_backend(${session})`);
    await until('it has claimed the database again', () => kiavi.log().includes('the claim on the database is back'));
    await kiavi.createTenant('claimed');
  });

  test('engines speak TLS, and the server knows no password but a verifier', async () => {
    await signIn(shop);
    const connections = await server.ask(
      `select usename, ssl from pg_stat_activity join pg_stat_ssl using (pid) where usename = '${shop.id}'`,
    );
    assert.ok(connections.length > 0);
    assert.ok(connections.every(({ ssl }) => ssl));
    const [{ verifier }] = await server.ask(`select rolpassword as verifier from pg_authid where rolname = '${shop.id}'`);
    assert.match(verifier, /^SCRAM-SHA-256\$4096:/);
  });

  test('no password is in the server\'s log, nor in an argument or the environment of a process', async () => {
    const log = server.log.join('');
    assert.match(log, /ALTER ROLE .* PASSWORD 'SCRAM-SHA-256\$/);
    for (const [, quoted] of log.matchAll(/PASSWORD '([^']*)'/g)) {
      assert.ok(quoted.startsWith('SCRAM-SHA-256$') || quoted === PASSWORD || quoted === 'stranger', quoted);
    }
    const shown = (pid, file) => {
      try {
        return readFileSync(`/proc/${pid}/${file}`, 'utf8');
      } catch {
        return ''; // of another account, or gone
      }
    };
    const all = kiavi.processes().map(({ pid }) => shown(pid, 'cmdline') + shown(pid, 'environ')).join('');
    assert.ok(!all.includes(PASSWORD) && !all.includes(encodeURIComponent(PASSWORD)));
  });

  test('the role needs no more than to make databases and roles', async () => {
    const [role] = await server.ask(`select rolsuper, rolreplication, rolbypassrls from pg_roles where rolname = '${ROLE}'`);
    assert.deepEqual(role, { rolsuper: false, rolreplication: false, rolbypassrls: false });
    const roles = await server.ask(
      `select rolname, rolcanlogin, rolconnlimit, rolcreatedb or rolcreaterole or rolsuper as is_more
       from pg_roles where rolname like '${shop.id}%' order by rolname`,
    );
    assert.deepEqual(roles, [
      { rolname: shop.id, rolcanlogin: true, rolconnlimit: 10, is_more: false },
      { rolname: `${shop.id}_owner`, rolcanlogin: false, rolconnlimit: -1, is_more: false },
    ]);
  });

  describe('a tenant\'s role', () => {
    let refused;
    let other;
    before(async () => {
      other = kiavi.tenant();
      // The password is the engine's alone, so this test takes the role over.
      await server.ask(`alter role "${shop.id}" password 'known'`);
      const ask = (text, database = shop.id) => server.askAs(shop.id, 'known', database, text);
      assert.deepEqual(await ask('select current_user::text as name'), [{ name: shop.id }]);
      refused = (text, database) => assert.rejects(ask(text, database), /permission denied|must be|not allowed|only roles/i, text);
    });

    test('cannot enter another tenant\'s database, nor the control plane\'s', async () => {
      for (const database of [other.id, 'kiavi_control']) await refused('select 1', database);
    });

    for (const text of [
      'create role intruder',
      'create database intruder',
      'create schema intruder',
      'create table public.intruder (x int)',
      'create temporary table intruder (x int)',
      'select rolname from pg_authid',
      `select pg_read_file('/etc/passwd')`,
      `copy (select 1) to program 'true'`,
      'select * from kiavi.audit_event for update',
      'delete from kiavi.audit_event',
      'drop table session',
      `alter system set work_mem = '1GB'`,
    ]) {
      test(`may not: ${text}`, () => refused(text));
    }

    test('may not become another role', async () => {
      for (const role of [`${shop.id}_owner`, other.id, `${other.id}_owner`, ROLE]) await refused(`set role "${role}"`);
    });
  });

  test('a rotated password replaces the one before, and people stay signed in', async () => {
    const visitor = await signIn(shop);
    const verifier = async () => {
      const [row] = await server.ask(`select rolpassword from pg_authid where rolname = '${shop.id}'`);
      return row.rolpassword;
    };
    const before = await verifier();
    await kiavi.verb(['tenant', 'rotate-password', 'shop']);
    assert.notEqual(await verifier(), before);
    assert.ok(await visitor.session());
    await signIn(shop);
  });

  test('a server that is restarted is found again', async () => {
    const visitor = await signIn(shop);
    await server.restart();
    assert.ok(await until('the session is checked again', () => visitor.session(), { within: RECOVERY_MS }));
    await signIn(shop);
    await server.halt();
    await assert.rejects(signIn(shop));
    await server.start();
    await until('people sign in again', () => signIn(shop), { within: RECOVERY_MS });
    const created = await kiavi.createTenant(`after${Date.now().toString(36)}`);
    await signIn(created);
  });

  test('an instance that is started again goes on where it was', async () => {
    const visitor = await signIn(shop);
    await kiavi.stop();
    await kiavi.start({ args: ['--postgres-url', server.url()] });
    assert.ok(await visitor.session());
  });

  test('its operator reaches a tenant\'s database and hands a tenant out', async () => {
    const url = ['--postgres-url', server.url()];
    const who = await kiavi.verb(['psql', ...url, 'shop', '-XAtc', 'select current_user, current_database()']);
    assert.equal(who.trim(), `${shop.id}_owner|${shop.id}`);
    const output = path.join(kiavi.dir, 'export');
    await kiavi.verb(['tenant', 'export', 'shop', '--output', output, ...url]);
    assert.match(readFileSync(path.join(output, 'database.sql'), 'utf8'), /COPY public\."user"/);
  });

  test('a destroyed tenant leaves nothing on the server', async () => {
    const gone = await kiavi.createTenant('gone');
    await signIn(gone);
    await kiavi.verb(['tenant', 'delete', 'gone', '--now', '--confirm', 'gone']);
    const left = await server.ask(
      `select rolname as name from pg_roles where rolname like '${gone.id}%'
       union all select datname from pg_database where datname = '${gone.id}'`,
    );
    assert.deepEqual(left, []);
  });

  test('there is no cluster in the data folder', () => {
    assert.equal(kiavi.postgres(), undefined);
    assert.throws(() => readFileSync(path.join(kiavi.data, 'postgres/conf/postgresql.conf')));
  });
});

describe('a server that cannot be trusted', { skip: kiaviMissing() }, () => {
  let server;
  before(async () => {
    server = await startNetworkPostgres();
  });
  after(() => server?.stop());

  /** What `kiavi doctor` says of the server behind this URL, and whether it is fit. */
  async function doctor(url) {
    const kiavi = new Kiavi();
    try {
      return await kiavi.verb(['doctor', '--postgres-url', url], { isOffline: true }).catch((error) => error.message);
    } finally {
      await kiavi.dispose();
    }
  }

  async function refuses(url, sentence) {
    const told = await doctor(url);
    assert.match(told, sentence);
    assert.match(told, /✗ Database server/);
    assert.ok(!told.includes(PASSWORD), told);
  }

  test('a good one is described, with what is missing there', async () => {
    const told = await doctor(server.url());
    assert.match(told, /PostgreSQL 1[5-9]/);
    assert.match(told, /TLSv1\.3/);
    assert.match(told, /round trip/);
    assert.match(told, /only a superuser could take these rights away/);
    assert.match(told, /REVOKE ALL ON DATABASE .*template1 FROM PUBLIC/);
    assert.match(told, /temp_file_limit/);
    assert.match(told, /log_statement/);
  });

  test('somebody between with a certificate for its name, who would read everything', async () => {
    const between = await server.interpose();
    try {
      await refuses(server.url({ port: between.port, database: 'postgres' }), /ends TLS with a certificate of their own/);
    } finally {
      between.close();
    }
  });
  test('another authority', () => refuses(server.url({ authority: server.stranger }), /name its authority's file as sslrootcert/));
  test('another name', () => refuses(server.url({ host: '127.0.0.1' }), /put the host that it names into the URL/));
  test('a wrong password', () => refuses(server.url({ password: 'wrong' }), /correct them in the URL/));
  test('a role that may not do enough', () => refuses(server.url({ user: 'stranger', password: 'stranger', database: 'postgres' }), /CREATEDB CREATEROLE/));
  test('a looser sslmode', () => refuses(server.url({ options: '&sslmode=prefer' }), /sslmode must be verify-full/));

  test('one that wants the password in clear, or none', async () => {
    for (const method of ['password', 'trust']) {
      server.admit(`local all owner trust\nhostssl all all 127.0.0.1/32 ${method}\nhostssl all all ::1/128 ${method}\n`);
      await server.restart();
      await refuses(server.url({ database: 'postgres' }), /does not ask for SCRAM/);
    }
  });

  test('one that lets nobody in from here', async () => {
    server.admit('local all owner trust\n');
    await server.restart();
    await refuses(server.url(), /pg_hba\.conf needs a line/);
  });

  test('one that speaks in clear only', async () => {
    server.admit('local all owner trust\nhost all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n');
    server.ssl = 'off';
    await server.restart();
    await refuses(server.url(), /does not speak TLS/);
  });

  test('an instance says it too, and gives nothing away', async () => {
    const kiavi = new Kiavi();
    try {
      const started = kiavi.start({ args: ['--postgres-url', server.url()] }).catch(() => {});
      await until('control says why', () => /does not speak TLS/.test(kiavi.log()), { within: RECOVERY_MS });
      kiavi.child.kill('SIGTERM');
      await kiavi.exited;
      await started;
      assert.ok(!kiavi.log().includes(PASSWORD));
    } finally {
      await kiavi.dispose();
    }
  });

  test('one that is not there', async () => {
    await server.halt();
    await refuses(server.url(), /cannot be reached/);
  });
});
