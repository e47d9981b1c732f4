//! TXT records of a domain that a tenant says is its own: the proof of it, and what it says about mail.
//!
//! A recursive name server is asked, over TCP only: every one speaks it (RFC 7766 §5), an answer has no size at which it is
//! cut off, and nobody who is not on the way can put one in its place, as they may with a datagram. CNAMEs are the name
//! server's to follow; what it did is read from its answer.

mod message;
mod records;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kiavi_base::Hostname;
use kiavi_ipc::Endpoint;
use kiavi_ipc::proof::{Answer, LookUp, Looked, Wanted};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use self::message::{Reply, parse, query};

/// Where the system says which name servers it has.
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// Where name servers listen (RFC 1035 §4.2).
const PORT: u16 = 53;

/// The most name servers that are asked one after the other, as the C library has it (resolv.conf(5), `MAXNS`).
const MAX_SERVERS: usize = 3;

/// How long one name server may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// For how long one that took longer is not asked again: whoever looks at several names should not wait for it each time.
const SILENCE: Duration = Duration::from_secs(10);

/// The longest answer that is read, in bytes. A name with more than that has other things than a proof there.
const MAX_ANSWER: usize = 16 * 1024;

/// Names that are looked up at a time; more wait in the door.
const AT_ONCE: usize = 8;

/// The name servers that are asked.
#[derive(Debug)]
pub(crate) struct NameServers {
    addresses: Vec<SocketAddr>,
    /// Those that have said nothing lately, and when they are asked again.
    silent: Mutex<HashMap<SocketAddr, Instant>>,
}

impl NameServers {
    /// Those that the configuration names; those of the system where it names none. Reads the system's file, so it comes
    /// before the sandbox is closed.
    pub(crate) fn new(configured: Vec<SocketAddr>) -> Self {
        if !configured.is_empty() {
            return Self::at(configured);
        }
        let text = std::fs::read_to_string(Path::new(RESOLV_CONF)).unwrap_or_else(|error| {
            tracing::warn!(%error, "{RESOLV_CONF} cannot be read: proofs of domains are looked up at 127.0.0.1");
            String::new()
        });
        Self::of_system(&text)
    }

    /// Those of a resolv.conf(5); the one of this machine when it names none, as the page says.
    fn of_system(text: &str) -> Self {
        let addresses = text.lines().filter_map(|line| {
            let mut words = line.split_ascii_whitespace();
            (words.next()? == "nameserver").then(|| words.next()?.parse::<IpAddr>().ok()).flatten()
        });
        let mut servers: Vec<_> = addresses.map(|address| SocketAddr::new(address, PORT)).collect();
        servers.truncate(MAX_SERVERS);
        if servers.is_empty() {
            servers.push((Ipv4Addr::LOCALHOST, PORT).into());
        }
        Self::at(servers)
    }

    fn at(addresses: Vec<SocketAddr>) -> Self {
        Self { addresses, silent: Mutex::default() }
    }

    /// Answers at control's door until it is closed.
    pub(crate) async fn serve(self: Arc<Self>, door: Endpoint<Looked, LookUp>) {
        let (answers, mut requests) = door.split();
        let mut lookups = JoinSet::new();
        loop {
            let looked = tokio::select! {
                request = requests.receive(), if lookups.len() < AT_ONCE => match request {
                    Ok(Some(LookUp { request, domain, wanted })) => {
                        let servers = self.clone();
                        lookups.spawn(async move {
                            Looked { request, answer: servers.look_up(&domain, &wanted).await }
                        });
                        continue;
                    }
                    Ok(None) => return,
                    Err(error) => {
                        tracing::error!(%error, "control broke the proof door's protocol");
                        return;
                    }
                },
                Some(Ok(looked)) = lookups.join_next(), if !lookups.is_empty() => looked,
            };
            if answers.send(&looked).await.is_err() {
                return;
            }
        }
    }

    /// What is there, by the first name server that knows.
    async fn look_up(&self, domain: &Hostname, wanted: &Wanted) -> Answer {
        let name = wanted.name(domain);
        let now = Instant::now();
        for server in self.addresses.iter().filter(|server| !self.is_silent(server, now)) {
            match timeout(PATIENCE, ask(*server, &name)).await {
                Ok(Ok(Reply::Texts(texts))) => return records::read(wanted, &texts),
                Ok(Ok(Reply::Absent)) => return Answer::Absent,
                Ok(Ok(Reply::Failed(code))) => {
                    tracing::warn!(%server, name, code, "a name server could not answer");
                }
                Ok(Err(error)) => tracing::warn!(%server, name, %error, "a name server gave no answer"),
                Err(_) => {
                    tracing::warn!(%server, name, "a name server gave no answer in time");
                    self.silent().insert(*server, Instant::now() + SILENCE);
                }
            }
        }
        Answer::Unanswered
    }

    fn is_silent(&self, server: &SocketAddr, now: Instant) -> bool {
        self.silent().get(server).is_some_and(|until| now < *until)
    }

    fn silent(&self) -> MutexGuard<'_, HashMap<SocketAddr, Instant>> {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One question on a connection of its own (RFC 1035 §4.2.2). Its number need not be a surprise to anybody: the answer comes
/// on the same connection.
async fn ask(server: SocketAddr, name: &str) -> std::io::Result<Reply> {
    let unusable = |what: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, what);
    let query = query(name).ok_or_else(|| unusable("the name is too long"))?;
    let length = u16::try_from(query.len()).map_err(|_| unusable("the name is too long"))?;
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(&[&length.to_be_bytes()[..], &query].concat()).await?;
    let length = usize::from(stream.read_u16().await?);
    if length > MAX_ANSWER {
        return Err(unusable("the answer is too long"));
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).await?;
    parse(&answer, &query).ok_or_else(|| unusable("the answer cannot be read"))
}
