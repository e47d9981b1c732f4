// The real Better Auth server with the features that Kiavi has, plain node:http, and a mailbox with the
// same JSON as Kiavi's. Run as a process of its own by reference.mjs; its settings are one JSON argument:
//
//   { port, connection, slug?, secret, rateLimit?, poolSize?, migrate?,
//     plugins?    further plugins by name, each with its options: { jwt: {}, apiKey: { enableMetadata: true } };
//                 also options of emailOTP, passkey and admin, which are always there
//     options?    options of betterAuth itself, such as { user: { deleteUser: { enabled: true } } }
//     measured?   for bench/run: /codes of the mailbox gives the last code of each address once, instead of messages
//                 without end, and POST /verify verifies an API key
//     mails?      what else is mailed: any of 'deletion', 'verification', 'change-confirmation' }
//
// Prints `ready` on stdout when it listens.

import { createServer } from 'node:http';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import pg from 'pg';
import { referenceAuth } from './reference-auth.mjs';

const settings = JSON.parse(process.argv[2]);
const hostname = `${settings.slug ?? 'demo'}.localhost`;
const messages = [];
const codes = new Map();

const pool = new pg.Pool({
  ...settings.connection,
  ...(settings.poolSize ? { max: settings.poolSize } : {}),
});
pool.on('error', (error) => console.error(`lost a database connection: ${error.message}`));

function post(email, subject, text, html = `<p>${text}</p>`) {
  const [to, from] = [email, `no-reply@${hostname}`];
  messages.unshift({ to, from, subject, text, html, received_at: new Date().toISOString() });
}

function sendCode({ email, otp, type }) {
  if (settings.measured) return void codes.set(email, otp);
  post(email, `Your code: ${otp}`, `Your ${type} code is ${otp}.`, `<p>Your ${type} code is <b>${otp}</b>.</p>`);
}

const auth = referenceAuth(settings, { database: pool, post, sendCode });

if (settings.migrate !== false) await (await getMigrations(auth.options)).runMigrations();

/** The least that an application has to do around the call on the server's side. */
async function verifyKey(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { key } = JSON.parse(Buffer.concat(chunks).toString());
  const verdict = await auth.api.verifyApiKey({ body: { key } });
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(verdict));
}

const handle = toNodeHandler(auth);
const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (request.headers.host?.startsWith('mail.')) {
    const to = url.searchParams.get('to');
    response.setHeader('content-type', 'application/json');
    if (url.pathname === '/codes') {
      response.end(JSON.stringify(Object.fromEntries(codes)));
      codes.clear();
      return;
    }
    response.end(JSON.stringify(messages.filter((message) => !to || message.to === to)));
    return;
  }
  if (settings.measured && request.method === 'POST' && url.pathname === '/verify') {
    verifyKey(request, response);
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
