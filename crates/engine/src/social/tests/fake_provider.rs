//! A provider that answers in this process, as well or as badly as a test wants.

use std::sync::{Mutex, OnceLock};

use axum::http::{Request, Response, StatusCode};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use kiavi_crypto::{JwsAlgorithm, SigningKey, sha256};
use kiavi_db::BoxFuture;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use crate::egress::{EgressError, HttpClient};

/// Making a key takes a while, so all tests share two.
fn keys() -> &'static [SigningKey; 2] {
    static KEYS: OnceLock<[SigningKey; 2]> = OnceLock::new();
    KEYS.get_or_init(|| [(); 2].map(|()| SigningKey::generate(JwsAlgorithm::Rs256).unwrap()))
}

fn jwk(index: usize) -> Value {
    let mut jwk = serde_json::to_value(keys()[index].public_jwk()).unwrap();
    overlay(&mut jwk, &json!({ "kid": format!("key-{index}"), "use": "sig", "alg": "RS256" }));
    jwk
}

/// How the provider behaves.
#[derive(Clone)]
pub(super) struct Behaviour {
    /// Over the claims that are right; `null` takes one away.
    pub(super) claims: Value,
    /// Over the header of ID tokens.
    pub(super) header: Value,
    /// Which of the keys signs.
    pub(super) key: usize,
    /// How many of the keys are published.
    pub(super) published: usize,
    /// Over the discovery document.
    pub(super) metadata: Value,
    /// What the profile endpoint says; `null`: the claims.
    pub(super) profile: Value,
    /// GitHub's list of addresses; `null` if the app may not see it.
    pub(super) emails: Value,
    /// Over the answer of the token endpoint.
    pub(super) tokens: Value,
    /// What the token endpoint answers instead.
    pub(super) token_failure: Option<(u16, &'static str)>,
    /// What the revocation endpoint answers.
    pub(super) revocation: u16,
    /// What happens on the way.
    pub(super) way: Option<EgressError>,
}

/// What the last authorization asked for.
#[derive(Clone, Default)]
pub(super) struct Asked {
    pub(super) nonce: Option<String>,
    pub(super) challenge: Option<String>,
    pub(super) redirect_uri: String,
}

pub(super) struct FakeProvider {
    pub(super) behaviour: Mutex<Behaviour>,
    pub(super) asked: Mutex<Asked>,
    /// Every request: method, URL, body.
    pub(super) requests: Mutex<Vec<(String, String, String)>>,
}

#[allow(clippy::disallowed_methods, reason = "a provider has a clock of its own")]
pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn overlay(base: &mut Value, over: &Value) {
    for (name, value) in over.as_object().into_iter().flatten() {
        match value {
            Value::Null => {
                base.as_object_mut().unwrap().remove(name);
            }
            value => base[name] = value.clone(),
        }
    }
}

impl FakeProvider {
    pub(super) fn new() -> Self {
        let behaviour = Behaviour {
            claims: json!({}),
            header: json!({}),
            key: 0,
            published: 1,
            metadata: json!({}),
            profile: Value::Null,
            emails: json!([{ "email": "ada@example.com", "primary": true, "verified": true }]),
            tokens: json!({}),
            token_failure: None,
            revocation: 200,
            way: None,
        };
        let (asked, requests) = (Mutex::default(), Mutex::default());
        Self { behaviour: Mutex::new(behaviour), asked, requests }
    }

    pub(super) fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.behaviour.lock().unwrap());
    }

    /// How many requests went to a URL that contains `part`.
    pub(super) fn count(&self, part: &str) -> usize {
        self.requests.lock().unwrap().iter().filter(|(_, url, _)| url.contains(part)).count()
    }

    /// The visitor agrees: the path, below the API's, that the browser is sent back to.
    pub(super) fn agree(&self, url: &str) -> String {
        let url = Url::parse(url).unwrap();
        let find = |name: &str| {
            let mut pairs = url.query_pairs();
            pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let redirect_uri = find("redirect_uri").unwrap();
        *self.asked.lock().unwrap() = Asked {
            nonce: find("nonce"),
            challenge: find("code_challenge"),
            redirect_uri: redirect_uri.clone(),
        };
        let path = redirect_uri.split_once("/api/auth").unwrap().1;
        format!("{path}?code=the-code&state={}", find("state").unwrap())
    }

    /// An ID token, right but for what the behaviour says.
    pub(super) fn id_token(&self) -> String {
        let behaviour = self.behaviour.lock().unwrap().clone();
        let asked = self.asked.lock().unwrap().clone();
        let hash = sha256(b"access-1");
        let mut claims = json!({
            "iss": "https://id.example",
            "sub": "ada-at-work",
            "aud": "client",
            "iat": now(),
            "exp": now() + 600,
            "nonce": asked.nonce,
            "at_hash": URL_SAFE_NO_PAD.encode(&hash[..16]),
            "email": "Ada@Example.com",
            "email_verified": true,
            "name": "Ada Lovelace",
            "picture": "https://id.example/ada.png",
        });
        overlay(&mut claims, &behaviour.claims);
        let mut header = json!({ "alg": "RS256", "kid": format!("key-{}", behaviour.key), "typ": "JWT" });
        overlay(&mut header, &behaviour.header);
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        keys()[behaviour.key].sign_compact(&header, claims.to_string().as_bytes()).unwrap()
    }

    fn token_answer(&self, body: &str) -> (u16, String) {
        let behaviour = self.behaviour.lock().unwrap().clone();
        if let Some((status, body)) = behaviour.token_failure {
            return (status, body.to_owned());
        }
        let form: Vec<_> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let find = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let mut answer = json!({ "token_type": "Bearer", "expires_in": 3600, "scope": "openid email" });
        if find("grant_type") == Some("refresh_token") {
            if find("refresh_token") != Some("refresh-1") {
                return (400, r#"{"error":"invalid_grant"}"#.to_owned());
            }
            overlay(&mut answer, &json!({ "access_token": "access-2", "refresh_token": "refresh-2" }));
        } else {
            let asked = self.asked.lock().unwrap().clone();
            let proof = find("code_verifier").map(|text| URL_SAFE_NO_PAD.encode(sha256(text.as_bytes())));
            let is_right = find("code") == Some("the-code")
                && find("redirect_uri") == Some(&asked.redirect_uri)
                && proof == asked.challenge;
            if !is_right {
                return (400, r#"{"error":"invalid_grant"}"#.to_owned());
            }
            let token = json!({ "access_token": "access-1", "refresh_token": "refresh-1", "id_token": self.id_token() });
            overlay(&mut answer, &token);
        }
        overlay(&mut answer, &behaviour.tokens);
        (200, answer.to_string())
    }

    fn answer(&self, url: &str, body: &str) -> (u16, String) {
        let behaviour = self.behaviour.lock().unwrap().clone();
        let path = Url::parse(url).unwrap().path().to_owned();
        match path.as_str() {
            "/.well-known/openid-configuration" => {
                let mut metadata = json!({
                    "issuer": "https://id.example",
                    "authorization_endpoint": "https://id.example/authorize",
                    "token_endpoint": "https://id.example/token",
                    "jwks_uri": "https://id.example/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                });
                overlay(&mut metadata, &behaviour.metadata);
                (200, metadata.to_string())
            }
            "/keys" | "/oauth2/v3/certs" => {
                let published: Vec<_> = (0..behaviour.published).map(jwk).collect();
                (200, json!({ "keys": published }).to_string())
            }
            "/revoke" => (behaviour.revocation, String::new()),
            "/token" | "/login/oauth/access_token" | "/oauth2/v2.1/token" => self.token_answer(body),
            // LINE's: tells what is in an ID token, while it is good.
            "/oauth2/v2.1/verify" => match body.strip_prefix("id_token=eyJ") {
                Some(rest) if rest.ends_with("&client_id=line-client") => {
                    (200, behaviour.profile.to_string())
                }
                _ => (400, r#"{"error":"invalid_request"}"#.to_owned()),
            },
            "/user/emails" if behaviour.emails.is_null() => (403, "{}".to_owned()),
            "/user/emails" => (200, behaviour.emails.to_string()),
            "/user" | "/me" => (200, behaviour.profile.to_string()),
            _ => (404, String::new()),
        }
    }
}

impl HttpClient for FakeProvider {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, EgressError>> {
        let (parts, body) = request.into_parts();
        let (method, url) = (parts.method.to_string(), parts.uri.to_string());
        let body = String::from_utf8(body.to_vec()).unwrap();
        let answer = self.answer(&url, &body);
        self.requests.lock().unwrap().push((method, url, body));
        let way = self.behaviour.lock().unwrap().way;
        Box::pin(async move {
            // Lets others go first, as a network does.
            tokio::task::yield_now().await;
            if let Some(error) = way {
                return Err(error);
            }
            let mut response = Response::new(Bytes::from(answer.1));
            *response.status_mut() = StatusCode::from_u16(answer.0).unwrap();
            Ok(response)
        })
    }
}
