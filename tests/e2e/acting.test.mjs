// A member of the workspace acts as a user: from the user's page in the console to the tenant's pages, and back.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chromiumMissing, look, openBrowser } from '../lib/browser.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { words } from '../lib/words.mjs';
import { consoleOf } from './at-console.mjs';
import * as journey from './journey.mjs';

const { button, heading, notice } = journey;
const NAME = 'Ada Lovelace';
const REASON = 'Ticket 4711: the invoice is missing';

describe('acting as a user', { skip: kiaviMissing() || chromiumMissing() }, () => {
  let kiavi;
  let browser;
  let prove;
  let owner;
  let page;
  let tenant;
  let ada;
  let email;

  const at = (below = '') => `${kiavi.consoleUrl}/w/default/t/demo${below}`;
  const banner = () => page.getByRole('complementary', { name: words('acting-label') });
  const reason = () => page.getByLabel(words('acting-reason'), { exact: true });

  async function openUser() {
    await page.goto(at('/users'));
    await page.getByRole('link', { name: NAME }).click();
    await heading(page, 'profile-title').or(page.getByRole('heading', { level: 1, name: NAME })).first().waitFor();
  }

  /** To the form, by the passkey where that is too long ago. */
  async function openForm() {
    await openUser();
    await page.getByRole('link', { name: words('user-act') }).click();
    const form = heading(page, 'acting-title', { name: NAME });
    await form.or(heading(page, 'prove-title')).waitFor();
    if (await heading(page, 'prove-title').count()) {
      await prove(owner);
      await form.waitFor();
    }
  }

  /** From the form to the tenant's page that asks. */
  async function goThere() {
    await openForm();
    await reason().fill(REASON);
    await button(page, 'user-act-go').click();
    await page.waitForURL(`${tenant.url}/sign-in/acting`);
  }

  before(async () => {
    [kiavi, browser] = await Promise.all([startKiavi(), openBrowser()]);
    const theConsole = consoleOf(kiavi, browser);
    ({ prove } = theConsole);
    owner = await theConsole.firstOwner();
    ({ page } = owner);
    tenant = kiavi.tenant();
    ada = new Visitor(tenant.url, tenant.mailbox);
    email = freshEmail();
    await ada.signInByCode(email);
    await ada.post('/update-user', { name: NAME });
  });
  after(async () => {
    await browser?.close();
    await kiavi?.dispose();
  });

  test('a reason is asked for, and the tenant asks once more', async () => {
    await openUser();
    await look(page, '90-user-act');
    await openForm();
    await look(page, '91-act-as');
    // What the browser would not send the console refuses as well.
    await reason().evaluate((field) => {
      field.required = false;
      field.removeAttribute('minlength');
    });
    await reason().fill('no');
    await button(page, 'user-act-go').click();
    await notice(page, 'user-act-reason').waitFor();
    assert.equal(await reason().inputValue(), 'no');
    await look(page, '92-act-as-why');
    await reason().fill(REASON);
    await page.getByLabel(words('user-act-for')).selectOption('30');
    await button(page, 'user-act-go').click();
    await page.waitForURL(`${tenant.url}/sign-in/acting`);
    await heading(page, 'acting-title', { name: NAME }).waitFor();
    await page.getByText(REASON).waitFor();
    assert.equal((await journey.session({ page })), null, 'looking begins nothing');
    await look(page, '93-acting');
  });

  test('what is shown is theirs, with a banner on top, and only they can change some of it', async () => {
    await button(page, 'acting-begin').click();
    await page.waitForURL(`${tenant.url}/account`);
    await banner().getByText(owner.email).waitFor();
    await banner().getByText(email).waitFor();
    const { session, user } = await journey.session({ page });
    assert.match(session.impersonatedBy, /^operator:member:/);
    assert.equal(user.email, email);
    const minutes = (new Date(session.expiresAt) - new Date(session.createdAt)) / 60_000;
    assert.equal(Math.round(minutes), 30);
    assert.equal(await page.getByRole('button', { name: words('sessions-revoke-others') }).count(), 0);
    assert.equal(await button(page, 'export-button').count(), 0);
    await look(page, '94-account-acting');
    const refused = await page.evaluate(async () => {
      const answer = await fetch('/api/auth/revoke-other-sessions', { method: 'POST' });
      return [answer.status, (await answer.json()).code];
    });
    assert.deepEqual(refused, [403, 'SESSION_NOT_FRESH']);
  });

  test('the user sees it, and so does the log', async () => {
    const person = await journey.arrive(browser, tenant, { email, device: false });
    await journey.signInByCode(person);
    await journey.open(person, '/account');
    await person.page.getByText(words('acting-support', { app: 'demo' })).waitFor();
    await look(person.page, '95-account-support');
    const other = await page.context().newPage();
    await other.goto(at('/events?type=impersonation.started'));
    await other.getByRole('link', { name: 'impersonation.started' }).click();
    await other.getByText(owner.email).first().waitFor();
    await other.getByText(REASON).first().waitFor();
    await look(other, '96-event-acting');
    await other.close();
  });

  test('the button stops it and leads back', async () => {
    await page.goto(`${tenant.url}/account`);
    await button(banner(), 'acting-stop').click();
    await page.waitForURL(new RegExp(`^${at('/users/')}`));
    await page.getByRole('heading', { level: 1, name: NAME }).waitFor();
    await page.goto(`${tenant.url}/account`);
    await page.waitForURL(`${tenant.url}/sign-in`);
  });

  test('it goes by the keyboard alone, and a link is used once', async () => {
    await openForm();
    await page.keyboard.type(REASON);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${tenant.url}/sign-in/acting`);
    const begin = button(page, 'acting-begin');
    for (let step = 0; step < 5 && !(await begin.evaluate((one) => one === document.activeElement)); step += 1) {
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.waitForURL(`${tenant.url}/account`);
    await banner().waitFor();
    await page.goto(`${tenant.url}/sign-in/acting`);
    await notice(page, 'acting-link').waitFor();
    await look(page, '97-acting-link');
    await button(banner(), 'acting-stop').click();
    await page.waitForURL(new RegExp(`^${at('/users/')}`));
  });

  test('an own session waits and comes back', async () => {
    const own = { page, tenant, email: freshEmail('grace') };
    await journey.signInByCode(own);
    await goThere();
    await page.getByText(words('acting-own', { user: own.email })).waitFor();
    await look(page, '98-acting-own');
    await button(page, 'acting-begin').click();
    await page.waitForURL(`${tenant.url}/account`);
    assert.equal((await journey.session({ page })).user.email, email);
    await button(banner(), 'acting-stop').click();
    await page.waitForURL(new RegExp(`^${at('/users/')}`));
    await page.goto(`${tenant.url}/account`);
    assert.equal((await journey.session({ page })).user.email, own.email);
  });

  test('nobody acts as an administrator of the application', async () => {
    await openForm();
    const user = page.url().split('/users/')[1].split('/')[0];
    // Somebody makes them one while the form is open.
    const isMade = await page.evaluate(async (path) => {
      const answer = await fetch(path, { method: 'POST', body: new URLSearchParams({ role: 'admin' }) });
      return answer.ok;
    }, new URL(at(`/users/${user}/role`)).pathname);
    assert.ok(isMade);
    await reason().fill(REASON);
    await button(page, 'user-act-go').click();
    await notice(page, 'user-act-admin').waitFor();
    await look(page, '99-user-act-admin');
  });
});
