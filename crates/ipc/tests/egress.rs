//! Servers have one spelling, and a list of them is never longer than its limit.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail like tests do

use kiavi_ipc::egress::{
    AllowList, Connect, FromEgress, Refusal, Target, join_certificates, split_certificates,
};
use kiavi_ipc::{Channel, Endpoint, FdTable, IpcError, SealedDocument, receive_blocking};
use proptest::prelude::*;
use rustix::net::SendFlags;

fn target(text: &str) -> Target {
    text.parse().unwrap()
}

#[test]
fn a_server_is_a_host_and_a_port() {
    for (text, host, port) in [
        ("accounts.google.com:443", "accounts.google.com", 443),
        ("127.0.0.1:9000", "127.0.0.1", 9000),
        ("[2001:db8::1]:8443", "[2001:db8::1]", 8443),
        ("localhost:65535", "localhost", 65535),
    ] {
        let target = target(text);
        assert_eq!((target.host(), target.port(), target.as_str()), (host, port, text));
    }
}

#[test]
fn a_server_has_one_spelling() {
    for text in [
        "",
        ":443",
        "idp.test",
        "idp.test:",
        "idp.test:0",
        "idp.test:+443",
        "idp.test:0443",
        "idp.test:65536",
        "idp.test.:443",
        "IdP.test:443",
        "idp..test:443",
        "https://idp.test:443",
        "user@idp.test:443",
        "idp.test/path:443",
        "::1:443",
        "[::1:443",
        "[0:0:0:0:0:0:0:1]:443",
        "[::1%1]:443",
        "[127.0.0.1]:443",
        "127.1:443",
        "0x7f.1:443",
        "0x7f000001:443",
        "2130706433:443",
        "0177.0.0.1:443",
        "*.test:443",
        "idp.test:443 ",
        "i\u{e4}.test:443",
    ] {
        assert!(text.parse::<Target>().is_err(), "{text:?}");
    }
}

#[tokio::test]
async fn a_connection_arrives_with_the_number_of_its_request() {
    let (ours, theirs) = Channel::pair().unwrap();
    let (sender, _keep) = Endpoint::<FromEgress, Connect>::new(ours).unwrap().split();
    let document = SealedDocument::seal(b"connection").unwrap();
    sender.send(&FromEgress::Connected { request: 7, stream: document.fd() }).await.unwrap();
    sender.send(&FromEgress::Refused { request: 8, reason: Refusal::Deadline }).await.unwrap();
    let FromEgress::Connected { request: 7, stream } = receive_blocking(&theirs).unwrap() else {
        panic!("another message")
    };
    assert_eq!(&SealedDocument::accept(stream).unwrap().read().unwrap()[..], b"connection");
    let second = receive_blocking(&theirs).unwrap();
    assert!(matches!(second, FromEgress::Refused { request: 8, reason: Refusal::Deadline }), "{second:?}");
}

#[test]
fn a_request_for_what_is_no_server_is_not_a_message() {
    let (ours, theirs) = Channel::pair().unwrap();
    let request = Connect { request: 1, target: target("idp.test:443") };
    let bytes = minicbor::to_vec_with(&request, &mut FdTable::default()).unwrap();
    rustix::net::send(&ours, &bytes, SendFlags::empty()).unwrap();
    assert_eq!(receive_blocking::<Connect>(&theirs).unwrap(), request);
    let spoilt: Vec<u8> = bytes.iter().map(|byte| if *byte == b'.' { b'/' } else { *byte }).collect();
    rustix::net::send(&ours, &spoilt, SendFlags::empty()).unwrap();
    assert!(matches!(receive_blocking::<Connect>(&theirs), Err(IpcError::Malformed(_))));
}

#[test]
fn a_list_has_exactly_its_servers_and_a_limit() {
    let all: Vec<Target> =
        (1..=AllowList::MAX_TARGETS).map(|port| target(&format!("idp.test:{port}"))).collect();
    let list = AllowList::new(all.clone(), false).unwrap();
    assert!(all.iter().all(|target| list.has(target)));
    assert!(!list.has(&target("idp.test:443")) && !list.has(&target("other.test:1")));
    let bytes = minicbor::to_vec(&list).unwrap();
    assert_eq!(minicbor::decode::<AllowList>(&bytes).unwrap(), list);
    let more = [all, vec![target("idp.test:443")]].concat();
    assert!(AllowList::new(more, false).is_err());
}

proptest! {
    #[test]
    fn a_server_that_reads_is_written_as_it_was(text in "[a-z0-9.:\\[\\]-]{1,20}:[0-9]{1,5}") {
        if let Ok(target) = text.parse::<Target>() {
            prop_assert_eq!(target.as_str(), &text);
            prop_assert_eq!(Target::new(target.host(), target.port()).unwrap(), target);
        }
    }

    #[test]
    fn certificates_are_split_as_they_were_joined(
        all in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..8),
        cut in any::<proptest::sample::Index>(),
    ) {
        let bytes = join_certificates(all.iter().map(Vec::as_slice));
        let split: Vec<&[u8]> = split_certificates(&bytes).collect();
        prop_assert_eq!(&split, &all);
        // What is cut off ends early, and never reads beyond.
        let short = &bytes[..cut.index(bytes.len() + 1)];
        prop_assert!(split_certificates(short).zip(&all).all(|(one, other)| one == other));
    }
}
