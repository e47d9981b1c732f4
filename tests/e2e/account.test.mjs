// The account page, two tenants side by side, and the development mailbox.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chromiumMissing, look, openBrowser } from '../lib/browser.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Visitor } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';
import { words } from '../lib/words.mjs';
import * as journey from './journey.mjs';

const { button, buttonOf, dialog, emailField, heading, notice, open, session } = journey;

describe('the account page and its neighbours', { skip: kiaviMissing() || chromiumMissing() }, () => {
  let kiavi;
  let browser;
  let demo;
  let shop;

  before(async () => {
    [kiavi, browser] = await Promise.all([startKiavi(), openBrowser()]);
    demo = kiavi.tenant();
    shop = await kiavi.createTenant('shop');
  });
  after(async () => {
    await browser?.close();
    await kiavi?.dispose();
  });

  async function member(tenant = demo) {
    const person = await journey.arrive(browser, tenant);
    await journey.signUpWithPasskey(person);
    return person;
  }

  /** The same person, signed in with another browser too. */
  async function onFirefox({ email }) {
    const other = new Visitor(demo.url, demo.mailbox);
    other.userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
    await other.signInByCode(email);
    return other;
  }

  const passkeys = ({ email }) =>
    demo.sql(`select name from passkey where "userId" = (select id from "user" where email = $1)`, [email]);

  test('renames a passkey', async () => {
    const person = await member();
    const { page } = person;
    await buttonOf(page, 'passkey-rename-of', 'name').click();
    await look(page, '20-passkey-rename');
    await page.getByLabel(words('passkey-name-label')).filter({ visible: true }).fill('Work laptop');
    await button(dialog(page), 'action-save').click();
    await notice(page, 'passkey-renamed').waitFor();
    await page.getByText('Work laptop', { exact: true }).filter({ visible: true }).waitFor();
    assert.deepEqual(await passkeys(person), [{ name: 'Work laptop' }]);
    await look(page, '21-passkey-renamed');
    await person.goodbye();
  });

  test('removes a passkey, but only when sure', async () => {
    const person = await member();
    const { page } = person;
    await buttonOf(page, 'passkey-remove-of', 'name').click();
    await look(page, '22-passkey-remove');
    await button(dialog(page), 'action-cancel').click();
    assert.equal((await passkeys(person)).length, 1);
    await buttonOf(page, 'passkey-remove-of', 'name').click();
    await button(dialog(page), 'passkey-remove').click();
    await notice(page, 'passkey-removed').waitFor();
    assert.deepEqual(await passkeys(person), []);
    await until('the device forgets it too', async () => (await person.passkeysOnDevice()).length === 0);
    await person.goodbye();
  });

  test('adds a second passkey from the account page', async () => {
    const person = await journey.arrive(browser, demo);
    const { page } = person;
    await journey.signInByCode(person);
    await open(person, '/account');
    await page.getByText(words('passkeys-empty')).waitFor();
    await person.touch(true);
    await button(page, 'passkeys-add').click();
    await page.getByText(words('passkeys-empty')).waitFor({ state: 'detached' });
    assert.equal((await passkeys(person)).length, 1);
    await person.goodbye();
  });

  test('signs another device out', async () => {
    const person = await member();
    const { page } = person;
    const other = await onFirefox(person);
    await open(person, '/account');
    await page.getByText(words('session-current'), { exact: true }).waitFor();
    await look(page, '23-two-devices');
    await button(page, 'sessions-revoke-others').click();
    await button(dialog(page), 'session-revoke').click();
    await notice(page, 'sessions-revoked').waitFor();
    assert.equal(await other.session(), null);
    assert.ok(await session(person), 'this one stays');
    await person.goodbye();
  });

  test('signs one device out', async () => {
    const person = await member();
    const { page } = person;
    const other = await onFirefox(person);
    await open(person, '/account');
    await button(page, 'session-revoke-of', { device: words('device-on', { browser: 'Firefox', system: 'Linux' }) }).click();
    await notice(page, 'session-revoked').waitFor();
    assert.equal(await other.session(), null);
    await person.goodbye();
  });

  test('changes the name', async () => {
    const person = await member();
    const { page } = person;
    await page.getByLabel(words('profile-name'), { exact: true }).fill('Ada Lovelace');
    await button(page, 'action-save').filter({ visible: true }).click();
    await notice(page, 'profile-saved').waitFor();
    assert.equal((await session(person)).user.name, 'Ada Lovelace');
    await person.goodbye();
  });

  test('a session that was ended elsewhere leads back to the sign-in page', async () => {
    const person = await member();
    await demo.sql(`delete from session where "userId" = (select id from "user" where email = $1)`, [person.email]);
    await open(person, '/account');
    await emailField(person.page).waitFor();
    await person.goodbye();
  });

  test('somebody of one tenant is nobody at the other', async () => {
    const person = await member();
    assert.ok(await session(person));
    person.tenant = shop;
    await open(person, '/account');
    await emailField(person.page).waitFor();
    assert.equal(await session(person), null);
    // The device has a passkey, but for another site: the browser has nothing to offer here.
    await person.touch(true);
    await button(person.page, 'passkey-sign-in').click();
    await person.page.waitForLoadState();
    assert.equal(await session(person), null);
    await person.touch(false);
    await journey.signUpWithPasskey(person);
    assert.equal((await person.passkeysOnDevice()).length, 2);
    const [here, there] = await Promise.all(
      [demo, shop].map(({ sql }) => sql(`select id from "user" where email = $1`, [person.email])),
    );
    assert.notEqual(here[0].id, there[0].id);
    await person.goodbye();
  });

  test('the mailbox shows the newest mail with its code', async () => {
    const person = await journey.arrive(browser, demo, { device: false });
    const code = await journey.askForCode(person);
    const { page } = person;
    await page.goto(kiavi.mailbox.url);
    await heading(page, 'mailbox-title').waitFor();
    await page.getByText(code).first().waitFor();
    await look(page, '31-mailbox');
    await person.goodbye();
  });
});
