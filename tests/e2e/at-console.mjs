// The steps of the console's people that the browser tests share.

import * as journey from './journey.mjs';

const { button, emailField, heading } = journey;

/** The console of an instance: where its people sign in, and how. */
export function consoleOf(kiavi, browser) {
  const signIn = { url: kiavi.consoleUrl.replace('//console.', '//id.'), mailbox: kiavi.mailbox };
  const arrive = (options) => journey.arrive(browser, signIn, options);
  const atConsole = ({ page }) => page.waitForURL((url) => url.origin === kiavi.consoleUrl);

  /** From the sign-in page by code; the passkey that is offered is made, if `makesPasskey`. */
  async function comeIn(person, { makesPasskey = true } = {}) {
    const { page } = person;
    await emailField(page).fill(person.email);
    await button(page, 'action-continue').click();
    await journey.codeField(page).waitFor();
    await journey.enterCode(person, await signIn.mailbox.nextCode(person.email));
    if (makesPasskey) {
      await heading(page, 'offer-title').waitFor();
      await person.touch(true);
      await button(page, 'offer-create').click();
    }
    await atConsole(person);
    await person.touch(false);
  }

  /** Uses the passkey on the page that takes nothing else. */
  async function prove(person) {
    await heading(person.page, 'prove-title').waitFor();
    await person.page.waitForLoadState();
    await person.touch(true);
    await button(person.page, 'prove-confirm').click();
    await atConsole(person);
    await person.touch(false);
  }

  /** The one who owns the instance, by the link that it printed. */
  async function firstOwner(options) {
    const owner = await arrive(options);
    await owner.page.goto(kiavi.ready.first_owner_url);
    await comeIn(owner);
    await heading(owner.page, 'owner-title').waitFor();
    await button(owner.page, 'owner-title').click();
    await heading(owner.page, 'console-title').waitFor();
    return owner;
  }

  return { signIn, arrive, comeIn, prove, firstOwner };
}
