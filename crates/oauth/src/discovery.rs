//! What a provider of OpenID Connect says of itself (OpenID Connect Discovery 1.0 §3).

use serde_json::Value;

use crate::{
    jwk::Algorithm,
    metadata::is_usable_endpoint,
    provider::{ClientAuth, Endpoints, Provider, Traits},
};

/// Where a discovery document is, behind the issuer (§4).
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// The document is none, or of another issuer, or names endpoints that nobody should talk to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMetadata {
    /// Not a discovery document.
    #[error("the discovery document cannot be read")]
    Malformed,
    /// §4.3: the issuer is not the one that was asked.
    #[error("the discovery document is of another issuer")]
    Issuer,
    /// An endpoint is missing or is not HTTPS.
    #[error("the discovery document names no usable endpoint")]
    Endpoint,
}

/// A discovery document.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// Where the provider is.
    pub endpoints: Endpoints,
    /// How it likes to be spoken to.
    pub traits: Traits,
}

impl Metadata {
    /// Reads the document that came from `url`. Its issuer must be the one that `url` belongs to, or `issuer` where
    /// the settings name one.
    ///
    /// # Errors
    /// See [`InvalidMetadata`].
    pub fn parse(json: &[u8], url: &str, issuer: Option<&str>) -> Result<Self, InvalidMetadata> {
        let document: Value = serde_json::from_slice(json).map_err(|_| InvalidMetadata::Malformed)?;
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        let told = text("issuer").ok_or(InvalidMetadata::Malformed)?;
        let is_asked = match issuer {
            Some(issuer) => issuer == told,
            None => url.strip_suffix(WELL_KNOWN).is_some_and(|base| base == told.trim_end_matches('/')),
        };
        if !is_asked {
            return Err(InvalidMetadata::Issuer);
        }
        let usable = |name: &str| match text(name) {
            Some(endpoint) if is_usable_endpoint(endpoint) => Ok(endpoint.to_owned()),
            _ => Err(InvalidMetadata::Endpoint),
        };
        let optional = |name: &str| text(name).map(|_| usable(name)).transpose();
        Ok(Self {
            endpoints: Endpoints {
                authorization: usable("authorization_endpoint")?,
                token: usable("token_endpoint")?,
                userinfo: optional("userinfo_endpoint")?,
                // RFC 8414 §2. Nobody signs in by it, so a bad one is none and not a reason to refuse the rest.
                revocation: usable("revocation_endpoint").ok(),
                jwks: Some(usable("jwks_uri")?),
                issuers: vec![told.to_owned()],
                answers_with_issuer: document["authorization_response_iss_parameter_supported"] == true,
            },
            traits: traits(&document),
        })
    }

    /// The provider that the document describes.
    pub fn provider(&self, id: &str, name: &str) -> Provider {
        Provider {
            id: id.to_owned(),
            name: name.to_owned(),
            endpoints: self.endpoints.clone(),
            scopes: ["openid", "email", "profile"].map(str::to_owned).to_vec(),
            traits: self.traits,
        }
    }
}

fn traits(document: &Value) -> Traits {
    let lists = |name: &str, wanted: &str| {
        document.get(name).and_then(Value::as_array).map(|list| list.iter().any(|value| value == wanted))
    };
    let auth = "token_endpoint_auth_methods_supported";
    // §3: `client_secret_basic` where nothing is said.
    let client_auth = match lists(auth, "client_secret_basic") {
        None | Some(true) => ClientAuth::Basic,
        Some(false) => ClientAuth::Post,
    };
    Traits {
        // A server that does not know it ignores it (RFC 6749 §3.1), so only a plain "no" is one.
        pkce: lists("code_challenge_methods_supported", "S256").unwrap_or(true),
        client_auth,
        algorithms: Algorithm::ALL,
        ..Traits::OPENID
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const URL: &str = "https://id.example/realm/.well-known/openid-configuration";

    fn document() -> Value {
        json!({
            "issuer": "https://id.example/realm",
            "authorization_endpoint": "https://id.example/authorize",
            "token_endpoint": "https://id.example/token",
            "userinfo_endpoint": "https://id.example/me",
            "jwks_uri": "https://id.example/keys",
        })
    }

    fn parse(document: &Value) -> Result<Metadata, InvalidMetadata> {
        Metadata::parse(document.to_string().as_bytes(), URL, None)
    }

    #[test]
    fn silence_means_what_the_specification_says() {
        let metadata = parse(&document()).unwrap();
        assert!(metadata.traits.pkce && metadata.traits.nonce);
        assert_eq!(metadata.traits.client_auth, ClientAuth::Basic);
        assert!(!metadata.endpoints.answers_with_issuer);
        assert_eq!(metadata.endpoints.revocation, None);
        let mut odd = document();
        odd["code_challenge_methods_supported"] = json!(["plain"]);
        odd["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
        odd["authorization_response_iss_parameter_supported"] = json!(true);
        let metadata = parse(&odd).unwrap();
        assert!(!metadata.traits.pkce && metadata.endpoints.answers_with_issuer);
        for (told, read) in [("https://id.example/revoke", true), ("http://id.example/revoke", false)] {
            odd["revocation_endpoint"] = json!(told);
            assert_eq!(parse(&odd).unwrap().endpoints.revocation.is_some(), read, "{told}");
        }
        assert_eq!(metadata.traits.client_auth, ClientAuth::Post);
    }

    #[test]
    fn a_document_speaks_for_its_own_issuer_only() {
        let mut other = document();
        other["issuer"] = json!("https://id.example");
        assert_eq!(parse(&other).unwrap_err(), InvalidMetadata::Issuer);
        let json = other.to_string();
        assert!(Metadata::parse(json.as_bytes(), URL, Some("https://id.example")).is_ok());
        let mut plain = document();
        plain["token_endpoint"] = json!("http://id.example/token");
        assert_eq!(parse(&plain).unwrap_err(), InvalidMetadata::Endpoint);
    }

    proptest! {
        #[test]
        fn no_document_panics(bytes: Vec<u8>, text in ".{0,60}") {
            let _ = Metadata::parse(&bytes, URL, None);
            for name in ["issuer", "jwks_uri", "code_challenge_methods_supported"] {
                let mut odd = document();
                odd[name] = json!(text);
                let _ = parse(&odd);
            }
        }
    }
}
