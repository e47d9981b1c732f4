//! Which address a request is counted and recorded under.

use std::net::IpAddr;

use axum::http::HeaderMap;
use kiavi_base::{Network, network_of};
use serde::{Deserialize, Serialize};

use crate::ForwardedHeader;

/// Hops of a header that are read; what lies further left is ignored.
const MAX_HOPS: usize = 32;

/// The reverse proxies whose word is taken for whom a request came from. Empty by default: then nobody's is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrustedProxies(pub Vec<Network>);

impl TrustedProxies {
    /// Whether one of the blocks is all of a family: then everybody is believed, which is as if nobody counted.
    pub fn is_everybody(&self) -> bool {
        self.0.iter().any(Network::is_everybody)
    }

    /// Whether this is the address of one.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

/// The reverse proxies in front of an instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// Which they are.
    pub proxies: TrustedProxies,
    /// In which header they tell whom a request came from.
    pub header: ForwardedHeader,
}

impl Edge {
    /// See [`client_address`].
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        client_address(peer, headers, &self.proxies, self.header)
    }
}

/// The client's address: the peer, or, only when the peer is a trusted proxy, the right-most hop of the header that is
/// not one. A malformed hop ends the search: what was found so far counts, so that garbage can never choose an address,
/// and nobody is without one.
pub fn client_address(
    peer: IpAddr,
    headers: &HeaderMap,
    proxies: &TrustedProxies,
    header: ForwardedHeader,
) -> IpAddr {
    let mut client = peer.to_canonical();
    if proxies.0.is_empty() || !proxies.contains(client) {
        return client;
    }
    for hop in header.hops(headers).take(MAX_HOPS) {
        client = hop;
        if !proxies.contains(client) {
            break;
        }
    }
    client
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
        let header = ForwardedHeader::XForwardedFor;
        client_address(peer.parse().unwrap(), &forwarded(lines), &proxies, header).to_string()
    }

    #[test]
    fn of_two_headers_the_one_that_is_configured_counts() {
        let mut headers = forwarded(&["203.0.113.9"]);
        headers.append("forwarded", "for=\"[2001:db8::9]\"".parse().unwrap());
        let proxies = TrustedProxies(vec!["10.0.0.0/8".parse().unwrap()]);
        let by = |header| client_address([10, 0, 0, 1].into(), &headers, &proxies, header).to_string();
        assert_eq!(by(ForwardedHeader::XForwardedFor), "203.0.113.9");
        assert_eq!(by(ForwardedHeader::Forwarded), "2001:db8::9");
        headers.remove("forwarded");
        let by = |header| client_address([10, 0, 0, 1].into(), &headers, &proxies, header).to_string();
        assert_eq!(by(ForwardedHeader::Forwarded), "10.0.0.1", "the other one does not stand in");
    }

    #[test]
    fn everybody_is_no_proxy() {
        let all =
            |blocks: &[&str]| TrustedProxies(blocks.iter().map(|block| block.parse().unwrap()).collect());
        assert!(all(&["10.0.0.0/8", "0.0.0.0/0"]).is_everybody() && all(&["::/0"]).is_everybody());
        assert!(all(&["::ffff:0:0/96"]).is_everybody(), "all of IPv4");
        assert!(!all(&["10.0.0.0/8", "2001:db8::/32"]).is_everybody() && !all(&[]).is_everybody());
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
    }

    proptest! {
        #[test]
        fn no_header_panics(peer: u32, line in "[ -~]{0,200}") {
            let proxies = TrustedProxies(vec!["0.0.0.0/0".parse().unwrap()]);
            let header = ForwardedHeader::XForwardedFor;
            client_address(std::net::Ipv4Addr::from_bits(peer).into(), &forwarded(&[&line]), &proxies, header);
        }
    }
}
