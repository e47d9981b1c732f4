//! What arrives is what was sent, and nothing else is ever taken for a message.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail like tests do

use std::io::Read;
use std::os::fd::OwnedFd;

use kiavi_ipc::control::{FromControl, ToControl};
use kiavi_ipc::database::Whereabouts;
use kiavi_ipc::door::{FromDestination, ListenerKind, ToDestination};
use kiavi_ipc::engine::{FromEngine, ToEngine};
use kiavi_ipc::gateway::{Destination, FromGateway};
use kiavi_ipc::{Channel, Endpoint, EngineSession, Fd, IpcError, SealedDocument, receive_blocking};
use proptest::prelude::*;
use rustix::net::SendFlags;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn file_with(text: &str) -> Fd {
    SealedDocument::seal(text.as_bytes()).unwrap().fd()
}

fn read(fd: Fd) -> String {
    String::from_utf8(SealedDocument::accept(fd).unwrap().read().unwrap().to_vec()).unwrap()
}

#[test]
fn descriptors_arrive_in_the_fields_that_they_were_sent_in() {
    runtime().block_on(async {
        let (ours, theirs) = Channel::pair().unwrap();
        let (sender, _keep) = Endpoint::<ToEngine, FromEngine>::new(ours).unwrap().split();
        let tenant = "tabcdefghijklmnopqrstuvwx".parse().unwrap();
        let start = ToEngine::Start {
            tenant,
            document: file_with("document"),
            door: file_with("door"),
            mail: file_with("mail"),
            idle_seconds: Some(600),
            egress: file_with("egress"),
            database: Whereabouts::Private { connected: Some(file_with("database")) },
            places: vec![file_with("countries"), file_with("networks")],
            reads_log: false,
            certificates: Some(file_with("certificates")),
        };
        sender.send(&start).await.unwrap();

        let ToEngine::Start {
            document,
            door,
            mail,
            idle_seconds,
            egress,
            database: Whereabouts::Private { connected: Some(database) },
            places,
            certificates,
            ..
        } = receive_blocking(&theirs).unwrap()
        else {
            panic!("another message")
        };
        let [countries, networks] = <[_; 2]>::try_from(places).unwrap();
        let read =
            [document, door, mail, egress, database, countries, networks, certificates.unwrap()].map(read);
        let expected =
            ["document", "door", "mail", "egress", "database", "countries", "networks", "certificates"];
        assert_eq!(read, expected);
        assert_eq!(idle_seconds, Some(600));
    });
}

#[test]
fn an_optional_descriptor_arrives_or_is_absent() {
    runtime().block_on(async {
        let (ours, theirs) = Channel::pair().unwrap();
        let (sender, _keep) = Endpoint::<ToEngine, FromEngine>::new(ours).unwrap().split();
        sender.send(&ToEngine::Database { stream: Some(file_with("database")) }).await.unwrap();
        sender.send(&ToEngine::Database { stream: None }).await.unwrap();
        let ToEngine::Database { stream: Some(stream) } = receive_blocking(&theirs).unwrap() else {
            panic!("the descriptor is absent")
        };
        assert_eq!(read(stream), "database");
        assert!(matches!(receive_blocking(&theirs).unwrap(), ToEngine::Database { stream: None }));
    });
}

#[test]
fn a_management_connection_says_for_whom_it_is() {
    runtime().block_on(async {
        let (ours, theirs) = Channel::pair().unwrap();
        let (sender, _keep) = Endpoint::<FromControl, ToControl>::new(ours).unwrap().split();
        let (tenant, stream) = ("tabcdefghijklmnopqrstuvwx".parse().unwrap(), file_with("stream"));
        let operator = "key:1".to_owned();
        sender.send(&FromControl::OpenManagement { request: 3, tenant, operator, stream }).await.unwrap();
        let FromControl::OpenManagement { request: 3, tenant, operator, stream } =
            receive_blocking(&theirs).unwrap()
        else {
            panic!("another message")
        };
        assert_eq!(tenant.as_str(), "tabcdefghijklmnopqrstuvwx");

        let (ours, theirs) = Channel::pair().unwrap();
        let (sender, _keep) = Endpoint::<ToEngine, FromEngine>::new(ours).unwrap().split();
        sender.send(&ToEngine::Management { operator, stream }).await.unwrap();
        let ToEngine::Management { operator, stream } = receive_blocking(&theirs).unwrap() else {
            panic!("another message")
        };
        assert_eq!((operator.as_str(), read(stream).as_str()), ("key:1", "stream"));
    });
}

#[test]
fn a_connection_that_was_handed_over_still_works_and_the_sender_can_keep_its_copy() {
    runtime().block_on(async {
        let (ours, theirs) = Channel::pair().unwrap();
        let (sender, mut acks) = Endpoint::<ToDestination, FromDestination>::new(ours).unwrap().split();
        let (ack, mut connections) = Endpoint::<FromDestination, ToDestination>::new(theirs).unwrap().split();
        let (mut client, server) = std::os::unix::net::UnixStream::pair().unwrap();
        let stream = Fd::from(OwnedFd::from(server));
        let kept = stream.clone();
        let peer = "[2001:db8::1]:443".parse().unwrap();
        sender
            .send(&ToDestination::Connection { sequence: 7, peer, stream, kind: ListenerKind::Tls })
            .await
            .unwrap();

        let ToDestination::Connection { sequence, peer: seen, stream, kind } =
            connections.receive().await.unwrap().unwrap();
        assert_eq!((sequence, seen, kind), (7, peer, ListenerKind::Tls));
        ack.send(&FromDestination::Taken { sequence }).await.unwrap();
        assert_eq!(acks.receive().await.unwrap(), Some(FromDestination::Taken { sequence: 7 }));

        drop(kept);
        drop(sender);
        std::io::Write::write_all(
            &mut std::os::unix::net::UnixStream::from(stream.into_owned().unwrap()),
            b"hello",
        )
        .unwrap();
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
    });
}

#[test]
fn a_peer_that_stopped_receiving_is_closed_for_senders_but_its_queue_is_not_lost() {
    runtime().block_on(async {
        let (ours, theirs) = Channel::pair().unwrap();
        let (sender, _) = Endpoint::<FromEngine, FromEngine>::new(ours).unwrap().split();
        let (_keep, mut receiver) = Endpoint::<FromEngine, FromEngine>::new(theirs).unwrap().split();
        sender.send(&FromEngine::Ready).await.unwrap();
        receiver.stop_receiving();
        assert!(matches!(sender.send(&FromEngine::Ready).await, Err(IpcError::Closed)));
        assert_eq!(receiver.receive().await.unwrap(), Some(FromEngine::Ready));
        assert_eq!(receiver.receive().await.unwrap(), None);
    });
}

#[test]
fn what_a_peer_has_said_arrives_though_it_closed_without_reading() {
    runtime().block_on(async {
        let (ours, theirs) = Channel::pair().unwrap();
        let (sender, mut receiver) = Endpoint::<ToDestination, FromDestination>::new(ours).unwrap().split();
        let there = Endpoint::<FromDestination, ToDestination>::new(theirs).unwrap().split();
        let connection = |sequence| ToDestination::Connection {
            sequence,
            peer: ([192, 0, 2, 1], 1).into(),
            stream: file_with("connection"),
            kind: ListenerKind::Plain,
        };
        sender.send(&connection(1)).await.unwrap();
        there.0.send(&FromDestination::Taken { sequence: 1 }).await.unwrap();
        sender.send(&connection(2)).await.unwrap();
        drop(there);
        let told = receiver.receive().await.unwrap();
        assert!(matches!(told, Some(FromDestination::Taken { sequence: 1 })), "{told:?}");
        assert!(receiver.receive().await.unwrap().is_none());
    });
}

#[test]
fn a_full_queue_is_back_pressure_and_not_an_error() {
    runtime().block_on(async {
        let (ours, theirs) = Channel::pair().unwrap();
        let (sender, _) = Endpoint::<FromGateway, FromGateway>::new(ours).unwrap().split();
        let message = FromGateway::NeedDoor { destination: Destination::Console };
        let mut sent = 0;
        while sender.try_send(&message).unwrap() {
            sent += 1;
        }
        for _ in 0..sent {
            assert_eq!(receive_blocking::<FromGateway>(&theirs).unwrap(), message);
        }
        assert!(sender.try_send(&message).unwrap());
    });
}

#[test]
fn an_end_that_waits_costs_next_to_nothing() {
    let data_kib = || -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmData:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    };
    runtime().block_on(async {
        let before = data_kib();
        let ends: Vec<_> = (0..256)
            .map(|_| {
                let (ours, theirs) = Channel::pair().unwrap();
                (Endpoint::<ToEngine, FromEngine>::new(ours).unwrap(), theirs)
            })
            .collect();
        let each = data_kib().saturating_sub(before) / ends.len() as u64;
        assert!(each < 16, "{each} KiB");
    });
}

#[test]
fn a_memfd_that_can_still_be_changed_is_refused() {
    let open = rustix::fs::memfd_create("open", rustix::fs::MemfdFlags::ALLOW_SEALING).unwrap();
    assert!(SealedDocument::accept(Fd::from(open)).is_err());
    let sealed = SealedDocument::seal(b"text").unwrap();
    assert!(rustix::io::write(sealed.fd(), b"x").is_err());
    assert!(SealedDocument::accept(sealed.fd()).is_ok());
}

#[test]
fn bytes_or_descriptors_beyond_the_message_are_refused() {
    let (ours, theirs) = Channel::pair().unwrap();
    let ready = minicbor::to_vec_with(FromEngine::Ready, &mut kiavi_ipc::FdTable::default()).unwrap();
    let mut longer = ready.clone();
    longer.push(0);
    rustix::net::send(&ours, &longer, SendFlags::empty()).unwrap();
    assert!(matches!(receive_blocking::<FromEngine>(&theirs), Err(IpcError::Malformed(_))));

    send_with_fds(&ours, &ready, 1);
    assert!(matches!(receive_blocking::<FromEngine>(&theirs), Err(IpcError::Malformed(_))));
    send_with_fds(&ours, &ready, 100);
    assert!(matches!(receive_blocking::<FromEngine>(&theirs), Err(IpcError::Malformed(_))));
    send_with_fds(&ours, &ready, 0);
    assert_eq!(receive_blocking::<FromEngine>(&theirs).unwrap(), FromEngine::Ready);
}

fn send_with_fds(channel: &Channel, bytes: &[u8], count: usize) {
    let stdin = std::io::stdin();
    let fds = vec![std::os::fd::AsFd::as_fd(&stdin); count];
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(100))];
    let mut ancillary = rustix::net::SendAncillaryBuffer::new(&mut space);
    assert!(count == 0 || ancillary.push(rustix::net::SendAncillaryMessage::ScmRights(&fds)));
    let iov = [std::io::IoSlice::new(bytes)];
    rustix::net::sendmsg(channel, &iov, &mut ancillary, SendFlags::empty()).unwrap();
}

proptest! {
    #[test]
    fn no_bytes_make_a_receiver_panic(bytes in proptest::collection::vec(any::<u8>(), 1..512), fds in 0usize..5) {
        let (ours, theirs) = Channel::pair().unwrap();
        for _ in 0..7 {
            send_with_fds(&ours, &bytes, fds);
        }
        let _ = receive_blocking::<ToEngine>(&theirs);
        let _ = receive_blocking::<ToDestination>(&theirs);
        let _ = receive_blocking::<FromControl>(&theirs);
        let _ = receive_blocking::<kiavi_ipc::gateway::ToGateway>(&theirs);
        let _ = receive_blocking::<kiavi_ipc::mail::SendMail>(&theirs);
        let _ = receive_blocking::<kiavi_ipc::egress::Connect>(&theirs);
        let _ = receive_blocking::<kiavi_ipc::egress::FromEgress>(&theirs);
    }

    #[test]
    fn an_engine_is_ready_once_and_never_has_more_requests_open_than_the_limit(
        said in proptest::collection::vec(0u8..5, 0..64)
    ) {
        let mut session = EngineSession::new();
        let (mut ready, mut open, mut wakes) = (0, 0, 0);
        for step in said {
            let heard = match step {
                0 => session.hear(&FromEngine::Ready).inspect(|()| ready += 1),
                1 => session.hear(&FromEngine::NeedDatabase).inspect(|()| open += 1),
                2 => session.hear(&FromEngine::Stopping),
                3 => session.hear(&FromEngine::WakeIn { seconds: 60 }).inspect(|()| wakes += 1),
                _ => { session.database_answered(); open = u32::saturating_sub(open, 1); Ok(()) }
            };
            prop_assert!(open <= EngineSession::MAX_OUTSTANDING);
            if heard.is_err() { break }
        }
        prop_assert!(wakes <= 1 && (wakes == 0 || session.phase() == kiavi_ipc::Phase::Draining));
        prop_assert!(ready <= 1 || session.phase() == kiavi_ipc::Phase::Draining);
    }

    #[test]
    fn an_engine_takes_what_it_was_given_and_no_more(steps in proptest::collection::vec(0u8..3, 0..128)) {
        let mut session = EngineSession::new();
        session.hear(&FromEngine::Ready).unwrap();
        let mut given = 0;
        for step in steps {
            match step {
                0 => given += u32::from(session.give_management()),
                1 => {
                    let heard = session.hear(&FromEngine::ManagementTaken);
                    prop_assert_eq!(heard.is_ok(), given > 0);
                    given = given.saturating_sub(1);
                }
                _ => session.drain_requested(),
            }
            prop_assert!(given <= EngineSession::MAX_GIVEN);
            if session.phase() == kiavi_ipc::Phase::Draining {
                prop_assert!(!session.give_management());
            }
        }
    }
}
