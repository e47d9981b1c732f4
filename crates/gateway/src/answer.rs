//! The few answers that the gateway gives itself, on connections that belong to nobody.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::accept::Client;

/// How long a refused client may take to read its answer.
pub(crate) const LINGER: Duration = Duration::from_millis(500);

/// Why a connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No request that names exactly one host.
    BadRequest,
    /// Nobody is served under this name.
    UnknownHost,
    /// The destination cannot be started, or too many wait for it.
    Unavailable,
}

impl Refusal {
    fn response(self) -> String {
        let (status, title, text, more) = match self {
            Self::BadRequest => {
                ("400 Bad Request", "This request cannot be read", "It does not name exactly one host.", "")
            }
            Self::UnknownHost => (
                "404 Not Found",
                "Nothing is served here",
                "No application uses this address. Check it for a typing error; if you run this server, \
                 <code>kiavi tenant list</code> shows the addresses that exist.",
                "",
            ),
            Self::Unavailable => (
                "503 Service Unavailable",
                "Sign-in is starting or busy",
                "Please try again in a few seconds.",
                "Retry-After: 2\r\n",
            ),
        };
        let body = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
             <h1>{title}</h1><p>{text}</p></html>\n"
        );
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
             Cache-Control: no-store\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n\
             X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n{more}Connection: close\r\n\r\n{body}",
            body.len()
        )
    }
}

/// Answers and closes.
pub(crate) async fn refuse(mut stream: TcpStream, refusal: Refusal) {
    let _ = tokio::time::timeout(LINGER, async {
        stream.write_all(refusal.response().as_bytes()).await?;
        stream.shutdown().await?;
        // Closing with unread bytes would reset the connection and take the answer with it.
        let mut discarded = [0; 4096];
        while stream.read(&mut discarded).await? > 0 {}
        std::io::Result::Ok(())
    })
    .await;
}

/// As [`refuse`], for a connection that had already left the reactor.
pub(crate) fn refuse_client(client: Client, refusal: Refusal) {
    let Ok(stream) = client.stream.into_owned() else { return };
    if let Ok(stream) = TcpStream::from_std(stream.into()) {
        tokio::spawn(refuse(stream, refusal));
    }
}
