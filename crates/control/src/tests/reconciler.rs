//! The loop: what is asked for happens, what failed is tried again, what ran runs after a restart.

use std::{collections::BTreeSet, time::Duration};

use super::*;
use crate::ControlError;

/// Longest that anything here may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// Lets the reconciler work while `journey` goes on.
async fn with_reconciler<T>(control: &Control, journey: impl Future<Output = T>) -> T {
    tokio::select! {
        result = tokio::time::timeout(DEADLINE, journey) => result.expect("the deadline"),
        () = control.run_reconciler() => unreachable!("it runs for ever"),
    }
}

#[tokio::test]
async fn a_tenant_that_is_ensured_runs_and_is_made_once() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let (first, again) = with_reconciler(&control, async {
        (control.ensure_tenant("demo").await.unwrap(), control.ensure_tenant("demo").await.unwrap())
    })
    .await;
    assert_eq!(first.id, again.id);
    assert_eq!(first.uid, 1_900_001_000);
    instance.assert_whole(&first).await;
    assert!(matches!(control.ensure_tenant("www").await, Err(ControlError::Name(_))));
}

#[tokio::test]
async fn many_tenants_at_once_all_run() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let mut ids = Vec::new();
    for number in 0..9 {
        ids.push(instance.request(&control, &format!("shop-{number}")).await.id);
    }
    with_reconciler(&control, async {
        for id in &ids {
            control.wait(id, |tenant| tenant.state == TenantState::Running).await.unwrap().unwrap();
        }
    })
    .await;
    assert_eq!(control.tenants().await.unwrap().len(), 9);
}

#[tokio::test]
async fn a_step_that_failed_is_said_to_and_tried_again() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    instance.privileged.failures.store(1, Ordering::SeqCst);
    let id = instance.request(&control, "shop").await.id;
    let tenant = with_reconciler(&control, async {
        let failed = control.wait(&id, |tenant| tenant.state == TenantState::Failed).await.unwrap().unwrap();
        assert_eq!(failed.last_error.as_deref(), Some("start_failed"));
        control.wait(&id, |tenant| tenant.state == TenantState::Running).await.unwrap().unwrap()
    })
    .await;
    assert_eq!(tenant.last_error, None);
    let events = instance.events(&id).await;
    assert_eq!(events.iter().filter(|kind| *kind == "tenant.step_failed").count(), 1);
}

#[tokio::test]
async fn after_a_restart_every_tenant_is_made_known_again() {
    let instance = Instance::new().await;
    let first = instance.start().await;
    let tenant = instance.tenant(&first, "shop").await;
    drop(first);
    instance.privileged.ready.lock().unwrap().clear();
    instance.port.store(9090, Ordering::SeqCst);
    instance.schema.0.store(2, Ordering::SeqCst);

    let control = instance.start().await;
    let tenant = with_reconciler(&control, control.ensure_tenant(tenant.slug.as_str())).await.unwrap();
    assert_eq!(tenant.settings["base_url"], "http://shop.localhost:9090");
    assert_eq!(tenant.settings_version, 2);
    let start = instance.privileged.ready.lock().unwrap().get(&tenant.id).cloned().unwrap();
    assert_eq!(start.settings, tenant.settings);
    assert_eq!(start.hostnames[0].as_str(), "shop.localhost");
    let events = instance.events(&tenant.id).await;
    assert_eq!(events.iter().filter(|kind| *kind == "tenant.schema_migrated").count(), 2, "{events:?}");
}

#[tokio::test]
async fn after_a_restart_all_names_are_told_before_any_tenant_is_brought_forward() {
    let instance = Instance::new().await;
    let first = instance.start().await;
    let (shop, paused) = (instance.tenant(&first, "shop").await, instance.tenant(&first, "paused").await);
    let (leaving, asked) =
        (instance.tenant(&first, "leaving").await, instance.request(&first, "asked").await);
    let admin = instance.database.admin().await;
    let named = format!(
        "INSERT INTO tenant_hostname (hostname, tenant_id, role, proof) VALUES ('login.shop.example', '{}', 'primary', 'operator');
         UPDATE tenant SET target = 'suspended' WHERE id = '{}'; UPDATE tenant SET target = 'destroyed' WHERE id = '{}'",
        shop.id, paused.id, leaving.id
    );
    admin.batch_execute(&named).await.unwrap();
    drop(first);
    instance.privileged.ready.lock().unwrap().clear();
    instance.privileged.expected.lock().unwrap().clear();

    // Nobody brings tenants forward: that the control plane is open says it all.
    let _control = instance.start().await;
    assert!(instance.privileged.ready.lock().unwrap().is_empty());
    let (expected, suspended) = instance.privileged.hosts_known.lock().unwrap().clone().unwrap();
    assert_eq!(BTreeSet::from_iter(expected), BTreeSet::from([shop.id.clone(), asked.id]));
    assert_eq!(suspended, [paused.id]);
    let names = instance.privileged.expected.lock().unwrap()[&shop.id].clone();
    assert_eq!(
        names.iter().map(Hostname::as_str).collect::<Vec<_>>(),
        ["shop.localhost", "login.shop.example"]
    );
}

#[tokio::test]
async fn a_removed_tenant_frees_its_name_but_not_its_uid() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let tenant = instance.tenant(&control, "shop").await;
    // Somebody is still connected.
    let login = kiavi_db::Login::new(tenant.id.as_str(), tenant.id.as_str());
    let _open = AdminConnection::connect(&*instance.database.connector(), &login).await.unwrap();
    with_reconciler(&control, async {
        assert!(control.remove_tenant(&tenant.id).await.unwrap());
        assert!(!control.remove_tenant(&tenant.id).await.unwrap());
        assert!(control.wait(&tenant.id, |_| false).await.unwrap().is_none());
        instance.assert_gone(&tenant).await;
        let again = control.ensure_tenant("shop").await.unwrap();
        assert!(again.uid > tenant.uid && again.id != tenant.id);
    })
    .await;
}

#[tokio::test]
async fn the_log_only_grows() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    instance.request(&control, "shop").await;
    let admin = instance.database.admin().await;
    for text in ["DELETE FROM audit_event", "UPDATE audit_event SET actor = 'x'", "TRUNCATE audit_event"] {
        assert!(admin.batch_execute(text).await.is_err(), "{text}");
    }
}
