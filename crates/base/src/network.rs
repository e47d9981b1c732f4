//! Blocks of addresses.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

/// Bits of an IPv6 address that name one customer's network; the rest is theirs to vary (RFC 6177 §2).
const IPV6_NETWORK_BITS: u32 = 64;

/// A block of addresses in CIDR notation (RFC 4632 §3.1); a lone address is a block of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// The text is neither an address nor a block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an IP address or CIDR block")]
pub struct InvalidNetwork;

impl Network {
    /// Whether it is all addresses of a family.
    pub fn is_everybody(&self) -> bool {
        self.prefix == 0
    }

    /// Whether `address` lies in this block. Families never mix, except that an IPv4-mapped address is IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| InvalidNetwork)?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(digits) => digits.parse::<u8>().ok().filter(|bits| *bits <= widest).ok_or(InvalidNetwork)?,
            None => widest,
        };
        // An IPv4-mapped block is the IPv4 block: addresses are held against it in that form.
        Ok(match (address, prefix.checked_sub(96)) {
            (IpAddr::V6(mapped), Some(prefix)) if mapped.to_ipv4_mapped().is_some() => {
                Self { address: address.to_canonical(), prefix }
            }
            _ => Self { address, prefix },
        })
    }
}

impl TryFrom<String> for Network {
    type Error = InvalidNetwork;

    fn try_from(text: String) -> Result<Self, InvalidNetwork> {
        text.parse()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

/// Whose addresses are counted together: an IPv4 address as it is, an IPv6 address cut to its /64.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let host = u128::MAX >> IPV6_NETWORK_BITS;
            Ipv6Addr::from_bits(address.to_bits() & !host).into()
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mapped_block_is_the_block_that_it_maps() {
        let block: Network = "::ffff:198.51.100.0/120".parse().unwrap();
        assert!(block.contains("198.51.100.7".parse().unwrap()));
        assert!(block.contains("::ffff:198.51.100.7".parse().unwrap()));
        assert!(!block.contains("198.51.101.7".parse().unwrap()));
        assert_eq!(block.to_string(), "198.51.100.0/24");
    }

    #[test]
    fn one_customer_is_counted_once() {
        let counted = |address: &str| network_of(address.parse().unwrap()).to_string();
        assert_eq!(counted("192.0.2.7"), "192.0.2.7");
        assert_eq!(counted("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_ne!(counted("2001:db8:1:3::1"), counted("2001:db8:1:2::1"));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_a_block_is_written_as_it_reads(text in "[ -~]{0,40}") {
            if let Ok(parsed) = text.parse::<Network>() {
                prop_assert_eq!(parsed.to_string().parse::<Network>(), Ok(parsed));
                prop_assert!(parsed.contains(parsed.address));
            }
        }
    }
}
