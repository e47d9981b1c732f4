// How soon is an event sealed while people sign in? And after an outage of the auditor: how long until everything is, and
// who notices?

import { pg } from '../../tests/lib/scratch-postgres.mjs';
import { startKiavi } from '../../tests/lib/kiavi.mjs';
import { Rush } from '../../tests/lib/rush.mjs';
import { BASE_PATH } from '../../tests/lib/visitor.mjs';
import { until } from '../../tests/lib/wait.mjs';
import { startKiaviTenant } from './contenders.mjs';
import { passkeyCycles } from './cycles.mjs';
import { percentile, table } from './numbers.mjs';
import { report, requireKiavi } from './setting.mjs';
import { openConnections } from './wire.mjs';

const number = (name, otherwise) => Number(process.env[name] ?? otherwise);
/** Sign-ins a second while the delay is measured, and for how long. */
const RATE = number('RATE', 100);
const SECONDS = number('SECONDS', 60);
/** What is written while the auditor is away: so many events a second for so long. */
const OUTAGE_RATE = number('OUTAGE_RATE', 500);
const OUTAGE_SECONDS = number('OUTAGE_SECONDS', 600);
/** Of the sign-ins before and during the catch-up, and of what is written meanwhile. */
const CONNECTIONS = number('CONNECTIONS', 16);
/** Sign-ins are counted in pieces of this length until everything is sealed. */
const PIECE_SECONDS = number('PIECE_SECONDS', 2);
const PEOPLE = 32;
const CATCH_UP_DEADLINE_MS = number('CATCH_UP_DEADLINE_SECONDS', 1_800) * 1000;
/** The rows that an auditor has taken up and not sealed yet, at most. */
const NOTHING_LEFT = 256;

/** Remembers every checkpoint, and how many had signed it: the log itself keeps the last of each hour only. */
const NOTE_CHECKPOINTS = `
  create table kiavi.bench_checkpoint (size bigint, at timestamptz, signatures integer);
  create function kiavi.bench_note() returns trigger language plpgsql security definer as $$
  begin
    insert into kiavi.bench_checkpoint
    values (new.size, clock_timestamp(), (length(new.note) - length(replace(new.note, '— ', ''))) / 2);
    return null;
  end $$;
  create trigger bench_note after insert or update on kiavi.audit_checkpoint
    for each row execute function kiavi.bench_note();`;

const milliseconds = (column) => `extract(epoch from ${column})::float8 * 1000 as ${column}`;

/** A connection of the cluster's superuser. */
async function openDatabase(kiavi, tenant) {
  const client = new pg.Client(kiavi.databaseOf(tenant));
  await client.connect();
  const query = async (text, values) => (await client.query(text, values)).rows;
  const one = async (text) => Number(Object.values((await query(text))[0])[0] ?? 0);
  return { query, one, close: () => client.end() };
}

const written = (database) => database.one('select max(seq) from kiavi.audit_event');
const sealed = (database) => database.one('select max(seq) from kiavi.audit_leaf');

const allSealed = (database, within = 60_000) =>
  until('everything is sealed', async () => (await sealed(database)) === (await written(database)), { within });

/** Milliseconds from each event to the first checkpoint that covers it and has so many signatures. */
async function delays(database, since, signatures) {
  const events = await database.query(
    `select index::int, ${milliseconds('at')} from kiavi.audit_event join kiavi.audit_leaf using (seq)
     where at >= $1 and type <> 'log.heartbeat' order by index`,
    [since],
  );
  const checkpoints = await database.query(
    `select size::int, ${milliseconds('at')} from kiavi.bench_checkpoint where signatures >= $1 order by size, at`,
    [signatures],
  );
  let next = 0;
  return events.map(({ index, at }) => {
    while (checkpoints[next].size <= index) next += 1;
    return checkpoints[next].at - at;
  });
}

/** People sign in at a steady rate; gives the rows of the report. */
async function measureDelay(tenant, database) {
  const rush = await Rush.enrol(tenant, PEOPLE);
  await allSealed(database);
  const since = new Date();
  rush.start(RATE);
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  await rush.stop();
  await allSealed(database);
  const newest = 'select max(signatures) from kiavi.bench_checkpoint where size = (select max(size) from kiavi.bench_checkpoint)';
  await until('the last checkpoint is cosigned', async () => (await database.one(newest)) > 1);
  const rate = (rush.signedIn.length / SECONDS).toFixed(0);
  const failed = rush.failures.length > 0 ? `${rush.failures.length}, such as ${rush.failures[0]}` : 0;
  const rows = [['sign-ins that failed meanwhile', failed]];
  for (const [name, signatures] of [['sealed', 1], ['cosigned', 2]]) {
    const values = await delays(database, since, signatures);
    const [p50, p99, max] = [50, 99, 100].map((share) => `${percentile(values, share).toFixed(0)} ms`);
    rows.push([`an event is ${name} after, at ${rate} sign-ins a second (${values.length} events)`, `p50 ${p50} · p99 ${p99} · max ${max}`]);
  }
  return rows;
}

/** What an event takes on the disk, all tables and indexes; of sign-ins only, before anything else is written. */
async function measureSize(database) {
  await database.query('vacuum analyze kiavi.audit_event');
  const size = (of) => `pg_total_relation_size('kiavi.${of}')`;
  const events = await database.one('select count(*) from kiavi.audit_event');
  const [row] = await database.query(
    `select (select avg(length(body)) from kiavi.audit_event) as body, ${size('audit_event')}::float8 as event,
       (${size('audit_leaf')} + ${size('audit_tile')} + ${size('audit_checkpoint')})::float8 as seal`,
  );
  return [
    ['bytes an event: what is sealed of it', Number(row.body).toFixed(0)],
    ['bytes an event: in the database, indexes included', (row.event / events).toFixed(0)],
    ['bytes an event: of its seal in the database', (row.seal / events).toFixed(0)],
  ];
}

/** The engine's own writing of events, as fast as it goes: codes that nobody has sent are refused, and each refusal is one. */
async function writeEvents(contender, count) {
  const connections = await openConnections(contender.port, CONNECTIONS);
  const body = { email: 'nobody@example.com', otp: '000000' };
  const path = `${BASE_PATH}/sign-in/email-otp`;
  let left = count;
  const work = async (connection) => {
    while (left > 0) {
      left -= 1;
      await connection.send(contender, 'POST', path, { body, expected: 400 });
    }
  };
  const started = performance.now();
  await Promise.all(connections.map(work));
  for (const connection of connections) connection.close();
  return count / ((performance.now() - started) / 1000);
}

const signIns = (contender, seconds) => passkeyCycles(contender, { connections: CONNECTIONS, seconds });

/** Sign-ins until `isOver`; how many a second. */
async function signInsUntil(contender, isOver) {
  let [count, seconds] = [0, 0];
  while (!isOver()) {
    const piece = await signIns(contender, PIECE_SECONDS);
    count += piece.count;
    seconds += piece.count / piece.perSecond;
  }
  return { perSecond: seconds > 0 ? count / seconds : 0, count };
}

/** The auditor is shut out, events are written, it is let in again and begins anew. */
async function measureCatchUp(kiavi, contender, database) {
  await signIns(contender, PIECE_SECONDS); // what is cold is warm then
  const before = await signIns(contender, PIECE_SECONDS * 5);
  await allSealed(database);
  await database.query('alter role kiavi_auditor nologin');
  await database.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'kiavi_auditor'`);
  const [first, wanted] = [await written(database), OUTAGE_RATE * OUTAGE_SECONDS];
  console.log(`writing ${wanted} events while the auditor is away`);
  const rate = await writeEvents(contender, wanted);
  const last = await written(database);
  const left = last - (await sealed(database));
  if (left < wanted) throw new Error(`${left} events wait for the auditor instead of ${wanted}, from ${first} to ${last}`);
  await database.query('alter role kiavi_auditor login');
  process.kill(kiavi.role('auditor')[0].pid, 'SIGKILL');
  const started = performance.now();
  let caughtUp;
  const watching = until(
    'the auditor has caught up',
    async () => (await written(database)) - (await sealed(database)) < NOTHING_LEFT,
    { within: CATCH_UP_DEADLINE_MS, every: 50 },
  ).finally(() => (caughtUp = (performance.now() - started) / 1000));
  const during = await signInsUntil(contender, () => caughtUp !== undefined);
  await watching;
  const after = await signIns(contender, PIECE_SECONDS * 5);
  const share = (100 * during.perSecond) / ((before.perSecond + after.perSecond) / 2);
  const events = (await written(database)) - (last - left);
  return [
    [`events that waited for the auditor (${OUTAGE_RATE} a second for ${OUTAGE_SECONDS} s; written at ${rate.toFixed(0)} a second)`, left],
    ['everything is sealed after', `${caughtUp.toFixed(1)} s`],
    ['events sealed a second meanwhile', (events / caughtUp).toFixed(0)],
    ['sign-ins a second before and after', `${before.perSecond.toFixed(0)}, ${after.perSecond.toFixed(0)}`],
    ['sign-ins a second meanwhile', `${during.perSecond.toFixed(0)} (${share.toFixed(0)} % of the mean of both)`],
  ];
}

requireKiavi();
const kiavi = await startKiavi({ args: ['--engine-idle', '86400'] });
let database;
try {
  const contender = await startKiaviTenant(kiavi, 'Kiavi', 'demo');
  const tenant = kiavi.tenant();
  database = await openDatabase(kiavi, tenant);
  await database.query(NOTE_CHECKPOINTS);
  const rows = [
    ...(await measureDelay(tenant, database)),
    ...(await measureSize(database)),
    ...(await measureCatchUp(kiavi, contender, database)),
  ];
  report('audit-seal', table([['the sealed log', 'measured'], ...rows]));
} finally {
  await database?.close();
  await kiavi.dispose();
}
