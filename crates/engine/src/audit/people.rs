//! Whom the log knows: for each person a random id that stands for them in events, and a key that seals what events say
//! of their person.
//!
//! One key in the database, `log:key`, wraps all others and is itself wrapped by the tenant's secret, so that a rotation
//! has one row to see to ([`rewrap`]). People get theirs with their first event; a user who is only now being made, in
//! the transaction that makes them. What is needed again and again is kept in memory for a minute: who is forgotten
//! meanwhile by somebody else's hand is sealed under a key that is gone, which nobody can read.
//!
//! Who has no account has no key of their own: their requests of one day share one, which ends after
//! [`AuditSettings::visitor_days`](super::AuditSettings).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};
use kiavi_audit::SubjectId;
use kiavi_base::{Rng, random_bytes};
use kiavi_crypto::{PersonalKey, Purpose, SealingKey, TenantSecret, Zeroizing, hmac_sha256};
use kiavi_db::{AdminConnection, Database, DbError, Transaction};
use tokio::{sync::OnceCell, time::Instant};

use super::{store, traits::TraitKey};
use crate::State;

/// The row whose key wraps all others.
const LOG: &str = "log:key";
/// Begins the name of a day's visitors.
const VISITOR: &str = "visitor:";
/// People in memory at most; some two hundred bytes each.
const CAPACITY: usize = 8_192;
/// How long somebody is kept.
const LIFE: Duration = Duration::from_secs(60);
/// Bytes of [`People::address_token`].
const TOKEN_LENGTH: usize = 16;

/// A person of the log.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) id: SubjectId,
    pub(crate) key: PersonalKey,
}

/// By their names, and until when they are kept.
type Kept = HashMap<Box<str>, (Arc<Person>, Instant)>;

/// Who is in memory.
#[derive(Default)]
pub(crate) struct People {
    log: OnceCell<LogKey>,
    kept: Mutex<Kept>,
    /// Users of transactions that are under way: nobody else can name them yet.
    expected: Mutex<HashMap<Box<str>, Arc<Person>>>,
}

/// Ends that somebody is expected, when it is dropped.
struct Expecting {
    state: State,
    user_id: Box<str>,
}

impl Drop for Expecting {
    fn drop(&mut self) {
        lock(&self.state.log.people.expected).remove(&self.user_id);
    }
}

/// The key of the log.
pub(super) struct LogKey {
    wrapping: SealingKey,
    addresses: [u8; 32],
    pub(super) traits: TraitKey,
}

/// A person as the database has them.
pub(super) struct Stored {
    pub(super) id: [u8; 16],
    /// NULL once erased.
    pub(super) name: Option<String>,
    /// NULL once erased.
    pub(super) key: Option<Vec<u8>>,
}

/// What an event finds of those whom it names.
#[derive(Default)]
pub(super) struct Found(HashMap<String, Arc<Person>>);

impl Found {
    /// These people, by their names.
    pub(super) fn of(people: impl IntoIterator<Item = (String, Arc<Person>)>) -> Self {
        Self(people.into_iter().collect())
    }

    /// The person behind a name; `None` for a user who is not there (any more).
    pub(super) fn get(&self, name: &str) -> Option<&Person> {
        self.0.get(name).map(AsRef::as_ref)
    }

    pub(super) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }
}

/// Whether a name of an event's actor or subject is a user's id.
pub(crate) fn is_user(name: &str) -> bool {
    let others = ["operator:", "address:", "user:", VISITOR, LOG];
    // What PostgreSQL's text cannot hold is nobody's id.
    !others.iter().any(|prefix| name.starts_with(prefix))
        && !matches!(name, "control" | "auditor")
        && !name.contains('\0')
}

/// The name under which the requests of a day are sealed that are nobody's.
pub(super) fn visitors_of(at: Timestamp) -> String {
    format!("{VISITOR}{}", at.to_zoned(TimeZone::UTC).date())
}

impl People {
    /// Those whom an event names. Costs a round trip for who is not in memory, and two more the first time that somebody
    /// is named at all.
    ///
    /// # Errors
    /// Those of the statements; or the key of the log opens with no secret that there is.
    pub(super) async fn find(
        &self,
        state: &State,
        database: &Database,
        names: &[&str],
    ) -> Result<Found, DbError> {
        let mut found = self.in_memory(names);
        let missing: Vec<&str> = names.iter().copied().filter(|name| found.get(name).is_none()).collect();
        if !missing.is_empty() {
            // On the heap, because every request has room for what waits here.
            found.extend(Box::pin(self.load(state, database, &missing)).await?);
        }
        Ok(found)
    }

    async fn load(&self, state: &State, database: &Database, missing: &[&str]) -> Result<Found, DbError> {
        let log = self.log_key(state, database).await?;
        let mut found = Found::default();
        let mut stored = store::people_by_name(database, missing).await?;
        let is_known = |name: &&&str| stored.iter().any(|one| one.name.as_deref() == Some(**name));
        let unknown: Vec<&str> = missing.iter().filter(|name| !is_known(name)).copied().collect();
        if !unknown.is_empty() {
            let new = unknown.iter().map(|name| log.wrapped_new(state.rng(), name)).collect::<Vec<_>>();
            store::insert_people(database, &new).await?;
            // Somebody else may have been faster, and then it is theirs that counts.
            stored.extend(store::people_by_name(database, &unknown).await?);
        }
        for one in stored {
            let (Some(name), Some(key)) = (one.name, one.key) else { continue };
            let person = Arc::new(log.unwrap(one.id, &key)?);
            self.keep(&name, person.clone());
            found.0.insert(name, person);
        }
        Ok(found)
    }

    fn in_memory(&self, names: &[&str]) -> Found {
        let now = Instant::now();
        let (kept, expected) = (lock(&self.kept), lock(&self.expected));
        let known = |name: &str| {
            let kept = kept.get(name).filter(|(_, until)| now < *until).map(|(person, _)| person);
            expected.get(name).or(kept).cloned()
        };
        Found(names.iter().filter_map(|name| Some(((*name).to_owned(), known(name)?))).collect())
    }

    /// When there is no room, what is outdated goes, and if nothing is, all.
    fn keep(&self, name: &str, person: Arc<Person>) {
        let now = Instant::now();
        let mut kept = lock(&self.kept);
        if kept.len() >= CAPACITY {
            kept.retain(|_, (_, until)| now < *until);
        }
        if kept.len() >= CAPACITY {
            kept.clear();
        }
        kept.insert(name.into(), (person, now + LIFE));
    }

    /// A user is being made in `transaction`: their row goes along, and until it ends its events find them here.
    ///
    /// # Errors
    /// Those of the key of the log, and of preparing the statement.
    pub(super) async fn expect(
        &self,
        transaction: &Transaction,
        state: &State,
        user_id: &str,
    ) -> Result<(), DbError> {
        let log = self.log_key(state, &state.database).await?;
        let new = log.wrapped_new(state.rng(), user_id);
        let person = Arc::new(log.unwrap(new.id, new.key.as_deref().unwrap_or_default())?);
        store::insert_person(transaction, new).await?;
        lock(&self.expected).insert(user_id.into(), person);
        let expecting = Expecting { state: state.clone(), user_id: user_id.into() };
        // However the transaction ends.
        transaction.after_commit(move || drop(expecting));
        Ok(())
    }

    /// From here on nothing is sealed under somebody's key, unless the database still has it.
    pub(super) fn forget(&self, name: &str) {
        lock(&self.kept).remove(name);
    }

    /// Those whom the ids of events stand for, whoever is not forgotten, with their names.
    ///
    /// # Errors
    /// Those of the statements.
    pub(super) async fn behind(
        &self,
        state: &State,
        ids: &[SubjectId],
    ) -> Result<HashMap<SubjectId, (String, PersonalKey)>, DbError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let log = self.log_key(state, &state.database).await?;
        let mut behind = HashMap::new();
        for one in store::people_by_id(&state.database, ids).await? {
            let (Some(name), Some(key)) = (one.name, one.key) else { continue };
            let person = log.unwrap(one.id, &key)?;
            behind.insert(person.id, (name, person.key));
        }
        Ok(behind)
    }

    /// Stands for the address of a request in the index, so that the index holds none and can be asked for one.
    ///
    /// # Errors
    /// Those of the key of the log.
    pub(super) async fn address_token(
        &self,
        state: &State,
        database: &Database,
        address: &str,
    ) -> Result<Vec<u8>, DbError> {
        Ok(self.log_key(state, database).await?.address_token(address))
    }

    /// What hides words that the index can be asked for.
    ///
    /// # Errors
    /// Those of the key of the log.
    pub(super) async fn trait_key(&self, state: &State, database: &Database) -> Result<&TraitKey, DbError> {
        Ok(&self.log_key(state, database).await?.traits)
    }

    /// The key of the log, which the first event of all makes.
    async fn log_key(&self, state: &State, database: &Database) -> Result<&LogKey, DbError> {
        self.log.get_or_try_init(|| Box::pin(read_log_key(state, database))).await
    }
}

async fn read_log_key(state: &State, database: &Database) -> Result<LogKey, DbError> {
    let mut stored = store::people_by_name(database, &[LOG]).await?;
    if stored.is_empty() {
        store::insert_people(database, &[new_log_key(&state.secret, state.rng())]).await?;
        stored = store::people_by_name(database, &[LOG]).await?;
    }
    let row = stored.pop().and_then(|row| Some((row.id, row.key?)));
    let (id, wrapped) = row.ok_or(DbError::RowCount { statement: "AUDIT_PEOPLE_BY_NAME", rows: 0 })?;
    let opened = open_log_key(&state.secret, &id, &wrapped);
    opened.map(|(key, _)| LogKey::new(&key)).ok_or_else(lost)
}

/// The key of the log over a connection of the owner's, made if there is none.
///
/// # Errors
/// Those of the statements; or no text of the secret opens it.
pub(super) async fn log_key_of_owner(
    connection: &AdminConnection,
    secret: &TenantSecret,
    rng: &dyn Rng,
) -> Result<LogKey, DbError> {
    if store::log_key_of(connection, LOG).await?.is_none() {
        store::insert_people_by_owner(connection, &[(new_log_key(secret, rng), None)]).await?;
    }
    let opened = store::log_key_of(connection, LOG).await?;
    let opened = opened.and_then(|(id, wrapped)| open_log_key(secret, &id, &wrapped));
    opened.map(|(key, _)| LogKey::new(&key)).ok_or_else(lost)
}

fn new_log_key(secret: &TenantSecret, rng: &dyn Rng) -> Stored {
    let (id, key) = (random_bytes(rng), Zeroizing::new(random_bytes::<32>(rng)));
    let wrapped = wrapping_key(secret).seal(rng, &id, key.as_slice());
    Stored { id, name: Some(LOG.to_owned()), key: Some(wrapped) }
}

fn wrapping_key(secret: &TenantSecret) -> SealingKey {
    SealingKey::new(&secret.subkey(Purpose::AuditLog))
}

/// The key of the log, and whether an earlier text of the secret wraps it.
fn open_log_key(secret: &TenantSecret, id: &[u8; 16], wrapped: &[u8]) -> Option<(Zeroizing<[u8; 32]>, bool)> {
    let opens = |wrapping: SealingKey| {
        let key = Zeroizing::new(wrapping.open(id, wrapped).ok()?);
        Some(Zeroizing::new(<[u8; 32]>::try_from(key.as_slice()).ok()?))
    };
    let earlier = || secret.earlier_subkeys(Purpose::AuditLog).find_map(|key| opens(SealingKey::new(&key)));
    opens(wrapping_key(secret)).map(|key| (key, false)).or_else(|| Some((earlier()?, true)))
}

/// Has the current text of a tenant's secret wrap what an earlier one does, so that the earlier ones can end.
/// `connection` acts as the owner of the tables.
///
/// # Errors
/// Those of the statements; or no text of the secret opens the key of the log, and then nothing of it may end.
pub async fn rewrap(
    connection: &AdminConnection,
    secret: &TenantSecret,
    rng: &dyn Rng,
) -> Result<(), DbError> {
    let Some((id, wrapped)) = store::log_key_of(connection, LOG).await? else { return Ok(()) };
    let (key, is_earlier) = open_log_key(secret, &id, &wrapped).ok_or_else(lost)?;
    if is_earlier {
        let anew = wrapping_key(secret).seal(rng, &id, key.as_slice());
        store::replace_log_key(connection, LOG, &wrapped, &anew).await?;
    }
    Ok(())
}

/// Ends the key of one day of visitors whose time is over.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn forget_visitors(state: &State) -> Result<u64, DbError> {
    store::forget_visitors(&state.database, state.settings.audit.visitor_days.into()).await
}

fn lost() -> DbError {
    DbError::Value("the key of the audit log opens with no secret of the tenant".to_owned())
}

impl LogKey {
    fn new(key: &[u8; 32]) -> Self {
        Self {
            wrapping: SealingKey::new(&hmac_sha256(key, b"kiavi/1 keys of people")),
            addresses: hmac_sha256(key, b"kiavi/1 addresses of requests"),
            traits: TraitKey::new(hmac_sha256(key, b"kiavi/1 traits of requests")),
        }
    }

    fn wrapped_new(&self, rng: &dyn Rng, name: &str) -> Stored {
        let (id, key) = (random_bytes(rng), Zeroizing::new(random_bytes::<32>(rng)));
        let wrapped = self.wrapping.seal(rng, &id, key.as_slice());
        Stored { id, name: Some(name.to_owned()), key: Some(wrapped) }
    }

    /// Somebody new, and their row.
    pub(super) fn new_person(&self, rng: &dyn Rng, name: &str) -> Result<(Person, Stored), DbError> {
        let stored = self.wrapped_new(rng, name);
        let person = self.unwrap(stored.id, stored.key.as_deref().unwrap_or_default())?;
        Ok((person, stored))
    }

    /// See [`People::address_token`].
    pub(super) fn address_token(&self, address: &str) -> Vec<u8> {
        hmac_sha256(&self.addresses, address.as_bytes())[..TOKEN_LENGTH].to_vec()
    }

    pub(super) fn unwrap(&self, id: [u8; 16], wrapped: &[u8]) -> Result<Person, DbError> {
        let opened = self.wrapping.open(&id, wrapped).map(Zeroizing::new).ok();
        let key = opened.and_then(|key| Some(Zeroizing::new(<[u8; 32]>::try_from(key.as_slice()).ok()?)));
        let key =
            key.ok_or_else(|| DbError::Value("a person's key in the audit log does not open".to_owned()))?;
        Ok(Person { id: SubjectId::from_bytes(id), key: PersonalKey::new(&key) })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
