//! Webhooks on a real database, with a receiver in this process that answers as a test wants.

mod delivery;
mod failure;
mod operator;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::http::{HeaderMap, Request, Response};
use bytes::Bytes;
use kiavi_db::BoxFuture;
use serde_json::Value;
use tokio::sync::{Semaphore, watch};

use super::{EndpointSettings, SigningSecretSettings};
use crate::{
    Settings,
    egress::{EgressError, HttpClient},
    tests::TestTenant,
};

/// Long enough for a machine that is busy with other tests.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
pub(super) const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";

/// What one of the servers was sent.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) host: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(super) fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    pub(super) fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().unwrap()
    }
}

/// How a server answers.
#[derive(Clone)]
pub(super) enum Manner {
    Status(u16),
    RetryAfter(u16, &'static str),
    Fault(EgressError),
    /// Nothing, until it is released.
    Hang,
}

/// Every server there is, by the first label of its name.
pub(super) struct Receiver {
    pub(super) manners: Mutex<BTreeMap<String, Manner>>,
    pub(super) release: Semaphore,
    pub(super) seen: watch::Sender<Vec<Seen>>,
}

impl Receiver {
    pub(super) fn new() -> Arc<Self> {
        let seen = watch::Sender::new(Vec::new());
        Arc::new(Self { manners: Mutex::default(), release: Semaphore::new(0), seen })
    }

    pub(super) fn answers(&self, host: &str, manner: Manner) {
        self.manners.lock().unwrap().insert(format!("{host}.example"), manner);
    }

    /// What `host` has been sent.
    pub(super) fn of(&self, host: &str) -> Vec<Seen> {
        let host = format!("{host}.example");
        self.seen.borrow().iter().filter(|seen| seen.host == host).cloned().collect()
    }

    pub(super) fn kinds(&self, host: &str) -> Vec<String> {
        self.of(host).iter().map(Seen::kind).collect()
    }

    pub(super) async fn until(&self, holds: impl FnMut(&Vec<Seen>) -> bool) {
        let mut seen = self.seen.subscribe();
        tokio::time::timeout(PATIENCE, seen.wait_for(holds)).await.expect("it happens").unwrap();
    }
}

impl HttpClient for Receiver {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, EgressError>> {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let host = head.uri.host().unwrap().to_owned();
            let body = String::from_utf8(body.to_vec()).unwrap();
            let seen = Seen { host: host.clone(), headers: head.headers, body };
            self.seen.send_modify(|all| all.push(seen));
            let manner = self.manners.lock().unwrap().get(&host).cloned().unwrap_or(Manner::Status(204));
            let answer = |status: u16| Response::builder().status(status);
            match manner {
                Manner::Status(status) => {
                    Ok(answer(status).body(Bytes::from_static(b"so \x1b[31m")).unwrap())
                }
                Manner::RetryAfter(status, pause) => {
                    Ok(answer(status).header("retry-after", pause).body(Bytes::new()).unwrap())
                }
                Manner::Fault(error) => Err(error),
                Manner::Hang => {
                    self.release.acquire().await.unwrap().forget();
                    Ok(answer(200).body(Bytes::new()).unwrap())
                }
            }
        })
    }
}

/// An endpoint at `https://ID.example/hook`.
pub(super) fn endpoint(id: &str, events: &[&str]) -> EndpointSettings {
    EndpointSettings {
        id: id.to_owned(),
        url: format!("https://{id}.example/hook"),
        events: events.iter().map(|text| (*text).to_owned()).collect(),
        secrets: vec![SigningSecretSettings {
            id: "a".to_owned(),
            signing_secret: SECRET.to_owned().into(),
            expires_at: None,
        }],
        ..EndpointSettings::default()
    }
}

pub(super) fn with(endpoints: Vec<EndpointSettings>) -> impl FnOnce(&mut Settings) {
    move |settings| settings.webhooks.endpoints = endpoints
}

/// A tenant with these endpoints, and who receives.
pub(super) async fn tenant(endpoints: Vec<EndpointSettings>) -> (TestTenant, Arc<Receiver>) {
    let receiver = Receiver::new();
    (TestTenant::reaching(receiver.clone(), with(endpoints)).await, receiver)
}

/// `state` and `attempts` of every delivery, in order.
pub(super) async fn ledger(tenant: &TestTenant) -> Vec<String> {
    let sql = "SELECT endpoint || ' ' || type || ' ' || state || ' ' || attempts
               FROM kiavi.webhook_delivery ORDER BY position";
    tenant.admin.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// As when the pause of every endpoint is over.
pub(super) async fn later(tenant: &TestTenant) {
    tenant.admin.execute("UPDATE kiavi.webhook_endpoint SET next_attempt_at = now()", &[]).await.unwrap();
}
