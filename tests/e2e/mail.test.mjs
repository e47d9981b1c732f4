// A tenant's mail in the console: what became of each, its own words, and what the DNS says of its domain.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chromiumMissing, look, openBrowser } from '../lib/browser.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { MailServer, reply } from '../lib/mail-server.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';
import { words } from '../lib/words.mjs';
import { consoleOf } from './at-console.mjs';
import * as journey from './journey.mjs';

const { button, heading, notice } = journey;

describe('mail in the console', { skip: kiaviMissing() || chromiumMissing() }, () => {
  let kiavi;
  let browser;
  let page;
  let email;

  const at = (below = '') => `${kiavi.consoleUrl}/w/default/t/demo/mail${below}`;
  const tab = (key) => page.getByRole('navigation').getByRole('link', { name: words(key), exact: true });

  before(async () => {
    [kiavi, browser] = await Promise.all([startKiavi(), openBrowser()]);
    ({ page } = await consoleOf(kiavi, browser).firstOwner());
    email = freshEmail();
    const { url, mailbox } = kiavi.tenant();
    await new Visitor(url, mailbox).signInByCode(email);
  });
  after(async () => {
    await browser?.close();
    await kiavi?.dispose();
  });

  test('each mail is told with what became of it, and is found by address', async () => {
    await page.goto(at());
    await tab('mail-sent-title').click();
    await page.getByText(email).waitFor();
    await page.getByText(words('mail-sent-accepted'), { exact: true }).filter({ visible: true }).last().waitFor();
    await look(page, '90-mail-sent');
    await page.getByLabel(words('email-label')).fill('nobody@example.com');
    await button(page, 'action-search').click();
    await page.getByText(words('mail-sent-none')).waitFor();
    await page.getByRole('link', { name: words('action-show-all') }).click();
    await page.getByText(email).waitFor();
  });

  test('a code is worded with a preview, and goes back to our words', async () => {
    await page.goto(at('/words?letter=sign_in_code&in=en'));
    const subject = page.getByLabel(words('mail-words-subject'));
    assert.match(await subject.inputValue(), /\{\{code\}\}/);
    await look(page, '91-mail-words');
    await subject.fill('Come in with {{code}}');
    await button(page, 'mail-words-preview').click();
    await page.getByText('Come in with 123456').waitFor();
    assert.equal(await subject.inputValue(), 'Come in with {{code}}');
    await page.getByLabel(words('mail-words-text')).fill('{{token}}');
    await button(page, 'action-save').click();
    await page.getByRole('alert').getByText('{{token}}').waitFor();
    await look(page, '92-mail-words-fault');
    await page.getByLabel(words('mail-words-text')).fill('Your code: {{code}}');
    await button(page, 'action-save').click();
    await notice(page, 'settings-saved').waitFor();
    const { url, mailbox } = kiavi.tenant();
    await new Visitor(url, mailbox).signInByCode(freshEmail());
    await page.goto(at('/words?letter=sign_in_code&in=en'));
    assert.equal(await subject.inputValue(), 'Come in with {{code}}');
    await button(page, 'mail-words-reset').click();
    await notice(page, 'settings-saved').waitFor();
    assert.notEqual(await subject.inputValue(), 'Come in with {{code}}');
  });

  test('what the DNS says of the domain is told, and what is no selector is refused', async () => {
    await page.goto(at('/domain'));
    await heading(page, 'mail-title').waitFor();
    await page.getByText('DMARC', { exact: true }).waitFor();
    await page.getByLabel(words('mail-selector')).fill('a..b');
    await button(page, 'mail-domain-look').click();
    await page.getByText(words('mail-selector-wrong')).waitFor();
    await look(page, '93-mail-domain');
  });
});

describe('mail that does not arrive, in the console', { skip: kiaviMissing() || chromiumMissing() }, () => {
  let mailServer;
  let kiavi;
  let browser;
  let page;

  before(async () => {
    mailServer = await MailServer.start();
    [kiavi, browser] = await Promise.all([startKiavi({ env: { KIAVI_SMTP_URL: mailServer.url } }), openBrowser()]);
    // All mail of this instance goes there, that of its console too.
    kiavi.mailbox = mailServer;
    ({ page } = await consoleOf(kiavi, browser).firstOwner());
  });
  after(async () => {
    await browser?.close();
    await kiavi?.dispose();
    await mailServer?.stop();
  });

  const askForCode = (email) =>
    new Visitor(kiavi.tenant().url, mailServer).post('/email-otp/send-verification-otp', { email, type: 'sign-in' });
  const openList = () => page.goto(`${kiavi.consoleUrl}/w/default/t/demo/mail/sent`);
  const rowOf = (email) => page.locator('.row').filter({ hasText: email });

  test('what waits is tried at once when somebody says so', async () => {
    const email = freshEmail();
    let isBusy = true;
    mailServer.answer(email, () => isBusy && reply(451, 'try again later'));
    await askForCode(email);
    // The third time, the next attempt is some seconds away.
    await until('it was tried three times', () => mailServer.attempts(email) >= 3, { within: 30_000 });
    isBusy = false;
    await openList();
    await rowOf(email).getByText(words('mail-sent-waiting'), { exact: true }).waitFor();
    await rowOf(email).locator('code').waitFor();
    await look(page, '94-mail-waits');
    await rowOf(email).getByRole('button', { name: words('mail-sent-retry') }).click();
    await notice(page, 'mail-retried').waitFor();
    await mailServer.next(email);
    await until('the list says so', async () => {
      await openList();
      return (await rowOf(email).getByText(words('mail-sent-accepted'), { exact: true }).count()) === 1;
    });
    assert.equal(await rowOf(email).getByRole('button').count(), 0, 'nothing is left to do');
  });

  test('an address whose server refused it gets mail again', async () => {
    const email = freshEmail();
    mailServer.refuse(email, reply(550, 'no such user'));
    await askForCode(email);
    await until('the list says so', async () => {
      await openList();
      return (await rowOf(email).getByText(words('mail-sent-refused'), { exact: true }).count()) === 1;
    });
    mailServer.refuse(email, undefined);
    await askForCode(email);
    assert.equal(mailServer.taken.filter(({ to }) => to === email).length, 0, 'nobody asks the server again');
    await openList();
    await look(page, '95-mail-refused');
    await rowOf(email).getByRole('button', { name: words('mail-lift-of', { email }) }).first().click();
    await notice(page, 'mail-lifted').waitFor();
    await askForCode(email);
    await mailServer.next(email);
  });
});
