//! Ways to the server that a test can watch and cut.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use kiavi_db::{BoxFuture, Connect, Stream};
use kiavi_testkit::TestDatabase;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::UnixStream,
};

/// When a connection is cut.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Cut {
    Never,
    /// COMMIT does not reach the server.
    BeforeCommit,
    /// COMMIT reaches the server, its answer does not reach the client.
    AfterCommit,
}

/// Stands between the client and the server.
pub(crate) struct Wire {
    server: Arc<dyn Connect>,
    pub(crate) cut: Cut,
    /// Connections made, failed ones included.
    pub(crate) attempts: AtomicUsize,
    pub(crate) is_down: AtomicBool,
    /// What the client wrote, one entry for each flight of messages.
    pub(crate) flights: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Wire {
    pub(crate) fn new(test: &TestDatabase, cut: Cut) -> Arc<Self> {
        Arc::new(Self {
            server: test.connector(),
            cut,
            attempts: AtomicUsize::new(0),
            is_down: AtomicBool::new(false),
            flights: Arc::default(),
        })
    }

    pub(crate) fn attempts(&self) -> usize {
        self.attempts.load(Ordering::Relaxed)
    }
}

impl Connect for Wire {
    fn connect(&self) -> BoxFuture<'_, io::Result<Stream>> {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            tokio::task::yield_now().await;
            if self.is_down.load(Ordering::Relaxed) {
                return Err(io::Error::from(io::ErrorKind::ConnectionRefused));
            }
            let server = self.server.connect().await?;
            let (client, near) = UnixStream::pair()?;
            tokio::spawn(relay(near, server, self.cut, self.flights.clone()));
            Ok(client.into())
        })
    }
}

async fn relay(near: UnixStream, server: Stream, cut: Cut, flights: Arc<Mutex<Vec<Vec<u8>>>>) {
    let (mut from_client, mut to_client) = near.into_split();
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let answers = tokio::spawn(async move { copy(&mut from_server, &mut to_client).await.map(drop) });
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
        let flight = &buffer[..length];
        flights.lock().unwrap().push(flight.to_vec());
        let commits = contains(flight, b"COMMIT");
        if commits && cut != Cut::Never {
            answers.abort();
            if cut == Cut::BeforeCommit {
                return;
            }
        }
        if to_server.write_all(flight).await.is_err() {
            return;
        }
        if commits && cut == Cut::AfterCommit {
            // Closing our writing end lets the server finish what it has received.
            to_server.shutdown().await.ok();
            return;
        }
    }
}

pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
