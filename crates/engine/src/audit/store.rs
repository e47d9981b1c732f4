//! The log's statements. The runtime role may write events and people, and change none.

use std::time::Duration;

use jiff::Timestamp;
use kiavi_audit::{Outcome, SubjectId};
use kiavi_base::EventId;
use kiavi_db::{AdminConnection, Database, DbError, OwnedParams, Row, Sql, ToSql, Transaction};

use super::{EventType, people::Stored, traits::Traits};

pub(super) const STATEMENTS: &[&Sql] = &[
    &INSERT_AS_IT_IS,
    &INSERT_EVENT,
    &INSERT_EVENT_ONCE,
    &PUBLISH_AS_IT_IS,
    &PUBLISH_EVENT,
    &PUBLISH_EVENT_ONCE,
    &PEOPLE_BY_NAME,
    &PEOPLE_BY_ID,
    &INSERT_PEOPLE,
    &INSERT_PERSON,
    &FORGET_VISITORS,
    &FORGET_REFERENCES,
];

// An event that names nobody who could be forgotten before its COMMIT.
macro_rules! insert_as_it_is {
    () => {
        "INSERT INTO kiavi.audit_event
           (id, at, type, outcome, request_id, actor, subject, method, ip_token, body, country_token, network_token,
            device_tokens)
         VALUES ($1::text::uuid, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    };
}

/// An event that names nobody who could be forgotten before its COMMIT, written by the statement of the change that it tells
/// of: of each row of `$change` one. Its values are `$8` to `$20`, after those of the change.
macro_rules! insert_along {
    ($change:literal) => {
        concat!(
            "INSERT INTO kiavi.audit_event
               (id, at, type, outcome, request_id, actor, subject, method, ip_token, body, country_token, network_token,
                device_tokens)
             SELECT $8::text::uuid, $9::timestamptz, $10::text, $11::text, $12::text, $13::text, $14::text, $15::text,
               $16::bytea, $17::bytea, $18::bigint, $19::bigint, $20::bigint[]
             FROM ",
            $change
        )
    };
}
pub(crate) use insert_along;

// `$14` are the people whom the index would name, `$15` is the one whose request it was, `$9` and `$11` to `$13` what is
// known of that. Who is forgotten by now is not named; who is not cannot be before this is committed. Asking for that costs as
// much as two of the table's indexes.
macro_rules! insert_unless_gone {
    () => {
        "INSERT INTO kiavi.audit_event
           (id, at, type, outcome, request_id, actor, subject, method, ip_token, body, country_token, network_token,
            device_tokens)
         SELECT $1::text::uuid, $2::timestamptz, $3::text, $4::text, $5::text,
           CASE WHEN $6::text = ANY (gone.names) THEN NULL ELSE $6 END,
           CASE WHEN $7::text = ANY (gone.names) THEN NULL ELSE $7 END,
           $8::text, theirs.ip_token, $10::bytea, theirs.country_token, theirs.network_token, theirs.device_tokens
         FROM kiavi.audit_gone($14::text[]) AS gone (names)
         LEFT JOIN LATERAL (SELECT $9::bytea, $11::bigint, $12::bigint, $13::bigint[])
           AS theirs (ip_token, country_token, network_token, device_tokens)
           ON ($15::text = ANY (gone.names)) IS NOT TRUE"
    };
}

const INSERT_AS_IT_IS: Sql = Sql::new("INSERT_EVENT_AS_IT_IS", insert_as_it_is!());
const INSERT_EVENT: Sql = Sql::new("INSERT_EVENT", insert_unless_gone!());
const INSERT_EVENT_ONCE: Sql =
    Sql::new("INSERT_EVENT_ONCE", concat!(insert_unless_gone!(), " ON CONFLICT DO NOTHING"));

// The event and what is owed of it, `$body`, to the endpoints `$to` for `$life` seconds, in one statement, so that there is
// never one without the other.
macro_rules! publish {
    ($insert:expr, $body:literal, $to:literal, $life:literal) => {
        concat!(
            "WITH event AS (",
            $insert,
            ")
             INSERT INTO kiavi.webhook_delivery (endpoint, event_id, type, body, expires_at)
             SELECT wanting.id, $1::text::uuid, $3, ",
            $body,
            ", now() + make_interval(secs => ",
            $life,
            ")
             FROM unnest(",
            $to,
            "::text[]) AS wanting (id)
             WHERE NOT EXISTS (
               SELECT FROM kiavi.webhook_endpoint e WHERE e.id = wanting.id AND e.disabled_at IS NOT NULL)
             ON CONFLICT (endpoint, event_id) DO NOTHING"
        )
    };
}

const PUBLISH_AS_IT_IS: Sql =
    Sql::new("PUBLISH_EVENT_AS_IT_IS", publish!(insert_as_it_is!(), "$14", "$15", "$16"));
const PUBLISH_EVENT: Sql = Sql::new("PUBLISH_EVENT", publish!(insert_unless_gone!(), "$16", "$17", "$18"));
const PUBLISH_EVENT_ONCE: Sql = Sql::new(
    "PUBLISH_EVENT_ONCE",
    publish!(concat!(insert_unless_gone!(), " ON CONFLICT DO NOTHING"), "$16", "$17", "$18"),
);

const PEOPLE_BY_NAME: Sql = Sql::new(
    "AUDIT_PEOPLE_BY_NAME",
    "SELECT uuid_send(id), user_id, key FROM kiavi.audit_subject WHERE user_id = ANY ($1)",
);

const PEOPLE_BY_ID: Sql = Sql::new(
    "AUDIT_PEOPLE_BY_ID",
    "SELECT uuid_send(id), user_id, key FROM kiavi.audit_subject
     WHERE id = ANY (SELECT encode(one.id, 'hex')::uuid FROM unnest($1::bytea[]) AS one (id))",
);

/// Those among them who are users, and those who are nobody.
const INSERT_PEOPLE: Sql = Sql::new(
    "AUDIT_INSERT_PEOPLE",
    r#"INSERT INTO kiavi.audit_subject (id, user_id, key)
       SELECT encode(new.id, 'hex')::uuid, new.user_id, new.key
       FROM unnest($1::bytea[], $2::text[], $3::bytea[]) AS new (id, user_id, key)
       WHERE new.user_id = 'log:key' OR starts_with(new.user_id, 'visitor:')
         OR EXISTS (SELECT FROM public."user" u WHERE u.id = new.user_id)
       ON CONFLICT (user_id) DO NOTHING"#,
);

/// A user whom the same transaction makes.
const INSERT_PERSON: Sql = Sql::new(
    "AUDIT_INSERT_PERSON",
    "INSERT INTO kiavi.audit_subject (id, user_id, key) VALUES (encode($1::bytea, 'hex')::uuid, $2, $3)",
);

/// The oldest day of those that are older than `$1` days.
const FORGET_VISITORS: Sql = Sql::new(
    "AUDIT_FORGET_VISITORS",
    "SELECT kiavi.audit_forget(user_id) FROM (
       SELECT user_id FROM kiavi.audit_subject
       WHERE starts_with(user_id, 'visitor:')
         AND created_at < now() - make_interval(days => $1::integer)
       ORDER BY created_at LIMIT 1) AS day",
);

/// What stood in the index for the address of somebody who is erased, before they were a user.
const FORGET_REFERENCES: Sql = Sql::new(
    "AUDIT_FORGET_REFERENCES",
    "SELECT kiavi.audit_forget(address.reference) FROM unnest($1::text[]) AS address (reference)",
);

/// An event as it is written: the columns of the index, and the body.
pub(super) struct LogRow {
    pub(super) id: EventId,
    pub(super) at: Timestamp,
    pub(super) kind: &'static str,
    pub(super) outcome: Outcome,
    pub(super) request_id: Option<String>,
    pub(super) actor: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) method: Option<String>,
    pub(super) ip_token: Option<Vec<u8>>,
    pub(super) traits: Traits,
    pub(super) body: Vec<u8>,
    /// Those among actor and subject whom the log knows and may have to forget before this is committed.
    pub(super) people: Vec<String>,
    /// Whose request it was, if it was one of theirs.
    pub(super) requester: Option<String>,
}

/// What is owed of an event, and to whom.
pub(super) struct Publication {
    pub(super) body: String,
    /// Ids of endpoints.
    pub(super) endpoints: Vec<String>,
    /// For how long it is tried.
    pub(super) life: Duration,
}

impl LogRow {
    /// The statement that writes it, and its parameters.
    fn statement(self, publication: Option<Publication>) -> (&'static Sql, OwnedParams) {
        let sql = match (self.people.is_empty(), publication.is_some()) {
            (true, false) => &INSERT_AS_IT_IS,
            (true, true) => &PUBLISH_AS_IT_IS,
            (false, false) => &INSERT_EVENT,
            (false, true) => &PUBLISH_EVENT,
        };
        let asks = !self.people.is_empty();
        (sql, self.values(asks, publication))
    }

    /// The values of [`insert_along`].
    pub(super) fn along(self) -> OwnedParams {
        self.values(false, None)
    }

    fn values(self, asks_who_is_gone: bool, publication: Option<Publication>) -> OwnedParams {
        let mut values: OwnedParams = vec![
            Box::new(self.id.to_string()),
            Box::new(self.at),
            Box::new(self.kind),
            Box::new(self.outcome.name()),
            Box::new(self.request_id),
            Box::new(self.actor),
            Box::new(self.subject),
            Box::new(self.method),
            Box::new(self.ip_token),
            Box::new(self.body),
            Box::new(self.traits.country),
            Box::new(self.traits.network),
            Box::new(Some(self.traits.device.to_vec()).filter(|tokens| !tokens.is_empty())),
        ];
        if asks_who_is_gone {
            values.push(Box::new(self.people));
            values.push(Box::new(self.requester));
        }
        if let Some(Publication { body, endpoints, life }) = publication {
            values.push(Box::new(body));
            values.push(Box::new(endpoints));
            values.push(Box::new(life.as_secs_f64()));
        }
        values
    }
}

/// Travels with what follows in the transaction, at the latest with its COMMIT.
pub(super) async fn insert(
    transaction: &Transaction,
    row: LogRow,
    publication: Option<Publication>,
) -> Result<(), DbError> {
    let (sql, values) = row.statement(publication);
    transaction.defer(sql, values).await
}

/// Shares its commit with others that come at the same time.
pub(super) async fn insert_alone(
    database: &Database,
    row: LogRow,
    publication: Option<Publication>,
) -> Result<(), DbError> {
    let (sql, values) = row.statement(publication);
    database.query_grouped(sql, values).await.map(drop)
}

/// The same, unless there is one with its id.
pub(super) async fn insert_once(
    database: &Database,
    row: LogRow,
    publication: Option<Publication>,
) -> Result<(), DbError> {
    let sql = if publication.is_some() { PUBLISH_EVENT_ONCE } else { INSERT_EVENT_ONCE };
    database.query_grouped(&sql, row.values(true, publication)).await.map(drop)
}

/// Over a connection of the owner's, at the time that its id tells; unless there is one with its id.
pub(super) async fn insert_by_control(
    connection: &AdminConnection,
    event: &kiavi_audit::Event,
    kind: EventType,
    body: &[u8],
) -> Result<(), DbError> {
    // Names nobody who could be forgotten, and is written to tables of earlier versions, too.
    const INSERT: &str = "INSERT INTO kiavi.audit_event
           (id, at, type, outcome, request_id, actor, subject, method, body)
         VALUES ($1::text::uuid, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    let (id, outcome) = (event.id.to_string(), event.outcome.name());
    let values: [&(dyn ToSql + Sync); 9] = [
        &id,
        &event.at,
        &kind.name(),
        &outcome,
        &event.request_id,
        &event.actor,
        &event.subject,
        &event.method,
        &body,
    ];
    connection.execute(INSERT, &values).await?;
    // A running engine hears of it at COMMIT.
    connection.execute("SELECT pg_notify('kiavi_change', $1)", &[&id]).await.map(drop)
}

/// Over a connection of the owner's, these events in their order. Whom they name in the index is there until the
/// transaction ends that is open on it.
pub(super) async fn insert_by_owner(connection: &AdminConnection, rows: &[LogRow]) -> Result<(), DbError> {
    const INSERT: &str = "INSERT INTO kiavi.audit_event
           (id, at, type, outcome, request_id, actor, subject, method, ip_token, country_token, network_token,
            device_tokens, body)
         SELECT id::uuid, at, type, outcome, request_id, actor, subject, method, ip_token, country_token, network_token,
           device_tokens::bigint[], body
         FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
           $8::text[], $9::bytea[], $10::bigint[], $11::bigint[], $12::text[], $13::bytea[]) WITH ORDINALITY AS told
           (id, at, type, outcome, request_id, actor, subject, method, ip_token, country_token, network_token,
            device_tokens, body, position)
         ORDER BY position";
    let ids: Vec<String> = rows.iter().map(|row| row.id.to_string()).collect();
    let times: Vec<Timestamp> = rows.iter().map(|row| row.at).collect();
    let kinds: Vec<&str> = rows.iter().map(|row| row.kind).collect();
    let outcomes: Vec<&str> = rows.iter().map(|row| row.outcome.name()).collect();
    let requests: Vec<_> = rows.iter().map(|row| row.request_id.as_deref()).collect();
    let actors: Vec<_> = rows.iter().map(|row| row.actor.as_deref()).collect();
    let subjects: Vec<_> = rows.iter().map(|row| row.subject.as_deref()).collect();
    let methods: Vec<_> = rows.iter().map(|row| row.method.as_deref()).collect();
    let tokens: Vec<_> = rows.iter().map(|row| row.ip_token.as_deref()).collect();
    let countries: Vec<_> = rows.iter().map(|row| row.traits.country).collect();
    let networks: Vec<_> = rows.iter().map(|row| row.traits.network).collect();
    // Arrays of arrays have one length in PostgreSQL, so each is a text.
    let devices: Vec<_> = rows.iter().map(|row| row.traits.device_literal()).collect();
    let bodies: Vec<&[u8]> = rows.iter().map(|row| row.body.as_slice()).collect();
    let values: [&(dyn ToSql + Sync); 13] = [
        &ids, &times, &kinds, &outcomes, &requests, &actors, &subjects, &methods, &tokens, &countries,
        &networks, &devices, &bodies,
    ];
    connection.execute(INSERT, &values).await.map(drop)
}

/// Over a connection of the owner's: people with when they came to be known, if that is not now.
pub(super) async fn insert_people_by_owner(
    connection: &AdminConnection,
    people: &[(Stored, Option<Timestamp>)],
) -> Result<(), DbError> {
    const INSERT: &str = "INSERT INTO kiavi.audit_subject (id, user_id, key, created_at)
         SELECT encode(new.id, 'hex')::uuid, new.user_id, new.key, coalesce(new.at, now())
         FROM unnest($1::bytea[], $2::text[], $3::bytea[], $4::timestamptz[]) AS new (id, user_id, key, at)
         ON CONFLICT (user_id) DO NOTHING";
    let ids: Vec<&[u8]> = people.iter().map(|(one, _)| one.id.as_slice()).collect();
    let names: Vec<_> = people.iter().map(|(one, _)| one.name.as_deref()).collect();
    let keys: Vec<_> = people.iter().map(|(one, _)| one.key.as_deref()).collect();
    let times: Vec<_> = people.iter().map(|(_, at)| *at).collect();
    connection.execute(INSERT, &[&ids, &names, &keys, &times]).await.map(drop)
}

/// Somebody by their name, over a connection of the owner's.
pub(super) async fn person_by_owner(
    connection: &AdminConnection,
    name: &str,
) -> Result<Option<Stored>, DbError> {
    Ok(stored(&connection.query(PEOPLE_BY_NAME.text(), &[&vec![name]]).await?)?.pop())
}

fn stored(rows: &[Row]) -> Result<Vec<Stored>, DbError> {
    let one = |row: &Row| {
        let id: &[u8] = row.try_get(0)?;
        let id = id.try_into().map_err(|_| DbError::Value("audit_subject.id".to_owned()))?;
        Ok(Stored { id, name: row.try_get(1)?, key: row.try_get(2)? })
    };
    rows.iter().map(one).collect()
}

pub(super) async fn people_by_name(database: &Database, names: &[&str]) -> Result<Vec<Stored>, DbError> {
    stored(&database.query(&PEOPLE_BY_NAME, &[&names]).await?)
}

pub(super) async fn people_by_id(database: &Database, ids: &[SubjectId]) -> Result<Vec<Stored>, DbError> {
    let ids: Vec<&[u8]> = ids.iter().map(|id| id.as_bytes().as_slice()).collect();
    stored(&database.query(&PEOPLE_BY_ID, &[&ids]).await?)
}

/// Of two who name somebody for the first time, one's row stays.
pub(super) async fn insert_people(database: &Database, people: &[Stored]) -> Result<u64, DbError> {
    let ids: Vec<&[u8]> = people.iter().map(|one| one.id.as_slice()).collect();
    let names: Vec<_> = people.iter().map(|one| one.name.as_deref()).collect();
    let keys: Vec<_> = people.iter().map(|one| one.key.as_deref()).collect();
    database.execute(&INSERT_PEOPLE, &[&ids, &names, &keys]).await
}

/// Travels with what follows in the transaction.
pub(super) async fn insert_person(transaction: &Transaction, new: Stored) -> Result<(), DbError> {
    let values: OwnedParams = vec![Box::new(new.id.to_vec()), Box::new(new.name), Box::new(new.key)];
    transaction.defer(&INSERT_PERSON, values).await
}

/// Has what stood for an address lead to no event. Travels with COMMIT.
pub(super) async fn forget_references(
    transaction: &Transaction,
    references: Vec<String>,
) -> Result<(), DbError> {
    transaction.defer(&FORGET_REFERENCES, vec![Box::new(references)]).await
}

/// Ends the key of one day of visitors that is older than these days, if there is one; how many days that was.
pub(super) async fn forget_visitors(database: &Database, days: i32) -> Result<u64, DbError> {
    database.query(&FORGET_VISITORS, &[&days]).await.map(|rows| rows.len() as u64)
}

/// Id and wrapped key of the log; `None` where nothing was ever logged.
pub(super) async fn log_key_of(
    connection: &AdminConnection,
    name: &str,
) -> Result<Option<([u8; 16], Vec<u8>)>, DbError> {
    const IS_THERE: &str = "SELECT 1 WHERE to_regclass('kiavi.audit_subject') IS NOT NULL";
    if connection.query_opt(IS_THERE, &[]).await?.is_none() {
        return Ok(None);
    }
    Ok(person_by_owner(connection, name).await?.and_then(|row| Some((row.id, row.key?))))
}

pub(super) async fn replace_log_key(
    connection: &AdminConnection,
    name: &str,
    before: &[u8],
    after: &[u8],
) -> Result<(), DbError> {
    const REPLACE: &str = "UPDATE kiavi.audit_subject SET key = $3 WHERE user_id = $1 AND key = $2";
    connection.execute(REPLACE, &[&name, &before, &after]).await.map(drop)
}
