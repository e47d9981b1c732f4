//! What a monitor reads.

use std::sync::Mutex;

use axum::{body::Body, http::Request};
use http_body_util::BodyExt;
use kiavi_base::{Histogram, RequestClass, RequestCounts};
use kiavi_ipc::metrics::{
    AuditorReport, Durations, EngineReport, GatewayReport, OutboundReport, StreamsReport, TenantReport,
};
use tower::ServiceExt;

use super::*;

struct Fixed(Mutex<Measurements>);

impl Measure for Fixed {
    fn measure(&self) -> BoxFuture<'_, Result<Measurements, Failure>> {
        Box::pin(async { Ok(self.0.lock().unwrap().clone()) })
    }
}

fn measurements() -> Measurements {
    let mut counts = RequestCounts::EMPTY;
    counts.add(RequestClass::SessionCheck, 200, Duration::from_micros(15));
    let mut cold_starts = Histogram::EMPTY;
    cold_starts.add(Duration::from_millis(7));
    let report = EngineReport::new(&counts);
    let tenant = format!("t{}", "a".repeat(24)).parse().unwrap();
    Measurements {
        has_postgres: true,
        has_gateway: true,
        has_outbound: true,
        tenants: 3,
        tenants_in_quarantine: 1,
        engines_running: 2,
        engines_started: 9,
        engines_crashed: 4,
        engines_violated: 0,
        engines_out_of_memory: 2,
        services_failed: vec![("gateway".to_owned(), 2)],
        cold_starts: Durations::from(&cold_starts),
        database_connections: 5,
        database_refusals: 0,
        requests: report.clone(),
        tenant_requests: vec![TenantReport { tenant, report }],
        gateway: GatewayReport { unknown_hosts: 6, waiting: 7, ..GatewayReport::default() },
        outbound: OutboundReport { mails_deferred: 8, ..OutboundReport::default() },
        has_auditor: true,
        streams: StreamsReport { events: 9, streams: [1, 0, 1], oldest_seconds: 60 },
        auditor: AuditorReport {
            events: 9,
            unexplained: 4,
            logs: [0, 2, 1, 0, 1],
            oldest_seconds: 3,
            ..AuditorReport::default()
        },
    }
}

async fn ask(monitored: &Arc<Monitored>, path: &str, authorization: Option<&str>) -> (StatusCode, String) {
    let mut request = Request::get(path);
    if let Some(value) = authorization {
        request = request.header(header::AUTHORIZATION, value);
    }
    let answer = router(monitored.clone()).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

fn monitored(token: Option<&str>) -> Arc<Monitored> {
    let processes = Arc::new(Fixed(Mutex::new(measurements())));
    Arc::new(Monitored { control: OnceLock::new(), processes, token: token.map(SecretString::from) })
}

#[tokio::test]
async fn every_family_is_told_even_before_the_database_is_there() {
    let (status, text) = ask(&monitored(None), "/metrics", None).await;
    assert_eq!(status, StatusCode::OK);
    for line in [
        "kiavi_requests_total{class=\"session_check\",status=\"2xx\"} 1",
        "kiavi_request_duration_seconds_bucket{le=\"0.0001\",class=\"session_check\"} 1",
        "kiavi_request_duration_seconds_count{class=\"session_check\"} 1",
        "kiavi_tenant_requests_total{tenant=\"taaaaaaaaaaaaaaaaaaaaaaaa\",status=\"2xx\"} 1",
        "kiavi_engines_running 2",
        "kiavi_engines_started_total 9",
        "kiavi_engines_failed_total{reason=\"crash\"} 4",
        "kiavi_tenants_in_quarantine 1",
        "kiavi_engine_start_seconds_count 1",
        "kiavi_processes_failed_total{role=\"gateway\"} 2",
        "kiavi_database_connections_total{outcome=\"given\"} 5",
        "kiavi_connections_refused_total{reason=\"unknown_host\"} 6",
        "kiavi_connections_waiting{for=\"engine\"} 7",
        "kiavi_mails_total{outcome=\"deferred\"} 8",
        "kiavi_egress_connections_total{outcome=\"connected\"} 0",
        "kiavi_tenants_served 3",
        "kiavi_audit_unexplained_changes_total 4",
        "# EOF",
    ] {
        assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
    }
}

#[tokio::test]
async fn metrics_are_for_who_has_the_token_and_health_is_for_all() {
    let monitored = monitored(Some("open-sesame"));
    for (shown, expected) in [
        (None, StatusCode::UNAUTHORIZED),
        (Some("Bearer open"), StatusCode::UNAUTHORIZED),
        (Some("open-sesame"), StatusCode::UNAUTHORIZED),
        (Some("Bearer open-sesame"), StatusCode::OK),
    ] {
        assert_eq!(ask(&monitored, "/metrics", shown).await.0, expected, "{shown:?}");
    }
    assert_eq!(ask(&monitored, "/healthz", None).await, (StatusCode::OK, "ok\n".to_owned()));
}

#[tokio::test]
async fn readiness_names_what_is_in_the_way() {
    let (status, text) = ask(&monitored(None), "/readyz", None).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    let parts = json!({ "control": "down", "database": "down", "gateway": "ok", "outbound": "ok" });
    assert_eq!(answer, json!({ "is_ready": false, "parts": parts }));
}
