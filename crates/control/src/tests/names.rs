//! What is kept of tenants: those that were deleted, their names and domains, spares, and what nobody has.

use std::collections::BTreeSet;

use super::{operations::perform, *};
use crate::{
    ControlError,
    address::{self, Renaming},
    operation::Operation,
    provision::{Change, Order, RequestError},
    rotation,
    tenant::Target,
};

#[tokio::test]
async fn a_deleted_tenant_can_be_brought_back_until_its_time_is_over() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let tenant = instance.tenant(&control, "shop").await;
    perform(&instance, &tenant.id, Operation::Delete, 0).await;
    let deleted = control.tenant("shop").await.unwrap().unwrap();
    assert_eq!((deleted.state, deleted.reason.as_deref()), (TenantState::Deleted, Some("a test")));
    assert!(deleted.destroy_at.is_some());
    let early = Order { operation: Operation::Expire, reason: None, change: Change::Expire };
    let early = provision::request(&control, &Actor::CONTROL, &tenant.id, &early).await;
    assert!(matches!(early, Err(RequestError::Target(Target::Deleted))), "{early:?}");
    perform(&instance, &tenant.id, Operation::Undelete, 0).await;
    let back = control.tenant("shop").await.unwrap().unwrap();
    assert_eq!((back.state, back.reason, back.destroy_at), (TenantState::Running, None, None));

    perform(&instance, &tenant.id, Operation::Delete, 1).await;
    instance.database.admin().await.batch_execute("UPDATE tenant SET destroy_at = now()").await.unwrap();
    tokio::select! {
        gone = control.wait(&tenant.id, |_| false) => assert!(gone.unwrap().is_none()),
        () = control.run_reconciler() => unreachable!("it runs for ever"),
    }
    instance.assert_gone(&tenant).await;
    assert!(instance.events(&tenant.id).await.contains(&"tenant.grace_ended".to_owned()));
}

#[tokio::test]
async fn a_former_name_is_kept_from_others_and_released_in_time() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let (a, b) = (instance.tenant(&control, "a").await, instance.tenant(&control, "b").await);
    let renamed = async |tenant: &Tenant, name: &str| {
        let renaming = Renaming { slug: Some(parse_name(name).unwrap()), primary: None };
        let order = address::order(&control, tenant, renaming, false).await.unwrap();
        provision::request(&control, &Actor::CONTROL, &tenant.id, &order).await
    };
    let is_taken = |outcome: Result<bool, RequestError>| {
        matches!(outcome, Err(RequestError::Control(ControlError::NameTaken(_))))
    };
    assert!(renamed(&a, "c").await.unwrap());
    let a = control.tenant(a.id.as_str()).await.unwrap().unwrap();
    assert!(is_taken(renamed(&b, "a").await), "a name that is kept");
    assert!(is_taken(renamed(&b, "c").await), "a name that is had");
    let created = instance.try_request(&control, "a").await;
    assert!(matches!(created, Err(ControlError::NameTaken(_))));
    assert!(renamed(&a, "a").await.unwrap(), "its own former name");
    let a = control.tenant(a.id.as_str()).await.unwrap().unwrap();
    assert!(renamed(&a, "d").await.unwrap());

    instance
        .database
        .admin()
        .await
        .batch_execute("UPDATE tenant_hostname SET release_at = now()")
        .await
        .unwrap();
    let done = control.wait(&a.id, Tenant::is_settled);
    tokio::select! {
        done = done => assert!(done.unwrap().is_some()),
        () = control.run_reconciler() => unreachable!("it runs for ever"),
    }
    instance.assert_settled(&control, &a.id).await;
    assert_eq!(address::names(&control, &a).await.unwrap().len(), 1, "all former names are released");
    assert!(renamed(&b, "a").await.unwrap());
}

#[tokio::test]
async fn a_hostname_is_one_tenants_with_all_above_and_below_it() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let (a, b) = (instance.tenant(&control, "a").await.id, instance.tenant(&control, "b").await.id);
    let changed = async |id: &TenantId, change: Change| {
        let order = Order { operation: Operation::SetHostnames, reason: None, change };
        provision::request(&control, &Actor::CONTROL, id, &order).await
    };
    let host = |name: &str| -> Hostname { name.parse().unwrap() };
    let add = |name: &str| Change::AddHostname { hostname: host(name) };
    assert!(changed(&a, add("auth.shop.test")).await.unwrap());
    for taken in ["auth.shop.test", "x.auth.shop.test", "shop.test", "test"] {
        let refused = changed(&b, add(taken)).await;
        assert!(matches!(refused, Err(RequestError::Control(ControlError::HostnameTaken(_)))), "{taken}");
    }
    assert!(changed(&b, add("hauth.shop.test")).await.unwrap(), "a neighbour");
    assert!(changed(&a, add("x.auth.shop.test")).await.unwrap(), "below its own");
    for refused in ["demo.localhost", "localhost", "com"] {
        assert!(address::check_new(&control, &host(refused)).is_err(), "{refused}");
    }
    assert!(address::check_new(&control, &host("localhost.example")).is_ok());
    let mut other = Instance::new().await;
    other.console_origin = "https://console.kiavi.example";
    let elsewhere = other.start().await;
    for refused in ["console.kiavi.example", "kiavi.example", "a.console.kiavi.example"] {
        assert!(address::check_new(&elsewhere, &host(refused)).is_err(), "{refused}");
    }
    assert!(address::check_new(&elsewhere, &host("auth.kiavi.example")).is_ok());

    let primary = Change::MakePrimary { hostname: Some(host("auth.shop.test")) };
    assert!(changed(&a, primary).await.unwrap());
    provision::converge(&control, &a).await;
    instance.assert_settled(&control, &a).await;
    let settings = instance.privileged.ready.lock().unwrap()[&a].settings.clone();
    assert_eq!(settings["base_url"], "http://auth.shop.test:8080");
    let remove = |name: &str| Change::RemoveHostname { hostname: host(name) };
    let refused = changed(&a, remove("auth.shop.test")).await;
    assert!(matches!(refused, Err(RequestError::Control(ControlError::PrimaryHostname(_)))));
    let refused = changed(&a, remove("a.localhost")).await;
    assert!(matches!(refused, Err(RequestError::Control(ControlError::NoSuchHostname(_)))));
    assert!(changed(&a, Change::MakePrimary { hostname: None }).await.unwrap());
    assert!(changed(&a, remove("auth.shop.test")).await.unwrap());
}

#[tokio::test]
async fn passkeys_that_would_be_lost_are_asked_about() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let tenant = instance.tenant(&control, "shop").await;
    let login = Login::new(SUPERUSER, tenant.id.as_str());
    let inside = AdminConnection::connect(&*instance.database.connector(), &login).await.unwrap();
    inside
        .batch_execute(
            r#"INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
                 VALUES ('u', 'u', 'u@example.com', true, now(), now());
               INSERT INTO passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp", "createdAt")
                 VALUES ('p', 'k', 'u', 'c', 0, 'singleDevice', false, now())"#,
        )
        .await
        .unwrap();
    let renaming = || Renaming { slug: Some(parse_name("store").unwrap()), primary: None };
    let refused = address::order(&control, &tenant, renaming(), false).await;
    assert!(matches!(refused, Err(ControlError::RpIdChange { passkeys: 1, .. })), "{refused:?}");
    assert!(address::order(&control, &tenant, renaming(), true).await.is_ok());

    perform(&instance, &tenant.id, Operation::RotateSecret, 0).await;
    let refused = rotation::check_retirement(&control, &tenant).await;
    assert!(matches!(refused, Err(ControlError::SecretInUse { passkeys: 1 })), "{refused:?}");
    inside.batch_execute(r#"UPDATE passkey SET "createdAt" = now()"#).await.unwrap();
    assert!(rotation::check_retirement(&control, &tenant).await.is_ok(), "made under the new secret");
}

#[tokio::test]
async fn spares_are_made_in_advance_and_taken_once() {
    let instance = Instance::new().await;
    instance.spares.store(2, Ordering::SeqCst);
    let control = instance.start().await;
    let spares = async || instance.count("SELECT count(*) FROM tenant WHERE state = $1", "spare").await;
    let workspace = control.default_workspace().await.unwrap();
    let mut changes = control.changes().of(workspace.as_str());
    tokio::select! {
        () = control.run_reconciler() => unreachable!("it runs for ever"),
        () = async { while spares().await < 2 { changes.changed().await.unwrap() } } => {}
    }
    assert!(control.tenants().await.unwrap().is_empty(), "nobody's");
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        let tenant = instance.request(&control, name).await;
        assert_eq!(tenant.state == TenantState::Schema, name != "c", "the third is made as ever");
        let refused = instance.try_request(&control, name).await;
        assert!(matches!(refused, Err(ControlError::NameTaken(_))));
        provision::converge(&control, &tenant.id).await;
        instance.assert_settled(&control, &tenant.id).await;
        assert_eq!(control.tenant(name).await.unwrap().unwrap().settings["app"], name);
        ids.push(tenant.id);
    }
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 3);
    instance.assert_no_orphans(&control, &ids).await;
}

#[tokio::test]
async fn orphans_are_found_and_only_those_that_are_named_go() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let (kept, lost, other) = (
        instance.tenant(&control, "kept").await,
        instance.tenant(&control, "lost").await,
        instance.tenant(&control, "other").await,
    );
    // As if control's database were older than all the rest.
    for tenant in [&lost, &other] {
        let forget = "DELETE FROM tenant WHERE id = $1";
        instance.database.admin().await.execute(forget, &[&tenant.id.as_str()]).await.unwrap();
    }
    let found = orphans::find(&control).await.unwrap();
    let whole = orphans::Remains { database: true, roles: true, secrets: true, account: Some(lost.uid) };
    assert_eq!(found.get(&lost.id), Some(&whole));
    assert!(found.contains_key(&other.id) && !found.contains_key(&kept.id));
    let ids = [lost.id.clone(), kept.id.clone()];
    let removed = orphans::remove(&control, &Actor::CONTROL, &ids).await.unwrap();
    assert_eq!(removed, std::slice::from_ref(&lost.id), "a tenant is no orphan");
    instance.assert_gone(&lost).await;
    instance.assert_settled(&control, &kept.id).await;
    assert!(orphans::find(&control).await.unwrap().contains_key(&other.id));
    assert_eq!(instance.events(&lost.id).await.last().map(String::as_str), Some("orphan.removed"));
}
