//! What goes when it is too old to be kept, and what does not.

use kiavi_audit::{Body, ProofPlan, SignedCheckpoint, TileSet, verify_consistency};

use super::log::{Log, ROLE, standing};
use crate::schedule::Standing;

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
