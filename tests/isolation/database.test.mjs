// The database as one tenant's account sees it: its own and nothing else.

import assert from 'node:assert/strict';
import { closeSync, constants, openSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { ISOLATION, kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';

const reason =
  kiaviMissing() || (ISOLATION !== 'full' && 'only with full isolation do tenants have accounts of their own');

/** Linux's O_PATH, which Node does not name. */
const O_PATH = 0o10000000;

describe('a tenant\'s account at PostgreSQL', { skip: reason }, () => {
  let kiavi;
  let own;
  let other;
  let account;
  let folder;

  before(async () => {
    kiavi = await startKiavi();
    own = kiavi.tenant();
    other = await kiavi.createTenant('shop');
    for (const tenant of [own, other]) await new Visitor(tenant.url, tenant.mailbox).signInByCode(freshEmail());
    folder = openSync(kiavi.postgresSocketFolder, O_PATH | constants.O_DIRECTORY);
    account = await accountOf(own);
  });
  after(async () => {
    if (folder) closeSync(folder);
    await kiavi?.dispose();
  });

  /** The account whose engine may connect as this tenant's role. */
  async function accountOf(tenant) {
    const failures = [];
    for (const { uids } of kiavi.role('engine')) {
      const { error } = await ask('select 1', { account: uids[0], user: tenant.id, database: tenant.id });
      if (!error) return uids[0];
      failures.push(error);
    }
    throw new Error(`no engine's account reaches its own database, so nothing would be proved: ${failures.join('; ')}`);
  }

  /** Connects as the launcher does: through the folder's descriptor, under the account's uid. */
  async function ask(text, { account: uid = account, user = own.id, database = own.id } = {}) {
    const client = new pg.Client({ host: `/proc/self/fd/${folder}`, user, database });
    client.on('error', () => {}); // the server ends what it refuses
    try {
      process.setegid(uid);
      process.seteuid(uid);
      const connected = client.connect();
      process.seteuid(0);
      process.setegid(0);
      await connected;
      const { rows } = await client.query(text);
      return { rows };
    } catch (error) {
      return { error: error.message };
    } finally {
      process.seteuid(0);
      process.setegid(0);
      await client.end().catch(() => {});
    }
  }

  async function refused(text, options) {
    const { error, rows } = await ask(text, options);
    assert.ok(error, `${text} gave ${JSON.stringify(rows)}`);
    return error;
  }

  test('reaches its own database', async () => {
    assert.deepEqual(await ask('select current_user::text as name'), { rows: [{ name: own.id }] });
  });

  test('is refused at the other tenant\'s database, as itself and as the other', async () => {
    await refused('select 1', { database: other.id });
    await refused('select 1', { user: other.id, database: other.id });
    await refused('select 1', { user: other.id });
  });

  test('cannot tell an existing database from one that does not exist', async () => {
    const missing = `t${'0'.repeat(other.id.length - 1)}`;
    const existing = await refused('select 1', { database: other.id });
    const absent = await refused('select 1', { database: missing });
    assert.equal(existing.replaceAll(other.id, '<name>'), absent.replaceAll(missing, '<name>'));
  });

  test('is refused at the shared databases and as a superuser', async () => {
    for (const database of ['postgres', 'template1', 'template0']) await refused('select 1', { database });
    for (const user of ['kiavi_super', 'kiavi_control', 'postgres', 'root']) await refused('select 1', { user });
  });

  for (const text of [
    'select datname from pg_database',
    'select rolname from pg_roles',
    'select usename from pg_user',
    'select rolname from pg_authid',
    'select datname from pg_stat_activity',
    'select datname from pg_stat_database',
    `select pg_read_file('/etc/passwd')`,
    `copy (select 1) to program 'true'`,
    `copy (select 1) to '/tmp/kiavi-should-not-be-here'`,
    `select lo_import('/etc/passwd')`,
    'create role intruder',
    'create schema intruder',
    'create table intruder (x int)',
    'create table public.intruder (x int)',
    'create temporary table intruder (x int)',
    'create extension dblink',
    'checkpoint',
    'select * from kiavi.audit_event for update',
    'update kiavi.audit_subject set key = key',
    'delete from kiavi.audit_subject',
    `select kiavi.audit_forget('log:key')`,
    'update kiavi.audit_event set outcome = outcome',
    'delete from kiavi.audit_event',
    'truncate kiavi.audit_event',
    'drop table session',
    'alter table session disable trigger all',
    'set session authorization postgres',
    `alter system set work_mem = '1GB'`,
  ]) {
    test(`may not: ${text}`, () => refused(text));
  }

  test('may do what the engine has to', async () => {
    for (const text of ['select count(*) from "user"', 'select count(*) from session', 'select now()']) {
      assert.equal((await ask(text)).error, undefined, text);
    }
  });
});
