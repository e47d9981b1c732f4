//! Queries and forms of the pages. A field that is missing is an empty one, so that a form always has an answer in
//! words.

use serde::Deserialize;

/// The query of `/sign-in`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StartQuery {
    /// Where to go after the sign-in.
    pub(super) redirect: Option<String>,
    /// The same, under the name that Better Auth's clients use.
    #[serde(rename = "callbackURL")]
    pub(super) callback_url: Option<String>,
    /// Whether somebody who is signed in wants to prove it anew.
    pub(super) again: Option<String>,
}

/// The query of `/sign-in/code`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CodeQuery {
    /// Whether the browser was sent here with a cookie just now.
    pub(super) sent: Option<String>,
}

/// The query of `/sign-in/passkey`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OfferQuery {
    /// Whether the passkey that signed in is on another device.
    pub(super) nearby: Option<String>,
}

/// The query of `/account`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AccountQuery {
    /// What the page's script has just done.
    pub(super) notice: Option<String>,
}

/// The query of a page that tells of a failure.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorQuery {
    /// The code, which anybody may have written.
    pub(super) error: Option<String>,
}

/// The form of a provider's button.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProviderForm {
    /// Its id.
    pub(super) provider: String,
}

/// The form of `/sign-in`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AddressForm {
    /// The address, as typed.
    pub(super) email: String,
    /// Whether to take the address of the returning device.
    pub(super) returning: Option<String>,
    /// The answer to the captcha, which a script has put here.
    pub(super) captcha: Option<String>,
}

/// The form of `/sign-in/code`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CodeForm {
    /// The code, as typed.
    pub(super) code: String,
}

/// A form that names something of the account, and perhaps names it anew.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ItemForm {
    /// The row id of a passkey or a session.
    pub(super) id: String,
    /// The name, as typed.
    pub(super) name: String,
}

/// The query and the form of `/sign-in/link`, under the names of Better Auth's query.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LinkForm {
    /// The link's token.
    pub(super) token: String,
    /// Where to go in the end.
    #[serde(rename = "callbackURL")]
    pub(super) callback_url: Option<String>,
    /// Where to go in the end after signing up.
    #[serde(rename = "newUserCallbackURL")]
    pub(super) new_user_callback_url: Option<String>,
    /// Where to go when the link does not work.
    #[serde(rename = "errorCallbackURL")]
    pub(super) error_callback_url: Option<String>,
}

/// The query of `/sign-in/acting`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ActingQuery {
    /// The link's token; absent on the page that the link led to.
    pub(super) token: Option<String>,
}

/// The query and the form of `/account/delete`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DeletionForm {
    /// The link's token; absent when no mail led here.
    pub(super) token: Option<String>,
    /// Where to go in the end.
    #[serde(rename = "callbackURL")]
    pub(super) callback_url: Option<String>,
}
