//! What a round makes of what was written.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use kiavi_audit::Body;
use kiavi_db::prepare_all;
use kiavi_testkit::TestDatabase;
use tokio::task::JoinSet;

use super::log::{Log, ROLE, standing};
use crate::{
    schedule::Standing,
    seal::{RoundError, Sealer},
    store::STATEMENTS,
};

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

/// The engine's role is no way round it: whatever changes the tables, it is counted outside of the engine.
#[tokio::test]
async fn a_change_that_no_event_explains_is_counted_when_it_is_sealed() {
    let log = Log::new().await;
    let mut sealer = log.sealer();
    let counted = |sealer: &Sealer| sealer.around.tally.take([0; 5], Duration::ZERO).unexplained;
    log.write(3).await;
    assert_eq!(standing(&mut sealer).await, Standing::Cosigned);
    assert_eq!(counted(&sealer), 0, "what engines write is no alarm");
    let by_hand = r#"INSERT INTO public."user" (id, name, email, "emailVerified", "updatedAt")
        VALUES ('planted', '', 'planted@example.com', true, now());
        UPDATE public."user" SET role = 'admin'"#;
    for statement in by_hand.split(';') {
        log.admin.batch_execute(statement).await.unwrap();
    }
    assert_eq!(standing(&mut sealer).await, Standing::Cosigned);
    assert_eq!(counted(&sealer), 2);
    assert_eq!(standing(&mut sealer).await, Standing::Cosigned);
    assert_eq!(counted(&sealer), 0, "once");
    assert_eq!(log.verified().await, 5);
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
