use crate::tests::TestTenant;

const LINE: &str = "better-auth.last_used_login_method=email-otp; Max-Age=2592000; Path=/; SameSite=Lax";

#[tokio::test]
async fn a_sign_in_leaves_word_that_scripts_may_read() {
    let tenant = TestTenant::with(|settings| settings.last_login_method.is_enabled = true).await;
    let mut browser = tenant.browser();
    let answer = browser.sign_in(&tenant, "ada@example.com").await;
    assert_eq!(answer.set_cookies()[1], LINE);
    let later = browser.post("/update-user", serde_json::json!({ "name": "Ada" })).await;
    assert_eq!(later.set_cookies().len(), 1, "only with a new session");
}

#[tokio::test]
async fn nothing_is_left_by_a_refusal_or_where_it_is_off() {
    let tenant = TestTenant::with(|settings| settings.last_login_method.is_enabled = true).await;
    tenant.signed_in("ada@example.com").await;
    tenant.admin.execute(r#"UPDATE "user" SET banned = true"#, &[]).await.unwrap();
    assert!(tenant.browser().sign_in(&tenant, "ada@example.com").await.set_cookies().is_empty());
    let plain = TestTenant::new().await;
    assert_eq!(plain.browser().sign_in(&plain, "ada@example.com").await.set_cookies().len(), 1);
}
