// What the machine can do at all, in the same run: HTTP alone, PostgreSQL alone, cryptography alone.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { postgresProgram } from './cluster.mjs';

const run = promisify(execFile);

const SCRIPTS = {
  'one-row select': 'select id, body from ceiling where id = 1;',
  'one-row insert, one commit': "insert into ceiling (body) values ('one row');",
};

/** pgbench over the cluster's socket, prepared statements: [{name, perSecond}]. */
export async function pgbench(cluster, { connections, seconds }) {
  await cluster.query('create table if not exists ceiling (id bigserial primary key, body text not null)');
  await cluster.query("insert into ceiling (body) values ('one row')");
  const folder = mkdtempSync(path.join(tmpdir(), 'kv-pgbench-'));
  const { host, user, database } = cluster.connection;
  const results = [];
  try {
    for (const [name, sql] of Object.entries(SCRIPTS)) {
      const script = path.join(folder, 'script.sql');
      writeFileSync(script, sql);
      const args = ['-n', '-M', 'prepared', '-c', connections, '-j', 1, '-T', seconds, '-f', script];
      const { stdout } = await run(postgresProgram('pgbench'), [...args.map(String), '-h', host, '-U', user, database]);
      results.push({ name: `pgbench, ${name}`, perSecond: Number(stdout.match(/^tps = ([\d.]+)/m)[1]) });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return results;
}

/** What `openssl speed` says on its standard output, without how it was built. */
export async function opensslSpeed(seconds) {
  const { stdout } = await run('openssl', ['speed', '-seconds', String(seconds), 'ed25519', 'ecdsap256', 'sha256']);
  return stdout.trim().split('\n').filter((line) => !/^(version|built on|options|compiler|CPUINFO|The ')/.test(line));
}
