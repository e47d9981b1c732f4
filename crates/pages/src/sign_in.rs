//! Signing in: the address, the code, the offer of a passkey.

use askama::Template;

use crate::{Frame, Notice};

/// What a form asks for before it sends a code.
#[derive(Debug, Clone)]
pub enum Captcha {
    /// Work that a script of ours does when the form is sent.
    ProofOfWork {
        /// The path of the challenge.
        challenge: String,
    },
    /// A widget that another site's script puts here. The page then needs a policy of its own, see
    /// [`Captcha::content_security_policy`].
    Turnstile {
        /// The URL of the script.
        script: String,
        /// The origin of the script and of the frame that it opens.
        origin: String,
        /// Names this site to the widget.
        site_key: String,
    },
}

impl Captcha {
    /// The Content-Security-Policy of a page with it, if the general one is too narrow: another site's script and frame,
    /// and no Trusted Types, which that script does not know.
    pub fn content_security_policy(&self) -> Option<String> {
        let Self::Turnstile { origin, .. } = self else { return None };
        Some(format!(
            "default-src 'none'; script-src 'self' {origin}; frame-src {origin}; style-src 'self'; img-src 'self'; \
             connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        ))
    }
}

/// The first page: an e-mail field that also offers passkeys, and a button for one.
#[derive(Debug, Clone, Template)]
#[template(path = "sign-in.html")]
pub struct SignIn {
    /// The frame around the content.
    pub frame: Frame,
    /// What the field starts with: the address of a step before, or nothing.
    pub email: String,
    /// The address of a returning device for one-tap sign-in. Shown masked.
    pub returning: Option<String>,
    /// Where the JSON API is mounted, without a slash at the end.
    pub api: String,
    /// Where to go after a passkey signed in: a path of this site.
    pub next: String,
    /// Whether an unknown address creates an account.
    pub is_sign_up_open: bool,
    /// The other ways in, in the order of the tenant's settings.
    pub providers: Vec<ProviderButton>,
    /// What a code costs.
    pub captcha: Option<Captcha>,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
}

impl SignIn {
    pub(crate) fn returning_masked(&self) -> Option<String> {
        self.returning.as_deref().map(masked)
    }

    pub(crate) fn is_field_invalid(&self) -> bool {
        self.notice.is_some_and(Notice::is_about_field)
    }
}

/// A button that leads to a provider.
#[derive(Debug, Clone)]
pub struct ProviderButton {
    /// The provider's key.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// The second page: the one-time code from the mail. The same for known and unknown addresses.
#[derive(Debug, Clone, Template)]
#[template(path = "sign-in-code.html")]
pub struct SignInCode {
    /// The frame around the content.
    pub frame: Frame,
    /// The address that the code went to. Shown masked.
    pub email: String,
    /// How many digits a code has.
    pub digits: u8,
    /// How long a code is valid, in minutes.
    pub valid_minutes: u32,
    /// Seconds until a new code may be asked for; 0 is now.
    pub resend_seconds: u32,
    /// The provider that is linked when the code was right, if one waits for it.
    pub connects: Option<String>,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
}

impl SignInCode {
    pub(crate) fn email_masked(&self) -> String {
        masked(&self.email)
    }

    pub(crate) fn is_field_invalid(&self) -> bool {
        self.notice.is_some_and(Notice::is_about_field)
    }
}

/// The offer to create a passkey, after a sign-in without one; or the demand, where the application wants one.
#[derive(Debug, Clone, Template)]
#[template(path = "passkey-offer.html")]
pub struct PasskeyOffer {
    /// The frame around the content.
    pub frame: Frame,
    /// Where the JSON API is mounted, without a slash at the end.
    pub api: String,
    /// Where to go after the passkey is created: a path of this site.
    pub next: String,
    /// Whether there is no way on without a passkey.
    pub is_required: bool,
    /// Whether they have one, but on another device.
    pub is_nearby: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
}

impl PasskeyOffer {
    pub(crate) fn title(&self) -> String {
        let text = self.frame.text();
        if self.is_nearby { text.offer_nearby_title() } else { text.offer_title() }
    }
}

/// An address that its owner recognises and a bystander does not learn: `k…@example.com`, on one line (a word joiner
/// keeps browsers from breaking it behind the dots).
pub(crate) fn masked(email: &str) -> String {
    match email.rsplit_once('@') {
        Some((local, domain)) => format!("{}…\u{2060}@{domain}", local.chars().take(1).collect::<String>()),
        None => email.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_address_keeps_its_first_letter_and_its_domain() {
        for (email, shown) in [
            ("klara@example.com", "k…\u{2060}@example.com"),
            ("é@x.eu", "é…\u{2060}@x.eu"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(masked(email), shown);
        }
    }
}
