// A person's story in a real browser: code, passkey, sign out, passkey again; and everything that can go
// wrong on the way, with what the page says then.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chromiumMissing, look, openBrowser } from '../lib/browser.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { until } from '../lib/wait.mjs';
import { words } from '../lib/words.mjs';
import * as journey from './journey.mjs';

const { button, codeField, emailField, heading, notice, open, session } = journey;

describe('signing in with a browser', { skip: kiaviMissing() || chromiumMissing() }, () => {
  let kiavi;
  let browser;
  let tenant;
  let people = [];

  before(async () => {
    [kiavi, browser] = await Promise.all([startKiavi(), openBrowser()]);
    tenant = kiavi.tenant();
  });
  after(async () => {
    await browser?.close();
    await kiavi?.dispose();
  });

  const arrive = async (options) => {
    const person = await journey.arrive(browser, tenant, options);
    people.push(person);
    return person;
  };

  /** A test whose people are sent home, and whose browsers must not have complained. */
  const story = (name, run) =>
    test(name, async () => {
      people = [];
      try {
        await run();
      } catch (error) {
        const pages = await Promise.all(people.map(({ page }) => page.locator('body').innerText().catch(() => '')));
        throw new Error(`${error.message}\non the page:\n${pages.join('\n---\n')}`, { cause: error });
      } finally {
        await Promise.all(people.map((person) => person.goodbye()));
      }
    });

  story('signs up by code, creates the offered passkey, signs out, comes back with the passkey', async () => {
    const person = await arrive();
    const { page } = person;
    await open(person, '/sign-in');
    await heading(page, 'sign-in-title', { app: '' }).waitFor();
    await look(page, '01-sign-in');

    const code = await journey.askForCode(person);
    await look(page, '02-code');

    await journey.enterCode(person, code);
    await heading(page, 'offer-title').waitFor();
    await look(page, '03-passkey-offer');

    await journey.acceptOffer(person);
    await heading(page, 'account-title').waitFor();
    await page.getByText(person.email).first().waitFor();
    await look(page, '04-account');
    assert.equal((await person.passkeysOnDevice()).length, 1);
    const first = await session(person);
    assert.equal(first.user.email, person.email);

    await open(person, '/sign-out');
    await look(page, '05-sign-out');
    await button(page, 'sign-out-confirm').click();
    await heading(page, 'signed-out-title').waitFor();
    await look(page, '06-signed-out');
    assert.equal(await session(person), null);

    await journey.signInByButton(person);
    await page.waitForURL('**/account*');
    assert.equal((await session(person)).user.id, first.user.id);
  });

  story('signs in through the browser\'s autofill', async () => {
    const person = await arrive();
    await journey.signUpWithPasskey(person);
    await journey.signOut(person);
    await person.touch(true); // chooses the passkey that the e-mail field suggests
    await open(person, '/sign-in');
    await person.page.waitForURL('**/account*');
    assert.equal((await session(person)).user.email, person.email);
  });

  story('cancels the passkey: once quietly, twice with a way out', async () => {
    const person = await arrive();
    const { page } = person;
    await journey.signUpWithPasskey(person);
    await journey.signOut(person);
    await open(person, '/sign-in');
    await person.verifies(false);
    await person.touch(true);
    const passkeyButton = button(page, 'passkey-sign-in');
    await passkeyButton.click();
    await until('the button is ready again', async () => (await passkeyButton.getAttribute('aria-disabled')) !== 'true');
    assert.equal(await notice(page, 'passkey-cancelled').isVisible(), false);
    await passkeyButton.click();
    await notice(page, 'passkey-cancelled').waitFor();
    await look(page, '07-passkey-cancelled');
    assert.equal(await session(person), null);

    await person.touch(false);
    await journey.enterCode(person, await journey.askForCode(person));
    await page.waitForURL((url) => !url.pathname.startsWith('/sign-in/code'));
    assert.equal((await session(person)).user.email, person.email);
  });

  story('says "not now" to the offer', async () => {
    const person = await arrive();
    await journey.signInByCode(person);
    await button(person.page, 'offer-later').click();
    await person.page.waitForURL('**/account*');
    await person.page.getByText(words('passkeys-empty')).waitFor();
    await look(person.page, '08-account-without-passkey');
  });

  story('cancels the creation of a passkey', async () => {
    const person = await arrive();
    await journey.signInByCode(person);
    await heading(person.page, 'offer-title').waitFor();
    await person.verifies(false);
    await person.touch(true);
    await button(person.page, 'offer-create').click();
    await notice(person.page, 'passkey-create-cancelled').waitFor();
    await look(person.page, '09-offer-cancelled');
    assert.deepEqual(await person.passkeysOnDevice(), []);
  });

  story('is told when the passkey was removed from the account', async () => {
    const person = await arrive();
    const { page } = person;
    await journey.signUpWithPasskey(person);
    await tenant.sql(
      `delete from passkey where "userId" = (select id from "user" where email = $1)`, [person.email],
    );
    await journey.signOut(person);
    await journey.signInByButton(person);
    await notice(page, 'passkey-unknown').waitFor();
    await look(page, '10-passkey-unknown');
  });

  story('enters something that is no address', async () => {
    const person = await arrive({ device: false });
    const { page } = person;
    await open(person, '/sign-in');
    // The browser itself refuses most of these; the server has to as well.
    await page.locator('form').filter({ has: emailField(page) }).evaluate((form) => (form.noValidate = true));
    await emailField(page).fill('nobody');
    await button(page, 'action-continue').click();
    await notice(page, 'email-invalid').waitFor();
    assert.equal(await emailField(page).getAttribute('aria-invalid'), 'true');
    await look(page, '11-email-invalid');
  });

  story('enters a wrong code, then the right one', async () => {
    const person = await arrive({ device: false });
    const { page } = person;
    const code = await journey.askForCode(person);
    await journey.enterCode(person, journey.wrongCode(code));
    await notice(page, 'code-wrong').waitFor();
    assert.equal(await codeField(page).getAttribute('aria-invalid'), 'true');
    await look(page, '12-code-wrong');
    await journey.enterCode(person, code);
    await page.waitForURL((url) => !url.pathname.startsWith('/sign-in/code'));
    assert.equal((await session(person)).user.email, person.email);
  });

  story('enters too many wrong codes', async () => {
    const person = await arrive({ device: false });
    const { page } = person;
    const code = await journey.askForCode(person);
    const tooMany = notice(page, 'code-tries');
    const TRIES_THAT_ARE_SURELY_TOO_MANY = 6;
    let wrong = journey.wrongCode(code);
    for (let i = 0; i < TRIES_THAT_ARE_SURELY_TOO_MANY && !(await tooMany.isVisible()); i += 1) {
      await journey.toNextPage(person, () => journey.enterCode(person, wrong));
      wrong = journey.wrongCode(wrong);
    }
    await tooMany.waitFor();
    await look(page, '13-code-too-many');
    const status = await page.evaluate(async (body) => {
      const headers = { 'content-type': 'application/json' };
      return (await fetch('/api/auth/sign-in/email-otp', { method: 'POST', headers, body })).status;
    }, JSON.stringify({ email: person.email, otp: code }));
    assert.equal(status, 400, 'the right code comes too late');
    assert.equal(await session(person), null);
  });

  story('enters a code that has expired', async () => {
    const person = await arrive({ device: false });
    const code = await journey.askForCode(person);
    await tenant.sql(
      `update verification set "expiresAt" = now() - interval '1 second' where identifier = $1`,
      [`sign-in-otp-${person.email}`],
    );
    await journey.enterCode(person, code);
    await notice(person.page, 'code-expired').waitFor();
    await look(person.page, '14-code-expired');
    assert.equal(await session(person), null);
  });

  story('uses a code in another browser than the one that asked', async () => {
    const [here, there] = [await arrive({ device: false }), await arrive({ device: false })];
    there.email = here.email;
    const code = await journey.askForCode(here);
    await open(there, `/sign-in/code?email=${encodeURIComponent(here.email)}`);
    if (await codeField(there.page).isVisible()) {
      await journey.enterCode(there, code);
      await notice(there.page, 'code-other-browser').waitFor();
    }
    assert.equal(await session(there), null);
  });

  story('signs in without script', async () => {
    const person = await arrive({ device: false, javaScriptEnabled: false });
    const { page } = person;
    const code = await journey.askForCode(person);
    await codeField(page).fill(journey.wrongCode(code));
    await button(page, 'action-continue').click();
    await notice(page, 'code-wrong').waitFor();
    await codeField(page).fill(code);
    await button(page, 'action-continue').click();
    await page.waitForURL((url) => !url.pathname.startsWith('/sign-in/code'));
    await open(person, '/account');
    await page.getByText(person.email).first().waitFor();
    await open(person, '/sign-out');
    await button(page, 'sign-out-confirm').click();
    await heading(page, 'signed-out-title').waitFor();
    await open(person, '/account');
    await emailField(page).waitFor();
  });

  story('gets a page for an address that leads nowhere', async () => {
    const person = await arrive({ device: false });
    const answer = await open(person, '/no-such-page');
    assert.equal(answer.status(), 404);
    await heading(person.page, 'not-found-title').waitFor();
    await look(person.page, '15-not-found');
  });

  story('is asked to sign in where that is needed, and comes to where they wanted', async () => {
    const person = await arrive({ device: false });
    await open(person, '/account');
    await emailField(person.page).waitFor();
    assert.match(new URL(person.page.url()).pathname, /^\/sign-in/);
  });
});
