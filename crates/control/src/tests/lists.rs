//! Lists, entity tags and searching.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};

use super::{
    api::{get, send},
    *,
};
use crate::CallerKind;

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["slug"].as_str().unwrap()).collect()
}

async fn world() -> (Instance, Control, Router) {
    let instance = Instance::new().await;
    let control = instance.start().await;
    for name in ["c", "a", "e"] {
        instance.request(&control, name).await;
    }
    let router = control.router(CallerKind::LocalOperator);
    (instance, control, router)
}

#[tokio::test]
async fn pages_stay_whole_while_tenants_come_and_go() {
    let (instance, control, router) = world().await;
    let first = get(&router, "/v1/tenants?limit=2").await;
    assert_eq!(names(&first.json()), ["a", "c"]);
    instance.request(&control, "b").await;
    instance.request(&control, "d").await;
    let link = first.headers[header::LINK].to_str().unwrap();
    let next = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).unwrap();
    assert!(next.contains("limit=2") && next.contains(first.json()["next_cursor"].as_str().unwrap()));
    let second = get(&router, next).await;
    assert_eq!(names(&second.json()), ["d", "e"]);
    assert_eq!(second.json()["next_cursor"], Value::Null);
    assert!(!second.headers.contains_key(header::LINK));
}

#[tokio::test]
async fn every_list_has_pages_to_its_end() {
    let (_instance, control, router) = world().await;
    let own = control.default_workspace().await.unwrap();
    for number in 0..5 {
        let slug = format!("w{number}").parse().unwrap();
        workspace::create(&control, &Actor::CONTROL, &slug, "W").await.unwrap();
        let new = key::NewKey {
            name: number.to_string(),
            workspace: Some(own.clone()),
            scopes: crate::Scopes::All,
            expires_at: None,
        };
        key::create(&control, &Actor::CONTROL, &new).await.unwrap();
    }
    for (list, total) in [("tenants", 3), ("workspaces", 6), ("keys?workspace=default", 5)] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let mark = if list.contains('?') { '&' } else { '?' };
            let page = get(&router, &format!("/v1/{list}{mark}limit=2{cursor}")).await.json();
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].clone()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let unique: std::collections::BTreeSet<_> = seen.iter().map(Value::to_string).collect();
        assert_eq!((seen.len(), unique.len()), (total, total), "{list}");
    }
}

#[tokio::test]
async fn tenants_are_found_by_name_id_and_state() {
    let (instance, control, router) = world().await;
    let running = instance.tenant(&control, "my-shop").await;
    let ask = async |query: &str| get(&router, &format!("/v1/tenants?{query}")).await;
    assert_eq!(names(&ask("q=SHO").await.json()), ["my-shop"]);
    assert_eq!(names(&ask(&format!("q={}", running.id)).await.json()), ["my-shop"]);
    assert_eq!(names(&ask("state=running").await.json()), ["my-shop"]);
    assert_eq!(names(&ask("state=requested&q=a").await.json()), ["a"]);
    for text in ["%25", "%00", "A-B"] {
        assert_eq!(ask(&format!("q={text}")).await.json()["items"], json!([]), "{text} is no pattern");
    }
    assert_eq!(names(&ask("workspace=default").await.json()).len(), 4);
    for wrong in ["state=odd", "limit=1001", "limit=x", "limit=1&limit=2"] {
        assert_eq!(ask(wrong).await.problem(), (400, "invalid_query".into()), "{wrong}");
    }
    for wrong in ["cursor=", "cursor=abc", "cursor=%00"] {
        assert_eq!(ask(wrong).await.problem(), (422, "invalid_cursor".into()), "{wrong}");
    }
}

/// A page costs its index entries: with thousands of tenants neither a search nor a workspace's page reads them all.
#[tokio::test]
async fn a_page_follows_an_index() {
    let (instance, _control, _router) = world().await;
    let admin = instance.database.admin().await;
    admin
        .batch_execute(
            "INSERT INTO workspace (id, slug, name) SELECT 'w' || lpad(n::text, 24, '0'), 'w' || n, 'W'
               FROM generate_series(1, 100) n;
             INSERT INTO tenant (id, slug, settings, workspace_id)
               SELECT 't' || lpad(n::text, 24, '0'), 'tenant-' || n, '{}', 'w' || lpad((n % 100 + 1)::text, 24, '0')
               FROM generate_series(1, 5000) n;
             ANALYZE tenant",
        )
        .await
        .unwrap();
    for (question, index) in [
        ("SELECT * FROM tenant WHERE slug > 'tenant-1' ORDER BY slug LIMIT 100", "tenant_slug_key"),
        (
            "SELECT * FROM tenant WHERE workspace_id = 'w000000000000000000000007' AND slug > 'a'
             ORDER BY slug LIMIT 100",
            "tenant_by_workspace",
        ),
    ] {
        let rows = admin.query(&format!("EXPLAIN {question}"), &[]).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert!(plan.iter().any(|line| line.contains(index)), "{plan:#?}");
    }
}

#[tokio::test]
async fn what_is_known_already_is_not_sent_again() {
    let (_instance, _control, router) = world().await;
    let if_none_match = async |path: &str, tag: &str| {
        let request = Request::get(path).header(header::IF_NONE_MATCH, tag).body(Body::empty()).unwrap();
        send(&router, request).await
    };
    for path in [
        "/v1/tenants",
        "/v1/tenants/a",
        "/v1/tenants/a/settings",
        "/v1/workspaces/default",
        "/v1/openapi.json",
    ] {
        let first = get(&router, path).await;
        let tag = first.headers[header::ETAG].to_str().unwrap();
        let again = if_none_match(path, &format!("\"x\", W/{tag}")).await;
        assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
        assert_eq!(again.headers[header::ETAG], tag);
        assert_eq!(if_none_match(path, "\"x\"").await.text, first.text);
    }
}
