//! The few answers that the gateway gives itself, on connections that belong to nobody: pages in plain, alerts to who speaks
//! TLS.

use std::time::Duration;

use kiavi_base::Locale;
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

/// Why a person is let in nowhere, as a page tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnedAway {
    /// The request names no host, or several.
    NoHost,
    /// Nobody is served under its host.
    UnknownHost,
    /// Who is served there starts, or has too many visitors.
    Busy,
    /// An operator has switched it off.
    Suspended,
}

/// What people are shown who are turned away. Who starts the gateway has the pages: what they are made with knows how to make
/// keys, which this crate cannot reach.
#[derive(Debug, Clone, Copy)]
pub struct Pages {
    /// A whole page in a language.
    pub page: fn(TurnedAway, Locale) -> &'static str,
    /// Its Content-Security-Policy: no asset can be served here, so its style is in it.
    pub policy: &'static str,
}

/// Where programs ask; everything else is a page of a person.
const API: &str = "/api/";
/// The most bytes in which the path and the languages of a request are looked for; they are in the socket already, or never
/// will be.
const HEAD: usize = 4 * 1024;
/// The most header fields looked at.
const MAX_HEADERS: usize = 64;

/// What programs are told of a suspended tenant, in the form of its engine's refusals.
const SUSPENDED: &str = r#"{"code":"TENANT_SUSPENDED","message":"This application is suspended"}"#;

/// What a request that is refused tells of who made it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asker {
    is_program: bool,
    locale: Locale,
}

impl Asker {
    /// Looks at a head of HTTP/1.1, whole or not: of one that cannot be read it knows nothing.
    fn of(bytes: &[u8]) -> Self {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        if request.parse(bytes).is_err() {
            return Self::default();
        }
        let languages =
            request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("accept-language"));
        let languages = languages.and_then(|header| std::str::from_utf8(header.value).ok());
        Self {
            is_program: request.path.is_some_and(|path| path.starts_with(API)),
            locale: Locale::negotiate(languages.unwrap_or_default()),
        }
    }
}

impl Refusal {
    fn response(self, asker: &Asker, pages: Pages) -> String {
        let (status, why, more) = match self {
            Self::BadRequest | Self::Nameless => ("400 Bad Request", TurnedAway::NoHost, ""),
            Self::UnknownHost => ("404 Not Found", TurnedAway::UnknownHost, ""),
            Self::Unavailable => ("503 Service Unavailable", TurnedAway::Busy, "Retry-After: 2\r\n"),
            Self::Suspended => ("503 Service Unavailable", TurnedAway::Suspended, "Retry-After: 3600\r\n"),
        };
        let (kind, body) = if self == Self::Suspended && asker.is_program {
            ("application/json", SUSPENDED)
        } else {
            ("text/html; charset=utf-8", (pages.page)(why, asker.locale))
        };
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
             Cache-Control: no-store\r\nVary: Accept-Language\r\nContent-Security-Policy: {}\r\n\
             X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n{more}Connection: close\r\n\r\n{body}",
            body.len(),
            pages.policy
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
    async fn answer(self, stream: &TcpStream, kind: ListenerKind, pages: Pages) -> Vec<u8> {
        match kind {
            // In clear: there are no keys yet. The version is what clients of all versions take (RFC 8446 §5.1).
            ListenerKind::Tls => vec![ALERT, 3, 3, 0, 2, FATAL, self.alert()],
            ListenerKind::Plain | ListenerKind::Redirect => {
                let mut head = vec![0; HEAD];
                let peeked = stream.peek(&mut head).await.unwrap_or_default();
                self.response(&Asker::of(&head[..peeked]), pages).into_bytes()
            }
        }
    }
}

/// Answers and closes.
pub(crate) async fn refuse(mut stream: TcpStream, kind: ListenerKind, refusal: Refusal, pages: Pages) {
    let _ = tokio::time::timeout(LINGER, async {
        let answer = refusal.answer(&stream, kind, pages).await;
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
pub(crate) fn refuse_client(client: Client, refusal: Refusal, pages: Pages) {
    let Ok(stream) = client.stream.into_owned() else { return };
    if let Ok(stream) = TcpStream::from_std(stream.into()) {
        tokio::spawn(refuse(stream, client.kind, refusal, pages));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAGES: Pages = Pages {
        page: |why, locale| match (why, locale) {
            (TurnedAway::Suspended, Locale::De) => "<html lang=\"de\">Pause",
            (TurnedAway::Suspended, _) => "<html lang=\"en\">Paused",
            _ => "<html lang=\"en\">Away",
        },
        policy: "default-src 'none'",
    };

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
        tokio::join!(refuse(server, ListenerKind::Plain, refusal, PAGES), reading);
        answer
    }

    #[tokio::test]
    async fn a_suspended_tenant_says_so_to_people_and_to_programs() {
        let page = answered("GET /sign-in HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Suspended).await;
        assert!(page.starts_with("HTTP/1.1 503 ") && page.contains("Content-Type: text/html"), "{page}");
        assert!(page.contains("Content-Security-Policy: default-src 'none'\r\n"), "{page}");
        let json = answered("POST /api/auth/sign-in/email-otp HTTP/1.1\r\n\r\n", Refusal::Suspended).await;
        assert!(json.contains("Content-Type: application/json\r\n") && json.ends_with(SUSPENDED), "{json}");
        let unknown = answered("GET /api/auth/ok HTTP/1.1\r\n\r\n", Refusal::UnknownHost).await;
        assert!(unknown.starts_with("HTTP/1.1 404 ") && unknown.contains("text/html"), "{unknown}");
    }

    #[tokio::test]
    async fn people_are_told_in_the_language_that_they_accept() {
        let german = "GET / HTTP/1.1\r\nHost: a\r\naccept-LANGUAGE: ja, de-AT;q=0.8, en;q=0.3\r\n\r\n";
        let page = answered(german, Refusal::Suspended).await;
        assert!(page.ends_with("<html lang=\"de\">Pause"), "{page}");
        let length = "<html lang=\"de\">Pause".len();
        assert!(page.contains(&format!("Content-Length: {length}\r\n")), "{page}");
        for other in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nAccept-Language: ja\r\n\r\n",
            "no request\r\n",
        ] {
            assert!(
                answered(other, Refusal::Suspended).await.ends_with("<html lang=\"en\">Paused"),
                "{other}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            Asker::of(&bytes);
        }

        #[test]
        fn half_a_head_says_no_more_than_the_whole(languages in "[a-z,;=0-9-]{0,40}", cut in 0_usize..200) {
            let head = format!("GET /api/auth/ok HTTP/1.1\r\nHost: a\r\nAccept-Language: {languages}\r\n\r\n");
            let part = Asker::of(&head.as_bytes()[..cut.min(head.len())]);
            let whole = Asker::of(head.as_bytes());
            prop_assert!(whole.is_program && whole.locale == Locale::negotiate(&languages));
            prop_assert!(part.locale == Locale::En || part.locale == whole.locale);
        }
    }
}
