//! The parts of the document, with their defaults.

use std::{ops::RangeInclusive, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long sessions live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SessionSettings {
    /// Life without use.
    pub expires_in_seconds: u32,
    /// A session is extended when it was last extended at least this long ago.
    pub update_age_seconds: u32,
    /// Sensitive operations want a session younger than this; 0 turns that off.
    pub fresh_age_seconds: u32,
    /// Life from sign-in, however much it is used (ASVS 5.0 §7.3.2).
    pub absolute_lifetime_seconds: u32,
    /// `GET /get-session` never writes; the client then sends a `POST`.
    pub is_refresh_deferred: bool,
    /// Session checks are answered from memory while the engine is the database's one writer. Off: each reads the
    /// database.
    pub is_kept_in_memory: bool,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            expires_in_seconds: 7 * 86_400,
            update_age_seconds: 86_400,
            fresh_age_seconds: 86_400,
            absolute_lifetime_seconds: 30 * 86_400,
            is_refresh_deferred: false,
            is_kept_in_memory: true,
        }
    }
}

/// How cookies are named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CookieSettings {
    /// The first part of every name.
    pub prefix: String,
    /// Over HTTPS: `__Host-` instead of `__Secure-`, so that a neighbour under the same parent domain can plant
    /// no cookie (RFC 6265bis §4.1.3.2).
    pub is_host_bound: bool,
}

impl Default for CookieSettings {
    fn default() -> Self {
        Self { prefix: "better-auth".to_owned(), is_host_bound: false }
    }
}

/// One-time codes by e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EmailOtpSettings {
    /// Digits.
    pub length: u8,
    /// Life of a code.
    pub expires_in_seconds: u32,
    /// Wrong tries that one code survives.
    pub allowed_attempts: u8,
    /// Wrong tries that one address survives, however many codes are sent. A right code starts it anew
    /// (NIST SP 800-63B-4 §3.2.2 counts consecutive failures).
    pub guesses: Rate,
    /// Whether a signed-in user may move to another address by a code sent there.
    pub is_change_email_enabled: bool,
}

impl Default for EmailOtpSettings {
    fn default() -> Self {
        Self {
            length: 6,
            expires_in_seconds: 300,
            allowed_attempts: 3,
            guesses: Rate { limit: 10, window_seconds: 12 * 3600 },
            is_change_email_enabled: false,
        }
    }
}

/// What a passkey ceremony asks of the authenticator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserVerification {
    /// Biometry, PIN or the like, always.
    #[default]
    Required,
    /// Where the authenticator can.
    Preferred,
}

/// What a passkey means to the other ways of signing in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PasskeyPolicy {
    /// A passkey is one way among others; those who have none are offered one.
    #[default]
    Preferred,
    /// Whoever has a passkey signs in with it and with nothing else; those who have none must make one.
    Required,
}

/// A day: whoever reads their mail once a day hears of it in time.
const RECOVERY_WAIT: u32 = 24 * 3600;
/// The longest wait, in seconds: 30 days.
const MAX_RECOVERY_WAIT: u32 = 30 * 24 * 3600;

/// Passkeys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PasskeySettings {
    /// The relying party id; the host of the base URL if absent.
    pub rp_id: Option<String>,
    /// Origins whose ceremonies count, besides that of the base URL.
    pub origins: Vec<String>,
    /// User verification.
    pub user_verification: UserVerification,
    /// Whether mail is a way around a passkey.
    pub policy: PasskeyPolicy,
    /// Whether somebody without a session may make an account with a passkey alone, naming an address that
    /// nobody has proved. Needs an open sign-up too, and tells whether an address is taken.
    pub allows_sign_up: bool,
    /// How long after a sign-in by mail of somebody who has passkeys these stay theirs, 0 to 2,592,000 seconds: until then
    /// nobody but an operator removes them, and their owner, who is told by mail (`notices.passkeys`), ends it by signing in
    /// with one. 0 lets them be removed at once.
    pub recovery_wait_seconds: u32,
}

impl Default for PasskeySettings {
    fn default() -> Self {
        Self {
            rp_id: None,
            origins: Vec::new(),
            user_verification: UserVerification::default(),
            policy: PasskeyPolicy::default(),
            allows_sign_up: false,
            recovery_wait_seconds: RECOVERY_WAIT,
        }
    }
}

impl PasskeySettings {
    /// Whether the wait is one that a tenant may have.
    pub fn has_sane_wait(&self) -> bool {
        self.recovery_wait_seconds <= MAX_RECOVERY_WAIT
    }
}

/// So many in so long: `limit` at once, then evenly spread over the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many.
    pub limit: u32,
    /// In how many seconds.
    pub window_seconds: u32,
}

impl Rate {
    /// Whether a limit may have it: 1 to 1,000,000 uses in 1 s to 1 d.
    pub fn is_sane(self) -> bool {
        (1..=1_000_000).contains(&self.limit) && (1..=86_400).contains(&self.window_seconds)
    }

    /// The time that one use costs.
    pub fn interval(self) -> Duration {
        Duration::from_secs(self.window_seconds.into()) / self.limit.max(1)
    }

    /// How far ahead of the clock the paid-for time may run before a use is refused.
    pub fn tolerance(self) -> Duration {
        Duration::from_secs(self.window_seconds.into()).saturating_sub(self.interval())
    }
}

/// Limits. `null` switches one off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RateLimits {
    /// Any path, by network and path; kept in memory.
    pub general: Option<Rate>,
    /// `GET /get-session`, by network. Off by default: servers check sessions for many visitors from one
    /// address, and a check costs one read.
    pub session_check: Option<Rate>,
    /// Codes sent to one address.
    pub code_send_per_address: Option<Rate>,
    /// Codes asked for from one network.
    pub code_send_per_network: Option<Rate>,
    /// Codes asked for of the tenant as a whole: what its mails may cost, however many networks ask.
    pub code_send_per_tenant: Option<Rate>,
    /// Codes tried from one network.
    pub code_check_per_network: Option<Rate>,
    /// Codes tried at the tenant as a whole. Passkeys and links are not counted: who cannot be guessed need not wait.
    pub code_check_per_tenant: Option<Rate>,
    /// Answers to captchas from one network.
    pub captcha_per_network: Option<Rate>,
    /// Passkey assertions on one credential.
    pub passkey_per_credential: Option<Rate>,
    /// Passkey ceremonies started or finished from one network.
    pub passkey_per_network: Option<Rate>,
    /// Passkey ceremonies under way at the tenant as a whole, each for five minutes at most: 100 to 1,000,000. Beyond it the
    /// oldest end, and if all are younger than a minute no further one begins.
    pub passkey_challenges_per_tenant: u32,
    /// The same for sign-ins with providers, each for ten minutes at most.
    pub provider_states_per_tenant: u32,
}

impl RateLimits {
    /// How many rows that anybody can make a tenant may have room for: enough for its sign-ins, and an end.
    pub(super) const ROOM: RangeInclusive<u32> = 100..=1_000_000;
}

impl Default for RateLimits {
    fn default() -> Self {
        let rate = |limit, window_seconds| Some(Rate { limit, window_seconds });
        Self {
            general: rate(100, 10),
            session_check: None,
            code_send_per_address: rate(10, 900),
            code_send_per_network: rate(100, 600),
            code_send_per_tenant: rate(600, 600),
            code_check_per_network: rate(100, 600),
            code_check_per_tenant: rate(3_000, 600),
            captcha_per_network: rate(100, 600),
            passkey_per_credential: rate(10, 300),
            passkey_per_network: rate(100, 60),
            passkey_challenges_per_tenant: 100_000,
            provider_states_per_tenant: 50_000,
        }
    }
}

/// Each switch trades a protection for Better Auth's exact behaviour.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Compatibility {
    /// `/list-sessions` returns usable tokens instead of handles.
    pub lists_session_tokens: bool,
    /// Signing in again in one browser leaves its earlier session alive.
    pub keeps_replaced_session: bool,
    /// Passkeys and API keys made under an address before anybody proved it stay when its owner proves it.
    pub keeps_unproven_passkeys: bool,
    /// A request that acts by an API key passes where a recent sign-in is asked for, and may make, change and remove
    /// API keys: whoever finds a key can then make means of access that outlive it.
    pub api_keys_are_fresh_sign_ins: bool,
    /// Links in mails do what they are for as soon as they are opened, be it by a scanner.
    pub links_act_on_get: bool,
}
