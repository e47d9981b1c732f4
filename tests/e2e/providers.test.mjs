// Accounts at other providers in a real browser: linking and unlinking them, and finishing a link after "you already
// have an account". And whoever acts as somebody else, and people who delete their account.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chromiumMissing, look, openBrowser } from '../lib/browser.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { startOpenIdProvider } from '../lib/openid-provider.mjs';
import { freshEmail } from '../lib/visitor.mjs';
import { words } from '../lib/words.mjs';
import * as journey from './journey.mjs';

const { button, buttonOf, codeField, dialog, emailField, heading, notice, open, session } = journey;
const NAME = 'Corp';

describe('accounts of people', { skip: kiaviMissing() || chromiumMissing() }, () => {
  let kiavi, browser, corp, demo;
  /** Who is signed in at the provider: each test says so before it goes there. */
  const account = {};

  before(async () => {
    [kiavi, browser] = await Promise.all([startKiavi(), openBrowser()]);
    demo = kiavi.tenant();
    const client = { client_id: 'kiavi', client_secret: 'a secret of corp' };
    const redirect = `${demo.url}/api/auth/callback/corp`;
    corp = await startOpenIdProvider({ client: { ...client, redirect_uris: [redirect] }, account });
    await kiavi.set('demo', { 'egress.allows_private': true });
    const input = JSON.stringify({ id: 'corp', name: NAME, ...client, discovery_url: corp.discoveryUrl });
    await kiavi.verb(['provider', 'set', 'demo'], { input });
  });
  after(async () => {
    await browser?.close();
    await kiavi?.dispose();
    await corp?.stop();
    assert.deepEqual(corp?.faults ?? [], []);
  });

  const atProvider = (email, claims) => Object.assign(account, { sub: email, email, email_verified: true, name: 'Ada', ...claims });
  const arrive = (options) => journey.arrive(browser, demo, options);
  const accountsOf = ({ email }) =>
    demo.sql(`select "providerId" from account where "userId" = (select id from "user" where email = $1)`, [email]);
  const users = ({ email }) => demo.sql(`select id from "user" where email = $1`, [email]);
  const viaProvider = async (person) => {
    await open(person, '/sign-in');
    await button(person.page, 'provider-continue', { provider: NAME }).click();
  };

  test('one divider parts the ways in', async () => {
    const person = await arrive({ device: false });
    await open(person, '/sign-in');
    await emailField(person.page).waitFor();
    assert.equal(await person.page.getByText(words('or'), { exact: true }).filter({ visible: true }).count(), 1);
    await look(person.page, '39-sign-in-with-providers');
    await person.goodbye();
  });

  test('links a provider, signs in with it, and unlinks it with the keyboard', async () => {
    const person = await arrive();
    const { page } = person;
    await journey.signUpWithPasskey(person);
    await page.getByText(words('accounts-empty')).waitFor();
    await look(page, '40-no-account-linked');
    atProvider(person.email);
    await button(page, 'account-link', { provider: NAME }).click();
    await notice(page, 'account-linked').waitFor();
    assert.deepEqual(await accountsOf(person), [{ providerId: 'corp' }]);
    await look(page, '41-account-linked');

    await journey.signOut(person);
    await viaProvider(person);
    await heading(page, 'account-title').waitFor();
    assert.equal((await session(person)).user.email, person.email);

    const unlink = button(page, 'account-unlink-of', { provider: NAME });
    await unlink.focus();
    await page.keyboard.press('Enter');
    await dialog(page).waitFor();
    await look(page, '42-account-unlink');
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'hidden' });
    await unlink.focus();
    await page.keyboard.press('Enter');
    await button(dialog(page), 'action-cancel').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await notice(page, 'account-unlinked').waitFor();
    assert.deepEqual(await accountsOf(person), []);
    await person.goodbye();
  });

  test('says why an account is not linked', async () => {
    const person = await arrive();
    const { page } = person;
    await journey.signUpWithPasskey(person);
    atProvider(freshEmail('other'));
    await button(page, 'account-link', { provider: NAME }).click();
    await notice(page, 'account-other-email').waitFor();
    assert.deepEqual(await accountsOf(person), []);
    await look(page, '43-account-other-email');
    await person.goodbye();
  });

  test('links and unlinks without script', async () => {
    const person = await arrive({ device: false, javaScriptEnabled: false });
    const { page } = person;
    await journey.enterCode(person, await journey.askForCode(person));
    await button(page, 'action-continue').click();
    await button(page, 'offer-later').click();
    atProvider(person.email);
    await button(page, 'account-link', { provider: NAME }).click();
    await notice(page, 'account-linked').waitFor();
    await buttonOf(page, 'account-unlink-of', 'provider').click();
    await button(dialog(page), 'account-unlink').click();
    await notice(page, 'account-unlinked').waitFor();
    await person.goodbye();
  });

  test('finishes a link after a conflict with a code', async () => {
    const person = await arrive({ device: false });
    const { page } = person;
    await journey.signInByCode(person);
    await journey.signOut(person);
    atProvider(person.email, { email_verified: false });
    await viaProvider(person);
    await heading(page, 'connect-title').waitFor();
    await look(page, '44-connect');
    await button(page, 'connect-code').click();
    await codeField(page).waitFor();
    await page.getByText(words('connect-code-lede', { provider: NAME })).waitFor();
    await look(page, '45-connect-code');
    await journey.enterCode(person, await demo.mailbox.nextCode(person.email));
    await notice(page, 'account-linked').waitFor();
    assert.deepEqual(await accountsOf(person), [{ providerId: 'corp' }]);
    await look(page, '46-connected');
    await journey.signOut(person);
    await viaProvider(person);
    await page.waitForURL((url) => !url.pathname.startsWith('/sign-in/social'));
    assert.equal((await session(person)).user.email, person.email);
    await person.goodbye();
  });

  test('finishes a link after a conflict with a passkey', async () => {
    const person = await arrive();
    const { page } = person;
    await journey.signUpWithPasskey(person);
    await journey.signOut(person);
    atProvider(person.email, { email_verified: false });
    await viaProvider(person);
    await heading(page, 'connect-title').waitFor();
    // Until then the device would answer the offer of autofill.
    await person.autofillOffered();
    await person.touch(true);
    await button(page, 'passkey-sign-in').click();
    await heading(page, 'connect-confirm', { provider: NAME }).waitFor();
    assert.deepEqual(await accountsOf(person), []);
    await look(page, '47-connect-confirm');
    await button(page, 'connect-confirm', { provider: NAME }).click();
    await notice(page, 'account-linked').waitFor();
    assert.deepEqual(await accountsOf(person), [{ providerId: 'corp' }]);
    await person.goodbye();
  });

  test('leaves a conflict alone', async () => {
    const person = await arrive({ device: false });
    const { page } = person;
    await journey.signInByCode(person);
    await journey.signOut(person);
    atProvider(person.email, { email_verified: false });
    await viaProvider(person);
    await button(page, 'offer-later').click();
    await emailField(page).waitFor();
    assert.deepEqual(await accountsOf(person), []);
    await person.goodbye();
  });

  test('an administrator sees on every page as whom they act, and stops', async () => {
    const admin = await arrive();
    const { page } = admin;
    await journey.signUpWithPasskey(admin);
    const target = await arrive({ device: false });
    await journey.signInByCode(target);
    const [{ id }] = await users(target);
    await demo.sql(`update "user" set role = 'admin' where email = $1`, [admin.email]);
    const status = await page.evaluate(async (userId) => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ userId });
      return (await fetch('/api/auth/admin/impersonate-user', { method: 'POST', headers, body })).status;
    }, id);
    assert.equal(status, 200);
    const banner = page.getByRole('complementary', { name: words('acting-label') }).filter({ hasText: target.email }).filter({ hasText: admin.email });
    for (const path of ['/sign-out', '/nowhere', '/account']) {
      await open(admin, path);
      await banner.waitFor();
    }
    await look(page, '48-acting');
    await button(page, 'acting-stop').click();
    await notice(page, 'acting-stopped').waitFor();
    assert.equal(await banner.count(), 0);
    assert.equal((await session(admin)).user.email, admin.email);
    await Promise.all([admin, target].map((person) => person.goodbye()));
  });

  test('deletes an account at once', async () => {
    await kiavi.set('demo', { 'user.deletion': '"fresh_session"' });
    const person = await arrive();
    const { page } = person;
    await journey.signUpWithPasskey(person);
    await page.getByRole('link', { name: words('account-delete-open') }).click();
    await heading(page, 'delete-title').waitFor();
    await look(page, '50-delete');
    await page.getByRole('link', { name: words('delete-keep') }).click();
    await page.getByRole('link', { name: words('account-delete-open') }).click();
    await button(page, 'delete-confirm').click();
    await heading(page, 'deleted-title').waitFor();
    await look(page, '51-deleted');
    assert.deepEqual(await users(person), []);
    assert.equal(await session(person), null);
    await person.goodbye();
  });

  test('deletes an account after a mail', async () => {
    await kiavi.set('demo', { 'user.deletion': '"mail"' });
    const person = await arrive();
    const { page } = person;
    await journey.signUpWithPasskey(person);
    await open(person, '/account/delete');
    await look(page, '52-delete-by-mail');
    await button(page, 'delete-send').click();
    await notice(page, 'deletion-mail-sent').waitFor();
    await look(page, '53-deletion-mail-sent');
    assert.equal((await users(person)).length, 1);
    await page.goto(await demo.mailbox.nextLink(person.email));
    await look(page, '54-delete-by-link');
    await button(page, 'delete-confirm').click();
    await heading(page, 'deleted-title').waitFor();
    assert.deepEqual(await users(person), []);
    await person.goodbye();
  });
});
