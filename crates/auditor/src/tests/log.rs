//! A log on a database of its own, its auditor's world, and a witness with the real one's rules.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use kiavi_audit::{
    AddCheckpoint, CosignatureKey, ProofPlan, Seen, SignedCheckpoint, SignedPruning, TileSet, TrustedKeys,
    VerifierKey, decide, leaf_hash, verify_inclusion,
};
use kiavi_base::{ManualClock, TenantId};
use kiavi_db::AdminConnection;
use kiavi_ipc::log::LogDocument;
use kiavi_ipc::witness::{FromWitness, Refusal, SeenTree, ToWitness};
use kiavi_ipc::{Channel, Endpoint};
use kiavi_testkit::TestDatabase;

use crate::key::LogKey;
use crate::schedule::Standing;
use crate::seal::{Sealer, Surroundings};
use crate::tally::Tally;
use crate::witness::Witness;

pub(super) const ROLE: &str = "kiavi_test_auditor";
const ORIGIN: &str = "auth.example/audit/t";

/// A log, its auditor's world, and its witness.
pub(super) struct Log {
    pub(super) database: TestDatabase,
    pub(super) admin: AdminConnection,
    pub(super) witness: Arc<FakeWitness>,
    way: Witness,
    pub(super) clock: Arc<ManualClock>,
}

/// Decides as the real one does, and keeps what it has seen in memory.
#[derive(Default)]
pub(super) struct FakeWitness {
    seen: Mutex<Option<Seen>>,
    pub(super) alarms: AtomicU64,
    pub(super) is_away: AtomicBool,
}

impl FakeWitness {
    fn answer(&self, message: ToWitness) -> Option<FromWitness> {
        if self.is_away.load(Ordering::SeqCst) {
            return None;
        }
        let mut seen = self.seen.lock().unwrap();
        let tree = seen.map(|seen| SeenTree { size: seen.size, root: seen.root });
        Some(match message {
            ToWitness::Look { request, .. } => FromWitness::Seen { request, tree },
            ToWitness::Cosign { request, body, .. } => {
                let body = AddCheckpoint::parse(&body).unwrap();
                match decide(*seen, &log_key(), &body) {
                    Ok(new) => {
                        *seen = Some(new);
                        let line = witness_key().sign(body.checkpoint.text(), 1).to_string();
                        FromWitness::Cosigned { request, line }
                    }
                    Err(error) => {
                        self.alarms.fetch_add(u64::from(error.is_alarm()), Ordering::SeqCst);
                        let refusal = match error {
                            kiavi_audit::Refusal::Conflict(size) => Refusal::Elsewhere { size },
                            _ => Refusal::Contradiction,
                        };
                        FromWitness::Refused { request, refusal }
                    }
                }
            }
        })
    }
}

fn seed() -> [u8; 32] {
    [7; 32]
}

fn log_key() -> VerifierKey {
    kiavi_audit::NoteKey::new(ORIGIN.parse().unwrap(), &seed()).verifier()
}

fn witness_key() -> CosignatureKey {
    CosignatureKey::new("auth.example/witness".parse().unwrap(), &[9; 32])
}

fn tenant() -> TenantId {
    format!("t{}", "a".repeat(24)).parse().unwrap()
}

impl Log {
    pub(super) async fn new() -> Self {
        let database = TestDatabase::new("sealed", async |admin| {
            kiavi_engine::migrate(admin, None, None).await.map_err(|error| error.to_string())
        })
        .await;
        Self::on(database, Arc::new(FakeWitness::default())).await
    }

    pub(super) async fn on(database: TestDatabase, fake: Arc<FakeWitness>) -> Self {
        database.ensure_role(ROLE, "LOGIN").await;
        let admin = database.admin().await;
        kiavi_engine::let_auditor_in(&admin, ROLE).await.unwrap();
        let clock = Arc::new(ManualClock::new("2026-11-26T20:00:00Z".parse().unwrap()));
        let way = Witness::default();
        let log = Self { database, admin, witness: fake, way, clock };
        log.open_door();
        log
    }

    pub(super) fn open_door(&self) {
        let (ours, theirs) = Channel::pair().unwrap();
        self.way.open(ours.into()).unwrap();
        let (sender, mut receiver) = Endpoint::<FromWitness, ToWitness>::new(theirs).unwrap().split();
        let witness = self.witness.clone();
        tokio::spawn(async move {
            while let Ok(Some(message)) = receiver.receive().await {
                match witness.answer(message) {
                    Some(answer) => sender.send(&answer).await.unwrap(),
                    // It is gone.
                    None => return,
                }
            }
        });
    }

    pub(super) fn sealer(&self) -> Sealer {
        let text = str::to_owned;
        let document = LogDocument {
            origin: text(ORIGIN),
            seed: seed(),
            database: text(self.database.name()),
            role: text(ROLE),
            password: None,
        };
        let key = Arc::new(LogKey::open(document.seal().unwrap().fd()).unwrap());
        let around = Surroundings {
            connect: self.database.connector(),
            witness: self.way.clone(),
            clock: self.clock.clone(),
            tally: Arc::new(Tally::default()),
        };
        Sealer::new(tenant(), key, around)
    }

    pub(super) async fn write(&self, count: i64) {
        let sql = "INSERT INTO kiavi.audit_event (id, at, type, outcome, body)
                   SELECT gen_random_uuid(), now(), 'test.written', 'success', ('body ' || n)::bytea
                   FROM generate_series(1, $1::bigint) n";
        self.admin.execute(sql, &[&count]).await.unwrap();
    }

    pub(super) async fn number(&self, sql: &str) -> i64 {
        self.admin.query_opt(sql, &[]).await.unwrap().unwrap().get(0)
    }

    /// Has the log kept for a month, and everything up to now be two months old.
    pub(super) async fn grow_old(&self) {
        kiavi_engine::audit::settle_retention(&self.admin, Some(30)).await.unwrap();
        let age = "ALTER TABLE kiavi.audit_tile DISABLE TRIGGER USER;
                   UPDATE kiavi.audit_tile SET grown_at = grown_at - interval '60 days';
                   ALTER TABLE kiavi.audit_tile ENABLE TRIGGER USER";
        self.admin.batch_execute(age).await.unwrap();
        self.clock.advance(jiff::SignedDuration::from_hours(24 * 60));
    }

    /// What the log says of its beginning that is gone.
    pub(super) async fn pruning(&self) -> Option<SignedPruning> {
        let note = "SELECT note FROM kiavi.audit_pruning ORDER BY until DESC LIMIT 1";
        let note = self.admin.query_opt(note, &[]).await.unwrap()?;
        let said = SignedPruning::parse(note.get(0)).unwrap();
        said.verify(&TrustedKeys::from_iter([log_key()]), ORIGIN).unwrap();
        Some(said)
    }

    /// How many leaves there are, once everything about them was verified from outside.
    pub(super) async fn verified(&self) -> u64 {
        let rows = "SELECT l.index, e.body FROM kiavi.audit_leaf l JOIN kiavi.audit_event e USING (seq) ORDER BY l.index";
        let rows = self.admin.query(rows, &[]).await.unwrap();
        let indexes: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        let pruning = self.pruning().await;
        let first = pruning.as_ref().map_or(0, |said| said.pruning().first as i64);
        assert_eq!(indexes, (first..first + rows.len() as i64).collect::<Vec<_>>(), "gapless");
        let note = "SELECT note FROM kiavi.audit_checkpoint ORDER BY size DESC LIMIT 1";
        let Some(note) = self.admin.query_opt(note, &[]).await.unwrap() else { return 0 };
        let signed = SignedCheckpoint::parse(note.get(0)).unwrap();
        signed.verify(&[log_key()]).unwrap();
        let checkpoint = signed.checkpoint();
        assert_eq!(checkpoint.size, first as u64 + rows.len() as u64);
        let mut tiles = TileSet::default();
        for row in self.admin.query("SELECT level, index, hashes FROM kiavi.audit_tile", &[]).await.unwrap() {
            let (level, index, hashes): (i16, i64, &[u8]) = (row.get(0), row.get(1), row.get(2));
            let tile = kiavi_audit::Tile {
                level: level.try_into().unwrap(),
                index: index.try_into().unwrap(),
                width: (hashes.len() / 32).try_into().unwrap(),
            };
            tiles.insert(tile, hashes).unwrap();
        }
        if let Some(said) = pruning {
            let root = ProofPlan::root(said.pruning().first).resolve(&tiles).unwrap();
            assert_eq!(root, [said.pruning().root]);
        }
        for row in rows.iter().step_by(37) {
            let (index, body): (i64, &[u8]) = (row.get(0), row.get(1));
            let index = index as u64;
            let proof = ProofPlan::inclusion(index, checkpoint.size).unwrap().resolve(&tiles).unwrap();
            verify_inclusion(&leaf_hash(body), index, checkpoint.size, &proof, &checkpoint.root).unwrap();
        }
        checkpoint.size
    }

    pub(super) async fn is_cosigned(&self) -> bool {
        let note = "SELECT note FROM kiavi.audit_checkpoint ORDER BY size DESC LIMIT 1";
        let note = self.admin.query_opt(note, &[]).await.unwrap().unwrap();
        SignedCheckpoint::parse(note.get(0)).unwrap().verify(&[witness_key().verifier()]).is_ok()
    }
}

/// How a log stands after a round.
pub(super) async fn standing(sealer: &mut Sealer) -> Standing {
    sealer.round().await.unwrap().standing
}
