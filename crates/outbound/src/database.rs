//! Connections to the server that holds the databases, where that is one on a network.
//!
//! Which server it is, the launcher's configuration says; whoever asks names nothing. So no rule about addresses holds
//! here: a database in a private network is the usual case. Outbound passes the connected socket on and keeps no copy;
//! TLS and the password are the asker's.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kiavi_ipc::Fd;
use kiavi_ipc::egress::{Refusal, Target};
use rustix::net::sockopt;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::egress::budget::Budget;
use crate::egress::connect::{DEADLINE, MAX_ADDRESSES, race, resolve};

/// How long a lookup may take before the server is sought where it was the last time.
const LOOKUP_PATIENCE: Duration = Duration::from_secs(1);

/// While it cannot be reached, every request asks again; once in this time is worth a line in the log.
const LOG_INTERVAL: Duration = Duration::from_secs(1);

/// A connection on which nothing was said for this long is looked after, so that nothing on the way forgets it.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// How often it is looked after when there is no answer, and how often in all.
const PROBES: (Duration, u32) = (Duration::from_secs(5), 3);

/// How long what was sent may stay unacknowledged until the connection counts as lost, in milliseconds (RFC 5482).
const USER_TIMEOUT: u32 = 15_000;

/// The one server.
pub(crate) struct DatabaseDoor {
    server: Target,
    budget: Budget,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Where it was the last time that its name could be looked up: names can fail where addresses still answer.
    addresses: Vec<SocketAddr>,
    logged: Option<Instant>,
}

impl Known {
    /// Whether a failure is worth a line in the log.
    fn is_news(&mut self, now: Instant) -> bool {
        let is_news = self.logged.is_none_or(|logged| now.duration_since(logged) >= LOG_INTERVAL);
        if is_news {
            self.logged = Some(now);
        }
        is_news
    }
}

impl DatabaseDoor {
    pub(crate) fn new(server: Target) -> Self {
        Self { server, budget: Budget::new(Instant::now()), known: Mutex::default() }
    }

    /// A connected socket, within [`DEADLINE`].
    pub(crate) async fn connect(&self) -> Option<Fd> {
        let connected = timeout(DEADLINE, self.attempt()).await.unwrap_or(Err(Refusal::Deadline));
        match connected {
            Ok(stream) => Some(stream),
            Err(reason) => {
                if self.known().is_news(Instant::now()) {
                    tracing::error!(server = %self.server, ?reason, "the database server cannot be reached");
                }
                None
            }
        }
    }

    async fn attempt(&self) -> Result<Fd, Refusal> {
        let stream = race(self.addresses().await?).await?;
        prepare(&stream).map_err(|_| Refusal::Unreachable)?;
        // Leaves this process's reactor.
        let stream = stream.into_std().map_err(|_| Refusal::Unreachable)?;
        Ok(std::os::fd::OwnedFd::from(stream).into())
    }

    /// Looked up anew for each connection, because a server may move.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, Refusal> {
        let last = self.known().addresses.clone();
        let patience = if last.is_empty() { DEADLINE } else { LOOKUP_PATIENCE };
        match timeout(patience, resolve(&self.server, &self.budget)).await {
            Ok(Ok(mut found)) if !found.is_empty() => {
                found.truncate(MAX_ADDRESSES);
                self.known().addresses.clone_from(&found);
                Ok(found)
            }
            _ if last.is_empty() => Err(Refusal::Unreachable),
            _ => Ok(last),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn prepare(stream: &TcpStream) -> rustix::io::Result<()> {
    sockopt::set_tcp_nodelay(stream, true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, KEEP_ALIVE)?;
    sockopt::set_tcp_keepintvl(stream, PROBES.0)?;
    sockopt::set_tcp_keepcnt(stream, PROBES.1)?;
    sockopt::set_tcp_user_timeout(stream, USER_TIMEOUT)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_server_of_this_machine_is_reached_at_each_of_its_addresses() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        // The name may have an IPv6 address too, where nobody listens.
        let door = DatabaseDoor::new(Target::new("localhost", port).unwrap());
        let stream = door.connect().await.unwrap();
        let (_, peer) = listener.accept().await.unwrap();
        let stream = std::net::TcpStream::from(stream.into_owned().unwrap());
        assert_eq!(stream.local_addr().unwrap(), peer);
        assert!(stream.nodelay().unwrap() && sockopt::socket_keepalive(&stream).unwrap());
    }

    #[tokio::test]
    async fn a_server_whose_name_cannot_be_looked_up_is_sought_where_it_was() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let door = DatabaseDoor::new(Target::new("nowhere.invalid", address.port()).unwrap());
        assert!(door.connect().await.is_none());
        door.known().addresses = vec![address];
        assert!(door.connect().await.is_some());
    }

    #[test]
    fn a_server_that_is_down_does_not_fill_the_log() {
        let (mut known, start) = (Known::default(), Instant::now());
        assert!(known.is_news(start) && !known.is_news(start + LOG_INTERVAL / 2));
        assert!(known.is_news(start + LOG_INTERVAL));
    }
}
