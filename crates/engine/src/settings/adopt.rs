//! Settings of a tenant that takes over from a Better Auth server: what of the old address can be kept, and what whoever
//! moves has to know of the rest.

use kiavi_base::Slug;
use url::Url;

use super::{Settings, SettingsError};
use crate::TokenAlgorithm;

/// Where Better Auth's API is, unless it was told otherwise; and where ours is.
const API: &str = "/api/auth";

/// What is known of the server that a tenant takes over from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Former<'a> {
    /// Its base URL.
    pub base_url: Option<&'a str>,
    /// The prefix of its cookies, if it is not Better Auth's own.
    pub cookie_prefix: Option<&'a str>,
    /// What it signs tokens with, by the algorithm's registered name.
    pub algorithm: Option<&'a str>,
    /// Whether its secret comes along.
    pub brings_secret: bool,
    /// Whether it has passkeys.
    pub has_passkeys: bool,
    /// Whether it signs tokens.
    pub has_tokens: bool,
    /// How long ago the oldest of its living sessions began, in days.
    pub oldest_session_days: u32,
    /// The providers that its accounts are linked at.
    pub providers: &'a [String],
}

/// What a tenant begins with that takes over.
#[derive(Debug, Clone)]
pub struct Adoption {
    /// Its settings.
    pub settings: Settings,
    /// What changes for its people and programs, and what to do about it.
    pub warnings: Vec<String>,
    /// Whether who is signed in there is signed in here.
    pub stays_signed_in: bool,
}

impl Settings {
    /// Settings for a tenant called `slug` at `base_url` that takes over from another server.
    ///
    /// # Errors
    /// When either base URL or the prefix cannot be.
    pub fn adopting(slug: &Slug, base_url: &str, former: Former<'_>) -> Result<Adoption, SettingsError> {
        let settings = Self::for_slug(slug, base_url)?;
        let mut adoption = Adoption { settings, warnings: Vec::new(), stays_signed_in: former.brings_secret };
        if let Some(prefix) = former.cookie_prefix {
            prefix.clone_into(&mut adoption.settings.cookie.prefix);
        }
        if let Some(algorithm) = former.algorithm.and_then(TokenAlgorithm::from_name) {
            adoption.settings.jwt.algorithm = algorithm;
        }
        match former.base_url {
            Some(old) => adoption.move_from(&OldAddress::parse(old)?, &former),
            None => adoption.warn(format!(
                "Without --base-url nothing is known of the old address. Sessions and passkeys go on working only if it \
                 had the scheme and host of {base_url}, and tokens are issued in the name of {base_url}."
            )),
        }
        adoption.keep_cookies(&former);
        adoption.tell_of_the_rest(&former);
        adoption.settings.validate()?;
        Ok(adoption)
    }
}

struct OldAddress {
    origin: String,
    host: String,
    is_secure: bool,
    path: String,
}

impl OldAddress {
    fn parse(text: &str) -> Result<Self, SettingsError> {
        let invalid = SettingsError::Invalid("--base-url", "must be an http or https URL");
        let Ok(url) = Url::parse(text) else { return Err(invalid) };
        let (true, Some(host)) = (matches!(url.scheme(), "http" | "https"), url.host_str()) else {
            return Err(invalid);
        };
        Ok(Self {
            origin: url.origin().ascii_serialization(),
            host: host.to_owned(),
            is_secure: url.scheme() == "https",
            path: url.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl Adoption {
    fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    fn move_from(&mut self, old: &OldAddress, former: &Former<'_>) {
        let new = self.settings.base_url.clone();
        if !old.path.is_empty() && old.path != API {
            self.warn(format!(
                "The API was below {}; here it is below {API}. Set the basePath of your clients, or take it away.",
                old.path
            ));
        }
        if old.origin == new.origin() {
            return;
        }
        // The application's pages are where the server was, and call the API from there now.
        self.settings.trusted_origins.push(old.origin.clone());
        if former.has_tokens {
            // Who verifies tokens knows the old name; keys are looked up by their ids wherever they are published.
            self.settings.jwt.issuer = Some(old.origin.clone());
            self.settings.jwt.audience = vec![old.origin.clone()];
            let (old, new) = (&old.origin, new.origin());
            self.warn(format!(
                "Tokens keep the issuer and audience {old}. Services that verify them fetch the keys from \
                 {new}{API}/jwks now."
            ));
        }
        if former.brings_secret && (old.host != new.host() || old.is_secure != new.is_secure()) {
            self.stays_signed_in = false;
            let (old, new) = (&old.origin, new.origin());
            self.warn(format!(
                "Browsers do not send the cookies of {old} to {new}, so people sign in again. They stay signed in where \
                 the scheme and the host stay the same."
            ));
        }
        if former.has_passkeys {
            self.move_passkeys(old, new.host());
        }
    }

    /// WebAuthn L3 §5.1.2: a passkey works at the host that it was made for and at hosts below it.
    fn move_passkeys(&mut self, old: &OldAddress, host: &str) {
        self.settings.passkey.origins.push(old.origin.clone());
        if host == old.host || host.ends_with(&format!(".{}", old.host)) {
            self.settings.passkey.rp_id = Some(old.host.clone());
            return;
        }
        let (slug, old) = (&self.settings.app_name, &old.host);
        self.warn(format!(
            "Passkeys are bound to a host, here to {old} (Better Auth's rpID, unless it was set otherwise), and do not \
             work at {host}. People sign in with a code and make new ones. If the rpID was a parent of both, say so: \
             kiavi settings set {slug} passkey.rp_id=HOST."
        ));
    }

    /// `__Host-` would be another name than the cookies have that people bring along.
    fn keep_cookies(&mut self, former: &Former<'_>) {
        if self.stays_signed_in && std::mem::take(&mut self.settings.cookie.is_host_bound) {
            let slug = &self.settings.app_name;
            self.warn(format!(
                "Cookies keep their names (__Secure-). Once sessions of before have ended, bind them to the host: kiavi \
                 settings set {slug} cookie.is_host_bound=true."
            ));
        }
        if !former.brings_secret {
            self.warn(
                "The secret does not come along (--secret-file): everybody is signed out, provider tokens that were \
                 encrypted cannot be read, and a new key signs tokens."
                    .to_owned(),
            );
        }
    }

    fn tell_of_the_rest(&mut self, former: &Former<'_>) {
        let (slug, new) = (self.settings.app_name.clone(), self.settings.base_url.origin().to_owned());
        for provider in former.providers {
            self.warn(format!(
                "People sign in with {provider}. Set it up with the same client id (kiavi provider set {slug}), and \
                 register {new}{API}/callback/{provider} as redirect URI there."
            ));
        }
        let limit = self.settings.session.absolute_lifetime_seconds / 86_400;
        if self.stays_signed_in && former.oldest_session_days >= limit {
            let days = former.oldest_session_days;
            self.warn(format!(
                "A session ends {limit} days after the sign-in here, however much it is used, and the oldest began {days} \
                 days ago. If those people must not sign in again yet: kiavi settings set {slug} \
                 session.absolute_lifetime_seconds=34560000, before they arrive."
            ));
        }
        if former.has_passkeys {
            self.warn(format!(
                "A passkey needs a finger, face or PIN here (user verification). If yours are used without: kiavi \
                 settings set {slug} passkey.user_verification=preferred."
            ));
        }
        if former.has_tokens {
            self.warn(format!(
                "Tokens name the user and the session and nothing else. If services read further fields of the user: \
                 kiavi settings set {slug} jwt.has_all_user_fields=true."
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERYTHING: Former<'static> = Former {
        base_url: None,
        cookie_prefix: None,
        algorithm: Some("RS256"),
        brings_secret: true,
        has_passkeys: true,
        has_tokens: true,
        oldest_session_days: 0,
        providers: &[],
    };

    fn adopt(base_url: &str, former: Former<'_>) -> Adoption {
        Settings::adopting(&"shop".parse().unwrap(), base_url, former).unwrap()
    }

    fn tells(adoption: &Adoption, what: &str) -> bool {
        adoption.warnings.iter().any(|warning| warning.contains(what))
    }

    #[test]
    fn at_the_same_address_everything_stays() {
        let former = Former { base_url: Some("https://shop.example/api/auth"), ..EVERYTHING };
        let adoption = adopt("https://shop.example", former);
        let settings = &adoption.settings;
        assert!(adoption.stays_signed_in && !settings.cookie.is_host_bound);
        assert_eq!((settings.rp_id(), &settings.jwt.issuer), ("shop.example", &None));
        assert_eq!(settings.jwt.algorithm, TokenAlgorithm::Rs256);
        assert!(settings.trusted_origins.is_empty());
    }

    #[test]
    fn at_another_port_of_the_same_host_people_stay_and_tokens_keep_their_name() {
        let former = Former { base_url: Some("http://shop.localhost:3000"), ..EVERYTHING };
        let adoption = adopt("http://shop.localhost:8080", former);
        let settings = &adoption.settings;
        assert!(adoption.stays_signed_in);
        assert_eq!(settings.jwt.issuer.as_deref(), Some("http://shop.localhost:3000"));
        assert_eq!(settings.passkey.rp_id.as_deref(), Some("shop.localhost"));
        assert_eq!(settings.trusted_origins, ["http://shop.localhost:3000"]);
    }

    #[test]
    fn below_the_old_host_passkeys_stay_and_cookies_do_not() {
        let former = Former { base_url: Some("https://example.com"), ..EVERYTHING };
        let adoption = adopt("https://auth.example.com", former);
        assert_eq!(adoption.settings.rp_id(), "example.com");
        assert!(!adoption.stays_signed_in && adoption.settings.cookie.is_host_bound);
        assert!(tells(&adoption, "people sign in again") && !tells(&adoption, "bound to a host"));
    }

    #[test]
    fn elsewhere_passkeys_are_lost_and_that_is_said() {
        let providers = ["github".to_owned()];
        let former =
            Former { base_url: Some("https://old.example/auth"), providers: &providers, ..EVERYTHING };
        let adoption = adopt("https://new.example", former);
        assert_eq!(adoption.settings.rp_id(), "new.example");
        for what in ["bound to a host", "basePath", "https://new.example/api/auth/callback/github"] {
            assert!(tells(&adoption, what), "{what}: {:#?}", adoption.warnings);
        }
    }

    #[test]
    fn without_the_secret_everybody_is_signed_out() {
        let former = Former { brings_secret: false, cookie_prefix: Some("shop"), ..EVERYTHING };
        let adoption = adopt("http://shop.localhost:8080", former);
        assert!(!adoption.stays_signed_in && tells(&adoption, "signed out"));
        assert_eq!(adoption.settings.cookie.prefix, "shop");
    }

    #[test]
    fn sessions_that_are_too_old_here_are_told_of() {
        let adopt = |days| adopt("http://shop.localhost", Former { oldest_session_days: days, ..EVERYTHING });
        assert!(
            tells(&adopt(30), "absolute_lifetime_seconds") && !tells(&adopt(29), "absolute_lifetime_seconds")
        );
    }

    #[test]
    fn an_old_address_that_is_none_is_refused() {
        for base_url in ["shop", "ftp://shop.example", "http://"] {
            let former = Former { base_url: Some(base_url), ..Former::default() };
            let adopted = Settings::adopting(&"shop".parse().unwrap(), "http://shop.localhost", former);
            assert!(adopted.is_err(), "{base_url}");
        }
    }
}
