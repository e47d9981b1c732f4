// Databases for the contenders in the very cluster that Kiavi runs. The account that runs Kiavi may act as that
// cluster's superuser, and so may another process of the same account.

import { existsSync, readdirSync } from 'node:fs';
import { pg } from '../../tests/lib/scratch-postgres.mjs';

const SUPERUSER = 'kiavi_super';
/** Without these a commit says more than it does. */
const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };

/** A database of its own: {connection, url, query(), close()}. */
export async function openClusterDatabase(kiavi, database) {
  const login = { host: kiavi.postgresSocketFolder, user: SUPERUSER };
  const admin = new pg.Client({ ...login, database: 'postgres' });
  await admin.connect();
  await requireDurable(admin);
  await admin.query(`drop database if exists ${database} with (force)`);
  await admin.query(`create database ${database}`);
  const client = new pg.Client({ ...login, database });
  await client.connect();
  return {
    connection: { ...login, database },
    url: `postgres://${SUPERUSER}@localhost/${database}?host=${encodeURIComponent(login.host)}`,
    query: async (text, values) => (await client.query(text, values)).rows,
    async close() {
      await client.end();
      await admin.query(`drop database if exists ${database} with (force)`);
      await admin.end();
    },
  };
}

async function requireDurable(admin) {
  for (const [name, wanted] of Object.entries(DURABLE)) {
    const { rows: [row] } = await admin.query(`select current_setting('${name}') as value`);
    if (row.value !== wanted) throw new Error(`the cluster has ${name} = ${row.value}; nothing would be comparable`);
  }
}

/** Where a program of PostgreSQL's is: that of the newest version installed, else the one in PATH. */
export function postgresProgram(name) {
  if (process.env.KIAVI_POSTGRES_BIN) return `${process.env.KIAVI_POSTGRES_BIN}/${name}`;
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => b - a) : [];
  return versions.map((version) => `${debian}/${version}/bin/${name}`).find(existsSync) ?? name;
}
