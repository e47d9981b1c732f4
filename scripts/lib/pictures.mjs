// The pictures of README.md, from a running instance with demo data. KIAVI_BIN names the program.

import { mkdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { consoleOf } from '../../tests/e2e/at-console.mjs';
import { openBrowser } from '../../tests/lib/browser.mjs';
import { startKiavi } from '../../tests/lib/kiavi.mjs';
import { until } from '../../tests/lib/wait.mjs';
import { words } from '../../tests/lib/words.mjs';

const PICTURES = fileURLToPath(new URL('../../docs/pictures', import.meta.url));
const MAX_BYTES = 150_000;
const VIEWPORT = { width: 1200, height: 750 };

/** Makes a picture of the page in light and in dark, small enough for a README. */
async function picture(page, name) {
  // Who signs in here has an address that no two runs share.
  await page.evaluate(() => document.querySelectorAll('.menu .address').forEach((one) => (one.textContent = 'ada@example.com')));
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const file = `${PICTURES}/${name}-${colorScheme}.png`;
    await page.screenshot({ path: file, animations: 'disabled', caret: 'hide' });
    const { size } = statSync(file);
    if (size > MAX_BYTES) throw new Error(`${name}-${colorScheme}.png has ${size} bytes`);
    console.log(`${name}-${colorScheme}.png ${size} bytes`);
  }
}

/** Loads the page again, once a second, until it has what is to be in the picture. */
async function comes(page, what) {
  const isThere = async () => (await what().count()) || (await page.reload(), await what().count());
  await until('the page has it', isThere, { within: 2 * 60_000, every: 1_000 });
}

mkdirSync(PICTURES, { recursive: true });
const [kiavi, browser] = await Promise.all([
  startKiavi({ args: ['--demo-data'], within: 10 * 60_000 }),
  openBrowser(),
]);
try {
  const theConsole = consoleOf(kiavi, browser);
  const visitor = await theConsole.arrive();
  await visitor.page.setViewportSize(VIEWPORT);
  await visitor.page.goto(`${kiavi.tenant().url}/sign-in`);
  await picture(visitor.page, 'sign-in');
  await visitor.goodbye();

  const owner = await theConsole.firstOwner();
  const { page } = owner;
  await page.setViewportSize(VIEWPORT);
  const at = (below) => `${kiavi.consoleUrl}/w/default/t/demo${below}`;
  // Ninety days are counted and sealed in the background.
  await page.goto(at('/figures?range=90'));
  await page.getByText(words('live-on')).first().waitFor();
  await comes(page, () => page.locator('.figure').first().filter({ hasNotText: /^0$/ }));
  await page.locator('#plot').scrollIntoViewIfNeeded();
  await picture(page, 'figures');
  await page.goto(at('/users'));
  await picture(page, 'users');
  await page.goto(at('/events?type=passkey.created&period=all'));
  await page.getByRole('row').nth(1).getByRole('link').first().click();
  await comes(page, () => page.getByText(words('event-sealed')).first());
  await page.locator('.terms').last().scrollIntoViewIfNeeded();
  await picture(page, 'event');
  await owner.goodbye();
} finally {
  await browser.close();
  await kiavi.dispose();
}
