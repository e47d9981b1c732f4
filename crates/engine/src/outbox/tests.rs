//! The relay on a real database, with a way out that is as slow as the test wants.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use kiavi_base::Locale;
use kiavi_db::BoxFuture;
use kiavi_http::{DrainTrigger, drain};
use kiavi_ipc::mail::{Attempt, Delivery, Fault, MAX_IN_FLIGHT};
use tokio::{
    sync::{Semaphore, watch},
    task::JoinHandle,
    time::timeout,
};

use super::{Letter, deliver_due, enqueue, wake};
use crate::{Engine, MailDoor, OutgoingMail, tests::TestTenant};

/// Long enough for a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(30);

/// A way out on which mails to `hang…` stay until they are released.
struct Door {
    release: Semaphore,
    answer: Attempt,
    seen: watch::Sender<Seen>,
}

#[derive(Default)]
struct Seen {
    under_way: usize,
    most: usize,
    offers: BTreeMap<String, usize>,
    taken: Vec<String>,
}

impl Door {
    fn new() -> Arc<Self> {
        let seen = watch::Sender::new(Seen::default());
        Arc::new(Self { release: Semaphore::new(0), answer: Attempt::DELIVERED, seen })
    }

    async fn until(&self, holds: impl FnMut(&Seen) -> bool) {
        let mut seen = self.seen.subscribe();
        timeout(PATIENCE, seen.wait_for(holds)).await.expect("it happens").unwrap();
    }

    fn offers(&self, to: &str) -> usize {
        self.seen.borrow().offers.get(to).copied().unwrap_or_default()
    }
}

impl MailDoor for Door {
    fn send(&self, mail: OutgoingMail) -> BoxFuture<'_, Attempt> {
        let to = mail.to.to_string();
        Box::pin(async move {
            self.seen.send_modify(|seen| {
                *seen.offers.entry(to.clone()).or_default() += 1;
                seen.under_way += 1;
                seen.most = seen.most.max(seen.under_way);
            });
            if to.starts_with("hang") {
                self.release.acquire().await.unwrap().forget();
            }
            self.seen.send_modify(|seen| {
                seen.under_way -= 1;
                if self.answer.delivery == Delivery::Delivered {
                    seen.taken.push(to);
                }
            });
            self.answer
        })
    }
}

async fn owe(engine: &Engine, recipients: impl IntoIterator<Item = String>) {
    let state = engine.state();
    let transaction = state.database.begin().await.unwrap();
    for to in recipients {
        let (to, life) = (to.parse().unwrap(), Duration::from_secs(600));
        enqueue(&transaction, state, &to, Locale::En, Letter::UserDeleted, life).await.unwrap();
    }
    transaction.commit().await.unwrap();
    wake(state);
}

fn people(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("user{number}@example.com"))
}

fn hanging(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("hang{number}@example.com"))
}

fn start(engine: &Engine) -> (JoinHandle<()>, DrainTrigger) {
    let ((trigger, drain), engine) = (drain(), engine.clone());
    (tokio::spawn(async move { engine.run_outbox(drain, Duration::ZERO).await }), trigger)
}

async fn stop((relay, trigger): (JoinHandle<()>, DrainTrigger)) {
    trigger.start();
    timeout(PATIENCE, relay).await.expect("it ends").unwrap();
}

async fn owed(tenant: &TestTenant) -> i64 {
    tenant.value("SELECT count(*) FROM kiavi.outbox", &[]).await
}

#[tokio::test]
async fn a_mail_that_hangs_holds_up_no_other_and_is_sent_once() {
    let (tenant, door) = (TestTenant::new().await, Door::new());
    let engine = tenant.another_engine(|parts| parts.mail = door.clone());
    let relay = start(&engine);
    owe(&engine, hanging(1)).await;
    door.until(|seen| seen.under_way == 1).await;
    let count = 3 * MAX_IN_FLIGHT;
    owe(&engine, people(count)).await;
    door.until(|seen| seen.taken.len() == count).await;
    // As when the lease has run out because the database was away: it is in hand all the same.
    tenant.admin.execute("UPDATE kiavi.outbox SET next_attempt_at = now()", &[]).await.unwrap();
    owe(&engine, ["last@example.com".to_owned()]).await;
    door.until(|seen| seen.taken.len() == count + 1).await;
    door.release.add_permits(1);
    door.until(|seen| seen.under_way == 0).await;
    stop(relay).await;
    assert!(door.seen.borrow().offers.values().all(|offers| *offers == 1));
    assert_eq!(owed(&tenant).await, 0);
}

#[tokio::test]
async fn so_many_are_under_way_and_no_more() {
    let (tenant, door) = (TestTenant::new().await, Door::new());
    let engine = tenant.another_engine(|parts| parts.mail = door.clone());
    let relay = start(&engine);
    owe(&engine, hanging(2 * MAX_IN_FLIGHT)).await;
    door.until(|seen| seen.under_way == MAX_IN_FLIGHT).await;
    door.release.add_permits(1);
    door.until(|seen| seen.taken.len() == 1 && seen.under_way == MAX_IN_FLIGHT).await;
    door.release.add_permits(2 * MAX_IN_FLIGHT);
    door.until(|seen| seen.taken.len() == 2 * MAX_IN_FLIGHT).await;
    stop(relay).await;
    assert_eq!(door.seen.borrow().most, MAX_IN_FLIGHT);
    assert_eq!(owed(&tenant).await, 0);
}

#[tokio::test]
async fn what_one_engine_has_in_hand_another_leaves_alone_until_the_lease_is_over() {
    let (tenant, slow, quick) = (TestTenant::new().await, Door::new(), Door::new());
    quick.release.add_permits(10);
    let first = tenant.another_engine(|parts| parts.mail = slow.clone());
    let second = tenant.another_engine(|parts| parts.mail = quick.clone());
    let relay = start(&first);
    owe(&first, hanging(1)).await;
    slow.until(|seen| seen.under_way == 1).await;
    let next = deliver_due(second.state()).await.unwrap().expect("one is owed");
    assert!(quick.seen.borrow().offers.is_empty() && next > Duration::from_secs(1), "{next:?}");
    // The first engine is killed.
    relay.0.abort();
    tenant.admin.execute("UPDATE kiavi.outbox SET next_attempt_at = now()", &[]).await.unwrap();
    assert_eq!(deliver_due(second.state()).await.unwrap(), None);
    assert_eq!((slow.offers("hang0@example.com"), quick.offers("hang0@example.com")), (1, 1));
    assert_eq!(owed(&tenant).await, 0);
}

#[tokio::test]
async fn an_engine_that_ends_finishes_the_mail_that_it_is_on() {
    let (tenant, door) = (TestTenant::new().await, Door::new());
    let engine = tenant.another_engine(|parts| parts.mail = door.clone());
    let (relay, trigger) = start(&engine);
    owe(&engine, hanging(1)).await;
    door.until(|seen| seen.under_way == 1).await;
    trigger.start();
    owe(&engine, people(1)).await;
    door.release.add_permits(1);
    timeout(PATIENCE, relay).await.expect("it ends").unwrap();
    let taken = door.seen.borrow().taken.clone();
    assert!(taken.contains(&"hang0@example.com".to_owned()), "{taken:?}");
    // It may have been about to look when it was told to end.
    assert_eq!(owed(&tenant).await, 2 - taken.len() as i64, "what it was not on is its successor's");
}

#[tokio::test]
async fn the_event_of_a_mail_that_came_to_nothing_tells_what_was_in_the_way() {
    let tenant = TestTenant::new().await;
    let answering = |answer| {
        let door = Door { answer, ..Arc::into_inner(Door::new()).unwrap() };
        tenant.another_engine(|parts| parts.mail = Arc::new(door))
    };
    let engine = answering(Attempt::deferred(Fault::AuthenticationFailed));
    owe(&engine, people(1)).await;
    assert!(deliver_due(engine.state()).await.unwrap().is_some());
    let late = "UPDATE kiavi.outbox SET expires_at = now(), next_attempt_at = now()";
    tenant.admin.execute(late, &[]).await.unwrap();
    assert_eq!(deliver_due(engine.state()).await.unwrap(), None);
    let engine = answering(Attempt::refused(Fault::SenderRefused));
    owe(&engine, people(1)).await;
    assert_eq!(deliver_due(engine.state()).await.unwrap(), None);
    for (kind, fault) in [("mail.expired", "authentication_failed"), ("mail.refused", "sender_refused")] {
        let event = tenant.newest(kind).await;
        assert_eq!(event.fact("fault"), fault);
        assert!(event.subject().unwrap().starts_with("address:"), "{event:?}");
    }
}
