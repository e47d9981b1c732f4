//! What reverse proxies say about whom a request came from, nearest first.
//!
//! Everything here was written by somebody else, and all of it but the end may have been written by the client. So it is
//! read from the right, line by line, and what cannot be read ends the reading: nothing further left is looked at.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::{Deserialize, Serialize};

/// The header in which reverse proxies tell whom a request came from. One of the two counts and the other is not read:
/// a proxy that writes one may pass on what the client has put into the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`: addresses with commas between them, each proxy's at the end.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239), of which `for` is read.
    Forwarded,
}

impl ForwardedHeader {
    /// The stable text form, as a configuration spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }

    /// The addresses that were told, the nearest proxy's first. It ends where there is something else than an address.
    pub(crate) fn hops(self, headers: &HeaderMap) -> Box<dyn Iterator<Item = IpAddr> + '_> {
        let name = match self {
            Self::XForwardedFor => HeaderName::from_static("x-forwarded-for"),
            Self::Forwarded => header::FORWARDED,
        };
        // Several lines are one list (RFC 9110 §5.3). Each must be well formed by itself, so that what a client has sent in
        // a line of its own cannot reach into the proxy's.
        let lines: Vec<&HeaderValue> = headers.get_all(name).iter().collect();
        let hops = lines.into_iter().rev().flat_map(move |line| {
            let line = line.to_str().unwrap_or_default();
            match self {
                Self::XForwardedFor => line.rsplit(',').map(address).collect::<Vec<_>>(),
                Self::Forwarded => match elements(line) {
                    Some(elements) => elements.iter().rev().map(|node| address(node.as_deref()?)).collect(),
                    None => vec![None],
                },
            }
        });
        Box::new(hops.map_while(|hop| hop))
    }
}

/// An address, with a port or without; an IPv6 address may be in brackets and must be where a port follows
/// (RFC 7239 §6). `unknown` and what begins with an underscore are no addresses.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim_matches([' ', '\t']);
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip().to_canonical());
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => text.split_at(text.find(':')?),
    };
    let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_obfuscated);
    let address: IpAddr = host.parse().ok()?;
    (is_port && address.is_ipv6() == text.starts_with('[')).then(|| address.to_canonical())
}

/// A port that is not told (RFC 7239 §6): `_` and letters, digits, dots, underscores, hyphens.
fn is_obfuscated(port: &str) -> bool {
    port.strip_prefix('_').is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    })
}

/// What `for` is in each element of a line of `Forwarded`, if it says so; `None`: the line is malformed (RFC 7239 §4).
fn elements(line: &str) -> Option<Vec<Option<String>>> {
    let mut rest = line.trim_matches([' ', '\t']);
    let mut elements = Vec::new();
    loop {
        let mut names: Vec<String> = Vec::new();
        let mut node = None;
        loop {
            let (name, after) = token(rest)?;
            let name = name.to_ascii_lowercase();
            let (value, after) = value(after.strip_prefix('=')?)?;
            // §4: each parameter once in an element at most.
            if names.contains(&name) {
                return None;
            }
            if name == "for" {
                node = Some(value);
            }
            names.push(name);
            match after.strip_prefix(';') {
                Some(more) => rest = more,
                None => {
                    rest = after;
                    break;
                }
            }
        }
        elements.push(node);
        rest = rest.trim_start_matches([' ', '\t']);
        if rest.is_empty() {
            return Some(elements);
        }
        rest = rest.strip_prefix(',')?.trim_start_matches([' ', '\t']);
    }
}

/// A token (RFC 9110 §5.6.2) and what follows it.
fn token(text: &str) -> Option<(&str, &str)> {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let end = text.find(|c| !is_of_token(c)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// A token or a quoted string (RFC 9110 §5.6.4) without its quotes, and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        return token(text).map(|(value, rest)| (value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hops(header: ForwardedHeader, lines: &[&str]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header.as_str(), line.parse().unwrap());
        }
        header.hops(&headers).map(|address| address.to_string()).collect()
    }

    fn forwarded(lines: &[&str]) -> Vec<String> {
        hops(ForwardedHeader::Forwarded, lines)
    }

    #[test]
    fn the_examples_of_the_standard_are_read() {
        // RFC 7239 §4, §6.1, §7.1, §7.4.
        assert_eq!(forwarded(&["for=192.0.2.60;proto=http;by=203.0.113.43"]), ["192.0.2.60"]);
        assert_eq!(forwarded(&["For=\"[2001:db8:cafe::17]:4711\""]), ["2001:db8:cafe::17"]);
        assert_eq!(
            forwarded(&["for=192.0.2.43, for=198.51.100.17;by=203.0.113.60;proto=http;host=example.com"]),
            ["198.51.100.17", "192.0.2.43"]
        );
        assert_eq!(
            forwarded(&["for=192.0.2.43, for=\"[2001:db8:cafe::17]\"", "for=\"192.0.2.1:_x\""]),
            ["192.0.2.1", "2001:db8:cafe::17", "192.0.2.43"]
        );
        assert_eq!(
            forwarded(&["for=\"192.0.2.43:47011\",for=\"\\192.0.2.44\""]),
            ["192.0.2.44", "192.0.2.43"]
        );
    }

    #[test]
    fn what_is_no_address_ends_the_reading() {
        for hidden in
            ["for=unknown", "for=_hidden", "for=_SEVKISEK", "by=203.0.113.43", "for=\"\"", "for=a.example"]
        {
            assert_eq!(
                forwarded(&[&format!("for=6.6.6.6, {hidden}, for=192.0.2.1")]),
                ["192.0.2.1"],
                "{hidden}"
            );
        }
        for malformed in [
            "",
            "for",
            "for=",
            "for=1.2.3.4;",
            "for=1.2.3.4; proto=http",
            "for = 1.2.3.4",
            "for=1.2.3.4,",
            ",for=1.2.3.4",
            "for=[::1]",
            "for=1.2.3.4;for=1.2.3.5",
            "for=\"1.2.3.4",
            "for=\"1.2.3.4\"x",
            "for=\"1.2.3.4\\",
        ] {
            let lines = ["for=6.6.6.6", malformed, "for=192.0.2.1"];
            assert_eq!(forwarded(&lines), ["192.0.2.1"], "{malformed}");
        }
    }

    #[test]
    fn ports_are_left_out_and_brackets_are_for_ipv6() {
        let hops = |line: &str| hops(ForwardedHeader::XForwardedFor, &[line]);
        assert_eq!(hops("192.0.2.1:80, [2001:db8::1]:443,[2001:db8::2], 2001:db8::3").len(), 4);
        for not_an_address in
            ["[192.0.2.1]", "192.0.2.1:", "192.0.2.1:x", "[2001:db8::1", "2001:db8::1]:1", "192.0.2.01"]
        {
            assert_eq!(hops(not_an_address), [""; 0], "{not_an_address}");
        }
    }

    /// What a client may send: anything that a header can hold, and much that looks like what is read here.
    fn from_the_client() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ -~]{0,60}",
            "(for=|For=|by=|;|,|, |\"|\\\\|6\\.6\\.6\\.6|\\[2001:db8:6::6\\]|_x|unknown|:80){0,12}",
        ]
    }

    /// How the last proxy, which is ours, tells an address.
    fn told(client: IpAddr, form: u8) -> String {
        match (client, form % 3) {
            (IpAddr::V6(_), _) => format!("for=\"[{client}]\""),
            (_, 0) => format!("for={client}"),
            (_, 1) => format!("for=\"{client}:4711\";proto=https"),
            (_, _) => format!("proto=https;for={client};by=_edge"),
        }
    }

    proptest! {
        #[test]
        fn nothing_that_a_client_sends_comes_before_what_the_proxy_tells(
            sent in from_the_client(), own in any::<bool>(), v6 in any::<bool>(), form: u8, bits: u32,
        ) {
            let client: IpAddr = if v6 {
                std::net::Ipv6Addr::from_bits(0x2001_0db8_u128 << 96 | u128::from(bits)).into()
            } else {
                std::net::Ipv4Addr::from_bits(bits).into()
            };
            let client = client.to_canonical();
            // Appended to the client's line, or in a line of its own.
            let appended = |separator: &str, told: String| match own {
                true => vec![sent.clone(), told],
                false => vec![format!("{sent}{separator}{told}")],
            };
            let read = |header: ForwardedHeader, lines: Vec<String>| {
                let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                hops(header, &lines).first().cloned()
            };
            let plain = read(ForwardedHeader::XForwardedFor, appended(", ", client.to_string()));
            prop_assert_eq!(plain, Some(client.to_string()));
            // A quote that the client leaves open makes the whole line unreadable, which tells nothing.
            let standard = read(ForwardedHeader::Forwarded, appended(", ", told(client, form)));
            prop_assert!(standard.is_none() || standard == Some(client.to_string()), "{standard:?}");
            if own {
                prop_assert_eq!(standard, Some(client.to_string()));
            }
        }

        #[test]
        fn no_line_panics(line in "\\PC{0,200}") {
            address(&line);
            elements(&line);
        }
    }
}
