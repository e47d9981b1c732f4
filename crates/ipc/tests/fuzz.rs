//! Whatever a process sends: who receives it takes it for a message, or refuses it, and never panics or asks for memory that the
//! packet does not fill.
//!
//! A short run is among the tests. `KIAVI_FUZZ=100000000 cargo test --release -p kiavi-ipc --test fuzz` is a long one.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail like tests do

use kiavi_ipc::isolation::{Fate, LayerStanding};
use kiavi_ipc::{
    FdTable, Message, auditor, control, door, egress, engine, gateway, isolation, mail, metrics, outbound,
    proof, survey, witness,
};

/// Attempts of the short run.
const SHORT: u64 = 200_000;

/// xorshift64* (Vigna 2016): the same attempts each time, so that a failure can be had again.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// Bytes that mean something in CBOR (RFC 8949 §3): heads of every major type, lengths that are not there, breaks.
const TELLING: &[u8] = &[
    0x00, 0x17, 0x18, 0x1b, 0x20, 0x3b, 0x40, 0x5b, 0x5f, 0x60, 0x7b, 0x7f, 0x80, 0x81, 0x82, 0x83, 0x98,
    0x9b, 0x9f, 0xa0, 0xbb, 0xbf, 0xc0, 0xdb, 0xf4, 0xf5, 0xf6, 0xf7, 0xfb, 0xff,
];

fn mutate(bytes: &mut Vec<u8>, other: &[u8], chance: &mut Chance) {
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len());
        match chance.below(8) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << chance.below(8),
            1 if !bytes.is_empty() => bytes[at] = chance.next() as u8,
            2 if !bytes.is_empty() => bytes[at] = TELLING[chance.below(TELLING.len())],
            3 => bytes.insert(at, TELLING[chance.below(TELLING.len())]),
            4 if !bytes.is_empty() => drop(bytes.remove(at)),
            5 => bytes.truncate(at),
            6 => bytes.extend_from_slice(&other[chance.below(other.len())..]),
            _ => {
                // A length far beyond what is there.
                bytes.truncate(at);
                bytes.extend_from_slice(&[0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
            }
        }
    }
}

/// Whether the bytes are a message of this type, which is then one that can be sent.
fn take<M: Message>(bytes: &[u8]) -> bool {
    let mut table = FdTable::default();
    let Ok(message) = minicbor::decode_with::<FdTable, M>(bytes, &mut table) else { return false };
    minicbor::to_vec_with(&message, &mut FdTable::default()).unwrap();
    true
}

/// Every message of every channel.
const TYPES: &[fn(&[u8]) -> bool] = &[
    take::<engine::FromEngine>,
    take::<engine::ToEngine>,
    take::<gateway::FromGateway>,
    take::<gateway::ToGateway>,
    take::<control::FromControl>,
    take::<control::ToControl>,
    take::<outbound::FromOutbound>,
    take::<outbound::ToOutbound>,
    take::<auditor::FromAuditor>,
    take::<auditor::ToAuditor>,
    take::<door::FromDestination>,
    take::<door::ToDestination>,
    take::<egress::Connect>,
    take::<egress::FromEgress>,
    take::<mail::SendMail>,
    take::<mail::MailOutcome>,
    take::<proof::LookUp>,
    take::<proof::Looked>,
    take::<witness::ToWitness>,
    take::<witness::FromWitness>,
];

fn encoded<M: Message>(message: &M) -> Vec<u8> {
    minicbor::to_vec_with(message, &mut FdTable::default()).unwrap()
}

/// Messages as they are sent; what is made of them is near to a message.
fn seeds() -> Vec<Vec<u8>> {
    let tenant = || format!("t{}", "a".repeat(24)).parse().unwrap();
    let layer = LayerStanding { layer: "seccomp".into(), is_active: Some(true), reason: String::new() };
    let tried = engine::FromEngine::Tried {
        fate: Some(Fate::Refused),
        evidence: "EPERM".into(),
        layers: vec![layer],
    };
    let report = engine::FromEngine::Report(metrics::EngineReport::default());
    let looked = proof::Looked {
        request: 7,
        answer: proof::Answer::Texts(vec![
            "kiavi-challenge=0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c".parse().unwrap(),
        ]),
    };
    let hostnames = vec!["shop.example.com".parse().unwrap()];
    vec![
        encoded(&engine::FromEngine::Ready),
        encoded(&engine::FromEngine::WakeIn { seconds: 3_600 }),
        encoded(&report),
        encoded(&tried),
        encoded(&control::FromControl::AddAccount { request: 1, uid: 1_900_001_000, tenant: tenant() }),
        encoded(&control::FromControl::TenantSuspended { request: 2, tenant: tenant(), hostnames }),
        encoded(&control::FromControl::InUse { reason: "another".into() }),
        encoded(&control::ToControl::EngineFailed {
            tenant: tenant(),
            reason: survey::FailureKind::OutOfMemory,
        }),
        encoded(&proof::LookUp {
            request: 7,
            domain: "auth.example.com".parse().unwrap(),
            wanted: proof::Wanted::Proof,
        }),
        encoded(&looked),
    ]
}

#[test]
fn no_packet_makes_a_receiver_panic_or_believe_a_length() {
    let executions = std::env::var("KIAVI_FUZZ").ok().and_then(|text| text.parse().ok()).unwrap_or(SHORT);
    let mut corpus = seeds();
    let (known, mut chance, mut taken) = (corpus.len(), Chance(0x6b69_6176_6900_0001), 0u64);
    for _ in 0..executions / TYPES.len() as u64 {
        let mut bytes = corpus[chance.below(corpus.len())].clone();
        let other = corpus[chance.below(corpus.len())].clone();
        mutate(&mut bytes, &other, &mut chance);
        bytes.truncate(kiavi_ipc::MAX_MESSAGE_BYTES);
        let accepted = TYPES.iter().filter(|take| take(&bytes)).count();
        taken += accepted as u64;
        // Whatever was a message is where the next attempts begin.
        if accepted > 0 && bytes.len() < 4_096 {
            if corpus.len() < 4_096 {
                corpus.push(bytes);
            } else {
                let place = known + chance.below(corpus.len() - known);
                corpus[place] = bytes;
            }
        }
        // What arrives in documents.
        let document = &corpus[chance.below(corpus.len())];
        let _ = survey::Survey::read(document);
        let _ = isolation::Inspection::read(document);
        let _ = metrics::Measurements::read(document);
    }
    assert!(taken > 0, "nothing was near a message, so nothing was tried");
}
