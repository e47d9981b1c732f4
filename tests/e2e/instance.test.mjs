// What the console tells by itself, by the keyboard alone, and in another language: how the instance runs, and a proof that a
// tenant is kept apart.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { chromiumMissing, look, openBrowser } from '../lib/browser.mjs';
import { request } from '../lib/http.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { words } from '../lib/words.mjs';
import { consoleOf } from './at-console.mjs';
import * as journey from './journey.mjs';

const { heading, notice } = journey;
/** A proof starts processes as the tenant's, on a machine that may be busy. */
const PROOF_MS = 60_000;
/** The pages of the instance are looked at again this often though no tenant has changed. */
const LOOKED_AT_AGAIN_MS = 30_000;

describe('the instance and its proofs', { skip: kiaviMissing() || chromiumMissing() }, () => {
  let kiavi;
  let browser;
  let owner;
  let page;

  before(async () => {
    [kiavi, browser] = await Promise.all([startKiavi(), openBrowser()]);
    owner = await consoleOf(kiavi, browser).firstOwner();
    ({ page } = owner);
  });
  after(async () => {
    await browser?.close();
    await kiavi?.dispose();
  });

  const live = () => page.locator('[data-live-state="on"]').filter({ visible: true });
  const isSamePage = () => page.evaluate(() => globalThis.isSamePage === true);

  async function stayOn(path) {
    await page.goto(`${kiavi.consoleUrl}${path}`);
    await live().waitFor();
    await page.evaluate(() => (globalThis.isSamePage = true));
  }

  test('a tenant that somebody creates appears among all tenants, and its engine among the processes', async () => {
    await stayOn('/instance');
    const row = page.locator('#list .row').filter({ hasText: 'orchard' });
    assert.equal(await row.count(), 0);
    const orchard = await kiavi.createTenant('orchard');
    await row.getByText(words('state-running'), { exact: true }).waitFor({ timeout: LOOKED_AT_AGAIN_MS });
    assert.ok(await isSamePage(), 'the page was not loaded anew');
    await stayOn('/instance/processes');
    const engine = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'orchard' }) });
    await engine.waitFor();
    assert.equal((await request(`${orchard.url}/api/auth/ok`)).status, 200);
    await engine.getByText(words('state-running'), { exact: true }).waitFor({ timeout: LOOKED_AT_AGAIN_MS });
    assert.ok(await isSamePage());
    await kiavi.verb(['tenant', 'suspend', 'orchard', '--reason', 'a test']);
    await stayOn('/instance');
    await row.getByText(words('state-suspended'), { exact: true }).waitFor();
    await kiavi.verb(['tenant', 'resume', 'orchard']);
    await row.getByText(words('state-running'), { exact: true }).waitFor({ timeout: LOOKED_AT_AGAIN_MS });
    assert.ok(await isSamePage());
  });

  test('by the keyboard alone a tenant’s isolation is tried, found whole, and its report taken along', async () => {
    await page.goto(`${kiavi.consoleUrl}/w/default/t/demo`);
    await page.waitForLoadState();
    await page.keyboard.press('Control+k');
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'combobox');
    await page.keyboard.type(words('isolation-title'));
    await page.getByRole('option', { name: words('isolation-title'), exact: true }).waitFor();
    await page.keyboard.press('Enter');
    await heading(page, 'isolation-title').waitFor();
    await page.getByText(words('isolation-none')).waitFor();
    await look(page, '132-isolation-none');
    await tabTo('#prove');
    await page.keyboard.press('Enter');
    await notice(page, 'isolation-tried').waitFor({ timeout: PROOF_MS });
    const last = page.getByRole('region', { name: words('isolation-last') });
    await last.getByText(words('isolation-held'), { exact: true }).waitFor();
    assert.equal(await page.getByText(words('isolation-broken'), { exact: true }).count(), 0);
    await look(page, '133-isolation-held');
    await tabTo('a[download]');
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    const report = await download.path();
    assert.ok(readFileSync(report, 'utf8').includes(kiavi.tenant().id), 'it is about this tenant');
    assert.match(await kiavi.verb(['prove', '--verify', report], { isOffline: true }), /demo/);
  });

  test('the same page in German and in French', async () => {
    for (const locale of ['de', 'fr']) {
      await page.goto(`${kiavi.consoleUrl}/w/default/t/demo/isolation?lang=${locale}`);
      await page.getByRole('heading', { level: 1, name: words('isolation-title', {}, locale) }).waitFor();
      assert.equal(await page.locator('html').getAttribute('lang'), locale);
      const last = page.getByRole('region', { name: words('isolation-last', {}, locale) });
      await last.getByText(words('isolation-held', {}, locale), { exact: true }).waitFor();
      await page.getByText(words('isolation-landlock', {}, locale)).waitFor();
      await look(page, `134-isolation-${locale}`);
    }
    await page.goto(`${kiavi.consoleUrl}/instance/health?lang=de`);
    const database = page.locator('.row').filter({ hasText: words('health-database', {}, 'de') });
    await database.getByText(words('health-database-answers', {}, 'de')).waitFor();
    await look(page, '135-health-de');
    await page.goto(`${kiavi.consoleUrl}/instance/health?lang=en`);
    await heading(page, 'instance-health').waitFor();
    await owner.goodbye();
  });

  test('whoever is let in nowhere is told so in their own language', async () => {
    const orchard = kiavi.tenant('orchard');
    await kiavi.verb(['tenant', 'suspend', 'orchard', '--reason', 'a test']);
    for (const locale of ['fr', 'nl']) {
      const visitor = await journey.arrive(browser, orchard, { device: false, locale });
      await journey.open(visitor, '/sign-in');
      await visitor.page.getByRole('heading', { name: words('suspended-title', {}, locale) }).waitFor();
      await look(visitor.page, `136-suspended-${locale}`);
      const nowhere = await visitor.page.goto(orchard.url.replace('//orchard.', '//nobody.'));
      assert.equal(nowhere.status(), 404);
      await visitor.page.getByRole('heading', { name: words('unknown-host-title', {}, locale) }).waitFor();
      await visitor.goodbye();
    }
  });

  /** Presses Tab until the element has the focus. */
  async function tabTo(selector) {
    for (let pressed = 0; pressed < 60; pressed += 1) {
      if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`${selector} is not reached by the keyboard`);
  }
});
