//! Linking a provider to an account that was there before: the question that a sign-in with a provider ends with when
//! its address already has an account.

use askama::Template;

use crate::{Frame, Notice, sign_in::masked};

/// How the page goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The account must still be shown to be the visitor's: by a code, or by a passkey.
    Wanted {
        /// Where the JSON API is mounted, without a slash at the end.
        api: String,
        /// Where to go after a passkey signed in: a path of this site.
        next: String,
    },
    /// It was; the link waits for a yes.
    Given,
}

/// The account is there already, and the provider is not linked to it yet.
#[derive(Debug, Clone, Template)]
#[template(path = "connect.html")]
pub struct Connect {
    /// The frame around the content.
    pub frame: Frame,
    /// What people call the provider.
    pub provider: String,
    /// The address that both have. Shown masked.
    pub email: String,
    /// How the page goes on.
    pub proof: Proof,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
}

impl Connect {
    pub(crate) fn email_masked(&self) -> String {
        masked(&self.email)
    }
}
