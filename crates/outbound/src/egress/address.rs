//! Which addresses an engine may be connected to: the ones of the public Internet.
//!
//! The tables are the IANA registries of special-purpose addresses (RFC 6890): what is not globally reachable
//! there is refused, and so is what carries an IPv4 address in an IPv6 one, by which the rules for the former
//! could be got round.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far a tenant reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Servers of the public Internet.
    Public,
    /// Servers of private networks and this machine as well.
    Private,
}

/// Whether a connection to `address` may be made.
pub(super) fn is_reachable(address: IpAddr, reach: Reach) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address) || (reach == Reach::Private && is_private_v4(address)),
        IpAddr::V6(address) => is_public_v6(address) || (reach == Reach::Private && is_private_v6(address)),
    }
}

/// A network: an address and the number of its leading bits.
type V4 = ([u8; 4], u32);
type V6 = ([u16; 8], u32);

/// Private networks, which some tenants may reach. Not 169.254.0.0/16: no server of a tenant's has a link-local
/// address, but the metadata services of clouds do.
const PRIVATE_V4: &[V4] = &[
    ([10, 0, 0, 0], 8),     // RFC 1918
    ([100, 64, 0, 0], 10),  // carrier-grade NAT, RFC 6598
    ([127, 0, 0, 0], 8),    // loopback, RFC 1122 §3.2.1.3
    ([172, 16, 0, 0], 12),  // RFC 1918
    ([192, 168, 0, 0], 16), // RFC 1918
];

/// What no tenant reaches.
const SPECIAL_V4: &[V4] = &[
    ([0, 0, 0, 0], 8),       // this network, RFC 791 §3.2
    ([169, 254, 0, 0], 16),  // link-local, RFC 3927
    ([192, 0, 0, 0], 24),    // protocol assignments, RFC 6890 §2.1
    ([192, 0, 2, 0], 24),    // documentation, RFC 5737
    ([192, 88, 99, 0], 24),  // relays to 6to4, RFC 7526
    ([198, 18, 0, 0], 15),   // benchmarks, RFC 2544
    ([198, 51, 100, 0], 24), // documentation, RFC 5737
    ([203, 0, 113, 0], 24),  // documentation, RFC 5737
    ([224, 0, 0, 0], 4),     // multicast, RFC 5771
    ([240, 0, 0, 0], 4),     // reserved and broadcast, RFC 1112 §4, RFC 919
];

const PRIVATE_V6: &[V6] = &[
    ([0, 0, 0, 0, 0, 0, 0, 1], 128),    // loopback, RFC 4291
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), // unique local, RFC 4193
];

/// The metadata service of a cloud in a unique local network.
const SPECIAL_PRIVATE_V6: &[V6] = &[([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0], 32)];

/// Global unicast, RFC 4291 §2.4: mapped and compatible addresses, link-local and multicast are outside.
const GLOBAL_V6: V6 = ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// What no tenant reaches although it is global unicast.
const SPECIAL_V6: &[V6] = &[
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // protocol assignments, with Teredo, RFC 2928
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), // documentation, RFC 3849
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4, RFC 3056
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // documentation, RFC 9637
];

/// IPv4 seen through a translator, RFC 6052 §2.1: how a machine without IPv4 reaches the rest of the world.
const TRANSLATED: V6 = ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

fn is_public_v4(address: Ipv4Addr) -> bool {
    !within_v4(address, SPECIAL_V4) && !within_v4(address, PRIVATE_V4)
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    within_v4(address, PRIVATE_V4)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if within_v6(address, &[TRANSLATED]) {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    within_v6(address, &[GLOBAL_V6]) && !within_v6(address, SPECIAL_V6)
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    within_v6(address, PRIVATE_V6) && !within_v6(address, SPECIAL_PRIVATE_V6)
}

fn within_v4(address: Ipv4Addr, networks: &[V4]) -> bool {
    networks.iter().any(|(network, bits)| {
        let differing = address.to_bits() ^ Ipv4Addr::from(*network).to_bits();
        differing.leading_zeros() >= *bits
    })
}

fn within_v6(address: Ipv6Addr, networks: &[V6]) -> bool {
    networks.iter().any(|(network, bits)| {
        let differing = address.to_bits() ^ Ipv6Addr::from(*network).to_bits();
        differing.leading_zeros() >= *bits
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reachable(address: &str, reach: Reach) -> bool {
        is_reachable(address.parse().unwrap(), reach)
    }

    #[test]
    fn servers_of_the_internet_are_reached() {
        for address in [
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "142.250.74.110",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450:4001:80b::200e",
            "64:ff9b::8.8.8.8",
        ] {
            assert!(reachable(address, Reach::Public), "{address}");
            assert!(reachable(address, Reach::Private), "{address}");
        }
    }

    #[test]
    fn private_networks_are_reached_by_whom_they_are_open_to() {
        for address in [
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "::1",
            "fc00::1",
            "fdff:ffff::1",
        ] {
            assert!(!reachable(address, Reach::Public), "{address}");
            assert!(reachable(address, Reach::Private), "{address}");
        }
    }

    #[test]
    fn special_addresses_are_never_reached() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::ffff:8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:0:8.8.8.8",
            "::8.8.8.8",
            "64:ff9b::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::8.8.8.8",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "3fff::1",
            "5f00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!reachable(address, Reach::Public), "{address}");
            assert!(!reachable(address, Reach::Private), "{address}");
        }
    }

    /// Any address of a network.
    fn inside(network: &V4) -> impl Strategy<Value = Ipv4Addr> + use<> {
        let (bytes, bits) = *network;
        let host = u32::MAX.checked_shr(bits).unwrap_or(0);
        any::<u32>().prop_map(move |any| Ipv4Addr::from_bits(u32::from_be_bytes(bytes) | (any & host)))
    }

    fn not_public() -> impl Strategy<Value = Ipv4Addr> {
        let all = PRIVATE_V4.iter().chain(SPECIAL_V4);
        proptest::strategy::Union::new(all.map(|network| inside(network).boxed()))
    }

    proptest! {
        #[test]
        fn nothing_of_a_network_that_is_not_public_is_reached_in_any_form(address in not_public()) {
            prop_assert!(!is_reachable(address.into(), Reach::Public));
            prop_assert!(!is_reachable(address.to_ipv6_mapped().into(), Reach::Public));
            prop_assert!(!is_reachable(address.to_ipv6_compatible().into(), Reach::Public));
            let [a, b, c, d] = address.octets().map(u16::from);
            let (high, low) = (a << 8 | b, c << 8 | d);
            for form in [
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
                Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, !high, !low),
            ] {
                prop_assert!(!is_reachable(form.into(), Reach::Public));
            }
        }

        /// The standard library's own words for what it knows about.
        #[test]
        fn what_the_standard_library_calls_special_is_not_public(bits in any::<u32>()) {
            let address = Ipv4Addr::from_bits(bits);
            let special = address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_broadcast()
                || address.is_documentation()
                || address.is_multicast()
                || address.is_unspecified();
            prop_assert!(!(special && is_reachable(address.into(), Reach::Public)));
        }

        #[test]
        fn only_global_unicast_and_translated_addresses_are_public(bits in any::<u128>()) {
            let address = Ipv6Addr::from_bits(bits);
            let first = address.segments()[0];
            let public = is_reachable(address.into(), Reach::Public);
            prop_assert!(!public || first >> 13 == 1 || first == 0x64);
            let special = address.is_unique_local() || address.is_unicast_link_local() || address.is_multicast();
            prop_assert!(!(special && public));
        }
    }
}
