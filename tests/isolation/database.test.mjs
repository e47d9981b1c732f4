// The database as one tenant's account sees it: its own and nothing else.

import assert from 'node:assert/strict';
import { closeSync, constants, openSync } from 'node:fs';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { request } from '../lib/http.mjs';
import { ISOLATION, kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

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
    `copy session from program 'true'`,
    `copy session from '/etc/passwd'`,
    `load 'dblink'`,
    'create publication intruder for all tables',
    `select pg_create_physical_replication_slot('intruder')`,
    `select pg_logical_emit_message(false, 'intruder', 'fill the log')`,
    'select lo_create(0)',
    'select pg_terminate_backend(1)',
    `begin; prepare transaction 'intruder'`,
    'set role kiavi_control',
  ]) {
    test(`may not: ${text}`, () => refused(text));
  }

  /** A connection of the account's own, on which the protocol is spoken byte by byte (PostgreSQL manual §55). */
  class Wire {
    answers = [];

    constructor(parameters = {}) {
      process.setegid(account);
      process.seteuid(account);
      this.socket = net.connect(`/proc/self/fd/${folder}/.s.PGSQL.5432`);
      process.seteuid(0);
      process.setegid(0);
      let bytes = Buffer.alloc(0);
      this.socket.on('error', () => {}).on('close', () => (this.isClosed = true));
      this.socket.on('data', (more) => {
        for (bytes = Buffer.concat([bytes, more]); bytes.length >= 5 && bytes.length > bytes.readInt32BE(1); ) {
          const length = 1 + bytes.readInt32BE(1);
          this.answers.push({ kind: String.fromCharCode(bytes[0]), body: bytes.subarray(5, length) });
          bytes = bytes.subarray(length);
        }
      });
      const said = Object.entries({ user: own.id, database: own.id, ...parameters }).flat();
      this.#write(int32(196_608), Buffer.from(`${said.join('\0')}\0\0`));
    }

    #write(...parts) {
      const body = Buffer.concat(parts);
      this.socket.write(Buffer.concat([int32(4 + body.length), body]));
    }

    say(kind, ...parts) {
      this.socket.write(kind);
      this.#write(...parts);
    }

    /** Whether the server is waiting for what comes next. */
    get isReady() {
      return this.answers.at(-1)?.kind === 'Z';
    }

    async ready() {
      await until('the server is ready', () => this.isReady);
      return this;
    }

    /** The code of the next refusal. */
    async refusal() {
      const error = await until('it is refused', () => this.answers.find(({ kind }) => kind === 'E') ?? this.isReady);
      return /\0C(\w{5})\0/.exec(`\0${error.body ?? ''}`)?.[1];
    }
  }

  const int32 = (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const INSUFFICIENT_PRIVILEGE = '42501';

  test('may not: replicate, or be somebody else from the first message on', async () => {
    for (const parameters of [
      { replication: 'database' },
      { replication: 'true' },
      { options: `-c role=${other.id}` },
      { options: `-c session_authorization=${other.id}` },
    ]) {
      const wire = new Wire(parameters);
      assert.ok(await wire.refusal(), JSON.stringify(parameters));
      wire.socket.destroy();
    }
  });

  test('may not: call what it may not ask for, by the message that calls a function', async () => {
    const text = (value) => Buffer.concat([int32(value.length), Buffer.from(value)]);
    // Object ids of functions that every PostgreSQL has (pg_proc.dat).
    const calls = { 'pg_read_file(text)': [3826, text('/etc/passwd')], 'lo_import(text)': [764, text('/etc/passwd')], 'lo_creat(int)': [957, text('-1')] };
    for (const [name, [id, argument]] of Object.entries(calls)) {
      const wire = await new Wire().ready();
      wire.answers = [];
      wire.say('F', int32(id), Buffer.from([0, 0, 0, 1]), argument, Buffer.from([0, 0]));
      assert.equal(await wire.refusal(), INSUFFICIENT_PRIVILEGE, name);
      wire.socket.destroy();
    }
  });

  test('may not: end what somebody else asks for by guessing', async () => {
    const [holder, waiter] = [0, 1].map(() => new pg.Client(kiavi.databaseOf(other)));
    await Promise.all([holder.connect(), waiter.connect()]);
    await holder.query('select pg_advisory_lock(1)');
    const waiting = waiter.query('select pg_advisory_lock(1)');
    for (let guess = 0; guess < 100; guess += 1) {
      // CancelRequest (PostgreSQL manual §55.7): whose, and the secret of that connection.
      const request = Buffer.concat([int32(16), int32(80_877_102), int32(waiter.processID), int32((guess * 42_949_673) >>> 0)]);
      const socket = net.connect(`/proc/self/fd/${folder}/.s.PGSQL.5432`).on('error', () => {});
      socket.end(request);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    await holder.query('select pg_advisory_unlock(1)');
    await waiting;
    await Promise.all([holder.end(), waiter.end()]);
  });

  test('a message without an end, or of a kind that there is not, ends its connection and no other', async () => {
    for (const bytes of [Buffer.concat([Buffer.from('Q'), int32(0x7fff_ffff)]), Buffer.concat([Buffer.from('!'), int32(4)]), Buffer.concat([Buffer.from('Q'), int32(0)])]) {
      const wire = await new Wire().ready();
      wire.socket.write(bytes);
      await until('it is closed', () => wire.isClosed);
    }
    assert.deepEqual(await ask('select 1 as one'), { rows: [{ one: 1 }] });
    assert.equal((await request(`${other.url}/api/auth/get-session`)).status, 200);
  });

  test('having all of its connections work without end costs others no request, and ends', async () => {
    const endless = 'set statement_timeout = 0; select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b';
    // One more whenever there is room: whoever asks for all at once may be refused for a connection that the engine then gives back.
    const working = [];
    await until('no more are let in', async () => {
      if (/too many connections/.test((await ask('select 1')).error)) return true;
      working.push(ask(endless));
      return false;
    });
    for (let person = 0; person < 3; person += 1) await new Visitor(other.url, other.mailbox).signInByCode(freshEmail());
    const ended = await Promise.all(working);
    assert.ok(ended.every(({ error }) => error), JSON.stringify(ended));
    const served = async () => (await request(`${own.url}/api/auth/get-session`)).status === 200;
    await until('its own people are served again', () => served().catch(() => false), { within: 30_000 });
  });

  test('may do what the engine has to', async () => {
    for (const text of ['select count(*) from "user"', 'select count(*) from session', 'select now()']) {
      assert.equal((await ask(text)).error, undefined, text);
    }
  });
});
