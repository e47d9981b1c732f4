//! Whom a load balancer says that a connection is from: version 2 of HAProxy's PROXY protocol
//! (proxy-protocol.txt §2.2), in front of everything else and read away here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// §2.2: what every header begins with, and the bytes up to its addresses.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
const HEAD: usize = 16;

/// The longest header: room for the addresses and for what load balancers add about the connection, which is not read.
pub(crate) const MAX_HEADER: usize = 2048;

/// What the first bytes say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Header {
    /// It is not complete yet.
    Unfinished,
    /// It has so many bytes.
    Whole {
        /// All of its bytes.
        length: usize,
        /// Whose the connection is; `None` for one of the load balancer's own (LOCAL).
        client: Option<SocketAddr>,
    },
    /// Not a header, or one that is not taken.
    Malformed,
}

/// Reads a header from the first bytes of a connection.
pub(crate) fn read(bytes: &[u8]) -> Header {
    let known = bytes.len().min(SIGNATURE.len());
    if bytes[..known] != SIGNATURE[..known] {
        return Header::Malformed;
    }
    let Some((head, rest)) = bytes.split_first_chunk::<HEAD>() else { return Header::Unfinished };
    let length = usize::from(u16::from_be_bytes([head[14], head[15]]));
    if HEAD + length > MAX_HEADER {
        return Header::Malformed;
    }
    let Some(addresses) = rest.get(..length) else { return Header::Unfinished };
    // §2.2: version 2 with LOCAL or PROXY; then TCP over IPv4 or IPv6. Whatever else there is has no client's address.
    let client = match (head[12], head[13]) {
        (0x20, _) => Some(None),
        (0x21, 0x11) => ipv4(addresses).map(Some),
        (0x21, 0x21) => ipv6(addresses).map(Some),
        _ => None,
    };
    match client {
        Some(client) => Header::Whole { length: HEAD + length, client },
        None => Header::Malformed,
    }
}

/// Source and destination address, source and destination port.
fn ipv4(addresses: &[u8]) -> Option<SocketAddr> {
    let source: [u8; 4] = *addresses.first_chunk()?;
    let port = addresses.get(8..12)?;
    Some((IpAddr::from(Ipv4Addr::from(source)), u16::from_be_bytes([port[0], port[1]])).into())
}

fn ipv6(addresses: &[u8]) -> Option<SocketAddr> {
    let source: [u8; 16] = *addresses.first_chunk()?;
    let port = addresses.get(32..36)?;
    Some((IpAddr::from(Ipv6Addr::from(source)), u16::from_be_bytes([port[0], port[1]])).into())
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A header as a load balancer writes it, with `more` about the connection.
    pub(crate) fn header(client: SocketAddr, more: &[u8]) -> Vec<u8> {
        let mut bytes = SIGNATURE.to_vec();
        let (family, addresses) = match client.ip() {
            IpAddr::V4(ip) => (0x11, [&ip.octets()[..], &[127, 0, 0, 1]].concat()),
            IpAddr::V6(ip) => (0x21, [&ip.octets()[..], &Ipv6Addr::LOCALHOST.octets()].concat()),
        };
        bytes.extend([0x21, family]);
        bytes.extend(((addresses.len() + 4 + more.len()) as u16).to_be_bytes());
        bytes.extend(addresses);
        bytes.extend(client.port().to_be_bytes());
        bytes.extend(443u16.to_be_bytes());
        bytes.extend(more);
        bytes
    }

    #[test]
    fn a_connection_of_the_balancers_own_has_no_client() {
        let local = [SIGNATURE, &[0x20, 0, 0, 0][..]].concat();
        assert_eq!(read(&local), Header::Whole { length: HEAD, client: None });
    }

    #[test]
    fn what_is_no_header_is_malformed_at_the_first_byte_that_shows_it() {
        let other = |at: usize, byte: u8| {
            let mut header = header("192.0.2.1:99".parse().unwrap(), b"");
            header[at] = byte;
            read(&header)
        };
        assert_eq!(read(b"G"), Header::Malformed);
        assert_eq!(read(b"PROXY TCP4 "), Header::Malformed, "version 1");
        assert_eq!(other(12, 0x31), Header::Malformed, "version 3");
        assert_eq!(other(12, 0x22), Header::Malformed, "neither LOCAL nor PROXY");
        assert_eq!(other(13, 0x12), Header::Malformed, "UDP");
        assert_eq!(other(13, 0x00), Header::Malformed, "unspecified");
        assert_eq!(other(15, 11), Header::Malformed, "addresses cut off");
        assert_eq!(other(14, 0xff), Header::Malformed, "too long");
    }

    proptest! {
        #[test]
        fn a_header_reads_as_it_was_written(client: SocketAddr, more in prop::collection::vec(any::<u8>(), 0..99)) {
            let mut bytes = header(client, &more);
            let length = bytes.len();
            for end in 0..length {
                prop_assert_eq!(read(&bytes[..end]), Header::Unfinished);
            }
            bytes.extend(b"\x16\x03\x01");
            let client = SocketAddr::new(client.ip(), client.port());
            prop_assert_eq!(read(&bytes), Header::Whole { length, client: Some(client) });
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            read(&bytes);
            read(&[&SIGNATURE[..], &bytes].concat());
        }
    }
}
