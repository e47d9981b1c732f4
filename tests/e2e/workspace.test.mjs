// A workspace at work: a tenant from nothing to its first user, keys for programs, webhooks.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Person, chromiumMissing, look, openBrowser } from '../lib/browser.mjs';
import { newAuthority } from '../lib/certificates.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { startOpenIdProvider } from '../lib/openid-provider.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';
import { WebhookReceiver } from '../lib/webhook-receiver.mjs';
import { words } from '../lib/words.mjs';
import { consoleOf } from './at-console.mjs';
import * as journey from './journey.mjs';

const { button, buttonOf, dialog, heading, notice } = journey;
const HOSTILE = '"><img src=x onerror=alert(1)>';

describe('a workspace at work', { skip: kiaviMissing() || chromiumMissing() }, () => {
  let kiavi;
  let browser;
  let prove;
  let page;
  let owner;

  const at = (below = '') => `${kiavi.consoleUrl}/w/default${below}`;
  const link = (key) => page.getByRole('link', { name: words(key), exact: true });
  const secretShown = () => page.locator('copy-text code').textContent();
  /** Does what may ask for the passkey first, and does it again then. */
  const proved = async (act, then) => {
    await act();
    await Promise.race([then().waitFor(), heading(page, 'prove-title').waitFor()]);
    if (!(await heading(page, 'prove-title').count())) return;
    await prove(owner);
    await act();
    await then().waitFor();
  };

  before(async () => {
    [kiavi, browser] = await Promise.all([startKiavi(), openBrowser()]);
    const theConsole = consoleOf(kiavi, browser);
    ({ prove } = theConsole);
    owner = await theConsole.firstOwner();
    ({ page } = owner);
  });
  after(async () => {
    await browser?.close();
    await kiavi?.dispose();
  });

  test('a tenant is made by its true steps, and its first user is told of at once', async () => {
    await page.goto(at());
    await link('console-create-title').click();
    await heading(page, 'console-create-title').waitFor();
    await look(page, '80-new-tenant');
    for (const [name, key] of [['www', 'reserved'], ['demo', 'taken']]) {
      await page.getByLabel(words('tenant-name'), { exact: true }).fill(name);
      await button(page, 'tenant-create').click();
      await notice(page, `tenant-name-${key}`).waitFor();
    }
    await page.getByLabel(words('tenant-name'), { exact: true }).fill('ab--cd');
    await button(page, 'tenant-create').click();
    await notice(page, 'tenant-name').waitFor();
    await look(page, '81-new-tenant-fault');
    await page.getByLabel(words('tenant-name'), { exact: true }).fill('shop');
    await button(page, 'tenant-create').click();
    await page.waitForURL('**/t/shop');
    await page.getByRole('heading', { name: words('tenant-try') }).waitFor();
    await look(page, '82-tenant-made');

    const url = kiavi.consoleUrl.replace('//console.', '//shop.');
    assert.equal(await link('tenant-open').getAttribute('href'), `${url}/sign-in`);
    await new Visitor(url, kiavi.mailbox).signInByCode(owner.email);
    await page.getByRole('heading', { name: words('tenant-first-you') }).waitFor();
    await look(page, '83-tenant-first');
    const others = page.locator('summary').filter({ hasText: words('tenant-switch') });
    await others.focus();
    await page.keyboard.press('Enter');
    await look(page, '83-tenant-switch');
    await page.getByRole('link', { name: 'demo', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'demo' }).waitFor();
    await page.goBack();
    await link('tenant-first-event').click();
    await page.getByRole('heading', { level: 1, name: 'session.created' }).waitFor();
  });

  test('without script a tenant is made as well', async () => {
    const storageState = await owner.context.storageState();
    const plain = await Person.arrive(browser, { javaScriptEnabled: false, storageState });
    await plain.page.goto(at('/tenants/new'));
    await plain.page.getByLabel(words('tenant-name'), { exact: true }).fill('plain');
    await button(plain.page, 'tenant-create').click();
    await plain.page.getByRole('heading', { name: words('tenant-try') }).waitFor();
    await plain.goodbye();
  });

  /** What the API answers to somebody who sends this key and nothing else. */
  const withKey = (key, method = 'GET') =>
    page.evaluate(
      async ([key, method]) => {
        const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
        const body = method === 'GET' ? undefined : '{"slug":"another"}';
        return (await fetch('/v1/tenants', { method, headers, body, credentials: 'omit' })).status;
      },
      [key, method],
    );

  test('a key does what was ticked, gets another secret, and ends', async () => {
    await page.goto(at('/keys'));
    await page.getByText(words('keys-empty')).waitFor();
    await look(page, '84-keys-empty');
    await link('keys-new').click();
    await Promise.race([heading(page, 'keys-new').waitFor(), heading(page, 'prove-title').waitFor()]);
    if (await heading(page, 'prove-title').count()) await prove(owner);
    await heading(page, 'keys-new').waitFor();
    await look(page, '85-new-key');
    await page.getByLabel(words('keys-name'), { exact: true }).fill(HOSTILE);
    await page.getByLabel(words('keys-scopes'), { exact: true }).selectOption('');
    await button(page, 'keys-new').click();
    await notice(page, 'key-scopes').waitFor();
    assert.equal(await page.getByLabel(words('keys-name'), { exact: true }).inputValue(), HOSTILE);
    await page.getByLabel(words('keys-scopes'), { exact: true }).selectOption('');
    await page.getByLabel('tenant.read', { exact: true }).check();
    await button(page, 'keys-new').click();
    await heading(page, 'secret-of-key', { name: HOSTILE }).waitFor();
    const first = await secretShown();
    assert.match(first, /^kiavi_mk_[\w-]{43}$/);
    await look(page, '86-secret');
    assert.deepEqual([await withKey(first), await withKey(first, 'POST')], [200, 403]);

    await link('secret-done').click();
    await page.getByText(`kiavi_mk_…${first.slice(-4)}`).waitFor();
    await page.getByText(words('keys-used', { time: words('time-today') })).waitFor();
    await look(page, '87-keys');
    const rotate = async () => {
      await buttonOf(page, 'keys-rotate-of', 'name').click();
      await dialog(page).getByRole('combobox').selectOption('0');
      await button(dialog(page), 'keys-rotate').click();
    };
    await proved(rotate, () => heading(page, 'secret-of-key', { name: HOSTILE }));
    const second = await secretShown();
    assert.deepEqual([await withKey(first), await withKey(second)], [401, 200]);

    await link('secret-done').click();
    const revoke = async () => {
      await buttonOf(page, 'keys-revoke-of', 'name').click();
      await look(page, '88-key-revoke');
      await button(dialog(page), 'keys-revoke').click();
    };
    await proved(revoke, () => notice(page, 'key-revoked'));
    assert.equal(await withKey(second), 401);
    await page.getByText(words('keys-revoked'), { exact: true }).waitFor();
  });

  test('a server of the tenant’s own is told, tried, and told again', async () => {
    const authority = await newAuthority();
    const receiver = await WebhookReceiver.start(await authority.issue());
    try {
      await kiavi.set('demo', {
        'egress.allows_private': true,
        'egress.extra_roots': JSON.stringify([authority.root]),
      });
      await page.goto(at('/t/demo/webhooks'));
      await page.getByText(words('webhooks-empty')).waitFor();
      await look(page, '89-webhooks-empty');
      await link('webhooks-new').click();
      const typed = {
        'webhooks-id': 'crm',
        'webhooks-url': receiver.url,
        'webhooks-events': 'nonsense',
        'webhooks-description': HOSTILE,
      };
      const field = (key) => page.getByLabel(words(key), { exact: true });
      for (const [key, value] of Object.entries(typed)) await field(key).fill(value);
      await button(page, 'webhooks-new').click();
      await page.getByRole('alert').filter({ hasText: 'webhooks.endpoints' }).waitFor();
      assert.equal(await field('webhooks-url').inputValue(), receiver.url, 'what was typed is still there');
      await look(page, '90-new-webhook');
      await field('webhooks-events').fill('session.*\nuser.created');
      await button(page, 'webhooks-new').click();
      await heading(page, 'secret-of-webhook', { name: 'crm' }).waitFor();
      const secret = await secretShown();
      await link('secret-done').click();
      await page.getByRole('heading', { level: 1, name: 'crm' }).waitFor();
      await page.getByText(words('webhooks-active'), { exact: true }).first().waitFor();
      await button(page, 'webhooks-test').click();
      await page.getByText(words('webhooks-taken')).waitFor();
      const tried = receiver.seen.at(-1);
      assert.deepEqual(WebhookReceiver.verify(secret, tried), tried.event, 'signed with the secret that was shown');
      assert.equal(tried.event.type, 'webhook.test');

      const { url, mailbox } = kiavi.tenant();
      await new Visitor(url, mailbox).signInByCode(freshEmail());
      await until('the sign-in is told', () => receiver.types().includes('session.created'));
      await page.goto(at('/t/demo/webhooks/crm'));
      await page.getByRole('link', { name: 'session.created' }).waitFor();
      await look(page, '91-webhook');
      await page.getByRole('link', { name: 'session.created' }).click();
      await page.getByRole('heading', { level: 1, name: 'session.created' }).waitFor();
      await look(page, '92-delivery');
      const before = receiver.ids('session.created').length;
      const count = () => receiver.types().filter((type) => type === 'session.created').length;
      const sent = count();
      await button(page, 'webhooks-replay').click();
      await notice(page, 'webhook-replayed').waitFor();
      await until('it came again', () => count() > sent);
      assert.equal(receiver.ids('session.created').length, before, 'under its id');
      await page.reload();
      await page.getByRole('listitem').filter({ hasText: '204' }).nth(1).waitFor();

      await page.goto(at('/t/demo/webhooks/crm?state=failed'));
      await page.getByText(words('webhooks-deliveries-empty')).waitFor();
      await page.getByLabel(words('webhooks-enabled')).uncheck();
      await button(page, 'action-save').click();
      await notice(page, 'webhook-saved').waitFor();
      await page.getByText(words('webhooks-paused'), { exact: true }).waitFor();
      await button(page, 'webhooks-rotate').click();
      await dialog(page).getByRole('heading', { name: words('webhooks-rotate-of', { name: 'crm' }) }).waitFor();
      await look(page, '93-webhook-rotate');
      await button(dialog(page), 'webhooks-rotate').click();
      await heading(page, 'secret-of-webhook', { name: 'crm' }).waitFor();
      assert.notEqual(await secretShown(), secret);
      await link('secret-done').click();
      await button(page, 'webhooks-remove').click();
      await dialog(page).getByRole('heading', { name: words('webhooks-remove-of', { name: 'crm' }) }).waitFor();
      await button(dialog(page), 'webhooks-remove').click();
      await notice(page, 'webhook-removed').waitFor();
      await page.getByText(words('webhooks-empty')).waitFor();
    } finally {
      await receiver.stop();
    }
  });

  test('a provider is added, tried, put right, and removed; ways open and close', async () => {
    const { url } = kiavi.tenant();
    const client = { client_id: 'kiavi', client_secret: 'a secret of corp' };
    const redirect = `${url}/api/auth/callback/corp`;
    const corp = await startOpenIdProvider({ client: { ...client, redirect_uris: [redirect] }, account: {} });
    const field = (key) => page.getByLabel(words(key), { exact: true });
    const found = (step, outcome) =>
      page.getByRole('listitem').filter({ hasText: words(step) }).filter({ hasText: words(outcome) });
    try {
      await kiavi.set('demo', { 'egress.allows_private': true });
      await page.goto(at('/t/demo/sign-in'));
      await page.getByText(words('methods-providers-empty')).waitFor();
      await look(page, '94-methods');
      await link('provider-new').click();
      await field('provider-id').fill('corp');
      await field('provider-client-id').fill(client.client_id);
      await field('provider-client-secret').fill('another secret');
      await field('provider-name').fill(HOSTILE);
      await button(page, 'action-save').click();
      await page.getByRole('alert').filter({ hasText: 'social.providers' }).waitFor();
      await field('provider-discovery-url').fill(corp.discoveryUrl);
      await field('provider-client-secret').fill('another secret');
      await button(page, 'action-save').click();
      await notice(page, 'settings-saved').waitFor();
      await page.getByText(redirect).first().waitFor();
      await button(page, 'provider-test').click();
      await found('provider-discovery', 'provider-passed').waitFor();
      await found('provider-keys', 'provider-passed').waitFor();
      await found('provider-client', 'state-failed').filter({ hasText: 'invalid_client' }).waitFor();
      await look(page, '95-provider-tried');
      await field('provider-client-secret').fill(client.client_secret);
      await button(page, 'action-save').click();
      await notice(page, 'settings-saved').waitFor();
      await button(page, 'provider-test').click();
      await found('provider-client', 'provider-passed').waitFor();

      await page.goto(at('/t/demo/sign-in'));
      await page.getByRole('link', { name: HOSTILE }).waitFor();
      await page.getByLabel(words('methods-sign-up-open')).uncheck();
      await page.getByLabel(words('methods-link-offer')).check();
      await button(page, 'action-save').click();
      await notice(page, 'settings-saved').waitFor();
      assert.deepEqual(JSON.parse(await kiavi.verb(['settings', 'get', 'demo', 'is_sign_up_open'])), false);
      assert.deepEqual(JSON.parse(await kiavi.verb(['settings', 'get', 'demo', 'magic_link.is_enabled'])), true);
      await page.getByLabel(words('methods-sign-up-open')).check();
      await button(page, 'action-save').click();
      await notice(page, 'settings-saved').waitFor();
      await page.getByRole('link', { name: HOSTILE }).click();
      await button(page, 'provider-remove').click();
      await button(dialog(page), 'provider-remove').click();
      await notice(page, 'provider-removed').waitFor();
    } finally {
      await corp.stop();
    }
  });

  test('e-mail is looked at, sent for a trial, and comes from whom the tenant says', async () => {
    await page.goto(at('/t/demo/mail?letter=sign_in_link&in=de'));
    await heading(page, 'mail-title').waitFor();
    await page.locator('.message[lang="de"]').waitFor();
    await look(page, '96-mail');
    const html = await page.getByRole('link', { name: words('mail-preview-html') }).getAttribute('href');
    const letter = await page.evaluate(async (address) => {
      const answer = await fetch(address);
      return { status: answer.status, policy: answer.headers.get('content-security-policy') };
    }, html);
    assert.equal(letter.status, 200);
    assert.match(letter.policy, /^sandbox; default-src 'none'/);
    await page.getByLabel(words('mail-sender-name'), { exact: true }).fill('Zoë');
    await page.getByRole('region', { name: words('mail-sender') }).getByRole('button').click();
    await notice(page, 'settings-saved').waitFor();
    const email = freshEmail();
    await page.getByRole('region', { name: words('mail-test') }).getByRole('textbox').fill(email);
    await button(page, 'mail-test-send').click();
    await page.getByText(words('mail-taken', { email })).waitFor();
    await look(page, '97-mail-tried');
    await page.getByRole('region', { name: words('mail-suppressed') }).getByRole('textbox').fill(email);
    await button(page, 'mail-lift').click();
    await notice(page, 'mail-not-suppressed').waitFor();
  });

  test('who is signed in is there, and is signed out', async () => {
    const { url, mailbox } = kiavi.tenant();
    const email = freshEmail('live');
    const visitor = new Visitor(url, mailbox);
    await visitor.signInByCode(email);
    await page.goto(at('/t/demo/sessions'));
    await page.getByRole('link', { name: email }).waitFor();
    await look(page, '98-sessions');
    await page.getByLabel(words('email-label'), { exact: true }).fill(email.toUpperCase());
    await button(page, 'action-search').click();
    await page.waitForURL('**/sessions?*');
    assert.equal(await page.locator('.row').count(), 1);
    await page.locator('.row').getByRole('button').click();
    await notice(page, 'user-session-ended').waitFor();
    assert.equal((await visitor.get('/get-session')).json, null);
    await page.goto(at('/t/demo/sessions?ip=nonsense'));
    await page.getByRole('alert').waitFor();
    await page.goto(at('/t/demo/sessions?ip=203.0.113.9'));
    await page.getByText(words('live-none')).waitFor();
  });

  test('whoever is locked out is seen and let in again, and another rate is tried', async () => {
    const { url, mailbox } = kiavi.tenant();
    const email = freshEmail('locked');
    const visitor = new Visitor(url, mailbox);
    await visitor.signInByCode(email);
    const guess = async () => {
      const otp = await visitor.requestCode(email);
      const wrong = otp === '000000' ? '111111' : '000000';
      return (await visitor.post('/sign-in/email-otp', { email, otp: wrong })).status;
    };
    // With the limits as they are, fewer codes are sent than may be guessed wrong.
    await kiavi.verb(['settings', 'set', 'demo', 'email_otp.guesses.limit=2']);
    await until('the address is locked out', async () => (await guess()) === 429);
    await page.goto(at('/t/demo/security'));
    await heading(page, 'security-title').waitFor();
    const row = page.getByRole('region', { name: words('security-locked') }).locator('.row').filter({ hasText: email });
    await row.waitFor();
    await look(page, '104-security');
    await row.getByRole('button', { name: words('security-unlock-of', { name: email }) }).click();
    await notice(page, 'unlocked').waitFor();
    assert.equal(await row.count(), 0);
    assert.equal(await guess(), 400, 'a guess is one again');
    await page.getByLabel(words('security-unlock-who'), { exact: true }).fill('nobody');
    await button(page, 'security-unlock').click();
    await notice(page, 'unlock-who').waitFor();
    await page.getByLabel(words('security-try-limit'), { exact: true }).selectOption('email_otp.guesses');
    await page.getByLabel(words('security-try-uses'), { exact: true }).fill('1');
    await page.getByLabel(words('security-try-window'), { exact: true }).fill('86400');
    await button(page, 'security-try-run').click();
    await page.getByRole('row', { name: words('security-try-would', { rate: '1 in 1 day' }) }).waitFor();
    await look(page, '105-security-tried');
    await button(page, 'security-set-rate', { rate: '1 in 1 day' }).click();
    await notice(page, 'settings-saved').waitFor();
    const limit = page.locator('.row').filter({ hasText: 'email_otp.guesses' });
    await limit.getByText('1 in 1 day', { exact: true }).waitFor();
    await kiavi.verb(['settings', 'set', 'demo', 'email_otp.guesses={"limit":10,"window_seconds":43200}']);
  });

  test('a network that limits refuse is blocked from the page, and taken off the list there', async () => {
    const { url, mailbox } = kiavi.tenant();
    const visitor = new Visitor(url, mailbox);
    const network = visitor.localAddress;
    const ask = async () => (await visitor.post('/email-otp/send-verification-otp', { email: freshEmail('flood'), type: 'sign-in' })).status;
    const limit = 'rate_limits.code_send_per_network';
    await kiavi.verb(['settings', 'set', 'demo', `${limit}={"limit":1,"window_seconds":86400}`]);
    await until('the network is refused', async () => (await ask()) === 429);
    await page.goto(at('/t/demo/security'));
    const row = page.getByRole('region', { name: words('security-locked') }).locator('.row').filter({ hasText: network });
    await row.getByRole('button', { name: words('security-block-of', { name: network }) }).click();
    await dialog(page).getByText(words('security-block-title', { network })).waitFor();
    await look(page, '105-security-block');
    await button(dialog(page), 'security-block').click();
    await notice(page, 'network-kept-out').waitFor();
    assert.equal(await ask(), 403, 'nothing is answered any more');
    const networks = page.getByLabel(words('security-blocked-networks'), { exact: true });
    assert.equal(await networks.inputValue(), `${network}/32`);
    await networks.fill(`${network}\nnowhere`);
    const save = page.getByRole('region', { name: words('security-blocked') }).getByRole('button');
    await save.click();
    await page.getByRole('alert').filter({ hasText: '"nowhere"' }).waitFor();
    await look(page, '105-security-lists-fault');
    assert.equal(await networks.inputValue(), `${network}\nnowhere`, 'what was typed is there');
    await networks.fill('');
    await save.click();
    await notice(page, 'settings-saved').waitFor();
    assert.equal(await ask(), 429, 'it is answered again');
    // The log's entry has the address, too.
    const [{ id }] = await kiavi.tenant().sql("select id::text from kiavi.audit_event where type = 'rate_limit.exceeded' order by seq desc limit 1");
    await page.goto(at(`/t/demo/events/${id}`));
    await button(page, 'security-block-of', { name: `${network}/32` }).click();
    await look(page, '105-event-block');
    await button(dialog(page), 'security-block').click();
    await notice(page, 'network-kept-out').waitFor();
    assert.equal(await networks.inputValue(), `${network}/32`);
    await networks.fill('');
    await save.click();
    await notice(page, 'settings-saved').waitFor();
    await kiavi.verb(['settings', 'set', 'demo', `${limit}={"limit":100,"window_seconds":600}`]);
  });

  test('a backup is made, tried and copied from the page, which tells how far it is', async () => {
    await page.goto(at('/t/demo/backups'));
    await page.getByText(words('backups-empty')).waitFor();
    assert.equal(await button(page, 'backups-now').count(), 0, 'there is no place for archives');
    await look(page, '99-backups-empty');
    const folder = mkdtempSync(join(tmpdir(), 'kiavi-backups-'));
    let watch;
    try {
      await kiavi.verb(['backup', 'schedule', '--to', folder]);
      await page.reload();
      await button(page, 'backups-now').click();
      await page.locator('[aria-current="step"]').getByText(words('backups-step-waiting')).waitFor();
      await look(page, '99-backups-ordered');
      watch = spawn(kiavi.program, ['backup', 'run', '--watch', '--data', kiavi.data], { stdio: 'ignore' });
      await page.getByText(words('backups-done-backup')).waitFor();
      await button(page, 'backups-drill-now').click();
      // Dropping the copy's database waits for the disk.
      await page.getByRole('status').getByText(words('backups-drill-good')).waitFor({ timeout: 60_000 });
      await page.getByText(words('backups-signed-in')).waitFor();
      await look(page, '99-backups');
      assert.equal(await page.getByText(folder).count(), 0, 'where archives are is the operator’s');

      const copy = await page.getByRole('link', { name: /^Restore to a copy: / }).first().getAttribute('href');
      await proved(() => page.goto(kiavi.consoleUrl + copy), () => heading(page, 'backups-copy'));
      await page.getByLabel(words('tenant-name'), { exact: true }).fill('demo');
      await button(page, 'backups-copy').click();
      await notice(page, 'tenant-name-taken').waitFor();
      await look(page, '99-backups-copy');
      await page.getByLabel(words('tenant-name'), { exact: true }).fill('demo-before');
      await button(page, 'backups-copy').click();
      await page.getByText(words('backups-done-copy', { name: 'demo-before' })).waitFor({ timeout: 60_000 });
      await page.getByRole('link', { name: words('backups-open-copy', { name: 'demo-before' }) }).click();
      await page.getByRole('heading', { level: 1, name: 'demo-before' }).waitFor();
    } finally {
      watch?.kill();
      rmSync(folder, { recursive: true });
    }
    await owner.goodbye();
  });
});
