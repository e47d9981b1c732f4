// Debian's Chromium, driven by Playwright: people with a browser each, and a virtual passkey device.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { startProxy } from './proxy.mjs';
import { ownAddress } from './visitor.mjs';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const PATIENCE_MS = 10_000;
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 }, narrow: { width: 320, height: 640 } };
const RESULTS = fileURLToPath(new URL('../e2e/results', import.meta.url));
const TAKES_PICTURES = Boolean(process.env.KIAVI_PICTURES);

export const chromiumMissing = () => !CHROMIUM.some(existsSync) && 'no Chromium; on Debian: apt-get install chromium';

export async function openBrowser() {
  const executablePath = process.env.KIAVI_CHROMIUM ?? CHROMIUM.find(existsSync);
  return chromium.launch({ executablePath, args: process.getuid() === 0 ? ['--no-sandbox'] : [] });
}

export const certutilMissing = () =>
  spawnSync('which', ['certutil']).status !== 0 && 'no certutil; on Debian: apt-get install libnss3-tools';

/**
 * A browser whose user trusts an authority (PEM), as `certutil` has it trusted in the database of their own, and to whom every
 * name with every port is this machine at `port`.
 */
export async function openTrustingBrowser(root, port) {
  const home = mkdtempSync(path.join(tmpdir(), 'kv-home-'));
  const [file, database] = [path.join(home, 'root.pem'), path.join(home, '.pki/nssdb')];
  writeFileSync(file, root);
  mkdirSync(database, { recursive: true });
  const certutil = (...args) => execFileSync('certutil', ['-d', `sql:${database}`, ...args], { stdio: 'pipe' });
  certutil('-N', '--empty-password');
  certutil('-A', '-n', 'Kiavi', '-t', 'C,,', '-i', file);
  const args = [`--host-resolver-rules=MAP * 127.0.0.1:${port}`];
  if (process.getuid() === 0) args.push('--no-sandbox');
  const executablePath = process.env.KIAVI_CHROMIUM ?? CHROMIUM.find(existsSync);
  const browser = await chromium.launch({ executablePath, args, env: { ...process.env, HOME: home } });
  browser.once('disconnected', () => rmSync(home, { recursive: true, force: true }));
  return browser;
}

/** One person with a browser profile of their own. What their browser complains about fails `goodbye()`. */
export class Person {
  complaints = [];

  static async arrive(browser, options = {}) {
    const person = new Person();
    person.proxy = await startProxy(ownAddress());
    person.context = await browser.newContext({
      viewport: SIZES.desktop,
      reducedMotion: 'reduce',
      locale: 'en-GB',
      proxy: { server: person.proxy.url },
      ...options,
    });
    person.context.setDefaultTimeout(PATIENCE_MS);
    person.page = await person.context.newPage();
    person.page.on('pageerror', (error) => person.complaints.push(`script error: ${error.message}`));
    person.page.on('console', (message) => {
      if (/Content Security Policy|Trusted Type|Refused to/i.test(message.text())) {
        person.complaints.push(message.text());
      }
    });
    return person;
  }

  /** Gives this person's page a passkey device; nobody touches it until `touch(true)`. */
  async takeDevice() {
    await this.context.addInitScript(() => {
      const { credentials } = navigator;
      const get = credentials.get.bind(credentials);
      credentials.get = (options) => {
        globalThis.isAutofillOffered = options.mediation === 'conditional';
        return get(options);
      };
    });
    this.cdp = await this.context.newCDPSession(this.page);
    await this.cdp.send('WebAuthn.enable', { enableUI: false });
    const { authenticatorId } = await this.cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: false,
      },
    });
    this.device = authenticatorId;
  }

  /**
   * Whether the person answers the device's questions from now on. A request that is already waiting
   * stays so: with `true` before a page opens, its autofill request is answered; with `true` before a
   * click, the ceremony of that click is.
   */
  touch(enabled) {
    return this.cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: this.device, enabled });
  }

  /** Waits until the page has asked for passkeys in the suggestions of its e-mail field. */
  async autofillOffered() {
    await this.page.waitForFunction(() => globalThis.isAutofillOffered);
  }

  /** With false, the device gives up every ceremony as if the person had cancelled it. */
  verifies(isUserVerified) {
    return this.cdp.send('WebAuthn.setUserVerified', { authenticatorId: this.device, isUserVerified });
  }

  async passkeysOnDevice() {
    const { credentials } = await this.cdp.send('WebAuthn.getCredentials', { authenticatorId: this.device });
    return credentials;
  }

  async goodbye() {
    await this.context.close();
    this.proxy.stop();
    assert.deepEqual(this.complaints, []);
  }
}

/**
 * Looks at the page as it is now: no finding of axe in light and dark, no sideways scrolling on a phone; and, where
 * KIAVI_PICTURES says so, a picture of each in results/, which takes longer than all of that.
 */
export async function look(page, name) {
  if (TAKES_PICTURES) mkdirSync(RESULTS, { recursive: true });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      if (TAKES_PICTURES) {
        const picture = `${RESULTS}/${name}-${colorScheme}-${size}.png`;
        await page.screenshot({ path: picture, fullPage: true, animations: 'disabled' });
      }
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${name}: ${overflow} px wider than a ${size}`);
    }
    // In a frame that may run nothing, no timer fires either: axe would wait there for ever.
    const { violations } = await new AxeBuilder({ page })
      .exclude('iframe[sandbox]:not([sandbox~="allow-scripts"])')
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
      .analyze();
    const found = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
    assert.deepEqual(found, [], `axe on ${name}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(SIZES.desktop);
}
