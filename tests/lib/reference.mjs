// Starts the reference server (real Better Auth) on a cluster of its own, behind the same interface as
// a tenant of Kiavi.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Mailbox } from './mailbox.mjs';
import { freePort } from './ports.mjs';
import { startScratchPostgres } from './scratch-postgres.mjs';

const SERVER = fileURLToPath(new URL('./reference-server.mjs', import.meta.url));

export const REFERENCE_SECRET = 'a reference secret of more than 32 bytes, for tests only';

/** Starts the server process and resolves when it listens. */
export async function startReferenceServer(settings) {
  const port = settings.port ?? (await freePort());
  const child = spawn(process.execPath, [SERVER, JSON.stringify({ secret: REFERENCE_SECRET, ...settings, port })], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, NODE_ENV: 'production' },
  });
  let log = '';
  child.stderr.on('data', (chunk) => (log += chunk));
  const takeAlong = () => child.kill('SIGKILL'); // when this process ends before its time
  process.once('exit', takeAlong);
  const exited = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      log += chunk;
      if (log.includes('ready')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the reference server ended with ${code}:\n${log}`)));
  });
  return {
    pid: child.pid,
    url: `http://${settings.slug ?? 'demo'}.localhost:${port}`,
    mailUrl: `http://mail.localhost:${port}`,
    log: () => log,
    async stop() {
      child.kill('SIGTERM');
      await exited;
      process.removeListener('exit', takeAlong);
    },
  };
}

export async function startReference(settings = {}) {
  const postgres = await startScratchPostgres();
  let server;
  try {
    server = await startReferenceServer({ ...settings, connection: postgres.connection });
  } catch (error) {
    await postgres.stop();
    throw error;
  }
  return {
    name: 'reference',
    url: server.url,
    mailbox: new Mailbox(server.mailUrl),
    sql: postgres.query,
    log: server.log,
    async stop() {
      await server.stop();
      await postgres.stop();
    },
  };
}
