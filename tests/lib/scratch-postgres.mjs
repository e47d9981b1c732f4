// A throw-away PostgreSQL cluster for the reference server: unix socket only, no fsync.

import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { until } from './wait.mjs';

export function binaries() {
  if (process.env.KIAVI_POSTGRES_BIN) return process.env.KIAVI_POSTGRES_BIN;
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => b - a) : [];
  const found = versions.map((version) => `${debian}/${version}/bin`).find((dir) => existsSync(`${dir}/initdb`));
  if (!found) throw new Error('no PostgreSQL server programs found; on Debian: apt-get install postgresql');
  return found;
}

export { pg };

/** The rows of the schema `public` of a database, as SQL that puts them into the same tables elsewhere. */
export function dumpRows({ host, user, database }) {
  return execFileSync(
    `${binaries()}/pg_dump`,
    ['-h', host, '-U', user, '--schema=public', '--data-only', database],
    { encoding: 'utf8', maxBuffer: 64 << 20 },
  );
}

/** PostgreSQL refuses to run as root: the account that its package made is used then. */
export function serverAccount() {
  if (process.getuid() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'])));
  return { uid, gid };
}

export async function startScratchPostgres() {
  const bin = binaries();
  const account = serverAccount();
  const dir = mkdtempSync(path.join(tmpdir(), 'kv-pg-'));
  if (account.uid) chownSync(dir, account.uid, account.gid);
  const options = { ...account, cwd: dir, env: { LC_ALL: 'C.UTF-8', PATH: process.env.PATH } };
  const data = path.join(dir, 'data');
  execFileSync(`${bin}/initdb`, ['-D', data, '-U', 'test', '-A', 'trust', '-N', '--no-instructions'], {
    ...options,
    stdio: 'pipe',
  });
  const server = spawn(
    `${bin}/postgres`,
    ['-D', data, '-k', dir, '-c', 'listen_addresses=', '-c', 'fsync=off', '-c', 'jit=off'],
    { ...options, stdio: 'ignore' },
  );
  const takeAlong = () => server.kill('SIGINT'); // when this process ends before its time
  process.once('exit', takeAlong);
  const exited = new Promise((resolve) => server.once('exit', resolve));
  const pool = new pg.Pool({ host: dir, user: 'test', database: 'postgres' });
  pool.on('error', () => {}); // connections break when the server stops
  await until('PostgreSQL answers', () => pool.query('select 1'), { within: 20_000 });

  return {
    connection: { host: dir, user: 'test', database: 'postgres' },
    query: async (text, values) => (await pool.query(text, values)).rows,
    /** Takes what dumpRows() gave. */
    load: (sql) => {
      execFileSync(`${bin}/psql`, ['-h', dir, '-U', 'test', '-d', 'postgres', '-Xq', '-v', 'ON_ERROR_STOP=1'], {
        ...options,
        input: sql,
        stdio: ['pipe', 'ignore', 'pipe'],
      });
    },
    async stop() {
      await pool.end();
      server.kill('SIGINT');
      await exited;
      process.removeListener('exit', takeAlong);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
