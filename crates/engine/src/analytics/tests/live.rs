//! Who looks on is told.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
    response::Response,
};
use futures_util::StreamExt;
use jiff::SignedDuration;
use kiavi_http::ConnectionInfo;
use serde_json::Value;
use tower::ServiceExt;

use super::super::count;
use crate::{Operator, tests::TestTenant};

async fn open(tenant: &TestTenant) -> Response {
    let request = Request::get("/api/auth/analytics/live")
        .header(header::HOST, "demo.localhost:8080")
        .extension(Operator("test".into()))
        .extension(ConnectionInfo { peer: ([127, 0, 0, 1], 1).into(), sequence: 1 });
    tenant.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

#[tokio::test]
async fn the_figures_of_today_are_told_when_they_change() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("ada@example.com").await;
    let answer = open(&tenant).await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut frames = answer.into_body().into_data_stream();
    let mut next = async || {
        let frame = tokio::time::timeout(Duration::from_secs(20), frames.next()).await.expect("in time");
        let text = String::from_utf8(frame?.unwrap().to_vec()).unwrap();
        assert!(text.contains("event: figures"), "{text}");
        let data = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        let told: Value = serde_json::from_str(data).unwrap();
        assert!(told.get("definitions").is_none());
        assert_eq!(told["points"].as_array().unwrap().len(), 1);
        Some((told["today"].clone(), told["points"][0]["active_users"].as_i64().unwrap()))
    };
    assert_eq!(next().await.unwrap(), ("2026-11-24".into(), 1), "what has come is counted");
    // Nothing has changed, so the next that is told is the next person.
    count(tenant.state()).await.unwrap();
    tenant.signed_in("bob@example.com").await;
    count(tenant.state()).await.unwrap();
    assert_eq!(next().await.unwrap(), ("2026-11-24".into(), 2));
    tenant.clock.advance(SignedDuration::from_hours(24));
    tenant.signed_in("bob@example.com").await;
    count(tenant.state()).await.unwrap();
    assert_eq!(next().await.unwrap(), ("2026-11-25".into(), 1));
    tenant.engine.close_live_views();
    assert_eq!(next().await, None);
}

#[tokio::test]
async fn there_is_an_end_of_readers() {
    let tenant = TestTenant::new().await;
    let mut open_ones = Vec::new();
    for _ in 0..16 {
        open_ones.push(open(&tenant).await);
    }
    assert_eq!(open(&tenant).await.status(), StatusCode::TOO_MANY_REQUESTS);
    open_ones.pop();
    assert_eq!(open(&tenant).await.status(), StatusCode::OK);
}
