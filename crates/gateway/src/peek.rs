//! Whose connection is it? Decided from its first bytes, which stay in the socket.

use kiavi_base::Hostname;

/// The most bytes looked at.
pub(crate) const MAX_PEEK_BYTES: usize = 16 * 1024;

/// The most header fields looked at.
const MAX_HEADERS: usize = 64;

/// What the first bytes say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Glance {
    /// The name is not complete yet.
    Unfinished,
    /// The host that the client wants.
    Host(Hostname),
    /// A client that says how it speaks TLS, and not with whom.
    Nameless,
    /// Neither a request that names exactly one host, nor a ClientHello.
    Unusable,
}

/// Reads the host from the head of an HTTP/1.1 request.
///
/// The head must name its host once (RFC 9112 §3.2), in origin-form: an absolute-form target could name a
/// second one. The destination checks the host of every request again; this is only the first.
pub(crate) fn glance(bytes: &[u8]) -> Glance {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) if bytes.len() < MAX_PEEK_BYTES => return Glance::Unfinished,
        _ => return Glance::Unusable,
    }
    if !request.path.is_some_and(|target| target.starts_with('/') || target == "*") {
        return Glance::Unusable;
    }
    let mut hosts = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
    match (hosts.next().and_then(|host| hostname(host.value)), hosts.next()) {
        (Some(host), None) => Glance::Host(host),
        _ => Glance::Unusable,
    }
}

/// The name of a `Host` field's value, without its port (RFC 9110 §7.2).
fn hostname(value: &[u8]) -> Option<Hostname> {
    let value = std::str::from_utf8(value).ok()?;
    let name = match value.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        Some(_) => return None,
        None => value,
    };
    name.to_ascii_lowercase().parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn host(text: &str) -> Glance {
        glance(format!("GET /a HTTP/1.1\r\n{text}\r\n\r\n").as_bytes())
    }

    fn found(name: &str) -> Glance {
        Glance::Host(name.parse().unwrap())
    }

    #[test]
    fn the_host_field_decides() {
        assert_eq!(host("Host: demo.localhost"), found("demo.localhost"));
        assert_eq!(host("Accept: */*\r\nhOST: DEMO.localhost:8080"), found("demo.localhost"));
    }

    #[test]
    fn a_request_that_names_no_host_or_two_is_unusable() {
        for head in
            ["Accept: */*", "Host: a.test\r\nHost: b.test", "Host: a.test, b.test", "Host:", "Host: a:b"]
        {
            assert_eq!(host(head), Glance::Unusable, "{head}");
        }
        for text in [
            "GET http://a.test/ HTTP/1.1\r\nHost: b.test\r\n\r\n",
            "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n",
        ] {
            assert_eq!(glance(text.as_bytes()), Glance::Unusable, "{text}");
        }
    }

    #[test]
    fn an_unfinished_head_waits_until_it_is_too_long() {
        assert_eq!(glance(b"GET / HTTP/1.1\r\nHost: demo.loc"), Glance::Unfinished);
        let mut long = b"GET / HTTP/1.1\r\nX: ".to_vec();
        long.resize(MAX_PEEK_BYTES, b'x');
        assert_eq!(glance(&long), Glance::Unusable);
        assert_eq!(glance(b"\x16\x03\x01\x02\x00"), Glance::Unusable);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
            glance(&bytes);
        }

        #[test]
        fn an_answer_never_changes_with_more_bytes(head in "(GET|POST) /[a-z]{0,9} HTTP/1.1\r\n(Host: [a-z]{1,9}(:[0-9]{1,5})?\r\n){0,2}([A-Z]: [a-z]{0,9}\r\n){0,3}\r\n[a-z]{0,20}") {
            let mut answer = Glance::Unfinished;
            for end in 0..=head.len() {
                let now = glance(&head.as_bytes()[..end]);
                prop_assert!(answer == Glance::Unfinished || answer == now);
                answer = now;
            }
        }
    }
}
