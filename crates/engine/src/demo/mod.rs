//! People with a past who never were, for development: what a tenant looks like after three months.
//!
//! 1. `cast` says who they are, `life` what each did, day by day: a function of a seed and of the present, so that the same
//!    seed gives the same people and the same figures.
//! 2. `store` writes their rows, [`crate::audit::Past`] what the log has of them, told by `telling`: the events that an
//!    engine would have written, with their own times, under keys of their own. The figures are counted from these.
//! 3. The last event says that this was done. Everything is one transaction.
//!
//! Nothing serves it: whoever owns the tables calls it, in instances for development only. Keys, tokens and what the log
//! is sealed under are secrets like others; only the plot is no chance.

mod cast;
mod chance;
mod life;
mod store;
mod telling;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use jiff::Timestamp;
use kiavi_base::{EventId, Rng};
use kiavi_crypto::{JwsError, TenantSecret};
use kiavi_db::{AdminConnection, DbError};
use serde_json::json;

use self::{
    cast::Person,
    life::{Days, Happening, Life},
    store::{One, Rows},
    telling::Teller,
};
use crate::audit::{self, EventType, Past};

/// For how many days before today there is a past.
const DAYS: u32 = 90;
/// The most people that are made up.
pub const MAX_PEOPLE: u32 = 100_000;
/// People of one statement, and events.
const CROWD: usize = 1_000;

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    /// How many people; at most [`MAX_PEOPLE`].
    pub people: u32,
    /// Decides everything.
    pub seed: u64,
    /// Whether they may come beside others.
    pub is_forced: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// People and events.
    Now {
        /// How many people.
        people: usize,
        /// How many events.
        events: usize,
    },
    /// It was done before, so nothing is done.
    Before,
}

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The tenant has users.
    #[error("the tenant has {0} users of its own")]
    Inhabited(i64),
    /// A statement failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// No key could be made.
    #[error("a key could not be made")]
    Key(#[source] Option<JwsError>),
}

impl From<JwsError> for DemoError {
    fn from(error: JwsError) -> Self {
        Self::Key(Some(error))
    }
}

/// Fills a tenant with people who never were. `connection` acts as the owner of its tables and has no transaction open; it
/// is of no use after an error. `told` hears of how far it is: how much of how much.
///
/// # Errors
/// [`DemoError`]; then nothing has changed.
pub async fn populate(
    connection: &AdminConnection,
    secret: &TenantSecret,
    order: Order,
    (now, rng): (Timestamp, &dyn Rng),
    mut told: impl FnMut(usize, usize) + Send,
) -> Result<Made, DemoError> {
    connection.batch_execute("BEGIN").await?;
    store::lock_log(connection).await?;
    if store::is_done(connection, EventType::TenantDemoDataAdded.name()).await? {
        connection.batch_execute("ROLLBACK").await?;
        return Ok(Made::Before);
    }
    let users = store::users(connection).await?;
    if users > 0 && !order.is_forced {
        return Err(DemoError::Inhabited(users));
    }
    let Order { seed, .. } = order;
    let people = cast(connection, order).await?;
    let days = Days::until(now.as_millisecond());
    let mut lives: Vec<Life> =
        (0..).zip(&people).map(|(number, person)| Life::of(seed, number, person, &days)).collect();
    let happenings = in_order(&mut lives, life::strangers(seed, &days));

    let of = people.len() + happenings.len();
    let mut past = Past::open(connection, secret, rng).await?;
    let rows = Rows { connection, seed, now: now.as_millisecond(), rng };
    let all: Vec<One<'_>> = (0..)
        .zip(people.iter().zip(&lives))
        .map(|(number, (person, life))| One { number, person, life })
        .collect();
    for (place, crowd) in all.chunks(CROWD).enumerate() {
        rows.write(crowd).await?;
        past.introduce(crowd.iter().map(|one| (one.person.id.as_str(), telling::time(one.life.created))))
            .await?;
        told(place * CROWD + crowd.len(), of);
    }
    let events = tell(&mut past, Teller::new(seed, &people, &lives, rng), &happenings, |done| {
        told(people.len() + done, of);
    })
    .await?;
    let facts = json!({ "people": people.len(), "events": events, "days": DAYS, "seed": seed.to_string() });
    let (id, kind) = (EventId::new(now, rng), EventType::TenantDemoDataAdded);
    audit::record_by_control(connection, id, kind, "control", &facts).await?;
    connection.batch_execute("COMMIT").await?;
    store::analyze(connection).await?;
    Ok(Made::Now { people: people.len(), events: events + 1 })
}

/// As many as are wanted, none of whom has somebody else's address.
async fn cast(connection: &AdminConnection, order: Order) -> Result<Vec<Person>, DbError> {
    let count = order.people.clamp(1, MAX_PEOPLE);
    let mut people: Vec<Person> = (0..count).map(|number| Person::of(order.seed, number)).collect();
    let emails: Vec<&str> = people.iter().map(|person| person.email.as_str()).collect();
    let taken: HashSet<String> = store::taken(connection, &emails).await?.into_iter().collect();
    people.retain(|person| !taken.contains(&person.email));
    Ok(people)
}

/// All that happened to anybody, by its time.
fn in_order(lives: &mut [Life], strangers: Vec<Happening>) -> Vec<Happening> {
    let mut all = strangers;
    for life in lives {
        all.append(&mut life.happenings);
    }
    all.sort_by_key(|happening| happening.at);
    all
}

/// Writes the events; how many.
async fn tell(
    past: &mut Past<'_>,
    mut teller: Teller<'_>,
    happenings: &[Happening],
    mut told: impl FnMut(usize) + Send,
) -> Result<usize, DbError> {
    let (mut events, mut done) = (0, 0);
    for crowd in happenings.chunks(CROWD) {
        let mut rows = Vec::with_capacity(CROWD);
        for happening in crowd {
            rows.extend(teller.tell(past, happening));
        }
        past.write(&rows).await?;
        (events, done) = (events + rows.len(), done + crowd.len());
        told(done);
    }
    let rest: Vec<_> = teller.sum_up().into_iter().collect();
    past.write(&rest).await?;
    Ok(events + rest.len())
}
