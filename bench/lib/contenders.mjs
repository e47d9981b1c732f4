// Who is measured, each behind the same interface:
//
//   { name, url, host, port, pids(), jar      one who is signed in,
//     mailbox, takeCodes(since)               codes by address, of those that came since then,
//     keys, verification(key)                 API keys, and the request that verifies one: {path, headers, body},
//     stop() }

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { request } from '../../tests/lib/http.mjs';
import { freePort } from '../../tests/lib/ports.mjs';
import { startReferenceServer } from '../../tests/lib/reference.mjs';
import { until } from '../../tests/lib/wait.mjs';
import { BASE_PATH, Visitor, freshEmail } from '../../tests/lib/visitor.mjs';

const PEERS = process.env.PEERS_BIN ?? fileURLToPath(new URL('../../target/peers/release', import.meta.url));
/** API keys that are verified in turn, and, at Kiavi, those that ask. */
const KEYS = 64;
const ASKING_KEYS = 16;

function at(name, url, more) {
  const { host, port } = new URL(url);
  return { name, url, host, port: Number(port), ...more };
}

async function signIn(contender) {
  const visitor = new Visitor(contender.url, contender.mailbox);
  await visitor.signInByCode(freshEmail('bench'));
  if (!(await visitor.session())) throw new Error(`${contender.name}: signed in, and no session`);
  return Object.assign(contender, { visitor, jar: visitor.jar });
}

/** `count` keys of the one who is signed in: [{id, key}]. */
async function createKeys(contender, count) {
  const keys = [];
  while (keys.length < count) {
    const answer = await contender.visitor.post('/api-key/create', { name: `bench ${keys.length}` });
    if (answer.status !== 200) throw new Error(`${contender.name}: an API key: ${answer.status} ${answer.text}`);
    keys.push(answer.json);
  }
  return keys;
}

/** Every limit off that a path of the comparison would meet, as on the other side. */
const UNLIMITED = {
  'rate_limits.general': null,
  'rate_limits.session_check': null,
  'rate_limits.code_send_per_address': null,
  'rate_limits.code_send_per_network': null,
  'rate_limits.code_send_per_tenant': null,
  'rate_limits.code_check_per_network': null,
  'rate_limits.code_check_per_tenant': null,
  'rate_limits.passkey_per_credential': null,
  'rate_limits.passkey_per_network': null,
  'api_key.requests_per_key': null,
  'api_key.unknown_per_network': null,
  'api_key.is_rate_limit_enabled': false,
  'api_key.verify_route': true,
  // /get-session alone; tokens have a path of their own. Off on the other side, too.
  'jwt.sets_header': false,
};

/** Engines that are known to be somebody's. */
const claimed = new Set();

export async function startKiaviTenant(kiavi, name, slug, settings = {}) {
  const tenant = slug === 'demo' ? kiavi.tenant() : await kiavi.createTenant(slug);
  await kiavi.set(slug, { ...UNLIMITED, ...settings });
  const contender = at(name, tenant.url, { mailbox: kiavi.mailbox });
  contender.takeCodes = async (since) => {
    const answer = await request(`${kiavi.mailbox.url}/messages`);
    const mails = answer.json.filter(({ received_at: time }) => Date.parse(time) >= since);
    // Newest first: of two codes for one address the newer has to win.
    return new Map(mails.reverse().map(({ to, text }) => [to, text.match(/\b\d{6}\b/)?.[0]]));
  };
  await signIn(contender);
  // Engines do not say whose they are; one that came since the last tenant is this one's.
  contender.enginePid = kiavi.role('engine').find(({ pid }) => !claimed.has(pid))?.pid;
  if (!contender.enginePid) throw new Error(`no engine has started for ${slug}`);
  claimed.add(contender.enginePid);
  const others = ['gateway', 'outbound'].flatMap((role) => kiavi.role(role)).map(({ pid }) => pid);
  contender.pids = () => [contender.enginePid, ...others];
  contender.enrolKeys = async () => {
    const asking = await createKeys(contender, ASKING_KEYS);
    const ids = asking.map(({ id }) => `'${id}'`).join(', ');
    const permission = '{"api-key":["verify"]}';
    await tenant.sql(`update public.apikey set permissions = $1 where id in (${ids})`, [permission]);
    contender.keys = await createKeys(contender, KEYS);
    contender.verification = ({ key }, i) => ({
      path: `${BASE_PATH}/api-key/verify`,
      headers: { 'x-api-key': asking[i % asking.length].key },
      body: { key },
    });
  };
  contender.stop = async () => {};
  return contender;
}

/** The npm package on Node: production mode, its own adapter and Node handler, joins on. */
export async function startBetterAuth(name, database, { poolSize, session } = {}) {
  const server = await startReferenceServer({
    slug: `ba-${randomBytes(3).toString('hex')}`,
    connection: database.connection,
    poolSize,
    measured: true,
    plugins: { jwt: { disableSettingJwtHeader: true }, apiKey: { rateLimit: { enabled: false } } },
    options: { advanced: { database: { joins: true } }, ...(session && { session }) },
  });
  const contender = at(name, server.url, { pids: () => [server.pid], stop: () => server.stop() });
  return signIn(asPeer(contender, `${server.mailUrl}/codes`));
}

/** What both peers have alike: the codes that came last in one JSON, and a route that verifies API keys. */
function asPeer(contender, codesUrl) {
  const takeCodes = async () => new Map(Object.entries((await request(codesUrl)).json));
  const nextCode = (email) =>
    until(`a code for ${email}`, async () => (await takeCodes()).get(email), { within: 10_000 });
  return Object.assign(contender, {
    takeCodes,
    mailbox: { nextCode },
    async enrolKeys() {
      contender.keys = await createKeys(contender, KEYS);
      contender.verification = ({ key }) => ({ path: '/verify', headers: {}, body: { key } });
    },
  });
}

/** The crate, with as many connections as it makes by default, or `connections`. */
export async function startCrate(name, database, { connections = 10 } = {}) {
  const port = await freePort();
  const hostname = 'crate.localhost';
  const origin = `http://${hostname}:${port}`;
  const settings = { port, origin, hostname, database: database.url, connections };
  const child = await startPeer('better-auth', JSON.stringify(settings));
  const contender = at(name, origin, { pids: () => [child.pid], stop: child.stop });
  return signIn(asPeer(contender, `${origin}/codes`));
}

export async function startHello() {
  const port = await freePort();
  const child = await startPeer('hello', String(port));
  return at('bare axum hello', `http://hello.localhost:${port}`, { pids: () => [child.pid], stop: child.stop });
}

async function startPeer(program, argument) {
  const options = { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH } };
  const child = spawn(`${PEERS}/${program}`, [argument], options);
  const takeAlong = () => child.kill('SIGKILL'); // when this process ends before its time
  process.once('exit', takeAlong);
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let log = '';
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.stderr.on('data', (chunk) => (log = (log + chunk).slice(-4000)));
    child.stdout.on('data', (chunk) => String(chunk).includes('ready') && resolve());
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}:\n${log}`)));
  });
  return {
    pid: child.pid,
    async stop() {
      child.kill('SIGTERM');
      await exited;
      process.removeListener('exit', takeAlong);
    },
  };
}
