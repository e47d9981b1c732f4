// Secrets are where they are needed and nowhere else: searched for in the memory of every process, in environments, arguments,
// logs, files, temporary ones too, and archives, and in what is left of a process that crashed.

import assert from 'node:assert/strict';
import { createHash, createPrivateKey } from 'node:crypto';
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, readSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { after, before, describe, test } from 'node:test';
import { request } from '../lib/http.mjs';
import { ISOLATION, kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { inspect } from '../lib/processes.mjs';
import { masterKeyOf, valueOf } from '../lib/vault.mjs';
import { SESSION_COOKIE, Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

const full = ISOLATION === 'full';
const RECIPIENT = 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj';
const PROVIDER_SECRET = 'canary-of-a-provider-7c1f0e9a5b3d';
const MAIL_PASSWORD = 'canary-of-a-mailbox-4e8d2b6f1a90';
const CODE_OWNER = freshEmail('code');
const LINK_OWNER = freshEmail('link');
const CODE = /\b\d{10}\b/;
/** Memory that is read at once. */
const PIECE = 4 << 20;

/** Asks for a code of ten digits. */
async function askForCode(visitor, email) {
  const answer = await visitor.post('/email-otp/send-verification-otp', { email, type: 'sign-in' });
  assert.equal(answer.status, 200, answer.text);
  const { text } = await visitor.mailbox.next(email, (mail) => CODE.test(mail.text));
  return text.match(CODE)[0];
}

async function signIn(visitor, email) {
  const answer = await visitor.post('/sign-in/email-otp', { email, otp: await askForCode(visitor, email) });
  assert.equal(answer.status, 200, answer.text);
  return answer;
}

/** Which of these words are in the writable memory of a process. */
function inMemory(pid, words) {
  const needles = Object.entries(words).map(([name, word]) => [name, Buffer.from(word)]);
  const longest = Math.max(...needles.map(([, needle]) => needle.length));
  const found = new Set();
  let bytes = 0;
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from, to] = line.match(/^([0-9a-f]+)-([0-9a-f]+) rw/) ?? [];
      if (!from) continue;
      for (let at = Number(`0x${from}`), end = Number(`0x${to}`); at < end; at += PIECE) {
        // What lies over the border of two pieces is in the first.
        const piece = Buffer.alloc(Math.min(PIECE + longest, end - at));
        try {
          bytes += readSync(memory, piece, 0, piece.length, at);
        } catch {
          continue; // mapped and not there
        }
        for (const [name, needle] of needles) if (piece.includes(needle)) found.add(name);
      }
    }
  } finally {
    closeSync(memory);
  }
  assert.ok(bytes > 0, `nothing of process ${pid} could be read, so nothing was looked at`);
  return [...found].sort();
}

/** Which of these words are in which files below a folder: `file: word`. */
function inFiles(folder, words) {
  const found = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    let content;
    try {
      content = readFileSync(file);
    } catch {
      continue; // gone meanwhile
    }
    for (const [name, word] of Object.entries(words)) {
      if (content.includes(word)) found.push(`${path.relative(folder, file)}: ${name}`);
    }
  }
  return found;
}

describe('secrets', { skip: kiaviMissing() || (!full && 'only root with full isolation reads memory') }, () => {
  let kiavi;
  let shop;
  let temporary;
  const words = {};
  const engineOf = (tenant) => {
    const uids = new Map(kiavi.role('engine').map((engine) => [engine.uids[0], engine]));
    const groups = [...uids.values()].filter(({ pid }) =>
      readFileSync(`/proc/${pid}/maps`, 'utf8') && inMemory(pid, { id: tenant.id }).length > 0);
    assert.equal(groups.length, 1, `one engine knows ${tenant.id}`);
    return groups[0];
  };

  before(async () => {
    temporary = mkdtempSync(path.join(tmpdir(), 'kv-tmp-'));
    chmodSync(temporary, 0o1777); // as the real one
    kiavi = await startKiavi({ env: { TMPDIR: temporary } });
    shop = await kiavi.createTenant('shop');
    const other = new Visitor(kiavi.tenant().url, kiavi.mailbox);
    await other.signInByCode(freshEmail());
    const providers = [{ id: 'google', client_id: 'a', client_secret: PROVIDER_SECRET }];
    // Ten digits: six are in some memory by chance.
    await kiavi.set('shop', { 'social.providers': JSON.stringify(providers), 'email_otp.length': 10, 'magic_link.is_enabled': true });
    const person = new Visitor(shop.url, shop.mailbox);
    const { user } = (await signIn(person, freshEmail())).json;
    // Asked for and never used, so what there is of them is there to be used.
    const waiting = new Visitor(shop.url, shop.mailbox);
    const code = await askForCode(waiting, CODE_OWNER);
    assert.equal((await waiting.post('/sign-in/magic-link', { email: LINK_OWNER })).status, 200);
    const link = new URL(await shop.mailbox.nextLink(LINK_OWNER)).searchParams.get('token');
    // Unlike what a visitor sends, these are made inside.
    const made = await request(`${kiavi.consoleUrl}/v1/tenants/shop/engine/api-key/create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${kiavi.ready.management_key}` },
      body: JSON.stringify({ userId: user.id, name: 'canary' }),
    });
    assert.equal(made.status, 200, made.text);
    Object.assign(words, {
      'tenant secret': kiavi.secretOf(shop),
      'provider secret': PROVIDER_SECRET,
      'API key': made.json.key,
      'one-time code': code,
      'sign-in link': link,
      'session token': decodeURIComponent(person.jar.get(SESSION_COOKIE)).split('.')[0],
    });
    for (const [name, word] of Object.entries(words)) assert.ok(word?.length >= (word === code ? 10 : 16), `${name}: ${word}`);
  });
  after(async () => {
    await kiavi?.dispose();
    rmSync(temporary, { recursive: true, force: true });
  });

  test('are found where they are needed, so that looking finds what is there', () => {
    const found = inMemory(engineOf(shop).pid, words);
    for (const name of ['tenant secret', 'provider secret']) assert.ok(found.includes(name), `${found}`);
    // The mailbox of a development instance is outbound's.
    const [outbound] = kiavi.role('outbound');
    for (const name of ['one-time code', 'sign-in link']) assert.ok(inMemory(outbound.pid, words).includes(name), name);
  });

  test('are in no other process\'s memory', () => {
    const mine = engineOf(shop).pid;
    /** What passes through a process, or is its to keep. */
    const may = {
      launcher: [],
      auditor: [],
      // Mail passes through it.
      outbound: ['one-time code', 'sign-in link'],
      engine: [],
      // It looks at the first bytes of connections, a visitor's cookies among them.
      gateway: ['session token', 'API key'],
      // It makes secrets and keeps the vault; what an operator asks engines for passes through.
      control: ['tenant secret', 'provider secret', 'API key'],
    };
    for (const role of Object.keys(may)) {
      for (const { pid } of kiavi.role(role).filter((one) => one.pid !== mine)) {
        const unexpected = inMemory(pid, words).filter((name) => !may[role].includes(name));
        assert.deepEqual(unexpected, [], `${role} ${pid}`);
      }
    }
    // Tokens of sessions are rows, as Better Auth has them; everything else is hashed or not there.
    const servers = kiavi.processes().filter(({ name }) => name === 'postgres');
    for (const { pid } of servers) {
      if (!inspect(pid)) continue;
      assert.deepEqual(inMemory(pid, words).filter((name) => name !== 'session token'), [], `postgres ${pid}`);
    }
  });

  /** Keys, as the vault has them: bytes, which nobody sends and nothing prints. */
  function keys() {
    const vault = path.join(kiavi.data, 'vault');
    const hash = createHash('sha256').update('shop.localhost').digest('hex').slice(0, 40);
    const certificate = valueOf(vault, shop.id, `certificate-${hash}`);
    const pair = createPrivateKey({ key: certificate, format: 'der', type: 'pkcs8' });
    const scalar = Buffer.from(pair.export({ format: 'jwk' }).d, 'base64url');
    return {
      'master key': masterKeyOf(vault),
      'certificate key': scalar,
      // As it is calculated with on machines that have the lowest byte first.
      'certificate key as a number': Buffer.from(scalar).reverse(),
      'log key': valueOf(vault, shop.id, 'log-key').subarray(0, 32), // the name that it signs by follows
    };
  }

  test('the vault\'s key, the certificate\'s and the log\'s are in the memory of those who use them, and in no other file', async () => {
    const all = keys();
    for (const [name, { length }] of Object.entries(all)) assert.ok(length >= 32, `${name}: ${length}`);
    const { port } = new URL(kiavi.ready.tenants.find(({ slug }) => slug === 'demo').tls_url);
    const visit = (resolve, reject) => tls.connect({ host: '127.0.0.1', port, servername: 'shop.localhost', rejectUnauthorized: false }, resolve).on('error', reject);
    await new Promise(visit); // so that its engine has opened its key
    const mine = engineOf(shop).pid;
    const ofCertificate = ['certificate key', 'certificate key as a number'];
    const may = { control: [...ofCertificate, 'log key', 'master key'], auditor: ['log key'], gateway: [], launcher: [], outbound: [], engine: [] };
    for (const role of Object.keys(may)) {
      for (const { pid } of kiavi.role(role)) {
        const allowed = pid === mine ? ofCertificate : may[role];
        const found = inMemory(pid, all);
        assert.deepEqual(found.filter((name) => !allowed.includes(name)), [], `${role} ${pid}`);
        // So that looking finds what is there.
        const [its] = pid === mine ? ofCertificate.slice(1) : { control: ['master key'], auditor: ['log key'] }[role] ?? [];
        if (its) assert.ok(found.includes(its), `${role}: ${found}`);
      }
    }
    for (const { pid } of kiavi.processes().filter(({ name }) => name === 'postgres')) {
      if (inspect(pid)) assert.deepEqual(inMemory(pid, all), [], `postgres ${pid}`);
    }
    assert.deepEqual(inFiles(kiavi.data, all), ['vault/master.key: master key']);
  });

  test('are on no command line, in no environment and in no log', () => {
    for (const { pid, arguments: args } of kiavi.processes()) {
      let environment = '';
      try {
        environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
      } catch {
        // gone meanwhile
      }
      for (const [name, word] of Object.entries(words)) {
        assert.ok(!args.join(' ').includes(word), `${name} in ${args}`);
        assert.ok(!environment.includes(word), `${name} in the environment of ${args}`);
      }
    }
    for (const [name, word] of Object.entries(words)) assert.ok(!kiavi.log().includes(word), `${name} in the log`);
  });

  test('codes and links are stored as hashes, those of codes under a key', async () => {
    const rows = await kiavi.sql('shop', 'SELECT identifier, value FROM verification');
    const [code] = rows.filter(({ identifier }) => identifier.includes(CODE_OWNER));
    assert.match(code.value, /^[\w-]{43}:0$/, 'HMAC-SHA-256 and a count of tries');
    const [link] = rows.filter(({ identifier }) => identifier.startsWith('magic-link:'));
    assert.match(link.identifier, /^magic-link:[\w-]{43}$/);
    for (const name of ['one-time code', 'sign-in link']) assert.ok(!JSON.stringify(rows).includes(words[name]), name);
    // A hash without a key would be that of ten digits, which anybody can go through.
    const plain = ['', CODE_OWNER, code.identifier, `${code.identifier}\0`].map((salt) =>
      createHash('sha256').update(salt + words['one-time code']).digest('base64url'));
    assert.ok(plain.every((hash) => !code.value.startsWith(hash)));
    // Letters wait sealed, and the log tells that there was a code, not which.
    const [{ count }] = await kiavi.sql('shop', `SELECT count(*) FROM kiavi.outbox WHERE convert_from(sealed, 'LATIN1') LIKE '%${words['one-time code']}%'`);
    assert.equal(Number(count), 0);
    const events = JSON.stringify(await kiavi.events('shop', '*'));
    assert.ok(events.includes('"code.requested"'));
    for (const [name, word] of Object.entries(words)) assert.ok(!events.includes(word), `${name} in the log`);
  });

  test('are in no file of the data folder, but tokens of sessions in the database\'s', async () => {
    await kiavi.sql('shop', 'CHECKPOINT').catch(() => {}); // an owner may not; what is written is looked at
    const found = inFiles(kiavi.data, words);
    assert.deepEqual(found.filter((line) => !/^postgres\/.*: session token$/.test(line)), []);
  });

  test('are not readable in an archive', async () => {
    const folder = path.join(kiavi.dir, 'archives');
    mkdirSync(folder);
    const order = ['backup', 'create', 'shop', '--to', folder, '--recipient', RECIPIENT];
    await kiavi.verb(order, { within: 120_000, env: { TMPDIR: temporary } });
    const files = readdirSync(folder, { recursive: true }).filter((name) => statSync(path.join(folder, name)).isFile());
    assert.ok(files.length > 0);
    assert.deepEqual(inFiles(folder, { ...words, ...keys() }), []);
  });

  test('the account at a tenant\'s mail server is outbound\'s, and its engine does not have it', async () => {
    const own = { host: '127.0.0.1', port: 9, security: 'starttls', user: 'a', password: MAIL_PASSWORD, from: 'a@shop.localhost' };
    await kiavi.verb(['mail', 'set', 'shop'], { input: JSON.stringify(own) });
    assert.equal((await request(`${shop.url}/api/auth/ok`)).status, 200);
    const password = { 'mail password': MAIL_PASSWORD };
    for (const role of ['engine', 'gateway', 'auditor', 'launcher']) {
      for (const { pid } of kiavi.role(role)) assert.deepEqual(inMemory(pid, password), [], `${role} ${pid}`);
    }
    assert.deepEqual(inFiles(kiavi.data, password), []);
    assert.ok(!kiavi.log().includes(MAIL_PASSWORD));
  });

  test('a process that crashes leaves none behind', async () => {
    for (const signal of ['SIGABRT', 'SIGSEGV']) {
      assert.equal((await request(`${shop.url}/api/auth/ok`)).status, 200);
      const { pid } = engineOf(shop);
      await until(`it has ended by ${signal}`, () => {
        if (!inspect(pid)) return true;
        try {
          // The runtime takes the first SIGSEGV for an overflow of the stack, and steps aside for the next.
          process.kill(pid, signal);
        } catch {
          // gone meanwhile
        }
        return false;
      });
      await until('the next one serves', async () => (await request(`${shop.url}/api/auth/ok`)).status === 200);
    }
    const cores = [kiavi.data, kiavi.dir, process.cwd(), '/tmp', '/'].flatMap((folder) =>
      readdirSync(folder).filter((name) => /^core(\.\d+)?$/.test(name)).map((name) => path.join(folder, name)));
    assert.deepEqual(cores, []);
    for (const [name, word] of Object.entries(words)) assert.ok(!kiavi.log().includes(word), `${name} in the log`);
    const found = inFiles(kiavi.data, words);
    assert.deepEqual(found.filter((line) => !/^postgres\/.*: session token$/.test(line)), []);
  });

  test('are in no temporary file, for there is none', () => assert.deepEqual(readdirSync(temporary), []));
});
