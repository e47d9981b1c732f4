//! What providers said of themselves, kept for a while: documents and keys.
//!
//! However many sign-ins need one at a time, one of them fetches and the others take what comes of it. A key that is not
//! in a set has it fetched again at once, for the provider may have a new one; but a token with a made-up key costs its
//! sender nothing, so that is done once in a while only.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use kiavi_oauth::{JwkSet, Metadata};

use super::{turns::Turns, upstream::UpstreamError};

/// How long documents and keys are taken as fresh.
const FRESH: SignedDuration = SignedDuration::from_hours(1);
/// How long they still count while the provider cannot be reached.
const STALE: SignedDuration = SignedDuration::from_hours(24);
/// How long after keys were fetched for an unknown key the next unknown key has them fetched again.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// Documents and keys by URL, and who refreshes which account.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub(super) turns: Turns,
    pub(super) documents: Shelf<Metadata>,
    pub(super) keys: Shelf<JwkSet>,
}

/// From whom a token with an unknown key came. Each has a pause of their own: whoever makes up tokens and brings them
/// cannot keep the provider's own new key from being learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bearer {
    /// From the provider itself, in answer to a code.
    Provider,
    /// From anybody.
    Client,
}

/// Things of one kind by URL. There are as many as providers name, so it is bounded.
#[derive(Debug)]
pub(super) struct Shelf<T>(Mutex<HashMap<String, Arc<Place<T>>>>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

#[derive(Debug)]
struct Place<T> {
    /// Held by whoever fetches.
    turn: tokio::sync::Mutex<()>,
    memory: Mutex<Memory<T>>,
}

#[derive(Debug)]
struct Memory<T> {
    kept: Option<(Timestamp, Arc<T>)>,
    /// How many fetches have failed: whoever waited for one that did has its answer.
    failures: u64,
    /// When an unknown key of each bearer last had it fetched.
    renewed: [Option<Timestamp>; 2],
}

impl<T> Shelf<T> {
    /// What is at `url`: kept, or fetched now, or kept from before if it cannot be fetched.
    ///
    /// # Errors
    /// Those of `fetch`, or [`UpstreamError::Failed`] if somebody else's has just failed.
    pub(super) async fn get<F>(&self, url: &str, now: Timestamp, fetch: F) -> Result<Arc<T>, UpstreamError>
    where
        F: Future<Output = Result<T, UpstreamError>>,
    {
        let place = self.place(url);
        let failures = {
            let memory = place.memory();
            if let Some(kept) = memory.within(FRESH, now) {
                return Ok(kept);
            }
            memory.failures
        };
        let _turn = place.turn.lock().await;
        {
            let memory = place.memory();
            if let Some(kept) = memory.within(FRESH, now) {
                return Ok(kept);
            }
            if memory.failures != failures {
                return memory.within(STALE, now).ok_or(UpstreamError::Failed);
            }
        }
        place.fetch(now, fetch).await
    }

    /// What is at `url` in place of `seen`, which lacks the key of a token that `bearer` brought: fetched now, unless
    /// it has been since, or was within [`PAUSE`] for the same reason; then `seen` is all there is.
    ///
    /// # Errors
    /// Those of `fetch`.
    pub(super) async fn renew<F>(
        &self,
        url: &str,
        now: Timestamp,
        (seen, bearer): (Arc<T>, Bearer),
        fetch: F,
    ) -> Result<Arc<T>, UpstreamError>
    where
        F: Future<Output = Result<T, UpstreamError>>,
    {
        let place = self.place(url);
        let _turn = place.turn.lock().await;
        {
            let mut memory = place.memory();
            if let Some((_, kept)) = &memory.kept
                && !Arc::ptr_eq(kept, &seen)
            {
                return Ok(kept.clone());
            }
            let renewed = &mut memory.renewed[bearer as usize];
            if renewed.is_some_and(|at| now.duration_since(at) < PAUSE) {
                return Ok(seen);
            }
            *renewed = Some(now);
        }
        place.fetch(now, fetch).await
    }

    fn place(&self, url: &str) -> Arc<Place<T>> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match places.get(url) {
            Some(place) => place.clone(),
            None => places.entry(url.to_owned()).or_default().clone(),
        }
    }
}

impl<T> Default for Place<T> {
    fn default() -> Self {
        let memory = Memory { kept: None, failures: 0, renewed: [None; 2] };
        Self { turn: tokio::sync::Mutex::default(), memory: Mutex::new(memory) }
    }
}

impl<T> Place<T> {
    fn memory(&self) -> MutexGuard<'_, Memory<T>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fetches, for the one whose turn it is.
    async fn fetch<F>(&self, now: Timestamp, fetch: F) -> Result<Arc<T>, UpstreamError>
    where
        F: Future<Output = Result<T, UpstreamError>>,
    {
        let fetched = fetch.await;
        let mut memory = self.memory();
        match fetched {
            Ok(value) => {
                let value = Arc::new(value);
                memory.kept = Some((now, value.clone()));
                Ok(value)
            }
            Err(error) => {
                memory.failures += 1;
                memory.within(STALE, now).ok_or(error)
            }
        }
    }
}

impl<T> Memory<T> {
    fn within(&self, life: SignedDuration, now: Timestamp) -> Option<Arc<T>> {
        let (at, value) = self.kept.as_ref()?;
        (now.duration_since(*at) < life).then(|| value.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::future::join_all;
    use tokio::task::yield_now;

    use super::*;

    const URL: &str = "https://id.example/keys";

    /// Counts how often it was fetched, which is also what it gives.
    #[derive(Default)]
    struct Source {
        fetched: AtomicU32,
        is_down: bool,
    }

    impl Source {
        async fn fetch(&self) -> Result<u32, UpstreamError> {
            let number = self.fetched.fetch_add(1, Ordering::Relaxed) + 1;
            yield_now().await;
            if self.is_down { Err(UpstreamError::Unreadable) } else { Ok(number) }
        }

        fn count(&self) -> u32 {
            self.fetched.load(Ordering::Relaxed)
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[tokio::test]
    async fn a_crowd_fetches_once_and_an_hour_later_again() {
        let (shelf, source) = (Shelf::default(), Source::default());
        let got = join_all((0..20).map(|_| shelf.get(URL, at(0), source.fetch()))).await;
        assert!(got.into_iter().all(|got| *got.unwrap() == 1));
        assert_eq!(*shelf.get(URL, at(3_599), source.fetch()).await.unwrap(), 1);
        assert_eq!(*shelf.get(URL, at(3_600), source.fetch()).await.unwrap(), 2);
        assert_eq!(*shelf.get("https://id.example/other", at(0), source.fetch()).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn a_crowd_waits_for_one_failure_and_the_next_one_tries_again() {
        let (shelf, down) = (Shelf::default(), Source { is_down: true, ..Source::default() });
        let got = join_all((0..20).map(|_| shelf.get(URL, at(0), down.fetch()))).await;
        assert!(got.iter().all(Result::is_err));
        assert_eq!(down.count(), 1);
        assert!(shelf.get(URL, at(0), down.fetch()).await.is_err());
        assert_eq!(down.count(), 2);
    }

    #[tokio::test]
    async fn what_is_old_counts_for_a_day_while_there_is_nothing_newer() {
        let (shelf, up) = (Shelf::default(), Source::default());
        let down = Source { is_down: true, ..Source::default() };
        shelf.get(URL, at(0), up.fetch()).await.unwrap();
        assert_eq!(*shelf.get(URL, at(86_399), down.fetch()).await.unwrap(), 1);
        assert!(shelf.get(URL, at(86_400), down.fetch()).await.is_err());
    }

    #[tokio::test]
    async fn an_unknown_key_has_keys_fetched_at_once_and_made_up_ones_do_not_again() {
        let (shelf, source) = (Shelf::default(), Source::default());
        let first = shelf.get(URL, at(0), source.fetch()).await.unwrap();
        let renew = |seconds, seen: &Arc<u32>, bearer| {
            shelf.renew(URL, at(seconds), (seen.clone(), bearer), source.fetch())
        };
        let second = renew(0, &first, Bearer::Client).await.unwrap();
        assert_eq!(*second, 2, "the pause does not count from an ordinary fetch");
        for seconds in [0, 59] {
            assert_eq!(*renew(seconds, &second, Bearer::Client).await.unwrap(), 2);
        }
        assert_eq!(*renew(59, &first, Bearer::Client).await.unwrap(), 2, "it has been fetched since");
        let third = renew(59, &second, Bearer::Provider).await.unwrap();
        assert_eq!(*third, 3, "the provider's own word counts whatever others have made up");
        assert_eq!(*renew(60, &third, Bearer::Client).await.unwrap(), 4);
        assert_eq!(source.count(), 4);
    }

    #[tokio::test]
    async fn a_crowd_with_a_new_key_fetches_once() {
        let (shelf, source) = (Shelf::default(), Source::default());
        let seen = shelf.get(URL, at(0), source.fetch()).await.unwrap();
        let renew = || shelf.renew(URL, at(0), (seen.clone(), Bearer::Provider), source.fetch());
        let got = join_all((0..20).map(|_| renew())).await;
        assert!(got.into_iter().all(|got| *got.unwrap() == 2));
    }
}
