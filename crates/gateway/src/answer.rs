//! The few answers that the gateway gives itself, on connections that belong to nobody: pages in plain, alerts to who speaks
//! TLS.

use std::time::Duration;

use kiavi_ipc::door::ListenerKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::accept::Client;

/// How long a refused client may take to read its answer.
pub(crate) const LINGER: Duration = Duration::from_millis(500);

/// Why a connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No request that names exactly one host, and no ClientHello.
    BadRequest,
    /// A ClientHello without a name.
    Nameless,
    /// Nobody is served under this name.
    UnknownHost,
    /// The destination cannot be started, or too many wait for it.
    Unavailable,
    /// An operator has switched the tenant off.
    Suspended,
}

/// The head of pages that are shown where no asset can be served. It is that of `pages`, which this process does not use: what
/// it would bring along knows how to make keys.
const HEAD: &str = include_str!("../../pages/templates/bare-style.html");

/// Allows the style of [`HEAD`] by its hash, as the policy of `pages` for such pages does, and nothing else.
const POLICY: &str = "default-src 'none'; \
    style-src 'sha256-J95gV4/WvhMFE4+oaLIM62D74TEf5+niS41pZsMurM0='; form-action 'none'; \
    frame-ancestors 'none'; base-uri 'none'";

/// Where programs ask; everything else is a page of a person.
const API: &[u8] = b"/api/";
/// The bytes of a request in which its path begins.
const START: usize = 64;

/// What programs are told of a suspended tenant, in the form of its engine's refusals.
const SUSPENDED: &str = r#"{"code":"TENANT_SUSPENDED","message":"This application is suspended"}"#;

impl Refusal {
    fn response(self, wants_json: bool) -> String {
        let (status, title, text, more) = match self {
            Self::BadRequest | Self::Nameless => {
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
            Self::Suspended => (
                "503 Service Unavailable",
                "Sign-in is switched off for now",
                "The people who run this application have paused it. Nothing of yours is lost; you do not have to do \
                 anything. Please come back later, or ask them.",
                "Retry-After: 3600\r\n",
            ),
        };
        let (kind, body) = if self == Self::Suspended && wants_json {
            ("application/json", SUSPENDED.to_owned())
        } else {
            let page = format!(
                "<!doctype html>\n<html lang=\"en\" dir=\"ltr\">\n<head>\n{HEAD}<title>{title}</title>\n</head>\n\
                 <body>\n<main>\n<h1>{title}</h1>\n<p>{text}</p>\n</main>\n</body>\n</html>\n"
            );
            ("text/html; charset=utf-8", page)
        };
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
             Cache-Control: no-store\r\nContent-Security-Policy: {POLICY}\r\n\
             X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n{more}Connection: close\r\n\r\n{body}",
            body.len()
        )
    }
}

/// RFC 8446 §6: an alert is a record of two bytes, fatal and why.
const ALERT: u8 = 21;
const FATAL: u8 = 2;

impl Refusal {
    /// The description of the alert that a client is told by who speaks TLS (RFC 8446 §6.2). There is none for a name whose
    /// server is away: an internal error is what clients try again after.
    fn alert(self) -> u8 {
        match self {
            Self::BadRequest => 50,                    // decode_error
            Self::Nameless | Self::UnknownHost => 112, // unrecognized_name, RFC 6066 §3
            Self::Unavailable => 80,                   // internal_error
            Self::Suspended => 49,                     // access_denied
        }
    }

    /// What is sent.
    async fn answer(self, stream: &TcpStream, kind: ListenerKind) -> Vec<u8> {
        match kind {
            // In clear: there are no keys yet. The version is what clients of all versions take (RFC 8446 §5.1).
            ListenerKind::Tls => vec![ALERT, 3, 3, 0, 2, FATAL, self.alert()],
            ListenerKind::Plain | ListenerKind::Redirect => {
                self.response(is_for_api(stream).await).into_bytes()
            }
        }
    }
}

/// Whether the request that is still in the socket asks for a path of the API.
async fn is_for_api(stream: &TcpStream) -> bool {
    let mut start = [0; START];
    let peeked = stream.peek(&mut start).await.unwrap_or_default();
    let mut words = start[..peeked].split(|byte| *byte == b' ');
    words.nth(1).is_some_and(|path| path.starts_with(API))
}

/// Answers and closes.
pub(crate) async fn refuse(mut stream: TcpStream, kind: ListenerKind, refusal: Refusal) {
    let _ = tokio::time::timeout(LINGER, async {
        let answer = refusal.answer(&stream, kind).await;
        stream.write_all(&answer).await?;
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
        tokio::spawn(refuse(stream, client.kind, refusal));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answered(request: &str, refusal: Refusal) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let mut answer = String::new();
        let reading = async {
            client.read_to_string(&mut answer).await.unwrap();
            drop(client);
        };
        tokio::join!(refuse(server, ListenerKind::Plain, refusal), reading);
        answer
    }

    #[tokio::test]
    async fn a_suspended_tenant_says_so_to_people_and_to_programs() {
        let page = answered("GET /sign-in HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Suspended).await;
        assert!(page.starts_with("HTTP/1.1 503 ") && page.contains("Content-Type: text/html"), "{page}");
        let json = answered("POST /api/auth/sign-in/email-otp HTTP/1.1\r\n\r\n", Refusal::Suspended).await;
        assert!(json.contains("Content-Type: application/json\r\n") && json.ends_with(SUSPENDED), "{json}");
        let unknown = answered("GET /api/auth/ok HTTP/1.1\r\n\r\n", Refusal::UnknownHost).await;
        assert!(unknown.starts_with("HTTP/1.1 404 ") && unknown.contains("text/html"), "{unknown}");
    }
}
