//! What the witness is asked, and what it refuses.

use std::sync::{Arc, atomic::Ordering};

use super::log::{FakeWitness, Log, standing};
use crate::schedule::Standing;

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
