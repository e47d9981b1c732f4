//! Pages that links in mails lead to. Opening one does nothing; its button does.

use askama::Template;

use crate::{Frame, Notice, sign_in::masked};

/// The end of a sign-in link.
#[derive(Debug, Clone, Template)]
#[template(path = "sign-in-link.html")]
pub struct SignInLink {
    /// The frame around the content.
    pub frame: Frame,
    /// Whom it signs in. Shown masked.
    pub email: String,
    /// The link's token, which the form sends back.
    pub token: String,
    /// Where to go in the end.
    pub target: Option<String>,
    /// Where to go in the end after signing up.
    pub new_user_target: Option<String>,
    /// Where to go when the link does not work.
    pub error_target: Option<String>,
}

impl SignInLink {
    pub(crate) fn email_masked(&self) -> String {
        masked(&self.email)
    }

    /// The form's further fields, under the names of Better Auth's query.
    pub(crate) fn targets(&self) -> Vec<(&'static str, &str)> {
        let named = [
            ("callbackURL", &self.target),
            ("newUserCallbackURL", &self.new_user_target),
            ("errorCallbackURL", &self.error_target),
        ];
        named.into_iter().filter_map(|(name, target)| Some((name, target.as_deref()?))).collect()
    }
}

/// The question before a person deletes their account, with or without a link from a mail.
#[derive(Debug, Clone, Template)]
#[template(path = "delete-account.html")]
pub struct DeleteAccount {
    /// The frame around the content.
    pub frame: Frame,
    /// Whose account it is.
    pub email: String,
    /// The link's token, which the form sends back.
    pub token: Option<String>,
    /// Where to go in the end.
    pub target: Option<String>,
    /// Whether the button sends a mail to confirm; else it deletes.
    pub sends_mail: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
}

/// The page after that.
#[derive(Debug, Clone, Template)]
#[template(path = "account-deleted.html")]
pub struct AccountDeleted {
    /// The frame around the content.
    pub frame: Frame,
    /// Where to go now: a place that the settings trust.
    pub target: Option<String>,
}
