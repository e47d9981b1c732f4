//! What a member knows and made ends with them.

use axum::http::{Request, StatusCode, header};

use super::{
    people::{Browser, World},
    *,
};
use crate::{Caller, ControlError, Role, Scopes, Workplace, key::NewKey};

const BEA: &str = "/v1/workspaces/default/members/bea";

/// Somebody who manages keys, having used a passkey, beside the owner.
async fn two(world: &World, role: &str) -> (Browser, Browser) {
    let mut owner = world.owner().await;
    let mut bea = world.member(&mut owner, "bea", role).await;
    bea.come_in("bea", "passkey").await;
    (owner, bea)
}

/// A key's id and secret.
fn parts(answer: &super::api::Answer) -> (String, String) {
    let text =
        |name: &str| answer.json()[name].as_str().unwrap_or_else(|| panic!("{}", answer.text)).to_owned();
    (text("id"), text("key"))
}

async fn make(browser: &mut Browser, name: &str, scopes: &[&str]) -> (String, String) {
    parts(&browser.json("POST", "/v1/keys", json!({ "name": name, "scopes": scopes })).await)
}

/// What a key is answered, for something that takes this permission.
async fn with_key(world: &World, method: &str, path: &str, key: &str, body: Value) -> super::api::Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/json");
    super::api::send(&world.router, request.body(body.to_string().into()).unwrap()).await
}

async fn opens(world: &World, key: &str) -> bool {
    let answer = with_key(world, "GET", "/v1/tenants", key, Value::Null).await;
    assert!(matches!(answer.status, StatusCode::OK | StatusCode::UNAUTHORIZED), "{}", answer.text);
    answer.status == StatusCode::OK
}

async fn told(world: &World, kind: &str, subject: &str) -> i64 {
    let question = "SELECT count(*) FROM audit_event WHERE subject = $1 AND detail->'because'->>'member' = 'bea' AND type = ";
    world.instance.count(&format!("{question}'{kind}'"), subject).await
}

#[tokio::test]
async fn a_removed_member_knows_no_key_that_opens_anything() {
    let world = World::new().await;
    let (mut owner, mut bea) = two(&world, "developer").await;
    let (deploy, deploy_key) = make(&mut bea, "deploy", &["tenant.read", "key.manage", "key.read"]).await;
    let made = json!({ "name": "child", "scopes": ["tenant.read"] });
    let (child, child_key) = parts(&with_key(&world, "POST", "/v1/keys", &deploy_key, made).await);
    let (shared, before) = make(&mut bea, "shared", &["tenant.read"]).await;
    let rotated = owner.json("POST", &format!("/v1/keys/{shared}/rotate"), json!({})).await;
    let (_, after) = parts(&rotated);
    let (taken, _) = make(&mut owner, "taken", &["tenant.read"]).await;
    let (_, taken_key) = parts(&bea.json("POST", &format!("/v1/keys/{taken}/rotate"), json!({})).await);
    let (_, kept) = make(&mut owner, "kept", &["tenant.read"]).await;
    // A key that rotates itself stays whose it was.
    let (_, deploy_key) =
        parts(&with_key(&world, "POST", &format!("/v1/keys/{deploy}/rotate"), &deploy_key, json!({})).await);
    for key in [&deploy_key, &child_key, &before, &after, &taken_key, &kept] {
        assert!(opens(&world, key).await);
    }
    let page = owner.get("/w/default/team").await;
    assert!(page.text.contains("deploy, child, taken"), "who removes is warned: {}", page.text);

    let removed = owner.json("DELETE", BEA, Value::Null).await;
    let outcomes: BTreeMap<_, _> = removed.json()["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| (key["id"].as_str().unwrap().to_owned(), key["outcome"].clone()))
        .collect();
    let revoked = [&deploy, &child, &taken].map(|id| (id.clone(), json!("revoked")));
    let expected = revoked.into_iter().chain([(shared.clone(), json!("previous_ended"))]);
    assert_eq!(outcomes, expected.collect());
    for key in [&deploy_key, &child_key, &before, &taken_key] {
        assert!(!opens(&world, key).await);
    }
    assert!(opens(&world, &after).await && opens(&world, &kept).await, "what others know is good");
    for id in [&deploy, &child, &taken] {
        assert_eq!(told(&world, "management_key.revoked", id).await, 1);
    }
    assert_eq!(told(&world, "management_key.previous_secret_ended", &shared).await, 1);
}

#[tokio::test]
async fn a_lower_role_leaves_keys_what_it_may() {
    let world = World::new().await;
    let (mut owner, mut bea) = two(&world, "developer").await;
    let (both, both_key) = make(&mut bea, "both", &["tenant.read", "tenant.create"]).await;
    let (creates, _) = make(&mut bea, "creates", &["tenant.create"]).await;
    let (reads, _) = make(&mut bea, "reads", &["tenant.read"]).await;
    let changed = owner.json("PATCH", BEA, json!({ "role": "viewer" })).await.json();
    assert_eq!(changed["role"], "viewer");
    let outcomes: Vec<_> =
        changed["keys"].as_array().unwrap().iter().map(|key| (&key["id"], &key["outcome"])).collect();
    assert_eq!(
        outcomes,
        [(&json!(both), &json!("narrowed")), (&json!(creates), &json!("revoked"))],
        "not {reads}"
    );
    assert!(opens(&world, &both_key).await);
    let create = json!({ "slug": "shop" });
    let refused = with_key(&world, "POST", "/v1/tenants", &both_key, create).await;
    assert_eq!(refused.problem(), (403, "forbidden".into()));
    assert_eq!(told(&world, "management_key.narrowed", &both).await, 1);
    let shown = owner.post("/w/default/team/remove", "member=bea").await;
    assert_eq!(shown.headers[header::LOCATION], "/w/default/team?notice=member-removed-keys");
}

#[tokio::test]
async fn invitations_that_end_with_their_maker_are_told() {
    let world = World::new().await;
    let (mut owner, mut bea) = two(&world, "admin").await;
    let invite = json!({ "email": "c@example.com", "role": "viewer" });
    let made = bea.json("POST", "/v1/workspaces/default/invitations", invite).await.json();
    owner.json("DELETE", BEA, Value::Null).await;
    assert_eq!(told(&world, "invitation.revoked", made["id"].as_str().unwrap()).await, 1);
}

#[tokio::test]
async fn nobody_leaves_a_key_behind_that_they_make_while_they_are_removed() {
    let world = World::new().await;
    let (mut owner, _) = two(&world, "developer").await;
    let workspace = world.control.default_workspace().await.unwrap();
    let (user, role) = ("bea".parse().unwrap(), Role::Developer);
    let caller =
        Caller::Member { user, workspace: workspace.clone(), role, at: Workplace::Platform, proved_at: None };
    let actor = Actor { caller: Some(caller), request: None, attempt: None, known: None };
    let scopes = Scopes::Only(vec![crate::Permission::TenantRead]);
    let new = NewKey { name: "late".to_owned(), workspace: Some(workspace), scopes, expires_at: None };
    let (made, removed) =
        tokio::join!(key::create(&world.control, &actor, &new), owner.json("DELETE", BEA, Value::Null));
    assert_eq!(removed.status, StatusCode::OK);
    assert!(matches!(made, Ok(_) | Err(ControlError::NotAnyMore)), "{:?}", made.err());
    let active = "SELECT count(*) FROM management_key WHERE holder = $1 AND revoked_at IS NULL";
    assert_eq!(world.instance.count(active, "member:bea").await, 0);
    let late = key::create(&world.control, &actor, &new).await;
    assert!(matches!(late, Err(ControlError::NotAnyMore)), "a request that came in before");
}

#[tokio::test]
async fn a_member_who_accepts_another_invitation_keeps_their_role() {
    let world = World::new().await;
    let (mut owner, mut bea) = two(&world, "admin").await;
    let invite = json!({ "email": "bea2@example.com", "role": "viewer" });
    let made = owner.json("POST", "/v1/workspaces/default/invitations", invite).await.json();
    let id = made["id"].as_str().unwrap();
    world.execute("UPDATE person SET email = 'bea2@example.com' WHERE id = 'bea'").await;
    let accepted = bea.post("/invitation", &format!("invitation={id}")).await;
    assert_eq!(accepted.status, StatusCode::SEE_OTHER);
    let joined = "SELECT count(*) FROM audit_event WHERE subject = $1 AND type = 'member.joined'";
    assert_eq!(world.instance.count(joined, "bea").await, 1, "they joined once");
    let role = "SELECT count(*) FROM member WHERE user_id = $1 AND role = 'admin'";
    assert_eq!(world.instance.count(role, "bea").await, 1);
}
