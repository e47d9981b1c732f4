//! The URL that the browser is sent to.

use url::{Url, form_urlencoded};

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

/// The authorization URL. What the protocol sets stands before what is asked for, that before the provider's habits, and
/// those before the endpoint's own query: each name is there once (RFC 6749 §3.1).
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
    let scope = scopes.join(traits.scope_separator);
    let challenge = challenge(asked.verifier);
    let set = [
        ("response_type", Some(traits.response_type)),
        (traits.client_id_parameter, Some(asked.client_id)),
        ("state", Some(asked.state)),
        ("scope", Some(scope.as_str()).filter(|scope| !scope.is_empty())),
        ("redirect_uri", Some(asked.redirect_uri)),
        ("login_hint", asked.login_hint),
        ("nonce", asked.nonce),
        ("code_challenge_method", traits.pkce.then_some("S256")),
        ("code_challenge", traits.pkce.then_some(challenge.as_str())),
    ];
    let mut pairs: Vec<_> = set.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let is_free = |name: &str| !RESERVED_PARAMETERS.contains(&name) && name != traits.client_id_parameter;
    for (name, value) in asked.parameters.iter().chain(traits.authorization_parameters).copied() {
        if is_free(name) && !pairs.iter().any(|(taken, _)| *taken == name) {
            pairs.push((name, value));
        }
    }
    // What is left of the endpoint's query keeps its spelling: some servers sign theirs.
    let is_kept = |pair: &&str| {
        let name = form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name.into_owned());
        name.is_some_and(|name| is_free(&name) && !pairs.iter().any(|(taken, _)| *taken == name))
    };
    let query = url.query().unwrap_or_default().split('&').filter(is_kept).collect::<Vec<_>>().join("&");
    url.set_query(Some(&query).filter(|query| !query.is_empty()).map(String::as_str));
    url.query_pairs_mut().extend_pairs(pairs);
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

    #[test]
    fn a_name_is_there_once_and_the_protocol_s_own_value_stands() {
        let mut provider = known("google").unwrap();
        provider.endpoints.authorization = "https://id.example/a?state=x&tenant=a%20b&prompt=none".to_owned();
        let parameters = [
            ("prompt", "consent"),
            ("prompt", "login"),
            ("include_granted_scopes", "false"),
            ("login_hint", "eve"),
        ];
        let url = authorization_url(&provider, &asked(&parameters)).unwrap();
        assert!(url.starts_with("https://id.example/a?tenant=a%20b&response_type=code&"), "{url}");
        let url = Url::parse(&url).unwrap();
        let find = |name: &str| {
            let found: Vec<_> = url.query_pairs().filter(|(key, _)| key == name).collect();
            assert_eq!(found.len(), 1, "{name}");
            found[0].1.clone().into_owned()
        };
        assert_eq!([find("state"), find("tenant"), find("prompt")], ["state", "a b", "consent"]);
        assert_eq!([find("include_granted_scopes"), find("login_hint")], ["false", "ada@example.com"]);
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
