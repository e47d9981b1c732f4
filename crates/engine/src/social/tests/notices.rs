//! What users are told by mail about accounts at providers.

use serde_json::json;

use super::{Setup, location};
use crate::tests::Browser;

const FIREFOX: (&str, &str) =
    ("user-agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0");

/// The subjects of the mails that are delivered, without those with codes.
async fn told(setup: &Setup) -> Vec<String> {
    crate::outbox::deliver_due(setup.tenant.state()).await.unwrap();
    let mails = setup.tenant.mailbox.mails.lock().unwrap();
    mails.iter().map(|mail| mail.subject.clone()).filter(|subject| subject.contains("linked")).collect()
}

async fn link(setup: &Setup, browser: &mut Browser) {
    let begun = browser.post("/link-social", json!({ "provider": "work", "callbackURL": "/account" })).await;
    let path = setup.provider.agree(begun.json["url"].as_str().unwrap());
    let answer = browser.send(axum::http::Method::GET, &path, None, &[FIREFOX]).await;
    assert_eq!(location(&answer), "/account");
}

const LINKED: &str = "An account at Work was linked to your account for demo";
const UNLINKED: &str = "An account at Work was unlinked from your account for demo";

#[tokio::test]
async fn a_linked_and_an_unlinked_account_are_told_once_each() {
    let setup = Setup::with(|s| s.account.allow_unlinking_all = true).await;
    let mut browser = setup.tenant.signed_in("ada@example.com").await;
    link(&setup, &mut browser).await;
    assert_eq!(told(&setup).await, [LINKED]);
    link(&setup, &mut browser).await;
    assert_eq!(told(&setup).await, [LINKED], "that its tokens are new is no news");
    {
        let mails = setup.tenant.mailbox.mails.lock().unwrap();
        let mail = mails.iter().find(|mail| mail.subject == LINKED).unwrap();
        assert_eq!(mail.to.as_str(), "ada@example.com");
        for part in [&mail.text, &mail.html] {
            assert!(
                part.contains("Device: Firefox on Windows.") && part.contains("Was it not you?"),
                "{part}"
            );
        }
    }
    let id = browser.get("/list-accounts").await.json[0]["id"].clone();
    browser.post("/unlink-account", json!({ "accountId": id })).await;
    assert_eq!(told(&setup).await, [LINKED, UNLINKED]);
}

#[tokio::test]
async fn who_joins_by_the_address_is_told_and_who_signs_up_is_not() {
    let setup = Setup::new().await;
    assert_eq!(location(&setup.sign_in(&mut setup.tenant.browser(), "work").await), "/home");
    assert!(told(&setup).await.is_empty(), "the account made the user");
    setup.tenant.signed_in("eve@example.com").await;
    setup.provider.behave(|b| b.claims = json!({ "email": "eve@example.com", "sub": "eve" }));
    assert_eq!(location(&setup.sign_in(&mut setup.tenant.browser(), "work").await), "/home");
    assert_eq!(told(&setup).await, [LINKED]);
}

#[tokio::test]
async fn nobody_is_told_where_it_is_switched_off() {
    let setup = Setup::with(|s| s.notices.accounts = false).await;
    let mut browser = setup.tenant.signed_in("ada@example.com").await;
    link(&setup, &mut browser).await;
    assert!(told(&setup).await.is_empty());
}
