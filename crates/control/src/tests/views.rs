//! Saved views: whose they are, what they keep, and how many there may be.

use axum::http::StatusCode;

use super::{
    people::{Browser, World},
    *,
};

const API: &str = "/v1/tenants/shop/views";
const FORM: &str = "/w/default/t/shop/views";

async fn world() -> (World, Browser) {
    let world = World::new().await;
    let owner = world.owner().await;
    world.instance.request(&world.control, "shop").await;
    (world, owner)
}

/// Names and filters of somebody's views.
async fn views(browser: &mut Browser) -> Vec<(String, Value)> {
    let told = browser.get(API).await.json();
    let views = told["views"].as_array().unwrap().iter();
    views.map(|view| (view["name"].as_str().unwrap().to_owned(), view["filters"].clone())).collect()
}

async fn id_of(browser: &mut Browser, name: &str) -> String {
    let told = browser.get(API).await.json();
    let view = told["views"].as_array().unwrap().iter().find(|view| view["name"] == name).unwrap();
    view["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_view_is_saved_renamed_and_deleted_and_nobody_elses() {
    let (world, mut owner) = world().await;
    let mut vera = world.member(&mut owner, "vera", "viewer").await;
    // The form sends what the list was asked for; what is about one person, and what the list does anyway, is not kept.
    let form = "list=events&name=+Refused+&type=session.refused&country=FR&period=week&email=ada%40example.com&actor=u7";
    let saved = vera.post(FORM, form).await;
    let page = "/w/default/t/shop/events?type=session.refused&country=FR";
    assert_eq!(saved.location(), format!("{page}&notice=view-saved"));
    let kept = vec![("Refused".to_owned(), json!({ "type": "session.refused", "country": "FR" }))];
    assert_eq!(views(&mut vera).await, kept);
    assert!(views(&mut owner).await.is_empty());

    let again = vera.post(FORM, form).await;
    assert_eq!(again.location(), format!("{page}&notice=view-exists"));
    let id = id_of(&mut vera, "Refused").await;
    for (verb, form) in [("rename", "name=Mine"), ("delete", "")] {
        let answer = owner.post(&format!("{FORM}/{id}/{verb}"), form).await;
        assert_eq!(answer.location(), "/w/default/t/shop/events?notice=view-gone", "{verb}");
    }
    let gone = owner.json("DELETE", &format!("{API}/{id}"), json!({})).await;
    assert_eq!(gone.problem(), (404, "view_not_found".into()));

    let renamed = vera.post(&format!("{FORM}/{id}/rename"), "name=From+France").await;
    assert_eq!(renamed.location(), "/w/default/t/shop/events?notice=view-renamed");
    let unnamed = vera.post(&format!("{FORM}/{id}/rename"), "name=+").await;
    assert_eq!(unnamed.location(), "/w/default/t/shop/events?notice=view-name");
    assert_eq!(views(&mut vera).await[0].0, "From France");
    let deleted = vera.post(&format!("{FORM}/{id}/delete"), "").await;
    assert_eq!(deleted.location(), "/w/default/t/shop/events?notice=view-deleted");
    assert!(views(&mut vera).await.is_empty());
    let question = "SELECT count(*) FROM audit_event WHERE subject = $1 AND actor = 'member:vera'
        AND type IN ('saved_view.created', 'saved_view.renamed', 'saved_view.deleted')";
    assert_eq!(world.instance.count(question, &id).await, 3);
}

#[tokio::test]
async fn a_view_is_of_a_list_that_one_may_read() {
    let (world, mut owner) = world().await;
    let mut audra = world.member(&mut owner, "audra", "auditor").await;
    let users = json!({ "list": "users", "name": "New", "filters": { "created_from": "2026-11-01" } });
    assert_eq!(audra.json("POST", API, users.clone()).await.problem(), (403, "forbidden".into()));
    assert_eq!(
        audra.post(FORM, "list=users&name=New&standing=suspended").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(owner.json("POST", API, users).await.status, StatusCode::CREATED);
    for (wrong, why) in [
        (json!({ "list": "events", "name": "x", "filters": { "email": "ada@example.com" } }), "invalid_view"),
        (json!({ "list": "events", "name": "x", "filters": { "actor": "ada@example.com" } }), "invalid_view"),
        (json!({ "list": "events", "name": "x", "filters": {} }), "invalid_view"),
        (json!({ "list": "events", "name": "", "filters": { "type": "session.*" } }), "invalid_view"),
        (json!({ "list": "users", "name": "New", "filters": { "standing": "active" } }), "view_exists"),
    ] {
        assert_eq!(owner.json("POST", API, wrong).await.problem().1, why);
    }
    let id = id_of(&mut owner, "New").await;
    let renamed = owner.json("PATCH", &format!("{API}/{id}"), json!({ "name": "Newest" })).await;
    assert_eq!((renamed.status, &renamed.json()["name"]), (StatusCode::OK, &json!("Newest")));
    // Who may read the list no more has its views no more, and again with it.
    world.execute("UPDATE member SET role = 'auditor' WHERE user_id = 'owner'").await;
    assert!(views(&mut owner).await.is_empty());
    world.execute("UPDATE member SET role = 'owner' WHERE user_id = 'owner'").await;
    assert_eq!(owner.json("DELETE", &format!("{API}/{id}"), json!({})).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn there_are_not_too_many_and_none_of_somebody_who_is_removed() {
    let (world, mut owner) = world().await;
    let mut vera = world.member(&mut owner, "vera", "viewer").await;
    for number in 0..20 {
        let view = json!({ "list": "events", "name": format!("{number}"), "filters": { "period": "day" } });
        assert_eq!(vera.json("POST", API, view).await.status, StatusCode::CREATED);
    }
    let more = vera.post(FORM, "list=users&name=More&standing=active").await;
    assert_eq!(more.location(), "/w/default/t/shop/users?standing=active&notice=view-limit");
    let more = json!({ "list": "events", "name": "More", "filters": { "period": "day" } });
    assert_eq!(vera.json("POST", API, more.clone()).await.problem(), (409, "view_limit".into()));
    assert_eq!(owner.json("POST", API, more).await.status, StatusCode::CREATED, "they are counted for each");

    let count = "SELECT count(*) FROM saved_view WHERE owner = $1";
    let removed = owner.post("/w/default/team/remove", "member=vera").await;
    assert_eq!(removed.location(), "/w/default/team?notice=member-removed");
    assert_eq!(world.instance.count(count, "member:vera").await, 0);
    assert_eq!(world.instance.count(count, "member:owner").await, 1);
}
