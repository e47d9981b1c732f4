// A browser over HTTPS that trusts the instance's own authority: people and operators come in, and their cookies are bound.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { certutilMissing, chromiumMissing, look, openTrustingBrowser } from '../lib/browser.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { MailServer } from '../lib/mail-server.mjs';
import { freePort } from '../lib/ports.mjs';
import { DOMAIN, Served } from '../lib/served.mjs';
import { consoleOf } from './at-console.mjs';
import * as journey from './journey.mjs';

const { session } = journey;
/** No proxy: a connection is the browser's own, with its own handshake. */
const DIRECT = { proxy: undefined };
const WEEK_SECONDS = 7 * 86_400;
const missing = kiaviMissing() || chromiumMissing() || certutilMissing();

/** The cookies that a person's browser would send to an origin. */
const cookies = ({ context }, origin) => context.cookies(origin);

/** What page and connection say of themselves. */
async function answered(page, url) {
  const response = await page.goto(url);
  const [security, headers] = await Promise.all([response.securityDetails(), response.allHeaders()]);
  return { security, headers };
}

describe('HTTPS in a browser', { skip: missing }, () => {
  const kiavi = new Served();
  const shop = `https://shop.${DOMAIN}`;
  let mailServer;
  let browser;
  before(async () => {
    mailServer = await MailServer.start();
    const httpsPort = await freePort();
    kiavi.listen = `https = ["127.0.0.1:${httpsPort}"]`;
    kiavi.smtpUrl = mailServer.url;
    kiavi.more = '[certificates]\nissuer = "local"\n';
    await kiavi.start();
    kiavi.mailbox = mailServer;
    await kiavi.verb(['tenant', 'create', 'shop']);
    browser = await openTrustingBrowser(await kiavi.verb(['certificate', 'root']), httpsPort);
  });
  after(async () => {
    await browser?.close();
    await kiavi.dispose();
    await mailServer?.stop();
  });

  test('somebody signs up, and in again with a passkey; the session’s cookie is the host’s alone', async () => {
    const person = await journey.arrive(browser, { url: shop, mailbox: mailServer }, DIRECT);
    const { page } = person;
    const { security, headers } = await answered(page, `${shop}/sign-in`);
    assert.equal(security.protocol, 'TLS 1.3');
    assert.equal(security.issuer, `Kiavi local CA for ${DOMAIN}`);
    assert.equal(headers['strict-transport-security'], 'max-age=63072000');
    await look(page, '95-https-sign-in');
    await journey.signUpWithPasskey(person);
    await journey.signOut(person);
    await journey.signInByButton(person);
    await page.waitForURL('**/account*');
    assert.equal((await session(person)).user.email, person.email);
    const all = await cookies(person, shop);
    const token = all.find(({ name }) => name.endsWith('session_token'));
    assert.equal(token.name, '__Host-better-auth.session_token');
    assert.ok(token.expires > Date.now() / 1_000 + WEEK_SECONDS - 600);
    for (const { name, secure, httpOnly, sameSite, path: at, domain } of all) {
      assert.match(name, /^__Host-/);
      assert.deepEqual({ secure, httpOnly, sameSite, at, domain }, { secure: true, httpOnly: true, sameSite: 'Lax', at: '/', domain: `shop.${DOMAIN}` }, name);
    }
    assert.equal(await page.evaluate(() => globalThis.document.cookie), '', 'no script sees them');
    assert.deepEqual(await cookies(person, `https://other.${DOMAIN}`), []);
    assert.deepEqual(await cookies(person, `http://shop.${DOMAIN}`), []);
    await person.goodbye();
  });

  test('the console is reached the same way, and speaks HTTP/2 to a page that changes by itself', async () => {
    const theConsole = consoleOf(kiavi, browser);
    const owner = await theConsole.firstOwner(DIRECT);
    const { page } = owner;
    const own = await cookies(owner, `https://console.${DOMAIN}`);
    assert.ok(own.some(({ name }) => name === '__Host-kiavi_console'), JSON.stringify(own.map(({ name }) => name)));
    for (const { name, secure, httpOnly, domain } of own) {
      assert.match(name, /^__Host-/);
      assert.deepEqual([secure, httpOnly, domain], [true, true, `console.${DOMAIN}`], name);
    }
    await page.getByRole('link', { name: 'shop', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'shop' }).waitFor();
    assert.equal(await page.evaluate(() => performance.getEntriesByType('navigation')[0].nextHopProtocol), 'h2');
    const { headers } = await answered(page, `https://console.${DOMAIN}/v1/openapi.json`);
    assert.equal(headers['strict-transport-security'], 'max-age=63072000');
    await page.goto(`https://console.${DOMAIN}/w/default/t/shop/domains`);
    await page.getByText(`shop.${DOMAIN}`).first().waitFor();
    await look(page, '96-https-domains');
    await owner.goodbye();
  });
});

describe('HTTPS in development, in a browser', { skip: missing }, () => {
  let kiavi;
  let browser;
  before(async () => {
    kiavi = await startKiavi();
    const { port } = new URL(kiavi.ready.console_tls_url);
    browser = await openTrustingBrowser(readFileSync(path.join(kiavi.data, 'local-ca.pem'), 'utf8'), port);
  });
  after(async () => {
    await browser?.close();
    await kiavi?.dispose();
  });

  test('a passkey signs in by HTTPS, as it does by HTTP', async () => {
    const demo = kiavi.tenant();
    const person = await journey.arrive(browser, { ...demo, url: demo.tls_url }, DIRECT);
    const { security, headers } = await answered(person.page, `${demo.tls_url}/sign-in`);
    assert.equal(security.issuer, 'Kiavi local CA for localhost');
    // A developer's other servers on localhost go on being reached by HTTP.
    assert.equal(headers['strict-transport-security'], undefined);
    await journey.signUpWithPasskey(person);
    await journey.signOut(person);
    await journey.signInByButton(person);
    await person.page.waitForURL('**/account*');
    assert.equal((await session(person)).user.email, person.email);
    await person.goodbye();
  });
});
