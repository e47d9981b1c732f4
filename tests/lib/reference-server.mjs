// The real Better Auth server with the features that Kiavi has, plain node:http, and a mailbox with the
// same JSON as Kiavi's. Run as a process of its own by reference.mjs; its settings are one JSON argument:
//
//   { port, connection, slug?, secret, rateLimit?, poolSize?, migrate?, jwt? }
//
// `jwt` are the options of the plugin of that name, which is left out without them.
//
// Prints `ready` on stdout when it listens.

import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { admin, emailOTP, jwt } from 'better-auth/plugins';
import { passkey } from '@better-auth/passkey';
import pg from 'pg';

const settings = JSON.parse(process.argv[2]);
const slug = settings.slug ?? 'demo';
const hostname = `${slug}.localhost`;
const origin = `http://${hostname}:${settings.port}`;
const messages = [];

const pool = new pg.Pool({
  ...settings.connection,
  ...(settings.poolSize ? { max: settings.poolSize } : {}),
});
pool.on('error', (error) => console.error(`lost a database connection: ${error.message}`));

const auth = betterAuth({
  appName: settings.appName ?? slug,
  baseURL: origin,
  secret: settings.secret,
  database: pool,
  telemetry: { enabled: false },
  rateLimit: { enabled: settings.rateLimit === true },
  logger: { level: 'error' },
  plugins: [
    emailOTP({
      storeOTP: 'hashed',
      async sendVerificationOTP({ email, otp, type }) {
        messages.unshift({
          to: email,
          from: `no-reply@${hostname}`,
          subject: `Your code: ${otp}`,
          text: `Your ${type} code is ${otp}.`,
          html: `<p>Your ${type} code is <b>${otp}</b>.</p>`,
          received_at: new Date().toISOString(),
        });
      },
    }),
    passkey({ rpID: hostname, rpName: settings.appName ?? slug, origin }),
    admin(),
    ...(settings.jwt ? [jwt(settings.jwt)] : []),
  ],
});

if (settings.migrate !== false) await (await getMigrations(auth.options)).runMigrations();

const handle = toNodeHandler(auth);
const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (request.headers.host?.startsWith('mail.')) {
    const to = url.searchParams.get('to');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(messages.filter((message) => !to || message.to === to)));
    return;
  }
  // What a reverse proxy in front of a Node server does.
  request.headers['x-forwarded-for'] = request.socket.remoteAddress;
  handle(request, response);
});
server.keepAliveTimeout = 60_000;
server.listen(settings.port, '127.0.0.1', () => console.log('ready'));
process.on('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  pool.end();
});
