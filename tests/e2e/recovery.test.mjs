// The way back of somebody who has lost their passkeys: a code leads in, but those of before stay theirs for a while.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chromiumMissing, look, openBrowser } from '../lib/browser.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { words } from '../lib/words.mjs';
import { consoleOf } from './at-console.mjs';
import * as journey from './journey.mjs';

const { button, buttonOf, dialog, notice, open } = journey;

describe('coming back by mail', { skip: kiaviMissing() || chromiumMissing() }, () => {
  let kiavi;
  let browser;
  let demo;

  before(async () => {
    [kiavi, browser] = await Promise.all([startKiavi(), openBrowser()]);
    demo = kiavi.tenant();
  });
  after(async () => {
    await browser?.close();
    await kiavi?.dispose();
  });

  const passkeys = async ({ email }) => {
    const count = 'select count(*)::int as count from passkey where "userId" = (select id from "user" where email = $1)';
    return (await demo.sql(count, [email]))[0].count;
  };
  /** The notice of the account page, up to the time that is left. */
  const held = ({ page }, locale = 'en') =>
    page.getByText(words('passkeys-held', { time: '|' }, locale).split('|')[0].trim());

  async function remove(person) {
    await open(person, '/account');
    await buttonOf(person.page, 'passkey-remove-of', 'name').click();
    await button(dialog(person.page), 'passkey-remove').click();
  }

  /** Somebody with a passkey, and whoever reads their mail at another device. */
  async function ownerAndReader() {
    const owner = await journey.arrive(browser, demo);
    await journey.signUpWithPasskey(owner);
    await journey.signOut(owner);
    const reader = await journey.arrive(browser, demo, { device: false, email: owner.email });
    await journey.signInByCode(reader);
    return { owner, reader };
  }

  test('the passkeys of before stay, until one of them signs in', async () => {
    const { owner, reader } = await ownerAndReader();
    await open(reader, '/account');
    await held(reader).filter({ hasText: /24/ }).waitFor();
    await look(reader.page, '130-held');
    await remove(reader);
    await notice(reader.page, 'passkey-held').waitFor();
    assert.equal(await passkeys(owner), 1, 'it is still there');
    await look(reader.page, '131-not-removed');
    await open(reader, '/account?lang=fr');
    await held(reader, 'fr').waitFor();
    assert.equal(await held(reader).count(), 0);

    await journey.signInByButton(owner);
    await owner.page.waitForURL('**/account*');
    await owner.touch(false);
    assert.equal(await held(owner).count(), 0, 'nothing is held any more');
    await remove(owner);
    await notice(owner.page, 'passkey-removed').waitFor();
    assert.equal(await passkeys(owner), 0);
    await Promise.all([owner.goodbye(), reader.goodbye()]);
  });

  test('a tenant that wants no wait has none, by the settings of its console', async () => {
    const admin = await consoleOf(kiavi, browser).firstOwner();
    const { page } = admin;
    await page.goto(`${kiavi.consoleUrl}/w/default/t/demo/settings`);
    const field = page.getByLabel('JSON', { exact: true });
    const document = JSON.parse(await field.inputValue());
    assert.equal(document.passkey.recovery_wait_seconds, 86_400);
    document.passkey.recovery_wait_seconds = 0;
    await field.fill(JSON.stringify(document, null, 2));
    await button(page, 'settings-check').click();
    await page.locator('#preview').getByText('recovery_wait_seconds').waitFor();
    await button(page, 'action-save').click();
    await notice(page, 'settings-saved').waitFor();
    const { owner, reader } = await ownerAndReader();
    await remove(reader);
    await notice(reader.page, 'passkey-removed').waitFor();
    assert.equal(await passkeys(owner), 0);
    await Promise.all([admin, owner, reader].map((person) => person.goodbye()));
  });
});
