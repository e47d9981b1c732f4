// The console's pages of a tenant with many users: how long each takes to be there, as its server makes it.

import { openBrowser } from '../../tests/lib/browser.mjs';
import { request } from '../../tests/lib/http.mjs';
import { startKiavi } from '../../tests/lib/kiavi.mjs';
import { consoleOf } from '../../tests/e2e/at-console.mjs';
import { median, percentile, table } from './numbers.mjs';
import { report, requireKiavi } from './setting.mjs';

const USERS = Number(process.env.USERS ?? 100_000);
const ROUNDS = Number(process.env.ROUNDS ?? 30);
const LIMIT_MS = 100;
/** Making up a hundred thousand people with their past takes some minutes. */
const FILL_DEADLINE_MS = 30 * 60_000;

/** The cookies of somebody who owns the instance and has proved to be there. */
async function ownersCookies(kiavi) {
  const browser = await openBrowser();
  try {
    const theConsole = consoleOf(kiavi, browser);
    const owner = await theConsole.firstOwner();
    const cookies = await owner.context.cookies(kiavi.consoleUrl);
    await owner.goodbye();
    return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  } finally {
    await browser.close();
  }
}

/** Every page, with what is asked of it: below the workspace, or behind two slashes below the console. */
async function pages(tenant) {
  const [{ id, email }] = await tenant.sql(
    `select id, email from "user" where role = 'user' and banned is not true order by "createdAt" limit 1`,
  );
  const [{ event }] = await tenant.sql(`select id::text as event from kiavi.audit_event order by id desc limit 1`);
  const [{ month, week }] = await tenant.sql(
    `select (now() - interval '30 days')::date::text as month, (now() - interval '7 days')::date::text as week`,
  );
  const tried = (setting) => `/t/demo/security?setting=${setting}&limit=3&window_seconds=3600`;
  const last = Math.ceil(USERS / 50);
  return {
    'the workspace': '',
    'its team': '/team',
    'the tenant': '/t/demo',
    figures: '/t/demo/figures',
    'figures of 90 days': '/t/demo/figures?range=90',
    'figures of 90 days by week': '/t/demo/figures?range=90&by=week',
    users: '/t/demo/users',
    'users, the last page': `/t/demo/users?page=${last}`,
    'users by part of an address': '/t/demo/users?text=ada',
    'users by part of a name': '/t/demo/users?by=name&text=lind',
    'users whom nobody has': '/t/demo/users?text=zzzzzz',
    'users who are suspended': '/t/demo/users?standing=suspended',
    'users with a passkey': '/t/demo/users?method=passkey',
    'users with codes only': '/t/demo/users?method=code',
    'users of a month': `/t/demo/users?created_from=${month}`,
    'users who were there this week': `/t/demo/users?seen_from=${week}`,
    'users who have not been there for a month': `/t/demo/users?seen_to=${month}`,
    'users who have not been there for a week': `/t/demo/users?seen_to=${week}`,
    'users by a whole address': `/t/demo/users?text=${encodeURIComponent(email)}`,
    'a user': `/t/demo/users/${id}`,
    sessions: '/t/demo/sessions',
    'sessions of an address': `/t/demo/sessions?email=${encodeURIComponent(email)}`,
    security: '/t/demo/security',
    'a limit of mails for an address tried': tried('rate_limits.code_send_per_address'),
    'a limit of codes from a network tried': tried('rate_limits.code_check_per_network'),
    'a limit of guesses tried': tried('email_otp.guesses'),
    isolation: '/t/demo/isolation',
    'what became of mails': '/t/demo/mail/sent',
    webhooks: '/t/demo/webhooks',
    backups: '/t/demo/backups',
    'the log': '/t/demo/events',
    'the log of a type': '/t/demo/events?type=passkey.*&period=all',
    'the log of a user': `/t/demo/events?email=${encodeURIComponent(email)}&period=all`,
    'an event': `/t/demo/events/${event}`,
    domains: '/t/demo/domains',
    settings: '/t/demo/settings',
    'all tenants': '//instance',
    processes: '//instance/processes',
    jobs: '//instance/jobs',
    health: '//instance/health',
  };
}

async function measure(kiavi, cookie, path) {
  const times = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const started = performance.now();
    const address = path.startsWith('//') ? path.slice(1) : `/w/default${path}`;
    const answer = await request(`${kiavi.consoleUrl}${address}`, { headers: { cookie, accept: 'text/html' } });
    times.push(performance.now() - started);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
  }
  return times;
}

requireKiavi();
const kiavi = await startKiavi({ args: ['--demo-data', '--demo-users', USERS], within: FILL_DEADLINE_MS });
try {
  const cookie = await ownersCookies(kiavi);
  const rows = [['page', 'p50 ms', 'p99 ms']];
  const slow = [];
  const measured = await pages(kiavi.tenant());
  // A tenant that has come to this in months has its log counted, which is done for the first who asks, and statistics and a
  // visibility map of all that.
  await measure(kiavi, cookie, measured.figures);
  await kiavi.verb(['psql', 'demo', '-XAtq', '-c', 'VACUUM (ANALYZE)'], { within: FILL_DEADLINE_MS });
  for (const [name, path] of Object.entries(measured)) {
    const times = await measure(kiavi, cookie, path);
    rows.push([name, median(times).toFixed(1), percentile(times, 99).toFixed(1)]);
    if (median(times) > LIMIT_MS) slow.push(name);
  }
  const verdict = slow.length === 0 ? 'reached' : `NOT REACHED: ${slow.join(', ')}`;
  const text = [`${USERS} users; each page in at most ${LIMIT_MS} ms: ${verdict}`, table(rows)];
  report('pages', text.join('\n\n'));
} finally {
  await kiavi.dispose();
}
