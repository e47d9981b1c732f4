//! Statements of questions.
//!
//! Ids are in the order of time, so a page is the newest rows before a cursor, found at one end of an index: the primary
//! key, or the one that fits the question best. What a question asks besides is looked at row by row, at most
//! [`SCAN`] of them: a page can have fewer events than asked for and yet not be the last. So no question takes long,
//! whatever it asks and however long the log is.
//!
//! Comparisons of rows leave the planner no other index than the one that is meant: by its estimates it may well walk
//! the whole primary key for a type that hardly ever happens. Such a comparison tells the index where to begin and never
//! where to end, as soon as more than its first column decides (`_bt_check_rowcompare` of PostgreSQL). So another condition
//! on the first column ends the walk, and the time from which events are asked for is looked at after the `LIMIT`: what is
//! read is bounded by it, whatever comes before.

use kiavi_audit::Outcome;
use kiavi_base::{EventId, RequestId};
use kiavi_db::{Database, DbError, Row, Sql, ToSql};

use super::question::{OUTCOMES, Page, Question};

pub(super) const STATEMENTS: &[&Sql] = &[
    &NEWEST_EVENTS,
    &EVENTS_WITH_DEVICE,
    &EVENTS_OF_KINDS,
    &EVENTS_OF_PEOPLE,
    &EVENTS_FROM_ADDRESS,
    &EVENTS_THAT_FAILED,
    &EVENTS_FROM_COUNTRY,
    &EVENTS_FROM_NETWORK,
    &EVENTS_OF_REQUEST,
    &EVENTS_OF_OLD_REQUEST,
    &EVENTS_BY_ID,
];

/// Rows that one question looks at, at most: each may be a page of the disk.
const SCAN: i64 = 1_000;
/// The same where they lie beside each other, as they do in the order of time.
const SCAN_BY_TIME: i64 = 20_000;

/// `$1` the first id that is too new, `$2` the first that is not too old, `$3` how many candidates, `$4` how many events;
/// `$5` to `$14` what else is asked. The row without a body tells where to go on when the candidates were used up.
macro_rules! page_of {
    ($candidates:expr) => {
        page_of!($candidates, "")
    };
    // Whether a candidate is worth a look is said by what is known of it.
    ($candidates:expr, $condition:literal) => {
        concat!(
            "WITH candidate AS MATERIALIZED (",
            $candidates,
            "), page AS (
               SELECT e.seq, e.id, e.body FROM (SELECT id FROM candidate ",
            $condition,
            ") AS candidate
               CROSS JOIN LATERAL (SELECT * FROM kiavi.audit_event WHERE id = candidate.id LIMIT 1) AS e
               WHERE ($5::text[] IS NULL OR e.type = ANY ($5)) AND ($6::text[] IS NULL OR e.outcome = ANY ($6))
                 AND ($7::text[] IS NULL OR e.actor = ANY ($7)) AND ($8::text[] IS NULL OR e.subject = ANY ($8))
                 AND ($9::text[] IS NULL OR e.subject = ANY ($9) OR e.actor = ANY ($9))
                 AND ($10::bytea IS NULL OR e.ip_token = $10) AND ($11::text IS NULL OR e.request_id = $11)
                 AND ($12::bigint IS NULL OR e.country_token = $12) AND ($13::bigint IS NULL OR e.network_token = $13)
                 AND ($14::bigint[] IS NULL OR e.device_tokens @> $14)
               ORDER BY e.id DESC LIMIT $4
             )
             SELECT seq, id::text, body FROM page
             UNION ALL
             SELECT NULL, (SELECT id::text FROM candidate ORDER BY id LIMIT 1), NULL
             WHERE (SELECT count(*) FROM candidate) >= $3"
        )
    };
}

const NEWEST_EVENTS: Sql = Sql::new(
    "AUDIT_NEWEST_EVENTS",
    page_of!(
        "SELECT id FROM kiavi.audit_event WHERE id < $1::text::uuid AND id >= $2::text::uuid ORDER BY id DESC LIMIT $3"
    ),
);

/// Where nothing else is asked for. Devices have no index, which would have to name four words of each event.
const EVENTS_WITH_DEVICE: Sql = Sql::new(
    "AUDIT_EVENTS_WITH_DEVICE",
    page_of!(
        "SELECT id, device_tokens FROM kiavi.audit_event
         WHERE id < $1::text::uuid AND id >= $2::text::uuid ORDER BY id DESC LIMIT $3",
        "WHERE device_tokens @> $14 ORDER BY id DESC LIMIT $4"
    ),
);

/// Of the types `$15` with the outcomes `$16`: the newest of each, and of these the newest. Were it `type = kind.name`, an
/// order by the type would be none, and the primary key would do for it.
const EVENTS_OF_KINDS: Sql = Sql::new(
    "AUDIT_EVENTS_OF_KINDS",
    page_of!(
        "SELECT one.id FROM unnest($15::text[]) AS kind (name) CROSS JOIN unnest($16::text[]) AS outcome (name)
         CROSS JOIN LATERAL (
           SELECT id FROM kiavi.audit_event
           WHERE type = ANY (ARRAY[kind.name]) AND (outcome, id) < (outcome.name, $1::text::uuid)
             AND outcome >= outcome.name
           ORDER BY type DESC, outcome DESC, id DESC LIMIT $3) AS one
         WHERE one.id >= $2::text::uuid ORDER BY one.id DESC LIMIT $3"
    ),
);

/// About one of `$15`, or done by one of `$16`. What people do to themselves is found by its subject only.
const EVENTS_OF_PEOPLE: Sql = Sql::new(
    "AUDIT_EVENTS_OF_PEOPLE",
    page_of!(
        "SELECT id FROM (
           SELECT one.id FROM unnest($15::text[]) AS person (name) CROSS JOIN LATERAL (
             SELECT id FROM kiavi.audit_event
             WHERE subject IS NOT NULL AND (subject, id) < (person.name, $1::text::uuid) AND subject >= person.name
             ORDER BY subject DESC, id DESC LIMIT $3) AS one
           UNION
           SELECT one.id FROM unnest($16::text[]) AS person (name) CROSS JOIN LATERAL (
             SELECT id FROM kiavi.audit_event
             WHERE actor IS NOT NULL AND actor IS DISTINCT FROM subject
               AND (actor, id) < (person.name, $1::text::uuid) AND actor >= person.name
             ORDER BY actor DESC, id DESC LIMIT $3) AS one
         ) AS found WHERE id >= $2::text::uuid ORDER BY id DESC LIMIT $3"
    ),
);

const EVENTS_FROM_ADDRESS: Sql = Sql::new(
    "AUDIT_EVENTS_FROM_ADDRESS",
    page_of!(
        "SELECT id FROM (
           SELECT id FROM kiavi.audit_event
           WHERE ip_token IS NOT NULL AND (ip_token, id) < ($10, $1::text::uuid) AND ip_token >= $10
           ORDER BY ip_token DESC, id DESC LIMIT $3) AS one
         WHERE id >= $2::text::uuid"
    ),
);

const EVENTS_THAT_FAILED: Sql = Sql::new(
    "AUDIT_EVENTS_THAT_FAILED",
    page_of!(
        "SELECT id FROM kiavi.audit_event
         WHERE outcome = 'failure' AND id < $1::text::uuid AND id >= $2::text::uuid ORDER BY id DESC LIMIT $3"
    ),
);

/// Of a request whose id does not tell its time.
const EVENTS_OF_OLD_REQUEST: Sql = Sql::new(
    "AUDIT_EVENTS_OF_OLD_REQUEST",
    page_of!(
        "SELECT id FROM (
           SELECT id FROM kiavi.audit_event
           WHERE substr(request_id, 13, 1) <> '7' AND (request_id, id) < ($11, $1::text::uuid) AND request_id >= $11
           ORDER BY request_id DESC, id DESC LIMIT $3) AS one
         WHERE id >= $2::text::uuid"
    ),
);

const EVENTS_FROM_COUNTRY: Sql = Sql::new(
    "AUDIT_EVENTS_FROM_COUNTRY",
    page_of!(
        "SELECT id FROM (
           SELECT id FROM kiavi.audit_event
           WHERE country_token IS NOT NULL AND (country_token, id) < ($12, $1::text::uuid) AND country_token >= $12
           ORDER BY country_token DESC, id DESC LIMIT $3) AS one
         WHERE id >= $2::text::uuid"
    ),
);

const EVENTS_FROM_NETWORK: Sql = Sql::new(
    "AUDIT_EVENTS_FROM_NETWORK",
    page_of!(
        "SELECT id FROM (
           SELECT id FROM kiavi.audit_event
           WHERE network_token IS NOT NULL AND (network_token, id) < ($13, $1::text::uuid) AND network_token >= $13
           ORDER BY network_token DESC, id DESC LIMIT $3) AS one
         WHERE id >= $2::text::uuid"
    ),
);

/// A request's id tells its time, and the bounds are around that.
const EVENTS_OF_REQUEST: Sql = Sql::new(
    "AUDIT_EVENTS_OF_REQUEST",
    page_of!(
        "SELECT id FROM kiavi.audit_event
         WHERE request_id = $11 AND id < $1::text::uuid AND id >= $2::text::uuid ORDER BY id DESC LIMIT $3"
    ),
);

/// Those of `$15` that are there.
const EVENTS_BY_ID: Sql = Sql::new(
    "AUDIT_EVENTS_BY_ID",
    page_of!(
        "SELECT id FROM kiavi.audit_event
         WHERE id = ANY ($15::text[]::uuid[]) AND id < $1::text::uuid AND id >= $2::text::uuid LIMIT $3"
    ),
);

/// Between which ids.
#[derive(Default, Clone, Copy)]
pub(super) struct Bounds {
    /// The first that is not too old.
    pub(super) from: Option<EventId>,
    /// The first that is too new.
    pub(super) before: Option<EventId>,
}

impl Bounds {
    /// Leaves what is within these, too.
    pub(super) fn narrow(&mut self, from: Option<EventId>, before: Option<EventId>) {
        self.from = self.from.max(from);
        self.before = [self.before, before].into_iter().flatten().min();
    }
}

/// An event as it is stored.
pub(crate) struct StoredEvent {
    pub(crate) seq: i64,
    pub(crate) id: EventId,
    pub(crate) body: Vec<u8>,
}

/// A page, and where the next one begins if there is one.
pub(super) struct Answer {
    pub(super) events: Vec<StoredEvent>,
    pub(super) next: Option<EventId>,
}

impl Answer {
    fn is_full(&self, page: &Page) -> bool {
        i64::try_from(self.events.len()).is_ok_and(|count| count >= page.limit)
    }
}

/// Answers a question.
///
/// # Errors
/// Those of the statement.
pub(super) async fn page(database: &Database, asked: &Question, page: &Page) -> Result<Answer, DbError> {
    let own = |names: &Option<Vec<String>>| names.clone().unwrap_or_default();
    // What the index answers by itself need not be looked at again.
    let looked_at = if asked.asks_more() { SCAN } else { page.limit };
    // What has an index of its own leads to the rows, and the device is looked at there.
    let of_device = if asked.device.is_some() { SCAN } else { page.limit };
    // The index that leads to the fewest rows, and how many of them are looked at.
    let (sql, more, candidates): (Sql, Vec<Vec<String>>, i64) = match asked {
        Question { request_id: Some(id), .. } => {
            let sql =
                if RequestId::time_in(id).is_some() { EVENTS_OF_REQUEST } else { EVENTS_OF_OLD_REQUEST };
            (sql, vec![], looked_at)
        }
        Question { subjects: Some(_), .. } => {
            (EVENTS_OF_PEOPLE, vec![own(&asked.subjects), vec![]], looked_at)
        }
        Question { people: Some(_), .. } => {
            let people = vec![own(&asked.people), own(&asked.people)];
            (EVENTS_OF_PEOPLE, people, looked_at)
        }
        Question { actors: Some(_), .. } => {
            (EVENTS_OF_PEOPLE, vec![own(&asked.actors), own(&asked.actors)], SCAN)
        }
        Question { ip_token: Some(_), .. } => (EVENTS_FROM_ADDRESS, vec![], looked_at),
        Question { network: Some(_), .. } => (EVENTS_FROM_NETWORK, vec![], looked_at),
        Question { country: Some(_), .. } => (EVENTS_FROM_COUNTRY, vec![], looked_at),
        Question { kinds: None, outcomes: None, device: Some(_), .. } => {
            let near = run(database, &EVENTS_WITH_DEVICE, asked, page, SCAN, &[]).await?;
            if near.next.is_none() || near.is_full(page) {
                return Ok(near);
            }
            (EVENTS_WITH_DEVICE, vec![], SCAN_BY_TIME)
        }
        Question { kinds: None, outcomes: None, .. } => (NEWEST_EVENTS, vec![], page.limit),
        Question { kinds: None, outcomes: Some(outcomes), .. } if outcomes == &[Outcome::Failure.name()] => {
            (EVENTS_THAT_FAILED, vec![], of_device)
        }
        // Most events are no failures, so among these there is mostly a page.
        Question { kinds: None, .. } => (NEWEST_EVENTS, vec![], of_device.max(4 * page.limit)),
        Question { kinds, outcomes, .. } => {
            let kinds = kinds.clone().unwrap_or_default();
            let outcomes = outcomes.clone().unwrap_or_else(|| OUTCOMES.to_vec());
            let texts = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
            (EVENTS_OF_KINDS, vec![texts(kinds), texts(outcomes)], of_device)
        }
    };
    run(database, &sql, asked, page, candidates, &more).await
}

/// Those with these ids that are there and that the question asks for, the newest first.
///
/// # Errors
/// Those of the statement.
pub(super) async fn by_ids(
    database: &Database,
    asked: &Question,
    page: &Page,
    ids: &[EventId],
) -> Result<Vec<StoredEvent>, DbError> {
    let ids = ids.iter().map(EventId::to_string).collect();
    Ok(run(database, &EVENTS_BY_ID, asked, page, page.limit, &[ids]).await?.events)
}

impl Question {
    /// Whether it asks for more than one thing, which one index answers.
    fn asks_more(&self) -> bool {
        let asked = [
            self.kinds.is_some(),
            self.outcomes.is_some(),
            self.actors.is_some(),
            self.subjects.is_some(),
            self.people.is_some(),
            self.ip_token.is_some(),
            self.country.is_some(),
            self.network.is_some(),
            self.device.is_some(),
            self.request_id.is_some(),
        ];
        asked.iter().filter(|is_asked| **is_asked).count() > 1
    }
}

async fn run(
    database: &Database,
    sql: &Sql,
    asked: &Question,
    page: &Page,
    candidates: i64,
    more: &[Vec<String>],
) -> Result<Answer, DbError> {
    const LAST: &str = "ffffffff-ffff-ffff-ffff-ffffffffffff";
    const FIRST: &str = "00000000-0000-0000-0000-000000000000";
    let before = page.bounds.before.map_or_else(|| LAST.to_owned(), |id| id.to_string());
    let from = page.bounds.from.map_or_else(|| FIRST.to_owned(), |id| id.to_string());
    let mut values: Vec<&(dyn ToSql + Sync)> = vec![
        &before,
        &from,
        &candidates,
        &page.limit,
        &asked.kinds,
        &asked.outcomes,
        &asked.actors,
        &asked.subjects,
        &asked.people,
        &asked.ip_token,
        &asked.request_id,
        &asked.country,
        &asked.network,
        &asked.device,
    ];
    values.extend(more.iter().map(|names| -> &(dyn ToSql + Sync) { names }));
    let rows = database.query(sql, &values).await?;
    let mut answer = Answer { events: Vec::new(), next: None };
    let mut further = None;
    for row in &rows {
        let id = id_in(row)?;
        match row.try_get(0)? {
            Some(seq) => answer.events.push(StoredEvent { seq, id, body: row.try_get(2)? }),
            None => further = Some(id),
        }
    }
    answer.events.sort_unstable_by_key(|event| std::cmp::Reverse(event.id));
    answer.next = if answer.is_full(page) { answer.events.last().map(|event| event.id) } else { further };
    Ok(answer)
}

fn id_in(row: &Row) -> Result<EventId, DbError> {
    let id: &str = row.try_get(1)?;
    id.parse().map_err(|_| DbError::Value("audit_event.id".to_owned()))
}
