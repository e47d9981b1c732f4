//! `/admin/list-users`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::tests::{Browser, TestTenant};

/// An operator of a tenant with five users `u1` … `u5`, made in that order.
async fn five_users() -> (TestTenant, Browser) {
    let tenant = TestTenant::new().await;
    let rows = r#"
        INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", role, banned, "banExpires") VALUES
          ('u1', 'Ada', 'ada@example.com', true, '2026-01-01T00:00:00Z', 'admin', false, NULL),
          ('u2', 'ada B', 'bob@example.com', false, '2026-01-02T00:00:00Z', 'user', true, '2030-01-01T00:00:00Z'),
          ('u3', 'Cy', 'cy_x@other.org', true, '2026-01-03T00:00:00Z', NULL, NULL, NULL),
          ('u4', 'D%d', 'dora@other.org', false, '2026-01-04T00:00:00Z', 'user', false, NULL),
          ('u5', '', 'eve@other.org', true, '2026-01-05T00:00:00Z', 'user,editor', true, NULL);"#;
    tenant.admin.batch_execute(rows).await.unwrap();
    let operator = tenant.operator();
    (tenant, operator)
}

fn ids(answer: &Value) -> String {
    let users = answer["users"].as_array().unwrap().iter();
    users.map(|user| user["id"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn searches_filters_and_orders() {
    let (_tenant, mut operator) = five_users().await;
    for (query, expected) in [
        ("", "u1 u2 u3 u4 u5"),
        ("searchValue=example", "u1 u2"),
        ("searchValue=", "u1 u2 u3 u4 u5"),
        ("searchValue=ada&searchField=name", "u2"),
        ("searchValue=A&searchField=name&searchOperator=starts_with", "u1"),
        ("searchValue=.org&searchOperator=ends_with", "u3 u4 u5"),
        ("searchValue=c%25x&searchOperator=starts_with", "u3"),
        ("searchValue=_da@&searchOperator=starts_with", "u1"),
        ("filterValue=eve%40other.org", "u5"),
        ("filterField=role&filterValue=user", "u2 u4"),
        ("filterField=role&filterValue=user&filterOperator=ne", "u1 u5"),
        ("filterField=id&filterValue=u3&filterOperator=lt", "u1 u2"),
        ("filterField=id&filterValue=u3&filterOperator=lte", "u1 u2 u3"),
        ("filterField=id&filterValue=u3&filterOperator=gt", "u4 u5"),
        ("filterField=id&filterValue=u3&filterOperator=gte", "u3 u4 u5"),
        ("filterField=id&filterValue=u3&filterValue=u1&filterOperator=in", "u1 u3"),
        ("filterField=id&filterValue=u3&filterValue=u1&filterOperator=not_in", "u2 u4 u5"),
        ("filterField=id&filterValue=u3&filterOperator=not_in", "u1 u2 u4 u5"),
        ("filterField=name&filterValue=%25&filterOperator=contains", "u1 u2 u3 u4 u5"),
        ("filterField=name&filterValue=%5C%25&filterOperator=contains", "u4"),
        ("filterField=role&filterValue=user,&filterOperator=starts_with", "u5"),
        ("filterField=role&filterValue=editor&filterOperator=ends_with", "u5"),
        ("filterField=name&filterValue=", "u5"),
        ("filterField=banned&filterValue=true", "u2 u5"),
        ("filterField=banned&filterValue=false", "u1 u4"),
        ("filterField=banned&filterValue=true&filterOperator=ne", "u1 u4"),
        ("filterField=emailVerified&filterValue=false&filterOperator=gt", "u1 u3 u5"),
        ("filterField=emailVerified&filterValue=true&filterValue=false&filterOperator=in", "u1 u2 u3 u4 u5"),
        ("filterField=banned&filterValue=true&filterOperator=not_in", "u1 u4"),
        ("filterField=createdAt&filterValue=2026-01-03T00:00:00.000Z", "u3"),
        ("filterField=createdAt&filterValue=2026-01-03T00:00:00.000Z&filterOperator=ne", "u1 u2 u4 u5"),
        ("filterField=createdAt&filterValue=2026-01-03T00:00:00.000Z&filterOperator=gte", "u3 u4 u5"),
        ("filterField=createdAt&filterValue=2026-01-03T00:00:00.000Z&filterOperator=lt", "u1 u2"),
        ("filterField=banExpires&filterValue=2029-01-01&filterOperator=gt", "u2"),
        ("filterField=createdAt&filterValue=2026-01-01&filterValue=2026-01-05&filterOperator=in", "u1 u5"),
        ("searchValue=other&filterField=banned&filterValue=true", "u5"),
        ("sortBy=email&sortDirection=desc", "u5 u4 u3 u2 u1"),
        ("sortBy=createdAt&sortDirection=desc", "u5 u4 u3 u2 u1"),
        ("sortBy=emailVerified", "u2 u4 u1 u3 u5"),
        ("sortBy=banned&sortDirection=desc", "u3 u2 u5 u1 u4"),
        ("sortBy=role&sortDirection=asc", "u1 u2 u4 u5 u3"),
    ] {
        let answer = operator.get(&format!("/admin/list-users?{query}")).await;
        assert_eq!(ids(&answer.json), expected, "{query}");
        assert_eq!(answer.json["total"], expected.split(' ').count(), "{query}");
        let keys: Vec<_> = answer.json.as_object().unwrap().keys().collect();
        assert_eq!(keys.len(), 2, "{query}: {keys:?}");
    }
}

#[tokio::test]
async fn pages() {
    let (_tenant, mut operator) = five_users().await;
    let answer = operator.get("/admin/list-users?limit=2&offset=3").await;
    assert_eq!(ids(&answer.json), "u4 u5");
    let told = (&answer.json["total"], &answer.json["limit"], &answer.json["offset"]);
    assert_eq!(told, (&json!(5), &json!(2), &json!(3)));
    let answer = operator.get("/admin/list-users?limit=5000&offset=0").await;
    assert_eq!((&answer.json["limit"], answer.json.get("offset")), (&json!(1_000), None));
    let answer = operator.get("/admin/list-users?limit=x").await;
    assert_eq!((ids(&answer.json).as_str(), answer.json.get("limit")), ("u1 u2 u3 u4 u5", None));
    let answer = operator.get("/admin/list-users?offset=9").await;
    assert_eq!((ids(&answer.json).as_str(), &answer.json["total"]), ("", &json!(5)));
}

#[tokio::test]
async fn what_makes_no_sense_finds_nobody_and_does_nothing() {
    let (tenant, mut operator) = five_users().await;
    for query in [
        "sortBy=password",
        "sortBy=id%3BDROP%20TABLE%20session",
        "sortBy=(SELECT%201)",
        "sortBy=constructor",
        "filterField=token&filterValue=x",
        "filterField=__proto__&filterValue=x",
        "filterField=id%22%20OR%201%3D1--&filterValue=x",
        "filterField=session.token&filterValue=x",
        "filterOperator=in&filterValue=ada%40example.com",
        "filterField=banned&filterOperator=contains&filterValue=t",
        "filterField=createdAt&filterValue=yesterday-ish",
        "filterField=createdAt&filterValue=%27%3B--",
        "filterField=name&filterOperator=ends_with&filterValue=%5C",
        "filterValue=a%00b",
        "searchValue=a%00b",
        "searchValue=%5C&searchOperator=ends_with",
        "limit=-1",
        "offset=-1",
        "limit=1.5",
    ] {
        let answer = operator.get(&format!("/admin/list-users?{query}")).await;
        let nobody = r#"{"users":[],"total":0}"#;
        let is_literal = query.starts_with("searchValue=%5C");
        assert!(is_literal || answer.text == nobody, "{query}: {}", answer.text);
        assert_eq!(answer.status, StatusCode::OK, "{query}");
    }
    for query in [
        "searchField=password",
        "filterOperator=like",
        "sortDirection=up",
        "limit=1&limit=2",
        "searchValue=a&searchValue=b",
    ] {
        let answer = operator.get(&format!("/admin/list-users?{query}")).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"), "{query}");
    }
    assert_eq!(tenant.value::<i64>(r#"SELECT count(*) FROM "user""#, &[]).await, 5);
}

#[tokio::test]
async fn a_store_that_is_down_is_not_told_as_nobody() {
    let (tenant, mut operator) = five_users().await;
    tenant.admin.batch_execute(r#"ALTER TABLE "user" RENAME TO gone"#).await.unwrap();
    assert!(operator.get("/admin/list-users").await.status.is_server_error());
}

#[tokio::test]
async fn values_of_parameters_leave_plain_comparisons_that_indexes_answer() {
    let (tenant, _) = five_users().await;
    let list = super::super::statements();
    let list = list.iter().find(|sql| sql.name() == "ADMIN_LIST_USERS").unwrap();
    tenant
        .admin
        .batch_execute(&format!("PREPARE list AS {}; SET enable_seqscan = off", list.text()))
        .await
        .unwrap();
    for (values, index) in [
        ("NULL, NULL, NULL, 'none', '{}', NULL, false, 100, 0", "user_createdAt_id_idx"),
        ("NULL, NULL, NULL, 'none', '{}', 'email', true, 100, 0", "user_email_key"),
        ("NULL, NULL, 'id', 'text eq', '{u1}', NULL, false, 100, 0", "user_pkey"),
    ] {
        let sql = format!("EXPLAIN EXECUTE list ({values})");
        let plan = tenant.admin.query(&sql, &[]).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        assert!(plan.join("\n").contains(index), "{}", plan.join("\n"));
    }
}
