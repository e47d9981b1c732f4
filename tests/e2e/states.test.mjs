// The states that people seldom meet, each reached in a real browser: docs/hosted-pages.md lists them all.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { chromiumMissing, look, openBrowser } from '../lib/browser.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { freshEmail } from '../lib/visitor.mjs';
import { words } from '../lib/words.mjs';
import * as journey from './journey.mjs';

const { button, codeField, emailField, heading, notice, open, session } = journey;

describe('the states of the hosted pages', { skip: kiaviMissing() || chromiumMissing() }, () => {
  let kiavi, browser, demo, strict;
  let people = [];

  before(async () => {
    [kiavi, browser] = await Promise.all([startKiavi(), openBrowser()]);
    demo = kiavi.tenant();
    strict = await kiavi.createTenant('strict');
    await kiavi.set('demo', { 'email_otp.is_change_email_enabled': true });
    await kiavi.set('strict', {
      is_sign_up_open: false,
      'rate_limits.code_send_per_address': '{"limit":1,"window_seconds":90}',
      'rate_limits.passkey_per_network': '{"limit":1,"window_seconds":90}',
    });
  });
  after(async () => {
    await browser?.close();
    await kiavi?.dispose();
  });

  const state = (name, run) =>
    test(name, async () => {
      people = [];
      try {
        await run();
      } finally {
        await Promise.all(people.map((person) => person.goodbye()));
      }
    });

  async function arrive(options, tenant = demo) {
    const person = await journey.arrive(browser, tenant, options);
    people.push(person);
    return person;
  }

  const userOf = (person, change) => person.tenant.sql(`update "user" set ${change} where email = $1`, [person.email]);
  const sessionsOf = (person, change) =>
    person.tenant.sql(
      `update session set ${change} where "userId" = (select id from "user" where email = $1)`, [person.email],
    );

  state('a returning device is greeted, without telling a bystander by whom', async () => {
    const person = await arrive();
    await journey.signUpWithPasskey(person);
    await person.page.goto(`${demo.url}/sign-in?again=yes`);
    const masked = `${person.email[0]}…⁠@${person.email.split('@')[1]}`;
    await button(person.page, 'returning-button', { email: masked }).waitFor();
    assert.ok(!(await person.page.content()).includes(person.email));
    await look(person.page, '70-returning');
  });

  state('somebody takes a copy of their data', async () => {
    const person = await arrive();
    const { page } = person;
    await journey.signUpWithPasskey(person);
    await look(page, '71-account');
    const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'export-button').click()]);
    assert.equal(download.suggestedFilename(), 'account.json');
    const copy = JSON.parse(readFileSync(await download.path(), 'utf8'));
    assert.equal(copy.user.email, person.email);
    assert.equal(copy.passkeys.length, 1);
    assert.ok(copy.events.some(({ type }) => type === 'passkey.created'));
    assert.equal((await demo.events('user.exported')).length, 1);
  });

  state('a copy after an old sign-in asks for a new one', async () => {
    const person = await arrive();
    const { page } = person;
    await journey.signUpWithPasskey(person);
    await sessionsOf(person, `"createdAt" = now() - interval '2 days'`);
    await button(page, 'export-button').click();
    await notice(page, 'sign-in-again').waitFor();
    await look(page, '72-sign-in-again');
  });

  state('somebody moves to another address', async () => {
    const person = await arrive({ device: false });
    const { page } = person;
    await journey.signInByCode(person);
    await open(person, '/account');
    await page.getByRole('link', { name: words('email-title'), exact: true }).click();
    await heading(page, 'email-title').waitFor();
    await look(page, '73-change-email');
    const next = freshEmail();
    await page.getByLabel(words('email-new-label')).fill(next);
    await button(page, 'email-send').click();
    await codeField(page).waitFor();
    await look(page, '74-change-email-code');
    const code = await demo.mailbox.nextCode(next);
    await journey.enterCode(person, code);
    await notice(page, 'email-changed').waitFor();
    assert.equal((await session(person)).user.email, next);
  });

  state('a passkey of another device leads to one on this device', async () => {
    const person = await arrive();
    const { page } = person;
    const options = {
      protocol: 'ctap2', transport: 'usb', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true,
    };
    const { authenticatorId } = await person.cdp.send('WebAuthn.addVirtualAuthenticator', { options });
    await journey.signInByCode(person);
    await button(page, 'offer-create').click();
    await page.waitForURL('**/account*');
    await journey.signOut(person);
    // Nobody touches it while the page opens, or the offer of autofill would sign in before the button does.
    const touch = (enabled) => person.cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
    await touch(false);
    await open(person, '/sign-in');
    await person.autofillOffered();
    await touch(true);
    await button(page, 'passkey-sign-in').click();
    await heading(page, 'offer-nearby-title').waitFor();
    await look(page, '75-offer-nearby');
    await person.cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
    await person.touch(true);
    await button(page, 'offer-create').click();
    await page.waitForURL('**/account*');
    assert.equal((await person.passkeysOnDevice()).length, 1);
  });

  state('a limit counts down to when one may try again', async () => {
    const person = await arrive({ device: false }, strict);
    const { page } = person;
    const ask = async () => {
      await open(person, '/sign-in');
      await emailField(page).fill(person.email);
      await button(page, 'action-continue').click();
    };
    await ask();
    await codeField(page).waitFor();
    await ask();
    const told = notice(page, 'rate-limited');
    await told.waitFor();
    await page.waitForFunction(() => /1:[0-2]\d/.test(document.querySelector('time-left')?.textContent));
    const heard = await told.locator('.visually-hidden').textContent();
    await page.waitForFunction((first) => {
      const [shown, said] = document.querySelectorAll('time-left span');
      return shown.textContent !== first && said.textContent === first;
    }, heard);
    await look(page, '76-rate-limited');
  });

  state('a limit of passkeys counts down too', async () => {
    const person = await arrive({}, strict);
    await open(person, '/sign-in');
    await button(person.page, 'passkey-sign-in').click();
    const told = notice(person.page, 'rate-limited');
    await told.waitFor();
    assert.match(await told.innerText(), /\d:\d\d/);
    await look(person.page, '77-passkeys-limited');
  });

  state('where sign-up is closed, a stranger gets a page as anybody else, and no mail', async () => {
    const person = await arrive({ device: false }, strict);
    await open(person, '/sign-in');
    await emailField(person.page).fill(person.email);
    await button(person.page, 'action-continue').click();
    await codeField(person.page).waitFor();
    await look(person.page, '78-sign-up-closed');
  });

  state('somebody who is suspended is told so after their code', async () => {
    const person = await arrive({ device: false });
    await journey.signInByCode(person);
    await journey.signOut(person);
    await userOf(person, 'banned = true');
    await journey.enterCode(person, await journey.askForCode(person));
    await notice(person.page, 'suspended').waitFor();
    await look(person.page, '79-suspended');
  });

  state('a browser that keeps no cookies is told what it lacks', async () => {
    const person = await arrive({ device: false });
    await open(person, '/sign-in/code?sent=yes');
    await notice(person.page, 'cookies-blocked').waitFor();
    await look(person.page, '80-cookies-blocked');
  });

  state('a page whose session ended sends its form back to the sign-in', async () => {
    const person = await arrive({ device: false });
    const { page } = person;
    await journey.signInByCode(person);
    await open(person, '/account');
    await person.context.clearCookies();
    await button(page, 'action-save').filter({ visible: true }).click();
    await notice(page, 'session-ended').waitFor();
    await look(page, '81-session-ended');
  });

  state('a code that nobody asked for any more begins anew', async () => {
    const person = await arrive({ device: false });
    await journey.askForCode(person);
    await person.context.clearCookies();
    await journey.enterCode(person, '123456');
    await notice(person.page, 'flow-expired').waitFor();
    await look(person.page, '82-flow-expired');
  });

  state('a fault of ours names the request', async () => {
    const broken = await kiavi.createTenant('broken');
    const person = await arrive({ device: false }, broken);
    await journey.signInByCode(person);
    await broken.sql('alter table session rename to away');
    const answer = await open(person, '/account');
    await heading(person.page, 'error-title').waitFor();
    assert.equal(await person.page.locator('[data-request-id]').innerText(), answer.headers()['x-request-id']);
    await look(person.page, '83-error');
  });

  // What the browser's passkey interface says, and what the page makes of it.
  for (const [error, key] of [
    ['NotSupportedError', 'passkey-unsupported'],
    ['ConstraintError', 'passkey-verification'],
    ['SecurityError', 'passkey-wrong-domain'],
    ['TimeoutError', 'passkey-timeout'],
    ['UnknownError', 'passkey-failed'],
  ]) {
    state(`${error} of a passkey is told as ${key}`, async () => {
      const person = await arrive({ device: false });
      await person.context.addInitScript((name) => {
        navigator.credentials.get = () => Promise.reject(new DOMException('', name));
        PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
      }, error);
      await open(person, '/sign-in');
      await button(person.page, 'passkey-sign-in').click();
      await notice(person.page, key).waitFor();
      await look(person.page, `84-${key}`);
    });
  }

  state('offline and maintenance are told where a script asks', async () => {
    const person = await arrive({ device: false });
    const { page } = person;
    await open(person, '/sign-in');
    await page.route('**/passkey/generate-authenticate-options', (route) => route.abort('internetdisconnected'));
    await button(page, 'passkey-sign-in').click();
    await notice(page, 'offline').waitFor();
    await look(page, '85-offline');
    await page.unrouteAll();
    await page.route('**/passkey/generate-authenticate-options', (route) => route.fulfill({ status: 503, body: '{}' }));
    await button(page, 'passkey-sign-in').click();
    await notice(page, 'maintenance').waitFor();
    await look(page, '86-maintenance');
  });

  state('a device that has a passkey already says so', async () => {
    const person = await arrive();
    await journey.signUpWithPasskey(person);
    await person.touch(true);
    await button(person.page, 'passkeys-add').click();
    await notice(person.page, 'passkey-exists').waitFor();
    await look(person.page, '87-passkey-exists');
  });

  state('a browser without passkeys has no button for one', async () => {
    const person = await arrive({ device: false });
    await person.context.addInitScript(() => delete globalThis.PublicKeyCredential);
    await open(person, '/sign-in');
    await emailField(person.page).waitFor();
    await button(person.page, 'passkey-sign-in').waitFor({ state: 'hidden' });
    await look(person.page, '88-no-passkeys');
  });
});
