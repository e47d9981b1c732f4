//! Which address a request is counted and recorded under.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::HeaderMap;
use kiavi_base::Network;
use serde::{Deserialize, Serialize};

/// Bits of an IPv6 address that name one customer's network; the rest is theirs to vary (RFC 6177 §2).
const IPV6_NETWORK_BITS: u32 = 64;
/// Hops of `X-Forwarded-For` that are read; what lies further left is ignored.
const MAX_HOPS: usize = 32;

/// The reverse proxies whose `X-Forwarded-For` is believed. Empty by default: then nobody's is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrustedProxies(pub Vec<Network>);

impl TrustedProxies {
    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

/// The client's address: the peer, or, only when the peer is a trusted proxy, the right-most hop of
/// `X-Forwarded-For` that is not one. A malformed hop ends the search: what was found so far counts, so that
/// garbage can never choose an address.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &TrustedProxies) -> IpAddr {
    let mut client = peer.to_canonical();
    if proxies.0.is_empty() || !proxies.contains(client) {
        return client;
    }
    let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
    let hops = lines.iter().rev().flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
    for hop in hops.take(MAX_HOPS) {
        let Ok(address) = hop.trim_matches([' ', '\t']).parse::<IpAddr>() else { break };
        client = address.to_canonical();
        if !proxies.contains(client) {
            break;
        }
    }
    client
}

/// The network that limits count: an IPv4 address as it is, an IPv6 address cut to its /64.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << (128 - IPV6_NETWORK_BITS))))
        }
        v4 => v4,
    }
}

/// The form Better Auth stores with a session: IPv4 dotted; IPv6 cut to its /64, all eight groups written out.
pub fn expanded(address: IpAddr) -> String {
    match network_of(address) {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => v6.segments().map(|group| format!("{group:04x}")).join(":"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn forwarded(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        headers
    }

    fn resolve(peer: &str, lines: &[&str], proxies: &[&str]) -> String {
        let proxies = TrustedProxies(proxies.iter().map(|p| p.parse().unwrap()).collect());
        client_address(peer.parse().unwrap(), &forwarded(lines), &proxies).to_string()
    }

    #[test]
    fn an_untrusted_peer_cannot_name_its_address() {
        assert_eq!(resolve("198.51.100.7", &["203.0.113.9"], &[]), "198.51.100.7");
        assert_eq!(resolve("198.51.100.7", &["203.0.113.9"], &["10.0.0.0/8"]), "198.51.100.7");
    }

    #[test]
    fn behind_trusted_proxies_the_last_untrusted_hop_counts() {
        let proxies = ["10.0.0.0/8", "2001:db8::/32"];
        assert_eq!(resolve("10.0.0.1", &["6.6.6.6, 203.0.113.9, 10.2.2.2"], &proxies), "203.0.113.9");
        assert_eq!(resolve("2001:db8::1", &["6.6.6.6", "203.0.113.9"], &proxies), "203.0.113.9");
        assert_eq!(resolve("::ffff:10.0.0.1", &["203.0.113.9"], &proxies), "203.0.113.9");
        assert_eq!(resolve("10.0.0.1", &["203.0.113.9, junk, 10.2.2.2"], &proxies), "10.2.2.2");
        assert_eq!(resolve("10.0.0.1", &[], &proxies), "10.0.0.1");
    }

    #[test]
    fn ipv6_counts_by_its_network_and_is_written_out() {
        assert_eq!(
            expanded("2001:db8:1:2:3:4:5:6".parse().unwrap()),
            "2001:0db8:0001:0002:0000:0000:0000:0000"
        );
        assert_eq!(expanded("::ffff:192.0.2.1".parse().unwrap()), "192.0.2.1");
        let (a, b) = ("2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap());
        assert_eq!(network_of(a), network_of(b));
    }

    proptest! {
        #[test]
        fn no_header_panics(peer: u32, line in "[ -~]{0,200}") {
            let proxies = TrustedProxies(vec!["0.0.0.0/0".parse().unwrap()]);
            client_address(std::net::Ipv4Addr::from_bits(peer).into(), &forwarded(&[&line]), &proxies);
        }
    }
}
