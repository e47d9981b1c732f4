use super::*;

fn demo(base_url: &str) -> Result<Settings, SettingsError> {
    Settings::for_slug(&"demo".parse().unwrap(), base_url)
}

/// The defaults with something else in this place.
fn with(pointer: &str, value: serde_json::Value) -> Result<Settings, SettingsError> {
    let mut document = serde_json::to_value(demo("http://demo.localhost:8080").unwrap()).unwrap();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    document.pointer_mut(parent).unwrap()[key] = value;
    Settings::from_json(document.to_string().as_bytes())
}

#[test]
fn defaults_survive_a_round_trip() {
    let settings = demo("http://demo.localhost:8080").unwrap();
    assert_eq!(Settings::from_json(&serde_json::to_vec(&settings).unwrap()).unwrap(), settings);
    assert_eq!(settings.rp_id(), "demo.localhost");
    assert!(!settings.cookie.is_host_bound && demo("https://demo.example").unwrap().cookie.is_host_bound);
}

#[test]
fn what_is_unknown_or_senseless_is_refused() {
    assert!(with("/app_name", "Shop".into()).is_ok());
    for (pointer, value) in [
        ("/surprise", 1.into()),
        ("/version", 2.into()),
        ("/app_name", "a\nb".into()),
        ("/default_locale", "xx".into()),
        ("/branding/surprise", 1.into()),
        ("/branding/accent", "red".into()),
        ("/branding/accent", "#ffd600".into()),
        ("/branding/accent_on_dark", "#1b2a6b".into()),
        ("/branding/corners", "oval".into()),
        ("/branding/logo", "bm90IGFuIGltYWdl".into()),
        ("/branding/terms_url", "http://example.com".into()),
        ("/branding/support_url", "tel:1".into()),
        ("/branding/languages", serde_json::json!(["de"])),
        ("/base_url", "http://demo.localhost:8080/path".into()),
        ("/base_url", "http://other.localhost:8080".into()),
        ("/session/expires_in_seconds", 1.into()),
        ("/cookie/prefix", "a=b".into()),
        ("/email_otp/length", 4.into()),
        ("/api_key/prefix", "a b".into()),
        ("/api_key/rate_limit_max", 0.into()),
        ("/api_key/min_expires_in_days", 366.into()),
        ("/api_key/requests_per_key", serde_json::json!({ "limit": 0, "window_seconds": 1 })),
        ("/jwt", serde_json::json!({ "lifetime_seconds": 1 })),
        ("/jwt", serde_json::json!({ "audience": [""] })),
        ("/jwt", serde_json::json!({ "issuer": "a\nb" })),
        ("/jwt", serde_json::json!({ "algorithm": "none" })),
        ("/jwt", serde_json::json!({ "algorithm": "HS256" })),
        ("/jwt", serde_json::json!({ "claims": ["password"] })),
        ("/jwt", serde_json::json!({ "rotation_interval_seconds": 60 })),
        ("/jwt", serde_json::json!({ "grace_period_seconds": 60 })),
        ("/jwt", serde_json::json!({ "jwks_max_age_seconds": 100_000 })),
        ("/user/deletion", "maybe".into()),
        ("/user/deletion_link_expires_in_seconds", 1.into()),
        ("/multi_session/maximum_sessions", 0.into()),
        ("/last_login_method/cookie_name", "__Host-x".into()),
        ("/one_time_token/expires_in_seconds", 3_600.into()),
        ("/magic_link/expires_in_seconds", 1.into()),
        ("/bearer/surprise", true.into()),
        ("/admin/surprise", 1.into()),
        ("/admin/default_role", "admin".into()),
        ("/admin/impersonation_seconds", 1_000_000.into()),
        ("/trusted_origins", serde_json::json!(["*"])),
        ("/passkey", serde_json::json!({ "rp_id": "evil.example" })),
        ("/rate_limits/code_send_per_tenant", serde_json::json!({ "limit": 0, "window_seconds": 1 })),
        ("/rate_limits/passkey_challenges_per_tenant", 99.into()),
        ("/rate_limits/provider_states_per_tenant", 1_000_001.into()),
        ("/abuse/surprise", true.into()),
        ("/abuse/blocked_domains", serde_json::json!(["*.example.com"])),
        ("/abuse/allowed_domains", serde_json::json!(["a@example.com"])),
        ("/abuse/blocked_networks", serde_json::json!(["192.0.2.0/33"])),
        ("/abuse/captcha", serde_json::json!({ "kind": "riddle" })),
        ("/abuse/captcha", serde_json::json!({ "kind": "proof_of_work", "bits": 40 })),
        ("/abuse/captcha", serde_json::json!({ "kind": "proof_of_work", "surprise": 1 })),
        ("/abuse/captcha", serde_json::json!({ "kind": "proof_of_work", "applies_to": ["everything"] })),
        ("/abuse/captcha", serde_json::json!({ "kind": "turnstile", "site_key": "1x", "secret_key": "" })),
        (
            "/abuse/captcha",
            serde_json::json!({ "kind": "turnstile", "site_key": "1x", "secret_key": "2x", "verify_url": "/x" }),
        ),
        (
            "/abuse/captcha",
            serde_json::json!({ "kind": "turnstile", "site_key": "1x", "secret_key": "2x",
                "verify_url": "http://captcha.example/siteverify" }),
        ),
        (
            "/abuse/captcha",
            serde_json::json!({ "kind": "turnstile", "site_key": "1x", "secret_key": "2x",
                "script_url": "http://captcha.example/api.js" }),
        ),
        ("/rate_limits/general", serde_json::json!({ "limit": 0, "window_seconds": 1 })),
    ] {
        assert!(with(pointer, value).is_err(), "{pointer}");
    }
}
