//! The figures' statements.

use jiff::{Timestamp, civil::Date};
use kiavi_db::{Database, DbError, OwnedParams, Row, Sql, Transaction};

use super::{
    day::{Calendar, Span},
    tally::{COUNTED, Subject, Tally},
};

pub(super) const STATEMENTS: &[&Sql] = &[
    &TRY_PROGRESS,
    &WAIT_FOR_PROGRESS,
    &INSERT_ZONE,
    &UNCOUNTED,
    &ADD_ACTIVITY,
    &ADD_COUNTS,
    &MOVE_ON,
    &CLEAR_ACTIVITY,
    &CLEAR_LAST,
    &CLEAR_DAYS,
    &CLEAR_COUNTS,
    &CLEAR_GAPS,
    &ACTIVE_AMONG,
    &CALENDAR,
    &FIX_DAYS,
    &ACTIVE_BY_DAY,
    &ACTIVE_BY_PERIOD,
    &COUNTS_BY_PERIOD,
    &USERS,
    &LAST_EVENT,
];

macro_rules! progress {
    ($lock:literal) => {
        concat!(
            "SELECT p.seq, z.since, z.zone, z.first_day
             FROM kiavi.activity_progress p LEFT JOIN kiavi.activity_zone z ON true
             ORDER BY z.since FOR UPDATE OF p",
            $lock
        )
    };
}

/// Nothing while somebody else counts.
const TRY_PROGRESS: Sql = Sql::new("ANALYTICS_TRY_PROGRESS", progress!(" SKIP LOCKED"));
const WAIT_FOR_PROGRESS: Sql = Sql::new("ANALYTICS_WAIT_FOR_PROGRESS", progress!(""));

const INSERT_ZONE: Sql = Sql::new(
    "ANALYTICS_INSERT_ZONE",
    "INSERT INTO kiavi.activity_zone (since, zone, first_day) VALUES ($1, $2, $3)",
);

/// The next `$2` events after `$1`, and those before that were not there when their turn came. Of what does not count (its
/// type is none of `$3`) only the number is of interest.
const UNCOUNTED: Sql = Sql::new(
    "ANALYTICS_UNCOUNTED",
    "(SELECT seq, at, CASE WHEN type = ANY ($3) THEN body END FROM kiavi.audit_event
      WHERE seq > $1 ORDER BY seq LIMIT $2)
     UNION ALL
     SELECT seq, at, CASE WHEN type = ANY ($3) THEN body END FROM kiavi.audit_event
     WHERE seq = ANY (ARRAY(SELECT seq FROM kiavi.activity_gap))",
);

/// Days that are over are counted again if somebody turns out to have been there.
const ADD_ACTIVITY: Sql = Sql::new(
    "ANALYTICS_ADD_ACTIVITY",
    "WITH new AS (
       INSERT INTO kiavi.activity (day, subject)
       SELECT day, encode(subject, 'hex')::uuid FROM unnest($1::date[], $2::bytea[]) AS told (day, subject)
       ON CONFLICT DO NOTHING RETURNING day, subject),
     last AS (
       INSERT INTO kiavi.activity_last AS l (subject, day) SELECT subject, max(day) FROM new GROUP BY subject
       ON CONFLICT (subject) DO UPDATE SET day = excluded.day WHERE l.day < excluded.day)
     DELETE FROM kiavi.activity_day WHERE day >= (SELECT min(day) FROM new)",
);

const ADD_COUNTS: Sql = Sql::new(
    "ANALYTICS_ADD_COUNTS",
    "INSERT INTO kiavi.activity_count AS c (day, metric, key, count)
     SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::bigint[])
     ON CONFLICT (day, metric, key) DO UPDATE SET count = c.count + excluded.count",
);

/// Counted up to `$1`; `$2` were not there, `$3` came late.
const MOVE_ON: Sql = Sql::new(
    "ANALYTICS_MOVE_ON",
    "WITH missing AS (INSERT INTO kiavi.activity_gap (seq) SELECT unnest($2::bigint[])),
     over AS (DELETE FROM kiavi.activity_gap WHERE seq = ANY ($3) OR since < now() - interval '1 day')
     UPDATE kiavi.activity_progress SET seq = $1",
);

const CLEAR_ACTIVITY: Sql = Sql::new("ANALYTICS_CLEAR_ACTIVITY", "DELETE FROM kiavi.activity");
const CLEAR_LAST: Sql = Sql::new("ANALYTICS_CLEAR_LAST", "DELETE FROM kiavi.activity_last");
const CLEAR_DAYS: Sql = Sql::new("ANALYTICS_CLEAR_DAYS", "DELETE FROM kiavi.activity_day");
const CLEAR_COUNTS: Sql = Sql::new("ANALYTICS_CLEAR_COUNTS", "DELETE FROM kiavi.activity_count");
const CLEAR_GAPS: Sql = Sql::new("ANALYTICS_CLEAR_GAPS", "DELETE FROM kiavi.activity_gap");

/// The places, from 1, of those of these days and people who are counted already.
const ACTIVE_AMONG: Sql = Sql::new(
    "ANALYTICS_ACTIVE_AMONG",
    "SELECT told.place FROM unnest($1::date[], $2::bytea[]) WITH ORDINALITY AS told (day, subject, place)
     JOIN kiavi.activity a ON a.day = told.day AND a.subject = encode(told.subject, 'hex')::uuid",
);

const CALENDAR: Sql =
    Sql::new("ANALYTICS_CALENDAR", "SELECT since, zone, first_day FROM kiavi.activity_zone ORDER BY since");

// How many people were there in the days `$first` to `$last`.
macro_rules! people {
    ($first:literal, $last:literal) => {
        concat!(
            "(SELECT count(DISTINCT a.subject) FROM kiavi.activity a WHERE a.day BETWEEN ",
            $first,
            " AND ",
            $last,
            ")"
        )
    };
}

/// Of the days `$1` to `$2` each `$4`th, as far as they are before `$3` and not kept yet.
const FIX_DAYS: Sql = Sql::new(
    "ANALYTICS_FIX_DAYS",
    concat!(
        "INSERT INTO kiavi.activity_day (day, dau, wau, mau) SELECT d.day, ",
        people!("d.day", "d.day"),
        ", ",
        people!("d.day - 6", "d.day"),
        ", ",
        people!("d.day - 29", "d.day"),
        " FROM (SELECT generate_series($1::date, least($2::date, $3::date - 1), $4::int * interval '1 day')::date AS day) AS d
         WHERE NOT EXISTS (SELECT FROM kiavi.activity_day f WHERE f.day = d.day)"
    ),
);

/// The days `$1` to `$2`. Today is `$3`: whoever was there last since six days ago was there in the last seven.
const ACTIVE_BY_DAY: Sql = Sql::new(
    "ANALYTICS_ACTIVE_BY_DAY",
    concat!(
        "SELECT d.day, coalesce(f.dau, ",
        people!("d.day", "d.day"),
        "), CASE WHEN d.day = $3::date THEN (SELECT count(*) FROM kiavi.activity_last l WHERE l.day > d.day - 7)
            ELSE coalesce(f.wau, ",
        people!("d.day - 6", "d.day"),
        ") END,
         CASE WHEN d.day = $3::date THEN (SELECT count(*) FROM kiavi.activity_last l WHERE l.day > d.day - 30)
            ELSE coalesce(f.mau, ",
        people!("d.day - 29", "d.day"),
        ") END
         FROM (SELECT generate_series($1::date, $2::date, interval '1 day')::date AS day) AS d
         LEFT JOIN kiavi.activity_day f ON f.day = d.day"
    ),
);

/// By weeks or months, as `$3` says; today is `$4`. Whoever was there in the period that today is in was there last in it; and a
/// week that is over is the seven days up to its last, which are kept.
const ACTIVE_BY_PERIOD: Sql = Sql::new(
    "ANALYTICS_ACTIVE_BY_PERIOD",
    "SELECT p.first, CASE
         WHEN $4::date BETWEEN p.first AND p.last THEN (SELECT count(*) FROM kiavi.activity_last l WHERE l.day >= p.first)
         ELSE coalesce(CASE WHEN $3::text = 'week' THEN f.wau END,
           (SELECT count(*) FROM (SELECT DISTINCT a.subject FROM kiavi.activity a
                                  WHERE a.day BETWEEN p.first AND p.last) AS there)) END
     FROM (SELECT begins::date AS first, (begins + ('1 ' || $3)::interval)::date - 1 AS last
           FROM generate_series(date_trunc($3, $1::date::timestamp), $2::date::timestamp, ('1 ' || $3)::interval)
             AS begins) AS p
     LEFT JOIN kiavi.activity_day f ON f.day = p.last",
);

const COUNTS_BY_PERIOD: Sql = Sql::new(
    "ANALYTICS_COUNTS_BY_PERIOD",
    "SELECT date_trunc($3, day::timestamp)::date, metric, key, sum(count)::bigint
     FROM kiavi.activity_count WHERE day BETWEEN $1 AND $2 GROUP BY 1, 2, 3",
);

const NEW_USERS_BY_DAY: Sql = Sql::new(
    "ANALYTICS_NEW_USERS_BY_DAY",
    "SELECT day, sum(count)::bigint FROM kiavi.activity_count
     WHERE day BETWEEN $1 AND $2 AND metric = 'new_users' GROUP BY day",
);

const FIRST_DAY: Sql = Sql::new(
    "ANALYTICS_FIRST_DAY",
    "SELECT least((SELECT min(day) FROM kiavi.activity), (SELECT min(day) FROM kiavi.activity_count))",
);

const USERS: Sql = Sql::new("ANALYTICS_USERS", r#"SELECT count(*) FROM public."user""#);

const LAST_EVENT: Sql =
    Sql::new("ANALYTICS_LAST_EVENT", "SELECT coalesce(max(seq), 0) FROM kiavi.audit_event");

/// A range of days, and which one it is.
#[derive(Clone, Copy)]
pub(super) struct Days {
    pub(super) from: Date,
    pub(super) to: Date,
    pub(super) today: Date,
}

/// Who was there in a period.
pub(super) struct ActiveOn {
    pub(super) first: Date,
    pub(super) people: i64,
    /// In the seven days up to it; of days only, as the next.
    pub(super) week: Option<i64>,
    /// In the thirty days up to it.
    pub(super) month: Option<i64>,
}

/// What was counted in a period.
pub(super) struct CountOn {
    pub(super) first: Date,
    pub(super) metric: String,
    pub(super) key: String,
    pub(super) count: i64,
}

/// How far the log is counted, and by which days.
pub(super) struct Progress {
    pub(super) seq: i64,
    pub(super) calendar: Calendar,
}

/// An event that is not counted yet.
pub(super) struct Uncounted {
    pub(super) seq: i64,
    pub(super) at: Timestamp,
    /// `None` for what does not count.
    pub(super) body: Option<Vec<u8>>,
}

/// How far the log is counted; until the transaction ends nobody else counts. `None` while somebody else does, unless it
/// `waits` for them.
pub(super) async fn lock(transaction: &Transaction, waits: bool) -> Result<Option<Progress>, DbError> {
    let sql = if waits { WAIT_FOR_PROGRESS } else { TRY_PROGRESS };
    let rows = transaction.query(&sql, &[]).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let span = |row: &Row| {
        let since: Option<Timestamp> = row.try_get(1)?;
        let span = |since| Ok::<_, DbError>(Span::new(since, row.try_get(2)?, row.try_get(3)?));
        since.map(span).transpose()
    };
    let spans = rows.iter().filter_map(|row| span(row).transpose()).collect::<Result<_, _>>()?;
    Ok(Some(Progress { seq: first.try_get(0)?, calendar: Calendar::new(spans) }))
}

pub(super) async fn insert_zone(transaction: &Transaction, span: &Span) -> Result<(), DbError> {
    transaction.execute(&INSERT_ZONE, &[&span.since, &span.name, &span.first_day]).await.map(drop)
}

/// In the order of their numbers.
pub(super) async fn uncounted(
    transaction: &Transaction,
    after: i64,
    limit: i64,
) -> Result<Vec<Uncounted>, DbError> {
    let kinds: Vec<&str> = COUNTED.iter().map(|kind| kind.name()).collect();
    let rows = transaction.query(&UNCOUNTED, &[&after, &limit, &kinds]).await?;
    let event =
        |row: &Row| Ok(Uncounted { seq: row.try_get(0)?, at: row.try_get(1)?, body: row.try_get(2)? });
    let mut events = rows.iter().map(event).collect::<Result<Vec<_>, DbError>>()?;
    events.sort_unstable_by_key(|event| event.seq);
    Ok(events)
}

/// Adds what events come to, and notes how far the log is counted now. Travels with what follows.
pub(super) async fn add(
    transaction: &Transaction,
    tally: Tally,
    seq: i64,
    missing: Vec<i64>,
    late: Vec<i64>,
) -> Result<(), DbError> {
    if !tally.active.is_empty() {
        let (days, subjects): (Vec<Date>, Vec<Vec<u8>>) =
            tally.active.iter().map(|(day, subject)| (*day, subject.to_vec())).unzip();
        transaction.defer(&ADD_ACTIVITY, vec![Box::new(days), Box::new(subjects)]).await?;
    }
    if !tally.counts.is_empty() {
        let (mut days, mut metrics, mut keys, mut counts) = (vec![], vec![], vec![], vec![]);
        for ((day, metric, key), count) in tally.counts {
            days.push(day);
            metrics.push(metric);
            keys.push(key);
            counts.push(count);
        }
        let values: OwnedParams = vec![Box::new(days), Box::new(metrics), Box::new(keys), Box::new(counts)];
        transaction.defer(&ADD_COUNTS, values).await?;
    }
    transaction.defer(&MOVE_ON, vec![Box::new(seq), Box::new(missing), Box::new(late)]).await
}

/// Removes all that is counted.
pub(super) async fn clear(transaction: &Transaction) -> Result<(), DbError> {
    for sql in [CLEAR_ACTIVITY, CLEAR_LAST, CLEAR_DAYS, CLEAR_COUNTS, CLEAR_GAPS] {
        transaction.defer(&sql, vec![]).await?;
    }
    Ok(())
}

/// Which of these are counted already, by their places in the list.
pub(super) async fn active_among(
    transaction: &Transaction,
    people: &[(Date, Subject)],
) -> Result<Vec<usize>, DbError> {
    let (days, subjects): (Vec<Date>, Vec<&[u8]>) =
        people.iter().map(|(day, subject)| (*day, subject.as_slice())).unzip();
    let rows = transaction.query(&ACTIVE_AMONG, &[&days, &subjects]).await?;
    let place = |row: &Row| Ok(usize::try_from(row.try_get::<_, i64>(0)? - 1).unwrap_or_default());
    rows.iter().map(place).collect()
}

pub(super) async fn calendar(database: &Database) -> Result<Calendar, DbError> {
    let rows = database.query(&CALENDAR, &[]).await?;
    let span = |row: &Row| Ok(Span::new(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
    rows.iter().map(span).collect::<Result<_, DbError>>().map(Calendar::new)
}

/// Keeps the figures of days that are over, from the first of them each so manyth, unless somebody is counting: what comes late
/// must not be missed.
pub(super) async fn fix_days(database: &Database, days: Days, step: i32) -> Result<(), DbError> {
    let transaction = database.begin().await?;
    if lock(&transaction, false).await?.is_none() {
        return Ok(());
    }
    transaction.execute(&FIX_DAYS, &[&days.from, &days.to, &days.today, &step]).await?;
    transaction.commit().await
}

pub(super) async fn active_by_day(database: &Database, days: Days) -> Result<Vec<ActiveOn>, DbError> {
    let rows = database.query(&ACTIVE_BY_DAY, &[&days.from, &days.to, &days.today]).await?;
    let one = |row: &Row| {
        let (week, month) = (Some(row.try_get(2)?), Some(row.try_get(3)?));
        Ok(ActiveOn { first: row.try_get(0)?, people: row.try_get(1)?, week, month })
    };
    rows.iter().map(one).collect()
}

pub(super) async fn active_by_period(
    database: &Database,
    days: Days,
    period: &str,
) -> Result<Vec<ActiveOn>, DbError> {
    let rows = database.query(&ACTIVE_BY_PERIOD, &[&days.from, &days.to, &period, &days.today]).await?;
    let one =
        |row: &Row| Ok(ActiveOn { first: row.try_get(0)?, people: row.try_get(1)?, week: None, month: None });
    rows.iter().map(one).collect()
}

pub(super) async fn counts_by_period(
    database: &Database,
    days: Days,
    period: &str,
) -> Result<Vec<CountOn>, DbError> {
    let rows = database.query(&COUNTS_BY_PERIOD, &[&days.from, &days.to, &period]).await?;
    let one = |row: &Row| {
        let (first, metric) = (row.try_get(0)?, row.try_get(1)?);
        Ok(CountOn { first, metric, key: row.try_get(2)?, count: row.try_get(3)? })
    };
    rows.iter().map(one).collect()
}

/// Users who came into being, of the days on which any did.
pub(super) async fn new_users(
    database: &Database,
    from: Date,
    to: Date,
) -> Result<Vec<(Date, i64)>, DbError> {
    let rows = database.query(&NEW_USERS_BY_DAY, &[&from, &to]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// The first day that anything is counted of; `None` without any.
pub(super) async fn first_day(database: &Database) -> Result<Option<Date>, DbError> {
    Ok(database.query_one(&FIRST_DAY, &[]).await?.try_get(0)?)
}

pub(super) async fn users(database: &Database) -> Result<i64, DbError> {
    Ok(database.query_one(&USERS, &[]).await?.try_get(0)?)
}

/// The number of the newest event.
pub(super) async fn last_event(database: &Database) -> Result<i64, DbError> {
    Ok(database.query_one(&LAST_EVENT, &[]).await?.try_get(0)?)
}
