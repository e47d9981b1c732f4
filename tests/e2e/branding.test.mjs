// A tenant's own look: its logo, its colour, its corners, its links and its languages, on every page that people meet.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { chromiumMissing, look, openBrowser } from '../lib/browser.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { words } from '../lib/words.mjs';
import * as journey from './journey.mjs';

const { askForCode, emailField, heading, notice, open } = journey;
const FIRST_VISIT_BYTES = 50_000;
const logo = (name) =>
  readFileSync(new URL(`../../crates/pages/src/gallery/${name}.png`, import.meta.url)).toString('base64');

describe('a tenant’s look', { skip: kiaviMissing() || chromiumMissing() }, () => {
  let kiavi, browser, demo, shop;

  before(async () => {
    [kiavi, browser] = await Promise.all([startKiavi(), openBrowser()]);
    demo = kiavi.tenant();
    shop = await kiavi.createTenant('shop');
    await kiavi.set('demo', {
      app_name: 'Nordlicht',
      'branding.logo': logo('wordmark'),
      'branding.logo_on_dark': logo('wordmark-on-dark'),
      'branding.accent': '#1b2a6b',
      'branding.corners': 'square',
      'branding.terms_url': 'https://example.com/terms',
      'branding.privacy_url': 'https://example.com/privacy',
      'branding.support_url': 'mailto:help@example.com',
      'branding.languages': '["de","en"]',
    });
    await kiavi.set('shop', {
      app_name: 'Magenta',
      'branding.logo': logo('square'),
      'branding.accent': '#c2185b',
      'branding.accent_on_dark': '#ff8fb8',
      'branding.corners': 'round',
      'branding.privacy_url': 'https://example.com/privacy',
      'branding.languages': '["en"]',
    });
  });
  after(async () => {
    await browser?.close();
    await kiavi?.dispose();
  });

  /** What the main button looks like. */
  const shown = (page) =>
    page.locator('.button.primary').first().evaluate((button) => {
      const style = getComputedStyle(button);
      return { colour: style.backgroundColor, corner: style.borderRadius };
    });

  for (const [name, of, colour] of [
    ['nordlicht', () => demo, 'rgb(27, 42, 107)'],
    ['magenta', () => shop, 'rgb(194, 24, 91)'],
  ]) {
    test(`${name} is on every page`, async () => {
      const person = await journey.arrive(browser, of());
      const { page } = person;
      const code = await askForCode(person);
      await look(page, `60-${name}-code`);
      assert.equal((await shown(page)).colour, colour);
      await journey.enterCode(person, journey.wrongCode(code));
      await notice(page, 'code-wrong').waitFor();
      await look(page, `61-${name}-code-wrong`);
      await journey.enterCode(person, code);
      await heading(page, 'offer-title').waitFor();
      await look(page, `62-${name}-offer`);
      await journey.acceptOffer(person);
      await look(page, `63-${name}-account`);
      await open(person, '/nowhere');
      await heading(page, 'not-found-title').waitFor();
      await look(page, `64-${name}-not-found`);
      await journey.signOut(person);
      await open(person, '/sign-in');
      await emailField(page).waitFor();
      await look(page, `65-${name}-sign-in`);
      assert.equal(await page.locator('.logo img').evaluate((img) => img.complete && img.naturalWidth > 0), true);
      await person.goodbye();
    });
  }

  test('links and languages are those of the tenant', async () => {
    const person = await journey.arrive(browser, demo, { device: false });
    const { page } = person;
    await open(person, '/sign-in');
    const link = (key) => page.getByRole('link', { name: words(key), exact: true }).getAttribute('href');
    assert.equal(await link('foot-terms'), 'https://example.com/terms');
    assert.equal(await link('foot-support'), 'mailto:help@example.com');
    assert.deepEqual(await page.locator('.languages a').evaluateAll((links) => links.map((one) => one.lang)), ['en', 'de']);
    person.tenant = shop;
    await open(person, '/sign-in');
    await emailField(page).waitFor();
    assert.equal(await page.locator('.languages').count(), 0, 'there is no choice');
    await person.goodbye();
  });

  test('a first visit loads little', async () => {
    for (const tenant of [demo, shop]) {
      const person = await journey.arrive(browser, tenant, { device: false });
      const cdp = await person.context.newCDPSession(person.page);
      let bytes = 0;
      await cdp.send('Network.enable');
      cdp.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
      await person.page.goto(`${tenant.url}/sign-in`, { waitUntil: 'networkidle' });
      assert.ok(bytes > 10_000 && bytes < FIRST_VISIT_BYTES, `${bytes} bytes`);
      await person.goodbye();
    }
  });

  test('a colour that cannot be read is refused with one that can', async () => {
    const refused = await kiavi.set('demo', { 'branding.accent': '#ffd600' }).then(() => null, (error) => error);
    assert.match(String(refused?.stderr ?? refused), /branding\.accent #ffd600 has a contrast of 1\.\d:1.*nearest.*#[0-9a-f]{6}/s);
  });
});
