//! Records that prove a name in the DNS (RFC 8555 §8.4), and whoever publishes them.
//!
//! Nothing of the instance may write into a zone: a program of the operator's does, which asks here what is to be published
//! (`kiavi certificate dns`). Orders under way are in memory only, so are their records: what a restart leaves in a zone proves
//! nothing any more.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kiavi_base::Hostname;
use tokio::{
    sync::{Notify, oneshot},
    time::{Instant, timeout},
};

use super::issuer::IssueError;

/// The label below a name where its proof is looked for.
const LABEL: &str = "_acme-challenge";

/// How long somebody may take to take a record in hand.
const TAKEN: Duration = Duration::from_secs(60);

/// How long publishing or removing one may take, after which it is given to whoever asks next.
const LEASE: Duration = Duration::from_secs(150);

/// The most of a program's words that is kept, in characters.
const MAX_WORDS: usize = 400;

/// What is to be done with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Publish it.
    Add,
    /// It has served.
    Remove,
}

impl Action {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
        }
    }
}

/// Something to do, for whoever publishes records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    pub(crate) id: u64,
    pub(crate) action: Action,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// The records of all orders under way.
#[derive(Debug, Default)]
pub(crate) struct Records {
    all: Mutex<All>,
    /// Whoever publishes waits here.
    pub(crate) changed: Notify,
}

#[derive(Debug, Default)]
struct All {
    last: u64,
    records: BTreeMap<u64, Record>,
}

#[derive(Debug)]
struct Record {
    task: Task,
    /// Until then it is in somebody's hand.
    leased: Option<Instant>,
    /// The order that waits for it.
    taken: Option<oneshot::Sender<()>>,
    told: Option<oneshot::Sender<Result<(), String>>>,
}

/// A record that is published, until this is dropped.
pub struct Published {
    records: Arc<Records>,
    id: u64,
}

impl Drop for Published {
    fn drop(&mut self) {
        self.records.withdraw(self.id);
    }
}

impl Records {
    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the proof of a name published, before this returns.
    pub(crate) async fn publish(
        self: &Arc<Self>,
        hostname: &Hostname,
        value: String,
    ) -> Result<Published, IssueError> {
        let (taken, is_taken) = oneshot::channel();
        let (told, outcome) = oneshot::channel();
        let id = {
            let mut all = self.all();
            all.last += 1;
            let id = all.last;
            let task = Task { id, action: Action::Add, name: format!("{LABEL}.{hostname}"), value };
            all.records.insert(id, Record { task, leased: None, taken: Some(taken), told: Some(told) });
            id
        };
        let published = Published { records: self.clone(), id };
        self.changed.notify_waiters();
        timeout(TAKEN, is_taken).await.map_err(|_| IssueError::NoPublisher)?.map_err(|_| gone())?;
        match timeout(LEASE, outcome).await {
            Ok(Ok(Ok(()))) => Ok(published),
            Ok(Ok(Err(words))) => Err(IssueError::Unpublished { detail: line(&words) }),
            Ok(Err(_)) => Err(gone()),
            Err(_) => {
                let detail = format!("it took longer than {} s", LEASE.as_secs());
                Err(IssueError::Unpublished { detail })
            }
        }
    }

    /// What is to be done next, which is in the asker's hand from then on.
    pub(crate) fn take(&self) -> Option<Task> {
        let now = Instant::now();
        let mut all = self.all();
        let record = all.records.values_mut().find(|record| {
            let is_done = record.task.action == Action::Add && record.told.is_none();
            !is_done && record.leased.is_none_or(|until| until <= now)
        })?;
        record.leased = Some(now + LEASE);
        if let Some(taken) = record.taken.take() {
            // Whose order was given up has let go of the record, too.
            let _ = taken.send(());
        }
        Some(record.task.clone())
    }

    /// What became of it. `false` when there is no such record in anybody's hand.
    pub(crate) fn tell(&self, id: u64, outcome: Result<(), String>) -> bool {
        let mut all = self.all();
        let Some(record) = all.records.get_mut(&id).filter(|record| record.leased.is_some()) else {
            return false;
        };
        match record.task.action {
            Action::Add => {
                record.leased = None;
                record.told.take().is_some_and(|told| told.send(outcome).is_ok())
            }
            Action::Remove => {
                if let Err(words) = outcome {
                    let (name, words) = (&record.task.name, line(&words));
                    tracing::warn!(name, words, "a record that has served is still in the DNS");
                }
                all.records.remove(&id);
                true
            }
        }
    }

    /// Nobody needs it any more: what nobody has taken in hand was never published.
    fn withdraw(&self, id: u64) {
        let mut all = self.all();
        let Some(record) = all.records.get_mut(&id) else { return };
        if record.taken.is_some() {
            all.records.remove(&id);
            return;
        }
        record.task.action = Action::Remove;
        (record.leased, record.told) = (None, None);
        drop(all);
        self.changed.notify_waiters();
    }
}

fn gone() -> IssueError {
    IssueError::Unpublished { detail: "the record was given up".to_owned() }
}

/// Somebody else's words, for our log and page: a line, of bounded length.
fn line(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publishing(records: &Arc<Records>) -> tokio::task::JoinHandle<Result<Published, IssueError>> {
        let records = records.clone();
        tokio::spawn(async move {
            records.publish(&"auth.example.com".parse().unwrap(), "digest".to_owned()).await
        })
    }

    async fn taken(records: &Records) -> Task {
        loop {
            match records.take() {
                Some(task) => return task,
                None => tokio::task::yield_now().await,
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_record_is_published_and_removed_once() {
        let records = Arc::new(Records::default());
        let published = publishing(&records);
        let task = taken(&records).await;
        let (action, name) = (Action::Add, "_acme-challenge.auth.example.com".to_owned());
        assert_eq!(task, Task { id: task.id, action, name, value: "digest".to_owned() });
        assert_eq!(records.take(), None, "it is in somebody's hand");
        assert!(records.tell(task.id, Ok(())));
        let published = published.await.unwrap().unwrap();
        assert!(!records.tell(task.id, Ok(())), "it was told");
        assert_eq!(records.take(), None, "it stays while it is needed");
        drop(published);
        let gone = records.take().unwrap();
        assert_eq!((gone.action, gone.id), (Action::Remove, task.id));
        assert!(records.tell(gone.id, Err("no such record".to_owned())));
        assert!(records.take().is_none() && !records.tell(gone.id, Ok(())));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_who_publishes_and_what_they_say_are_told() {
        let records = Arc::new(Records::default());
        let alone = publishing(&records).await.unwrap().map(drop);
        assert!(matches!(alone, Err(IssueError::NoPublisher)));
        assert_eq!(records.take(), None, "what nobody published nobody removes");
        let failing = publishing(&records);
        let task = taken(&records).await;
        assert!(records.tell(task.id, Err("no\\nsuch\\u{7}zone".replace("\\n", "\n"))));
        let Err(IssueError::Unpublished { detail }) = failing.await.unwrap().map(drop) else {
            panic!("it was published")
        };
        assert!(detail.starts_with("no such") && !detail.contains('\n'), "{detail}");
        assert_eq!(records.take().unwrap().action, Action::Remove, "half of it may be there");
    }

    #[tokio::test(start_paused = true)]
    async fn who_took_one_and_died_does_not_keep_it() {
        let records = Arc::new(Records::default());
        let published = publishing(&records);
        let task = taken(&records).await;
        assert!(matches!(published.await.unwrap().map(drop), Err(IssueError::Unpublished { .. })));
        assert_eq!(records.take().unwrap().action, Action::Remove);
        assert_eq!(records.take(), None);
        tokio::time::advance(LEASE).await;
        assert_eq!(records.take().unwrap().id, task.id, "the next has it");
    }
}
