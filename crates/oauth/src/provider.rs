//! What is known of a provider.

use crate::{
    jwk::Algorithm,
    profile::{Profile, Sources},
};

/// One provider, from the table, from its discovery document or from settings.
#[derive(Debug, Clone)]
pub struct Provider {
    /// The key in URLs and rows.
    pub id: String,
    /// What to call it on a button.
    pub name: String,
    /// Where it is.
    pub endpoints: Endpoints,
    /// Scopes that are always asked for.
    pub scopes: Vec<String>,
    /// How it likes to be spoken to.
    pub traits: Traits,
}

/// Where a provider is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Endpoints {
    /// Where the browser is sent.
    pub authorization: String,
    /// Where a code becomes tokens.
    pub token: String,
    /// Where a profile is, if not in the ID token.
    pub userinfo: Option<String>,
    /// Where tokens are given back (RFC 7009), if the provider takes them.
    pub revocation: Option<String>,
    /// The keys of ID tokens; without, there are none to verify.
    pub jwks: Option<String>,
    /// The issuers whose ID tokens count; `{tid}` stands for the token's own tenant (Microsoft).
    pub issuers: Vec<String>,
    /// Whether each answer names its issuer (RFC 9207 §3).
    pub answers_with_issuer: bool,
}

/// How the client shows who it is (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// In the form.
    Post,
    /// In the header.
    Basic,
}

/// How a provider likes to be spoken to.
#[derive(Debug, Clone, Copy)]
pub struct Traits {
    /// Whether it knows PKCE with S256.
    pub pkce: bool,
    /// How the client shows who it is.
    pub client_auth: ClientAuth,
    /// Between scopes.
    pub scope_separator: &'static str,
    /// What it calls the client's id.
    pub client_id_parameter: &'static str,
    /// `response_type`.
    pub response_type: &'static str,
    /// Further parameters of the authorization URL, unless settings or the caller give them another value.
    pub authorization_parameters: &'static [(&'static str, &'static str)],
    /// Whether an ID token carries the nonce that it was asked with.
    pub nonce: bool,
    /// Whether a nonce may come back as its SHA-256 in hex (Apple).
    pub nonce_may_be_hashed: bool,
    /// The signatures that count.
    pub algorithms: &'static [Algorithm],
    /// The calls that give a profile; none where the ID token is all there is.
    pub profile_calls: &'static [ProfileCall],
    /// Where in the profile things are.
    pub mapping: Mapping,
    /// For providers that may give no address: the domain, under `.placeholder.invalid`, of one made from the subject.
    pub placeholder_domain: Option<&'static str>,
}

impl Traits {
    /// Those of a provider that keeps to the specifications.
    pub const STANDARD: Self = Self {
        pkce: true,
        client_auth: ClientAuth::Post,
        scope_separator: " ",
        client_id_parameter: "client_id",
        response_type: "code",
        authorization_parameters: &[],
        nonce: false,
        nonce_may_be_hashed: false,
        algorithms: &[Algorithm::Rs256],
        profile_calls: &[ProfileCall::GET],
        mapping: Mapping::CLAIMS,
        placeholder_domain: None,
    };
    /// Those of a provider of OpenID Connect.
    pub const OPENID: Self = Self { nonce: true, ..Self::STANDARD };
}

/// One call for a profile.
#[derive(Debug, Clone, Copy)]
pub struct ProfileCall {
    /// What follows the userinfo endpoint.
    pub suffix: &'static str,
    /// What is sent.
    pub body: CallBody,
    /// Further headers.
    pub headers: &'static [(&'static str, &'static str)],
    /// Whether a profile can be read without its answer: a refusal counts as `null`.
    pub is_optional: bool,
}

impl ProfileCall {
    /// A GET of the userinfo endpoint with the access token as bearer.
    pub const GET: Self = Self { suffix: "", body: CallBody::None, headers: &[], is_optional: false };
}

/// What a call for a profile sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallBody {
    /// Nothing: a GET.
    None,
    /// An empty POST.
    Empty,
    /// JSON.
    Json(&'static str),
    /// The access token and the client's id as a form (VK).
    TokenForm,
    /// The ID token and the client's id as a form (LINE).
    IdTokenForm,
}

/// Where in a profile things are, as JSON pointers (RFC 6901); of several the first that holds something counts.
#[derive(Debug, Clone, Copy)]
pub struct Mapping {
    /// The subject: what never changes and is nobody else's.
    pub subject: &'static [&'static str],
    /// The address.
    pub email: &'static str,
    /// Whether the provider has seen the address answered; `""` if it never says.
    pub email_verified: &'static str,
    /// What to call them.
    pub name: &'static [&'static str],
    /// A picture's URL.
    pub image: &'static [&'static str],
    /// What pointers cannot say; `None` if this is somebody who may not sign in.
    pub quirk: Option<fn(&Sources<'_>, Profile) -> Option<Profile>>,
}

impl Mapping {
    /// The standard claims (OpenID Connect Core §5.1).
    pub const CLAIMS: Self = Self {
        subject: &["/sub"],
        email: "/email",
        email_verified: "/email_verified",
        name: &["/name", "/preferred_username"],
        image: &["/picture"],
        quirk: None,
    };
}

impl Provider {
    /// Whether its sign-ins come with an ID token that must verify.
    pub fn has_id_token(&self) -> bool {
        self.endpoints.jwks.is_some() && !self.endpoints.issuers.is_empty()
    }
}
