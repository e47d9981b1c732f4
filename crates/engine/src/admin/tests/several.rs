//! What operators ask of several users at once, and how they find them.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::tests::{Browser, TestTenant};

async fn find(operator: &mut Browser, query: &str) -> Vec<String> {
    let answer = operator.get(&format!("/admin/find-users?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text);
    let users = answer.json["users"].as_array().unwrap();
    let told = (&answer.json["total"], &answer.json["totalIsExact"]);
    assert_eq!(told, (&json!(users.len()), &json!(true)), "{query}");
    users.iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn users_are_found_by_several_things_at_once_and_the_newest_come_first() {
    let tenant = TestTenant::new().await;
    for (id, email) in [("old", "o_ld@example.com"), ("new", "new@example.com"), ("out", "out@example.com")] {
        tenant.add_user(id, email).await;
    }
    let change = r#"UPDATE "user" SET "createdAt" = '2026-01-31T23:59:59.999Z' WHERE id = 'old';
        UPDATE "user" SET "createdAt" = '2026-02-01T00:00:00Z', name = '=New' WHERE id = 'new';
        UPDATE "user" SET "createdAt" = '2026-03-01T00:00:00Z', banned = true WHERE id = 'out';
        INSERT INTO passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
          VALUES ('p', 'k', 'new', 'c', 0, 'multiDevice', true);
        INSERT INTO account (id, "accountId", "providerId", "userId", "updatedAt")
          VALUES ('a', 's', 'github', 'out', now()), ('b', 's', 'credential', 'old', now());
        INSERT INTO kiavi.audit_subject (id, user_id) VALUES ('00000000-0000-0000-0000-000000000001', 'old');
        INSERT INTO kiavi.activity_last (subject, day) VALUES ('00000000-0000-0000-0000-000000000001', '2026-02-10')"#;
    tenant.admin.batch_execute(change).await.unwrap();
    let mut operator = tenant.operator();
    for (query, found) in [
        ("", &["out", "new", "old"][..]),
        ("text=NEW", &["new"]),
        ("text=_", &["old"]),
        ("text=%25", &[]),
        ("field=name&text=%3Dnew", &["new"]),
        ("standing=active", &["new", "old"]),
        ("standing=suspended", &["out"]),
        ("method=passkey", &["new"]),
        ("method=account", &["out"]),
        ("method=code", &["old"]),
        ("created_to=2026-01-31", &["old"]),
        ("created_from=2026-02-01&created_to=2026-02-28", &["new"]),
        ("seen_from=2026-02-10&seen_to=2026-02-10", &["old"]),
        ("seen_from=2026-02-11", &[]),
        ("seen_to=2026-02-10&method=code", &["old"]),
        ("seen_to=2026-02-10&method=passkey", &[]),
        ("seen_to=2026-02-10&method=account", &[]),
        ("id=%00&id=old", &["old"]),
        ("id=old&id=new&id=nobody", &["new", "old"]),
        ("id=old&standing=suspended", &[]),
    ] {
        assert_eq!(find(&mut operator, query).await, found, "{query}");
    }
    let page = operator.get("/admin/find-users?limit=1&offset=1").await.json;
    assert_eq!((&page["total"], page["users"].as_array().unwrap().len()), (&json!(3), 1));
    let old = &operator.get("/admin/find-users?id=old").await.json["users"][0];
    assert_eq!(
        (&old["lastSeen"], &old["passkeys"], &old["providers"]),
        (&json!("2026-02-10"), &json!(0), &json!([]))
    );
    for query in [
        "standing=some",
        "created_from=2026-1-1",
        "created_from=yesterday",
        "limit=-1",
        "offset=x",
        "text=%00",
    ] {
        let answer = operator.get(&format!("/admin/find-users?{query}")).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"), "{query}");
    }
    assert_eq!(tenant.administrator().await.get("/admin/find-users").await.status, StatusCode::NOT_FOUND);
}

/// A tenant of 3,000, `u1` to `u3000`, who came one after the other; each was there on one day of 2026, fifty of them on the same,
/// those who came first on the first. Nobody knows when `u7` was there: they are forgotten.
async fn seen_in_turn() -> TestTenant {
    let tenant = TestTenant::new().await;
    let many = r#"INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", role, banned)
          SELECT 'u' || i, '', 'u' || i || '@example.com', true, timestamptz '2026-01-01' + i * interval '1 s', 'user', false
          FROM generate_series(1, 3000) AS i;
        INSERT INTO kiavi.audit_subject (id, user_id, key)
          SELECT lpad(to_hex(i), 32, '0')::uuid, CASE WHEN i <> 7 THEN 'u' || i END, decode(repeat('00', 64), 'hex')
          FROM generate_series(1, 3000) AS i;
        INSERT INTO kiavi.activity_last (subject, day)
          SELECT lpad(to_hex(i), 32, '0')::uuid, date '2026-01-01' + (i - 1) / 50 FROM generate_series(1, 3000) AS i;
        ANALYZE"#;
    tenant.admin.batch_execute(many).await.unwrap();
    tenant
}

#[tokio::test]
async fn who_was_there_is_counted_up_to_a_number_and_the_newest_of_them_come_first() {
    let tenant = seen_in_turn().await;
    let mut operator = tenant.operator();
    for (query, newest, told) in [
        ("seen_to=2026-01-02", "u100", (99, true)),
        ("seen_to=2026-01-25", "u1250", (1_000, false)),
        ("seen_from=2026-02-10&seen_to=2026-02-10", "u2050", (50, true)),
        ("seen_from=2026-01-02", "u3000", (1_000, false)),
        ("seen_from=2026-01-01&text=u11", "u1199", (111, true)),
        ("seen_to=2026-01-30&standing=active", "u1500", (1_000, false)),
        ("seen_to=2026-01-30&method=code&text=u7%40", "", (0, true)),
        ("seen_from=2026-01-01&standing=suspended", "", (0, true)),
    ] {
        let page = operator.get(&format!("/admin/find-users?limit=1&{query}")).await.json;
        assert_eq!((&page["total"], &page["totalIsExact"]), (&json!(told.0), &json!(told.1)), "{query}");
        assert_eq!(page["users"][0]["id"].as_str().unwrap_or_default(), newest, "{query}");
    }
}

#[tokio::test]
async fn who_was_there_is_not_looked_up_user_by_user() {
    /// Pages of 8 kB; to look up each of 3,000 is four for each.
    const MOST_PAGES: i64 = 1_500;
    let tenant = seen_in_turn().await;
    let statements = super::super::statements();
    for name in ["ADMIN_FIND_SEEN_USERS", "ADMIN_COUNT_FOUND_SEEN_USERS", "ADMIN_FIND_SEEN_USERS_WITH_CODE"] {
        let sql = statements.iter().find(|sql| sql.name() == name).unwrap();
        tenant.admin.batch_execute(&format!("PREPARE {name} AS {}", sql.text())).await.unwrap();
        for (mode, days) in [
            ("generic", "NULL, '2026-01-30'"),
            ("custom", "NULL, '2026-01-30'"),
            ("generic", "'2026-01-02', NULL"),
            ("custom", "'2026-01-02', NULL"),
        ] {
            let last = if name.contains("FIND") { "NULL, NULL, 50, 0" } else { "1001" };
            let mode = format!("SET plan_cache_mode = force_{mode}_plan");
            tenant.admin.batch_execute(&mode).await.unwrap();
            let asked = format!(
                "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE {name}
                 (NULL, false, 'all', NULL, NULL, NULL, {days}, {last})"
            );
            let plan: Value = tenant.admin.query(&asked, &[]).await.unwrap()[0].get(0);
            let pages =
                ["Shared Hit Blocks", "Shared Read Blocks"].map(|of| plan[0]["Plan"][of].as_i64().unwrap());
            assert!(pages.iter().sum::<i64>() < MOST_PAGES, "{name} {days} {mode}: {plan:#}");
        }
    }
}

#[tokio::test]
async fn a_table_has_everybody_once_and_no_formula() {
    let tenant = TestTenant::new().await;
    let many = r#"INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", role, banned)
        SELECT 'u' || i, '=HYPERLINK("x")', 'u' || i || '@example.com', true, timestamptz '2026-01-01' + i / 3 * interval '1 s',
          'user', false FROM generate_series(1, 1203) AS i"#;
    tenant.admin.batch_execute(many).await.unwrap();
    let mut operator = tenant.operator();
    for (query, told) in [
        ("limit=1", (1_203, true)),
        ("limit=1&text=u1", (315, true)),
        ("limit=1&method=code", (1_000, false)),
        ("limit=1&offset=1202&method=code&standing=active", (1_000, false)),
    ] {
        let page = operator.get(&format!("/admin/find-users?{query}")).await.json;
        assert_eq!((&page["total"], &page["totalIsExact"]), (&json!(told.0), &json!(told.1)), "{query}");
        assert_eq!(page["users"].as_array().unwrap().len(), 1, "beyond what is counted, too: {query}");
    }
    let answer = operator.get("/admin/export-users").await;
    assert_eq!(
        (answer.status, &answer.headers["content-type"]),
        (StatusCode::OK, &"text/csv; charset=utf-8".parse().unwrap())
    );
    let lines: Vec<_> = answer.text.lines().collect();
    assert_eq!(lines.len(), 1 + 1203);
    assert!(lines[0].starts_with(r#""id","email","email_verified","name""#));
    let ids: std::collections::HashSet<_> =
        lines[1..].iter().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(ids.len(), 1203);
    assert!(lines[1..].iter().all(|line| line.contains(r#","'=HYPERLINK(""x"")","#)));
    assert_eq!(tenant.events("users.exported").await, 1);
    let two = operator.get("/admin/export-users?id=u1&id=u2").await.text;
    assert_eq!(two.lines().count(), 3);
    assert_eq!(tenant.administrator().await.get("/admin/export-users").await.status, StatusCode::NOT_FOUND);
}

fn results(answer: &Value) -> Vec<(String, Option<String>)> {
    let one = |one: &Value| {
        let code = one["code"].as_str().map(str::to_owned);
        assert_eq!(one["done"], code.is_none());
        (one["userId"].as_str().unwrap().to_owned(), code)
    };
    answer["results"].as_array().unwrap().iter().map(one).collect()
}

#[tokio::test]
async fn each_of_several_is_a_change_of_its_own() {
    let tenant = TestTenant::new().await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    let ada_id = tenant.id_of("ada@example.com").await;
    tenant.add_user("bob", "bob@example.com").await;
    let mut operator = tenant.operator();
    let three = json!({ "userIds": [ada_id, "nobody", "bob", "bob"] });
    let told = |codes: [Option<&str>; 3]| {
        let ids = [ada_id.as_str(), "nobody", "bob"].map(str::to_owned);
        ids.into_iter().zip(codes.map(|code| code.map(str::to_owned))).collect::<Vec<_>>()
    };
    let ended = operator.post("/admin/revoke-sessions-of-users", three.clone()).await;
    assert_eq!(results(&ended.json), told([None, Some("USER_NOT_FOUND"), Some("NO_SESSIONS")]));
    assert_eq!(ada.get("/get-session").await.json, Value::Null);
    let mut banned = three.clone();
    (banned["banReason"], banned["banExpiresIn"]) = ("spam".into(), 86_400.into());
    let banned = operator.post("/admin/ban-users", banned).await;
    assert_eq!(results(&banned.json), told([None, Some("USER_NOT_FOUND"), None]));
    assert_eq!(tenant.events("user.banned").await, 2);
    let until: bool = tenant
        .value(r#"SELECT bool_and("banExpires" > now() AND "banReason" = 'spam') FROM "user""#, &[])
        .await;
    assert!(until);
    operator.post("/admin/unban-users", json!({ "userIds": ["bob"] })).await;
    let restored = operator.post("/admin/unban-users", three.clone()).await;
    assert_eq!(results(&restored.json), told([None, Some("USER_NOT_FOUND"), Some("NOT_BANNED")]));
    let removed = operator.post("/admin/remove-users", three.clone()).await;
    assert_eq!(results(&removed.json), told([None, Some("USER_NOT_FOUND"), None]));
    assert_eq!(tenant.events("user.deleted").await, 2);
    for wrong in
        [json!({}), json!({ "userIds": [] }), json!({ "userIds": [1] }), json!({ "userIds": vec!["a"; 101] })]
    {
        let answer = operator.post("/admin/remove-users", wrong).await;
        assert_eq!(answer.code(), "VALIDATION_ERROR");
    }
    let mut root = tenant.administrator().await;
    for path in
        ["/admin/ban-users", "/admin/unban-users", "/admin/revoke-sessions-of-users", "/admin/remove-users"]
    {
        assert_eq!(root.post(path, three.clone()).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
