//! Streams on a real database, with servers in this process that take what a test wants.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::http::{Request, Response, StatusCode};
use bytes::Bytes;
use kiavi_db::BoxFuture;
use serde_json::{Value, json};

use super::{Destination, StreamSettings, relay::send_due, syslog::tests as grammar};
use crate::{
    egress::{EgressError, EgressHost, HttpClient},
    tests::TestTenant,
};

/// What every server was sent, in order.
#[derive(Default)]
struct Servers {
    poured: Mutex<Vec<(String, Bytes)>>,
    objects: Mutex<Vec<(String, Bytes)>>,
    fault: Mutex<Option<EgressError>>,
    status: Mutex<Option<u16>>,
}

impl HttpClient for Servers {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, EgressError>> {
        Box::pin(async move {
            let name = request.uri().path().to_owned();
            self.objects.lock().unwrap().push((name, request.into_body()));
            let status = self.status.lock().unwrap().unwrap_or(200);
            Ok(Response::builder().status(status).body(Bytes::new()).unwrap())
        })
    }

    fn pour<'a>(&'a self, server: &'a EgressHost, bytes: Bytes) -> BoxFuture<'a, Result<(), EgressError>> {
        Box::pin(async move {
            self.poured.lock().unwrap().push((server.to_string(), bytes));
            self.fault.lock().unwrap().map_or(Ok(()), Err)
        })
    }
}

impl Servers {
    /// The indexes of what syslog was sent, batch by batch; each message is read by the grammar.
    fn indexes(&self) -> Vec<Vec<i64>> {
        let batch = |(_, bytes): &(String, Bytes)| {
            let messages = grammar::unframed(bytes);
            messages.iter().map(|message| index(&grammar::read(message).message)).collect()
        };
        self.poured.lock().unwrap().iter().map(batch).collect()
    }

    fn names(&self) -> Vec<String> {
        self.objects.lock().unwrap().iter().map(|(name, _)| name.clone()).collect()
    }
}

fn index(json: &str) -> i64 {
    serde_json::from_str::<Value>(json).unwrap()["index"].as_i64().unwrap()
}

fn syslog(id: &str) -> StreamSettings {
    let to = Destination::Syslog { server: format!("{id}.example:6514"), enterprise_number: 32_473 };
    StreamSettings { id: id.to_owned(), to, is_enabled: true }
}

fn store(id: &str) -> StreamSettings {
    let to = Destination::S3 {
        endpoint: "https://s3.example".to_owned(),
        region: "eu-1".to_owned(),
        bucket: "logs".to_owned(),
        prefix: "audit".to_owned(),
        access_key_id: "AKID".to_owned(),
        secret_key: "very secret".to_owned().into(),
        every_minutes: 60,
    };
    StreamSettings { id: id.to_owned(), to, is_enabled: true }
}

async fn tenant(streams: Vec<StreamSettings>) -> (TestTenant, Arc<Servers>) {
    let servers = Arc::new(Servers::default());
    let tenant = TestTenant::reaching(servers.clone(), |settings| settings.audit.streams = streams).await;
    send_due(tenant.state()).await.unwrap();
    (tenant, servers)
}

/// Seals what there is, as the auditor does; how much is sealed then.
async fn seal(tenant: &TestTenant) -> i64 {
    let sql = "INSERT INTO kiavi.audit_leaf (index, seq)
               SELECT (SELECT coalesce(max(index) + 1, 0) FROM kiavi.audit_leaf) + row_number() OVER (ORDER BY seq) - 1, seq
               FROM kiavi.audit_event e WHERE NOT EXISTS (SELECT FROM kiavi.audit_leaf l WHERE l.seq = e.seq)";
    tenant.admin.batch_execute(sql).await.unwrap();
    let size = "SELECT coalesce(max(index) + 1, 0) FROM kiavi.audit_leaf";
    tenant.admin.query(size, &[]).await.unwrap()[0].get(0)
}

/// As when every pause is over.
async fn later(tenant: &TestTenant) {
    tenant.admin.execute("UPDATE kiavi.audit_stream SET next_attempt_at = now()", &[]).await.unwrap();
}

/// Has what is sealed from an index on have happened so long ago.
async fn happened(tenant: &TestTenant, from: i64, minutes: i64) {
    let sql = "UPDATE kiavi.audit_event SET at = now() - make_interval(mins => $2::bigint::integer)
               WHERE seq IN (SELECT seq FROM kiavi.audit_leaf WHERE index >= $1)";
    tenant.admin.execute(sql, &[&from, &minutes]).await.unwrap();
    later(tenant).await;
}

#[tokio::test]
async fn syslog_is_sent_every_sealed_event_in_order_and_no_other() {
    let (tenant, servers) = tenant(vec![syslog("siem")]).await;
    tenant.signed_in("ada@example.com").await;
    assert_eq!(send_due(tenant.state()).await.unwrap(), [Duration::from_secs(3_600)], "nothing is sealed");
    assert!(servers.poured.lock().unwrap().is_empty());
    let size = seal(&tenant).await;
    send_due(tenant.state()).await.unwrap();
    assert_eq!(servers.indexes(), [(0..size).collect::<Vec<_>>()]);
    tenant.signed_in("bob@example.com").await;
    let more = seal(&tenant).await;
    send_due(tenant.state()).await.unwrap();
    send_due(tenant.state()).await.unwrap();
    assert_eq!(servers.indexes()[1..], [(size..more).collect::<Vec<_>>()], "once");
    let (server, bytes) = servers.poured.lock().unwrap()[0].clone();
    assert_eq!(server, "siem.example:6514");
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.contains("192.0.2.1") && !text.contains("ada@example.com"), "{text}");
}

#[tokio::test]
async fn what_fails_is_sent_again_before_what_came_after_it_and_somebody_is_told_once() {
    let (tenant, servers) = tenant(vec![syslog("siem")]).await;
    tenant.signed_in("ada@example.com").await;
    let size = seal(&tenant).await;
    *servers.fault.lock().unwrap() = Some(EgressError::Unreachable);
    let rests = send_due(tenant.state()).await.unwrap();
    assert!(rests[0] > Duration::from_secs(4) && rests[0] < Duration::from_secs(6), "{rests:?}");
    send_due(tenant.state()).await.unwrap();
    assert_eq!(servers.indexes().len(), 1, "not before its time");
    let streams = tenant.operator().get("/audit/streams").await.json["streams"].take();
    let of = |name: &str| streams[0][name].clone();
    assert_eq!(
        (of("state"), of("fault"), of("behind")),
        (json!("failing"), json!("unreachable"), json!(size))
    );
    let report = tenant.state().streams.report().unwrap();
    assert_eq!((report.events, report.streams), (0, [0, 0, 1]));
    let day = "UPDATE kiavi.audit_stream SET failing_since = now() - interval '25 hours'";
    tenant.admin.execute(day, &[]).await.unwrap();
    for _ in 0..2 {
        later(&tenant).await;
        send_due(tenant.state()).await.unwrap();
        assert_eq!(tenant.events("stream.failing").await, 1, "once");
    }
    *servers.fault.lock().unwrap() = None;
    later(&tenant).await;
    let more = seal(&tenant).await;
    send_due(tenant.state()).await.unwrap();
    let sent = servers.indexes().pop().unwrap();
    assert_eq!(sent, (0..more).collect::<Vec<_>>(), "all of it, with what was said of the failure");
    let report = tenant.state().streams.report().unwrap();
    assert_eq!((report.events, report.streams), (more as u64, [1, 0, 0]));
    let streams = tenant.operator().get("/audit/streams").await.json["streams"].take();
    assert_eq!((&streams[0]["failures"], &streams[0]["fault"]), (&json!(0), &Value::Null));
}

#[tokio::test]
async fn a_store_gets_an_object_an_hour_and_the_same_one_if_it_is_sent_again() {
    let (tenant, servers) = tenant(vec![store("cold")]).await;
    tenant.signed_in("ada@example.com").await;
    let size = seal(&tenant).await;
    happened(&tenant, 0, 0).await;
    let rests = send_due(tenant.state()).await.unwrap();
    assert!(rests[0] > Duration::from_secs(3_500) && rests[0] <= Duration::from_secs(3_600), "{rests:?}");
    happened(&tenant, 0, 61).await;
    *servers.status.lock().unwrap() = Some(503);
    send_due(tenant.state()).await.unwrap();
    tenant.signed_in("bob@example.com").await;
    let more = seal(&tenant).await;
    happened(&tenant, size, 0).await;
    // It was there, and nobody could note it.
    *servers.status.lock().unwrap() = Some(412);
    send_due(tenant.state()).await.unwrap();
    let names = servers.names();
    assert_eq!((names.len(), &names[0]), (2, &names[1]), "what was begun stays as it was");
    let end = format!("{:020}-{:020}.ndjson", 0, size - 1);
    assert!(names[0].starts_with("/logs/audit/20") && names[0].ends_with(&end), "{names:?}");
    let body = String::from_utf8(servers.objects.lock().unwrap()[1].1.to_vec()).unwrap();
    assert_eq!(body.lines().map(index).collect::<Vec<_>>(), (0..size).collect::<Vec<_>>());
    assert!(body.ends_with('\n') && !body.contains("ada@example.com"));
    happened(&tenant, size, 61).await;
    *servers.status.lock().unwrap() = Some(200);
    send_due(tenant.state()).await.unwrap();
    assert!(
        servers.names()[2].ends_with(&format!("{size:020}-{:020}.ndjson", more - 1)),
        "{:?}",
        servers.names()
    );
}

#[tokio::test]
async fn a_stream_goes_on_where_an_operator_has_it_go_on() {
    let (tenant, servers) = tenant(vec![syslog("siem")]).await;
    let mut somebody = tenant.signed_in("ada@example.com").await;
    let size = seal(&tenant).await;
    send_due(tenant.state()).await.unwrap();
    let mut operator = tenant.operator();
    let moved = operator.post("/audit/streams/move", json!({ "stream": "siem", "index": 1 })).await;
    assert_eq!((moved.status, moved.json), (StatusCode::OK, json!({ "from": size, "to": 1 })));
    assert_eq!(tenant.events("stream.moved").await, 1);
    send_due(tenant.state()).await.unwrap();
    assert_eq!(servers.indexes()[1], (1..size).collect::<Vec<_>>());
    let far = operator.post("/audit/streams/move", json!({ "stream": "siem", "index": 1_000_000 })).await;
    assert_eq!(far.json["to"], json!(size), "no further than the log");
    for body in [json!({ "stream": "siem" }), json!({ "stream": "siem", "index": -1 })] {
        assert_eq!(operator.post("/audit/streams/move", body).await.status, StatusCode::BAD_REQUEST);
    }
    let unknown = operator.post("/audit/streams/retry", json!({ "stream": "other" })).await;
    assert_eq!((unknown.status, unknown.code()), (StatusCode::NOT_FOUND, "AUDIT_STREAM_NOT_FOUND"));
    assert_eq!(
        operator.post("/audit/streams/retry", json!({ "stream": "siem" })).await.status,
        StatusCode::OK
    );
    assert_eq!(somebody.get("/audit/streams").await.status, StatusCode::NOT_FOUND);
    for path in ["/audit/streams/move", "/audit/streams/retry"] {
        let answer = somebody.post(path, json!({ "stream": "siem", "index": 0 })).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, ""));
    }
}

#[tokio::test]
async fn what_is_no_longer_kept_is_passed_over_and_the_log_says_so() {
    let (tenant, servers) = tenant(vec![syslog("siem")]).await;
    tenant.signed_in("ada@example.com").await;
    let many = "INSERT INTO kiavi.audit_event (id, at, type, outcome, body)
                SELECT gen_random_uuid(), at, type, outcome, body FROM kiavi.audit_event, generate_series(1, 100)";
    tenant.admin.batch_execute(many).await.unwrap();
    let size = seal(&tenant).await;
    assert!(size > 256);
    let prune = "INSERT INTO kiavi.audit_pruning (until, note) VALUES (256, 'note');
                 DELETE FROM kiavi.audit_event e USING kiavi.audit_leaf l WHERE l.seq = e.seq AND l.index < 256;
                 DELETE FROM kiavi.audit_leaf WHERE index < 256";
    tenant.admin.batch_execute(prune).await.unwrap();
    send_due(tenant.state()).await.unwrap();
    let sent: Vec<i64> = servers.indexes().concat();
    assert_eq!(sent, (256..size).collect::<Vec<_>>());
    assert_eq!(tenant.events("stream.skipped").await, 1);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_holds_its_stream_up_and_is_told() {
    let (tenant, servers) = tenant(vec![syslog("siem")]).await;
    tenant.signed_in("ada@example.com").await;
    seal(&tenant).await;
    tenant.admin.execute("UPDATE kiavi.audit_event SET body = 'other' WHERE seq = 1", &[]).await.unwrap();
    send_due(tenant.state()).await.unwrap();
    let streams = tenant.operator().get("/audit/streams").await.json["streams"].take();
    assert_eq!(streams[0]["fault"], "unreadable");
    assert!(servers.poured.lock().unwrap().is_empty());
}
