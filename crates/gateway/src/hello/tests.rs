use std::io::Cursor;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::ServerName;
use rustls::server::Acceptor;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::*;

/// What rustls's client says first when it wants `name`.
fn hello(name: &str, alpn: &[&str]) -> Vec<u8> {
    let builder = ClientConfig::builder_with_provider(default_provider().into());
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut bytes = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut bytes).unwrap();
    }
    bytes
}

/// The same message in records of `size` bytes.
fn in_records_of(size: usize, hello: &[u8]) -> Vec<u8> {
    let message = &hello[RECORD_HEAD..];
    let record = |fragment: &[u8]| {
        let mut record = vec![HANDSHAKE, 3, 1];
        record.extend((fragment.len() as u16).to_be_bytes());
        record.extend(fragment);
        record
    };
    message.chunks(size).flat_map(record).collect()
}

/// What rustls takes the first bytes for: `Ok(None)` while it wants more; `Err` when they are no ClientHello.
fn by_rustls(bytes: &[u8]) -> Result<Option<Option<String>>, ()> {
    let (mut acceptor, mut bytes) = (Acceptor::default(), Cursor::new(bytes));
    loop {
        match acceptor.accept() {
            Ok(Some(accepted)) => {
                return Ok(Some(accepted.client_hello().server_name().map(str::to_owned)));
            }
            Ok(None) if acceptor.read_tls(&mut bytes).map_err(drop)? == 0 => return Ok(None),
            Ok(None) => {}
            Err(_) => return Err(()),
        }
    }
}

fn found(name: &str) -> Glance {
    Glance::Host(name.parse().unwrap())
}

#[test]
fn the_name_is_found_in_one_record_and_in_many() {
    let hello = hello("Shop.Auth.Example", &["h2", "http/1.1"]);
    assert_eq!(glance(&hello), found("shop.auth.example"));
    for size in [1, 2, 5, 100, 500] {
        assert_eq!(glance(&in_records_of(size, &hello)), found("shop.auth.example"), "{size}");
    }
}

#[test]
fn a_hello_without_a_name_is_told_apart_from_what_is_none() {
    assert_eq!(glance(&hello("192.0.2.1", &[])), Glance::Nameless);
    for bytes in
        [&b"GET / HTTP/1.1\r\n"[..], b"\x15\x03\x01\x00\x02\x02\x28", b"\x16\x02", b"\x16\x03\x01\x00\x00"]
    {
        assert_eq!(glance(bytes), Glance::Unusable, "{bytes:?}");
    }
    let mut another = hello("shop.auth.example", &[]);
    another[RECORD_HEAD] = 2;
    assert_eq!(glance(&another), Glance::Unusable, "a ServerHello");
    let mut more = hello("shop.auth.example", &[]);
    let length = u16::from_be_bytes([more[3], more[4]]) + 1;
    more[3..5].copy_from_slice(&length.to_be_bytes());
    more.push(0);
    assert_eq!(glance(&more), Glance::Unusable, "something follows in the record");
}

#[test]
fn a_hello_that_does_not_end_is_unusable_once_it_is_too_long() {
    let mut claims_more = vec![HANDSHAKE, 3, 1, 0x40, 0, CLIENT_HELLO, 0, 0x3f, 0xff];
    assert_eq!(glance(&claims_more), Glance::Unfinished);
    claims_more.resize(MAX_PEEK_BYTES, 0);
    assert_eq!(glance(&claims_more), Glance::Unusable);
    assert_eq!(glance(&[HANDSHAKE, 3, 1, 0x40, 0, CLIENT_HELLO, 1, 0, 0]), Glance::Unusable, "16 MB");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..600)) {
        glance(&bytes);
        let mut record = vec![HANDSHAKE, 3, 1];
        record.extend((bytes.len() as u16 + 4).to_be_bytes());
        record.extend([CLIENT_HELLO, 0]);
        record.extend((bytes.len() as u16).to_be_bytes());
        record.extend(bytes);
        glance(&record);
    }

    #[test]
    fn an_answer_never_changes_with_more_bytes(label in "[a-z]{1,20}", size in 1usize..700) {
        let hello = in_records_of(size, &hello(&format!("{label}.example"), &["h2"]));
        let mut answer = Glance::Unfinished;
        for end in 0..=hello.len() {
            let now = glance(&hello[..end]);
            prop_assert!(answer == Glance::Unfinished || answer == now);
            answer = now;
        }
        prop_assert_eq!(answer, found(&format!("{label}.example")));
    }

    /// Whatever this parser finds a name in, the engine finds the same name in; it may still refuse the rest.
    #[test]
    fn rustls_reads_the_same_name(
        label in "[a-z]{1,20}", changes in vec((any::<usize>(), any::<u8>()), 0..3), size in 50usize..700,
    ) {
        let mut hello = hello(&format!("{label}.example"), &["h2", "http/1.1"]);
        for (at, with) in changes {
            let at = at % hello.len();
            hello[at] = with;
        }
        let hello = if hello[0] == HANDSHAKE { in_records_of(size, &hello) } else { hello };
        match (glance(&hello), by_rustls(&hello)) {
            (Glance::Host(name), Ok(Some(theirs))) => {
                prop_assert_eq!(Some(name.to_string()), theirs.map(|name| name.to_ascii_lowercase()));
            }
            (Glance::Host(_), Ok(None)) => prop_assert!(false, "rustls wants more"),
            (Glance::Unfinished, theirs) => prop_assert!(!matches!(theirs, Ok(Some(_)))),
            (Glance::Nameless, Ok(Some(theirs))) => {
                // Names that rustls knows and no tenant can have.
                prop_assert!(theirs.is_none_or(|name| name.to_ascii_lowercase().parse::<Hostname>().is_err()));
            }
            _ => {}
        }
    }
}
