//! Control as the witness of the tenants' logs, asked as the auditor asks.

use kiavi_audit::{
    AddCheckpoint, Appender, Checkpoint, NoteKey, ProofPlan, SignedCheckpoint, Tile, TileSet, VerifierKey,
    leaf_hash,
};
use kiavi_ipc::{
    Channel, Endpoint, Receiver, Sender,
    witness::{FromWitness, Refusal, SeenTree, ToWitness},
};

use super::{api::get, *};
use crate::CallerKind;

/// The auditor's end of the witness's channel.
struct Auditor {
    sender: Sender<ToWitness>,
    receiver: Receiver<FromWitness>,
}

impl Auditor {
    fn at(control: &Control) -> Self {
        let (ours, theirs) = Channel::pair().unwrap();
        let control = control.clone();
        tokio::spawn(async move { control.witness(theirs.into()).await.unwrap() });
        let (sender, receiver) = Endpoint::new(ours).unwrap().split();
        Self { sender, receiver }
    }

    async fn ask(&mut self, message: ToWitness) -> FromWitness {
        self.sender.send(&message).await.unwrap();
        let answer = self.receiver.receive().await.unwrap().unwrap();
        assert_eq!(answer.request(), 1);
        answer
    }

    async fn seen(&mut self, tenant: &TenantId) -> FromWitness {
        self.ask(ToWitness::Look { request: 1, tenant: tenant.clone() }).await
    }

    async fn cosign(&mut self, tenant: &TenantId, asked: &AddCheckpoint) -> FromWitness {
        self.ask(ToWitness::Cosign {
            request: 1,
            tenant: tenant.clone(),
            body: asked.to_string(),
            has_ended: None,
        })
        .await
    }
}

/// A log of numbered entries, `version` of which tells histories apart.
struct History {
    tree: Appender,
    tiles: TileSet,
    key: NoteKey,
    origin: String,
}

impl History {
    fn new(start: &LogStart) -> Self {
        let key = NoteKey::new(start.origin.parse().unwrap(), &start.seed);
        Self { tree: Appender::default(), tiles: TileSet::default(), key, origin: start.origin.clone() }
    }

    fn grow(&mut self, count: usize, version: &str) {
        let mut keep = |tiles: Vec<(Tile, Vec<u8>)>| {
            tiles.iter().for_each(|(tile, bytes)| self.tiles.insert(*tile, bytes).unwrap());
        };
        for _ in 0..count {
            keep(self.tree.append(leaf_hash(version.as_bytes())));
        }
        keep(self.tree.partial_tiles());
    }

    fn asked(&self, old: u64) -> AddCheckpoint {
        let (origin, size) = (self.origin.clone(), self.tree.size());
        let checkpoint = Checkpoint { origin, size, root: self.tree.root() };
        let checkpoint = SignedCheckpoint::sign(checkpoint, &self.key).unwrap();
        let proof = ProofPlan::consistency(old, size).unwrap().resolve(&self.tiles).unwrap();
        AddCheckpoint { old, proof, checkpoint }
    }
}

fn refused(refusal: Refusal) -> FromWitness {
    FromWitness::Refused { request: 1, refusal }
}

async fn alarms(control: &Control) -> usize {
    let answer = get(&control.router(CallerKind::LocalOperator), "/v1/audit-alarms").await.json();
    answer["logs"].as_array().unwrap().len()
}

/// A tenant that runs, and what its log is sealed with.
async fn sealed(instance: &Instance, control: &Control, name: &str) -> (Tenant, LogStart) {
    let tenant = instance.tenant(control, name).await;
    let start = instance.privileged.logs.lock().unwrap()[&tenant.id].clone();
    assert_eq!(start.origin, format!("localhost/audit/{}", tenant.id));
    (tenant, start)
}

#[tokio::test]
async fn what_has_only_grown_is_cosigned_whatever_happens_in_between() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let (tenant, start) = sealed(&instance, &control, "shop").await;
    let mut history = History::new(&start);
    let mut old = 0;
    for growth in [1, 1, 300, 0, 70_000] {
        history.grow(growth, "one");
        // A control plane that has just started goes on where the one before it was.
        let control = instance.start().await;
        let mut auditor = Auditor::at(&control);
        let asked = history.asked(old);
        let answer = auditor.cosign(&tenant.id, &asked).await;
        let FromWitness::Cosigned { line, .. } = answer else { panic!("{answer:?}") };
        let keys = get(&control.router(CallerKind::LocalOperator), "/v1/tenants/shop/audit/key").await.json();
        let key = |name: &str| keys[name].as_str().unwrap().parse::<VerifierKey>().unwrap();
        let mut note = asked.checkpoint.clone();
        note.add(line.parse().unwrap());
        let verified = note.verify(&[key("log_key"), key("witness_key")]).unwrap();
        assert_eq!(verified.len(), 2);
        assert!(verified[1].time.is_some_and(|time| time > 1_700_000_000));
        old = history.tree.size();
        let tree = Some(SeenTree { size: old, root: history.tree.root() });
        assert_eq!(auditor.seen(&tenant.id).await, FromWitness::Seen { request: 1, tree });
        assert_eq!(
            auditor.cosign(&tenant.id, &history.asked(0)).await,
            refused(Refusal::Elsewhere { size: old })
        );
    }
    assert_eq!(alarms(&control).await, 0);
}

/// AU-2 and AU-3.
#[tokio::test]
async fn another_past_is_refused_and_told_once() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let (tenant, start) = sealed(&instance, &control, "shop").await;
    let mut auditor = Auditor::at(&control);
    let (mut one, mut other) = (History::new(&start), History::new(&start));
    one.grow(10, "one");
    other.grow(4, "one");
    let rolled_back = other.asked(0);
    other.grow(6, "other");
    let split = other.asked(0);
    other.grow(5, "other");
    assert!(matches!(auditor.cosign(&tenant.id, &one.asked(0)).await, FromWitness::Cosigned { .. }));
    for contradiction in [rolled_back, split, other.asked(10)] {
        let answer = auditor.cosign(&tenant.id, &contradiction).await;
        assert_eq!(answer, refused(Refusal::Contradiction));
    }
    let told: Vec<_> = instance.events(&tenant.id).await;
    assert_eq!(told.iter().filter(|kind| *kind == "audit_log.contradicted").count(), 1);
    assert_eq!(alarms(&control).await, 1);
    // Its log is what it was, and goes on.
    one.grow(1, "one");
    assert!(matches!(auditor.cosign(&tenant.id, &one.asked(10)).await, FromWitness::Cosigned { .. }));
    assert_eq!(alarms(&control).await, 0);
}

#[tokio::test]
async fn nobody_but_a_logs_own_key_has_it_cosigned_or_raises_an_alarm() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let (tenant, start) = sealed(&instance, &control, "shop").await;
    let (_, neighbour) = sealed(&instance, &control, "other").await;
    assert_ne!(start.seed, neighbour.seed);
    let mut auditor = Auditor::at(&control);
    let mut own = History::new(&start);
    own.grow(3, "one");
    assert!(matches!(auditor.cosign(&tenant.id, &own.asked(0)).await, FromWitness::Cosigned { .. }));
    let mut forged =
        History { key: NoteKey::new(start.origin.parse().unwrap(), &[1; 32]), ..History::new(&start) };
    forged.grow(2, "forged");
    let mut foreign = History::new(&neighbour);
    foreign.grow(2, "one");
    for wrong in [forged.asked(0), foreign.asked(0)] {
        assert_eq!(auditor.cosign(&tenant.id, &wrong).await, refused(Refusal::Unknown));
    }
    let nobody = TenantId::random(&SystemRng);
    assert_eq!(auditor.cosign(&nobody, &own.asked(3)).await, refused(Refusal::Unknown));
    assert_eq!(auditor.seen(&nobody).await, refused(Refusal::Unknown));
    let garbage =
        ToWitness::Cosign { request: 1, tenant: tenant.id, body: "old 0\n\n".to_owned(), has_ended: None };
    assert_eq!(auditor.ask(garbage).await, refused(Refusal::Unknown));
    assert_eq!(alarms(&control).await, 0);
}

#[tokio::test]
async fn a_log_is_sealed_until_its_tenant_is_destroyed_with_its_key() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let (tenant, start) = sealed(&instance, &control, "shop").await;
    // A control plane that has just started tells of it with the same key, and so does one that finds it suspended.
    let is_sealed = || instance.privileged.logs.lock().unwrap().get(&tenant.id).map(|log| log.seed.clone());
    let order = provision::Order {
        operation: crate::operation::Operation::Suspend,
        reason: None,
        change: provision::Change::Target,
    };
    provision::request(&control, &Actor::CONTROL, &tenant.id, &order).await.unwrap();
    provision::converge(&control, &tenant.id).await;
    for _ in 0..2 {
        assert_eq!(is_sealed(), Some(start.seed.clone()));
        instance.privileged.logs.lock().unwrap().clear();
        let control = instance.start().await;
        provision::converge(&control, &tenant.id).await;
    }
    let name = "log-key".parse().unwrap();
    assert_eq!(instance.vault().versions(&tenant.id, &name).await.unwrap().len(), 1);
    assert!(control.remove_tenant(&tenant.id).await.unwrap());
    provision::converge(&control, &tenant.id).await;
    instance.assert_gone(&tenant).await;
    assert_eq!(is_sealed(), None);
    assert_eq!(
        instance.count("SELECT count(*) FROM audit_log WHERE tenant_id = $1", tenant.id.as_str()).await,
        0
    );
    // The instance's own keys are in the vault, too.
    let own = crate::log::INSTANCE.parse().unwrap();
    Auditor::at(&control).cosign(&tenant.id, &History::new(&start).asked(0)).await;
    assert!(instance.vault().tenants().await.unwrap().contains(&own));
    assert!(!orphans::find(&control).await.unwrap().contains_key(&own));
}

/// Whoever verifies by a key that they pinned finds in the instance's own log why that does not count any more.
#[tokio::test]
async fn a_log_whose_key_is_lost_goes_on_by_another_and_that_is_told() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let (tenant, start) = sealed(&instance, &control, "shop").await;
    let mut history = History::new(&start);
    history.grow(3, "one");
    let first = history.asked(0);
    assert!(matches!(Auditor::at(&control).cosign(&tenant.id, &first).await, FromWitness::Cosigned { .. }));
    let told = "SELECT count(*) FROM audit_event WHERE type = 'audit_log.key_replaced' AND subject = $1";
    assert_eq!(instance.count(told, tenant.id.as_str()).await, 0);

    instance.vault().destroy(&tenant.id, &"log-key".parse().unwrap()).await.unwrap();
    for _ in 0..2 {
        instance.privileged.logs.lock().unwrap().clear();
        let control = instance.start().await;
        provision::converge(&control, &tenant.id).await;
        assert_eq!(instance.count(told, tenant.id.as_str()).await, 1, "once");
    }
    let anew = instance.privileged.logs.lock().unwrap()[&tenant.id].clone();
    assert_eq!(anew.origin, start.origin);
    history.grow(1, "one");
    let by_the_old = history.asked(3);
    history.key = History::new(&anew).key;
    let mut auditor = Auditor::at(&control);
    assert_eq!(auditor.cosign(&tenant.id, &by_the_old).await, refused(Refusal::Unknown));
    // It is the same log: what was cosigned of it is its beginning.
    assert!(matches!(auditor.cosign(&tenant.id, &history.asked(3)).await, FromWitness::Cosigned { .. }));
    assert_eq!(alarms(&control).await, 0);
}
