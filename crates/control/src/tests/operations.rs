//! Every operation, killed at every point of it, and any series of them: what was asked for happens, or nothing has.
//!
//! The operations come from the table itself ([`Operation::ALL`]) and the points from the code: each is counted as it is
//! reached. A new operation does not compile here until it is said what has to be before and after it; a new point is
//! killed at without a word.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use proptest::{prelude::*, test_runner::TestRunner};

use super::{interruption::kill_at, *};
use crate::{
    ControlError, TenantEventKind,
    address::{self, Renaming},
    operation::Operation,
    provision::{Change, Order, RequestError},
    rotation,
    tenant::{SecretChange, Target},
};

/// The operations that a tenant survives.
fn survived() -> impl Iterator<Item = Operation> {
    let ends = [Operation::Destroy, Operation::Expire];
    Operation::ALL.into_iter().filter(move |operation| !ends.contains(operation))
}

/// What an operation is asked for with; names are different for each `number`.
async fn order(
    control: &Control,
    tenant: &Tenant,
    operation: Operation,
    number: usize,
) -> Result<Order, ControlError> {
    let is_undoing = matches!(operation, Operation::Resume | Operation::Undelete);
    let reason = (!is_undoing).then(|| "a test".to_owned());
    let change = match operation {
        Operation::Suspend | Operation::Resume | Operation::Undelete | Operation::Destroy => Change::Target,
        Operation::Delete => return Ok(Order::delete(DELETION_GRACE, reason)),
        Operation::Expire => Change::Expire,
        Operation::Rename => {
            let slug = parse_name(&format!("name-{}-{number}", &tenant.id.as_str()[..8])).unwrap();
            return address::order(control, tenant, Renaming { slug: Some(slug), primary: None }, false)
                .await;
        }
        Operation::SetHostnames => {
            let hostname = format!("auth-{number}.{}.example", &tenant.id.as_str()[..8]).parse().unwrap();
            Change::AddHostname { hostname }
        }
        Operation::AddDomain => Change::AddDomain {
            domain: domain(tenant, number),
            challenge: format!("kiavi-challenge={number}"),
        },
        Operation::VerifyDomain => {
            stage(control, tenant, number, "pending").await;
            let again_in = std::time::Duration::from_secs(3600);
            Change::VerifyDomain { domain: domain(tenant, number), again_in }
        }
        Operation::LapseDomain => {
            stage(control, tenant, number, "verified").await;
            Change::LapseDomain { domain: domain(tenant, number) }
        }
        Operation::RemoveDomain => {
            stage(control, tenant, number, "verified").await;
            Change::RemoveDomain { domain: domain(tenant, number) }
        }
        Operation::RotateSecret => {
            Change::Secret { change: SecretChange::Rotate, from: rotation::version(control, tenant).await? }
        }
        Operation::RetireSecret => {
            Change::Secret { change: SecretChange::Retire, from: rotation::version(control, tenant).await? }
        }
    };
    Ok(Order { operation, reason, change })
}

fn domain(tenant: &Tenant, number: usize) -> Hostname {
    format!("domain-{number}.{}.example", &tenant.id.as_str()[..8]).parse().unwrap()
}

const STAGE_DOMAIN: kiavi_db::Sql = kiavi_db::Sql::new(
    "STAGE_DOMAIN",
    "WITH staged AS (INSERT INTO tenant_domain (tenant_id, domain, challenge, state, failing_since)
       VALUES ($1, $2, 'c', $3, now() - interval '4 days') ON CONFLICT DO NOTHING RETURNING domain)
     INSERT INTO tenant_hostname (hostname, tenant_id, role, proof)
       SELECT domain, $1, 'alias', 'dns' FROM staged WHERE $3 <> 'pending' ON CONFLICT DO NOTHING",
);

/// As if the tenant had this domain in this state. What it is served under is told with what is asked next.
async fn stage(control: &Control, tenant: &Tenant, number: usize, state: &str) {
    let (domain, database) = (domain(tenant, number), &control.parts().database);
    database.execute(&STAGE_DOMAIN, &[&tenant.id.as_str(), &domain.as_str(), &state]).await.unwrap();
}

/// Asks for an operation, as far as it can be asked for, and does it.
pub(super) async fn perform(instance: &Instance, id: &TenantId, operation: Operation, number: usize) {
    let control = instance.start().await;
    let tenant = control.tenant(id.as_str()).await.unwrap().unwrap();
    let order = order(&control, &tenant, operation, number).await.unwrap();
    provision::request(&control, &Actor::CONTROL, id, &order).await.unwrap();
    provision::converge(&control, id).await;
}

/// Brings a tenant to where `operation` can be asked for.
async fn prepare(instance: &Instance, id: &TenantId, operation: Operation, number: usize) {
    provision::converge(&instance.start().await, id).await;
    let target =
        store::find(&instance.start().await.parts().database, id.as_str()).await.unwrap().unwrap().target;
    let back = match target {
        Target::Suspended => Some(Operation::Resume),
        Target::Deleted => Some(Operation::Undelete),
        _ => None,
    };
    let there = match operation {
        Operation::Resume => Some(Operation::Suspend),
        Operation::Undelete => Some(Operation::Delete),
        Operation::RetireSecret => Some(Operation::RotateSecret),
        _ => None,
    };
    for operation in back.into_iter().chain(there) {
        perform(instance, id, operation, 1000 + number).await;
    }
}

/// Asks for an operation and does it, with a kill at point `kill`. Whether it was asked for, as far as whoever asked knows.
async fn killed(
    instance: &Instance,
    id: &TenantId,
    operation: Operation,
    number: usize,
    kill: usize,
) -> bool {
    let control = instance.start().await;
    let Some(tenant) = control.tenant(id.as_str()).await.unwrap() else { return true };
    let Ok(order) = order(&control, &tenant, operation, number).await else { return true };
    kill_at(&control, kill);
    match provision::request(&control, &Actor::CONTROL, id, &order).await {
        Ok(_) => provision::converge(&control, id).await,
        Err(RequestError::Control(_)) => return false,
        // It cannot be asked for now.
        Err(_) => {}
    }
    true
}

/// How many points an operation has, from the request on.
async fn points(instance: &Instance, id: &TenantId, operation: Operation) -> usize {
    prepare(instance, id, operation, 0).await;
    let control = instance.start().await;
    let tenant = control.tenant(id.as_str()).await.unwrap().unwrap();
    let order = order(&control, &tenant, operation, 500).await.unwrap();
    let reached = kill_at(&control, usize::MAX);
    provision::request(&control, &Actor::CONTROL, id, &order).await.unwrap();
    provision::converge(&control, id).await;
    reached.load(Ordering::SeqCst)
}

impl Instance {
    /// It is where it was asked to be: everything there, once, and nothing else; both logs tell the same; doing all of it
    /// again does nothing.
    pub(super) async fn assert_settled(&self, control: &Control, id: &TenantId) {
        let Some(tenant) = control.tenant(id.as_str()).await.unwrap() else { return };
        assert!(tenant.is_settled(), "{tenant:?}");
        assert_eq!(tenant.state, tenant.target.state());
        assert_eq!((self.databases(id).await, self.roles(id).await), (1, 2), "{id}");
        let address = address::address(control, &tenant).await.unwrap();
        let names: BTreeSet<_> = address.hostnames.iter().chain(&address.former).cloned().collect();
        let start = self.privileged.ready.lock().unwrap().get(id).cloned();
        let parked = self.privileged.suspended.lock().unwrap().get(id).cloned();
        match (tenant.target, start, parked) {
            (Target::Running, Some(start), None) => {
                assert_eq!(start.hostnames.into_iter().collect::<BTreeSet<_>>(), names);
                assert_eq!((start.slug, start.uid), (tenant.slug.clone(), tenant.uid));
                assert_eq!(start.settings["base_url"], address.base_url);
                let stored = self.vault().get(id, &provision::secret_name()).await.unwrap().unwrap();
                let text = String::from_utf8(stored.value.expose_secret().to_vec()).unwrap();
                assert_eq!(start.secret.to_text().as_str(), text, "its engine has the newest secret");
            }
            (Target::Suspended | Target::Deleted, None, Some(parked)) => {
                assert_eq!(parked.into_iter().collect::<BTreeSet<_>>(), names);
            }
            (target, start, parked) => panic!("{target:?}: {}, {parked:?}", start.is_some()),
        }
        assert_eq!(self.count("SELECT count(*) FROM tenant_news WHERE tenant_id = $1", id.as_str()).await, 0);
        assert_eq!(self.told(id).await, self.news_of(id).await, "both logs tell the same");
        self.assert_rewrapped(id).await;
        let again = kill_at(control, usize::MAX);
        provision::converge(control, id).await;
        assert_eq!(again.load(Ordering::SeqCst), 0, "there is nothing left to do");
    }

    /// Nothing depends on texts of the secret that are retired.
    async fn assert_rewrapped(&self, id: &TenantId) {
        let stored = self.vault().get(id, &provision::secret_name()).await.unwrap().unwrap();
        let secret =
            TenantSecret::from_text(std::str::from_utf8(stored.value.expose_secret()).unwrap()).unwrap();
        let mut versions = secret.expose_versions();
        if let (Some((version, _)), None, None) =
            (versions.next(), versions.next(), secret.expose_unversioned())
        {
            let login = Login::new(SUPERUSER, id.as_str());
            let inside = AdminConnection::connect(&*self.database.connector(), &login).await.unwrap();
            let question = "SELECT 1 FROM rewrapped WHERE version = $1";
            assert!(inside.query_opt(question, &[&i64::from(version)]).await.unwrap().is_some(), "{version}");
        }
    }

    /// What the tenant's own log tells.
    async fn told(&self, id: &TenantId) -> Vec<String> {
        let login = Login::new(SUPERUSER, id.as_str());
        let inside = AdminConnection::connect(&*self.database.connector(), &login).await.unwrap();
        let rows = inside.query("SELECT id FROM told ORDER BY id", &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// What it has to tell, by the control plane's log.
    async fn news_of(&self, id: &TenantId) -> Vec<String> {
        let kinds = TenantEventKind::ALL.map(TenantEventKind::as_str);
        let question = "SELECT id::text FROM audit_event WHERE subject = $1 AND type = ANY ($2) ORDER BY id";
        let rows =
            self.database.admin().await.query(question, &[&id.as_str(), &kinds.as_slice()]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Nothing is left of those that are gone.
    pub(super) async fn assert_no_orphans(&self, control: &Control, ids: &[TenantId]) {
        let found = orphans::find(control).await.unwrap();
        let left: Vec<_> = ids.iter().filter(|id| found.contains_key(*id)).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

async fn every_point_of(operation: Operation) {
    let instance = Instance::new().await;
    let id = instance.tenant(&instance.start().await, "shop").await.id;
    let points = points(&instance, &id, operation).await;
    assert!(points > 3, "only {points} points");
    for number in 0..points {
        prepare(&instance, &id, operation, number).await;
        let is_asked = killed(&instance, &id, operation, number, number).await;
        let control = instance.start().await;
        provision::converge(&control, &id).await;
        instance.assert_settled(&control, &id).await;
        if !is_asked {
            // Whoever asked got no answer, and asks again.
            let tenant = control.tenant(id.as_str()).await.unwrap().unwrap();
            if let Ok(order) = order(&control, &tenant, operation, number).await {
                let _ = provision::request(&control, &Actor::CONTROL, &id, &order).await;
                provision::converge(&control, &id).await;
            }
        }
        instance.assert_settled(&control, &id).await;
        let target = control.tenant(id.as_str()).await.unwrap().unwrap().target;
        let expected = operation.facts().to.unwrap_or(Target::Running);
        assert_eq!(target, expected, "{operation:?} killed at {number}");
    }
}

macro_rules! killed_at_every_point {
    ($($name:ident: $operation:ident,)*) => {
        $(#[tokio::test]
        async fn $name() {
            every_point_of(Operation::$operation).await;
        })*

        #[test]
        fn every_operation_is_killed() {
            let killed = [$(Operation::$operation),*];
            assert!(survived().all(|operation| killed.contains(&operation)));
        }
    };
}

killed_at_every_point! {
    suspending_survives: Suspend,
    resuming_survives: Resume,
    deleting_survives: Delete,
    undeleting_survives: Undelete,
    renaming_survives: Rename,
    hostnames_survive: SetHostnames,
    adding_a_domain_survives: AddDomain,
    verifying_a_domain_survives: VerifyDomain,
    lapsing_survives: LapseDomain,
    removing_a_domain_survives: RemoveDomain,
    rotating_survives: RotateSecret,
    retiring_survives: RetireSecret,
}

#[tokio::test]
async fn destroying_is_whole_after_a_kill_at_any_point_and_leaves_nothing() {
    let instance = Instance::new().await;
    let id = instance.tenant(&instance.start().await, "measured").await.id;
    let points = points(&instance, &id, Operation::Destroy).await;
    assert!(points > 15, "only {points} points");
    let mut ids = vec![id];
    for number in 0..points {
        let tenant = instance.tenant(&instance.start().await, &format!("kill-{number}")).await;
        ids.push(tenant.id.clone());
        if !killed(&instance, &tenant.id, Operation::Destroy, number, number).await {
            instance.start().await.remove_tenant(&tenant.id).await.unwrap();
        }
        provision::converge(&instance.start().await, &tenant.id).await;
        instance.assert_gone(&tenant).await;
    }
    instance.assert_no_orphans(&instance.start().await, &ids).await;
}

#[tokio::test]
async fn a_migration_survives_and_leaves_the_engine_alone_until_it_is_done() {
    let instance = Instance::new().await;
    let tenant = instance.tenant(&instance.start().await, "shop").await;
    let before = instance.privileged.ready.lock().unwrap()[&tenant.id].settings.clone();
    instance.schema.0.store(2, Ordering::SeqCst);
    let mut points = usize::MAX;
    let mut number = 0;
    while number < points {
        // As if the newer program had never been here.
        let forget = "UPDATE tenant SET schema_version = 1";
        instance.database.admin().await.batch_execute(forget).await.unwrap();
        let control = instance.start().await;
        let reached = kill_at(&control, number);
        provision::converge(&control, &tenant.id).await;
        assert_eq!(instance.privileged.ready.lock().unwrap()[&tenant.id].settings, before, "it goes on");
        points = if reached.load(Ordering::SeqCst) <= number { number } else { points };
        let control = instance.start().await;
        provision::converge(&control, &tenant.id).await;
        instance.assert_settled(&control, &tenant.id).await;
        assert_eq!(control.tenant("shop").await.unwrap().unwrap().schema_version, 2);
        number += 1;
    }
    assert!(points > 5, "only {points} points");
}

#[tokio::test]
async fn a_migration_that_fails_says_so_and_the_engine_goes_on() {
    let instance = Instance::new().await;
    let id = instance.tenant(&instance.start().await, "shop").await.id;
    let login = Login::new(SUPERUSER, id.as_str());
    let inside = AdminConnection::connect(&*instance.database.connector(), &login).await.unwrap();
    // In the way of the second migration.
    inside.batch_execute("CREATE TABLE more (id int)").await.unwrap();
    instance.schema.0.store(2, Ordering::SeqCst);
    let control = instance.start().await;
    provision::converge(&control, &id).await;
    let failed = control.tenant("shop").await.unwrap().unwrap();
    assert_eq!((failed.state, failed.last_error.as_deref()), (TenantState::Failed, Some("schema_failed")));
    assert!(instance.privileged.ready.lock().unwrap().contains_key(&id), "the engine goes on");
    inside.batch_execute("DROP TABLE more").await.unwrap();
    provision::converge(&control, &id).await;
    instance.assert_settled(&control, &id).await;
}

#[tokio::test]
async fn a_rotation_waits_for_a_vault_that_is_away_and_the_engine_goes_on() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let tenant = instance.tenant(&control, "shop").await;
    let before = instance.privileged.ready.lock().unwrap()[&tenant.id].secret.to_text();
    let order = order(&control, &tenant, Operation::RotateSecret, 0).await.unwrap();
    provision::request(&control, &Actor::CONTROL, &tenant.id, &order).await.unwrap();
    let locks = instance.folder.join("locks");
    let away = instance.folder.join("away");
    std::fs::rename(&locks, &away).unwrap();
    // Something is in the way of another folder, too.
    std::fs::write(&locks, "").unwrap();
    provision::converge(&control, &tenant.id).await;
    let failed = control.tenant("shop").await.unwrap().unwrap();
    assert_eq!(failed.last_error.as_deref(), Some("secret_failed"));
    assert_eq!(instance.privileged.ready.lock().unwrap()[&tenant.id].secret.to_text(), before);
    std::fs::remove_file(&locks).unwrap();
    std::fs::rename(&away, &locks).unwrap();
    provision::converge(&control, &tenant.id).await;
    instance.assert_settled(&control, &tenant.id).await;
    let rotated = instance.privileged.ready.lock().unwrap()[&tenant.id].secret.clone();
    assert_eq!(rotated.expose_unversioned(), Some(before.as_str()), "what it signed still verifies");
}

#[test]
fn any_series_of_operations_and_kills_converges() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let instance = runtime.block_on(Instance::new());
    let count = AtomicUsize::new(0);
    let config = ProptestConfig { cases: 24, max_shrink_iters: 20, ..ProptestConfig::default() };
    let operation = prop::sample::select(Operation::ALL.to_vec());
    let series = prop::collection::vec((operation, 0usize..30), 1..6);
    let ids = Arc::new(Mutex::new(Vec::new()));
    TestRunner::new(config)
        .run(&series, |series| {
            let case = count.fetch_add(1, Ordering::SeqCst);
            runtime.block_on(async {
                let tenant = instance.request(&instance.start().await, &format!("series-{case}")).await;
                ids.lock().unwrap().push(tenant.id.clone());
                for (number, (operation, kill)) in series.into_iter().enumerate() {
                    killed(&instance, &tenant.id, operation, case * 10 + number, kill).await;
                }
                let control = instance.start().await;
                provision::converge(&control, &tenant.id).await;
                let settled = control.tenant(tenant.id.as_str()).await.unwrap();
                match settled {
                    // Suspended before it was made, it has nothing yet; resumed, it has all.
                    Some(settled) if settled.schema_version == 0 => {
                        assert!(settled.is_settled() && settled.target != Target::Running);
                    }
                    Some(_) => instance.assert_settled(&control, &tenant.id).await,
                    None => instance.assert_gone(&tenant).await,
                }
            });
            Ok(())
        })
        .unwrap();
    let ids = ids.lock().unwrap().clone();
    runtime.block_on(async { instance.assert_no_orphans(&instance.start().await, &ids).await });
}
