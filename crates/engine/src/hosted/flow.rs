//! What a sign-in carries from page to page, and the decisions of the pages.

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use kiavi_base::Rng;
use kiavi_crypto::SealingKey;
use kiavi_pages::Notice;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::email::Moving;
use crate::ApiError;

/// How long a sign-in may take from page to page.
pub(super) const FLOW_LIFE: SignedDuration = SignedDuration::from_hours(1);
/// Seconds after a code until the page offers another one.
const RESEND_PAUSE: i64 = 30;
/// Days that a declined offer of a passkey stays away.
const OFFER_PAUSE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Offers after which no more come.
const OFFER_LIMIT: u8 = 3;
/// Characters of a typed address that are shown again.
const ADDRESS_LIMIT: usize = 254;
/// Characters of a name.
pub(super) const NAME_LIMIT: usize = 100;
/// Bytes of a redirect target that the cookie can carry.
const TARGET_LIMIT: usize = 1_024;

/// The sealed cookie between the pages of a sign-in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Flow {
    /// The address that was typed.
    pub(super) email: Option<String>,
    /// When its code was asked for; `None` while there is none.
    pub(super) asked_at: Option<Timestamp>,
    /// Where to go in the end.
    pub(super) next: Option<String>,
    /// What the next page has to tell.
    pub(super) notice: Option<Notice>,
    /// Whether the code is asked for to link what waits ([`crate::social::pending`]).
    #[serde(default)]
    pub(super) connects: bool,
    /// The address that somebody who is signed in is moving to.
    #[serde(default)]
    pub(super) moving: Option<Moving>,
}

impl Flow {
    /// The address that a code was asked for.
    pub(super) fn address(&self) -> Option<&str> {
        self.asked_at.and(self.email.as_deref())
    }

    /// Remembers what was typed, though it is no address.
    pub(super) fn keep_typed(&mut self, typed: &str) {
        self.email = Some(typed.chars().take(ADDRESS_LIMIT).collect());
        self.asked_at = None;
    }

    /// Seconds until the page offers another code.
    pub(super) fn resend_seconds(&self, now: Timestamp) -> u32 {
        self.asked_at.map_or(0, |at| resend_seconds(at, now))
    }
}

/// Seconds until a page offers another code than the one that was asked for at `asked_at`.
pub(super) fn resend_seconds(asked_at: Timestamp, now: Timestamp) -> u32 {
    u32::try_from(RESEND_PAUSE - now.duration_since(asked_at).as_secs().max(0)).unwrap_or(0)
}

/// Offers of a passkey that were declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Declined {
    /// How many.
    pub(super) count: u8,
    /// The last one.
    pub(super) at: Timestamp,
}

impl Declined {
    /// One more.
    pub(super) fn again(earlier: Option<Self>, now: Timestamp) -> Self {
        Self { count: earlier.map_or(0, |declined| declined.count).saturating_add(1), at: now }
    }
}

/// Whether to offer a passkey.
pub(super) fn is_offer_due(has_passkey: bool, declined: Option<Declined>, now: Timestamp) -> bool {
    let wants_rest =
        |declined: Declined| declined.count >= OFFER_LIMIT || now.duration_since(declined.at) < OFFER_PAUSE;
    !has_passkey && !declined.is_some_and(wants_rest)
}

/// A sealed cookie of the pages. What is in it is bound to its use: one cookie's value is noise in another.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cookie {
    /// [`Flow`].
    Flow,
    /// [`Declined`].
    Offer,
    /// The address of a returning device.
    Returning,
    /// The token of a link by which somebody begins to act as a user.
    Acting,
}

impl Cookie {
    /// The name behind the tenant's prefix.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Flow => "hosted_flow",
            Self::Offer => "hosted_offer",
            Self::Returning => "hosted_returning",
            Self::Acting => "hosted_acting",
        }
    }
}

/// A sealed value and when it stops to count.
#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    until: Timestamp,
    value: T,
}

/// Seals a value for a cookie until `until`; an empty text if it cannot be written, which opens as nothing.
pub(super) fn seal<T: Serialize>(
    key: &SealingKey,
    rng: &dyn Rng,
    cookie: Cookie,
    value: &T,
    until: Timestamp,
) -> String {
    let json = serde_json::to_vec(&Sealed { until, value }).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(key.seal(rng, cookie.name().as_bytes(), &json))
}

/// The value of a cookie that is ours, of this kind, and not too old.
pub(super) fn open<T: DeserializeOwned>(
    key: &SealingKey,
    cookie: Cookie,
    text: &str,
    now: Timestamp,
) -> Option<T> {
    let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
    let json = key.open(cookie.name().as_bytes(), &sealed).ok()?;
    let opened: Sealed<T> = serde_json::from_slice(&json).ok()?;
    (now < opened.until).then_some(opened.value)
}

/// The target of a redirect if the cookie can carry it.
pub(super) fn bounded_target(target: &str) -> Option<&str> {
    Some(target).filter(|target| !target.is_empty() && target.len() <= TARGET_LIMIT)
}

/// A typed code without what people and mail programs put between its digits.
pub(super) fn digits(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}

/// A name as it is kept, if it may be one: trimmed, of at most [`NAME_LIMIT`] characters, on one line.
pub(super) fn name(typed: &str) -> Option<&str> {
    let name = typed.trim();
    (name.chars().count() <= NAME_LIMIT && !name.chars().any(char::is_control)).then_some(name)
}

/// What a refusal tells on a page; faults of our own have a page to themselves.
pub(super) fn notice(error: ApiError) -> Result<Notice, ApiError> {
    if let Some(seconds) = error.retry_after_seconds() {
        return Ok(Notice::RateLimited(u32::try_from(seconds).unwrap_or(u32::MAX)));
    }
    match (error.status(), error.code()) {
        (_, Some("INVALID_OTP")) => Ok(Notice::CodeWrong),
        (_, Some("INVALID_TOKEN")) => Ok(Notice::LinkExpired),
        (_, Some("new_user_signup_disabled")) => Ok(Notice::SignUpClosed),
        (_, Some("OTP_EXPIRED")) => Ok(Notice::CodeExpired),
        (_, Some("TOO_MANY_ATTEMPTS")) => Ok(Notice::CodeTries),
        (_, Some("BANNED_USER")) => Ok(Notice::Suspended),
        (_, Some("MISSING_RESPONSE" | "VERIFICATION_FAILED")) => Ok(Notice::CaptchaFailed),
        (_, Some("PASSKEY_REQUIRED")) => Ok(Notice::PasskeyRequired),
        (_, Some("INVALID_EMAIL")) => Ok(Notice::EmailInvalid),
        (_, Some("VALIDATION_ERROR")) => Ok(Notice::NameInvalid),
        (_, Some("LAST_SIGN_IN_METHOD")) => Ok(Notice::PasskeyLast),
        (_, Some("RECOVERY_WAIT")) => Ok(Notice::PasskeyHeld),
        (_, Some("PASSKEY_NOT_FOUND")) => Ok(Notice::PasskeyGone),
        (_, Some("SESSION_NOT_FRESH" | "SESSION_EXPIRED")) => Ok(Notice::SignInAgain),
        (_, Some("FAILED_TO_UNLINK_LAST_ACCOUNT")) => Ok(Notice::AccountLast),
        (_, Some("ACCOUNT_NOT_FOUND")) => Ok(Notice::AccountGone),
        (_, Some("PROVIDER_UNAVAILABLE")) => Ok(Notice::ProviderFailed),
        (StatusCode::UNAUTHORIZED, Some("UNAUTHORIZED")) => Ok(Notice::SessionEnded),
        (StatusCode::TOO_MANY_REQUESTS, _) => Ok(Notice::TooMany),
        (status, _) if status.is_client_error() => Ok(Notice::Unexpected),
        _ => Err(error),
    }
}

/// What a failure's code in a URL tells on a page.
pub(super) fn notice_of_failure(code: &str) -> Notice {
    match code {
        "state_mismatch" | "state_not_found" => Notice::FlowExpired,
        "access_denied" | "user_cancelled_login" | "user_cancelled_authorize" => Notice::ProviderDenied,
        "account_not_linked" => Notice::AccountConflict,
        "unable_to_link_account" => Notice::AccountUnable,
        "email_does_not_match" => Notice::AccountOtherEmail,
        "account_already_linked_to_different_user" => Notice::AccountTaken,
        "email_not_verified" | "email_not_found" => Notice::ProviderUnverified,
        "signup_disabled" => Notice::SignUpClosed,
        "BANNED_USER" => Notice::Suspended,
        "PASSKEY_REQUIRED" => Notice::PasskeyRequired,
        "no_code"
        | "invalid_code"
        | "issuer_mismatch"
        | "nonce_binding_missing"
        | "unable_to_get_user_info"
        | "oauth_provider_not_found"
        | "temporarily_unavailable"
        | "server_error" => Notice::ProviderFailed,
        _ => Notice::Unexpected,
    }
}

#[cfg(test)]
mod tests {
    use kiavi_base::SeededRng;
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "2026-06-15T12:00:00Z".parse().unwrap()
    }

    fn after(seconds: i64) -> Timestamp {
        now().checked_add(SignedDuration::from_secs(seconds)).unwrap()
    }

    #[test]
    fn a_new_code_is_offered_after_a_pause() {
        let flow = Flow { asked_at: Some(now()), ..Flow::default() };
        for (seconds, left) in [(0, 30), (29, 1), (30, 0), (9_000, 0), (-100, 30)] {
            assert_eq!(flow.resend_seconds(after(seconds)), left);
        }
        assert_eq!(Flow::default().resend_seconds(now()), 0);
    }

    #[test]
    fn a_declined_offer_rests_and_the_third_was_the_last() {
        let day = 86_400;
        assert!(is_offer_due(false, None, now()));
        assert!(!is_offer_due(true, None, now()));
        let mut declined = Declined::again(None, now());
        assert!(!is_offer_due(false, Some(declined), after(29 * day)));
        assert!(is_offer_due(false, Some(declined), after(30 * day)));
        for _ in 0..2 {
            declined = Declined::again(Some(declined), now());
        }
        assert!(!is_offer_due(false, Some(declined), after(3_000 * day)));
    }

    #[test]
    fn a_cookie_counts_for_its_use_its_key_and_its_time() {
        let (key, other) = (SealingKey::new(&[1; 32]), SealingKey::new(&[2; 32]));
        let rng = SeededRng::new(1);
        let flow = Flow { email: Some("a@example.com".into()), ..Flow::default() };
        let text = seal(&key, &rng, Cookie::Flow, &flow, after(60));
        assert_eq!(open(&key, Cookie::Flow, &text, after(59)), Some(flow));
        assert_eq!(open::<Flow>(&key, Cookie::Flow, &text, after(60)), None);
        assert_eq!(open::<Flow>(&other, Cookie::Flow, &text, now()), None);
        assert_eq!(open::<Flow>(&key, Cookie::Returning, &text, now()), None);
        assert!(!text.contains("example"));
    }

    #[test]
    fn a_code_may_be_typed_in_groups() {
        assert_eq!(digits(" 123 456\n"), "123456");
        assert_eq!(digits("123-456"), "123456");
    }

    proptest! {
        #[test]
        fn no_cookie_panics(text in ".{0,200}") {
            prop_assert_eq!(open::<Flow>(&SealingKey::new(&[1; 32]), Cookie::Flow, &text, now()), None);
        }

        #[test]
        fn a_kept_name_is_one_short_line(typed in "\\PC{0,120}|.{0,120}") {
            if let Some(name) = name(&typed) {
                prop_assert!(name.chars().count() <= NAME_LIMIT && !name.contains(['\n', '\0']));
            }
        }
    }
}
