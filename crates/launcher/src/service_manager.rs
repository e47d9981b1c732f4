//! What systemd, or whoever speaks its protocol, is told of this process: sd_notify(3).
//!
//! The environment survives an upgrade, which is an `exec` in this very process, so the next program goes on telling.

use std::env;
use std::ffi::OsString;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

/// How many life signs are given in the time after which the service manager takes this process for dead.
const PER_LIMIT: u32 = 4;
/// How long one event may take before it counts as standing still: PostgreSQL has two minutes to recover from a crash, and is
/// stopped in half a minute at most.
const LONGEST_WORK: Duration = Duration::from_secs(180);

/// Who supervises this process, if anybody does.
#[derive(Debug, Clone)]
pub struct ServiceManager {
    /// A path, or the name of an abstract socket after `@`.
    socket: Option<OsString>,
}

impl ServiceManager {
    /// The one that the environment names (`NOTIFY_SOCKET`).
    pub fn of_environment() -> Self {
        Self { socket: env::var_os("NOTIFY_SOCKET") }
    }

    /// Tells it that the instance can be used.
    ///
    /// # Errors
    /// When it cannot be told. Nobody to tell is no error.
    pub fn tell_ready(&self) -> io::Result<()> {
        self.send(&UnixDatagram::unbound()?, "READY=1")
    }

    /// A sign of life, which waits for nobody: who does not take it gets the next one.
    fn tell_alive(&self) -> io::Result<()> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        self.send(&socket, "WATCHDOG=1")
    }

    fn send(&self, from: &UnixDatagram, state: &str) -> io::Result<()> {
        let Some(name) = &self.socket else { return Ok(()) };
        let to = match name.as_bytes().strip_prefix(b"@") {
            Some(name) => SocketAddr::from_abstract_name(name)?,
            None => SocketAddr::from_pathname(name)?,
        };
        from.send_to_addr(state.as_bytes(), &to).map(drop)
    }
}

/// The signs of life of the launcher's loop. A process that still exists and does nothing any more starts no engine and makes no
/// connection to the databases; only from outside can that be told from one that has nothing to do.
pub(crate) struct LifeSigns {
    manager: ServiceManager,
    /// `None`: nobody waits for them.
    due: Option<Interval>,
}

impl LifeSigns {
    /// Those that the environment asks for.
    pub(crate) fn of_environment() -> Self {
        let variable = |name| env::var(name).ok();
        let limit = limit(variable("WATCHDOG_USEC"), variable("WATCHDOG_PID"), std::process::id());
        Self::new(ServiceManager::of_environment(), limit)
    }

    fn new(manager: ServiceManager, limit: Option<Duration>) -> Self {
        let due = limit.filter(|limit| *limit >= Duration::from_millis(1)).map(|limit| {
            let mut due = interval(limit / PER_LIMIT);
            due.set_missed_tick_behavior(MissedTickBehavior::Delay);
            due
        });
        Self { manager, due }
    }

    /// Gives the next sign when it is due.
    pub(crate) async fn next(&mut self) {
        let Some(due) = &mut self.due else { return std::future::pending().await };
        due.tick().await;
        if let Err(error) = self.manager.tell_alive() {
            tracing::warn!(%error, "the service manager cannot be told that this process lives");
        }
    }

    /// Waits for what an event has to wait for, and gives signs meanwhile, for [`LONGEST_WORK`].
    pub(crate) async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let end = Instant::now() + LONGEST_WORK;
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = self.next(), if Instant::now() < end => {}
            }
        }
    }
}

/// sd_watchdog_enabled(3): how long this process may give no sign, if anybody waits for one.
fn limit(microseconds: Option<String>, process: Option<String>, own: u32) -> Option<Duration> {
    let microseconds: u64 = microseconds?.parse().ok()?;
    let is_ours = process.is_none_or(|process| process.parse::<u32>() == Ok(own));
    (is_ours && microseconds > 0).then(|| Duration::from_micros(microseconds))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::time::{advance, sleep};

    use super::*;

    /// A service manager, and where it hears.
    fn manager() -> (ServiceManager, UnixDatagram) {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let name = format!("kiavi-service-manager-{}-{number}", std::process::id());
        let heard = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        heard.set_nonblocking(true).unwrap();
        (ServiceManager { socket: Some(format!("@{name}").into()) }, heard)
    }

    /// What it has heard.
    fn all(heard: &UnixDatagram) -> Vec<String> {
        let mut bytes = [0; 64];
        let next = || {
            heard.recv(&mut bytes).ok().map(|length| String::from_utf8_lossy(&bytes[..length]).into_owned())
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn who_is_not_supervised_tells_nobody_and_who_is_tells_their_manager() {
        ServiceManager { socket: None }.tell_ready().unwrap();
        let (manager, heard) = manager();
        manager.tell_ready().unwrap();
        assert_eq!(all(&heard), ["READY=1"]);
        drop(heard);
        assert!(manager.tell_ready().is_err(), "a manager that is gone is told of");
    }

    #[test]
    fn signs_are_given_only_where_they_are_waited_for_and_of_this_process() {
        let of = |microseconds: Option<&str>, process: Option<&str>| {
            limit(microseconds.map(str::to_owned), process.map(str::to_owned), 7)
        };
        assert_eq!(of(Some("60000000"), Some("7")), Some(Duration::from_secs(60)));
        assert_eq!(of(Some("60000000"), None), Some(Duration::from_secs(60)));
        for (microseconds, process) in [
            (None, None),
            (None, Some("7")),
            (Some("60000000"), Some("8")),
            (Some("0"), None),
            (Some("-1"), None),
            (Some("1m"), None),
        ] {
            assert_eq!(of(microseconds, process), None, "{microseconds:?} {process:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_event_is_no_standstill_and_one_without_end_is() {
        let (manager, heard) = manager();
        let limit = Duration::from_secs(60);
        let mut signs = LifeSigns::new(manager, Some(limit));
        signs.during(sleep(2 * limit)).await;
        let during = all(&heard);
        assert!(during.len() >= 8 && during.iter().all(|sign| sign == "WATCHDOG=1"), "{during:?}");
        let endless =
            tokio::time::timeout(LONGEST_WORK + 3 * limit, signs.during(std::future::pending::<()>()));
        assert!(endless.await.is_err());
        // One more than there are pauses in between, or two.
        let (given, pauses) =
            (all(&heard).len(), LONGEST_WORK.as_secs() * u64::from(PER_LIMIT) / limit.as_secs());
        assert!((1..=pauses as usize + 2).contains(&given), "{given}");
        assert_eq!(signs.during(async { 1 }).await, 1, "and the loop that goes on goes on telling");
        advance(limit).await;
        signs.next().await;
        assert_eq!(all(&heard).len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_and_nothing_is_told() {
        let (manager, heard) = manager();
        let mut signs = LifeSigns::new(manager, None);
        signs.during(sleep(Duration::from_secs(600))).await;
        assert!(all(&heard).is_empty());
    }
}
