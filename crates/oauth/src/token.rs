//! The requests that give tokens and profiles, and the answers.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Method, Request, header};
use serde_json::Value;
use url::form_urlencoded;

use crate::{
    Client,
    provider::{CallBody, ClientAuth, ProfileCall, Provider},
};

/// Bytes of a token; honest ones stay below a tenth of it.
const TOKEN_LIMIT: usize = 16 * 1024;
/// Some providers answer nobody without a name.
const USER_AGENT: &str = "Kiavi";
const FORM: &str = "application/x-www-form-urlencoded";

/// The request cannot be built: an endpoint is no URL, or a value fits in no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no request can be built for the provider")]
pub struct InvalidRequest;

/// What is given for tokens.
#[derive(Debug, Clone, Copy)]
pub enum Grant<'a> {
    /// A code (RFC 6749 §4.1.3).
    Code {
        /// The code.
        code: &'a str,
        /// Exactly the URI of the authorization.
        redirect_uri: &'a str,
        /// The verifier behind its challenge (RFC 7636 §4.5).
        verifier: &'a str,
        /// The device that VK names in its answer.
        device_id: Option<&'a str>,
    },
    /// A refresh token (RFC 6749 §6).
    Refresh(&'a str),
}

/// Asks for tokens.
///
/// # Errors
/// When no request can be built.
pub fn token_request(
    provider: &Provider,
    client: &Client<'_>,
    grant: Grant<'_>,
) -> Result<Request<Bytes>, InvalidRequest> {
    let traits = &provider.traits;
    let mut form = form_urlencoded::Serializer::new(String::new());
    match grant {
        Grant::Code { code, redirect_uri, verifier, device_id } => {
            form.append_pair("grant_type", "authorization_code");
            form.append_pair("code", code);
            form.append_pair("redirect_uri", redirect_uri);
            if traits.pkce {
                form.append_pair("code_verifier", verifier);
            }
            if let Some(device) = device_id {
                form.append_pair("device_id", device);
            }
        }
        Grant::Refresh(token) => {
            form.append_pair("grant_type", "refresh_token");
            form.append_pair("refresh_token", token);
        }
    }
    client_request(provider, client, &provider.endpoints.token, form)
}

/// Gives a token back (RFC 7009 §2.1). A refresh token takes the access tokens of its grant along.
///
/// # Errors
/// When the provider takes none back, or no request can be built.
pub fn revocation_request(
    provider: &Provider,
    client: &Client<'_>,
    token: &str,
    is_refresh: bool,
) -> Result<Request<Bytes>, InvalidRequest> {
    let endpoint = provider.endpoints.revocation.as_deref().ok_or(InvalidRequest)?;
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("token", token);
    form.append_pair("token_type_hint", if is_refresh { "refresh_token" } else { "access_token" });
    client_request(provider, client, endpoint, form)
}

/// A form in which the client shows who it is.
fn client_request(
    provider: &Provider,
    client: &Client<'_>,
    endpoint: &str,
    mut form: form_urlencoded::Serializer<'_, String>,
) -> Result<Request<Bytes>, InvalidRequest> {
    let traits = &provider.traits;
    let mut request = Request::post(endpoint)
        .header(header::CONTENT_TYPE, FORM)
        .header(header::ACCEPT, "application/json")
        .header(header::USER_AGENT, USER_AGENT);
    match (traits.client_auth, client.secret) {
        (ClientAuth::Basic, Some(secret)) => {
            // RFC 6749 §2.3.1: both are form-encoded before they are joined.
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = STANDARD.encode(format!("{}:{}", encoded(client.id), encoded(secret)));
            request = request.header(header::AUTHORIZATION, format!("Basic {pair}"));
        }
        (_, secret) => {
            form.append_pair(traits.client_id_parameter, client.id);
            if let Some(secret) = secret {
                form.append_pair("client_secret", secret);
            }
        }
    }
    request.body(Bytes::from(form.finish())).map_err(|_| InvalidRequest)
}

/// Asks for a profile with `token`: the access token, or the ID token where the call sends that.
///
/// # Errors
/// When the provider has no such endpoint, or no request can be built.
pub fn profile_request(
    provider: &Provider,
    client: &Client<'_>,
    call: &ProfileCall,
    token: &str,
) -> Result<Request<Bytes>, InvalidRequest> {
    let endpoint = provider.endpoints.userinfo.as_deref().ok_or(InvalidRequest)?;
    let form = |name: &str| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair(name, token).append_pair("client_id", client.id);
        (Method::POST, Some(FORM), form.finish())
    };
    let (method, content_type, body) = match call.body {
        CallBody::None => (Method::GET, None, String::new()),
        CallBody::Empty => (Method::POST, None, String::new()),
        CallBody::Json(json) => (Method::POST, Some("application/json"), json.to_owned()),
        CallBody::TokenForm => form("access_token"),
        CallBody::IdTokenForm => form("id_token"),
    };
    let mut request = Request::builder()
        .method(method)
        .uri(format!("{endpoint}{}", call.suffix))
        .header(header::ACCEPT, "application/json")
        .header(header::USER_AGENT, USER_AGENT);
    if !matches!(call.body, CallBody::TokenForm | CallBody::IdTokenForm) {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    if let Some(kind) = content_type {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    for (name, value) in call.headers.iter().copied() {
        request = request.header(name, value);
    }
    request.body(Bytes::from(body)).map_err(|_| InvalidRequest)
}

/// What a provider gave.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Tokens {
    /// For its API.
    pub access: Option<String>,
    /// For the next access token.
    pub refresh: Option<String>,
    /// Who signed in.
    pub id: Option<String>,
    /// Seconds that the access token lives.
    pub access_seconds: Option<u32>,
    /// Seconds that the refresh token lives.
    pub refresh_seconds: Option<u32>,
    /// What was granted.
    pub scopes: Vec<String>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

/// Why an answer gave no tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not the JSON of a token answer.
    #[error("the answer of the token endpoint cannot be read")]
    Malformed,
    /// An error by name (RFC 6749 §5.2), cut to plain characters.
    #[error("the token endpoint refused: {0}")]
    Refused(String),
}

/// Reads the answer of a token endpoint (RFC 6749 §5.1). GitHub tells its errors under 200.
///
/// # Errors
/// See [`TokenError`].
pub fn parse_tokens(is_success: bool, body: &[u8]) -> Result<Tokens, TokenError> {
    let answer: Value = serde_json::from_slice(body).map_err(|_| TokenError::Malformed)?;
    if let Some(error) = answer.get("error") {
        let name = error.as_str().unwrap_or_default();
        let plain = name.chars().filter(|c| c.is_ascii_alphanumeric() || "_-.".contains(*c)).take(64);
        return Err(TokenError::Refused(plain.collect()));
    }
    if !is_success || !answer.is_object() {
        return Err(TokenError::Malformed);
    }
    let token = |name: &str| match answer.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text))
            if text.len() <= TOKEN_LIMIT && text.bytes().all(|b| b.is_ascii_graphic()) =>
        {
            Ok(Some(text.clone()))
        }
        Some(_) => Err(TokenError::Malformed),
    };
    let tokens = Tokens {
        access: token("access_token")?,
        refresh: token("refresh_token")?,
        id: token("id_token")?,
        access_seconds: seconds(answer.get("expires_in")),
        refresh_seconds: seconds(answer.get("refresh_token_expires_in"))
            .or_else(|| seconds(answer.get("refresh_expires_in"))),
        scopes: scopes(answer.get("scope")),
    };
    if tokens.access.is_none() && tokens.id.is_none() { Err(TokenError::Malformed) } else { Ok(tokens) }
}

/// A number, or one written as text.
fn seconds(value: Option<&Value>) -> Option<u32> {
    let number = match value? {
        Value::Number(number) => number.as_u64()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    u32::try_from(number).ok()
}

/// Scopes by spaces (RFC 6749 §3.3), by commas (GitHub), or in an array (Twitch).
fn scopes(value: Option<&Value>) -> Vec<String> {
    let plain = |text: &str| -> Vec<String> {
        let split = text.split([' ', ',']).filter(|scope| !scope.is_empty());
        split.filter(|scope| scope.bytes().all(|b| b.is_ascii_graphic())).map(str::to_owned).collect()
    };
    match value {
        Some(Value::String(text)) => plain(text),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).flat_map(plain).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table::known;

    const CLIENT: Client<'_> = Client { id: "i d", secret: Some("s:e/cret") };
    const CODE: Grant<'_> =
        Grant::Code { code: "c", redirect_uri: "https://a/cb", verifier: "v", device_id: None };

    #[test]
    fn a_client_shows_who_it_is_as_the_provider_likes_it() {
        let post = token_request(&known("google").unwrap(), &CLIENT, CODE).unwrap();
        assert_eq!(
            post.body(),
            "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fa%2Fcb&code_verifier=v\
             &client_id=i+d&client_secret=s%3Ae%2Fcret"
        );
        let basic = token_request(&known("twitter").unwrap(), &CLIENT, Grant::Refresh("r")).unwrap();
        assert_eq!(basic.body(), "grant_type=refresh_token&refresh_token=r");
        let expected = format!("Basic {}", STANDARD.encode("i+d:s%3Ae%2Fcret"));
        assert_eq!(basic.headers()["authorization"], expected.as_str());
    }

    #[test]
    fn a_token_goes_back_as_it_came() {
        let google = revocation_request(&known("google").unwrap(), &CLIENT, "t&1", true).unwrap();
        assert_eq!(google.uri(), "https://oauth2.googleapis.com/revoke");
        let form = "token=t%261&token_type_hint=refresh_token&client_id=i+d&client_secret=s%3Ae%2Fcret";
        assert_eq!(google.body(), form);
        let basic = revocation_request(&known("twitter").unwrap(), &CLIENT, "t", false).unwrap();
        assert_eq!(basic.body(), "token=t&token_type_hint=access_token");
        assert!(basic.headers().contains_key("authorization"));
        assert!(revocation_request(&known("github").unwrap(), &CLIENT, "t", false).is_err());
    }

    #[test]
    fn answers_are_read_in_the_forms_that_exist() {
        let read = |body: &str| parse_tokens(true, body.as_bytes());
        let tokens = read(
            r#"{"access_token":"a","refresh_token":"r","id_token":"i","expires_in":"3600",
                "refresh_token_expires_in":7200,"scope":"a b,c"}"#,
        )
        .unwrap();
        assert_eq!((tokens.access_seconds, tokens.refresh_seconds), (Some(3600), Some(7200)));
        assert_eq!(tokens.scopes, ["a", "b", "c"]);
        assert_eq!(read(r#"{"access_token":"a","scope":["x","y"]}"#).unwrap().scopes, ["x", "y"]);
        assert_eq!(
            read(r#"{"error":"bad_verification_code<b>"}"#),
            Err(TokenError::Refused("bad_verification_codeb".into()))
        );
        for bad in ["", "[]", "{}", r#"{"access_token":7}"#, r#"{"access_token":"a\nb"}"#] {
            assert_eq!(read(bad), Err(TokenError::Malformed), "{bad}");
        }
        assert_eq!(parse_tokens(false, br#"{"access_token":"a"}"#), Err(TokenError::Malformed));
    }

    proptest! {
        #[test]
        fn no_answer_panics(body: Vec<u8>, text in ".{0,60}", ok: bool) {
            let _ = parse_tokens(ok, &body);
            let object = serde_json::json!({
                "access_token": text, "scope": text, "expires_in": text, "error": text,
            });
            let _ = parse_tokens(ok, object.to_string().as_bytes());
        }

        #[test]
        fn no_token_reaches_a_header_or_a_form_unquoted(token in ".{0,60}") {
            let provider = known("vk").unwrap();
            let call = provider.traits.profile_calls[0];
            if let Ok(request) = profile_request(&provider, &CLIENT, &call, &token) {
                let pairs: Vec<_> = form_urlencoded::parse(request.body()).into_owned().collect();
                prop_assert_eq!(pairs.len(), 2);
                prop_assert_eq!(&pairs[0].1, &token);
            }
            let _ = profile_request(&known("github").unwrap(), &CLIENT, &ProfileCall::GET, &token);
        }
    }
}
