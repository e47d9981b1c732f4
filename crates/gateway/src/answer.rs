//! The few answers that the gateway gives itself, on connections that belong to nobody: pages in plain, alerts to who speaks
//! TLS.

use std::time::Duration;

use kiavi_base::Locale;
use kiavi_ipc::door::ListenerKind;
use kiavi_pages::{BARE_CONTENT_SECURITY_POLICY, Page, TurnedAway, TurnedAwayBecause};
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

/// Where programs ask; everything else is a page of a person.
const API: &[u8] = b"/api/";
/// The header that tells a reader's languages (RFC 9110 §12.5.4).
const LANGUAGES: &str = "accept-language";
/// The bytes of a request that are looked at: what browsers send before their cookies.
const START: usize = 4096;
/// Headers that are looked at.
const MAX_HEADERS: usize = 64;

/// What programs are told of a suspended tenant, in the form of its engine's refusals.
const SUSPENDED: &str = r#"{"code":"TENANT_SUSPENDED","message":"This application is suspended"}"#;

/// What is known of who is turned away: as much of their request as has arrived.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    /// Whether a program asks.
    is_for_api: bool,
    locale: Locale,
}

impl Asked {
    /// Reads the beginning of a request, however broken it is.
    fn read(request: &[u8]) -> Self {
        let is_for_api = request.split(|byte| *byte == b' ').nth(1).is_some_and(|path| path.starts_with(API));
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        // What did arrive whole counts, whatever comes behind it.
        let _ = parsed.parse(request);
        let languages = parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case(LANGUAGES));
        let languages = languages.and_then(|header| std::str::from_utf8(header.value).ok());
        Self { is_for_api, locale: languages.map(Locale::negotiate).unwrap_or_default() }
    }
}

impl Refusal {
    fn response(self, asked: &Asked) -> String {
        let (status, why, more) = match self {
            Self::BadRequest | Self::Nameless => ("400 Bad Request", TurnedAwayBecause::NoHost, ""),
            Self::UnknownHost => ("404 Not Found", TurnedAwayBecause::UnknownHost, ""),
            Self::Unavailable => ("503 Service Unavailable", TurnedAwayBecause::Busy, "Retry-After: 2\r\n"),
            Self::Suspended => {
                ("503 Service Unavailable", TurnedAwayBecause::Suspended, "Retry-After: 3600\r\n")
            }
        };
        let (kind, body) = if self == Self::Suspended && asked.is_for_api {
            ("application/json", SUSPENDED.to_owned())
        } else {
            ("text/html; charset=utf-8", TurnedAway { locale: asked.locale, why }.html())
        };
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
             Cache-Control: no-store\r\nVary: Accept-Language\r\n\
             Content-Security-Policy: {BARE_CONTENT_SECURITY_POLICY}\r\n\
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
            ListenerKind::Plain | ListenerKind::Redirect => self.response(&asked(stream).await).into_bytes(),
        }
    }
}

/// What the request that is still in the socket tells.
async fn asked(stream: &TcpStream) -> Asked {
    let mut start = [0; START];
    let peeked = stream.peek(&mut start).await.unwrap_or_default();
    Asked::read(&start[..peeked])
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

    #[tokio::test]
    async fn a_page_is_in_the_language_of_its_reader_and_goes_on_by_itself_only_where_that_helps() {
        let request = "GET /sign-in HTTP/1.1\r\nHost: a\r\nAccept-Language: de-DE,en;q=0.5\r\n\r\n";
        let busy = answered(request, Refusal::Unavailable).await;
        assert!(busy.contains("<html lang=\"de\"") && busy.contains("http-equiv=\"refresh\""), "{busy}");
        let suspended = answered(request, Refusal::Suspended).await;
        assert!(suspended.contains("<html lang=\"de\"") && !suspended.contains("refresh"), "{suspended}");
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_arrives_breaks_the_answer(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
            let told = Refusal::Unavailable.response(&Asked::read(&bytes));
            proptest::prop_assert!(told.starts_with("HTTP/1.1 503 ") && told.trim_end().ends_with("</html>"));
        }
    }
}
