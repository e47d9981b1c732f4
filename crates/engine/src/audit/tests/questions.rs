//! What the log answers.

use std::{collections::BTreeSet, time::Duration};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use futures_util::StreamExt;
use jiff::SignedDuration;
use kiavi_http::ConnectionInfo;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    Operator,
    audit::{EventType, Outline, outlines},
    tests::{Browser, TestTenant},
};

async fn list(operator: &mut Browser, query: &str) -> Vec<Value> {
    let answer = operator.get(&format!("/audit/events?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text);
    answer.json["events"].as_array().unwrap().clone()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// Two people who signed in from networks of their own, and a stranger who tried.
async fn tenant() -> TestTenant {
    let tenant = TestTenant::new().await;
    for (peer, email) in [([192, 0, 2, 1], "ada@example.com"), ([192, 0, 2, 2], "eve@example.com")] {
        tenant.browser().from(peer).sign_in(&tenant, email).await;
    }
    let guess = json!({ "email": "stranger@example.com", "otp": "123456" });
    tenant.browser().from([192, 0, 2, 3]).post("/sign-in/email-otp", guess).await;
    tenant
}

#[tokio::test]
async fn every_filter_finds_what_it_says_and_nothing_else() {
    let tenant = tenant().await;
    let (ada, eve) = (tenant.id_of("ada@example.com").await, tenant.id_of("eve@example.com").await);
    let mut operator = tenant.operator();
    assert_eq!(list(&mut operator, "type=session.*").await.len(), 2);
    assert_eq!(kinds(&list(&mut operator, "outcome=failure").await), ["code.refused"]);
    assert_eq!(list(&mut operator, "type=user.created,code.requested&outcome=success").await.len(), 4);
    for (query, who) in [(format!("actor={ada}"), &ada), (format!("subject={eve}"), &eve)] {
        let events = list(&mut operator, &query).await;
        assert!(
            !events.is_empty() && events.iter().all(|event| event["subject"]["user_id"] == **who),
            "{events:?}"
        );
    }
    let sessions = list(&mut operator, "type=session.*").await;
    let rest = list(&mut operator, "type=-session.*,-management.requested").await;
    assert!(rest.len() > 4 && !kinds(&rest).iter().any(|kind| kind.starts_with("session.")), "{rest:?}");
    assert!(list(&mut operator, "type=session.*,-session.created").await.is_empty());
    let one = list(&mut operator, &format!("id={}", sessions[1]["id"].as_str().unwrap())).await;
    assert_eq!(one, sessions[1..], "by its id");
    let email = if one[0]["subject"]["user_id"] == ada { "ada@example.com" } else { "eve@example.com" };
    assert_eq!(one[0]["subject"]["email"], email, "as people know them");
    // Before they were users their address stood for them.
    let of_ada = list(&mut operator, "email=Ada@Example.com").await;
    assert!(kinds(&of_ada).contains(&"code.requested") && kinds(&of_ada).contains(&"session.created"));
    assert_eq!(kinds(&list(&mut operator, "email=stranger@example.com").await), ["code.refused"]);
    assert_eq!(kinds(&list(&mut operator, "ip=192.0.2.3").await), ["code.refused"]);
    assert!(list(&mut operator, "ip=192.0.2.4").await.is_empty());
    let both = list(&mut operator, &format!("ip=192.0.2.1&subject={ada}&type=session.created")).await;
    assert_eq!(kinds(&both), ["session.created"]);
    assert!(list(&mut operator, &format!("ip=192.0.2.1&subject={eve}")).await.is_empty());
    let request = both[0]["request_id"].as_str().unwrap();
    let of_request = list(&mut operator, &format!("request_id={request}")).await;
    assert_eq!(of_request.len(), 2, "{:?}", kinds(&of_request));
    assert!(list(&mut operator, "to=2026-11-24T12:00:00Z").await.is_empty());
    assert!(list(&mut operator, "from=2026-11-24T12:00:00.001Z").await.is_empty());
    assert!(!list(&mut operator, "from=2026-11-24T12:00:00Z&to=2026-11-24T12:00:00.001Z").await.is_empty());
    let reference = both[0]["subject"]["ref"].as_str().unwrap();
    assert_eq!(list(&mut operator, &format!("type=session.created&subject={reference}")).await, both);
}

#[tokio::test]
async fn whoever_did_it_is_found_by_their_address_and_one_of_several_will_do() {
    let tenant = tenant().await;
    let ada = tenant.id_of("ada@example.com").await;
    let mut operator = tenant.operator();
    let by_id = list(&mut operator, &format!("actor={ada}")).await;
    assert!(kinds(&by_id).contains(&"session.created"), "{:?}", kinds(&by_id));
    assert_eq!(list(&mut operator, "actor=Ada@Example.com").await, by_id);
    assert!(list(&mut operator, "actor=nobody@example.com").await.is_empty());
    let both = list(&mut operator, "actor=ada@example.com&actor=operator:test&limit=100").await;
    let by_operator = both.iter().filter(|event| event["actor"]["ref"] == "operator:test").count();
    assert_eq!((both.len() - by_operator, by_operator > 2), (by_id.len(), true), "{both:?}");
    let sessions = list(&mut operator, "actor=operator:test&actor=ada@example.com&type=session.*").await;
    assert_eq!(kinds(&sessions), ["session.created"]);
}

#[tokio::test]
async fn days_are_those_of_the_tenants_clock_and_end_with_their_end() {
    let tenant = tenant().await;
    // It is noon of the 24th in Greenwich, and one in the night of the 25th in Auckland.
    for (zone, day, before, after) in [
        ("UTC", "2026-11-24", "2026-11-23", "2026-11-25"),
        ("Pacific/Auckland", "2026-11-25", "2026-11-24", "2026-11-26"),
    ] {
        let engine = tenant.another_engine(|parts| parts.settings.analytics.time_zone = zone.to_owned());
        let mut operator = tenant.operator().at(&engine);
        let mut told = async |query: &str| {
            let answer = operator.get(&format!("/audit/events?type=session.*&{query}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text);
            assert_eq!(answer.json["time_zone"], zone);
            (answer.json["events"].as_array().unwrap().len(), answer.json["is_over"] == true)
        };
        assert_eq!(told(&format!("from={day}&to={day}")).await, (2, false), "{zone}");
        assert_eq!(told(&format!("from={before}")).await, (2, false), "{zone}");
        assert_eq!(told(&format!("to={before}")).await, (0, true), "{zone}");
        assert_eq!(told(&format!("from={after}")).await, (0, false), "{zone}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let tenant = tenant().await;
    // From elsewhere: who reads the log is in it.
    let mut operator = tenant.operator().from([192, 0, 2, 9]);
    for filter in ["type=code.*,session.*,user.*&", "ip=192.0.2.1&outcome=success&"] {
        let all = list(&mut operator, filter).await;
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let answer = operator.get(&format!("/audit/events?{filter}limit=2&cursor={cursor}")).await;
            paged.extend(answer.json["events"].as_array().unwrap().iter().cloned());
            match answer.json["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(paged, all, "{filter}");
    }
}

#[tokio::test]
async fn who_is_forgotten_is_found_by_what_the_log_calls_them() {
    let tenant = tenant().await;
    let id = tenant.id_of("ada@example.com").await;
    let mut operator = tenant.operator();
    let before = list(&mut operator, &format!("subject={id}")).await;
    let reference = before[0]["subject"]["ref"].as_str().unwrap().to_owned();
    let by_address = list(&mut operator, "email=ada@example.com").await;
    let visit = by_address.iter().find(|event| event["type"] == "code.requested").unwrap();
    let keyed = visit["subject"]["ref"].as_str().unwrap().to_owned();
    assert!(keyed.starts_with("address:"), "of before she was a user");
    operator.post("/admin/remove-user", json!({ "userId": id })).await;
    assert!(list(&mut operator, &format!("subject={id}")).await.is_empty());
    // Nor by the address, of whatever time, and however it is written; of everybody else all is as it was.
    for email in ["ada@example.com", "ADA@example.com"] {
        assert!(list(&mut operator, &format!("email={email}")).await.is_empty());
    }
    assert!(list(&mut operator, &format!("subject={keyed}")).await.is_empty());
    assert!(!list(&mut operator, "email=eve@example.com").await.is_empty());
    assert!(!list(&mut operator, "email=stranger@example.com").await.is_empty());
    assert!(
        list(&mut operator, "ip=192.0.2.1").await.iter().all(|event| event["subject"]["ref"] != *reference)
    );
    let after = list(&mut operator, &format!("subject={reference}&type=session.created")).await;
    assert_eq!(kinds(&after), ["session.created"]);
    assert_eq!((&after[0]["ip"], &after[0]["is_erased"]), (&Value::Null, &json!(true)));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_nobody_else_asks() {
    let tenant = tenant().await;
    let mut operator = tenant.operator();
    for query in [
        "type=nothing",
        "type=session.",
        "outcome=x",
        "email=x",
        "ip=x",
        "country=FRA",
        "network=Orange",
        "browser=lynx",
        "os=firefox",
        "device=x",
        "from=x",
        "to=2026-13-01",
        "from=2026-11-25&to=2026-11-24",
        "from=2026-11-24T12:00:00Z&to=2026-11-24T12:00:00Z",
        "actor=ada@",
        "actor=ada%00",
        "request_id=a/b",
        "actor=1&actor=2&actor=3&actor=4&actor=5&actor=6&actor=7&actor=8&actor=9",
        "cursor=x",
        "limit=x",
        "type=a&type=b",
    ] {
        let answer = operator.get(&format!("/audit/events?{query}")).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"), "{query}");
    }
    for (query, expected) in [("ip=x", "An IP address is expected"), ("device=x", "phone, tablet, desktop")] {
        let told = operator.get(&format!("/audit/events?{query}")).await.json["message"].to_string();
        assert!(told.contains(expected), "it says what would do: {told}");
    }
    let mut ada = tenant.signed_in("ada@example.com").await;
    for path in ["/audit/events", "/audit/events/live"] {
        assert_eq!(ada.get(path).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn every_question_is_answered_by_an_index() {
    let tenant = TestTenant::new().await;
    tenant
        .admin
        .batch_execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
        .await
        .unwrap();
    let page = format!("NULL, NULL, 10, 10{}", ", NULL".repeat(10));
    for (name, more, index) in [
        ("AUDIT_NEWEST_EVENTS", "", "audit_event_pkey"),
        ("AUDIT_EVENTS_WITH_DEVICE", "", "audit_event_pkey"),
        ("AUDIT_EVENTS_OF_KINDS", ", '{a}', '{b}'", "audit_event_type_idx"),
        ("AUDIT_EVENTS_OF_PEOPLE", ", '{a}', '{b}'", "audit_event_subject_idx"),
        ("AUDIT_EVENTS_OF_PEOPLE", ", '{a}', '{b}'", "audit_event_actor_idx"),
        ("AUDIT_EVENTS_FROM_ADDRESS", "", "audit_event_ip_idx"),
        ("AUDIT_EVENTS_FROM_COUNTRY", "", "audit_event_country_idx"),
        ("AUDIT_EVENTS_FROM_NETWORK", "", "audit_event_network_idx"),
        ("AUDIT_EVENTS_OF_REQUEST", "", "audit_event_pkey"),
        ("AUDIT_EVENTS_BY_ID", ", '{}'", "audit_event_pkey"),
    ] {
        let statement = crate::statements().into_iter().find(|sql| sql.name() == name).expect(name);
        let prepare = format!("DEALLOCATE ALL; PREPARE {name} AS {}", statement.text());
        tenant.admin.batch_execute(&prepare).await.unwrap();
        let plan = tenant.admin.query(&format!("EXPLAIN EXECUTE {name} ({page}{more})"), &[]).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains(index) && !plan.contains("Seq Scan on audit_event"), "{name}\n{plan}");
    }
}

/// Pages of the index and of the table that an answer looks at, of a log with 30,000 failures of one type.
#[tokio::test]
async fn a_question_reads_no_more_than_its_answer_however_long_the_log() {
    const MOST_PAGES: i64 = 100;
    let tenant = TestTenant::new().await;
    let fill = "INSERT INTO kiavi.audit_event (id, at, type, outcome, actor, subject, ip_token, country_token, body)
         SELECT (lpad(to_hex(i), 12, '0') || repeat('0', 20))::uuid, now(), 'code.refused', 'failure', 'b', 'a', '\\x00', 1, '\\x80'
         FROM generate_series(1, 30000) AS i";
    tenant.admin.batch_execute(fill).await.unwrap();
    tenant.admin.batch_execute("ANALYZE kiavi.audit_event").await.unwrap();
    tenant.admin.batch_execute("SET plan_cache_mode = force_generic_plan").await.unwrap();
    // The newest of them, and none of them: what is asked for is newer than all, or of another outcome.
    let (first, middle, last) = ("0".repeat(32), format!("000000004000{}", "0".repeat(20)), "f".repeat(32));
    let kinds = ", '{code.refused}'";
    for (name, more, filters) in [
        ("AUDIT_EVENTS_OF_KINDS", format!("{kinds}, '{{success,failure}}'"), [""; 2]),
        ("AUDIT_EVENTS_OF_PEOPLE", ", '{a}', '{b}'".to_owned(), [""; 2]),
        ("AUDIT_EVENTS_FROM_ADDRESS", String::new(), ["'\\x00'", "NULL"]),
        ("AUDIT_EVENTS_FROM_COUNTRY", String::new(), ["NULL", "1"]),
    ] {
        let statement = crate::statements().into_iter().find(|sql| sql.name() == name).expect(name);
        let prepare = format!("DEALLOCATE ALL; PREPARE {name} AS {}", statement.text());
        tenant.admin.batch_execute(&prepare).await.unwrap();
        for (before, from) in [(&last, &first), (&last, &last), (&middle, &first), (&middle, &middle)] {
            let [address, country] = filters.map(|filter| if filter.is_empty() { "NULL" } else { filter });
            let asked = format!(
                "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE {name} ('{before}', '{from}', 10, 10,
                 NULL, NULL, NULL, NULL, NULL, {address}, NULL, {country}, NULL, NULL{more})"
            );
            let plan: Value = tenant.admin.query(&asked, &[]).await.unwrap()[0].get(0);
            let pages =
                ["Shared Hit Blocks", "Shared Read Blocks"].map(|of| plan[0]["Plan"][of].as_i64().unwrap());
            assert!(pages.iter().sum::<i64>() < MOST_PAGES, "{name} {before} {from}: {plan:#}");
        }
    }
}

#[tokio::test]
async fn outlines_are_read_page_by_page_until_there_are_as_many_as_wanted() {
    let tenant = tenant().await;
    let copies = "INSERT INTO kiavi.audit_event (id, at, type, outcome, subject, ip_token, body)
         SELECT (left(replace(id::text, '-', ''), 12) || lpad(to_hex(i), 20, '0'))::uuid, at, type, outcome, subject, ip_token,
           body
         FROM kiavi.audit_event, generate_series(1, 2100) AS i WHERE type = 'code.refused'";
    tenant.admin.batch_execute(copies).await.unwrap();
    let (state, kinds) = (tenant.state(), [EventType::CodeRefused, EventType::CodeRequested]);
    let hour = state.clock.now().checked_sub(SignedDuration::from_hours(1)).unwrap();
    for (most, expected, is_complete) in [(20_000, 2_103, true), (2_103, 2_103, true), (1_999, 1_999, false)]
    {
        let read = outlines(state, &kinds, &[EventType::CodeRefused], hour, most).await.unwrap();
        let numbers: BTreeSet<_> = read.events.iter().map(|event| event.seq).collect();
        assert_eq!((numbers.len(), read.events.len(), read.is_complete), (expected, expected, is_complete));
        assert!(read.events.iter().map(|event| (event.at, event.seq)).is_sorted(), "the oldest first");
        let is_told = |event: &Outline| event.facts.is_some() == (event.kind == EventType::CodeRefused);
        assert!(read.events.iter().all(is_told), "facts of the kinds that they are asked of");
    }
    let none = outlines(state, &[EventType::LinkRefused], &[], hour, 1_000).await.unwrap();
    assert_eq!((none.events.len(), none.is_complete), (0, true));
}

#[tokio::test]
async fn outlines_of_a_type_are_found_by_their_index_whatever_else_happens() {
    const MOST_PAGES: f64 = 50.0;
    let tenant = TestTenant::new().await;
    // Ten rare ones among 30,000 of forty others.
    let fill = "INSERT INTO kiavi.audit_event (id, at, type, outcome, body)
         SELECT (lpad(to_hex(i), 12, '0') || repeat('0', 20))::uuid, now(),
           CASE WHEN i % 3000 = 0 THEN 'code.refused' ELSE 'other.' || i % 40 END, 'failure', '\\x80'
         FROM generate_series(1, 30000) AS i; ANALYZE kiavi.audit_event";
    tenant.admin.batch_execute(fill).await.unwrap();
    let asked = "'{code.refused}', '{success,failure}'";
    let from = |place: u32| format!("{place:012x}{}", "0".repeat(20));
    let all: Vec<_> = (1..=10).map(|place| from(3_000 * place)).collect();
    for (name, values, rows) in [
        ("AUDIT_NEWEST_OF_KINDS", format!("{asked}, '{}', 20001", from(0)), 10.0),
        // So near that a custom plan could see it.
        ("AUDIT_NEWEST_OF_KINDS", format!("{asked}, '{}', 20001", from(27_000)), 2.0),
        ("AUDIT_OUTLINES", format!("'{{{}}}', '{{}}'", all.join(",")), 10.0),
    ] {
        let statement = crate::statements().into_iter().find(|sql| sql.name() == name).expect(name);
        let prepare = format!("DEALLOCATE ALL; PREPARE {name} AS {}", statement.text());
        tenant.admin.batch_execute(&prepare).await.unwrap();
        for mode in ["generic", "custom"] {
            let set = format!("SET plan_cache_mode = force_{mode}_plan");
            tenant.admin.batch_execute(&set).await.unwrap();
            let explain =
                format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE {name} ({values})");
            let plan: Value = tenant.admin.query(&explain, &[]).await.unwrap()[0].get(0);
            let count = |of: &str| plan[0]["Plan"][of].as_f64().unwrap();
            assert!((count("Actual Rows") - rows).abs() < 0.5, "{name}: {plan:#}");
            let pages = count("Shared Hit Blocks") + count("Shared Read Blocks");
            assert!(pages < MOST_PAGES, "{name} {mode}: {plan:#}");
        }
    }
}

#[tokio::test]
async fn what_is_committed_is_seen_live() {
    let tenant = TestTenant::new().await;
    let request = Request::get("/api/auth/audit/events/live?type=session.*")
        .header(header::HOST, "demo.localhost:8080")
        .extension(Operator("test".into()))
        .extension(ConnectionInfo { peer: ([127, 0, 0, 1], 1).into(), sequence: 1 });
    let answer = tenant.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut frames = answer.into_body().into_data_stream();
    let mut next = async || {
        let frame = tokio::time::timeout(Duration::from_secs(20), frames.next()).await.expect("in time");
        frame.map(|frame| String::from_utf8(frame.unwrap().to_vec()).unwrap())
    };
    assert!(next().await.unwrap().contains("event: open"));
    tenant.signed_in("ada@example.com").await;
    let told = next().await.unwrap();
    let data = told.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let event: Value = serde_json::from_str(data).unwrap();
    assert_eq!((&event["type"], &event["ip"]), (&json!("session.created"), &json!("192.0.2.1")));
    tenant.engine.close_live_views();
    assert_eq!(next().await, None);
}
