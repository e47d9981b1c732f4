use jiff::Timestamp;
use kiavi_base::{EventId, SeededRng};
use kiavi_crypto::PersonalKey;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn facts(value: Value) -> Facts {
    let Value::Object(facts) = value else { panic!("{value} is no object") };
    facts
}

fn event() -> Event {
    Event {
        id: EventId::from_bytes([1; 16]),
        kind: "session.created".to_owned(),
        outcome: Outcome::Success,
        at: Timestamp::from_millisecond(1_795_725_607_123).unwrap(),
        request_id: None,
        actor: Some(SubjectId::from_bytes([2; 16]).to_string()),
        subject: None,
        method: Some("passkey".to_owned()),
        facts: Some(facts(json!({"bb": -1, "a": [true, null], "c": "é"}))),
        sealed: Vec::new(),
    }
}

/// Written out by hand from RFC 8949, so that an encoder that changes its mind is found.
#[test]
fn an_event_has_these_bytes() {
    let expected = concat!(
        "8b",                                                         // array of 11
        "6d6b696176692d61756469742f31",                               // "kiavi-audit/1"
        "5001010101010101010101010101010101",                         // id
        "6f73657373696f6e2e63726561746564",                           // "session.created"
        "6773756363657373",                                           // "success"
        "1b000001a2199640d3",                                         // at
        "f6",                                                         // request id
        "781b757365723a41674943416749434167494341674943416749434167", // "user:AgIC…"
        "f6",                                                         // subject
        "67706173736b6579",                                           // "passkey"
        "a361618",                                                    // facts, "a": array of
        "2f5f6",                                                      // two
        "616362c3a9",                                                 // "c"
        "62626220",                                                   // "bb" comes last, it is longer
        "80"                                                          // sealed
    );
    let hex: String = event().encode().unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, expected);
}

#[test]
fn a_body_decodes_in_its_one_form_only() {
    let bytes = event().encode().unwrap();
    assert_eq!(Body::decode(&bytes), Ok(Body::Event(event())));
    let with = |at: usize, length: usize, new: &[u8]| {
        let mut changed = bytes.clone();
        changed.splice(at..at + length, new.iter().copied());
        Body::decode(&changed)
    };
    assert_eq!(with(0, 1, &[0x98, 11]), Err(DecodeError::NotDeterministic), "a length with a byte too many");
    assert_eq!(with(0, 1, &[0x9f]), Err(DecodeError::NotDeterministic), "indefinite");
    assert_eq!(with(0, 1, &[0x8a]), Err(DecodeError::Malformed), "an element less");
    assert_eq!(with(bytes.len(), 0, &[0]), Err(DecodeError::NotDeterministic), "a byte after");
    let text = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let facts = text(&bytes).find("a36161").unwrap() / 2;
    let swapped =
        [&[0xa3, 0x61, b'c', 0x62, 0xc3, 0xa9, 0x61, b'a', 0x82, 0xf5, 0xf6][..], &[0x62, b'b', b'b', 0x20]];
    assert_eq!(with(facts, 15, &swapped.concat()), Err(DecodeError::NotDeterministic), "keys out of order");
    let twice = [0xa2, 0x61, b'a', 0xf5, 0x61, b'a', 0xf5];
    assert_eq!(with(facts, 15, &twice), Err(DecodeError::Malformed), "a key twice");
    let float = [0xa1, 0x61, b'a', 0xf9, 0x3c, 0x00];
    assert_eq!(with(facts, 15, &float), Err(DecodeError::Malformed), "a float");
    assert_eq!(
        with(facts, 15, &[0xa1, 0x61, b'a', 0x41, 0]),
        Err(DecodeError::Malformed),
        "bytes are no fact"
    );
    assert_eq!(Body::decode(b""), Err(DecodeError::Malformed));
}

#[test]
fn an_event_from_before_is_its_json() {
    let body = Body::Before(r#"{"type": "user.created"}"#.to_owned());
    let bytes = body.encode().unwrap();
    // What the migration has to write: array of 2, text of 13, text of its length.
    let expected = [b"\x82\x6dkiavi-audit/0\x78\x18".as_slice(), br#"{"type": "user.created"}"#].concat();
    assert_eq!(bytes, expected);
    assert_eq!(Body::decode(&bytes), Ok(body));
    let long_head =
        [b"\x82\x6dkiavi-audit/0\x79\x00\x18".as_slice(), br#"{"type": "user.created"}"#].concat();
    assert_eq!(Body::decode(&long_head), Err(DecodeError::NotDeterministic));
}

#[test]
fn what_an_entry_cannot_hold_is_refused() {
    let with = |value| Event { facts: Some(facts(json!({ "a": value }))), ..event() }.encode();
    assert_eq!(with(json!(0.5)), Err(EncodeError::Float));
    assert_eq!(with(json!("x".repeat(65_536))), Err(EncodeError::Length));
    let deep = (0..30).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(with(deep), Err(EncodeError::Depth));
    assert!(with(json!([u64::MAX, i64::MIN])).is_ok());
}

#[test]
fn personal_fields_open_in_their_event_and_group_with_their_key() {
    let rng = SeededRng::new(1);
    let (key, other) = (PersonalKey::new(&[1; 32]), PersonalKey::new(&[2; 32]));
    let holder = SubjectId::random(&rng);
    let fields = facts(json!({"ip": "192.0.2.1", "user_agent": "Firefox"}));
    let id = event().id;
    let sealed = SealedFields::seal(&rng, (holder, &key), id, SealedGroup::Request, &fields).unwrap();
    let body = Event { sealed: vec![sealed], ..event() }.encode().unwrap();
    // AU-10: nothing of it is in the body.
    for canary in ["192.0.2.1", "Firefox", "user_agent"] {
        assert!(!body.windows(canary.len()).any(|window| window == canary.as_bytes()), "{canary}");
    }
    let Ok(Body::Event(Event { sealed, .. })) = Body::decode(&body) else { panic!("it decodes") };
    assert_eq!(sealed[0].open(&key, id), Ok(fields));
    assert!(sealed[0].open(&other, id).is_err());
    assert!(sealed[0].open(&key, EventId::from_bytes([9; 16])).is_err());
    let moved = SealedFields { group: SealedGroup::Subject, ..sealed[0].clone() };
    assert!(moved.open(&key, id).is_err());
}

#[test]
fn a_subject_is_its_text() {
    let id = SubjectId::from_bytes([0xff; 16]);
    assert_eq!(id.to_string(), "user:_____________________w");
    assert_eq!(id.to_string().parse(), Ok(id));
    for bad in ["", "user:", "user:_____________________x", "_____________________w", "user:____w"] {
        assert!(bad.parse::<SubjectId>().is_err(), "{bad}");
    }
}

pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn any_sealed() -> impl Strategy<Value = SealedFields> {
    let group = prop_oneof![Just(SealedGroup::Request), Just(SealedGroup::Subject)];
    (any::<([u8; 16], [u8; 24], [u8; 32], Vec<u8>)>(), group).prop_map(|(parts, group)| {
        let (holder, nonce, commitment, ciphertext) = parts;
        let sealed = kiavi_crypto::PersonalCiphertext { nonce, commitment, ciphertext };
        SealedFields { holder: SubjectId::from_bytes(holder), group, sealed }
    })
}

pub(crate) fn any_event() -> impl Strategy<Value = Event> {
    let texts = prop::collection::vec(prop::option::of(".{0,20}"), 4);
    let facts = prop::option::of(prop::collection::btree_map(".{0,30}", any_json(), 0..4));
    let times = -60_000_000_000_000i64..250_000_000_000_000;
    let parts = (
        any::<([u8; 16], bool)>(),
        "[a-z._]{0,30}",
        times,
        texts,
        facts,
        prop::collection::vec(any_sealed(), 0..3),
    );
    parts.prop_map(|((id, done), kind, at, mut texts, facts, sealed)| {
        let mut next = || texts.pop().flatten();
        Event {
            id: EventId::from_bytes(id),
            kind,
            outcome: if done { Outcome::Success } else { Outcome::Failure },
            at: Timestamp::from_millisecond(at).unwrap(),
            request_id: next(),
            actor: next(),
            subject: next(),
            method: next(),
            facts: facts.map(|facts| facts.into_iter().collect()),
            sealed,
        }
    })
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_itself(event in any_event()) {
        let bytes = event.encode().unwrap();
        prop_assert_eq!(Body::decode(&bytes), Ok(Body::Event(event)));
    }

    #[test]
    fn a_changed_byte_is_another_event_or_none(event in any_event(), at: prop::sample::Index, to: u8) {
        let bytes = event.encode().unwrap();
        let mut changed = bytes.clone();
        changed[at.index(bytes.len())] = to;
        if let Ok(body) = Body::decode(&changed) {
            prop_assert_eq!(body.encode().unwrap(), changed.clone());
            prop_assert_eq!(body == Body::Event(event), changed == bytes);
        }
    }

    #[test]
    fn no_input_panics(bytes: Vec<u8>) {
        let _ = Body::decode(&bytes);
        let _ = Body::decode(&[b"\x8b\x6dkiavi-audit/1".as_slice(), &bytes].concat());
    }
}
