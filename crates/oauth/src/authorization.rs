//! The URL that the browser is sent to.

use url::Url;

use crate::{pkce::challenge, provider::Provider, token::InvalidRequest};

/// Parameters that only we set: a caller that names one is refused.
pub const RESERVED_PARAMETERS: &[&str] = &[
    "state",
    "client_id",
    "redirect_uri",
    "response_type",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "scope",
];

/// What one authorization asks for.
#[derive(Debug, Clone, Copy)]
pub struct Authorization<'a> {
    /// The client's id at the provider.
    pub client_id: &'a str,
    /// Exactly the registered URI (RFC 9700 §2.1).
    pub redirect_uri: &'a str,
    /// Binds the answer to the browser.
    pub state: &'a str,
    /// The verifier whose challenge is sent.
    pub verifier: &'a str,
    /// Binds the ID token to this sign-in.
    pub nonce: Option<&'a str>,
    /// Scopes besides the provider's own.
    pub scopes: &'a [&'a str],
    /// Whom the visitor says they are.
    pub login_hint: Option<&'a str>,
    /// Further parameters of the tenant's settings and of the caller.
    pub parameters: &'a [(&'a str, &'a str)],
}

/// The authorization URL. Parameters of the endpoint's own query stay.
///
/// # Errors
/// When the provider's endpoint is no URL.
pub fn authorization_url(provider: &Provider, asked: &Authorization<'_>) -> Result<String, InvalidRequest> {
    let mut url = Url::parse(&provider.endpoints.authorization).map_err(|_| InvalidRequest)?;
    let traits = &provider.traits;
    let own = provider.scopes.iter().map(String::as_str);
    let mut scopes: Vec<&str> = Vec::new();
    for scope in own.chain(asked.scopes.iter().copied()) {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    let mut query = url.query_pairs_mut();
    query.append_pair("response_type", traits.response_type);
    query.append_pair(traits.client_id_parameter, asked.client_id);
    query.append_pair("state", asked.state);
    if !scopes.is_empty() {
        query.append_pair("scope", &scopes.join(traits.scope_separator));
    }
    query.append_pair("redirect_uri", asked.redirect_uri);
    if let Some(hint) = asked.login_hint {
        query.append_pair("login_hint", hint);
    }
    if let Some(nonce) = asked.nonce {
        query.append_pair("nonce", nonce);
    }
    if traits.pkce {
        query.append_pair("code_challenge_method", "S256");
        query.append_pair("code_challenge", &challenge(asked.verifier));
    }
    let is_free = |name: &str| !RESERVED_PARAMETERS.contains(&name) && name != traits.client_id_parameter;
    let asked_for = asked.parameters.iter().copied().filter(|(name, _)| is_free(name));
    for (name, value) in traits.authorization_parameters.iter().copied().chain(asked_for) {
        query.append_pair(name, value);
    }
    drop(query);
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table::known;

    fn asked<'a>(parameters: &'a [(&'a str, &'a str)]) -> Authorization<'a> {
        Authorization {
            client_id: "id",
            redirect_uri: "https://a.example/api/auth/callback/google",
            state: "state",
            verifier: "verifier",
            nonce: Some("nonce"),
            scopes: &["email", "calendar"],
            login_hint: Some("ada@example.com"),
            parameters,
        }
    }

    #[test]
    fn the_url_carries_every_parameter_once() {
        let parameters = [("state", "mine"), ("prompt", "consent")];
        let url = authorization_url(&known("google").unwrap(), &asked(&parameters)).unwrap();
        let url = Url::parse(&url).unwrap();
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        let find = |name: &str| {
            let found: Vec<_> = pairs.iter().filter(|(key, _)| key == name).collect();
            assert_eq!(found.len(), 1, "{name}");
            found[0].1.clone()
        };
        assert_eq!(find("scope"), "email profile openid calendar");
        assert_eq!(find("state"), "state");
        assert_eq!(find("prompt"), "consent");
        assert_eq!(find("code_challenge"), challenge("verifier"));
        assert_eq!(find("code_challenge_method"), "S256");
        assert_eq!(find("nonce"), "nonce");
        assert_eq!(find("include_granted_scopes"), "true");
    }

    proptest! {
        #[test]
        fn no_caller_changes_what_is_ours(name in ".{0,30}", value in ".{0,60}", hint in ".{0,60}") {
            let parameters = [(name.as_str(), value.as_str())];
            let asked = Authorization { login_hint: Some(&hint), ..asked(&parameters) };
            let url = Url::parse(&authorization_url(&known("apple").unwrap(), &asked).unwrap()).unwrap();
            for (name, value) in [("state", "state"), ("client_id", "id"), ("redirect_uri", asked.redirect_uri)] {
                let found: Vec<_> = url.query_pairs().filter(|(key, _)| key == name).collect();
                prop_assert_eq!(found.len(), 1);
                prop_assert_eq!(found[0].1.as_ref(), value);
            }
        }
    }
}
