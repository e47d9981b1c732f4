//! Certificates: an authority of the tests', or the instance's own, and a clock that is moved.

use std::{collections::VecDeque, time::Duration};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use jiff::{SignedDuration, Timestamp};
use kiavi_base::ManualClock;
use kiavi_crypto::Zeroizing;
use kiavi_ipc::certificate::Challenge;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

use super::{
    api::{Answer, get, send, serving},
    backups::post_json,
    people::World,
    *,
};
use crate::{
    Answering, CertificateOrder, IssueError, Issued, Issuer, LocalIssuer, RenewalWindow,
    certificate::{self, key::secret_name, rules::MAX_ORDERS_PER_HOUR, settle, store, worker::round},
    limit::RENEWALS,
    operation::Operation,
    platform::health,
    provision::{Change, Order},
};

const LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

fn days(number: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * number)
}

/// An authority that asks what real ones ask, signs for 90 days, and fails when it is told to.
struct Authority {
    clock: Arc<ManualClock>,
    privileged: Arc<FakePrivileged>,
    /// What becomes of the next orders; without any, they are fulfilled.
    failures: Mutex<VecDeque<IssueError>>,
    /// Names, and whether a certificate was to be replaced.
    orders: Mutex<Vec<(String, bool)>>,
    /// Orders whose host answered while they were open.
    answered: AtomicU32,
    window: Mutex<Option<RenewalWindow>>,
}

impl Authority {
    fn fail(&self, error: IssueError) {
        self.failures.lock().unwrap().push_back(error);
    }

    fn orders(&self) -> usize {
        self.orders.lock().unwrap().len()
    }

    /// Whether the launcher was given the answer that an authority would ask for now.
    fn looks(&self) {
        let shown = self.privileged.certificates.lock().unwrap();
        if shown.values().any(|of_tenant| of_tenant.key_authorization("token").is_some()) {
            self.answered.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn sign(&self, name: &str) -> Issued {
        let since = |at: Timestamp| Duration::from_secs(at.as_second().try_into().unwrap());
        let (epoch, now) = (rcgen::date_time_ymd(1970, 1, 1), self.clock.now());
        let mut root = CertificateParams::default();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = rcgen::Issuer::new(root, KeyPair::generate().unwrap());
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (epoch + since(now), epoch + since(now + LIFE));
        let chain = params.signed_by(&key, &authority).unwrap().pem();
        Issued { chain, key: Zeroizing::new(key.serialize_der()) }
    }
}

impl Issuer for Authority {
    fn name(&self) -> &str {
        "https://ca.test/directory"
    }

    fn is_immediate(&self) -> bool {
        false
    }

    fn issue<'a>(
        &'a self,
        order: &'a CertificateOrder,
        host: &'a dyn Answering,
    ) -> BoxFuture<'a, Result<Issued, IssueError>> {
        Box::pin(async move {
            self.orders.lock().unwrap().push((order.hostname.to_string(), order.replaces.is_some()));
            let (token, key_authorization) = ("token".to_owned(), "token.thumbprint".to_owned());
            host.answer(Challenge::Http01 { token, key_authorization }).await?;
            self.looks();
            let failure = self.failures.lock().unwrap().pop_front();
            failure.map_or_else(|| Ok(self.sign(order.hostname.as_str())), Err)
        })
    }

    fn window<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<RenewalWindow>, IssueError>> {
        let window = *self.window.lock().unwrap();
        Box::pin(async move { Ok(window) })
    }
}

/// An instance whose certificates an authority signs.
async fn with_authority() -> (Instance, Arc<Authority>, Arc<ManualClock>) {
    with_authority_at("2026-01-01T00:00:00Z".parse().unwrap()).await
}

async fn with_authority_at(start: Timestamp) -> (Instance, Arc<Authority>, Arc<ManualClock>) {
    let mut instance = Instance::new().await;
    let clock = Arc::new(ManualClock::new(start));
    let authority = Arc::new(Authority {
        clock: clock.clone(),
        privileged: instance.privileged.clone(),
        failures: Mutex::default(),
        orders: Mutex::default(),
        answered: AtomicU32::default(),
        window: Mutex::default(),
    });
    instance.clock = clock.clone();
    instance.issuer = Some(authority.clone());
    (instance, authority, clock)
}

impl Instance {
    async fn certificate(&self, control: &Control, tenant: &Tenant) -> certificate::Certificate {
        let hostname = format!("{}.localhost", tenant.slug).parse().unwrap();
        store::find(&control.parts().database, Some(&tenant.id), &hostname).await.unwrap().unwrap()
    }

    /// What the tenant's engine shows, by name, each with its chain.
    fn shown(&self, tenant: &Tenant) -> BTreeMap<String, Vec<Vec<u8>>> {
        let certificates = self.privileged.certificates.lock().unwrap();
        let shown = &certificates[&tenant.id];
        assert!(shown.challenges.is_empty(), "nothing is answered that nobody asks");
        let all = shown.certificates.iter();
        all.map(|one| (one.names[0].to_string(), one.chain.clone())).collect()
    }

    async fn certificate_events(&self, id: &TenantId) -> Vec<String> {
        let all = self.events(id).await.into_iter();
        all.filter_map(|kind| kind.strip_prefix("certificate.").map(str::to_owned)).collect()
    }
}

#[tokio::test]
async fn the_local_authority_signs_before_a_tenant_runs() {
    let mut instance = Instance::new().await;
    let (vault, clock) = (Arc::new(instance.vault()), Arc::new(SystemClock));
    instance.issuer = Some(Arc::new(LocalIssuer::new(vault, clock, "localhost".parse().unwrap())));
    let control = instance.start().await;
    let tenant = instance.tenant(&control, "shop").await;
    assert_eq!(instance.shown(&tenant).keys().collect::<Vec<_>>(), ["shop.localhost"]);
    let events = instance.events(&tenant.id).await;
    let at = |kind: &str| {
        events.iter().position(|one| one == kind).unwrap_or_else(|| panic!("{kind}: {events:?}"))
    };
    assert!(at("certificate.issued") < at("tenant.certificate_requested"));
    assert!(at("tenant.certificate_requested") < at("tenant.started"));
    assert!(control.local_root().await.unwrap().unwrap().starts_with("-----BEGIN CERTIFICATE-----"));

    // The console's is announced, too.
    settle::own(&control).await.unwrap();
    round(&control).await.unwrap();
    let own = instance.privileged.own_certificates.lock().unwrap()[&OwnHost::Console].clone();
    assert_eq!(own.certificates[0].names, ["console.localhost".parse().unwrap()]);

    // A start anew shows the same, and makes none.
    let before = instance.shown(&tenant);
    drop(control);
    instance.privileged.certificates.lock().unwrap().clear();
    let control = instance.start().await;
    provision::converge(&control, &tenant.id).await;
    assert_eq!(instance.shown(&tenant), before);
}

#[tokio::test]
async fn an_authority_is_asked_once_its_question_can_be_answered() {
    let (instance, authority, _) = with_authority().await;
    let control = instance.start().await;
    let tenant = instance.request(&control, "shop").await;
    assert_eq!(round(&control).await.map(|_| authority.orders()).unwrap(), 0, "nobody answers there yet");
    provision::converge(&control, &tenant.id).await;
    let tenant = control.tenant("shop").await.unwrap().unwrap();
    assert_eq!(tenant.state, TenantState::Running, "it waits for no authority");
    assert!(instance.shown(&tenant).is_empty());
    round(&control).await.unwrap();
    assert_eq!(authority.answered.load(Ordering::SeqCst), 1);
    assert!(instance.shown(&tenant).contains_key("shop.localhost"));
    let order = authority.orders.lock().unwrap().clone();
    assert_eq!(order, [("shop.localhost".to_owned(), false)]);
    let told = "SELECT count(*) FROM audit_event WHERE type = 'certificate.issued' AND subject = $1";
    assert_eq!(instance.count(told, tenant.id.as_str()).await, 1);
    let inside = provision::connect_to(&control, tenant.id.as_str()).await.unwrap();
    inside.batch_execute(&format!("SET ROLE {}", quote_ident(&tenant.owner_role()))).await.unwrap();
    let told =
        inside.query("SELECT kind, detail->>'hostname' FROM told WHERE kind LIKE 'certificate.%'", &[]);
    let told = told.await.unwrap();
    assert_eq!((told.len(), told[0].get::<_, String>(0)), (1, "certificate.issued".to_owned()));
}

#[tokio::test]
async fn it_is_renewed_in_time_and_the_old_one_stays_until_there_is_a_new_one() {
    let (instance, authority, clock) = with_authority().await;
    let control = instance.start().await;
    let tenant = instance.tenant(&control, "shop").await;
    round(&control).await.unwrap();
    let first = instance.shown(&tenant);
    clock.advance(days(56));
    round(&control).await.unwrap();
    assert_eq!(authority.orders(), 1, "not before two thirds of its life");

    clock.advance(days(8));
    authority.fail(IssueError::Unverified { detail: "connection refused".to_owned() });
    round(&control).await.unwrap();
    let failed = instance.certificate(&control, &tenant).await;
    assert_eq!((failed.error.as_deref(), failed.attempts), (Some("unverified"), 1));
    assert_eq!(failed.error_detail.as_deref(), Some("connection refused"));
    assert_eq!(instance.shown(&tenant), first, "the old one is shown");
    round(&control).await.unwrap();
    assert_eq!(authority.orders(), 2, "not again at once");

    clock.advance(SignedDuration::from_mins(20));
    round(&control).await.unwrap();
    assert_eq!(authority.orders.lock().unwrap()[2], ("shop.localhost".to_owned(), true));
    let renewed = instance.certificate(&control, &tenant).await;
    assert_eq!((renewed.error, renewed.attempts), (None, 0));
    assert_ne!(instance.shown(&tenant), first);
    let versions = instance.vault().versions(&tenant.id, &secret_name(&renewed.hostname)).await.unwrap();
    assert_eq!(versions.len(), 1, "the earlier key is destroyed");
    assert_eq!(instance.certificate_events(&tenant.id).await, ["issued", "failed", "issued"]);
}

#[tokio::test]
async fn an_end_that_comes_near_is_an_alarm_once() {
    let (instance, authority, clock) = with_authority().await;
    let control = instance.start().await;
    let tenant = instance.tenant(&control, "shop").await;
    round(&control).await.unwrap();
    let finding = async || {
        let all = health::findings(&control).await;
        all.into_iter().find(|finding| finding.check == crate::Check::Certificates).unwrap()
    };
    assert_eq!(finding().await.verdict, crate::HealthVerdict::Ok, "{:?}", finding().await);
    for _ in 0..12 {
        authority.fail(IssueError::Unreachable);
    }
    clock.advance(days(77));
    round(&control).await.unwrap();
    clock.advance(days(1));
    round(&control).await.unwrap();
    let events = instance.certificate_events(&tenant.id).await;
    assert_eq!(events.iter().filter(|kind| *kind == "ending").count(), 1, "{events:?}");
    let finding = finding().await;
    assert_eq!(finding.verdict, crate::HealthVerdict::Warning);
    assert!(finding.detail.contains("shop.localhost"), "{}", finding.detail);
    assert!(instance.shown(&tenant).contains_key("shop.localhost"));
}

#[tokio::test]
async fn an_authority_may_have_one_renewed_sooner() {
    let (instance, authority, clock) = with_authority().await;
    let control = instance.start().await;
    instance.tenant(&control, "shop").await;
    round(&control).await.unwrap();
    let now = clock.now();
    *authority.window.lock().unwrap() = Some(RenewalWindow {
        start: now + days(3),
        end: now + days(4),
        look_in: Duration::from_secs(6 * 3600),
    });
    clock.advance(days(1));
    round(&control).await.unwrap();
    assert_eq!(authority.orders(), 1);
    clock.advance(days(3));
    round(&control).await.unwrap();
    assert_eq!(authority.orders(), 2);
}

#[tokio::test]
async fn an_hour_has_so_many_orders_and_no_more() {
    let (instance, authority, clock) = with_authority().await;
    let control = instance.start().await;
    instance.tenant(&control, "shop").await;
    let full = format!(
        "INSERT INTO certificate_order SELECT timestamptz '{}' FROM generate_series(1, {MAX_ORDERS_PER_HOUR})",
        clock.now()
    );
    instance.database.admin().await.batch_execute(&full).await.unwrap();
    clock.advance(SignedDuration::from_mins(30));
    let pause = round(&control).await.unwrap();
    assert_eq!(authority.orders(), 0);
    assert!(pause <= Duration::from_secs(1800), "{pause:?}");
    clock.advance(SignedDuration::from_mins(31));
    round(&control).await.unwrap();
    assert_eq!(authority.orders(), 1);
}

/// Brings a change of names about.
async fn change(control: &Control, tenant: &Tenant, change: Change) {
    let order = Order { operation: Operation::SetHostnames, reason: None, change };
    provision::request(control, &Actor::CONTROL, &tenant.id, &order).await.unwrap();
    provision::converge(control, &tenant.id).await;
}

#[tokio::test]
async fn a_name_comes_and_goes_with_its_certificate() {
    let (instance, authority, _) = with_authority().await;
    let control = instance.start().await;
    let tenant = instance.tenant(&control, "shop").await;
    let hostname: Hostname = "auth.example.com".parse().unwrap();
    change(&control, &tenant, Change::AddHostname { hostname: hostname.clone() }).await;
    // One that cannot be verified is in nobody's way.
    authority.fail(IssueError::Forbidden { detail: "CAA".to_owned() });
    round(&control).await.unwrap();
    assert_eq!(instance.shown(&tenant).len(), 1);
    let find = async || store::find(&control.parts().database, Some(&tenant.id), &hostname).await.unwrap();
    serving(&instance, async |_, local, _| {
        for name in ["shop.localhost", "auth.example.com"] {
            let path = format!("/v1/tenants/shop/certificates/{name}/renew");
            let asked = send(&local, Request::post(path).body(Body::empty()).unwrap()).await;
            assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.text);
        }
        let path = "/v1/tenants/shop/certificates/www.example.com/renew";
        let none = send(&local, Request::post(path).body(Body::empty()).unwrap()).await;
        assert_eq!(none.problem(), (404, "certificate_not_found".into()));
    })
    .await;
    // Another control plane has begun anew meanwhile.
    provision::converge(&control, &tenant.id).await;
    round(&control).await.unwrap();
    assert_eq!(instance.shown(&tenant).len(), 2);
    let name = secret_name(&hostname);
    assert!(instance.vault().names(&tenant.id).await.unwrap().contains(&name));

    change(&control, &tenant, Change::RemoveHostname { hostname: hostname.clone() }).await;
    assert!(find().await.is_none());
    assert!(!instance.vault().names(&tenant.id).await.unwrap().contains(&name), "its key is destroyed");
    assert_eq!(instance.shown(&tenant).keys().collect::<Vec<_>>(), ["shop.localhost"]);
    assert!(instance.certificate_events(&tenant.id).await.contains(&"removed".to_owned()));

    control.remove_tenant(&tenant.id).await.unwrap();
    provision::converge(&control, &tenant.id).await;
    instance.assert_gone(&tenant).await;
}

#[tokio::test]
async fn certificates_are_shown_with_their_state_and_cause() {
    let (instance, authority, _) = with_authority().await;
    serving(&instance, async |control, local, _| {
        control.ensure_tenant("shop").await.unwrap();
        let pending = get(&local, "/v1/tenants/shop/certificates").await.json();
        assert_eq!(pending["certificates"][0]["state"], "pending");
        authority.fail(IssueError::Unverified { detail: "no such host".to_owned() });
        round(control).await.unwrap();
        let shown = get(&local, "/v1/tenants/shop/certificates/shop.localhost").await.json();
        assert_eq!((&shown["state"], &shown["error"]), (&json!("failed"), &json!("unverified")));
        assert_eq!((&shown["error_detail"], &shown["certificate"]), (&json!("no such host"), &Value::Null));
        let root = get(&local, "/v1/certificate-root").await.json();
        assert_eq!(root["certificate"], Value::Null);
    })
    .await;
}

#[tokio::test]
async fn the_console_tells_the_cause_and_asks_again_but_not_for_ever() {
    const PAGE: &str = "/w/default/t/shop/domains";
    // Signing in is by the database's clock as well.
    let (instance, authority, _) = with_authority_at(SystemClock.now()).await;
    let world = World::of(instance).await;
    world.instance.tenant(&world.control, "shop").await;
    let mut owner = world.owner().await;
    let mut viewer = world.member(&mut owner, "victor", "viewer").await;
    assert!(owner.get(PAGE).await.text.contains("Its certificate is being made."));
    for _ in 0..2 {
        authority.fail(IssueError::Unverified { detail: "192.0.2.7: <refused>".to_owned() });
    }
    round(&world.control).await.unwrap();
    let page = owner.get(PAGE).await.text;
    assert!(page.contains("A and AAAA records lead here") && page.contains("/domains/certificate"), "{page}");
    assert!(page.contains("192.0.2.7: ") && !page.contains("<refused>"), "{page}");
    let seen = viewer.get(PAGE).await.text;
    assert!(seen.contains("A and AAAA records") && !seen.contains("/domains/certificate"));

    let form = "domain=shop.localhost";
    let path = format!("{PAGE}/certificate");
    assert_eq!(viewer.post(&path, form).await.status, StatusCode::FORBIDDEN);
    let told = |answer: &Answer| answer.headers[header::LOCATION].to_str().unwrap().to_owned();
    let notice = |name: &str| format!("{PAGE}?notice={name}");
    assert_eq!(told(&owner.post(&path, form).await), notice("certificate-asked"));
    authority.failures.lock().unwrap().clear();
    round(&world.control).await.unwrap();
    assert!(owner.get(PAGE).await.text.contains("Its certificate, by "));
    for _ in 1..RENEWALS.capacity {
        owner.post(&path, form).await;
    }
    assert_eq!(told(&owner.post(&path, form).await), notice("certificate-limit"));
    assert_eq!(told(&owner.post(&path, "domain=www.example.com").await), notice("domain-gone"));
}

#[tokio::test]
async fn records_in_the_dns_are_published_by_who_takes_them_in_hand() {
    let (instance, _, _) = with_authority().await;
    serving(&instance, async |control, local, _| {
        let take = async || {
            let path = "/v1/certificate-records/take";
            post_json(&local, path, &json!({})).await.json()["record"].clone()
        };
        let tell = async |record: &Value, failure: Option<&str>| {
            let path = format!("/v1/certificate-records/{}", record["id"]);
            post_json(&local, &path, &json!({ "failure": failure })).await
        };
        assert_eq!(take().await, Value::Null);
        let (records, hostname) =
            (control.certificates().records().clone(), "shop.localhost".parse().unwrap());
        let publishing = tokio::spawn({
            let records = records.clone();
            async move { records.publish(&hostname, "digest".to_owned()).await }
        });
        let waiting = json!({ "wait_seconds": 10 });
        let taken =
            post_json(&local, "/v1/certificate-records/take", &waiting).await.json()["record"].clone();
        let (action, name) = (&taken["action"], &taken["name"]);
        assert_eq!((action, name), (&json!("add"), &json!("_acme-challenge.shop.localhost")));
        assert_eq!(taken["value"], "digest");
        assert_eq!(tell(&taken, None).await.status, StatusCode::OK);
        let published = publishing.await.unwrap().unwrap();
        assert_eq!(tell(&taken, None).await.problem(), (404, "certificate_record_not_found".into()));
        drop(published);
        let taken = take().await;
        assert_eq!(taken["action"], "remove");
        assert_eq!(tell(&taken, Some("the zone is locked")).await.status, StatusCode::OK);
        assert_eq!(take().await, Value::Null);
    })
    .await;
}
