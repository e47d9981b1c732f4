//! What the index alone says of many events: enough to count them again, and nothing of it has to be decoded or unsealed.
//!
//! Where a request came from stands there as a keyed hash of the address, one for each address, and whom an event is about by
//! the name that the engine has for them; when somebody is forgotten the one goes and the other becomes what the log calls them,
//! as in what is sealed. Only the address itself and its country are opened from a body ([`origins`]), of one event for each that
//! they are wanted of.

use std::{collections::HashMap, net::IpAddr};

use jiff::Timestamp;
use kiavi_base::EventId;
use kiavi_db::{DbError, Row, Sql};
use serde_json::Value;

use super::{
    EventType,
    question::OUTCOMES,
    reading::StoredEvent,
    view::{EventView, Part, facts_in, views_of},
};
use crate::{State, paged::by_pages};

pub(super) const STATEMENTS: &[&Sql] = &[&NEWEST, &OUTLINES, &BODIES];

/// The newest `$4` events of the types `$1` with the outcomes `$2`, from the id `$3` on. `ORDER BY type` leads to the index, as
/// in [`super::reading`]. The id is a subquery, so that the planner cannot see how near it is: where it sees that little
/// happened since, it reads all of that.
const NEWEST: Sql = Sql::new(
    "AUDIT_NEWEST_OF_KINDS",
    "SELECT uuid_send(one.id) FROM unnest($1::text[]) AS kind (name) CROSS JOIN unnest($2::text[]) AS outcome (name)
     CROSS JOIN LATERAL (
       SELECT id FROM kiavi.audit_event
       WHERE type = ANY (ARRAY[kind.name]) AND outcome = outcome.name AND id >= (SELECT $3::text::uuid)
       ORDER BY type DESC, outcome DESC, id DESC LIMIT $4) AS one
     ORDER BY one.id DESC LIMIT $4",
);

/// The events `$1`, with the bodies of the types `$2`.
const OUTLINES: Sql = Sql::new(
    "AUDIT_OUTLINES",
    "SELECT uuid_send(id), seq, at, type, method, request_id, subject, ip_token, CASE WHEN type = ANY ($2::text[]) THEN body END
     FROM kiavi.audit_event WHERE id = ANY ($1::text[]::uuid[])",
);

const BODIES: Sql = Sql::new(
    "AUDIT_BODIES",
    "SELECT uuid_send(id), seq, body FROM kiavi.audit_event WHERE id = ANY ($1::text[]::uuid[])",
);

/// An event, as far as the index has it.
#[derive(Debug)]
pub(crate) struct Outline {
    pub(crate) seq: i64,
    pub(crate) id: EventId,
    pub(crate) at: Timestamp,
    pub(crate) kind: EventType,
    pub(crate) method: Option<String>,
    pub(crate) request_id: Option<String>,
    /// A user's id, or what the log calls who is none.
    pub(crate) subject: Option<String>,
    /// Stands for the address that the request came from.
    pub(crate) ip_token: Option<Vec<u8>>,
    /// Of the kinds that they were asked of.
    pub(crate) facts: Option<Value>,
}

/// What the index says, the oldest first.
pub(crate) struct Outlines {
    pub(crate) events: Vec<Outline>,
    /// Whether these are all.
    pub(crate) is_complete: bool,
}

/// The events of `kinds` since `from`, the newest `most` of them. Facts, which are in the body, are told of those among them that
/// are `told`. Costs a statement, and one more for each thousand.
///
/// # Errors
/// Those of the statements; or a body is none.
pub(crate) async fn outlines(
    state: &State,
    kinds: &[EventType],
    told: &[EventType],
    from: Timestamp,
    most: i64,
) -> Result<Outlines, DbError> {
    let names = |kinds: &[EventType]| kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>();
    let (names, told, outcomes) = (names(kinds), names(told), OUTCOMES.to_vec());
    let from = EventId::first_at(from).to_string();
    // One more tells whether these are all.
    let newest = state.database.query(&NEWEST, &[&names, &outcomes, &from, &(most + 1)]).await?;
    let ids = newest.iter().map(id_in).take(usize::try_from(most).unwrap_or(usize::MAX));
    let ids: Vec<_> = ids.collect::<Result<_, _>>()?;
    let read = async |ids: Vec<_>| {
        let rows = state.database.query(&OUTLINES, &[&texts(&ids), &told]).await?;
        rows.iter().map(|row| outline(row, kinds)).collect()
    };
    let mut events = by_pages(&ids, read).await?;
    events.sort_unstable_by_key(|event| (event.at, event.seq));
    Ok(Outlines { events, is_complete: ids.len() == newest.len() })
}

fn outline(row: &Row, kinds: &[EventType]) -> Result<Outline, DbError> {
    let unknown = || DbError::Value("audit_event.type".to_owned());
    let name: &str = row.try_get(3)?;
    let kind = kinds.iter().copied().find(|kind| kind.name() == name).ok_or_else(unknown)?;
    let body: Option<&[u8]> = row.try_get(8)?;
    Ok(Outline {
        id: id_in(row)?,
        seq: row.try_get(1)?,
        at: row.try_get(2)?,
        kind,
        method: row.try_get(4)?,
        request_id: row.try_get(5)?,
        subject: row.try_get(6)?,
        ip_token: row.try_get(7)?,
        facts: body.map(facts_in).transpose()?.flatten(),
    })
}

fn id_in(row: &Row) -> Result<EventId, DbError> {
    let id: &[u8] = row.try_get(0)?;
    let id = id.try_into().map_err(|_| DbError::Value("audit_event.id".to_owned()))?;
    Ok(EventId::from_bytes(id))
}

fn texts(ids: &[EventId]) -> Vec<String> {
    ids.iter().map(EventId::to_string).collect()
}

/// Where a request came from.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) address: IpAddr,
    /// Where that is.
    pub(crate) country: Option<String>,
}

/// Where the requests of these events came from, as far as it can be opened.
///
/// # Errors
/// Those of the statements; or a body is none.
pub(crate) async fn origins(state: &State, ids: &[EventId]) -> Result<HashMap<EventId, Origin>, DbError> {
    let read = async |ids: Vec<_>| {
        let rows = state.database.query(&BODIES, &[&texts(&ids)]).await?;
        let stored =
            |row: &Row| Ok(StoredEvent { id: id_in(row)?, seq: row.try_get(1)?, body: row.try_get(2)? });
        let stored = rows.iter().map(stored).collect::<Result<Vec<_>, DbError>>()?;
        let views = views_of(state, &stored, Part::Request).await?;
        let origin =
            |view: EventView| Some(Origin { address: view.ip?.parse().ok()?, country: view.country });
        let origins = stored.iter().zip(views).filter_map(|(event, view)| Some((event.id, origin(view)?)));
        Ok(origins.collect())
    };
    Ok(by_pages(ids, read).await?.into_iter().collect())
}
