//! A provider that changes its keys.

use serde_json::{Value, json};

use super::{Setup, location};
use crate::tests::Browser;

const NO_PROFILE: &str = "/failed?a=b&error=unable_to_get_user_info";

async fn sign_in(setup: &Setup) -> String {
    location(&setup.sign_in(&mut setup.tenant.browser(), "work").await).to_owned()
}

/// Brings an ID token whose key is made up.
async fn bring_made_up(setup: &Setup, browser: &mut Browser) {
    setup.provider.behave(|b| b.header = json!({ "kid": "made-up" }));
    let token = json!({ "token": setup.provider.id_token() });
    let answer = browser.post("/sign-in/social", json!({ "provider": "work", "idToken": token })).await;
    assert_eq!(answer.code(), "INVALID_TOKEN");
    setup.provider.behave(|b| b.header = json!({}));
}

#[tokio::test]
async fn a_new_key_counts_at_once() {
    let setup = Setup::new().await;
    assert_eq!(sign_in(&setup).await, "/home");
    setup.provider.behave(|b| (b.key, b.published) = (1, 2));
    assert_eq!(sign_in(&setup).await, "/home");
    assert_eq!(sign_in(&setup).await, "/home");
    assert_eq!((setup.provider.count("openid-configuration"), setup.provider.count("/keys")), (1, 2));
}

#[tokio::test]
async fn made_up_keys_cost_the_provider_one_request_and_keep_no_new_key_out() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    assert_eq!(sign_in(&setup).await, "/home");
    for _ in 0..3 {
        bring_made_up(&setup, &mut browser).await;
    }
    assert_eq!(setup.provider.count("/keys"), 2);
    setup.provider.behave(|b| (b.key, b.published) = (1, 2));
    assert_eq!(sign_in(&setup).await, "/home");
    assert_eq!(setup.provider.count("/keys"), 3);
}

#[tokio::test]
async fn a_provider_that_publishes_no_key_is_asked_once_a_minute() {
    let setup = Setup::new().await;
    setup.provider.behave(|b| b.key = 1);
    for _ in 0..3 {
        assert_eq!(sign_in(&setup).await, NO_PROFILE);
    }
    assert_eq!(setup.provider.count("/keys"), 2);
    setup.tenant.clock.advance(jiff::SignedDuration::from_secs(60));
    assert_eq!(sign_in(&setup).await, NO_PROFILE);
    assert_eq!(setup.provider.count("/keys"), 3);
}

#[tokio::test]
async fn a_token_that_names_no_key_may_be_of_a_new_one() {
    let setup = Setup::new().await;
    setup.provider.behave(|b| b.header = json!({ "kid": Value::Null }));
    assert_eq!(sign_in(&setup).await, "/home");
    setup.provider.behave(|b| (b.key, b.published) = (1, 2));
    assert_eq!(sign_in(&setup).await, "/home");
}
