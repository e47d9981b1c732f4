// A PostgreSQL server as somebody else runs it: on TCP with TLS only, passwords by SCRAM, and for Kiavi a role that may
// make databases and roles and nothing more. KIAVI_POSTGRES_BIN chooses its version.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import pg from 'pg';
import { newAuthority } from './certificates.mjs';
import { freePort } from './ports.mjs';
import { binaries, serverAccount } from './scratch-postgres.mjs';
import { until } from './wait.mjs';

/** The role that Kiavi is given. Its password has what a URL has to encode. */
export const ROLE = 'kiavi';
export const PASSWORD = 'p@ss/wörd';

/** What a client sends to ask for TLS (PostgreSQL manual §55.7). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

const TLS_ONLY = `
local all owner trust
hostssl all all 127.0.0.1/32 scram-sha-256
hostssl all all ::1/128 scram-sha-256
`;

export async function startNetworkPostgres({ names = { dns: ['localhost'], ip: [] } } = {}) {
  const server = new NetworkPostgres();
  await server.prepare(names);
  await server.start();
  await server.ask(
    `create role ${ROLE} login createdb createrole password '${PASSWORD}';
     create role stranger login password 'stranger'`,
  );
  return server;
}

class NetworkPostgres {
  async prepare(names) {
    this.bin = binaries();
    this.port = await freePort();
    this.dir = mkdtempSync(path.join(tmpdir(), 'kv-net-'));
    this.data = path.join(this.dir, 'data');
    this.account = serverAccount();
    this.options = { ...this.account, cwd: this.dir, env: { LC_ALL: 'C.UTF-8', PATH: process.env.PATH } };
    // What the server makes is in a folder of its account; what tests write beside it, in one of theirs.
    if (this.account.uid) chownSync(this.dir, this.account.uid, this.account.gid);
    chmodSync(this.dir, 0o711);
    this.notes = path.join(this.dir, 'notes');
    mkdirSync(this.notes, { mode: 0o711 });
    execFileSync(`${this.bin}/initdb`, ['-D', this.data, '-U', 'owner', '-A', 'reject', '-N', '--no-instructions'], {
      ...this.options,
      stdio: 'pipe',
    });
    const authority = await newAuthority();
    this.authority = this.note('authority.pem', authority.root);
    this.stranger = this.note('stranger.pem', (await newAuthority()).root);
    this.issue = authority.issue;
    const { key, cert } = await authority.issue(names);
    this.own('server.key', key);
    this.own('server.crt', cert);
    this.admit(TLS_ONLY);
    this.ssl = 'on';
  }

  /** A file beside the server, for whoever reads it by its name. */
  note(name, text) {
    const file = path.join(this.notes, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }

  /** A file of the server's. */
  own(name, text) {
    const file = path.join(this.data, name);
    writeFileSync(file, text, { mode: 0o600 });
    if (this.account.uid) chownSync(file, this.account.uid, this.account.gid);
  }

  /** Decides who may come in how, from the next start or reload on. */
  admit(lines) {
    this.own('pg_hba.conf', lines);
  }

  async start({ listens = true } = {}) {
    const settings = {
      listen_addresses: listens ? 'localhost' : '',
      port: this.port,
      unix_socket_directories: this.dir,
      ssl: this.ssl,
      password_encryption: 'scram-sha-256',
      fsync: 'off',
      jit: 'off',
      log_statement: 'all',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.log = [];
    this.child = spawn(`${this.bin}/postgres`, ['-D', this.data, ...args], {
      ...this.options,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child.stderr.setEncoding('utf8').on('data', (text) => this.log.push(text));
    const { child } = this;
    this.takeAlong = () => child.kill('SIGQUIT'); // when this process ends before its time
    process.once('exit', this.takeAlong);
    this.exited = new Promise((resolve) => child.once('exit', resolve));
    await until('the server answers', () => this.ask('select 1'), { within: 20_000 });
  }

  /** Ends the server at once, as a crash does for those who are connected. */
  async halt() {
    this.child.kill('SIGINT');
    await this.exited;
    process.removeListener('exit', this.takeAlong);
  }

  async restart() {
    await this.halt();
    await this.start();
  }

  /** Statements of its superuser's, through the socket that only tests reach. */
  async ask(text, database = 'postgres') {
    return this.#ask(text, { host: this.dir, port: this.port, user: 'owner', database });
  }

  /** Statements of somebody who comes over TCP. */
  async askAs(user, password, database, text) {
    const ssl = { rejectUnauthorized: false };
    return this.#ask(text, { host: 'localhost', port: this.port, user, password, database, ssl });
  }

  async #ask(text, connection) {
    const client = new pg.Client(connection);
    client.on('error', () => {}); // the server may end meanwhile
    try {
      await client.connect();
      const answer = await client.query(text);
      return answer.rows;
    } finally {
      await client.end().catch(() => {});
    }
  }

  /** Somebody between, with a certificate of the same authority for the same name, who decrypts; the port. */
  async interpose() {
    const { key, cert } = await this.issue({ dns: ['localhost'], ip: [] });
    const sockets = new Set();
    const front = net.createServer(async (client) => {
      const server = net.connect(this.port, 'localhost');
      for (const socket of [client, server]) sockets.add(socket.on('error', () => socket.destroy()));
      server.write(SSL_REQUEST);
      await Promise.all([once(client, 'data'), once(server, 'data')]);
      client.write('S');
      const inner = tls.connect({ socket: server, rejectUnauthorized: false });
      const outer = new tls.TLSSocket(client, { isServer: true, key, cert });
      for (const socket of [inner, outer]) socket.on('error', () => socket.destroy());
      outer.pipe(inner).pipe(outer);
    });
    front.listen(0, 'localhost');
    await once(front, 'listening');
    const close = () => {
      sockets.forEach((socket) => socket.destroy());
      front.close();
    };
    return { port: front.address().port, close };
  }

  /** A URL as `--postgres-url` takes it, in a file. */
  url({ host = 'localhost', port = this.port, user = ROLE, password = PASSWORD, database = 'kiavi_control', authority, options = '' } = {}) {
    const roots = encodeURIComponent(authority ?? this.authority);
    const who = `${user}:${encodeURIComponent(password)}`;
    const url = `postgres://${who}@${host}:${port}/${database}?sslrootcert=${roots}${options}`;
    return this.note(`url-${Math.random().toString(36).slice(2)}`, `${url}\n`);
  }

  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.halt();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
