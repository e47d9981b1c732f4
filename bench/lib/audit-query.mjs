// A tenant whose log is long: each filter of the list of events, as whoever reads the log waits for it.

import { request } from '../../tests/lib/http.mjs';
import { startKiavi } from '../../tests/lib/kiavi.mjs';
import { Visitor, freshEmail } from '../../tests/lib/visitor.mjs';
import { median, percentile, table } from './numbers.mjs';
import { report, requireKiavi } from './setting.mjs';

const EVENTS = Number(process.env.EVENTS ?? 10_000_000);
const ROUNDS = Number(process.env.ROUNDS ?? 30);
/** Rows of one statement: it takes a few seconds. */
const BATCH = 100_000;
const LIMIT_MS = 50;
/** The log is a month long. */
const SPAN_MS = 30 * 86_400_000;

/** What an event's columns are, by its number: many sign-ins, a tenth of them refused, and what is rare. */
const KIND = `case when i % 100000 = 7 then 'user.banned' when i % 10 = 1 then 'code.refused'
  when i % 10 < 4 then 'code.accepted' when i % 97 = 5 then 'user.updated' else 'session.created' end`;

async function fill(kiavi, start) {
  for (let first = 1; first <= EVENTS; first += BATCH) {
    const last = Math.min(EVENTS, first + BATCH - 1);
    await kiavi.sql(
      'demo',
      `insert into kiavi.audit_event (id, at, type, outcome, request_id, actor, subject, method, ip_token, body)
       select (stamp || '7' || substr(md5(i::text), 1, 3) || '8' || substr(md5('a' || i), 1, 15))::uuid,
         to_timestamp(ms / 1000.0), kind, case kind when 'code.refused' then 'failure' else 'success' end,
         stamp || '7' || substr(md5('r' || i), 1, 19),
         case when kind = 'user.banned' then 'operator:local' when kind <> 'code.refused' then person end,
         person, 'email_otp', substring(decode(md5('ip' || i % 50000), 'hex') from 1 for 16), sample.body
       from generate_series(${first}, ${last}) as i
       cross join (select body from kiavi.audit_event where type = 'session.created' order by seq limit 1) as sample
       cross join lateral (select ${start} + (i::float8 / ${EVENTS} * ${SPAN_MS})::bigint as ms) as time
       cross join lateral (select lpad(to_hex(ms), 12, '0') as stamp) as id
       cross join lateral (select case when i % 1000 = 3 then 'busy' else 'u' || (i::bigint * 7919 % 100003) end as person,
         ${KIND} as kind) as said`,
    );
    if (last % 1_000_000 === 0) console.log(`${last} events`);
  }
  for (const table of ['audit_event', 'audit_subject']) await kiavi.sql('demo', `analyze kiavi.${table}`);
}

requireKiavi();
const kiavi = await startKiavi();
try {
  const tenant = kiavi.tenant();
  const email = freshEmail();
  await new Visitor(tenant.url, tenant.mailbox).signInByCode(email);
  const start = Date.now() - SPAN_MS - 3_600_000;
  await fill(kiavi, start);
  const at = (share) => encodeURIComponent(new Date(start + share * SPAN_MS).toISOString());
  const [{ request_id: named }] = await tenant.sql(
    `select request_id from kiavi.audit_event where subject = 'u7919' order by id limit 1`,
  );
  const questions = {
    'the newest': '',
    'everything about sessions': 'type=session.*',
    'a type that is rare': 'type=user.banned',
    'what failed': 'outcome=failure',
    'what succeeded': 'outcome=success',
    'all that concerns users and sessions': 'type=user.*,session.*,code.*,link.*,email.*,account.*,passkey.*',
    'a type and an outcome that never meet': 'type=user.banned&outcome=failure',
    'about a user': 'subject=u7919',
    'by a user': 'actor=u7919',
    'by an operator': 'actor=operator:local',
    'a user and a type that is rare': 'subject=u7919&type=user.banned',
    'a user with many events and a type that is rare': 'subject=busy&type=user.banned',
    'by a user with many events, what failed': 'actor=busy&outcome=failure',
    'a user with many events, an hour in the middle': `subject=busy&from=${at(0.5)}&to=${at(0.5 + 1 / 720)}`,
    'an operator and a type that never meet': 'actor=operator:local&type=code.refused',
    'an e-mail address': `email=${encodeURIComponent(email)}`,
    'an e-mail address that nobody has': 'email=nobody@example.com',
    'an address': 'ip=127.0.0.1',
    'an address and what failed': 'ip=127.0.0.1&outcome=failure',
    'a request': `request_id=${named}`,
    'a request that there was not': 'request_id=0123456789abcdef0123456789abcdef',
    'an hour in the middle': `from=${at(0.5)}&to=${at(0.5 + 1 / 720)}`,
    'a page far back': `type=code.*&to=${at(0.1)}`,
  };
  const rows = [['question', 'p50 ms', 'p99 ms', 'events']];
  const slow = [];
  for (const [name, query] of Object.entries(questions)) {
    const times = [];
    let events = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const started = performance.now();
      const answer = await request(`${kiavi.consoleUrl}/v1/tenants/demo/audit/events?limit=50&${query}`, {
        headers: { authorization: `Bearer ${kiavi.ready.management_key}` },
      });
      times.push(performance.now() - started);
      if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${answer.text}`);
      events = answer.json.items.length;
    }
    rows.push([name, median(times).toFixed(1), percentile(times, 99).toFixed(1), events]);
    if (median(times) > LIMIT_MS) slow.push(name);
  }
  const verdict = slow.length === 0 ? 'reached' : `NOT REACHED: ${slow.join(', ')}`;
  const text = [`${EVENTS} events; a page of 50 in at most ${LIMIT_MS} ms: ${verdict}`, table(rows)];
  report('audit-query', text.join('\n\n'));
} finally {
  await kiavi.dispose();
}
