// Mail that leaves by a tenant's own server: with TLS and a password, or not at all.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { newAuthority } from '../lib/certificates.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { MailServer, reply } from '../lib/mail-server.mjs';
import { freePort } from '../lib/ports.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

const ACCOUNT = { user: 'shop', password: 'open-sesame-7' };
const FROM = 'hello@shop.example';

const ask = (visitor, email) => visitor.post('/email-otp/send-verification-otp', { email, type: 'sign-in' });

describe('a mail server of the tenant', { skip: kiaviMissing() }, () => {
  let authority;
  let server;
  let kiavi;
  let tenant;
  before(async () => {
    authority = await newAuthority();
    server = await MailServer.start({ account: ACCOUNT, certificate: await authority.issue() });
    kiavi = await startKiavi();
    tenant = kiavi.tenant();
    await trust(true);
  });
  after(async () => {
    await kiavi?.dispose();
    await server?.stop();
  });

  /** Whether the tenant believes the authority of the tests and reaches this machine. */
  const trust = (isPrivate, roots = [authority.root]) =>
    kiavi.set('demo', { 'egress.allows_private': isPrivate, 'egress.extra_roots': JSON.stringify(roots) });
  const use = (changes = {}) => {
    const own = { host: '127.0.0.1', port: server.port, security: 'starttls', ...ACCOUNT, from: FROM, ...changes };
    return kiavi.verb(['mail', 'set', 'demo'], { input: JSON.stringify(own) });
  };
  const tryOut = (email) => kiavi.verb(['mail', 'test', 'demo', email]);
  const arrive = () => new Visitor(tenant.url, server);
  const faults = async (type) => (await tenant.events(type)).map(({ facts }) => ({ fault: facts.fault }));

  test('a code leaves by it, encrypted and signed in, from the address of the tenant', async () => {
    await use();
    const { user } = await arrive().signInByCode(freshEmail());
    assert.ok(user.id);
    const { from, mail } = server.taken.at(-1);
    assert.deepEqual([from, mail.from.name, mail.from.address], [FROM, 'demo', FROM]);
    assert.ok(server.signIns > 0);
  });

  test('an operator tries it out', async () => {
    const email = freshEmail();
    assert.match(await tryOut(email), /has taken the mail/);
    assert.match((await server.next(email)).mail.subject, /^Test mail from demo$/);
  });

  test('the password is seen by nobody and stays when the rest changes', async () => {
    const settings = JSON.parse(await kiavi.verb(['settings', 'get', 'demo', 'mail.smtp', '--json']));
    assert.equal(settings.password, '***');
    await use({ password: undefined, from: 'code@shop.example' });
    const email = freshEmail();
    await tryOut(email);
    assert.equal((await server.next(email)).from, 'code@shop.example');
    assert.ok(!kiavi.log().includes(ACCOUNT.password));
    const versions = await kiavi.verb(['settings', 'versions', 'demo', '--json']);
    assert.ok(!versions.includes(ACCOUNT.password));
  });

  test('TLS from the first byte', async () => {
    const certificate = await authority.issue();
    const implicit = await MailServer.start({ account: ACCOUNT, certificate, isImplicit: true });
    try {
      await use({ port: implicit.port, security: undefined }); // the default
      const email = freshEmail();
      await tryOut(email);
      assert.equal((await implicit.next(email)).from, FROM);
    } finally {
      await implicit.stop();
    }
  });

  test('a wrong password is told, and a mail waits until it is put right', async () => {
    await use({ password: 'wrong' });
    await assert.rejects(tryOut(freshEmail()), /does not take user and password/);
    const [visitor, email] = [arrive(), freshEmail()];
    const before = server.signIns;
    await ask(visitor, email);
    await until('it was tried', () => server.signIns > before);
    assert.equal(server.attempts(email), 0);
    await use();
    const answer = await visitor.post('/sign-in/email-otp', { email, otp: await server.nextCode(email) });
    assert.equal(answer.status, 200, answer.text);
  });

  test('a mail that came to nothing tells in the log what was in the way', async () => {
    await use({ password: 'wrong' });
    const before = server.signIns;
    await ask(arrive(), freshEmail());
    await until('it was tried', () => server.signIns > before);
    await until('that is noted', async () => {
      const [row] = await tenant.sql('select fault from kiavi.outbox');
      return row?.fault === 'authentication_failed';
    });
    await tenant.sql('update kiavi.outbox set expires_at = now()');
    const expired = () => faults('mail.expired');
    await until('it is given up', async () => (await expired()).length === 1, { within: 30_000 });
    assert.deepEqual(await expired(), [{ fault: 'authentication_failed' }]);
    await use();
  });

  test('a refused recipient is final, and told', async () => {
    const email = freshEmail();
    server.refuse(email, reply(550, '5.1.1 no such mailbox'));
    await ask(arrive(), email);
    await until('the refusal is an event', async () => (await faults('mail.refused')).length === 1);
    assert.deepEqual(await faults('mail.refused'), [{ fault: 'recipient_refused' }]);
    await assert.rejects(tryOut(email), /nobody is at this address/);
    assert.equal(server.attempts(email), 0);
  });

  test('a certificate of an unknown authority, or for another host, is not believed', async () => {
    await trust(true, []);
    await assert.rejects(tryOut(freshEmail()), /TLS failed/);
    await trust(true);
    const certificate = await authority.issue({ ip: ['192.0.2.1'], dns: ['mail.example'] });
    const other = await MailServer.start({ account: ACCOUNT, certificate });
    try {
      await use({ port: other.port });
      await assert.rejects(tryOut(freshEmail()), /TLS failed/);
      assert.deepEqual([other.signIns, other.offers], [0, []]);
    } finally {
      await other.stop();
    }
  });

  test('a server without TLS gets neither a password nor a mail', async () => {
    const plain = await MailServer.start({ account: ACCOUNT });
    try {
      await use({ port: plain.port });
      await assert.rejects(tryOut(freshEmail()), /TLS failed/);
      assert.deepEqual([plain.signIns, plain.offers], [0, []]);
    } finally {
      await plain.stop();
    }
  });

  test('a private address is out of reach, whatever it is called, unless the tenant may reach it', async () => {
    await trust(false);
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '169.254.169.254']) {
      await use({ host });
      await assert.rejects(tryOut(freshEmail()), /private network/, host);
    }
    await trust(true);
    await use();
    await tryOut(freshEmail());
  });

  test('where nothing listens', async () => {
    await use({ port: await freePort() });
    await assert.rejects(tryOut(freshEmail()), /cannot be reached/);
  });

  test('what names no server is refused', async () => {
    const wrong = [{ host: 'UPPER.example' }, { security: 'none' }, { port: 0 }, { user: undefined }, { more: 1 }];
    for (const changes of wrong) await assert.rejects(use(changes), /mail\.smtp/, JSON.stringify(changes));
  });

  test('a neighbour has its mail by the platform all the while', async () => {
    const shop = await kiavi.createTenant('shop');
    const before = server.offers.length;
    await new Visitor(shop.url, kiavi.mailbox).signInByCode(freshEmail());
    assert.equal(server.offers.length, before);
  });

  test('without it mail leaves by the platform again', async () => {
    await kiavi.verb(['mail', 'unset', 'demo']);
    await new Visitor(tenant.url, kiavi.mailbox).signInByCode(freshEmail());
  });
});
