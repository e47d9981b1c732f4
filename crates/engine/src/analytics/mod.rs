//! Figures: who was there, how people signed in, and why some could not.
//!
//! Every figure is a function of the audit log (`tally`) and of the tenant's days (`day`). The log is counted as it grows:
//! at most once a second, and when somebody asks, what has come since ([`count`]). Nothing is counted when it happens, so
//! no request pays for it, a sign-in is the round trips that it was, an engine that dies loses nothing, and counting
//! everything anew ([`rebuild`]) is the same work from the first event on and comes to the same.
//!
//! What has no event of its own is somebody who is there without signing in. The first time on a day that a session's
//! check reads the database, [`Analytics::note`] remembers them; once a second those who are not counted yet get an event
//! `user.active` each, all in one transaction. A session that is answered from memory was noted when it got there, and
//! stays there until the day ends at most, so such a check costs nothing more. Of what is no event either, how passkeys are
//! offered and asked for, [`funnel`] makes one now and then.
//!
//! Whoever looks on is told when something was counted ([`live`]).

mod anew;
mod day;
mod figures;
mod funnel;
mod live;
mod routes;
mod settings;
mod store;
mod tally;
#[cfg(test)]
mod tests;
mod trends;

use std::{
    collections::{BTreeSet, HashSet},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use kiavi_audit::Body;
use kiavi_db::{Database, DbError, Sql, Transaction};
use kiavi_http::Drain;
use tokio::sync::Notify;

use self::{
    funnel::Steps,
    live::Live,
    store::{Progress, Uncounted},
    tally::Tally,
};
use crate::{
    State,
    audit::{self, Event, EventType},
};

pub(crate) use funnel::Step;
pub(crate) use routes::routes;
pub use settings::AnalyticsSettings;

pub(crate) const STATEMENTS: &[&Sql] = store::STATEMENTS;

/// Least time between two countings.
const PAUSE: Duration = Duration::from_secs(1);
/// The pause after the database was away.
const FAULT_PAUSE: Duration = Duration::from_secs(5);
/// Events that are counted at once.
const BATCH: i64 = 2_000;
/// People who are noted in one transaction.
const CROWD: usize = 500;
/// People in memory at most, and people who wait to be noted; some sixty bytes each. Whoever has no room is asked about
/// again, and waits for their next request.
const CAPACITY: usize = 16_384;
/// Numbers that are missing in a row and are waited for; where more are, none of them is under way.
const LONGEST_GAP: i64 = 10_000;
/// How old an event is before which nothing can be under way any more.
const LONGEST_TRANSACTION: SignedDuration = SignedDuration::from_hours(1);

/// What an engine keeps of its figures in memory.
pub(crate) struct Analytics {
    zone: TimeZone,
    today: Mutex<Today>,
    steps: Mutex<Steps>,
    live: Live,
    signal: Notify,
    anew: anew::Anew,
    /// Whether this engine has said by which zone days are counted: once, so that one that is being replaced does not take
    /// its successor's word back.
    has_set_zone: AtomicBool,
}

/// Who was there on the day that it is.
struct Today {
    begins: Timestamp,
    ends: Timestamp,
    known: HashSet<Box<str>>,
    /// Those who are not in the log yet, and since when they are there; of days before, too.
    waiting: Vec<(Box<str>, Timestamp)>,
}

impl Analytics {
    /// By whose clock the tenant's days begin and end.
    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// `settings` validate.
    pub(crate) fn new(settings: &AnalyticsSettings) -> Self {
        let never = Timestamp::MIN;
        let today = Today { begins: never, ends: never, known: HashSet::new(), waiting: Vec::new() };
        Self {
            zone: day::zone(&settings.time_zone).unwrap_or(TimeZone::UTC),
            today: Mutex::new(today),
            steps: Mutex::default(),
            live: Live::default(),
            signal: Notify::new(),
            anew: anew::Anew::default(),
            has_set_zone: AtomicBool::new(false),
        }
    }

    /// Somebody is there. Costs a look into memory; what is to be written is written later.
    pub(crate) fn note(&self, user_id: &str, now: Timestamp) {
        let mut today = self.today(now);
        if today.known.contains(user_id) || today.waiting.len() >= CAPACITY {
            return;
        }
        if today.known.len() >= CAPACITY {
            today.known.clear();
        }
        today.known.insert(user_id.into());
        today.waiting.push((user_id.into(), now));
        drop(today);
        self.wake();
    }

    /// A passkey is offered or asked for. Costs a look into memory; how often is written later.
    pub(crate) fn step(&self, step: Step, now: Timestamp) {
        let ends = self.today(now).ends;
        if self.steps().add(step, now, ends) {
            self.wake();
        }
    }

    /// Ends the live views.
    pub(crate) fn close(&self) {
        self.live.close();
    }

    /// For how long it stays the day that it is.
    pub(crate) fn rest_of_day(&self, now: Timestamp) -> Duration {
        self.today(now).ends.duration_since(now).try_into().unwrap_or_default()
    }

    /// Something may be there to be counted.
    pub(crate) fn wake(&self) {
        self.signal.notify_one();
    }

    fn today(&self, now: Timestamp) -> MutexGuard<'_, Today> {
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        if now < today.begins || today.ends <= now {
            (today.begins, today.ends) = day::bounds(&self.zone, now);
            today.known.clear();
        }
        today
    }

    fn steps(&self) -> MutexGuard<'_, Steps> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_waiting(&self) -> Vec<(Box<str>, Timestamp)> {
        std::mem::take(&mut self.today.lock().unwrap_or_else(PoisonError::into_inner).waiting)
    }

    /// They were not written; the next round tries again.
    fn put_back(&self, mut people: Vec<(Box<str>, Timestamp)>) {
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        people.append(&mut today.waiting);
        today.waiting = people;
    }

    /// Days are counted by another zone: whoever was there may be there on another day now.
    fn forget_today(&self) {
        self.today.lock().unwrap_or_else(PoisonError::into_inner).known.clear();
    }
}

/// Counts until told to drain; then what is there is written and counted.
pub(crate) async fn run(state: &State, mut drain: Drain) {
    loop {
        tokio::select! {
            () = state.analytics.signal.notified() => {}
            () = steps_are_due(state) => {}
            () = drain.started() => {}
        }
        // What comes meanwhile is counted along.
        pause(PAUSE, &mut drain).await;
        if let Err(error) = count_due(state, drain.has_started()).await {
            tracing::warn!(cause = %error, "what happened could not be counted yet");
            pause(FAULT_PAUSE, &mut drain).await;
            state.analytics.wake();
        }
        if drain.has_started() {
            return;
        }
    }
}

async fn pause(length: Duration, drain: &mut Drain) {
    tokio::select! {
        () = tokio::time::sleep(length) => {}
        () = drain.started() => {}
    }
}

/// Until what was offered and asked for is to be written down.
async fn steps_are_due(state: &State) {
    let rest = state.analytics.steps().rest(state.clock.now());
    match rest {
        Some(rest) => tokio::time::sleep(rest.try_into().unwrap_or_default()).await,
        // The first of them wakes.
        None => std::future::pending().await,
    }
}

/// Counts all that has happened since it was counted last, and writes down who was there without signing in. Somebody else
/// may be counting at this moment; then it is left to them.
///
/// # Errors
/// Those of the statements; the next time makes up for it.
pub(crate) async fn count(state: &State) -> Result<(), DbError> {
    count_due(state, true).await
}

/// The same; what is written once a minute waits for its time, unless `somebody_looks`.
async fn count_due(state: &State, somebody_looks: bool) -> Result<(), DbError> {
    funnel::write_down(state, somebody_looks).await?;
    catch_up(state).await?;
    let waiting = state.analytics.take_waiting();
    if waiting.is_empty() {
        return Ok(());
    }
    for (place, crowd) in waiting.chunks(CROWD).enumerate() {
        let written = write_down(state, crowd).await;
        if !matches!(written, Ok(true)) {
            state.analytics.put_back(waiting[place * CROWD..].to_vec());
            state.analytics.wake();
            return written.map(drop);
        }
    }
    catch_up(state).await
}

/// Writes an event for each of those who were there and are not counted yet: one transaction. Who is counted by a sign-in
/// that comes at the same moment has both, and counts once. `false` while somebody else counts: who is counted is not known
/// before they have ended.
async fn write_down(state: &State, crowd: &[(Box<str>, Timestamp)]) -> Result<bool, DbError> {
    let names: Vec<&str> = crowd.iter().map(|(name, _)| name.as_ref()).collect();
    let subjects = audit::subjects(state, &names).await?;
    let transaction = state.database.begin().await?;
    let Some(progress) = store::lock(&transaction, false).await? else { return Ok(false) };
    // Those who are gone meanwhile were there, but nobody could say who.
    let people: Vec<_> = crowd
        .iter()
        .filter_map(|(name, at)| {
            Some((name, *at, (progress.calendar.day(*at), *subjects.get(name.as_ref())?)))
        })
        .collect();
    let asked: Vec<_> = people.iter().map(|(_, _, person)| *person).collect();
    let counted: BTreeSet<usize> = store::active_among(&transaction, &asked).await?.into_iter().collect();
    let mut written = BTreeSet::new();
    for (place, (name, at, person)) in people.into_iter().enumerate() {
        if !counted.contains(&place) && written.insert(person) {
            let event = Event::by(EventType::UserActive, name);
            audit::record_at(&transaction, state, at, event).await?;
        }
    }
    transaction.commit().await?;
    Ok(true)
}

async fn catch_up(state: &State) -> Result<(), DbError> {
    loop {
        let transaction = state.database.begin().await?;
        let Some(mut progress) = store::lock(&transaction, false).await? else {
            state.analytics.wake();
            return Ok(());
        };
        set_zone(state, &transaction, &mut progress).await?;
        let batch = count_batch(state, &transaction, &mut progress).await?;
        transaction.commit().await?;
        if batch != Batch::Empty {
            state.analytics.live.tell();
        }
        if batch != Batch::Full {
            return Ok(());
        }
    }
}

/// Counts the whole log anew, in one transaction: until it has ended, everybody sees the figures of before. Says now and
/// then how many events it has been through.
///
/// # Errors
/// Those of the statements; then nothing has changed.
pub(crate) async fn rebuild(
    state: &State,
    database: &Database,
    mut told: impl FnMut(i64),
) -> Result<i64, DbError> {
    let transaction = database.begin().await?;
    store::lock(&transaction, true).await?;
    // Once more: what changed while it waited is there now.
    let Some(mut progress) = store::lock(&transaction, true).await? else { return Ok(0) };
    store::clear(&transaction).await?;
    progress.seq = 0;
    while count_batch(state, &transaction, &mut progress).await? == Batch::Full {
        told(progress.seq);
    }
    transaction.commit().await?;
    state.analytics.live.tell();
    Ok(progress.seq)
}

/// The first counting of an engine says by which zone days are counted from now on.
async fn set_zone(state: &State, transaction: &Transaction, progress: &mut Progress) -> Result<(), DbError> {
    if state.analytics.has_set_zone.load(Ordering::Relaxed) {
        return Ok(());
    }
    let name = &state.settings.analytics.time_zone;
    if let Some(span) = progress.calendar.change_to(name, state.clock.now()) {
        store::insert_zone(transaction, span).await?;
        state.analytics.forget_today();
    }
    state.analytics.has_set_zone.store(true, Ordering::Relaxed);
    Ok(())
}

/// What there was to be counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Batch {
    Empty,
    Last,
    /// There may be more.
    Full,
}

/// Counts the next events.
async fn count_batch(
    state: &State,
    transaction: &Transaction,
    progress: &mut Progress,
) -> Result<Batch, DbError> {
    let events = store::uncounted(transaction, progress.seq, BATCH).await?;
    let Some(last) = events.last() else { return Ok(Batch::Empty) };
    let last = last.seq.max(progress.seq);
    let late: Vec<i64> = events.iter().map(|event| event.seq).filter(|seq| *seq <= progress.seq).collect();
    let mut tally = Tally::default();
    for body in events.iter().filter_map(|event| event.body.as_deref()) {
        let body =
            Body::decode(body).map_err(|error| DbError::Value(format!("audit_event.body: {error}")))?;
        tally.add(&body, &progress.calendar);
    }
    let is_full = i64::try_from(events.len() - late.len()).unwrap_or(i64::MAX) >= BATCH;
    let missing = missing(&events, progress.seq, state.clock.now());
    progress.seq = last;
    store::add(transaction, tally, last, missing, late).await?;
    Ok(if is_full { Batch::Full } else { Batch::Last })
}

/// The numbers after `counted` that are not there and may yet come: a number is taken when an event is written, and is seen
/// when its transaction has ended.
fn missing(events: &[Uncounted], counted: i64, now: Timestamp) -> Vec<i64> {
    let mut missing = Vec::new();
    let mut before = counted;
    for event in events.iter().filter(|event| event.seq > counted) {
        let is_recent = now.duration_since(event.at) < LONGEST_TRANSACTION;
        if is_recent && event.seq - before <= LONGEST_GAP {
            missing.extend(before + 1..event.seq);
        }
        before = event.seq;
    }
    missing
}
