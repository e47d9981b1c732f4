// Codes that leave by SMTP, to a server that takes them, delays them, refuses them, or is away.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { MailServer, reply } from '../lib/mail-server.mjs';
import { freePort } from '../lib/ports.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';
import { words } from '../lib/words.mjs';

/** A refused or deferred mail is tried again after 2 s, 4 s, 8 s. */
const RETRIES_MS = { within: 30_000 };

const ask = (visitor, email, headers) =>
  visitor.post('/email-otp/send-verification-otp', { email, type: 'sign-in' }, { headers });

async function redeem(visitor, email, mailServer) {
  const answer = await visitor.post('/sign-in/email-otp', { email, otp: await mailServer.nextCode(email) });
  assert.equal(answer.status, 200, answer.text);
}

const events = async (tenant, type) =>
  (await tenant.sql('select id from kiavi.audit_event where type = $1', [type])).length;
const owed = async (tenant) => (await tenant.sql('select id from kiavi.outbox')).length;

function headersOf({ raw }) {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ');
  return head.split('\r\n').map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
}

describe('mail by SMTP', { skip: kiaviMissing() }, () => {
  let mailServer;
  let kiavi;
  let tenant;
  before(async () => {
    mailServer = await MailServer.start({ account: { user: 'kiavi', password: 'open-sesame' } });
    kiavi = await startKiavi({ env: { KIAVI_SMTP_URL: mailServer.url } });
    tenant = kiavi.tenant();
  });
  after(async () => {
    await kiavi?.dispose();
    await mailServer?.stop();
  });

  const arrive = (at = tenant) => new Visitor(at.url, mailServer);

  test('a code arrives, and signs in', async () => {
    const visitor = arrive();
    const { user } = await visitor.signInByCode(freshEmail());
    assert.equal((await visitor.session()).user.id, user.id);
    assert.equal(await owed(tenant), 0);
  });

  test('the mail is a text and the same as HTML, from the tenant, to one person, marked as automatic', async () => {
    const email = freshEmail();
    await ask(arrive(), email);
    const received = await mailServer.next(email);
    const { mail } = received;
    const code = received.text.match(/\b\d{6}\b/)[0];
    assert.equal(mail.subject, words('mail-code-subject', { code, app: 'demo' }));
    assert.ok(mail.html.includes(code), mail.html);
    assert.match(received.raw, /^Content-Type: multipart\/alternative;/m);
    assert.ok(received.raw.indexOf('text/plain') < received.raw.indexOf('text/html'), 'the best form comes last');
    assert.deepEqual(mail.attachments, []);

    const host = new URL(tenant.url).hostname;
    assert.equal(mail.from.name, 'demo');
    assert.equal(mail.from.address, `no-reply@${host}`);
    assert.equal(received.from, `no-reply@${host}`);
    assert.deepEqual(mail.to.map(({ address }) => address), [email]);
    assert.deepEqual(received.recipients, [email]);
    assert.match(mail.messageId, new RegExp(`^<[^@<>\\s]+@${host.replaceAll('.', '\\.')}>$`));
    assert.ok(Math.abs(new Date(mail.date) - Date.now()) < 60_000, mail.date);

    const names = headersOf(received);
    assert.equal(new Set(names).size, names.length, `each header once: ${names}`);
    const expected = ['auto-submitted', 'content-type', 'date', 'from', 'message-id', 'mime-version', 'subject', 'to'];
    assert.deepEqual(names.filter((name) => name !== 'content-transfer-encoding').sort(), expected);
  });

  test('two mails to one person are two messages', async () => {
    const email = freshEmail();
    const visitor = arrive();
    await ask(visitor, email);
    const first = await mailServer.next(email);
    await ask(visitor, email);
    assert.notEqual((await mailServer.next(email)).mail.messageId, first.mail.messageId);
  });

  test('each tenant writes in its own name', async () => {
    const shop = await kiavi.createTenant('shop');
    const email = freshEmail();
    await ask(arrive(shop), email);
    const { mail, from } = await mailServer.next(email);
    const host = new URL(shop.url).hostname;
    assert.deepEqual([mail.from.name, mail.from.address, from], ['shop', `no-reply@${host}`, `no-reply@${host}`]);
  });

  test('another language, in headers that stay ASCII', async () => {
    const email = freshEmail();
    await ask(arrive(), email, { 'accept-language': 'es' });
    const received = await mailServer.next(email);
    const [code] = received.text.match(/\b\d{6}\b/);
    const subject = words('mail-code-subject', { code, app: 'demo' }, 'es');
    assert.match(subject, /[^\x00-\x7f]/, 'a subject that needs encoding');
    assert.equal(received.mail.subject, subject);
    assert.match(received.raw, /^[\x00-\x7f]*$/);
  });

  test('an address cannot bring headers, commands or further recipients', async () => {
    const before = mailServer.offers.length;
    const visitor = arrive();
    const victim = freshEmail('victim');
    const attempts = [
      `a@example.com\r\nBcc: ${victim}`,
      `a@example.com\nBcc: ${victim}`,
      `a@example.com\r\n.\r\nRCPT TO:<${victim}>`,
      `a@example.com>\r\nRCPT TO:<${victim}`,
      `a@example.com, ${victim}`,
      `a@example.com;${victim}`,
      `a@example.com ${victim}`,
      `<a@example.com>`,
      `Ada <a@example.com>`,
      `"a\r\nBcc: ${victim}"@example.com`,
      `a@example.com\u0000`,
      `a@example.com\u2028Bcc: ${victim}`,
    ];
    for (const email of attempts) {
      const answer = await ask(visitor, email);
      assert.deepEqual([answer.status, answer.json.code], [400, 'INVALID_EMAIL'], JSON.stringify(email));
    }
    const email = freshEmail();
    await ask(visitor, email);
    await mailServer.next(email);
    assert.deepEqual(mailServer.offers.slice(before).map(({ to }) => to), [email]);
  });

  test('greylisting: the mail that is put off is the mail that is taken later', async () => {
    const email = freshEmail();
    mailServer.answer(email, (attempt) => attempt === 1 && reply(451, '4.7.1 try again later'));
    const visitor = arrive();
    await ask(visitor, email);
    await redeem(visitor, email, mailServer);
    const [first, second] = mailServer.offers.filter(({ to }) => to === email);
    const id = ({ raw }) => raw.match(/^Message-ID: (.*)\r$/m)[1];
    assert.equal(id(first), id(second), 'a server that took the first one as well can drop the second');
    assert.equal(await events(tenant, 'mail.refused'), 0);
    assert.equal(await owed(tenant), 0);
  });

  test('a refusal is final: an event, no further try, and nothing that the person is told', async () => {
    const email = freshEmail();
    mailServer.answer(email, () => reply(550, '5.1.1 no such mailbox'));
    const answer = await ask(arrive(), email);
    assert.deepEqual([answer.status, answer.json], [200, { success: true }]);
    await until('the refusal is an event', async () => (await events(tenant, 'mail.refused')) === 1);
    assert.equal(await owed(tenant), 0);
    assert.equal(mailServer.attempts(email), 1);
    assert.ok(!kiavi.log().includes(email), 'the log does not name the address');
  });

  test('a mail that is put off until its code is worth nothing is given up', async () => {
    const email = freshEmail();
    mailServer.answer(email, () => reply(451, '4.3.2 not today'));
    await ask(arrive(), email);
    await until('it was put off', () => mailServer.attempts(email) > 0);
    await tenant.sql(`update kiavi.outbox set expires_at = now()`);
    await until('it is given up', async () => (await events(tenant, 'mail.expired')) === 1, RETRIES_MS);
    assert.equal(await owed(tenant), 0);
  });

  test('nobody waits for the mail server', async () => {
    const email = freshEmail('slow');
    let release;
    mailServer.answer(email, () => new Promise((resolve) => (release = resolve)));
    const visitor = arrive();
    assert.equal((await ask(visitor, email)).status, 200);
    await until('the mail server has it and does not answer', () => release);
    release();
    await redeem(visitor, email, mailServer);
  });

  test('a mail that hangs holds up no other', async () => {
    const slow = freshEmail('hangs');
    let release;
    mailServer.answer(slow, () => new Promise((resolve) => (release = resolve)));
    const visitor = arrive();
    await ask(visitor, slow);
    await until('the mail server has it and does not answer', () => release);
    const others = Array.from({ length: 20 }, () => freshEmail('quick'));
    await Promise.all(others.map((email) => ask(arrive(), email)));
    await Promise.all(others.map((email) => mailServer.next(email)));
    assert.equal(mailServer.attempts(slow), 1, 'it is still on its way, once');
    assert.equal(mailServer.taken.filter(({ to }) => to === slow).length, 0);
    release();
    await redeem(visitor, slow, mailServer);
    assert.deepEqual([...new Set(others.map((email) => mailServer.attempts(email)))], [1]);
  });

  test('the process that sends dies with a mail in its hands: the mail is sent again', async () => {
    const email = freshEmail();
    let offered;
    mailServer.answer(email, (attempt) => (attempt === 1 ? new Promise(() => (offered = true)) : undefined));
    const visitor = arrive();
    await ask(visitor, email);
    await until('the mail server has it and does not answer', () => offered);
    for (const { pid } of kiavi.role('outbound')) process.kill(pid, 'SIGKILL');
    await redeem(visitor, email, mailServer);
  });

  test('the log holds no password, no code, no address', () => {
    const log = kiavi.log();
    assert.ok(!log.includes(mailServer.account.password), 'the password of the mail server');
    assert.deepEqual(mailServer.taken.filter(({ to }) => log.includes(to)), []);
    assert.deepEqual(mailServer.taken.filter(({ text }) => log.includes(text.match(/\b\d{6}\b/)[0])), []);
  });
});

describe('the domains that the platform sends for', { skip: kiaviMissing() }, () => {
  let mailServer;
  let kiavi;
  before(async () => {
    mailServer = await MailServer.start();
    const env = { KIAVI_SMTP_URL: mailServer.url, KIAVI_SENDER_DOMAINS: 'platform.example, shop.example' };
    kiavi = await startKiavi({ env });
  });
  after(async () => {
    await kiavi?.dispose();
    await mailServer?.stop();
  });

  test('a tenant without an address of its own writes from the platform', async () => {
    const email = freshEmail();
    await ask(new Visitor(kiavi.tenant().url, mailServer), email);
    const { mail, from } = await mailServer.next(email);
    assert.deepEqual([mail.from.name, from], ['demo', 'no-reply@platform.example']);
  });

  test('a tenant cannot write in the name of others', async () => {
    for (const address of ['ceo@bank.example', 'no-reply@platform.example', 'hello@shop.example']) {
      const attempt = kiavi.set('demo', { 'mail.sender_address': address });
      await assert.rejects(attempt, /mail\.sender_address.*the platform sends for/);
    }
  });
});

describe('a mail server that is away', { skip: kiaviMissing() }, () => {
  let mailServer;
  let kiavi;
  before(async () => {
    mailServer = new MailServer({ port: await freePort() });
    kiavi = await startKiavi({ env: { KIAVI_SMTP_URL: mailServer.url } });
  });
  after(async () => {
    await kiavi?.dispose();
    await mailServer?.stop();
  });

  test('the code is delivered when the server is back, and still counts', async () => {
    const visitor = new Visitor(kiavi.tenant().url, mailServer);
    const email = freshEmail();
    const answer = await ask(visitor, email);
    assert.deepEqual([answer.status, answer.json], [200, { success: true }]);
    await until('Kiavi noticed', () => kiavi.log().includes('a mail is deferred'));
    assert.equal(await owed(kiavi.tenant()), 1);
    await mailServer.start();
    await redeem(visitor, email, mailServer);
  });

  test('what was owed when Kiavi stopped is sent after its next start', async () => {
    await mailServer.stop();
    const visitor = new Visitor(kiavi.tenant().url, mailServer);
    const email = freshEmail();
    await ask(visitor, email);
    await kiavi.stop();
    await mailServer.start();
    await kiavi.start({ env: { KIAVI_SMTP_URL: mailServer.url } });
    await visitor.session(); // an engine starts with its first request
    await redeem(visitor, email, mailServer);
  });
});
