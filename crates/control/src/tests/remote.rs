//! A server that somebody else runs: the control plane is a role that may make databases and roles there, and no more.

use kiavi_crypto::scram_verifier;

use super::*;
use crate::{ControlError, ServerError, ServerVerdict, inspect};

impl Instance {
    /// Whether the engine is told the password that the server knows a verifier of.
    async fn assert_known(&self, tenant: &TenantId) {
        let question =
            "SELECT rolpassword, decode(split_part(split_part(rolpassword, '$', 2), ':', 2), 'base64')
                        FROM pg_authid WHERE rolname = $1";
        let rows = self.database.admin().await.query(question, &[&tenant.as_str()]).await.unwrap();
        let (verifier, salt): (&str, Vec<u8>) = (rows[0].get(0), rows[0].get(1));
        let start = self.privileged.ready.lock().unwrap()[tenant].clone();
        let password = start.database_password.expect("a password");
        assert_eq!(scram_verifier(password.expose_secret(), &salt.try_into().unwrap()), verifier);
    }
}

#[tokio::test]
async fn a_role_without_more_rights_than_it_needs_makes_and_removes_tenants() {
    let instance = Instance::of_guest("kiavi_guest", "CREATEDB CREATEROLE").await;
    let control = instance.start().await;
    let tenant = instance.tenant(&control, "guest").await;
    instance.assert_whole(&tenant).await;
    instance.assert_known(&tenant.id).await;
    let groups = "SELECT count(*) FROM pg_auth_members WHERE member = $1::text::regrole";
    assert_eq!(instance.count(groups, tenant.id.as_str()).await, 0);

    assert!(control.remove_tenant(&tenant.id).await.unwrap());
    provision::converge(&control, &tenant.id).await;
    instance.assert_gone(&tenant).await;
}

#[tokio::test]
async fn a_password_is_kept_until_it_is_rotated() {
    let instance = Instance::of_guest("kiavi_guest", "CREATEDB CREATEROLE").await;
    let control = instance.start().await;
    let tenant = instance.tenant(&control, "rotated").await;
    let password =
        || instance.privileged.ready.lock().unwrap()[&tenant.id].database_password.clone().unwrap();
    let first = password();

    let control = {
        drop(control);
        instance.start().await
    };
    provision::converge(&control, &tenant.id).await;
    assert_eq!(password().expose_secret(), first.expose_secret());

    assert!(provision::rotate_password(&control, &Actor::CONTROL, &tenant).await.unwrap());
    // Not twice at once.
    assert!(!provision::rotate_password(&control, &Actor::CONTROL, &tenant).await.unwrap());
    provision::converge(&control, &tenant.id).await;
    assert_ne!(password().expose_secret(), first.expose_secret());
    instance.assert_known(&tenant.id).await;
    let rotated = instance.events(&tenant.id).await;
    assert_eq!(rotated.iter().filter(|kind| *kind == "tenant.database_password_rotated").count(), 1);
}

#[tokio::test]
async fn the_tenants_of_another_instance_on_the_server_are_no_orphans() {
    let instance = Instance::of_guest("kiavi_guest", "CREATEDB CREATEROLE").await;
    let neighbour = Instance::of_guest("kiavi_other_guest", "CREATEDB CREATEROLE").await;
    let (control, other) = (instance.start().await, neighbour.start().await);
    let tenant = instance.tenant(&control, "mine").await;
    assert!(!orphans::find(&other).await.unwrap().contains_key(&tenant.id));

    let forget = "DELETE FROM tenant WHERE id = $1";
    instance.database.admin().await.execute(forget, &[&tenant.id.as_str()]).await.unwrap();
    let found = orphans::find(&control).await.unwrap();
    assert!(found[&tenant.id].database && found[&tenant.id].roles, "{found:?}");
    assert!(!orphans::find(&other).await.unwrap().contains_key(&tenant.id));
    let ids = std::slice::from_ref(&tenant.id);
    assert_eq!(orphans::remove(&control, &Actor::CONTROL, ids).await.unwrap(), ids);
    instance.assert_gone(&tenant).await;
}

#[tokio::test]
async fn spares_and_migrations_are_like_those_of_a_private_cluster() {
    let instance = Instance::of_guest("kiavi_guest", "CREATEDB CREATEROLE").await;
    instance.spares.store(1, Ordering::SeqCst);
    let control = instance.start().await;
    let spare = "SELECT count(*) FROM tenant WHERE state = $1";
    let workspace = control.default_workspace().await.unwrap();
    let mut changes = control.changes().of(workspace.as_str());
    tokio::select! {
        () = control.run_reconciler() => unreachable!("it runs for ever"),
        () = async { while instance.count(spare, "spare").await < 1 { changes.changed().await.unwrap() } } => {}
    }
    let tenant = instance.request(&control, "taken").await;
    assert_eq!(tenant.state, TenantState::Schema, "the spare");
    provision::converge(&control, &tenant.id).await;
    instance.assert_known(&tenant.id).await;

    drop((control, changes));
    instance.schema.0.store(2, Ordering::SeqCst);
    let control = instance.start().await;
    provision::converge(&control, &tenant.id).await;
    let migrated = control.tenant("taken").await.unwrap().unwrap();
    assert_eq!((migrated.state, migrated.schema_version), (TenantState::Running, 2));
    instance.assert_known(&tenant.id).await;
}

#[tokio::test]
async fn on_a_private_cluster_there_is_no_password() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let tenant = instance.tenant(&control, "private").await;
    let known = "SELECT count(*) FROM pg_authid WHERE rolname = $1 AND rolpassword IS NOT NULL";
    assert_eq!(instance.count(known, tenant.id.as_str()).await, 0);
    assert!(instance.privileged.ready.lock().unwrap()[&tenant.id].database_password.is_none());
}

#[tokio::test]
async fn a_role_that_may_not_do_enough_is_told_what_it_lacks() {
    let instance = Instance::of_guest("kiavi_weak_guest", "").await;
    let error = Control::open(instance.parts()).await.err().expect("it cannot be used");
    assert!(matches!(&error, ControlError::Server(ServerError::Unfit(_))), "{error}");
    assert!(error.to_string().contains("ALTER ROLE kiavi_weak_guest CREATEDB CREATEROLE"), "{error}");
}

#[tokio::test]
async fn a_server_is_looked_at_without_being_changed() {
    let instance = Instance::of_guest("kiavi_guest", "CREATEDB CREATEROLE").await;
    let server = instance.server();
    let connection = server.administer(instance.database.name()).await.unwrap();
    let findings = inspect(&connection, instance.database.name()).await.unwrap();
    assert!(findings.iter().all(|finding| finding.verdict != ServerVerdict::Missing), "{findings:?}");
    let has = |text: &str| findings.iter().any(|finding| finding.detail.contains(text));
    assert!(
        has("only a superuser could") && has("temp_file_limit") && has("TLS ends before"),
        "{findings:?}"
    );

    let absent = inspect(&connection, "kiavi_not_there").await.unwrap();
    assert!(absent.iter().any(|finding| finding.detail.contains("is made at the first start")));
    let foreign = inspect(&connection, "postgres").await.unwrap();
    assert!(
        foreign.iter().any(|finding| finding.detail.contains("ALTER DATABASE postgres OWNER TO kiavi_guest"))
    );
}

#[tokio::test]
async fn two_instances_with_one_database_are_kept_apart() {
    let instance = Instance::of_guest("kiavi_guest", "CREATEDB CREATEROLE").await;
    let first = instance.start().await;
    instance.request(&first, "shop").await;
    let refused = Control::open(instance.parts()).await.err().unwrap().to_string();
    assert!(refused.contains("is in use by \"kiavi at a test\""), "{refused}");
    assert!(refused.contains("Stop the other one") && refused.contains("pg_terminate_backend("), "{refused}");

    // The network takes its claim away: nothing is changed until it is back.
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE application_name = 'kiavi at a test' AND datname = $1";
    instance.database.admin().await.query(end, &[&instance.database.name()]).await.unwrap();
    let kept = async {
        loop {
            match instance.try_request(&first, "late").await {
                Ok(tenant) => return tenant,
                Err(ControlError::Database(error)) => assert!(error.is_temporary(), "{error}"),
                Err(error) => panic!("{error}"),
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        tenant = kept => assert_eq!(tenant.slug.as_str(), "late"),
        () = first.keep_claim() => unreachable!("it is kept for ever"),
    }
    drop(first);
    instance.start().await;
}
