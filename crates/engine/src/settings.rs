//! One tenant's settings: a versioned document, refused as a whole when any part of it is wrong.

mod adopt;
mod parts;
mod schema;

use std::collections::BTreeSet;

use kiavi_base::{Hostname, Locale, Slug};
use kiavi_http::{ForwardedHeader, TrustedOrigins, TrustedProxies};
use kiavi_pages::{Branding, BrandingFault};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    AbuseSettings, ApiKeySettings, EgressSettings, JwtSettings, SocialSettings,
    account::AccountSettings,
    analytics::AnalyticsSettings,
    audit::AuditSettings,
    bearer::BearerSettings,
    console::ConsoleSettings,
    last_login_method::LastLoginMethodSettings,
    magic_link::MagicLinkSettings,
    mail::{MailSettings, NoticeSettings, TemplateError},
    multi_session::MultiSessionSettings,
    one_time_token::OneTimeTokenSettings,
    user::UserSettings,
    webhook::WebhookSettings,
};

pub use crate::admin::AdminSettings;
pub use adopt::{Adoption, Former};
pub use parts::{
    Compatibility, CookieSettings, EmailOtpSettings, PasskeyPolicy, PasskeySettings, Rate, RateLimits,
    SessionSettings, UserVerification,
};
pub use schema::settings_schema;

/// The version of the document that this program reads and writes.
pub const SETTINGS_VERSION: u32 = 1;

/// Everything that one tenant may decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The version of this kind of document: 1.
    pub version: u32,
    /// The origin that links in mail and cookie rules are built from.
    pub base_url: BaseUrl,
    /// The names the engine answers to; always contains that of `base_url`.
    #[schemars(with = "BTreeSet<String>")]
    pub hostnames: BTreeSet<Hostname>,
    /// Names it had before: they lead to `base_url`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(with = "BTreeSet<String>")]
    pub former_hostnames: BTreeSet<Hostname>,
    /// The application's name on pages and in mails.
    pub app_name: String,
    /// BCP 47 tag of the language used when a visitor prefers none of ours.
    #[serde(default = "english")]
    pub default_locale: String,
    /// The look of the pages and mails.
    #[serde(default)]
    pub branding: Branding,
    /// Whether an unknown address may become a user.
    #[serde(default = "yes")]
    pub is_sign_up_open: bool,
    /// Sessions.
    #[serde(default)]
    pub session: SessionSettings,
    /// Cookies.
    #[serde(default)]
    pub cookie: CookieSettings,
    /// Further origins whose pages may call the API, as exact origins or globs.
    #[serde(default)]
    pub trusted_origins: Vec<String>,
    /// Reverse proxies of the tenant's own, as addresses or CIDR blocks: they are believed about whom a request came from,
    /// beside those of the instance.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub trusted_proxies: TrustedProxies,
    /// The header in which reverse proxies tell it: `x-forwarded-for` or `forwarded` (RFC 7239). The other is not read.
    /// Where the instance has reverse proxies, theirs counts.
    #[serde(default)]
    #[schemars(with = "String")]
    pub forwarded_header: ForwardedHeader,
    /// One-time codes.
    #[serde(default)]
    pub email_otp: EmailOtpSettings,
    /// Passkeys.
    #[serde(default)]
    pub passkey: PasskeySettings,
    /// API keys.
    #[serde(default)]
    pub api_key: ApiKeySettings,
    /// JSON Web Tokens.
    #[serde(default)]
    pub jwt: JwtSettings,
    /// Servers outside.
    #[serde(default)]
    pub egress: EgressSettings,
    /// Users.
    #[serde(default)]
    pub user: UserSettings,
    /// Linked accounts.
    #[serde(default)]
    pub account: AccountSettings,
    /// Sessions in the `Authorization` header.
    #[serde(default)]
    pub bearer: BearerSettings,
    /// Several sessions in one browser.
    #[serde(default)]
    pub multi_session: MultiSessionSettings,
    /// Remembering in the browser how it signed in last.
    #[serde(default)]
    pub last_login_method: LastLoginMethodSettings,
    /// Tokens that carry a session elsewhere.
    #[serde(default)]
    pub one_time_token: OneTimeTokenSettings,
    /// Sign-in links by e-mail.
    #[serde(default)]
    pub magic_link: MagicLinkSettings,
    /// Administrators, bans and impersonation.
    #[serde(default)]
    pub admin: AdminSettings,
    /// Whom mail comes from and what it says.
    #[serde(default)]
    pub mail: MailSettings,
    /// What people are told by mail about their accounts.
    #[serde(default)]
    pub notices: NoticeSettings,
    /// Limits.
    #[serde(default)]
    pub rate_limits: RateLimits,
    /// Signing in with other providers.
    #[serde(default)]
    pub social: SocialSettings,
    /// Lists and the captcha.
    #[serde(default)]
    pub abuse: AbuseSettings,
    /// Events as they happen, for servers of the tenant's own.
    #[serde(default)]
    pub webhooks: WebhookSettings,
    /// The audit log.
    #[serde(default)]
    pub audit: AuditSettings,
    /// Figures.
    #[serde(default)]
    pub analytics: AnalyticsSettings,
    /// The management console whose people sign in here.
    #[serde(default)]
    pub console: ConsoleSettings,
    /// Where to behave as Better Auth does although it is the weaker choice.
    #[serde(default)]
    pub compatibility: Compatibility,
}

/// `scheme://host[:port]`, http or https, nothing after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct BaseUrl {
    origin: String,
    host: String,
}

impl BaseUrl {
    /// The origin, without a trailing slash.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The host without the port: the default relying party id of passkeys.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether browsers reach the tenant over HTTPS.
    pub fn is_secure(&self) -> bool {
        self.origin.starts_with("https://")
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = SettingsError;

    fn try_from(text: String) -> Result<Self, SettingsError> {
        let invalid = || SettingsError::Invalid("base_url", "must be an http or https origin without a path");
        let url = Url::parse(&text).map_err(|_| invalid())?;
        let origin = url.origin().ascii_serialization();
        let host = url.host_str().ok_or_else(invalid)?.to_owned();
        let is_bare = text.trim_end_matches('/').eq_ignore_ascii_case(&origin);
        if matches!(url.scheme(), "http" | "https") && is_bare {
            Ok(Self { origin, host })
        } else {
            Err(invalid())
        }
    }
}

impl From<BaseUrl> for String {
    fn from(url: BaseUrl) -> Self {
        url.origin
    }
}

/// Why a document was refused.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Not JSON, an unknown key, or a value of the wrong type.
    #[error("the settings cannot be read: {0}")]
    Document(#[from] serde_json::Error),
    /// A text for mails that cannot be sent.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A look that cannot be shown.
    #[error(transparent)]
    Branding(#[from] BrandingFault),
    /// A value that makes no sense.
    #[error("{0} {1}")]
    Invalid(&'static str, &'static str),
}

fn english() -> String {
    Locale::En.tag().to_owned()
}

fn yes() -> bool {
    true
}

impl Settings {
    /// Settings with every default for a tenant called `slug` at `base_url`. Over HTTPS its cookies are bound to
    /// its host, because a slug's hostname has neighbours.
    ///
    /// # Errors
    /// When `base_url` is not an origin with a DNS name.
    pub fn for_slug(slug: &Slug, base_url: &str) -> Result<Self, SettingsError> {
        let base_url = BaseUrl::try_from(base_url.to_owned())?;
        let host = base_url
            .host()
            .parse()
            .map_err(|_| SettingsError::Invalid("base_url", "must have a DNS name"))?;
        let settings = Self {
            version: SETTINGS_VERSION,
            hostnames: BTreeSet::from([host]),
            former_hostnames: BTreeSet::new(),
            app_name: slug.to_string(),
            default_locale: english(),
            branding: Branding::default(),
            is_sign_up_open: true,
            session: SessionSettings::default(),
            cookie: CookieSettings { is_host_bound: base_url.is_secure(), ..CookieSettings::default() },
            trusted_origins: Vec::new(),
            trusted_proxies: TrustedProxies::default(),
            forwarded_header: ForwardedHeader::default(),
            email_otp: EmailOtpSettings::default(),
            passkey: PasskeySettings::default(),
            api_key: ApiKeySettings::default(),
            jwt: JwtSettings::default(),
            egress: EgressSettings::default(),
            user: UserSettings::default(),
            account: AccountSettings::default(),
            bearer: BearerSettings::default(),
            multi_session: MultiSessionSettings::default(),
            last_login_method: LastLoginMethodSettings::default(),
            one_time_token: OneTimeTokenSettings::default(),
            magic_link: MagicLinkSettings::default(),
            admin: AdminSettings::default(),
            mail: MailSettings::default(),
            notices: NoticeSettings::default(),
            rate_limits: RateLimits::default(),
            social: SocialSettings::default(),
            abuse: AbuseSettings::default(),
            webhooks: WebhookSettings::default(),
            audit: AuditSettings::default(),
            analytics: AnalyticsSettings::default(),
            console: ConsoleSettings::default(),
            compatibility: Compatibility::default(),
            base_url,
        };
        settings.validate().map(|()| settings)
    }

    /// Reads and validates a document.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn from_json(json: &[u8]) -> Result<Self, SettingsError> {
        let settings: Self = serde_json::from_slice(json)?;
        settings.validate().map(|()| settings)
    }

    /// The language for visitors who prefer none of ours.
    pub fn locale(&self) -> Locale {
        Locale::from_tag(&self.default_locale).unwrap_or_default()
    }

    /// The language of a visitor: the one that they chose, else the one of ours that their browser prefers, else the
    /// tenant's own; always one that the tenant offers.
    pub fn locale_for(&self, chosen: Option<&str>, accept_language: Option<&str>) -> Locale {
        let offered = self.branding.locales();
        let chosen = chosen.and_then(Locale::from_tag).filter(|locale| offered.contains(locale));
        let preferred = || Locale::preferred(accept_language?, &offered);
        chosen.or_else(preferred).unwrap_or_else(|| self.locale())
    }

    /// The relying party id of passkeys.
    pub fn rp_id(&self) -> &str {
        self.passkey.rp_id.as_deref().unwrap_or(self.base_url.host())
    }

    /// Whether the tenant answers to this name, or did before.
    pub fn has_host(&self, host: &str) -> bool {
        self.hostnames.iter().chain(&self.former_hostnames).any(|name| name.as_str() == host)
    }

    /// Checks everything that types cannot.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let check =
            |holds: bool, key, rule| if holds { Ok(()) } else { Err(SettingsError::Invalid(key, rule)) };
        let own = self.hostnames.iter().any(|name| name.as_str() == self.base_url.host());
        check(self.version == SETTINGS_VERSION, "version", "is not one that this program reads")?;
        check(own, "hostnames", "must contain the host of base_url")?;
        check(
            self.former_hostnames.is_disjoint(&self.hostnames),
            "former_hostnames",
            "must not be served as well",
        )?;
        let rule = "must not hold everybody: anyone could choose the address that limits count";
        check(!self.trusted_proxies.is_everybody(), "trusted_proxies", rule)?;
        let name_length = self.app_name.chars().count();
        let is_plain = !self.app_name.chars().any(char::is_control);
        check(
            (1..=64).contains(&name_length) && is_plain,
            "app_name",
            "must be 1 to 64 printable characters",
        )?;
        check(
            Locale::from_tag(&self.default_locale).is_some(),
            "default_locale",
            "is not a language of ours",
        )?;
        self.branding.validate(self.locale())?;
        let session = &self.session;
        check(
            (60..=34_560_000).contains(&session.expires_in_seconds),
            "session.expires_in_seconds",
            "is not 60 s to 400 d",
        )?;
        check(
            session.update_age_seconds <= session.expires_in_seconds,
            "session.update_age_seconds",
            "exceeds the lifetime",
        )?;
        check(
            session.absolute_lifetime_seconds >= session.expires_in_seconds,
            "session.absolute_lifetime_seconds",
            "is below the lifetime",
        )?;
        let prefix = &self.cookie.prefix;
        let is_token = prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        check(
            is_token && (1..=64).contains(&prefix.len()),
            "cookie.prefix",
            "must be 1 to 64 letters, digits, - _ .",
        )?;
        let code = &self.email_otp;
        check((6..=10).contains(&code.length), "email_otp.length", "must be 6 to 10")?;
        check(
            (30..=600).contains(&code.expires_in_seconds),
            "email_otp.expires_in_seconds",
            "is not 30 s to 10 min",
        )?;
        check((1..=10).contains(&code.allowed_attempts), "email_otp.allowed_attempts", "must be 1 to 10")?;
        let origins = TrustedOrigins::new(self.base_url.origin(), Vec::new()).is_ok();
        check(origins, "base_url", "must be an http or https origin")?;
        let is_narrow =
            |pattern: &String| !matches!(pattern.as_str(), "*" | "*://*" | "http://*" | "https://*");
        check(self.trusted_origins.iter().all(is_narrow), "trusted_origins", "must not trust every origin")?;
        self.jwt.validate()?;
        self.abuse.validate()?;
        self.webhooks.validate()?;
        self.audit.validate()?;
        self.analytics.validate()?;
        self.mail.validate()?;
        self.validate_egress()?;
        self.validate_plugins()?;
        self.admin.validate()?;
        self.social.validate()?;
        self.validate_passkey_and_rates()
    }

    /// Whether an engine may owe somebody something although nobody asks it for anything.
    pub fn owes(&self) -> bool {
        self.webhooks.is_in_use() || self.audit.streams.iter().any(|stream| stream.is_enabled)
    }

    fn validate_plugins(&self) -> Result<(), SettingsError> {
        for (holds, key, rule) in [
            (
                (300..=604_800).contains(&self.user.deletion_link_expires_in_seconds),
                "user.deletion_link_expires_in_seconds",
                "is not 5 min to 7 d",
            ),
            (
                (1..=20).contains(&self.multi_session.maximum_sessions),
                "multi_session.maximum_sessions",
                "must be 1 to 20",
            ),
            (
                self.last_login_method.is_valid(),
                "last_login_method.cookie_name",
                "must be 1 to 64 letters, digits, - _ . and not start with __",
            ),
            (
                (10..=600).contains(&self.one_time_token.expires_in_seconds),
                "one_time_token.expires_in_seconds",
                "is not 10 s to 10 min",
            ),
            (
                (60..=3_600).contains(&self.magic_link.expires_in_seconds),
                "magic_link.expires_in_seconds",
                "is not 1 min to 1 h",
            ),
        ] {
            if !holds {
                return Err(SettingsError::Invalid(key, rule));
            }
        }
        Ok(())
    }

    fn validate_passkey_and_rates(&self) -> Result<(), SettingsError> {
        let host = self.base_url.host();
        let id = self.rp_id();
        // WebAuthn L3 §5.1.2: the id is a registrable suffix of, or equal to, the origin's effective domain.
        if host != id && !host.ends_with(&format!(".{id}")) {
            return Err(SettingsError::Invalid(
                "passkey.rp_id",
                "must be the host of base_url or a parent of it",
            ));
        }
        if !self.passkey.has_sane_wait() {
            return Err(SettingsError::Invalid("passkey.recovery_wait_seconds", "must be 0 to 2,592,000"));
        }
        self.api_key.validate()?;
        let limits = &self.rate_limits;
        for (room, key) in [
            (limits.passkey_challenges_per_tenant, "rate_limits.passkey_challenges_per_tenant"),
            (limits.provider_states_per_tenant, "rate_limits.provider_states_per_tenant"),
        ] {
            if !RateLimits::ROOM.contains(&room) {
                return Err(SettingsError::Invalid(key, "must be 100 to 1,000,000"));
            }
        }
        let [key_requests, unknown_keys] = self.api_key.rates();
        let all = [
            limits.general,
            limits.session_check,
            limits.code_send_per_address,
            limits.code_send_per_network,
            limits.code_send_per_tenant,
            limits.code_check_per_network,
            limits.code_check_per_tenant,
            limits.captcha_per_network,
            limits.passkey_per_credential,
            limits.passkey_per_network,
            Some(self.email_otp.guesses),
            key_requests,
            unknown_keys,
            Some(self.one_time_token.per_user),
        ];
        if all.into_iter().flatten().all(Rate::is_sane) {
            Ok(())
        } else {
            Err(SettingsError::Invalid("rate_limits", "have 1 to 1,000,000 uses in 1 s to 1 d"))
        }
    }
}

#[cfg(test)]
mod tests;
