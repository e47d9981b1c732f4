// The console and its people: the first owner, an invitation, what a role may not, a passkey for what is sensitive.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chromiumMissing, look, openBrowser } from '../lib/browser.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';
import { words } from '../lib/words.mjs';
import { consoleOf } from './at-console.mjs';
import * as journey from './journey.mjs';

const { button, buttonOf, dialog, emailField, heading, notice } = journey;

describe('the console and its people', { skip: kiaviMissing() || chromiumMissing() }, () => {
  let kiavi;
  let browser;
  let signIn;
  let arrive;
  let comeIn;
  let prove;
  let owner;
  let viewer;

  before(async () => {
    [kiavi, browser] = await Promise.all([startKiavi(), openBrowser()]);
    ({ signIn, arrive, comeIn, prove } = consoleOf(kiavi, browser));
  });
  after(async () => {
    await browser?.close();
    await kiavi?.dispose();
  });

  /** What a script of the console's own page gets from the API. */
  const api = ({ page }, method, path, body) =>
    page.evaluate(
      async ([method, path, body]) => {
        const options = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
        const answer = await fetch(path, { method, ...options });
        return { status: answer.status, body: await answer.json() };
      },
      [method, path, body],
    );

  async function invite({ page }, email, role) {
    await page.getByLabel(words('email-label')).fill(email);
    await page.getByLabel(words('team-role'), { exact: true }).filter({ visible: true }).selectOption(role);
    await button(page, 'team-invite-send').click();
  }

  test('the first owner comes by the link that is printed', async () => {
    assert.match(kiavi.ready.first_owner_url, /^http:\/\/console\.localhost:\d+\/first-owner\?token=/);
    owner = await arrive();
    const { page } = owner;
    await page.goto(kiavi.consoleUrl);
    await emailField(page).waitFor();
    assert.equal(new URL(page.url()).origin, signIn.url);
    await page.goto(kiavi.ready.first_owner_url);
    await comeIn(owner);
    await heading(page, 'owner-title').waitFor();
    await look(page, '40-first-owner');
    await button(page, 'owner-title').click();
    await heading(page, 'console-title').waitFor();
    await page.getByText('demo').first().waitFor();
    await look(page, '30-console');
    await kiavi.createTenant('third');
    await page.getByText('third').first().waitFor();
    await page.goto(kiavi.ready.first_owner_url);
    await heading(page, 'owner-exists-title').waitFor();
    await look(page, '41-owner-exists');
    await assert.rejects(kiavi.verb(['console', 'first-owner']), /owner/);
  });

  test('a tenant’s figures have whoever signs in', async () => {
    const { page } = owner;
    const demo = kiavi.tenant();
    const visitor = new Visitor(demo.url, demo.mailbox);
    await visitor.signInByCode(freshEmail());
    const email = freshEmail();
    const code = await visitor.requestCode(email);
    await visitor.post('/sign-in/email-otp', { email, otp: code === '000000' ? '111111' : '000000' });
    await page.goto(`${kiavi.consoleUrl}/w/default/t/demo`);
    await page.getByRole('link', { name: words('figures-title'), exact: true }).click();
    await heading(page, 'figures-title').waitFor();
    const dau = page.locator('.figures > div').filter({ has: page.getByText(words('figures-dau'), { exact: true }) });
    assert.equal(await dau.locator('.figure').textContent(), '1');
    await page.getByText(words('figures-meaning')).click();
    await page.getByText(words('figures-dau-about')).waitFor();
    assert.ok(await page.locator('.legend').getByText(words('figures-by-code')).isVisible());
    await look(page, '54-figures');
    for (const [summary, table] of [['#table-open', '#numbers'], ['#table-stack-open', '#numbers-stack']]) {
      await page.locator(summary).click();
      assert.equal(await page.locator(`${table} tbody tr`).count(), 30);
    }
    await look(page, '55-figures-table');
    // From what was refused to the events that tell it.
    await page.getByRole('link', { name: 'code.refused: wrong' }).click();
    await heading(page, 'events-title').waitFor();
    await page.getByRole('main').getByText('code.refused', { exact: true }).first().waitFor();
    assert.equal(await page.getByRole('main').getByText('session.created', { exact: true }).count(), 0);
  });

  test('inviting asks for the passkey, and nothing else will do', async () => {
    const { page } = owner;
    await page.goto(`${kiavi.consoleUrl}/w/default/team`);
    await heading(page, 'team-title').waitFor();
    await look(page, '42-team-alone');
    viewer = await arrive();
    await invite(owner, viewer.email, 'viewer');
    await heading(page, 'prove-title').waitFor();
    await look(page, '43-prove');
    await prove(owner);
    await notice(page, 'step-up-done').waitFor();
    await invite(owner, viewer.email, 'viewer');
    await notice(page, 'member-invited').waitFor();
    await look(page, '44-team-invited');
    await invite(owner, viewer.email, 'admin');
    await notice(page, 'invitation-exists').waitFor();
  });

  test('an invitation is for its address, and its button joins', async () => {
    const link = await signIn.mailbox.nextLink(viewer.email);
    const stranger = await arrive();
    await stranger.page.goto(link);
    await comeIn(stranger);
    await heading(stranger.page, 'wrong-address-title').waitFor();
    await look(stranger.page, '45-wrong-address');
    await stranger.page.goto(kiavi.consoleUrl);
    await heading(stranger.page, 'no-workspace-title').waitFor();
    await look(stranger.page, '46-no-workspace');
    await stranger.goodbye();

    const { page } = viewer;
    await page.goto(link);
    await comeIn(viewer);
    await heading(page, 'invitation-title', { workspace: 'Default' }).waitFor();
    await look(page, '47-invitation');
    await button(page, 'invitation-accept').click();
    await heading(page, 'console-title').waitFor();
    await page.goto(link);
    await heading(page, 'link-gone-title').waitFor();
    await look(page, '48-link-gone');
  });

  test('a viewer sees but cannot', async () => {
    const { page } = viewer;
    await page.goto(`${kiavi.consoleUrl}/w/default/team`);
    await page.getByText(owner.email).first().waitFor();
    assert.equal(await button(page, 'team-invite-send').count(), 0);
    assert.equal((await api(viewer, 'GET', '/v1/tenants')).status, 200);
    const { status, body } = await api(viewer, 'POST', '/v1/tenants', { slug: 'fourth' });
    assert.deepEqual([status, body.code], [403, 'forbidden']);
  });

  test('the owner of the platform sees how all of it runs, and nobody else is told that it is there', async () => {
    const { page } = owner;
    const at = (below) => `${kiavi.consoleUrl}/instance${below}`;
    await page.goto(`${kiavi.consoleUrl}/w/default`);
    await page.getByRole('link', { name: words('instance-title'), exact: true }).click();
    await heading(page, 'instance-tenants').waitFor();
    assert.match(await page.title(), new RegExp(words('instance-tenants')));
    assert.equal(await page.locator('main .row').count(), 3, 'the console, demo and third');
    await look(page, '56-instance-tenants');
    await page.getByLabel(words('instance-search'), { exact: true }).fill('nobody-has-this');
    await button(page, 'action-search').click();
    await page.getByText(words('instance-none')).waitFor();
    await page.getByRole('link', { name: words('instance-processes'), exact: true }).click();
    await heading(page, 'instance-processes').waitFor();
    const gateway = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'gateway' }) });
    assert.match(await gateway.textContent(), new RegExp(`${words('state-running')}.*${words('instance-confined')}`, 's'));
    const demo = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'demo' }) });
    assert.match(await demo.textContent(), /[0-9] [kM]B/, 'the memory of its engine');
    await look(page, '57-instance-processes');
    const jobs = async () => JSON.parse(await kiavi.verb(['instance', 'jobs', '--json']));
    await until('nothing is under way, not even a tenant in advance', async () => !(await jobs()).length);
    await page.goto(at('/jobs'));
    await page.getByText(words('instance-jobs-empty')).waitFor();
    await look(page, '58-instance-jobs');
    await page.goto(at('/health'));
    await page.locator('.row-title').filter({ hasText: words('health-database') }).waitFor();
    assert.equal(await page.getByText(words('health-fault'), { exact: true }).count(), 0);
    await look(page, '59-instance-health');
    for (const below of ['', '/processes', '/jobs', '/health']) {
      assert.equal((await viewer.page.goto(at(below))).status(), 404);
    }
    assert.deepEqual((await api(viewer, 'GET', '/v1/instance/engines')).status, 403);
    const { findings } = JSON.parse(await kiavi.verb(['instance', 'health', '--json']));
    assert.ok(findings.length > 10);
  });

  test('a role changes and ends at once', async () => {
    const { page } = owner;
    await page.goto(`${kiavi.consoleUrl}/w/default/team`);
    const name = viewer.email;
    await button(page, 'team-role-of', { name }).click();
    await dialog(page).getByRole('combobox').selectOption('support');
    await look(page, '49-role');
    await button(dialog(page), 'team-role-change').click();
    await notice(page, 'member-role-changed').waitFor();
    const refused = await api(viewer, 'GET', '/v1/keys');
    assert.equal(refused.body.code, 'forbidden', 'support sees no keys');
    await buttonOf(page, 'team-remove-of', 'name').last().click();
    await look(page, '50-remove');
    await button(dialog(page), 'team-remove').click();
    await notice(page, 'member-removed').waitFor();
    await viewer.page.goto(kiavi.consoleUrl);
    await heading(viewer.page, 'no-workspace-title').waitFor();
    await viewer.goodbye();
  });

  test('a workspace of one’s own', async () => {
    const { page } = owner;
    await page.goto(`${kiavi.consoleUrl}/w/default`);
    await page.locator('.menu summary').first().click();
    await page.getByRole('link', { name: words('workspace-new') }).click();
    await look(page, '51-new-workspace');
    await page.getByLabel(words('workspace-name'), { exact: true }).fill('Acme Ltd');
    await page.getByLabel(words('workspace-slug')).fill('acme');
    await button(page, 'workspace-create').click();
    await page.waitForURL('**/w/acme');
    await page.getByText(words('console-empty-title')).waitFor();
    await page.locator('.menu summary').first().click();
    await look(page, '52-switcher');
    await page.getByRole('link', { name: 'Default' }).click();
    await page.getByText('third').first().waitFor();
  });

  test('signing out of the console signs out of both; a code alone makes no key', async () => {
    const { page } = owner;
    await page.locator('.menu.end summary').click();
    await button(page, 'account-sign-out').click();
    await heading(page, 'signed-out-title').waitFor();
    await look(page, '53-signed-out');
    await page.goto(`${kiavi.consoleUrl}/w/default`);
    await emailField(page).waitFor();
    assert.equal(await journey.session(owner), null);
    await comeIn(owner, { makesPasskey: false });
    await heading(page, 'console-title').waitFor();
    const key = { name: 'ci', scopes: ['tenant.read'] };
    const refused = await api(owner, 'POST', '/v1/keys', key);
    assert.deepEqual([refused.status, refused.body.code], [403, 'step_up_required']);
    await page.goto(`${refused.body.step_up_url}?next=/w/default`);
    await prove(owner);
    const made = await api(owner, 'POST', '/v1/keys', key);
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const log = await kiavi.sql('console', "select id from kiavi.audit_event where type = 'console_code.accepted'");
    assert.ok(log.length >= 3);
    await owner.goodbye();
  });
});
