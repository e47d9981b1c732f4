//! Waiting until a tenant is made, whatever is away meanwhile: the instance tries by itself for as long as it takes, and this
//! goes on looking.

use std::{
    io::{self, Write},
    time::Duration,
};

use hyper::Method;
use jiff::Timestamp;
use kiavi_base::Clock;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use crate::{
    client::{Client, ClientError, idempotency_key},
    tenant::text,
};

/// The pause after what did not come with a time of its own: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// The longest pause of the instance between two attempts; a clock that is wrong must not make one longer.
const LONGEST: Duration = Duration::from_secs(60);

/// How often one that never answered is asked again: what is there may be something else.
const UNHEARD: u32 = 10;

/// How often a pause is told anew.
const TICK: Duration = Duration::from_secs(1);

/// What happens while a tenant is made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum News<'a> {
    /// A step began or is done, as the instance tells it.
    Step(&'a Value),
    /// Something is away.
    Waiting(Wait<'a>),
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait<'a> {
    /// In a few words.
    pub(crate) what: &'a str,
    /// Until it is tried again.
    pub(crate) again_in: Duration,
    /// Whether it is told for the first time.
    pub(crate) is_news: bool,
}

impl std::fmt::Display for Wait<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "waiting for {}, tried again in {} s", self.what, self.again_in.as_secs().max(1))
    }
}

/// How an attempt to follow a tenant ended before it was done.
enum Stopped {
    /// The instance tries again at this time, because of a failure with this code.
    Failed { code: String, detail: String, at: Option<Timestamp> },
    /// The instance could not be asked.
    Away(ClientError),
}

/// How long to wait, and by which clock.
pub(crate) struct Patience<'a> {
    /// Until when.
    pub(crate) until: Instant,
    /// What the instance's times are compared with.
    pub(crate) clock: &'a dyn Clock,
    /// How to see later what became of it, as a sentence.
    pub(crate) look: &'a str,
}

/// Makes a request and follows what it asks for until it is done; none when the tenant was removed meanwhile. What fails and
/// is tried again by the instance, and an instance that is away for a while, are waited for.
///
/// # Errors
/// When the request is refused, or it is not done in time: then the text says what is in the way.
pub(crate) async fn until_done(
    client: &Client,
    path: &str,
    body: &Value,
    patience: &Patience<'_>,
    mut tell: impl FnMut(News<'_>),
) -> Result<Option<Value>, ClientError> {
    // With one key all attempts are one request.
    let (key, mut pause, mut told) = (idempotency_key(), PAUSES.0, String::new());
    let (mut was_heard, mut unheard) = (false, 0);
    loop {
        let asked = attempt(client, path, &key, body, &mut tell);
        let stopped = match timeout_at(patience.until, asked).await {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(stopped)) => stopped,
            Err(_) => return Err(late(patience, "")),
        };
        let (what, again_in, why) = match stopped {
            Stopped::Failed { code, detail, at } => {
                (was_heard, pause) = (true, PAUSES.0);
                (waited_for(&code), until(at, patience.clock), detail)
            }
            Stopped::Away(error) if is_passing(&error, was_heard) && (was_heard || unheard < UNHEARD) => {
                was_heard |= matches!(error, ClientError::Refused(_));
                unheard += 1;
                let again_in = pause;
                pause = (pause * 2).min(PAUSES.1);
                (instance_part(&error), again_in, error.to_string())
            }
            // What was asked for before is done, and undone.
            Stopped::Away(ClientError::Refused(problem))
                if was_heard && problem.code == "tenant_not_found" =>
            {
                return Ok(None);
            }
            Stopped::Away(error) => return Err(error),
        };
        let again_at = Instant::now() + again_in;
        if again_at >= patience.until {
            return Err(late(patience, &why));
        }
        let is_news = told != what;
        what.clone_into(&mut told);
        count_down(what, again_at, is_news, &mut tell).await;
    }
}

async fn count_down(what: &str, again_at: Instant, mut is_news: bool, tell: &mut impl FnMut(News<'_>)) {
    loop {
        let again_in = again_at.saturating_duration_since(Instant::now());
        if again_in.is_zero() {
            return;
        }
        tell(News::Waiting(Wait { what, again_in, is_news }));
        is_news = false;
        sleep(again_in.min(TICK)).await;
    }
}

async fn attempt(
    client: &Client,
    path: &str,
    key: &str,
    body: &Value,
    tell: &mut impl FnMut(News<'_>),
) -> Result<Option<Value>, Stopped> {
    let mut outcome = Err(Stopped::Away(ClientError::Connection("the answer ended early".to_owned())));
    let told = client.send_for_events((Method::POST, path), key, body, |event, data| match event {
        "step" => tell(News::Step(data)),
        "done" => outcome = Ok(Some(data.clone())),
        "removed" => outcome = Ok(None),
        "failed" => {
            let (code, detail) = (text(data, "code").to_owned(), text(data, "detail").to_owned());
            outcome = Err(Stopped::Failed { code, detail, at: text(data, "retry_at").parse().ok() });
        }
        _ => {}
    });
    match told.await {
        Ok(()) => outcome,
        // What was told before the connection was lost holds.
        Err(error) => outcome.map_err(|_| Stopped::Away(error)),
    }
}

/// Whether an instance that could not be asked may be there in a moment; one that was there is being started again.
fn is_passing(error: &ClientError, was_heard: bool) -> bool {
    match error {
        ClientError::Refused(problem) => problem.code == "too_many_streams" || error.is_passing(),
        ClientError::NotRunning(_) | ClientError::Unreachable { .. } => was_heard,
        _ => error.is_passing(),
    }
}

/// How long until the instance tries again. It has the time by its own clock.
fn until(at: Option<Timestamp>, clock: &dyn Clock) -> Duration {
    let left = at.and_then(|at| Duration::try_from(at.duration_since(clock.now())).ok());
    // At once is now: its attempt is under way.
    left.unwrap_or(PAUSES.0).clamp(PAUSES.0, LONGEST)
}

fn late(patience: &Patience<'_>, why: &str) -> ClientError {
    let gap = if why.is_empty() { "" } else { " " };
    ClientError::Failed(format!("It was not done in time.{gap}{why} {}", patience.look))
}

/// What a failure waits for, by its code. One of a newer instance is told as what it is.
fn waited_for(code: &str) -> &'static str {
    match code {
        "vault_unavailable" | "secret_failed" => "the secret store",
        "role_failed" | "database_failed" | "schema_failed" | "unavailable" | "progress_unknown"
        | "log_failed" => "the database server",
        "start_failed" | "settings_failed" => "the engine",
        _ => "what failed",
    }
}

fn instance_part(error: &ClientError) -> &'static str {
    match error {
        ClientError::Refused(problem) if problem.code == "unavailable" => "the database server",
        ClientError::Refused(_) => "a free stream",
        _ => "the instance",
    }
}

/// Says on standard error, where no line shows it, what is waited for.
pub(crate) fn say_waiting(name: &str, wait: Wait<'_>) {
    if wait.is_news {
        // When even this cannot be written, it is only waited for.
        let _ = writeln!(io::stderr(), "kiavi: {name}: {wait}");
    }
}

#[cfg(test)]
mod tests {
    use kiavi_base::SystemClock;

    use super::*;
    use crate::client::Problem;

    #[test]
    fn a_pause_is_told_in_words() {
        let wait =
            Wait { what: waited_for("vault_unavailable"), again_in: Duration::from_secs(8), is_news: true };
        assert_eq!(wait.to_string(), "waiting for the secret store, tried again in 8 s");
        let soon = Wait { again_in: Duration::from_millis(20), ..wait };
        assert_eq!(soon.to_string(), "waiting for the secret store, tried again in 1 s");
    }

    #[test]
    fn a_pause_is_that_of_the_instance_and_no_clock_makes_it_endless() {
        let now = SystemClock.now();
        let seconds = |at: Option<Timestamp>| until(at, &SystemClock).as_secs();
        assert!((28..=30).contains(&seconds(Some(now + Duration::from_secs(30)))));
        assert_eq!(seconds(Some(now - Duration::from_secs(30))), 1);
        assert_eq!(seconds(Some(now + Duration::from_secs(9000))), 60);
        assert_eq!(seconds(None), 1);
    }

    #[test]
    fn what_is_refused_for_good_is_not_waited_for() {
        let refused =
            |code: &str| ClientError::Refused(Problem { code: code.to_owned(), detail: String::new() });
        assert!(
            is_passing(&refused("unavailable"), false) && is_passing(&refused("too_many_streams"), false)
        );
        assert!(!is_passing(&refused("tenant_exists"), true));
        let gone = || ClientError::NotRunning("/nowhere".into());
        assert!(!is_passing(&gone(), false) && is_passing(&gone(), true), "one that was there comes back");
    }
}
