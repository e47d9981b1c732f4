//! What people's browsers meet: names that lead here, and certificates that are good for some time.
//!
//! Seen from this machine, which is not everywhere: a name server elsewhere may answer otherwise, and not every router
//! leads a machine to its own public address.

use std::io;
use std::net::{IpAddr, UdpSocket};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use kiavi_base::{Clock, Rng, SystemClock};
use kiavi_control::not_after;
use kiavi_crypto::SystemRng;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::config::Config;
use crate::doctor::{Finding, Verdict};
use crate::tls::{self, TlsError};

const DNS: &str = "DNS";
const CERTIFICATE: &str = "Certificate";

/// How long one server may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where browsers come.
const PORT: u16 = 443;

/// Days of a certificate below which whoever renews it is late: it is usual to renew 30 days before the end.
const LATE_DAYS: i64 = 14;

/// A host that browsers come to, and what it answers at which path with 200.
struct Door {
    host: String,
    path: &'static str,
    what: &'static str,
}

/// Everything about the names of an instance with this configuration.
pub(crate) async fn findings(config: &Config) -> Vec<Finding> {
    let domain = &config.domain;
    let console =
        domain.console.as_ref().map_or_else(|| format!("console.{}", domain.tenants), ToString::to_string);
    let mut chance = [0; 4];
    SystemRng.fill(&mut chance);
    let any = format!("doctor-{:08x}.{}", u32::from_ne_bytes(chance), domain.tenants);
    let doors = [
        Door { host: console, path: "/v1/openapi.json", what: "the console" },
        Door { host: format!("id.{}", domain.tenants), path: "/api/auth/ok", what: "the console's sign-in" },
        // No tenant is called that, so its answer is not asked for.
        Door { host: any, path: "", what: "any tenant" },
    ];
    let all = join_all(doors.iter().map(look)).await;
    all.into_iter().flatten().collect()
}

/// Why a name has no address.
enum NoAddress {
    /// There is no such name.
    Unknown,
    /// Nobody could be asked.
    Unasked(String),
}

async fn look(door: &Door) -> Vec<Finding> {
    let found = match timeout(PATIENCE, lookup_host((door.host.as_str(), PORT))).await {
        Ok(Ok(addresses)) => Ok(addresses.map(|address| address.ip()).collect::<Vec<_>>()),
        Ok(Err(error)) => Err(no_address(&error)),
        Err(_) => Err(NoAddress::Unasked("no name server answers".to_owned())),
    };
    let found = found.and_then(|found| if found.is_empty() { Err(NoAddress::Unknown) } else { Ok(found) });
    let dns = dns_finding(door, &found, is_ours);
    if found.is_err() {
        let detail = format!("{}: not checked, its name leads nowhere", door.host);
        return vec![dns, Finding::new(CERTIFICATE, Verdict::Unchecked, detail)];
    }
    let seen = timeout(PATIENCE, visit(door)).await;
    let seen = seen.unwrap_or_else(|_| Err(Trouble::Silent("no answer within 5 s".to_owned())));
    vec![dns, certificate_finding(door, &seen, SystemClock.now())]
}

/// The resolver says it in words only.
fn no_address(error: &io::Error) -> NoAddress {
    let text = error.to_string();
    if text.contains("Temporary failure") {
        NoAddress::Unasked("no name server answers".to_owned())
    } else {
        NoAddress::Unknown
    }
}

/// Whether this machine has the address: only one's own can be bound to.
fn is_ours(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

fn dns_finding(
    door: &Door,
    found: &Result<Vec<IpAddr>, NoAddress>,
    is_ours: impl Fn(IpAddr) -> bool,
) -> Finding {
    let Door { host, what, .. } = door;
    match found {
        Ok(addresses) => {
            let told = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let (verdict, where_to) = match addresses.iter().filter(|address| is_ours(**address)).count() {
                0 => (
                    Verdict::Warning,
                    "no address of this machine: right if something in front of it passes on what comes there",
                ),
                count if count == addresses.len() => (Verdict::Ok, "this machine"),
                _ => (
                    Verdict::Warning,
                    "this machine and another: whoever comes to the other must be passed on",
                ),
            };
            Finding::new(DNS, verdict, format!("{host} ({what}) leads to {told}, {where_to}"))
        }
        Err(NoAddress::Unknown) => {
            let parent = host.split_once('.').map_or(host.as_str(), |(_, parent)| parent);
            let detail = format!(
                "{host} ({what}) has no address: have *.{parent} lead to this machine (A and AAAA records)"
            );
            Finding::new(DNS, Verdict::Missing, detail)
        }
        Err(NoAddress::Unasked(why)) => {
            Finding::new(DNS, Verdict::Unchecked, format!("{host} ({what}): not checked, {why}"))
        }
    }
}

/// What a visit has shown.
struct Seen {
    /// Until when its certificate is good.
    not_after: Option<Timestamp>,
    /// What was answered, if anything was asked.
    status: Option<StatusCode>,
}

/// Why there was nothing to see.
enum Trouble {
    /// The certificate is not to be believed.
    Untrusted(String),
    /// Nothing answers.
    Silent(String),
}

async fn visit(door: &Door) -> Result<Seen, Trouble> {
    let silent = |error: &dyn std::fmt::Display| Trouble::Silent(error.to_string());
    let stream = TcpStream::connect((door.host.as_str(), PORT)).await.map_err(|error| silent(&error))?;
    let stream = tls::connect(stream, &door.host, None).await.map_err(|error| match error {
        TlsError::Untrusted(error) => Trouble::Untrusted(error.to_string()),
        error => silent(&error),
    })?;
    let certificates = stream.get_ref().1.peer_certificates();
    let not_after = certificates.and_then(|all| not_after(all.first()?));
    if door.path.is_empty() {
        return Ok(Seen { not_after, status: None });
    }
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| silent(&error))?;
    tokio::spawn(connection);
    let request = Request::get(door.path).header(HOST, &door.host).body(Empty::<Bytes>::new());
    let request = request.map_err(|error| silent(&error))?;
    let response = sender.send_request(request).await.map_err(|error| silent(&error))?;
    Ok(Seen { not_after, status: Some(response.status()) })
}

fn certificate_finding(door: &Door, seen: &Result<Seen, Trouble>, now: Timestamp) -> Finding {
    let host = &door.host;
    let (verdict, detail) = match seen {
        Err(Trouble::Silent(why)) => (
            Verdict::Missing,
            format!(
                "nothing speaks TLS at {host}:{PORT} ({why}): start the reverse proxy, or open the firewall"
            ),
        ),
        Err(Trouble::Untrusted(why)) => (
            Verdict::Missing,
            format!("browsers will not believe {host} ({why}): give the reverse proxy another certificate"),
        ),
        Ok(Seen { status: Some(status), .. }) if *status != StatusCode::OK => (
            Verdict::Missing,
            format!(
                "{host} answers {}, and a Kiavi does not: have the reverse proxy pass it on, with Host as it is",
                status.as_u16()
            ),
        ),
        Ok(Seen { not_after: None, .. }) => {
            (Verdict::Ok, format!("{host}: believed; its end cannot be read"))
        }
        Ok(Seen { not_after: Some(end), .. }) => {
            let days = end.duration_since(now).as_secs() / 86_400;
            let until = format!("{host}: good for {days} days, until {end}");
            match days {
                ..LATE_DAYS => (Verdict::Warning, format!("{until}: see why it was not renewed")),
                _ => (Verdict::Ok, until),
            }
        }
    };
    Finding::new(CERTIFICATE, verdict, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door() -> Door {
        Door { host: "console.auth.example".to_owned(), path: "/", what: "the console" }
    }

    fn dns(found: Result<&[&str], NoAddress>) -> Finding {
        let found = found.map(|all| all.iter().map(|one| one.parse().unwrap()).collect());
        dns_finding(&door(), &found, |address: IpAddr| address.to_string() == "192.0.2.1")
    }

    #[test]
    fn a_name_must_lead_here() {
        assert_eq!(dns(Ok(&["192.0.2.1"])).verdict, Verdict::Ok);
        assert_eq!(dns(Ok(&["192.0.2.1", "192.0.2.2"])).verdict, Verdict::Warning);
        assert_eq!(dns(Ok(&["192.0.2.2"])).verdict, Verdict::Warning);
        let unknown = dns(Err(NoAddress::Unknown));
        assert_eq!(unknown.verdict, Verdict::Missing);
        assert!(unknown.detail.contains("*.auth.example"), "{}", unknown.detail);
        let unasked = dns(Err(NoAddress::Unasked("no name server answers".to_owned())));
        assert_eq!(unasked.verdict, Verdict::Unchecked);
        assert!(is_ours("127.0.0.1".parse().unwrap()) && !is_ours("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn a_certificate_must_be_believed_and_last() {
        let now: Timestamp = "2026-11-26T12:00:00Z".parse().unwrap();
        let found = |seen: Result<Seen, Trouble>| certificate_finding(&door(), &seen, now);
        let until = |end: &str, status| Ok(Seen { not_after: Some(end.parse().unwrap()), status });
        let good = found(until("2027-01-25T13:00:00Z", Some(StatusCode::OK)));
        assert_eq!(good.verdict, Verdict::Ok);
        assert!(good.detail.contains("60 days"), "{}", good.detail);
        assert_eq!(found(until("2026-12-10T11:00:00Z", None)).verdict, Verdict::Warning);
        let other = found(until("2027-01-25T13:00:00Z", Some(StatusCode::NOT_FOUND)));
        assert_eq!(other.verdict, Verdict::Missing);
        assert_eq!(found(Err(Trouble::Untrusted("expired".to_owned()))).verdict, Verdict::Missing);
        assert_eq!(found(Err(Trouble::Silent("refused".to_owned()))).verdict, Verdict::Missing);
    }
    #[test]
    fn the_end_of_a_certificate_is_read() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["auth.example".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2050, 3, 7);
        let certificate = params.self_signed(&key).unwrap();
        assert_eq!(not_after(certificate.der()).unwrap().to_string(), "2050-03-07T00:00:00Z");
        assert_eq!(not_after(b"no certificate"), None);
    }
}
