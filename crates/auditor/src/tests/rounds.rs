use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kiavi_audit::{
    AddCheckpoint, Body, CosignatureKey, ProofPlan, Seen, SignedCheckpoint, SignedPruning, TileSet,
    TrustedKeys, VerifierKey, decide, leaf_hash, verify_consistency, verify_inclusion,
};
use kiavi_base::{ManualClock, TenantId};
use kiavi_db::{AdminConnection, prepare_all};
use kiavi_ipc::log::LogDocument;
use kiavi_ipc::witness::{FromWitness, Refusal, SeenTree, ToWitness};
use kiavi_ipc::{Channel, Endpoint};
use kiavi_testkit::TestDatabase;
use tokio::task::JoinSet;

use crate::key::LogKey;
use crate::schedule::Standing;
use crate::seal::{RoundError, Sealer, Surroundings};
use crate::store::STATEMENTS;
use crate::tally::Tally;
use crate::witness::Witness;

const ROLE: &str = "kiavi_test_auditor";
const ENGINE: &str = "kiavi_test_sealed_engine";
const ORIGIN: &str = "auth.example/audit/t";

/// A log, its auditor's world, and its witness.
struct Log {
    database: TestDatabase,
    admin: AdminConnection,
    witness: Arc<FakeWitness>,
    way: Witness,
    clock: Arc<ManualClock>,
}

/// Decides as the real one does, and keeps what it has seen in memory.
#[derive(Default)]
struct FakeWitness {
    seen: Mutex<Option<Seen>>,
    alarms: AtomicU64,
    is_away: AtomicBool,
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
    async fn new() -> Self {
        let database = TestDatabase::new("sealed", async |admin| {
            kiavi_engine::migrate(admin, None, None).await.map_err(|error| error.to_string())
        })
        .await;
        Self::on(database, Arc::new(FakeWitness::default())).await
    }

    async fn on(database: TestDatabase, fake: Arc<FakeWitness>) -> Self {
        database.ensure_role(ROLE, "LOGIN").await;
        let admin = database.admin().await;
        kiavi_engine::let_auditor_in(&admin, ROLE).await.unwrap();
        let clock = Arc::new(ManualClock::new("2026-11-26T20:00:00Z".parse().unwrap()));
        let way = Witness::default();
        let log = Self { database, admin, witness: fake, way, clock };
        log.open_door();
        log
    }

    fn open_door(&self) {
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

    fn sealer(&self) -> Sealer {
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

    async fn write(&self, count: i64) {
        let sql = "INSERT INTO kiavi.audit_event (id, at, type, outcome, body)
                   SELECT gen_random_uuid(), now(), 'test.written', 'success', ('body ' || n)::bytea
                   FROM generate_series(1, $1::bigint) n";
        self.admin.execute(sql, &[&count]).await.unwrap();
    }

    async fn number(&self, sql: &str) -> i64 {
        self.admin.query_opt(sql, &[]).await.unwrap().unwrap().get(0)
    }

    /// Has the log kept for a month, and everything up to now be two months old.
    async fn grow_old(&self) {
        kiavi_engine::audit::settle_retention(&self.admin, Some(30)).await.unwrap();
        let age = "ALTER TABLE kiavi.audit_tile DISABLE TRIGGER USER;
                   UPDATE kiavi.audit_tile SET grown_at = grown_at - interval '60 days';
                   ALTER TABLE kiavi.audit_tile ENABLE TRIGGER USER";
        self.admin.batch_execute(age).await.unwrap();
        self.clock.advance(jiff::SignedDuration::from_hours(24 * 60));
    }

    /// What the log says of its beginning that is gone.
    async fn pruning(&self) -> Option<SignedPruning> {
        let note = "SELECT note FROM kiavi.audit_pruning ORDER BY until DESC LIMIT 1";
        let note = self.admin.query_opt(note, &[]).await.unwrap()?;
        let said = SignedPruning::parse(note.get(0)).unwrap();
        said.verify(&TrustedKeys::from_iter([log_key()]), ORIGIN).unwrap();
        Some(said)
    }

    /// How many leaves there are, once everything about them was verified from outside.
    async fn verified(&self) -> u64 {
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

    async fn is_cosigned(&self) -> bool {
        let note = "SELECT note FROM kiavi.audit_checkpoint ORDER BY size DESC LIMIT 1";
        let note = self.admin.query_opt(note, &[]).await.unwrap().unwrap();
        SignedCheckpoint::parse(note.get(0)).unwrap().verify(&[witness_key().verifier()]).is_ok()
    }
}

async fn standing(sealer: &mut Sealer) -> Standing {
    sealer.round().await.unwrap().standing
}

#[tokio::test]
async fn every_statement_fits_the_schema_and_the_auditors_rights() {
    let log = Log::new().await;
    prepare_all(&log.database.database_as(ROLE), STATEMENTS).await.unwrap();
}

#[tokio::test]
async fn events_become_leaves_tiles_and_cosigned_checkpoints() {
    let log = Log::new().await;
    let mut sealer = log.sealer();
    assert_eq!(standing(&mut sealer).await, Standing::Cosigned, "nothing to do is done");
    assert_eq!(log.verified().await, 0);
    log.write(3).await;
    assert_eq!(standing(&mut sealer).await, Standing::Cosigned);
    assert_eq!(log.verified().await, 3);
    assert!(log.is_cosigned().await);
    // More than a round's worth, over several levels of tiles; somebody else goes on in between.
    log.write(5_000).await;
    assert_eq!(standing(&mut sealer).await, Standing::Behind);
    assert_eq!(standing(&mut log.sealer()).await, Standing::Cosigned);
    assert_eq!(log.verified().await, 5_003);
    assert!(matches!(sealer.round().await, Err(RoundError::Outdated)), "it notices");
    assert_eq!(standing(&mut sealer).await, Standing::Cosigned);
    assert!(log.number("SELECT count(*) FROM kiavi.audit_checkpoint").await <= 2, "one an hour is kept");
    assert_eq!(log.number("SELECT count(*) FROM kiavi.audit_gap").await, 0);
}

#[tokio::test]
async fn a_number_that_is_missing_is_looked_for_until_it_comes_or_is_old() {
    let log = Log::new().await;
    let mut sealer = log.sealer();
    let slow = log.database.admin().await;
    let insert = "INSERT INTO kiavi.audit_event (id, at, type, outcome, body)
                  SELECT gen_random_uuid(), now(), 'test.slow', 'success', 'slow' FROM generate_series(1, 3)";
    slow.batch_execute(&format!("BEGIN; {insert}")).await.unwrap();
    log.admin.batch_execute(&format!("BEGIN; {insert}; ROLLBACK")).await.unwrap();
    log.write(2).await;
    assert_eq!(standing(&mut sealer).await, Standing::Cosigned, "an open transaction holds nothing up");
    assert_eq!(log.verified().await, 2);
    slow.batch_execute("COMMIT").await.unwrap();
    assert_eq!(standing(&mut sealer).await, Standing::Cosigned);
    assert_eq!(log.verified().await, 5, "what came late is in the log");
    assert_eq!(log.number("SELECT sum(until - seq + 1)::bigint FROM kiavi.audit_gap").await, 3);
    log.admin.batch_execute("UPDATE kiavi.audit_gap SET since = since - interval '2 days'").await.unwrap();
    log.clock.advance(jiff::SignedDuration::from_hours(1));
    assert_eq!(standing(&mut sealer).await, Standing::Cosigned, "the heartbeat's round forgets them");
    assert_eq!(log.number("SELECT count(*) FROM kiavi.audit_gap").await, 0);
}

/// AU-7: many writers, and a transaction that is open in another tenant's database.
#[tokio::test]
async fn fifty_writers_and_a_transaction_open_elsewhere_hold_nothing_up() {
    let log = Arc::new(Log::new().await);
    let elsewhere = TestDatabase::empty().await;
    let open = elsewhere.admin().await;
    open.batch_execute("CREATE TABLE held (); BEGIN; INSERT INTO held DEFAULT VALUES").await.unwrap();
    let mut writers = JoinSet::new();
    for writer in 0..50 {
        let connection = log.database.admin().await;
        writers.spawn(async move {
            for number in 0..20 {
                // Some take their number long before they commit, and some never do.
                let end = if (writer + number) % 7 == 0 { "ROLLBACK" } else { "COMMIT" };
                let text = format!(
                    "BEGIN; INSERT INTO kiavi.audit_event (id, at, type, outcome, body)
                       VALUES (gen_random_uuid(), now(), 'test.written', 'success', 'w{writer} n{number}');
                     SELECT pg_sleep(0.002 * {}); {end}",
                    writer % 5
                );
                connection.batch_execute(&text).await.unwrap();
            }
        });
    }
    let mut sealer = log.sealer();
    while !writers.is_empty() {
        standing(&mut sealer).await;
        while let Ok(Some(ended)) = tokio::time::timeout(Duration::from_millis(5), writers.join_next()).await
        {
            ended.unwrap();
        }
    }
    assert_eq!(standing(&mut sealer).await, Standing::Cosigned);
    let written = log.number("SELECT count(*) FROM kiavi.audit_event").await;
    assert_eq!(log.verified().await, written as u64, "all that was committed is in the log, once");
    open.batch_execute("ROLLBACK").await.unwrap();
}

#[tokio::test]
async fn two_auditors_make_one_log() {
    let log = Arc::new(Log::new().await);
    let mut auditors = JoinSet::new();
    for _ in 0..2 {
        let (log, mut sealer) = (log.clone(), log.sealer());
        auditors.spawn(async move {
            for _ in 0..20 {
                log.write(100).await;
                match sealer.round().await {
                    Ok(_) | Err(RoundError::Busy | RoundError::Outdated) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    while let Some(ended) = auditors.join_next().await {
        ended.unwrap();
    }
    let mut last = log.sealer();
    while standing(&mut last).await == Standing::Behind {}
    assert_eq!(log.verified().await, 4_000);
    assert_eq!(log.witness.alarms.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_log_is_sealed_without_the_witness_and_cosigned_when_it_is_back() {
    let log = Log::new().await;
    let mut sealer = log.sealer();
    log.witness.is_away.store(true, Ordering::SeqCst);
    for written in [2, 4] {
        log.write(2).await;
        assert_eq!(standing(&mut sealer).await, Standing::Sealed);
        assert_eq!(log.verified().await, written);
    }
    assert!(!log.is_cosigned().await);
    log.witness.is_away.store(false, Ordering::SeqCst);
    log.open_door();
    assert_eq!(standing(&mut sealer).await, Standing::Cosigned);
    assert!(log.is_cosigned().await);
}

#[tokio::test]
async fn there_is_always_a_cosigned_checkpoint_and_few_others() {
    let log = Log::new().await;
    let mut sealer = log.sealer();
    let (count, least) =
        ("SELECT count(*) FROM kiavi.audit_checkpoint", "SELECT min(size) FROM kiavi.audit_checkpoint");
    for written in 1..=4 {
        log.write(1).await;
        assert_eq!(standing(&mut sealer).await, Standing::Cosigned);
        assert_eq!(
            (log.number(count).await, log.number(least).await),
            (written.min(2), (written - 1).max(1))
        );
    }
    log.witness.is_away.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        log.write(1).await;
        // Who begins anew finds both.
        assert_eq!(standing(&mut log.sealer()).await, Standing::Sealed);
        assert!(!log.is_cosigned().await);
        assert_eq!((log.number(count).await, log.number(least).await), (2, 4));
    }
}

/// AU-2: an older copy of the database in its place.
#[tokio::test]
async fn an_older_database_is_refused_and_sealed_no_further() {
    let before = Log::new().await;
    before.write(10).await;
    assert_eq!(standing(&mut before.sealer()).await, Standing::Cosigned);
    for leaves in [10, 0] {
        // As a backup has it, and one of before the log was begun.
        let copy = Log::new().await;
        if leaves > 0 {
            copy.write(leaves).await;
            assert_eq!(standing(&mut copy.sealer()).await, Standing::Cosigned);
        }
        before.write(5).await;
        assert_eq!(standing(&mut before.sealer()).await, Standing::Cosigned);
        let restored = Log::on(copy.database, before.witness.clone()).await;
        restored.write(100).await;
        let alarms = before.witness.alarms.load(Ordering::SeqCst);
        let mut sealer = restored.sealer();
        assert_eq!(standing(&mut sealer).await, Standing::Refused);
        assert_eq!(standing(&mut sealer).await, Standing::Refused);
        assert!(before.witness.alarms.load(Ordering::SeqCst) > alarms, "somebody is told");
        assert_eq!(restored.verified().await, leaves as u64, "no second history is signed");
    }
}

/// AU-3: two histories of one size.
#[tokio::test]
async fn a_split_view_is_refused() {
    let (one, fake) = (Log::new().await, Arc::new(FakeWitness::default()));
    let other = Log::on(Log::new().await.database, fake).await;
    let write = |text: &'static str| {
        format!(
            "INSERT INTO kiavi.audit_event (id, at, type, outcome, body)
             VALUES (gen_random_uuid(), now(), 'test.written', 'success', '{text}')"
        )
    };
    one.admin.batch_execute(&write("this")).await.unwrap();
    other.admin.batch_execute(&write("that")).await.unwrap();
    assert_eq!(standing(&mut one.sealer()).await, Standing::Cosigned);
    assert_eq!(standing(&mut other.sealer()).await, Standing::Cosigned);
    let swapped = Log::on(other.database, one.witness.clone()).await;
    assert_eq!(standing(&mut swapped.sealer()).await, Standing::Refused);
    assert_eq!(one.witness.alarms.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_was_sealed_and_changed_is_not_signed_again() {
    let log = Log::new().await;
    log.write(3).await;
    assert_eq!(standing(&mut log.sealer()).await, Standing::Cosigned);
    let flip = "UPDATE kiavi.audit_tile SET hashes = set_byte(hashes, 5, get_byte(hashes, 5) # 1)";
    log.admin.batch_execute(flip).await.unwrap();
    log.write(1).await;
    assert!(matches!(log.sealer().round().await, Err(RoundError::Damaged(_))));
    assert_eq!(log.number("SELECT count(*) FROM kiavi.audit_leaf").await, 3);
}

#[tokio::test]
async fn a_log_has_a_heartbeat_an_hour() {
    let log = Log::new().await;
    let count = "SELECT count(*) FROM kiavi.audit_event WHERE type = 'log.heartbeat' AND actor = 'auditor'";
    let mut sealer = log.sealer();
    log.write(1).await;
    standing(&mut sealer).await;
    assert_eq!(log.number(count).await, 0, "it does not begin with one");
    for hour in 1..=3 {
        log.clock.advance(jiff::SignedDuration::from_hours(1));
        assert_eq!(standing(&mut sealer).await, Standing::Cosigned);
        assert_eq!(standing(&mut log.sealer()).await, Standing::Cosigned, "nor does anybody repeat it");
        assert_eq!(log.number(count).await, hour);
    }
    assert_eq!(log.verified().await, 4);
    let body = "SELECT body FROM kiavi.audit_event WHERE type = 'log.heartbeat' LIMIT 1";
    let body = log.admin.query_opt(body, &[]).await.unwrap().unwrap();
    let Body::Event(event) = Body::decode(body.get(0)).unwrap() else { panic!("not an event") };
    assert_eq!((event.kind.as_str(), event.actor.as_deref()), ("log.heartbeat", Some("auditor")));
}

#[tokio::test]
async fn what_is_too_old_is_removed_and_everything_else_proves_what_it_did() {
    let log = Log::new().await;
    let mut sealer = log.sealer();
    log.write(700).await;
    assert_eq!(standing(&mut sealer).await, Standing::Cosigned);
    let note = "SELECT note FROM kiavi.audit_checkpoint ORDER BY size DESC LIMIT 1";
    let before = log.admin.query_opt(note, &[]).await.unwrap().unwrap();
    let before = SignedCheckpoint::parse(before.get(0)).unwrap();
    log.clock.advance(jiff::SignedDuration::from_hours(1));
    assert_eq!(standing(&mut sealer).await, Standing::Cosigned);
    assert!(log.pruning().await.is_none(), "by itself a log is kept for ever");
    log.grow_old().await;
    assert_eq!(standing(&mut sealer).await, Standing::Cosigned);
    // What is gone are whole tiles, and the last event is never among it. Two heartbeats and the pruning itself have come.
    assert_eq!(log.pruning().await.unwrap().pruning().first, 512);
    assert_eq!(log.verified().await, 703);
    let rest = "SELECT count(*) FROM kiavi.audit_event";
    assert_eq!(log.number(rest).await, 703 - 512);
    assert_eq!(log.number("SELECT count(*) FROM kiavi.audit_tile WHERE level = 0").await, 3, "hashes stay");
    // The event of it is in the log, and says what.
    let body = "SELECT body FROM kiavi.audit_event WHERE type = 'log.pruned'";
    let body = log.admin.query_opt(body, &[]).await.unwrap().unwrap();
    let Body::Event(event) = Body::decode(body.get(0)).unwrap() else { panic!("not an event") };
    let facts = event.facts.unwrap();
    assert_eq!((&facts["first_index"], &facts["last_index"]), (&0.into(), &511.into()));
    // What was signed before is still the beginning.
    let mut tiles = TileSet::default();
    for row in log.admin.query("SELECT level, index, hashes FROM kiavi.audit_tile", &[]).await.unwrap() {
        let (level, index, hashes): (i16, i64, &[u8]) = (row.get(0), row.get(1), row.get(2));
        let width = (hashes.len() / 32) as u16;
        tiles.insert(kiavi_audit::Tile { level: level as u8, index: index as u64, width }, hashes).unwrap();
    }
    let proof = ProofPlan::consistency(700, 703).unwrap().resolve(&tiles).unwrap();
    let root = ProofPlan::root(703).resolve(&tiles).unwrap()[0];
    verify_consistency(700, &before.checkpoint().root, 703, &root, &proof).unwrap();
    // Nothing more is old, whoever looks.
    log.clock.advance(jiff::SignedDuration::from_hours(1));
    assert_eq!(standing(&mut log.sealer()).await, Standing::Cosigned);
    assert_eq!(log.number("SELECT count(*) FROM kiavi.audit_pruning").await, 1);
    assert_eq!(log.verified().await, 704);
}

#[tokio::test]
async fn what_was_changed_is_not_pruned_away() {
    for change in [
        "UPDATE kiavi.audit_event SET body = 'other' WHERE seq = 300",
        "DELETE FROM kiavi.audit_event WHERE seq = 5",
        "UPDATE kiavi.audit_tile SET hashes = set_byte(hashes, 5, get_byte(hashes, 5) # 1) WHERE level = 0 AND index = 1",
    ] {
        let log = Log::new().await;
        log.write(600).await;
        let mut sealer = log.sealer();
        assert_eq!(standing(&mut sealer).await, Standing::Cosigned);
        log.grow_old().await;
        log.admin
            .batch_execute(&format!("ALTER TABLE kiavi.audit_tile DISABLE TRIGGER USER; {change}"))
            .await
            .unwrap();
        let there = log.number("SELECT count(*) FROM kiavi.audit_event").await;
        assert_eq!(standing(&mut sealer).await, Standing::Cosigned, "what is new is sealed all the same");
        assert!(log.pruning().await.is_none(), "{change}");
        assert_eq!(log.number("SELECT count(*) FROM kiavi.audit_event").await, there + 1, "and a heartbeat");
    }
}

/// An erasure that is under way is waited for by nobody: it is the pruning that comes another time.
#[tokio::test]
async fn a_pruning_is_in_nobodys_way() {
    let log = Log::new().await;
    log.write(600).await;
    let mut sealer = log.sealer();
    assert_eq!(standing(&mut sealer).await, Standing::Cosigned);
    log.grow_old().await;
    let erasing = log.database.admin().await;
    erasing.batch_execute("BEGIN; UPDATE kiavi.audit_event SET actor = NULL WHERE seq = 100").await.unwrap();
    assert_eq!(standing(&mut sealer).await, Standing::Cosigned);
    assert!(log.pruning().await.is_none());
    erasing.batch_execute("COMMIT").await.unwrap();
    log.clock.advance(jiff::SignedDuration::from_hours(1));
    assert_eq!(standing(&mut sealer).await, Standing::Cosigned);
    assert_eq!(log.pruning().await.unwrap().pruning().first, 512);
}

/// Not even the auditor removes what is younger than the log is kept for, or says how old something is.
#[tokio::test]
async fn nobody_removes_what_is_to_be_kept() {
    let log = Log::new().await;
    log.write(600).await;
    assert_eq!(standing(&mut log.sealer()).await, Standing::Cosigned);
    let prune =
        |until: i64| format!("SELECT kiavi.audit_prune({until}, 'note', gen_random_uuid(), 'body'::bytea)");
    let prunable = "SELECT until FROM kiavi.audit_prunable()";
    let refused = async |attempt: &str| {
        log.admin.batch_execute(&format!("SET ROLE {ROLE}")).await.unwrap();
        let outcome = log.admin.batch_execute(attempt).await;
        log.admin.batch_execute("RESET ROLE").await.unwrap();
        assert!(outcome.is_err_and(|error| error.is_permission_denied()), "{attempt}");
    };
    refused(&prune(256)).await;
    log.grow_old().await;
    assert_eq!(log.number(prunable).await, 512);
    for until in [0, 255, 300, 600, 768, -256] {
        refused(&prune(until)).await;
    }
    // It may write tiles, and makes them young by that.
    let claim = "UPDATE kiavi.audit_tile SET grown_at = grown_at - interval '1 year', hashes = hashes";
    log.admin.batch_execute(&format!("SET ROLE {ROLE}; {claim}; RESET ROLE")).await.unwrap();
    assert_eq!(log.number(prunable).await, 0);
    refused(&prune(256)).await;
    for attempt in [
        "INSERT INTO kiavi.audit_retention (days) VALUES (30)",
        "UPDATE kiavi.audit_retention SET days = 30",
        "INSERT INTO kiavi.audit_pruning (until, note) VALUES (256, '')",
        "DELETE FROM kiavi.audit_pruning",
        "ALTER TABLE kiavi.audit_tile DISABLE TRIGGER USER",
        "SET session_replication_role = replica",
    ] {
        refused(attempt).await;
    }
    let short = log.admin.batch_execute("UPDATE kiavi.audit_retention SET days = 29").await;
    assert!(short.is_err_and(|error| error.is_check_violation()), "whoever the settings are by");
}

/// Neither the auditor's role nor an engine's can do more than its part.
#[tokio::test]
async fn each_role_has_its_part_of_the_log_and_nothing_else() {
    let log = Log::new().await;
    log.write(2).await;
    assert_eq!(standing(&mut log.sealer()).await, Standing::Cosigned);
    log.database.ensure_role(ENGINE, "LOGIN").await;
    kiavi_engine::migrate(&mut log.database.admin().await, None, Some(ENGINE)).await.unwrap();
    let refused: &[(&str, &[&str])] = &[
        (
            ROLE,
            &[
                "SELECT * FROM public.\"user\"",
                "SELECT * FROM kiavi.audit_subject",
                "SELECT actor FROM kiavi.audit_event",
                "UPDATE kiavi.audit_event SET body = ''",
                "DELETE FROM kiavi.audit_event",
                "TRUNCATE kiavi.audit_event",
                "INSERT INTO kiavi.audit_event (seq, id, at, type, outcome, body) OVERRIDING SYSTEM VALUE
                 VALUES (9, gen_random_uuid(), now(), 'a.b', 'success', '')",
                "UPDATE kiavi.audit_leaf SET seq = 9",
                "DELETE FROM kiavi.audit_leaf",
                "DELETE FROM kiavi.audit_tile",
                "DELETE FROM kiavi.audit_checkpoint",
                "SELECT * FROM kiavi.webhook_endpoint",
                "CREATE TABLE kiavi.own ()",
                "CREATE TABLE public.own ()",
            ],
        ),
        (
            ENGINE,
            &[
                "INSERT INTO kiavi.audit_leaf VALUES (9, 9)",
                "UPDATE kiavi.audit_leaf SET seq = 9",
                "DELETE FROM kiavi.audit_leaf",
                "UPDATE kiavi.audit_tile SET hashes = hashes",
                "INSERT INTO kiavi.audit_checkpoint VALUES (9, now(), '')",
                "UPDATE kiavi.audit_checkpoint SET note = ''",
                "DELETE FROM kiavi.audit_checkpoint",
                "TRUNCATE kiavi.audit_checkpoint",
                "SELECT * FROM kiavi.audit_gap",
                "UPDATE kiavi.audit_event SET body = ''",
                "DELETE FROM kiavi.audit_event",
                "INSERT INTO kiavi.audit_event (seq, id, at, type, outcome, body) OVERRIDING SYSTEM VALUE
                 VALUES (4611686018427387904, gen_random_uuid(), now(), 'a.b', 'success', '')",
                "SELECT nextval('kiavi.audit_event_seq_seq')",
                "SELECT kiavi.audit_prunable()",
                "SELECT kiavi.audit_prune(256, '', gen_random_uuid(), '')",
                "INSERT INTO kiavi.audit_retention (days) VALUES (30)",
                "DELETE FROM kiavi.audit_retention",
                "INSERT INTO kiavi.audit_pruning (until, note) VALUES (256, '')",
                "DELETE FROM kiavi.audit_pruning",
            ],
        ),
    ];
    for (role, attempts) in refused {
        log.admin.batch_execute(&format!("SET ROLE {role}")).await.unwrap();
        for attempt in *attempts {
            let outcome = log.admin.batch_execute(attempt).await;
            assert!(outcome.is_err_and(|error| error.is_permission_denied()), "{role}: {attempt}");
        }
        log.admin.batch_execute("RESET ROLE").await.unwrap();
    }
}
