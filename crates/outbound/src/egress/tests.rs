//! The door against listeners of this machine.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use kiavi_ipc::egress::{AllowList, Connect, FromEgress, Refusal, Target, split_certificates};
use kiavi_ipc::{Channel, Endpoint, Receiver, SealedDocument, Sender};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::budget::{AT_ONCE, BURST};
use super::{Asker, Egress};

const TENANT: &str = "tabcdefghijklmnopqrstuvwx";

/// An engine's end of a door.
struct Engine {
    requests: Sender<Connect>,
    answers: Receiver<FromEgress>,
}

impl Engine {
    fn at(egress: &Arc<Egress>, allowed: &[&Target], allows_private: bool) -> Self {
        let (ours, theirs) = Channel::pair().unwrap();
        let allowed = AllowList::new(allowed.iter().copied().cloned().collect(), allows_private).unwrap();
        let door = Endpoint::new(theirs).unwrap();
        tokio::spawn(egress.clone().serve(Asker::Tenant(TENANT.parse().unwrap()), allowed, door));
        let (requests, answers) = Endpoint::new(ours).unwrap().split();
        Self { requests, answers }
    }

    async fn next(&mut self) -> FromEgress {
        timeout(Duration::from_secs(10), self.answers.receive()).await.unwrap().unwrap().unwrap()
    }

    async fn ask(&mut self, request: u64, target: &Target) -> Result<TcpStream, Refusal> {
        self.requests.send(&Connect { request, target: target.clone() }).await.unwrap();
        loop {
            match self.next().await {
                FromEgress::Roots { .. } => {}
                FromEgress::Connected { request: answered, stream } => {
                    assert_eq!(answered, request);
                    let stream = std::net::TcpStream::from(stream.into_owned().unwrap());
                    return Ok(TcpStream::from_std(stream).unwrap());
                }
                FromEgress::Refused { request: answered, reason } => {
                    assert_eq!(answered, request);
                    return Err(reason);
                }
            }
        }
    }
}

fn egress(may_be_private: bool) -> Arc<Egress> {
    Arc::new(Egress::new([b"one".as_slice(), b"another"], may_be_private, Arc::default()).unwrap())
}

async fn listener() -> (TcpListener, Target) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let target = Target::new("127.0.0.1", listener.local_addr().unwrap().port()).unwrap();
    (listener, target)
}

#[tokio::test]
async fn the_connection_is_the_engines_alone() {
    let (listener, target) = listener().await;
    let mut engine = Engine::at(&egress(true), &[&target], true);
    let mut stream = engine.ask(7, &target).await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    stream.write_all(b"hello").await.unwrap();
    drop(stream);
    // It ends with the engine's copy, so outbound has none.
    let mut text = String::new();
    timeout(Duration::from_secs(5), server.read_to_string(&mut text)).await.unwrap().unwrap();
    assert_eq!(text, "hello");
}

#[tokio::test]
async fn the_first_message_holds_the_certificate_authorities() {
    let egress = egress(false);
    for _ in 0..2 {
        let FromEgress::Roots { document } = Engine::at(&egress, &[], false).next().await else {
            panic!("another message")
        };
        let bytes = SealedDocument::accept(document).unwrap().read().unwrap();
        assert_eq!(split_certificates(&bytes).collect::<Vec<_>>(), [b"one".as_slice(), b"another"]);
    }
}

#[tokio::test]
async fn what_the_tenant_does_not_list_is_refused() {
    let ((_listener, listed), (other, unlisted)) = (listener().await, listener().await);
    let mut engine = Engine::at(&egress(true), &[&listed], true);
    assert_eq!(engine.ask(1, &unlisted).await.unwrap_err(), Refusal::NotAllowed);
    // The same server by another name, and another port of a listed one.
    let renamed = Target::new("localhost", listed.port()).unwrap();
    assert_eq!(engine.ask(2, &renamed).await.unwrap_err(), Refusal::NotAllowed);
    assert!(timeout(Duration::from_millis(100), other.accept()).await.is_err());
    assert!(engine.ask(3, &listed).await.is_ok());
}

#[tokio::test]
async fn this_machine_is_reached_only_when_instance_and_tenant_agree() {
    let (listener, address) = listener().await;
    let name = Target::new("localhost", address.port()).unwrap();
    for (instance, tenant) in [(false, false), (false, true), (true, false)] {
        let mut engine = Engine::at(&egress(instance), &[&address, &name], tenant);
        assert_eq!(engine.ask(1, &address).await.unwrap_err(), Refusal::PrivateAddress);
        assert_eq!(engine.ask(2, &name).await.unwrap_err(), Refusal::PrivateAddress);
    }
    assert!(timeout(Duration::from_millis(100), listener.accept()).await.is_err());
    let mut engine = Engine::at(&egress(true), &[&address, &name], true);
    assert!(engine.ask(1, &address).await.is_ok());
    assert!(engine.ask(2, &name).await.is_ok());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let (listener, target) = listener().await;
    drop(listener);
    let unknown = Target::new("nowhere.invalid", 443).unwrap();
    let mut engine = Engine::at(&egress(true), &[&target, &unknown], true);
    assert_eq!(engine.ask(1, &target).await.unwrap_err(), Refusal::Unreachable);
    // RFC 6761 §6.4: never an address. Without a name server the answer may take longer than the deadline.
    let refused = engine.ask(2, &unknown).await.unwrap_err();
    assert!(matches!(refused, Refusal::Unreachable | Refusal::Deadline), "{refused:?}");
}

/// Asks for that many connections over both doors in turn, before hearing of any; how many were refused.
async fn crowd(engines: &mut [Engine; 2], target: &Target, size: u32) -> usize {
    for request in 0..size {
        let engine = &engines[request as usize % 2];
        let connect = Connect { request: request.into(), target: target.clone() };
        engine.requests.send(&connect).await.unwrap();
    }
    let (mut answered, mut refused) = (0, 0);
    while answered < size {
        let [one, other] = engines;
        let answer = tokio::select! { answer = one.next() => answer, answer = other.next() => answer };
        match answer {
            FromEgress::Roots { .. } => continue,
            FromEgress::Connected { .. } => {}
            FromEgress::Refused { reason: Refusal::Busy, .. } => refused += 1,
            FromEgress::Refused { reason, .. } => panic!("{reason:?}"),
        }
        answered += 1;
    }
    refused
}

#[tokio::test]
async fn a_crowd_is_served_and_a_flood_over_all_doors_of_a_tenant_is_not() {
    let (_listener, target) = listener().await;
    let egress = egress(true);
    let mut engines = [Engine::at(&egress, &[&target], true), Engine::at(&egress, &[&target], true)];
    assert_eq!(crowd(&mut engines, &target, BURST).await, 0);
    assert!(crowd(&mut engines, &target, 2 * AT_ONCE as u32).await > 0);
}
