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
use crate::State;

pub(super) const STATEMENTS: &[&Sql] = &[&PLACES, &OUTLINES, &BODIES];

/// Events that are read at a time. In between others have their turn.
const PAGE: i64 = 1_000;

/// Every `$5`th of the newest `$4` events of the types `$1` with the outcomes `$2`, from the id `$3` on: each begins a page.
/// `ORDER BY type` leads to the index, as in [`super::reading`].
const PLACES: Sql = Sql::new(
    "AUDIT_OUTLINE_PLACES",
    "SELECT id::text FROM (
       SELECT id, row_number() OVER (ORDER BY id DESC) AS place FROM (
         SELECT one.id FROM unnest($1::text[]) AS kind (name) CROSS JOIN unnest($2::text[]) AS outcome (name)
         CROSS JOIN LATERAL (
           SELECT id FROM kiavi.audit_event
           WHERE type = ANY (ARRAY[kind.name]) AND outcome = outcome.name AND id >= $3::text::uuid
           ORDER BY type DESC, outcome DESC, id DESC LIMIT $4) AS one
         ORDER BY one.id DESC LIMIT $4) AS newest) AS placed
     WHERE place % $5 = 0 ORDER BY place",
);

/// A page: from the id `$3` on, before `$4`, with the bodies of the types `$6`. `$5` is more than a page has of one type: it goes
/// with the order, which leads to the index.
const OUTLINES: Sql = Sql::new(
    "AUDIT_OUTLINES",
    "SELECT e.seq, uuid_send(e.id), e.at, e.type, e.method, e.request_id, e.subject, e.ip_token,
       CASE WHEN e.type = ANY ($6::text[]) THEN e.body END
     FROM unnest($1::text[]) AS kind (name) CROSS JOIN unnest($2::text[]) AS outcome (name)
     CROSS JOIN LATERAL (
       SELECT * FROM kiavi.audit_event
       WHERE type = ANY (ARRAY[kind.name]) AND outcome = outcome.name AND id >= $3::text::uuid AND id < $4::text::uuid
       ORDER BY type DESC, outcome DESC, id DESC LIMIT $5) AS e",
);

const BODIES: Sql = Sql::new(
    "AUDIT_BODIES",
    "SELECT seq, uuid_send(id), body FROM kiavi.audit_event WHERE id = ANY ($1::text[]::uuid[])",
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

/// The events of `kinds` since `from`, the newest `most` of them, in whole thousands. Facts, which are in the body, are told of
/// those among them that are `told`.
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
    const LAST: &str = "ffffffff-ffff-ffff-ffff-ffffffffffff";
    let names = |kinds: &[EventType]| kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>();
    let (names, told, outcomes) = (names(kinds), names(told), OUTCOMES.to_vec());
    let from = EventId::first_at(from).to_string();
    let (database, pages) = (&state.database, most / PAGE);
    // One more tells whether these are all.
    let looked_at = pages * PAGE + 1;
    let rows = database.query(&PLACES, &[&names, &outcomes, &from, &looked_at, &PAGE]).await?;
    let mut bounds = vec![LAST.to_owned()];
    for row in &rows {
        bounds.push(row.try_get(0)?);
    }
    let is_complete = i64::try_from(rows.len()).is_ok_and(|full| full < pages);
    if is_complete {
        bounds.push(from);
    }
    let read = async |(before, from): (&String, &String)| {
        database.query(&OUTLINES, &[&names, &outcomes, from, before, &looked_at, &told]).await
    };
    let mut events = Vec::new();
    let mut pages = bounds.iter().zip(bounds.iter().skip(1)).peekable();
    let mut page = match pages.next() {
        Some(first) => read(first).await?,
        None => Vec::new(),
    };
    loop {
        // The database reads the next page while this one is taken in.
        let next = pages.next();
        let further = async {
            match next {
                Some(bounds) => read(bounds).await.map(Some),
                None => Ok(None),
            }
        };
        let taken = async { page.iter().map(|row| outline(row, kinds)).collect::<Result<Vec<_>, _>>() };
        let (further, taken) = tokio::join!(further, taken);
        events.append(&mut taken?);
        match further? {
            Some(more) => page = more,
            None => break,
        }
    }
    events.sort_unstable_by_key(|event| (event.at, event.seq));
    Ok(Outlines { events, is_complete })
}

fn outline(row: &Row, kinds: &[EventType]) -> Result<Outline, DbError> {
    let unknown = || DbError::Value("audit_event.type".to_owned());
    let name: &str = row.try_get(3)?;
    let kind = kinds.iter().copied().find(|kind| kind.name() == name).ok_or_else(unknown)?;
    let body: Option<&[u8]> = row.try_get(8)?;
    Ok(Outline {
        seq: row.try_get(0)?,
        id: id_in(row)?,
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
    let id: &[u8] = row.try_get(1)?;
    let id = id.try_into().map_err(|_| DbError::Value("audit_event.id".to_owned()))?;
    Ok(EventId::from_bytes(id))
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
    let mut found = HashMap::new();
    for ids in ids.chunks(usize::try_from(PAGE).unwrap_or(usize::MAX)) {
        let ids: Vec<_> = ids.iter().map(EventId::to_string).collect();
        let rows = state.database.query(&BODIES, &[&ids]).await?;
        let stored =
            |row: &Row| Ok(StoredEvent { seq: row.try_get(0)?, id: id_in(row)?, body: row.try_get(2)? });
        let stored = rows.iter().map(stored).collect::<Result<Vec<_>, DbError>>()?;
        let views = views_of(state, &stored, Part::Request).await?;
        let origin =
            |view: EventView| Some(Origin { address: view.ip?.parse().ok()?, country: view.country });
        let origins = stored.iter().zip(views).filter_map(|(event, view)| Some((event.id, origin(view)?)));
        found.extend(origins);
    }
    Ok(found)
}
