//! Which providers people may sign in with.

use std::collections::{BTreeMap, BTreeSet};

use kiavi_base::{ExposeSecret, SecretString};
use kiavi_crypto::{Es256SigningKey, constant_time_eq};
use kiavi_oauth::{RESERVED_PARAMETERS, is_usable_endpoint};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use url::Url;

use crate::{EgressHost, Rate, SettingsError, egress::Reaches};

/// Providers of one tenant.
const PROVIDER_LIMIT: usize = 40;
/// Where discovery documents are.
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// Signing in with other providers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SocialSettings {
    /// The providers, in the order of their buttons.
    pub providers: Vec<ProviderSettings>,
    /// Sign-ins with a provider begun from one network.
    pub per_network: Option<Rate>,
    /// Codes from one network that a provider refused, or that are being traded.
    pub failed_per_network: Option<Rate>,
    /// Times that a provider is asked for one user's tokens or profile, signed in as they are.
    pub calls_per_user: Option<Rate>,
    /// Whether a signed-in user may link an account with another address than theirs.
    pub allows_different_emails: bool,
}

impl Default for SocialSettings {
    fn default() -> Self {
        Self {
            providers: Vec::new(),
            per_network: Some(Rate { limit: 60, window_seconds: 60 }),
            failed_per_network: Some(Rate { limit: 30, window_seconds: 600 }),
            calls_per_user: Some(Rate { limit: 30, window_seconds: 60 }),
            allows_different_emails: false,
        }
    }
}

/// A secret of the settings. It is written with the document, which travels sealed, and printed nowhere.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(from = "String")]
#[schemars(with = "String", extend("writeOnly" = true))]
pub struct Secret(SecretString);

impl Secret {
    /// The text.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        constant_time_eq(self.expose().as_bytes(), other.expose().as_bytes())
    }
}

impl Eq for Secret {}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

/// How the client shows who it is at a provider of its own endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenAuth {
    /// In the header.
    Basic,
    /// In the form.
    Post,
}

/// Apple's stand-in for a client secret: a key that signs short-lived ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppleSettings {
    /// The team's id.
    pub team_id: String,
    /// The key's id.
    pub key_id: String,
    /// The key as Apple gives it: PKCS #8 in PEM form.
    pub private_key: Secret,
}

/// One provider. A known id (`google`, `github`, …) needs no more than a client id and secret; any other names its
/// discovery document or its endpoints. Names in camel case are those of Better Auth's options.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProviderSettings {
    /// The key in URLs and rows: lower-case letters, digits, `-` and `_`.
    #[serde(alias = "providerId")]
    pub id: String,
    /// What to call it on the button; for a known id that name is known.
    pub name: Option<String>,
    /// The client's id there.
    #[serde(alias = "clientId")]
    pub client_id: String,
    /// The client's secret there; a public client has none.
    #[serde(alias = "clientSecret")]
    pub client_secret: Option<Secret>,
    /// Client ids of native apps, whose ID tokens count too.
    pub further_client_ids: Vec<String>,
    /// Apple's key, in place of a secret.
    pub apple: Option<AppleSettings>,
    /// The discovery document of a provider of OpenID Connect.
    #[serde(alias = "discoveryUrl")]
    pub discovery_url: Option<String>,
    /// The issuer, where it is not the one that the discovery URL belongs to.
    pub issuer: Option<String>,
    /// Where the browser is sent.
    #[serde(alias = "authorizationUrl", alias = "authorization_url")]
    pub authorization_endpoint: Option<String>,
    /// Where a code becomes tokens.
    #[serde(alias = "tokenUrl", alias = "token_url")]
    pub token_endpoint: Option<String>,
    /// Where a profile is.
    #[serde(alias = "userInfoUrl", alias = "userinfo_url")]
    pub userinfo_endpoint: Option<String>,
    /// Where tokens are given back (RFC 7009) when an account is unlinked or its user goes, if it is not known.
    #[serde(alias = "revocationUrl", alias = "revocation_url")]
    pub revocation_endpoint: Option<String>,
    /// The keys of ID tokens.
    #[serde(alias = "jwksUrl", alias = "jwks_url")]
    pub jwks_uri: Option<String>,
    /// How the client shows who it is, where the provider's own word is to be overruled.
    pub token_auth: Option<TokenAuth>,
    /// Scopes besides the provider's usual ones.
    pub scopes: Vec<String>,
    /// Further parameters of the authorization URL, as `prompt` or `hd`.
    pub authorization_parameters: BTreeMap<String, String>,
    /// Whether an address counts as proved when the provider is silent about it. Its plain "not verified" stands.
    pub trusted: bool,
    /// Whether nobody becomes a user through this provider.
    #[serde(alias = "disableSignUp")]
    pub disable_sign_up: bool,
    /// Whether somebody becomes a user only where the app asked for it (`requestSignUp`).
    #[serde(alias = "disableImplicitSignUp")]
    pub disable_implicit_sign_up: bool,
}

impl SocialSettings {
    /// The provider with this id.
    pub fn provider(&self, id: &str) -> Option<&ProviderSettings> {
        self.providers.iter().find(|provider| provider.id == id)
    }

    /// Checks what types cannot.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub(crate) fn validate(&self) -> Result<(), SettingsError> {
        let ids: BTreeSet<_> = self.providers.iter().map(|provider| &provider.id).collect();
        for (key, rate) in [
            ("social.per_network", self.per_network),
            ("social.failed_per_network", self.failed_per_network),
            ("social.calls_per_user", self.calls_per_user),
        ] {
            check(rate.is_none_or(Rate::is_sane), key, "has 1 to 1,000,000 uses in 1 s to 1 d")?;
        }
        check(ids.len() == self.providers.len(), "social.providers", "must each have an id of their own")?;
        check(self.providers.len() <= PROVIDER_LIMIT, "social.providers", "are too many")?;
        self.providers.iter().try_for_each(ProviderSettings::validate)
    }
}

/// The servers of every provider. What a discovery document names elsewhere is listed in the settings of egress.
impl Reaches for SocialSettings {
    fn egress_hosts(&self) -> Vec<EgressHost> {
        self.providers.iter().flat_map(ProviderSettings::servers).collect()
    }
}

impl ProviderSettings {
    /// The servers that the engine speaks to for this provider; not the one that only the browser goes to.
    fn servers(&self) -> Vec<EgressHost> {
        let known = kiavi_oauth::known(&self.id).filter(|_| self.discovery_url.is_none());
        let known = known.map(|known| known.endpoints).unwrap_or_default();
        let token = self.token_endpoint.clone().or(Some(known.token));
        let userinfo = self.userinfo_endpoint.clone().or(known.userinfo);
        let keys = self.jwks_uri.clone().or(known.jwks);
        let revocation = self.revocation_endpoint.clone().or(known.revocation);
        let urls = [self.discovery_url.clone(), token, revocation, userinfo, keys];
        urls.iter().flatten().filter_map(|url| EgressHost::of(&Url::parse(url).ok()?)).collect()
    }

    /// Whether the provider may take tokens back; a discovery document tells only when it is read.
    pub(crate) fn may_take_tokens_back(&self) -> bool {
        let known = || kiavi_oauth::known(&self.id).and_then(|known| known.endpoints.revocation);
        self.revocation_endpoint.is_some() || self.discovery_url.is_some() || known().is_some()
    }

    fn validate(&self) -> Result<(), SettingsError> {
        let is_id = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        // `credential` is Better Auth's word for a password.
        let is_named =
            (1..=32).contains(&self.id.len()) && self.id.bytes().all(is_id) && self.id != "credential";
        check(is_named, "social.providers.id", "must be 1 to 32 lower-case letters, digits, - _")?;
        let is_plain = |text: &String| {
            !text.is_empty() && text.len() <= 512 && text.bytes().all(|b| b.is_ascii_graphic())
        };
        check(is_plain(&self.client_id), "social.providers.client_id", "must be given")?;
        check(
            self.further_client_ids.iter().all(is_plain),
            "social.providers.further_client_ids",
            "must be plain texts",
        )?;
        check(self.scopes.iter().all(is_plain), "social.providers.scopes", "must be words without spaces")?;
        let is_free = |name: &String| is_plain(name) && !RESERVED_PARAMETERS.contains(&name.as_str());
        check(
            self.authorization_parameters.keys().all(is_free),
            "social.providers.authorization_parameters",
            "must not name a parameter that the protocol sets",
        )?;
        let is_short =
            |name: &String| (1..=64).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        check(
            self.name.iter().all(is_short),
            "social.providers.name",
            "must be 1 to 64 printable characters",
        )?;
        let key = self.apple.as_ref().map(|apple| Es256SigningKey::from_pem(apple.private_key.expose()));
        check(
            key.is_none_or(|key| key.is_ok()),
            "social.providers.apple.private_key",
            "must be a PKCS #8 key on P-256",
        )?;
        self.validate_endpoints()
    }

    fn validate_endpoints(&self) -> Result<(), SettingsError> {
        let given = [
            &self.discovery_url,
            &self.authorization_endpoint,
            &self.token_endpoint,
            &self.userinfo_endpoint,
            &self.revocation_endpoint,
            &self.jwks_uri,
        ];
        let is_usable = given.into_iter().flatten().all(|url| is_usable_endpoint(url));
        check(is_usable, "social.providers", "must have https endpoints")?;
        if let Some(url) = &self.discovery_url {
            let is_known = self.issuer.is_some() || url.ends_with(WELL_KNOWN);
            let rule = "must end in /.well-known/openid-configuration, or issuer be given";
            return check(is_known, "social.providers.discovery_url", rule);
        }
        let tells_somebody =
            self.userinfo_endpoint.is_some() || (self.jwks_uri.is_some() && self.issuer.is_some());
        let has_endpoints =
            self.authorization_endpoint.is_some() && self.token_endpoint.is_some() && tells_somebody;
        let is_whole = kiavi_oauth::known(&self.id).is_some() || has_endpoints;
        check(is_whole, "social.providers", "must be a known id, or have discovery_url, or endpoints")
    }
}

fn check(holds: bool, key: &'static str, rule: &'static str) -> Result<(), SettingsError> {
    if holds { Ok(()) } else { Err(SettingsError::Invalid(key, rule)) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(provider: Value) -> Result<SocialSettings, String> {
        let document = json!({ "providers": [provider] });
        let settings: SocialSettings = serde_json::from_value(document).map_err(|error| error.to_string())?;
        settings.validate().map(|()| settings).map_err(|error| error.to_string())
    }

    #[test]
    fn a_known_provider_needs_an_id_and_a_secret() {
        let settings = read(json!({ "id": "google", "client_id": "a", "client_secret": "hunter2" })).unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"), "a secret is not printed");
        let written = serde_json::to_value(&settings).unwrap();
        assert_eq!(written["providers"][0]["client_secret"], "hunter2", "but it travels with the document");
        assert_eq!(serde_json::from_value::<SocialSettings>(written).unwrap(), settings);
    }

    #[test]
    fn a_provider_s_servers_are_those_that_the_engine_speaks_to() {
        let hosts = |provider| {
            let mut hosts: Vec<_> =
                read(provider).unwrap().egress_hosts().iter().map(ToString::to_string).collect();
            hosts.dedup();
            hosts
        };
        assert_eq!(
            hosts(json!({ "id": "github", "client_id": "a" })),
            ["github.com:443", "api.github.com:443"]
        );
        let google = hosts(json!({ "id": "google", "client_id": "a" }));
        assert_eq!(google, ["oauth2.googleapis.com:443", "www.googleapis.com:443"]);
        let url = "https://id.example/.well-known/openid-configuration";
        assert_eq!(hosts(json!({ "id": "w", "client_id": "a", "discovery_url": url })), ["id.example:443"]);
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let url = "https://id.example/.well-known/openid-configuration";
        assert!(read(json!({ "id": "work", "clientId": "a", "discoveryUrl": url })).is_ok());
        assert!(
            read(json!({ "id": "own", "client_id": "a", "authorization_endpoint": "https://a.example/a",
            "token_endpoint": "https://a.example/t", "userinfo_endpoint": "https://a.example/u" }))
            .is_ok()
        );
        for bad in [
            json!({ "id": "work", "client_id": "a" }),
            json!({ "id": "work", "discovery_url": url }),
            json!({ "id": "Work", "client_id": "a", "discovery_url": url }),
            json!({ "id": "credential", "client_id": "a", "discovery_url": url }),
            json!({ "id": "a/b", "client_id": "a", "discovery_url": url }),
            json!({ "id": "work", "client_id": "a", "discovery_url": "http://id.example/.well-known/openid-configuration" }),
            json!({ "id": "work", "client_id": "a", "discovery_url": "https://id.example/metadata" }),
            json!({ "id": "google", "client_id": "a", "scopes": ["a b"] }),
            json!({ "id": "google", "client_id": "a", "authorization_parameters": { "state": "x" } }),
            json!({ "id": "google", "client_id": "a", "secret": "x" }),
            json!({ "id": "apple", "client_id": "a",
                "apple": { "team_id": "t", "key_id": "k", "private_key": "x" } }),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }
}
