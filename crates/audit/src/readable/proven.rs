//! Events as lines of JSON, each with the proof that it is in the log: what is taken out of a log by a search, where a bundle
//! has all of it. The first line has the checkpoint that the proofs lead to.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::EventLine;
use crate::{
    Distrust, Hash, InvalidProof, MAX_BODY, SignedCheckpoint, TrustedKeys, Vouched, checkpoint::decode_hash,
    leaf_hash, verify_inclusion,
};

const FORMAT: &str = "kiavi-audit-lines/1";

/// Events that a search takes out of a log, at most: the newest of those that fit. A bundle has no such end.
pub const MOST_EXPORTED: u64 = 100_000;

/// The longest line, in bytes: a body in base64, what it says, where every byte could be an escape of six, and once more of
/// what was opened.
pub const MAX_PROVEN_LINE: u64 = 16 * MAX_BODY as u64;

/// Members that the entry does not say: what proves it, and what only the instance knows.
const BESIDE: [&str; 4] = ["actor_id", "subject_id", "body", "proof"];

/// An event with its proof.
#[derive(Debug, Clone, Serialize)]
pub struct ProvenLine {
    /// What it says, in the words of the log.
    #[serde(flatten)]
    line: EventLine,
    /// The id of the user who did it, as long as the log knows whom it means. Not part of the entry.
    actor_id: Option<String>,
    /// The id of the user whom it is about, likewise.
    subject_id: Option<String>,
    /// The entry itself, base64.
    body: String,
    /// The hashes from its neighbour to the root's child, base64 (RFC 6962 §2.1.1); null when the checkpoint is not over it.
    proof: Option<Vec<String>>,
}

impl ProvenLine {
    /// The line of an event whose entry is `body`. `ids` are those of the users who did it and whom it is about.
    pub fn new(line: EventLine, ids: [Option<String>; 2], body: &[u8], proof: Option<&[Hash]>) -> Self {
        let [actor_id, subject_id] = ids;
        let proof = proof.map(|hashes| hashes.iter().map(|hash| STANDARD.encode(hash)).collect());
        Self { line, actor_id, subject_id, body: STANDARD.encode(body), proof }
    }

    /// The line, with its line break.
    pub fn to_json(&self) -> String {
        // Texts, numbers and maps with text keys: there is nothing that JSON does not have.
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }
}

/// Lines that are verified one by one, under one checkpoint.
#[derive(Debug, Clone)]
pub struct ProvenLines(SignedCheckpoint);

/// Where an event is by its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the log, at this index.
    Proved(u64),
    /// Not under the checkpoint, which is older than the event's seal. Nothing is proved of it.
    Newer,
}

/// Why a line, or all of them, prove nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// The first line is not the one that such files begin with.
    #[error("it does not begin as an export of a log with proofs does")]
    Format,
    /// The log had no checkpoint yet when they were written.
    #[error("they were written before the log had a checkpoint")]
    NoCheckpoint,
    /// Nobody who is trusted vouches for the checkpoint.
    #[error("their checkpoint counts for nothing: {0}")]
    Distrust(#[from] Distrust),
    /// It is no line of an event.
    #[error("it is no line of an event with its entry")]
    Unreadable,
    /// It is under the checkpoint and has no proof.
    #[error("event {0} has no proof, and the checkpoint is over it")]
    NoProof(u64),
    /// The event is not the one that the log has there.
    #[error("the log does not have this event at index {0}")]
    NotIncluded(u64),
    /// The entry is in the log and says something else.
    #[error("the line does not say what the entry of event {0} says")]
    Differs(u64),
}

/// What is read of the first line.
#[derive(Deserialize)]
struct Head {
    format: String,
    checkpoint: Option<String>,
}

/// What is read of another line.
#[derive(Deserialize)]
struct Proof {
    index: Option<u64>,
    body: String,
    proof: Option<Vec<String>>,
}

impl ProvenLines {
    /// The first line, with its line break: the checkpoint that the proofs of all others lead to, if there is one yet, and how
    /// many events the file has at most. One that has fewer has all that were searched for.
    pub fn head(checkpoint: Option<&SignedCheckpoint>) -> String {
        let signed = checkpoint.map(SignedCheckpoint::checkpoint);
        let head = json!({
            "format": FORMAT,
            "origin": signed.map(|signed| &signed.origin),
            "size": signed.map(|signed| signed.size),
            "checkpoint": checkpoint.map(ToString::to_string),
            "most": MOST_EXPORTED,
        });
        format!("{head}\n")
    }

    /// Begins with the first line, and says who vouches for its checkpoint by the keys that are trusted.
    ///
    /// # Errors
    /// When it is no such line, or nobody does.
    pub fn begin(head: &str, keys: &TrustedKeys) -> Result<(Self, Vouched), LineFault> {
        let head: Head = serde_json::from_str(head).map_err(|_| LineFault::Format)?;
        if head.format != FORMAT {
            return Err(LineFault::Format);
        }
        let note = head.checkpoint.ok_or(LineFault::NoCheckpoint)?;
        let checkpoint = SignedCheckpoint::parse(&note).map_err(|_| LineFault::Format)?;
        let vouched = keys.vouch(&checkpoint, &checkpoint.checkpoint().origin)?;
        Ok((Self(checkpoint), vouched))
    }

    /// The checkpoint that the lines are under.
    pub const fn checkpoint(&self) -> &SignedCheckpoint {
        &self.0
    }

    /// Verifies another line: the log has its entry, and it says what that says. Fields that were opened and ids of users are
    /// what the instance told, which nothing proves.
    ///
    /// # Errors
    /// When it proves nothing.
    pub fn verify(&self, line: &str) -> Result<Place, LineFault> {
        let mut told: Value = serde_json::from_str(line).map_err(|_| LineFault::Unreadable)?;
        let Proof { index, body, proof } = Proof::deserialize(&told).map_err(|_| LineFault::Unreadable)?;
        let body = STANDARD.decode(body).ok().filter(|body| body.len() <= MAX_BODY);
        let body = body.ok_or(LineFault::Unreadable)?;
        let signed = self.0.checkpoint();
        let Some(index) = index.filter(|index| *index < signed.size) else { return Ok(Place::Newer) };
        let proof = proof.ok_or(LineFault::NoProof(index))?;
        let hashes: Option<Vec<Hash>> = proof.iter().map(|hash| decode_hash(hash)).collect();
        let hashes = hashes.ok_or(LineFault::Unreadable)?;
        verify_inclusion(&leaf_hash(&body), index, signed.size, &hashes, &signed.root)
            .map_err(|InvalidProof| LineFault::NotIncluded(index))?;
        strip(&mut told);
        let said = serde_json::to_value(EventLine::of(Some(index), &body));
        if said.is_ok_and(|said| said == told) {
            Ok(Place::Proved(index))
        } else {
            Err(LineFault::Differs(index))
        }
    }
}

/// Takes off what the entry does not say.
fn strip(line: &mut Value) {
    let Some(members) = line.as_object_mut() else { return };
    BESIDE.iter().for_each(|name| drop(members.remove(*name)));
    let groups = members.get_mut("personal").and_then(Value::as_array_mut).into_iter().flatten();
    groups.filter_map(Value::as_object_mut).for_each(|group| drop(group.remove("fields")));
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use kiavi_base::{EventId, SeededRng};
    use kiavi_crypto::PersonalKey;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        Appender, Checkpoint, Event, NoteKey, Outcome, ProofPlan, SealedFields, SealedGroup, SubjectId, Tile,
        TileSet,
    };

    const COUNT: u8 = 5;

    fn key() -> NoteKey {
        NoteKey::new("auth.example/audit/t".parse().unwrap(), &[7; 32])
    }

    fn trusted() -> TrustedKeys {
        TrustedKeys::from_iter([key().verifier()])
    }

    fn person() -> (SubjectId, PersonalKey) {
        (SubjectId::from_bytes([2; 16]), PersonalKey::new(&[1; 32]))
    }

    fn body(number: u8) -> Vec<u8> {
        let (holder, key) = person();
        let id = EventId::from_bytes([number; 16]);
        let Value::Object(fields) = json!({"ip": "192.0.2.1"}) else { panic!("an object") };
        let sealed =
            SealedFields::seal(&SeededRng::new(1), (holder, &key), id, SealedGroup::Request, &fields)
                .unwrap();
        let event = Event {
            id,
            kind: "session.created".to_owned(),
            outcome: Outcome::Success,
            at: Timestamp::from_millisecond(1_795_725_607_120).unwrap(),
            request_id: None,
            actor: Some(holder.to_string()),
            subject: None,
            method: Some("passkey".to_owned()),
            facts: None,
            sealed: vec![sealed],
        };
        event.encode().unwrap()
    }

    /// The lines of a log of five events and one that is not sealed yet.
    fn lines() -> Vec<String> {
        let bodies: Vec<_> = (0..COUNT).map(body).collect();
        let mut tree = Appender::default();
        bodies.iter().for_each(|body| drop(tree.append(leaf_hash(body))));
        let mut tiles = TileSet::default();
        tree.partial_tiles()
            .into_iter()
            .for_each(|(tile, hashes): (Tile, _)| tiles.insert(tile, &hashes).unwrap());
        let origin = "auth.example/audit/t".to_owned();
        let checkpoint = Checkpoint { origin, size: tree.size(), root: tree.root() };
        let checkpoint = SignedCheckpoint::sign(checkpoint, &key()).unwrap();
        let mut lines = vec![ProvenLines::head(Some(&checkpoint))];
        let (_, key) = person();
        for (body, index) in bodies.iter().zip(0..) {
            let proof = ProofPlan::inclusion(index, tree.size()).unwrap().resolve(&tiles).unwrap();
            let line = EventLine::opened(Some(index), body, |id, sealed| sealed.open(&key, id).ok());
            lines.push(ProvenLine::new(line, [Some("u1".to_owned()), None], body, Some(&proof)).to_json());
        }
        let newest = body(COUNT);
        lines.push(ProvenLine::new(EventLine::of(None, &newest), [None, None], &newest, None).to_json());
        lines
    }

    #[test]
    fn every_line_is_proved_by_itself_and_a_newer_one_is_not() {
        let lines = lines();
        let (proven, _) = ProvenLines::begin(&lines[0], &trusted()).unwrap();
        assert_eq!(proven.checkpoint().checkpoint().size, u64::from(COUNT));
        let places: Vec<_> = lines[1..].iter().map(|line| proven.verify(line).unwrap()).collect();
        let mut expected: Vec<_> = (0..u64::from(COUNT)).map(Place::Proved).collect();
        expected.push(Place::Newer);
        assert_eq!(places, expected);
        assert!(
            lines[1].contains(r#""fields":{"ip":"192.0.2.1"}"#) && lines[1].contains(r#""actor_id":"u1""#)
        );
    }

    #[test]
    fn what_was_changed_is_found() {
        let lines = lines();
        let (proven, _) = ProvenLines::begin(&lines[0], &trusted()).unwrap();
        let changed = |from: &str, to: &str| {
            assert!(lines[2].contains(from), "{}", lines[2]);
            proven.verify(&lines[2].replace(from, to))
        };
        assert_eq!(
            changed(r#""type":"session.created""#, r#""type":"session.ended""#),
            Err(LineFault::Differs(1))
        );
        assert_eq!(changed(r#""outcome":"success""#, r#""outcome":"failure""#), Err(LineFault::Differs(1)));
        assert_eq!(changed(r#""subject":null"#, r#""subject":null,"more":1"#), Err(LineFault::Differs(1)));
        assert_eq!(changed(r#""index":1"#, r#""index":2"#), Err(LineFault::NotIncluded(2)));
        assert_eq!(changed(r#""index":1"#, r#""index":-1"#), Err(LineFault::Unreadable));
        let body =
            |line: &str| serde_json::from_str::<Value>(line).unwrap()["body"].as_str().unwrap().to_owned();
        assert_eq!(changed(&body(&lines[2]), &body(&lines[3])), Err(LineFault::NotIncluded(1)));
        let mut bare: Value = serde_json::from_str(&lines[2]).unwrap();
        bare["proof"] = Value::Null;
        assert_eq!(proven.verify(&bare.to_string()), Err(LineFault::NoProof(1)));
    }

    #[test]
    fn a_checkpoint_that_nobody_vouches_for_proves_nothing() {
        let lines = lines();
        let stranger = NoteKey::new("auth.example/audit/t".parse().unwrap(), &[8; 32]);
        let keys = TrustedKeys::from_iter([stranger.verifier()]);
        assert!(matches!(ProvenLines::begin(&lines[0], &keys), Err(LineFault::Distrust(_))));
        let begin = |head: &str| ProvenLines::begin(head, &trusted()).map(drop);
        assert_eq!(begin(&ProvenLines::head(None)), Err(LineFault::NoCheckpoint));
        assert_eq!(begin(&lines[1]), Err(LineFault::Format));
        assert_eq!(begin(&lines[0].replace("lines/1", "lines/2")), Err(LineFault::Format));
        assert_eq!(begin("kiavi"), Err(LineFault::Format));
    }

    proptest! {
        #[test]
        fn no_other_bytes_are_taken_for_a_proof(at in 0_usize..2_000, to in any::<char>(), text in ".{0,80}") {
            let lines = lines();
            let (proven, _) = ProvenLines::begin(&lines[0], &trusted()).unwrap();
            prop_assert!(proven.verify(&text).is_err());
            let line = lines[4].trim_end();
            let mut chars: Vec<char> = line.chars().collect();
            let at = at % chars.len();
            chars[at] = to;
            let changed: String = chars.into_iter().collect();
            // What the entry does not say may change; where it says something, the line still says the same.
            if proven.verify(&changed) == Ok(Place::Proved(3)) {
                let (mut told, mut said): (Value, Value) =
                    (serde_json::from_str(&changed).unwrap(), serde_json::from_str(line).unwrap());
                strip(&mut told);
                strip(&mut said);
                prop_assert_eq!(told, said);
            }
            let _ = ProvenLines::begin(&text, &trusted());
        }
    }
}
