// The console's page on which a tenant's look is chosen: a preview of the pages in every state, publishing, going back.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromiumMissing, look, openBrowser } from '../lib/browser.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { words } from '../lib/words.mjs';
import { consoleOf } from './at-console.mjs';
import * as journey from './journey.mjs';

const PATIENCE_MS = 10_000;
const { button, notice } = journey;
const picture = (name) => fileURLToPath(new URL(`../../crates/pages/src/gallery/${name}.png`, import.meta.url));

describe('choosing a look', { skip: kiaviMissing() || chromiumMissing() }, () => {
  let kiavi, browser, owner, page;

  const at = (below = '') => `${kiavi.consoleUrl}/w/default/t/demo/sign-in-page${below}`;
  const shown = (on = page) => on.getByTitle(words('look-preview'), { exact: true }).contentFrame();
  const setting = async (path) => JSON.parse(await kiavi.verb(['settings', 'get', 'demo', path]));
  const label = (key) => page.getByLabel(words(key), { exact: true });

  before(async () => {
    [kiavi, browser] = await Promise.all([startKiavi(), openBrowser()]);
    owner = await consoleOf(kiavi, browser).firstOwner();
    ({ page } = owner);
  });
  after(async () => {
    await browser?.close();
    await kiavi?.dispose();
  });

  /** Waits until the preview's main button has this colour. Asks from here: inside the frame no timer fires. */
  async function turns(colour) {
    const primary = shown().locator('.button.primary').first();
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const now = await primary.evaluate((element) => getComputedStyle(element).backgroundColor);
      if (now === colour) return;
      assert.ok(Date.now() < deadline, `the button is ${now}`);
      await setTimeout(50);
    }
  }

  test('the page says how it is, and shows it', async () => {
    await page.goto(at());
    await page.getByRole('heading', { level: 1, name: words('look-title') }).waitFor();
    await shown().getByRole('heading', { level: 1, includeHidden: true }).waitFor();
    await look(page, 'look-1-plain');
    assert.deepEqual(owner.complaints, []);
  });

  test('what is typed is shown at once, files and all', async () => {
    await label('look-name').fill('Nordlicht');
    await label('look-accent').fill('#1b2a6b');
    await label('look-logo').setInputFiles(picture('wordmark'));
    await label('look-logo-on-dark').setInputFiles(picture('wordmark-on-dark'));
    await label('look-corners').selectOption('square');
    await shown().locator('.logo img').waitFor();
    await shown().getByText(/Nordlicht/).first().waitFor();
    await turns('rgb(27, 42, 107)');
    await look(page, 'look-2-typed');
    for (const scene of ['rate-limited', 'code-wrong', 'account-linked', 'passkey-exists']) {
      await label('look-scene').selectOption(scene);
      await shown().locator(`#notice [data-notice="${scene}"]`).waitFor();
    }
    await page.locator('#locale').selectOption('fr');
    await label('look-scene').selectOption('code');
    await shown().getByText(words('code-title', {}, 'fr')).first().waitFor();
    await label('look-dark').check();
    await label('look-phone').check();
    await shown().locator('meta[name="color-scheme"][content="dark"]').waitFor({ state: 'attached' });
    await look(page, 'look-3-dark-phone');
  });

  test('while a colour is typed, the page says how well it can be read', async () => {
    await page.goto(at());
    const worth = page.locator('#accent-worth');
    await worth.getByText(words('look-accent-none')).waitFor();
    await label('look-accent').pressSequentially('#ffd60');
    await worth.getByText(words('look-accent-none')).waitFor();
    await label('look-accent').press('0');
    await worth.getByText(new RegExp(`^${words('look-contrast-typed', { ratio: '1[.][0-9]' })}$`)).waitFor();
    await look(page, 'look-8-too-light');
    await label('look-accent').fill('#1b2a6b');
    await worth.getByText(new RegExp(`^${words('look-contrast', { ratio: '1[0-9][.][0-9]' })}$`)).waitFor();
    assert.equal(await page.locator('#dark-worth').textContent().then((text) => text.trim()), words('look-accent-none'));
    assert.equal(await setting('branding.accent'), null, 'nothing was published');
  });

  test('nobody else may frame the preview, and nothing in it runs', async () => {
    const { policy, body } = await page.evaluate(async (url) => {
      const answer = await fetch(url);
      return { policy: answer.headers.get('content-security-policy'), body: await answer.text() };
    }, at('/preview'));
    assert.match(policy, /frame-ancestors 'self'/);
    assert.match(policy, /sandbox allow-same-origin$/);
    assert.ok(!policy.includes('script-src') && !body.includes('<script'));
  });

  test('a colour that cannot be read is refused, and says which could', async () => {
    await page.goto(at());
    await label('look-accent').fill('#ffd600');
    await button(page, 'look-publish').click();
    await page.getByRole('alert').filter({ hasText: 'branding.accent #ffd600' }).waitFor();
    await page.locator('#accent-worth').filter({ hasText: '1.' }).waitFor();
    assert.equal(await label('look-accent').inputValue(), '#ffd600', 'what was typed is still there');
    await look(page, 'look-4-refused');
    assert.equal(await setting('branding.accent'), null);
  });

  test('a file that is no logo is refused', async () => {
    await page.goto(at());
    const file = { name: 'logo.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg onload="alert(1)"/>') };
    await label('look-logo').setInputFiles(file);
    await page.locator('[data-typed-fault]').filter({ hasText: 'branding.logo', visible: true }).waitFor();
    await look(page, 'look-6-no-logo');
    await button(page, 'look-publish').click();
    await page.locator('#fault').filter({ hasText: 'branding.logo' }).waitFor();
    assert.equal(await setting('branding.logo'), null);
  });

  test('it is checked, published, and taken back', async () => {
    await page.goto(at());
    await label('look-name').fill('Nordlicht');
    await label('look-accent').fill('#1b2a6b');
    await label('look-logo').setInputFiles(picture('wordmark'));
    await label('look-terms').fill('https://example.com/terms');
    for (const tag of ['fr', 'nl', 'es', 'it']) await page.locator(`#offers-${tag}`).uncheck();
    await button(page, 'settings-check').click();
    await page.getByText(words('look-would-change')).waitFor();
    await turns('rgb(27, 42, 107)');
    await look(page, 'look-5-checked');
    assert.equal(await setting('branding.accent'), null, 'nothing was changed');
    await label('look-logo').setInputFiles(picture('wordmark'));
    await button(page, 'look-publish').click();
    await notice(page, 'settings-saved').waitFor();
    assert.deepEqual(await setting('branding.languages'), ['de', 'en']);
    const visitor = await journey.arrive(browser, kiavi.tenant(), { device: false });
    await journey.open(visitor, '/sign-in');
    await visitor.page.locator('.logo img').waitFor();
    await visitor.goodbye();
    // The other fields leave the logo as it is.
    await label('look-corners').selectOption('round');
    await button(page, 'look-publish').click();
    await notice(page, 'settings-saved').waitFor();
    assert.ok((await setting('branding.logo')).length > 1_000);
    await page.getByRole('link', { name: words('look-versions'), exact: true }).click();
    await button(page, 'settings-back-to', { version: '1' }).click();
    await button(journey.dialog(page), 'settings-back').click();
    await notice(page, 'settings-saved').waitFor();
    assert.equal(await setting('branding.logo'), null);
  });

  test('every page in every state is a link away in development', async () => {
    await page.goto(`${kiavi.consoleUrl}/dev/components?look=1`);
    await page.getByRole('heading', { level: 1, name: words('components-title') }).waitFor();
    await look(page, 'look-7-components');
    await page.getByRole('link', { name: 'account', exact: true }).click();
    await page.locator('.logo img').waitFor();
    assert.deepEqual(owner.complaints, []);
  });

  test('without script the preview is a button away', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, storageState: await owner.context.storageState() });
    const plain = await context.newPage();
    await plain.goto(at());
    await plain.getByLabel(words('look-accent'), { exact: true }).fill('#6b1b5a');
    await plain.getByRole('button', { name: words('look-preview-show'), exact: true }).click();
    await shown(plain).locator('link[href*="6b1b5a"]').waitFor({ state: 'attached' });
    await context.close();
  });
});
