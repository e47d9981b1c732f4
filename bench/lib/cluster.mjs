// A database for the reference server in the very cluster that Kiavi runs. The account that runs Kiavi may
// act as that cluster's superuser, and so may a Node process of the same account.

import { pg } from '../../tests/lib/scratch-postgres.mjs';

const SUPERUSER = 'kiavi_super';
const DATABASE = 'better_auth_bench';

export async function openClusterDatabase(kiavi) {
  const login = { host: kiavi.postgresSocketFolder, user: SUPERUSER };
  const admin = new pg.Client({ ...login, database: 'postgres' });
  await admin.connect();
  await admin.query(`drop database if exists ${DATABASE} with (force)`);
  await admin.query(`create database ${DATABASE}`);
  return {
    connection: { ...login, database: DATABASE },
    async close() {
      await admin.query(`drop database if exists ${DATABASE} with (force)`);
      await admin.end();
    },
  };
}
