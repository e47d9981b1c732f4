//! The page that goes with an exported tenant: what to set in Better Auth, from the tenant's settings.

use serde_json::Value;

use crate::tenant::text;

/// The page.
pub(crate) fn readme(exported: &Value) -> String {
    let (slug, url, settings) = (text(exported, "slug"), text(exported, "url"), &exported["settings"]);
    let variable = if has_versions(exported) { "BETTER_AUTH_SECRETS" } else { "BETTER_AUTH_SECRET" };
    let set = if text(exported, "secret").contains('\n') {
        "Set the variables that are in the file `secret`.".to_owned()
    } else {
        format!("Set `{variable}` to the content of the file `secret`.")
    };
    let plugins: String = plugins(settings, url).iter().map(|line| format!("    {line},\n")).collect();
    let options = options(settings);
    let notes: String = notes(settings).iter().map(|note| format!("\n- {note}")).collect();
    format!(
        "# {slug}, for Better Auth\n\n\
         Everything that a Better Auth server (1.7) needs to go on where Kiavi stops.\n\n\
         1. Make an empty PostgreSQL database, and load it: `psql DATABASE -v ON_ERROR_STOP=1 -f database.sql`.\n\
         2. {set} Keep it safe: whoever has it can sign in as anybody.\n\
         3. Start Better Auth with these options, on the same URL. No migration is needed.\n\n\
         ```js\n\
         betterAuth({{\n  baseURL: '{url}',\n  database: pool, // of the database that you have loaded\n{options}  \
         plugins: [\n{plugins}  ],\n}});\n\
         ```\n\n\
         People stay signed in when base URL, secret and cookie prefix stay the same. What was changed at Kiavi after \
         this export is not in it: stop it first, or export again.\n{notes}\n"
    )
}

fn has_versions(exported: &Value) -> bool {
    kiavi_crypto::TenantSecret::from_text(text(exported, "secret"))
        .is_ok_and(|secret| secret.expose_versions().next().is_some())
}

fn options(settings: &Value) -> String {
    let mut lines = String::new();
    let prefix = text(&settings["cookie"], "prefix");
    if prefix != "better-auth" {
        lines.push_str(&format!("  advanced: {{ cookiePrefix: '{prefix}' }},\n"));
    }
    lines.push_str("  account: { encryptOAuthTokens: true },\n");
    if let Some(origins) = settings["trusted_origins"].as_array().filter(|origins| !origins.is_empty()) {
        lines.push_str(&format!("  trustedOrigins: {},\n", Value::from(origins.clone())));
    }
    lines
}

fn plugins(settings: &Value, url: &str) -> Vec<String> {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let rp_id = settings["passkey"]["rp_id"].as_str().unwrap_or(host);
    let mut origins = vec![Value::from(url)];
    origins.extend(settings["passkey"]["origins"].as_array().into_iter().flatten().cloned());
    let mut plugins = vec![
        "emailOTP({ storeOTP: 'hashed', sendVerificationOTP: … })".to_owned(),
        format!(
            "passkey({{ rpID: '{rp_id}', rpName: {}, origin: {} }})",
            settings["app_name"],
            Value::from(origins)
        ),
        "admin()".to_owned(),
    ];
    let jwt = &settings["jwt"];
    if jwt["is_enabled"] == true {
        plugins.push(jwt_plugin(jwt));
    }
    let sessions =
        if settings["api_key"]["sessions"] == true { "{ enableSessionForAPIKeys: true }" } else { "" };
    plugins.push(format!("apiKey({sessions})"));
    for (part, call) in [
        ("bearer", "bearer()"),
        ("magic_link", "magicLink({ storeToken: 'hashed', sendMagicLink: … })"),
        ("multi_session", "multiSession()"),
        ("one_time_token", "oneTimeToken({ storeToken: 'hashed' })"),
        ("last_login_method", "lastLoginMethod()"),
    ] {
        if settings[part]["is_enabled"] == true {
            plugins.push(call.to_owned());
        }
    }
    plugins
}

fn jwt_plugin(jwt: &Value) -> String {
    let mut names = String::new();
    if let Some(issuer) = jwt["issuer"].as_str() {
        names.push_str(&format!(", issuer: {}", Value::from(issuer)));
    }
    if jwt["audience"].as_array().is_some_and(|audience| !audience.is_empty()) {
        names.push_str(&format!(", audience: {}", jwt["audience"]));
    }
    let (algorithm, seconds) = (&jwt["algorithm"], &jwt["lifetime_seconds"]);
    format!(
        "jwt({{ jwks: {{ keyPairConfig: {{ alg: {algorithm} }} }}, jwt: {{ expirationTime: '{seconds}s'{names} }} }})"
    )
}

fn notes(settings: &Value) -> Vec<String> {
    let mut notes = Vec::new();
    let providers = settings["social"]["providers"].as_array().into_iter().flatten();
    let providers: Vec<_> = providers.map(|provider| text(provider, "id")).collect();
    if !providers.is_empty() {
        notes.push(format!(
            "People sign in with {}: give Better Auth their client ids and secrets (`socialProviders`).",
            providers.join(", ")
        ));
    }
    if settings["cookie"]["is_host_bound"] == true {
        notes.push(
            "The cookies are bound to their host (`__Host-`), which Better Auth cannot do: people sign in again.".to_owned(),
        );
    }
    notes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn exported(secret: &str) -> Value {
        json!({
            "slug": "shop", "url": "http://shop.localhost:8080", "secret": secret,
            "settings": {
                "app_name": "Shop", "cookie": { "prefix": "shop", "is_host_bound": false },
                "passkey": { "rp_id": null, "origins": ["https://old.example"] }, "trusted_origins": [],
                "jwt": { "is_enabled": true, "algorithm": "ES256", "lifetime_seconds": 300, "issuer": "i", "audience": ["a"] },
                "api_key": { "sessions": true }, "magic_link": { "is_enabled": false }, "bearer": { "is_enabled": true },
                "social": { "providers": [{ "id": "github" }] },
            },
        })
    }

    #[test]
    fn the_page_says_what_the_tenant_has() {
        let page = readme(&exported("a secret"));
        for said in [
            "rpID: 'shop.localhost'",
            "baseURL: 'http://shop.localhost:8080'",
            "cookiePrefix: 'shop'",
            "https://old.example",
            "issuer: \"i\"",
            "alg: \"ES256\"",
            "enableSessionForAPIKeys",
            "bearer()",
            "github",
            "`BETTER_AUTH_SECRET`",
        ] {
            assert!(page.contains(said), "{said}: {page}");
        }
        assert!(!page.contains("magicLink") && !page.contains("a secret"));
    }

    #[test]
    fn a_rotated_secret_has_its_own_variable() {
        assert!(readme(&exported("2:new,1:old")).contains("`BETTER_AUTH_SECRETS`"));
        assert!(readme(&exported("2 is my number")).contains("`BETTER_AUTH_SECRET`"));
        let lines = exported("BETTER_AUTH_SECRETS=\"2:new\"\nBETTER_AUTH_SECRET=\"old\"\n");
        assert!(readme(&lines).contains("variables that are in the file"));
    }
}
