//! What the roles of the auditor and of an engine may do with the log.

use super::log::{Log, ROLE, standing};
use crate::schedule::Standing;

const ENGINE: &str = "kiavi_test_sealed_engine";

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
