//! Domains through the router, and a DNS that is a table.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use kiavi_ipc::{
    Channel, Endpoint,
    mail_record::{DkimKey, DkimKind, DkimState, Dmarc, DmarcPolicy, Spf, SpfOthers},
    proof::{Answer as Found, LookUp, Looked, Wanted},
};

use super::{
    api::{Answer, get, send, serving},
    people::World,
    *,
};
use crate::{ProofDoor, domain::check};

const DOMAIN: &str = "auth.example.com";

/// Texts by name.
type Records = BTreeMap<Hostname, Vec<String>>;

/// The DNS, with outbound that looks into it. It answers nothing while it is `None`.
#[derive(Clone)]
pub(super) struct Zone(Arc<Mutex<Option<Records>>>);

impl Default for Zone {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Some(BTreeMap::new()))))
    }
}

impl Zone {
    /// A control plane's way there.
    pub(super) fn door(&self) -> Arc<ProofDoor> {
        let (ours, theirs) = Channel::pair().unwrap();
        let (zone, door) = (self.clone(), Arc::new(ProofDoor::default()));
        door.replace(ours.into()).unwrap();
        let (answers, mut requests) = Endpoint::<Looked, LookUp>::new(theirs).unwrap().split();
        tokio::spawn(async move {
            while let Ok(Some(LookUp { request, domain, wanted })) = requests.receive().await {
                let answer = zone.at(&domain, &wanted);
                let _ = answers.send(&Looked { request, answer }).await;
            }
        });
        door
    }

    /// About mail it has what outbound would have read: `example.com` has all, and weakly.
    fn at(&self, domain: &Hostname, wanted: &Wanted) -> Found {
        let zone = self.0.lock().unwrap();
        let Some(zone) = &*zone else { return Found::Unanswered };
        match (wanted, domain.as_str()) {
            (Wanted::Proof, _) => {}
            (Wanted::Spf, "example.com") => {
                let includes = vec!["_spf.mail.example".parse().unwrap()];
                return Found::Spf(Spf { records: 1, includes, servers: 2, others: SpfOthers::SoftFail });
            }
            (Wanted::Dmarc, "example.com") => {
                let (policy, subdomains) = (Some(DmarcPolicy::Reject), Some(DmarcPolicy::None));
                let dmarc = Dmarc { records: 1, policy, subdomains, percent: 100, has_reports: false };
                return Found::Dmarc(dmarc);
            }
            (Wanted::DkimKey(selector), "example.com") if selector.as_ref() == "s1" => {
                let (kind, state) = (DkimKind::Rsa, DkimState::Short);
                return Found::DkimKey(DkimKey { kind, state, is_testing: false });
            }
            _ => return Found::Absent,
        }
        let texts = zone.get(domain).filter(|texts| !texts.is_empty());
        texts.map_or(Found::Absent, |texts| {
            Found::Texts(texts.iter().map(|text| text.parse().unwrap()).collect())
        })
    }

    fn set(&self, domain: &str, texts: &[&str]) {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        self.0.lock().unwrap().get_or_insert_default().insert(domain.parse().unwrap(), texts);
    }

    fn is_down(&self) {
        *self.0.lock().unwrap() = None;
    }
}

async fn ask(router: &Router, method: &str, path: &str, body: Value) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/v1/tenants/{path}"))
        .header(header::CONTENT_TYPE, "application/json");
    send(router, request.body(Body::from(body.to_string())).unwrap()).await
}

/// Adds the domain to a tenant; what its record has to say.
async fn add(router: &Router, tenant: &str) -> String {
    let added = ask(router, "POST", &format!("{tenant}/domains"), json!({ "domain": DOMAIN })).await;
    assert!(added.status.is_success(), "{}", added.text);
    let added = added.json();
    assert_eq!((&added["state"], &added["verified_at"]), (&json!("pending"), &Value::Null));
    assert_eq!(added["record"]["name"], format!("_kiavi-challenge.{DOMAIN}"));
    added["record"]["value"].as_str().unwrap().to_owned()
}

async fn verify(router: &Router, tenant: &str) -> Answer {
    ask(router, "POST", &format!("{tenant}/domains/{DOMAIN}/verify"), json!({})).await
}

/// State and outcome of a good answer.
fn stands(answer: &Answer) -> (String, String) {
    let domain = answer.json();
    let member = |name: &str| domain[name].as_str().unwrap_or_else(|| panic!("{domain}")).to_owned();
    (member("state"), member("outcome"))
}

fn is(state: &str, outcome: &str) -> (String, String) {
    (state.to_owned(), outcome.to_owned())
}

impl Instance {
    fn serves(&self, tenant: &Tenant, hostname: &str) -> bool {
        let ready = self.privileged.ready.lock().unwrap();
        ready[&tenant.id].hostnames.contains(&hostname.parse().unwrap())
    }

    /// Moves the time at which the proof of the domain is looked for again, and since when it is gone.
    async fn days_later(&self, days: u32) {
        let change = format!(
            "UPDATE tenant_domain SET check_at = now(), failing_since = failing_since - interval '{days} days'"
        );
        self.database.admin().await.batch_execute(&change).await.unwrap();
    }

    async fn domain_events(&self, tenant: &Tenant) -> Vec<String> {
        let events = self.events(&tenant.id).await.into_iter();
        events.filter_map(|kind| kind.strip_prefix("tenant.domain_").map(str::to_owned)).collect()
    }
}

#[tokio::test]
async fn a_domain_is_served_once_its_record_is_there() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let shop = control.ensure_tenant("shop").await.unwrap();
        let value = add(&local, "shop").await;
        assert_eq!(add(&local, "shop").await, value, "adding it again changes nothing");
        assert_eq!(stands(&verify(&local, "shop").await), is("pending", "absent"));
        instance.zone.set(DOMAIN, &["v=spf1", "kiavi-challenge=0"]);
        let different = verify(&local, "shop").await;
        assert_eq!(stands(&different), is("pending", "different"));
        assert_eq!(different.json()["found"], json!(["v=spf1", "kiavi-challenge=0"]));
        assert!(!instance.serves(&shop, DOMAIN));

        instance.zone.set(DOMAIN, &["v=spf1", &value]);
        let verified = verify(&local, "shop").await;
        assert_eq!(stands(&verified), is("verified", "proved"));
        assert!(instance.serves(&shop, DOMAIN), "it is served when the answer is there");
        assert_eq!(stands(&verify(&local, "shop").await), is("verified", "proved"));
        let primary = ask(&local, "POST", &format!("shop/hostnames/{DOMAIN}/primary"), json!({})).await;
        assert_eq!(primary.json()["url"], format!("http://{DOMAIN}:8080"));
        let kept = ask(&local, "DELETE", &format!("shop/domains/{DOMAIN}"), json!({})).await;
        assert_eq!(kept.problem(), (409, "hostname_primary".into()));
        ask(&local, "POST", "shop/hostnames/shop.localhost/primary", json!({})).await;
        let removed = ask(&local, "DELETE", &format!("shop/domains/{DOMAIN}"), json!({})).await;
        assert_eq!(removed.status, StatusCode::OK, "{}", removed.text);
        assert!(!instance.serves(&shop, DOMAIN));
        assert_eq!(get(&local, "/v1/tenants/shop/domains").await.json(), json!({ "domains": [] }));
        assert_eq!(verify(&local, "shop").await.problem(), (404, "domain_not_found".into()));
        assert_eq!(instance.domain_events(&shop).await, ["added", "verified", "removed"]);
        assert_eq!(add(&local, "shop").await, value, "the record that is there stays good");
    })
    .await;
}

#[tokio::test]
async fn a_record_that_is_set_is_found_without_anybody_asking() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let shop = control.ensure_tenant("shop").await.unwrap();
        let bank = control.ensure_tenant("bank").await.unwrap();
        let (value, of_bank) = (add(&local, "shop").await, add(&local, "bank").await);
        assert!(!check::check_due(control).await.unwrap(), "not at once");
        let shown = async |tenant: &str| get(&local, &format!("/v1/tenants/{tenant}/domains/{DOMAIN}")).await;
        instance.days_later(0).await;
        assert!(check::check_due(control).await.unwrap());
        assert_eq!(stands(&shown("shop").await), is("pending", "absent"));
        let due = "SELECT count(*) FROM tenant_domain WHERE domain = $1 AND check_at BETWEEN now() AND now() + interval '6 min'";
        assert_eq!(instance.count(due, DOMAIN).await, 2, "in minutes again");

        instance.zone.set(DOMAIN, &[&value, &of_bank]);
        instance.database.admin().await.batch_execute(
            &format!("UPDATE tenant_domain SET check_at = now() WHERE tenant_id = '{}'", shop.id)).await.unwrap();
        assert!(check::check_due(control).await.unwrap());
        control.wait(&shop.id, Tenant::is_settled).await.unwrap();
        assert_eq!(stands(&shown("shop").await), is("verified", "proved"));
        assert!(instance.serves(&shop, DOMAIN));

        // Who was slower is told when they ask, and looked for as before.
        instance.days_later(0).await;
        check::check_due(control).await.unwrap();
        assert_eq!(stands(&shown("bank").await), is("pending", "proved"));
        assert!(!instance.serves(&bank, DOMAIN));

        // For long enough: then somebody has to ask, and the operator is told.
        let alarms = async || get(&local, "/v1/domain-alarms").await.json()["domains"].clone();
        assert_eq!(alarms().await, json!([]));
        let old = "UPDATE tenant_domain SET created_at = created_at - interval '31 days', check_at = now()";
        instance.database.admin().await.batch_execute(old).await.unwrap();
        check::check_due(control).await.unwrap();
        let alarms = alarms().await;
        assert_eq!((&alarms[0]["slug"], &alarms[0]["state"]), (&json!("bank"), &json!("pending")));
        assert_eq!((&alarms[0]["check_at"], alarms.as_array().unwrap().len()), (&Value::Null, 1));
    })
    .await;
}

#[tokio::test]
async fn a_domain_is_the_first_ones_that_proves_it_and_pending_ones_are_in_nobodys_way() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        control.ensure_tenant("shop").await.unwrap();
        let bank = control.ensure_tenant("bank").await.unwrap();
        let (of_shop, of_bank) = (add(&local, "shop").await, add(&local, "bank").await);
        assert_ne!(of_shop, of_bank);
        instance.zone.set(DOMAIN, &[&of_bank]);
        assert_eq!(
            stands(&verify(&local, "shop").await),
            is("pending", "different"),
            "another tenant's record"
        );
        assert_eq!(stands(&verify(&local, "bank").await), is("verified", "proved"));
        instance.zone.set(DOMAIN, &[&of_bank, &of_shop]);
        assert_eq!(verify(&local, "shop").await.problem(), (409, "hostname_taken".into()));
        assert!(instance.serves(&bank, DOMAIN));
        // Nor on the operator's word, nor one below it.
        let hostname = json!({ "hostname": format!("x.{DOMAIN}") });
        assert_eq!(ask(&local, "POST", "shop/hostnames", hostname).await.problem().1, "hostname_taken");
        // A name of its own needs no proof.
        let own = json!({ "hostname": "www.shop.test" });
        assert!(ask(&local, "POST", "shop/hostnames", own).await.status.is_success());
        let served = ask(&local, "POST", "shop/domains", json!({ "domain": "www.shop.test" })).await;
        assert_eq!(served.problem().1, "hostname_taken");
    })
    .await;
}

#[tokio::test]
async fn a_proof_that_is_gone_is_an_alarm_after_days_and_the_domain_goes_on() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let shop = control.ensure_tenant("shop").await.unwrap();
        let value = add(&local, "shop").await;
        instance.zone.set(DOMAIN, &[&value]);
        verify(&local, "shop").await;
        assert!(!check::check_due(control).await.unwrap(), "not before a day");
        let shown = async || get(&local, &format!("/v1/tenants/shop/domains/{DOMAIN}")).await;

        instance.zone.set(DOMAIN, &[]);
        instance.days_later(0).await;
        assert!(check::check_due(control).await.unwrap());
        assert_eq!(stands(&shown().await), is("verified", "absent"));
        assert!(shown().await.json()["failing_since"].is_string());
        // Name servers that are down prove nothing.
        instance.days_later(4).await;
        instance.zone.is_down();
        check::check_due(control).await.unwrap();
        assert_eq!(stands(&shown().await), is("verified", "unanswered"));
        instance.zone.set(DOMAIN, &["something"]);
        instance.days_later(0).await;
        check::check_due(control).await.unwrap();
        assert_eq!(stands(&shown().await), is("lapsed", "different"));
        assert!(instance.serves(&shop, DOMAIN), "it goes on");

        instance.zone.set(DOMAIN, &[&value]);
        instance.days_later(0).await;
        check::check_due(control).await.unwrap();
        assert_eq!(stands(&shown().await), is("verified", "proved"));
        assert_eq!(shown().await.json()["failing_since"], Value::Null);
        assert_eq!(instance.domain_events(&shop).await, ["added", "verified", "lapsed", "verified"]);
    })
    .await;
}

#[tokio::test]
async fn a_domain_that_changed_hands_follows_its_owner() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let (shop, bank) =
            (control.ensure_tenant("shop").await.unwrap(), control.ensure_tenant("bank").await.unwrap());
        let (of_shop, of_bank) = (add(&local, "shop").await, add(&local, "bank").await);
        instance.zone.set(DOMAIN, &[&of_shop]);
        verify(&local, "shop").await;
        ask(&local, "POST", &format!("shop/hostnames/{DOMAIN}/primary"), json!({})).await;

        instance.zone.set(DOMAIN, &[&of_bank]);
        assert_eq!(verify(&local, "bank").await.problem(), (409, "hostname_taken".into()), "not at once");
        verify(&local, "shop").await;
        instance.days_later(4).await;
        check::check_due(control).await.unwrap();
        assert!(instance.serves(&shop, DOMAIN) && !instance.serves(&bank, DOMAIN));
        assert_eq!(stands(&verify(&local, "bank").await), is("verified", "proved"));
        let settled = control.wait(&shop.id, Tenant::is_settled).await.unwrap().unwrap();
        assert_eq!(control.url_of(&settled), "http://shop.localhost:8080", "its address is its name's again");
        assert!(!instance.serves(&shop, DOMAIN) && instance.serves(&bank, DOMAIN));
        assert_eq!(instance.domain_events(&shop).await, ["added", "verified", "lapsed", "removed"]);
        assert_eq!(verify(&local, "shop").await.problem().1, "domain_not_found");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_a_tenants_is_not_added() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        control.ensure_tenant("shop").await.unwrap();
        let too_long =
            format!("{}.example", ["a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(50)].join("."));
        for name in ["nothing", "a b", "x.localhost", "_kiavi-challenge.example.com", &too_long] {
            let refused = ask(&local, "POST", "shop/domains", json!({ "domain": name })).await;
            assert_eq!(refused.problem(), (422, "invalid_hostname".into()), "{name}");
        }
        for number in 0..crate::domain::MAX_DOMAINS {
            let domain = json!({ "domain": format!("auth-{number}.example.com") });
            assert_eq!(ask(&local, "POST", "shop/domains", domain).await.status, StatusCode::CREATED);
        }
        let beyond = ask(&local, "POST", "shop/domains", json!({ "domain": DOMAIN })).await;
        assert_eq!(beyond.problem(), (409, "domain_limit".into()));
        instance.vault_is_away.store(true, Ordering::SeqCst);
        let away = ask(&local, "POST", "shop/domains", json!({ "domain": "other.example.com" })).await;
        assert_eq!(away.problem(), (503, "vault_unavailable".into()));
    })
    .await;
}

#[tokio::test]
async fn members_prove_domains_in_the_console_as_far_as_their_role_goes() {
    const PAGE: &str = "/w/default/t/shop/domains";
    let world = World::new().await;
    let shop = world.instance.tenant(&world.control, "shop").await;
    let mut owner = world.owner().await;
    let mut viewer = world.member(&mut owner, "victor", "viewer").await;
    let told = |answer: &Answer| answer.headers[header::LOCATION].to_str().unwrap().to_owned();
    let form = format!("domain=+{}+", DOMAIN.to_uppercase());
    assert_eq!(told(&owner.post(&format!("{PAGE}/add"), &form).await), format!("{PAGE}?notice=domain-added"));
    let page = owner.get(PAGE).await.text;
    let value = page.split_once("value=\"kiavi-challenge=").unwrap().1.split_once('"').unwrap().0;
    assert!(page.contains(&format!("_kiavi-challenge.{DOMAIN}")) && page.contains("Waits for its record"));

    let form = format!("domain={DOMAIN}");
    let verified = owner.post(&format!("{PAGE}/verify"), &form).await;
    assert_eq!(told(&verified), format!("{PAGE}?notice=domain-absent"));
    world.instance.zone.set(DOMAIN, &[&format!("kiavi-challenge={value}")]);
    let verified = owner.post(&format!("{PAGE}/verify"), &form).await;
    assert_eq!(told(&verified), format!("{PAGE}?notice=domain-proved"));
    provision::converge(&world.control, &shop.id).await;
    assert!(world.instance.serves(&shop, DOMAIN));

    let seen = viewer.get(PAGE).await;
    assert!(seen.status == StatusCode::OK && seen.text.contains(DOMAIN) && !seen.text.contains("/remove"));
    for path in ["add", "verify", "remove"] {
        assert_eq!(
            viewer.post(&format!("{PAGE}/{path}"), &form).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    assert_eq!(owner.get("/w/default/t/console/domains").await.status, StatusCode::NOT_FOUND);
    // By a code only: the passkey is asked for first.
    let mut admin = world.member(&mut owner, "ada", "admin").await;
    let asked = admin.post(&format!("{PAGE}/remove"), &form).await;
    assert!(told(&asked).starts_with(people::SIGN_IN), "{}", told(&asked));
    let removed = owner.post(&format!("{PAGE}/remove"), &form).await;
    assert_eq!(told(&removed), format!("{PAGE}?notice=domain-removed"));
    let gone = owner.post(&format!("{PAGE}/remove"), &form).await;
    assert_eq!(told(&gone), format!("{PAGE}?notice=domain-gone"));
}

/// The verdict and the name of each record.
fn records(answer: &Answer) -> Vec<(String, String, String)> {
    let answer = answer.json();
    let text = |record: &Value, member: &str| record[member].as_str().unwrap().to_owned();
    let records = answer["records"].as_array().unwrap_or_else(|| panic!("{answer}"));
    records.iter().map(|one| (text(one, "kind"), text(one, "verdict"), text(one, "name"))).collect()
}

fn record(kind: &str, verdict: &str, name: &str) -> (String, String, String) {
    (kind.to_owned(), verdict.to_owned(), name.to_owned())
}

#[tokio::test]
async fn the_records_of_the_senders_domain_are_told_with_what_to_add() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        control.ensure_tenant("shop").await.unwrap();
        let read = async |query: &str| get(&local, &format!("/v1/tenants/shop/mail/records{query}")).await;
        let nothing = read("").await;
        assert_eq!(
            records(&nothing),
            [record("spf", "absent", "shop.localhost"), record("dmarc", "absent", "_dmarc.shop.localhost")]
        );
        let suggestion = "v=DMARC1; p=none; rua=mailto:postmaster@shop.localhost";
        assert_eq!(nothing.json()["records"][1]["suggestion"], suggestion);

        let patch = json!({ "app": "hello@example.com" });
        let changed = ask(&local, "PATCH", "shop/settings", patch).await;
        assert!(changed.status.is_success(), "{}", changed.text);
        assert_eq!(
            records(&read("?selector=s1").await),
            [
                record("spf", "good", "example.com"),
                record("dkim", "weak", "s1._domainkey.example.com"),
                record("dmarc", "good", "_dmarc.example.com"),
            ]
        );
        // What a domain above says of those below counts.
        let patch = json!({ "app": "hello@auth.example.com" });
        ask(&local, "PATCH", "shop/settings", patch).await;
        let below = read("?selector=s2").await;
        assert_eq!(
            records(&below),
            [
                record("spf", "absent", "auth.example.com"),
                record("dkim", "absent", "s2._domainkey.auth.example.com"),
                record("dmarc", "weak", "_dmarc.example.com"),
            ]
        );
        assert_eq!(below.json()["records"][2]["says"]["policy"], "none");
        assert_eq!(read("?selector=a..b").await.problem(), (400, "invalid_query".into()));
        instance.zone.is_down();
        let down = read("").await;
        assert!(records(&down).iter().all(|(_, verdict, _)| verdict == "unanswered"), "{}", down.text);
    })
    .await;
}
