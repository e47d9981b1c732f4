//! A proof says what is, and names the layer that is weak.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use kiavi_ipc::isolation::{Confinement, Fate, GroupBounds, LayerStanding, Tried};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    api::{Answer, get, send},
    *,
};
use crate::{
    CallerKind, LocalIssuer, Visit,
    certificate::key::secret_name,
    isolation::{self, Check, ProofError, SignedReport, Verdict},
};

/// A server that lets one role in by this way, as the private cluster knows a tenant by the account of its socket's peer.
pub(super) struct Peer {
    pub(super) server: Arc<dyn Connect>,
    pub(super) role: String,
}

impl Connect for Peer {
    fn connect(&self) -> BoxFuture<'_, std::io::Result<kiavi_db::Stream>> {
        Box::pin(async move {
            let mut server = self.server.connect().await?;
            let (mut theirs, ours) = UnixStream::pair()?;
            let expected = format!("user\0{}\0", self.role).into_bytes();
            tokio::spawn(async move {
                // The start-up message: its length, then names and values (PostgreSQL manual §54.7).
                let length = theirs.read_u32().await?;
                let mut rest = vec![0; length as usize - 4];
                theirs.read_exact(&mut rest).await?;
                if !rest.windows(expected.len()).any(|part| part == expected) {
                    return Ok(());
                }
                server.write_u32(length).await?;
                server.write_all(&rest).await?;
                tokio::io::copy_bidirectional(&mut theirs, &mut server).await.map(drop)
            });
            Ok(ours.into())
        })
    }
}

const LAYERS: [&str; 12] = [
    "mount namespace",
    "network namespace",
    "IPC namespace",
    "UTS namespace",
    "cgroup namespace",
    "empty root",
    "resource limits",
    "own account",
    "dropped privileges",
    "parent death signal",
    "Landlock",
    "seccomp",
];

/// A process as the kernel sees one that every layer holds.
fn held(uid: u32, tenant: &TenantId) -> Confinement {
    Confinement {
        pid: 4711,
        ids: vec![uid; 8],
        has_no_new_privileges: true,
        is_filtered: true,
        threads: 1,
        shared_namespaces: Some(Vec::new()),
        mounts: Some(vec!["tmpfs at / (ro)".into()]),
        limits: ["core file size=0", "file size=0", "processes=1", "open files=8192", "data size=536870912"]
            .map(Into::into)
            .into(),
        group: format!("/kiavi/1/engines/{tenant}"),
        bounds: Some(GroupBounds {
            memory_bytes: Some(256 << 20),
            cpu_microseconds: Some(100_000),
            pids: Some(4),
        }),
        descriptors: Some(vec!["/dev/null×1".into(), "socket×3".into()]),
        environment_bytes: Some(0),
        ..Confinement::default()
    }
}

fn tried(probe: &str, is_sealed: bool, fate: Fate) -> Tried {
    Tried { probe: probe.into(), is_sealed, fate, evidence: String::new() }
}

/// What is found where everything holds.
fn inspection(control: &Control, tenant: &Tenant) -> Inspection {
    let hostname = url::Url::parse(&control.url_of(tenant)).unwrap().host_str().unwrap().parse().unwrap();
    let layer =
        |name: &&str| LayerStanding { layer: (*name).into(), is_active: Some(true), reason: String::new() };
    Inspection {
        is_fully_isolated: true,
        has_groups: true,
        uid: tenant.uid,
        sharing_account: Vec::new(),
        hostnames: vec![hostname],
        egress: Vec::new(),
        layers: LAYERS.iter().map(layer).collect(),
        canary: Some(held(tenant.uid, &tenant.id)),
        engine: Some(held(tenant.uid, &tenant.id)),
        tried: vec![
            tried("files.read", true, Fate::Ended),
            tried("files.read", false, Fate::Refused),
            tried("processes.start", true, Fate::Ended),
            tried("network.connect", true, Fate::Ended),
            tried("kernel.bpf", true, Fate::Ended),
            tried("share.memory", true, Fate::Refused),
        ],
        failure: None,
    }
}

struct World {
    instance: Instance,
    control: Control,
    shop: Tenant,
}

impl World {
    async fn new() -> Self {
        Self::of(Instance::new().await).await
    }

    async fn of(instance: Instance) -> Self {
        let control = instance.start().await;
        let shop = instance.tenant(&control, "shop").await;
        instance.tenant(&control, "other").await;
        // As the private cluster has it.
        let close = format!("REVOKE ALL ON DATABASE {} FROM PUBLIC", quote_ident(instance.database.name()));
        instance.database.admin().await.batch_execute(&close).await.unwrap();
        *instance.privileged.connect.lock().unwrap() = Some(instance.database.connector());
        let world = Self { instance, control, shop };
        world.finds(|_| ());
        world
    }

    fn finds(&self, weaken: impl FnOnce(&mut Inspection)) {
        let mut found = inspection(&self.control, &self.shop);
        weaken(&mut found);
        *self.instance.privileged.inspection.lock().unwrap() = Some(found);
    }

    async fn prove(&self) -> SignedReport {
        // Room for the next.
        let forget = "UPDATE isolation_proof SET proved_at = proved_at - interval '1 day'";
        self.instance.database.admin().await.batch_execute(forget).await.unwrap();
        isolation::prove(&self.control, &Actor::CONTROL, &self.shop).await.unwrap()
    }

    /// The checks that are broken.
    async fn broken(&self) -> Vec<String> {
        broken(&self.prove().await)
    }

    async fn inside(&self, statements: &str) {
        let login = Login::new(SUPERUSER, self.shop.id.as_str());
        let inside = AdminConnection::connect(&*self.instance.database.connector(), &login).await.unwrap();
        inside.batch_execute(statements).await.unwrap();
    }
}

fn broken(signed: &SignedReport) -> Vec<String> {
    let broken = signed.report.checks.iter().filter(|check| check.outcome == Verdict::Broken);
    broken.map(|check| check.id.clone()).collect()
}

fn check<'a>(signed: &'a SignedReport, id: &str) -> &'a Check {
    signed.report.checks.iter().find(|check| check.id == id).unwrap()
}

async fn post(router: &Router, path: &str) -> Answer {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    send(router, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn where_everything_holds_a_signed_report_says_so_and_both_logs_have_its_digest() {
    let world = World::new().await;
    let signed = world.prove().await;
    assert_eq!(broken(&signed), Vec::<String>::new(), "{signed:#?}");
    let unknown: Vec<_> =
        signed.report.checks.iter().filter(|check| check.outcome == Verdict::Unknown).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    assert_eq!(signed.report.outcome, Verdict::Held);
    assert_eq!(signed.verify(None), Ok(()));
    let titled: Vec<_> = signed.report.checks.iter().map(|check| check.id.as_str()).collect();
    assert_eq!(titled, isolation::TITLES.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    assert!(signed.report.checks.iter().all(|check| !check.evidence.is_empty()));

    let login = Login::new(SUPERUSER, world.shop.id.as_str());
    let inside = AdminConnection::connect(&*world.instance.database.connector(), &login).await.unwrap();
    let rows =
        inside.query("SELECT detail, id FROM told WHERE kind = 'isolation.proved'", &[]).await.unwrap();
    let detail: Value = rows[0].get(0);
    assert_eq!((rows.len(), rows[0].get::<_, String>(1)), (1, signed.report.id.clone()));
    assert_eq!((&detail["digest"], &detail["outcome"]), (&json!(signed.digest), &json!("held")));
    let events = world.instance.events(&world.shop.id).await;
    assert_eq!(events.iter().filter(|kind| *kind == "isolation.proved").count(), 1);
}

#[tokio::test]
async fn a_weakened_layer_is_red_and_named() {
    type Weaken = fn(&mut Inspection);
    fn seen(found: &mut Inspection) -> &mut Confinement {
        found.canary.as_mut().unwrap()
    }
    fn engine(found: &mut Inspection) -> &mut Confinement {
        found.engine.as_mut().unwrap()
    }
    fn lacks(found: &mut Inspection, layer: &str) {
        let layer = found.layers.iter_mut().find(|one| one.layer == layer).unwrap();
        (layer.is_active, layer.reason) = (Some(false), "not permitted".into());
    }
    let weakened: &[(&str, Weaken)] = &[
        ("canary", |found| found.is_fully_isolated = false),
        ("canary", |found| found.failure = Some("the Landlock layer of the sandbox is missing".into())),
        ("layer.namespaces", |found| seen(found).shared_namespaces = Some(vec!["net".into()])),
        ("layer.namespaces", |found| lacks(found, "UTS namespace")),
        ("layer.root", |found| {
            engine(found).mounts = Some(vec!["ext4 at / (rw)".into(), "proc at /proc (rw)".into()])
        }),
        ("layer.root", |found| lacks(found, "empty root")),
        ("layer.limits", |found| seen(found).limits[2] = "processes=unlimited".into()),
        ("layer.limits", |found| engine(found).threads = 2),
        ("layer.account", |found| engine(found).ids[3] = 0),
        ("layer.account", |found| seen(found).groups.push(0)),
        ("layer.privileges", |found| seen(found).capabilities = 1 << 21),
        ("layer.privileges", |found| engine(found).has_no_new_privileges = false),
        ("layer.landlock", |found| lacks(found, "Landlock")),
        ("layer.landlock", |found| lacks(found, "parent death signal")),
        ("layer.seccomp", |found| engine(found).is_filtered = false),
        ("layer.descriptors", |found| seen(found).descriptors = Some(vec!["/etc/shadow×1".into()])),
        ("layer.descriptors", |found| engine(found).environment_bytes = Some(12)),
        ("layer.group", |found| engine(found).group.clear()),
        ("layer.group", |found| engine(found).group.push_str(" /")),
        ("layer.group", |found| seen(found).group = "/kiavi/1/engines/of-another".into()),
        ("layer.group", |found| engine(found).bounds.as_mut().unwrap().memory_bytes = None),
        ("layer.group", |found| seen(found).bounds.as_mut().unwrap().pids = None),
        ("tried.files", |found| found.tried.push(tried("files.list", false, Fate::Worked))),
        ("tried.files", |found| found.tried.push(tried("files.list", true, Fate::Refused))),
        ("tried.processes", |found| found.tried.push(tried("processes.run", true, Fate::Worked))),
        ("tried.network", |found| found.tried.push(tried("network.send", true, Fate::Worked))),
        ("tried.kernel", |found| found.tried.push(tried("kernel.mount", true, Fate::Worked))),
        ("tried.share", |found| found.tried.push(tried("share.descriptors", true, Fate::Worked))),
        ("account.unique", |found| found.sharing_account = vec![TenantId::random(&SystemRng)]),
        ("ways.hostnames", |found| found.hostnames.push("bank.example.com".parse().unwrap())),
        ("ways.hostnames", |found| found.hostnames.clear()),
    ];
    let world = World::new().await;
    for (number, (expected, weaken)) in weakened.iter().enumerate() {
        world.finds(weaken);
        let signed = world.prove().await;
        assert_eq!(broken(&signed), [*expected], "number {number}");
        assert_eq!(signed.report.outcome, Verdict::Broken);
    }
    // What cannot be looked at is not said to hold.
    world.finds(|found| found.canary.as_mut().unwrap().mounts = None);
    assert_eq!(check(&world.prove().await, "layer.root").outcome, Verdict::Unknown);
    world.finds(|found| found.tried.clear());
    let signed = world.prove().await;
    assert_eq!(
        (check(&signed, "tried.files").outcome, signed.report.outcome),
        (Verdict::Unknown, Verdict::Unknown)
    );
    // An engine that sleeps is no fault.
    world.finds(|found| found.engine = None);
    assert_eq!(world.prove().await.report.outcome, Verdict::Held);
}

#[tokio::test]
async fn a_weakened_database_is_red_and_named() {
    let world = World::new().await;
    let (runtime, owner) = (quote_ident(world.shop.id.as_str()), quote_ident(&owner_role(&world.shop.id)));
    let cases = [
        (
            format!("GRANT EXECUTE ON FUNCTION pg_read_file(text) TO {runtime}"),
            format!("REVOKE EXECUTE ON FUNCTION pg_read_file(text) FROM {runtime}"),
            vec!["database.server", "database.grants"],
        ),
        (
            format!("GRANT DELETE ON item TO {runtime}"),
            format!("REVOKE DELETE ON item FROM {runtime}"),
            vec!["database.log", "database.grants"],
        ),
        (
            format!("REVOKE INSERT ON item FROM {runtime}"),
            format!("GRANT INSERT ON item TO {runtime}"),
            vec!["database.grants"],
        ),
        (
            "GRANT SELECT (id) ON item TO PUBLIC".into(),
            "REVOKE SELECT (id) ON item FROM PUBLIC".into(),
            vec!["database.grants"],
        ),
        (
            format!("GRANT SELECT ON pg_database TO {runtime}"),
            format!("REVOKE SELECT ON pg_database FROM {runtime}"),
            vec!["database.catalogs", "database.grants"],
        ),
        (
            format!("GRANT CREATE ON SCHEMA public TO {runtime}"),
            format!("REVOKE CREATE ON SCHEMA public FROM {runtime}"),
            vec!["database.powers", "database.grants"],
        ),
        (
            format!("GRANT {owner} TO {runtime}"),
            format!("REVOKE {owner} FROM {runtime}"),
            vec!["database.catalogs", "database.powers", "database.log", "database.grants"],
        ),
        (
            format!("ALTER ROLE {runtime} CREATEROLE"),
            format!("ALTER ROLE {runtime} NOCREATEROLE"),
            vec!["database.powers", "database.grants"],
        ),
        (format!("ALTER ROLE {owner} LOGIN"), format!("ALTER ROLE {owner} NOLOGIN"), vec!["database.owners"]),
        (
            format!("CREATE TABLE intruder (id int); ALTER TABLE intruder OWNER TO {runtime}"),
            "DROP TABLE intruder".into(),
            vec!["database.owners", "database.objects"],
        ),
        (
            format!("ALTER ROLE {runtime} CONNECTION LIMIT -1"),
            format!("ALTER ROLE {runtime} CONNECTION LIMIT 10"),
            vec!["database.connections"],
        ),
    ];
    for (weaken, mend, expected) in cases {
        world.inside(&weaken).await;
        assert_eq!(world.broken().await, expected, "{weaken}");
        world.inside(&mend).await;
        assert_eq!(world.broken().await, Vec::<String>::new(), "{mend}");
    }
}

#[tokio::test]
async fn keys_that_two_tenants_share_are_found() {
    let world = World::new().await;
    let other = world.control.tenant("other").await.unwrap().unwrap();
    let first = world.prove().await;
    let admin = world.instance.database.admin().await;
    let copied = "INSERT INTO isolation_proof (id, tenant_id, outcome, fingerprint, report)
                  SELECT 'copied', $1, outcome, fingerprint, report FROM isolation_proof WHERE id = $2";
    admin.execute(copied, &[&other.id.as_str(), &first.report.id]).await.unwrap();
    let key = "UPDATE audit_log SET public_key = (SELECT public_key FROM audit_log WHERE tenant_id = $1)";
    admin.execute(key, &[&world.shop.id.as_str()]).await.unwrap();
    assert_eq!(world.broken().await, ["keys.secret", "keys.log"]);
}

#[tokio::test]
async fn a_proof_is_asked_for_read_and_listed_by_the_api_and_bounded() {
    let world = World::new().await;
    let router = world.control.router(CallerKind::LocalOperator);
    let proofs = "/v1/tenants/shop/isolation/proofs";
    let made = post(&router, proofs).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let id = made.json()["report"]["id"].as_str().unwrap().to_owned();
    let listed = get(&router, proofs).await.json();
    assert_eq!((&listed["proofs"][0]["id"], &listed["proofs"][0]["outcome"]), (&json!(id), &json!("held")));
    let shown = get(&router, &format!("{proofs}/{id}")).await.json();
    assert_eq!(shown, made.json());
    assert_eq!(serde_json::from_value::<SignedReport>(shown).unwrap().verify(None), Ok(()));
    assert_eq!(get(&router, &format!("{proofs}/none")).await.json()["code"], "proof_not_found");
    assert_eq!(
        get(&router, &format!("/v1/tenants/other/isolation/proofs/{id}")).await.json()["code"],
        "proof_not_found"
    );

    let twelve = "INSERT INTO isolation_proof (id, tenant_id, outcome, fingerprint, report)
                  SELECT n::text, tenant_id, outcome, fingerprint, report FROM isolation_proof, generate_series(1, 11) n";
    world.instance.database.admin().await.batch_execute(twelve).await.unwrap();
    let refused = post(&router, proofs).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{}", refused.text);

    *world.instance.privileged.inspection.lock().unwrap() = None;
    let other = world.control.tenant("other").await.unwrap().unwrap();
    let away = isolation::prove(&world.control, &Actor::CONTROL, &other).await;
    assert!(matches!(away, Err(ProofError::Privileged(_))), "{away:?}");
}

#[tokio::test]
async fn certificates_are_its_own_with_keys_of_its_own_and_are_what_is_shown() {
    let mut instance = Instance::new().await;
    let clock = Arc::new(kiavi_base::ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap()));
    let vault = Arc::new(instance.vault());
    instance.clock = clock.clone();
    instance.issuer = Some(Arc::new(LocalIssuer::new(vault, clock.clone(), "localhost".parse().unwrap())));
    let world = World::of(instance).await;
    let outcome = async || {
        let signed = world.prove().await;
        let found = check(&signed, "ways.certificate");
        (found.outcome, found.evidence.join("\n"))
    };
    let (verdict, evidence) = outcome().await;
    assert_eq!(verdict, Verdict::Held, "{evidence}");
    for part in ["good to 2026-04-01T00:00:00Z", "among the tenant's own secrets", "visitors are shown it"] {
        assert!(evidence.contains(part), "{part}: {evidence}");
    }

    let visited = |visit| *world.instance.privileged.visit.lock().unwrap() = visit;
    for (visit, expected, part) in [
        (Visit::NoListener, Verdict::Held, "come by load balancers only"),
        (Visit::TurnedAway, Verdict::Broken, "visitors are shown none"),
        (Visit::Shown(vec![vec![7; 9]]), Verdict::Broken, "visitors are shown another one"),
    ] {
        visited(Some(visit));
        let (verdict, evidence) = outcome().await;
        assert!(verdict == expected && evidence.contains(part), "{verdict:?}: {evidence}");
    }
    visited(None);

    // Another tenant with the same key; another's certificate in its place; a key that is gone; one that has ended.
    let (shop, admin) = (world.shop.id.as_str(), world.instance.database.admin().await);
    let key = "UPDATE certificate SET public_key = (SELECT public_key FROM certificate WHERE tenant_id = $1)
               WHERE tenant_id IS DISTINCT FROM $1";
    admin.execute(key, &[&shop]).await.unwrap();
    let (verdict, evidence) = outcome().await;
    assert!(verdict == Verdict::Broken && evidence.contains("is that of"), "{evidence}");
    let mend = "UPDATE certificate SET public_key = NULL WHERE tenant_id IS DISTINCT FROM $1";
    admin.execute(mend, &[&shop]).await.unwrap();
    crate::certificate::store::note_public_keys(&world.control.parts().database).await.unwrap();
    assert_eq!(outcome().await.0, Verdict::Held);

    let swap = "UPDATE certificate SET chain = other.chain FROM certificate other
                WHERE certificate.tenant_id = $1 AND other.tenant_id <> $1";
    let own = admin.query("SELECT chain FROM certificate WHERE tenant_id = $1", &[&shop]).await.unwrap();
    let own: String = own[0].get(0);
    admin.execute(swap, &[&shop]).await.unwrap();
    let (verdict, evidence) = outcome().await;
    for part in ["for another name", "which is not its own", "is not its certificate's", "shown another one"]
    {
        assert!(verdict == Verdict::Broken && evidence.contains(part), "{part}: {evidence}");
    }
    admin.execute("UPDATE certificate SET chain = $2 WHERE tenant_id = $1", &[&shop, &own]).await.unwrap();

    clock.advance(jiff::SignedDuration::from_hours(100 * 24));
    let (verdict, evidence) = outcome().await;
    assert!(verdict == Verdict::Broken && evidence.contains("is good from"), "{evidence}");
    let name = secret_name(&"shop.localhost".parse().unwrap());
    world.instance.vault().destroy(&world.shop.id, &name).await.unwrap();
    let (verdict, evidence) = outcome().await;
    assert!(verdict == Verdict::Broken && evidence.contains("not among the tenant's secrets"), "{evidence}");
}
