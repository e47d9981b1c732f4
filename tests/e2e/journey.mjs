// The steps that the browser tests share: where things are on the pages, and how a person gets there.

import { Person } from '../lib/browser.mjs';
import { freshEmail } from '../lib/visitor.mjs';
import { words } from '../lib/words.mjs';

export const button = (page, key, variables) => page.getByRole('button', { name: words(key, variables), exact: true });
export const heading = (page, key, variables) =>
  page.getByRole('heading', { level: 1, name: words(key, variables) });
/** A notice by its key, such as `code-wrong`, where a person sees it. */
export const notice = (page, key) => page.locator(`[data-notice="${key}"]`).filter({ visible: true });
/** A button whose name tells of one thing among many: `Rename …`, whatever that thing is called. */
export const buttonOf = (page, key, variable) =>
  page.getByRole('button', { name: new RegExp(`^${words(key, { [variable]: '.+' })}$`) }).filter({ visible: true });
/** The dialog that is open. */
export const dialog = (page) => page.getByRole('dialog').filter({ visible: true });
export const emailField = (page) => page.getByLabel(words('email-label'));
export const codeField = (page) => page.locator('input[autocomplete="one-time-code"]');

/** A person at a tenant, with a mail address and, unless told otherwise, a passkey device. */
export async function arrive(browser, tenant, { device = true, email = freshEmail(), ...options } = {}) {
  const person = await Person.arrive(browser, options);
  person.tenant = tenant;
  person.email = email;
  if (device) await person.takeDevice();
  return person;
}

export const open = (person, path) => person.page.goto(`${person.tenant.url}${path}`);

/** Enters the address on the sign-in page; gives the code that arrives. */
export async function askForCode(person) {
  await open(person, '/sign-in');
  await emailField(person.page).fill(person.email);
  await button(person.page, 'action-continue').click();
  await codeField(person.page).waitFor();
  return person.tenant.mailbox.nextCode(person.email);
}

/** Types the code. With script, which has to be there first, the form goes off by itself at the last digit. */
export async function enterCode({ page }, code) {
  await page.waitForLoadState();
  await codeField(page).fill(code);
}

/** Does what leads to another page, and waits until that page is whole, even if it is the same one again. */
export async function toNextPage({ page }, act) {
  await page.waitForLoadState();
  await page.evaluate(() => (globalThis.isLeft = true));
  await act();
  await page.waitForFunction(() => !globalThis.isLeft && document.readyState === 'complete');
}

/** Signs in by code and stays on the page that follows (the passkey offer, or the account). */
export async function signInByCode(person) {
  await enterCode(person, await askForCode(person));
  await person.page.waitForURL((url) => !url.pathname.startsWith('/sign-in/code'));
}

/** Accepts the passkey offer and ends on the account page. */
export async function acceptOffer(person) {
  await person.touch(true);
  await button(person.page, 'offer-create').click();
  await person.page.waitForURL('**/account*');
  await person.touch(false);
}

export async function signUpWithPasskey(person) {
  await signInByCode(person);
  await heading(person.page, 'offer-title').waitFor();
  await acceptOffer(person);
}

export async function signOut(person) {
  await open(person, '/sign-out');
  await button(person.page, 'sign-out-confirm').click();
  await heading(person.page, 'signed-out-title').waitFor();
}

/** Opens the sign-in page and signs in with the button, while the offer of autofill is open and ignored. */
export async function signInByButton(person) {
  await open(person, '/sign-in');
  await person.autofillOffered();
  await person.touch(true);
  await button(person.page, 'passkey-sign-in').click();
}

/** The signed-in person's session as the auth API tells it, or null. */
export const session = (person) =>
  person.page.evaluate(async () => (await fetch('/api/auth/get-session', { cache: 'no-store' })).json());

export const wrongCode = (code) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
