//! What a browser is given: `PublicKeyCredentialCreationOptionsJSON` and `…RequestOptionsJSON` (WebAuthn L3 §5.1),
//! with the members and the order that Better Auth's answers have.

use serde::{Deserialize, Serialize};

use crate::{Algorithm, Base64Url};

/// How long a browser should wait for the user, in milliseconds; the value Better Auth sends.
const TIMEOUT_MILLISECONDS: u32 = 60_000;

/// Whether the authenticator must check who the user is, with a PIN or biometrics (WebAuthn L3 §5.8.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserVerification {
    /// A ceremony without it is refused. A passkey is then two factors.
    #[default]
    Required,
    /// Asked for, and accepted without.
    Preferred,
    /// Not asked for.
    Discouraged,
}

/// Where the authenticator is (WebAuthn L3 §5.4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthenticatorAttachment {
    /// In the device.
    Platform,
    /// Roaming: a security key, a phone.
    CrossPlatform,
}

/// The relying party that ceremonies are held for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// The RP ID: a domain, no scheme, no port.
    pub id: String,
    /// The name shown to people.
    pub name: String,
    /// The serialised origins ceremonies may run on, compared exactly.
    pub origins: Vec<String>,
    /// The policy on user verification.
    pub user_verification: UserVerification,
    /// Algorithms of new credentials, the preferred first. Stored credentials of any [`Algorithm`] verify.
    pub algorithms: Vec<Algorithm>,
}

impl RelyingParty {
    /// A relying party that requires user verification and offers [`Algorithm::OFFERED`].
    pub fn new<O: Into<String>>(
        id: impl Into<String>,
        name: impl Into<String>,
        origins: impl IntoIterator<Item = O>,
    ) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            origins: origins.into_iter().map(Into::into).collect(),
            user_verification: UserVerification::Required,
            algorithms: Algorithm::OFFERED.to_vec(),
        }
    }

    /// Options for `navigator.credentials.create()`. `exclude` lists what the user has already.
    pub fn creation_options(
        &self,
        challenge: &[u8],
        user: UserEntity,
        exclude: Vec<CredentialDescriptor>,
        attachment: Option<AuthenticatorAttachment>,
    ) -> CreationOptions {
        let parameters = |alg: &Algorithm| PublicKeyParameters { alg: *alg, kind: PublicKey::PublicKey };
        CreationOptions {
            challenge: Base64Url(challenge.to_vec()),
            rp: RelyingPartyEntity { name: self.name.clone(), id: self.id.clone() },
            user,
            pub_key_cred_params: self.algorithms.iter().map(parameters).collect(),
            timeout: TIMEOUT_MILLISECONDS,
            attestation: "none",
            exclude_credentials: exclude,
            authenticator_selection: AuthenticatorSelection {
                resident_key: "preferred",
                user_verification: self.user_verification,
                authenticator_attachment: attachment,
                require_resident_key: false,
            },
            extensions: CreationExtensions { cred_props: true },
            hints: [],
        }
    }

    /// Options for `navigator.credentials.get()`. Without `allow`, any discoverable credential may answer.
    pub fn request_options(
        &self,
        challenge: &[u8],
        allow: Option<Vec<CredentialDescriptor>>,
    ) -> RequestOptions {
        RequestOptions {
            rp_id: self.id.clone(),
            challenge: Base64Url(challenge.to_vec()),
            allow_credentials: allow,
            timeout: TIMEOUT_MILLISECONDS,
            user_verification: self.user_verification,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum PublicKey {
    PublicKey,
}

/// A credential by its id (WebAuthn L3 §5.8.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CredentialDescriptor {
    /// The credential id as base64url.
    id: String,
    transports: Vec<String>,
    #[serde(rename = "type")]
    kind: PublicKey,
}

impl CredentialDescriptor {
    /// A descriptor of the credential with this base64url id. Browsers skip transports they do not know.
    pub fn new(id: String, transports: Vec<String>) -> Self {
        Self { id, transports, kind: PublicKey::PublicKey }
    }
}

/// The account a credential is made for (WebAuthn L3 §5.4.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserEntity {
    /// The user handle: at most 64 bytes that say nothing about the person (§14.6.1).
    pub id: Base64Url,
    /// Tells accounts apart, such as an e-mail address.
    pub name: String,
    /// What the person is called.
    pub display_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct RelyingPartyEntity {
    name: String,
    id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct PublicKeyParameters {
    alg: Algorithm,
    #[serde(rename = "type")]
    kind: PublicKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthenticatorSelection {
    resident_key: &'static str,
    user_verification: UserVerification,
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticator_attachment: Option<AuthenticatorAttachment>,
    require_resident_key: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct CreationExtensions {
    cred_props: bool,
}

/// `PublicKeyCredentialCreationOptionsJSON`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreationOptions {
    challenge: Base64Url,
    rp: RelyingPartyEntity,
    user: UserEntity,
    pub_key_cred_params: Vec<PublicKeyParameters>,
    timeout: u32,
    attestation: &'static str,
    exclude_credentials: Vec<CredentialDescriptor>,
    authenticator_selection: AuthenticatorSelection,
    extensions: CreationExtensions,
    hints: [&'static str; 0],
}

/// `PublicKeyCredentialRequestOptionsJSON`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestOptions {
    rp_id: String,
    challenge: Base64Url,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_credentials: Option<Vec<CredentialDescriptor>>,
    timeout: u32,
    user_verification: UserVerification,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creation_options_have_the_reference_servers_shape() {
        let mut relying_party = RelyingParty::new("localhost", "Spec App", ["http://localhost:3000"]);
        relying_party.user_verification = UserVerification::Preferred;
        let user = UserEntity {
            id: Base64Url(vec![0; 3]),
            name: "n".to_owned(),
            display_name: "ada@example.org".to_owned(),
        };
        let known = vec![CredentialDescriptor::new("AQ".to_owned(), vec!["internal".to_owned()])];
        let options = relying_party.creation_options(
            &[0; 3],
            user,
            known,
            Some(AuthenticatorAttachment::CrossPlatform),
        );
        assert_eq!(
            serde_json::to_string(&options).unwrap(),
            concat!(
                r#"{"challenge":"AAAA","rp":{"name":"Spec App","id":"localhost"},"#,
                r#""user":{"id":"AAAA","name":"n","displayName":"ada@example.org"},"#,
                r#""pubKeyCredParams":[{"alg":-8,"type":"public-key"},{"alg":-7,"type":"public-key"},"#,
                r#"{"alg":-257,"type":"public-key"}],"timeout":60000,"attestation":"none","#,
                r#""excludeCredentials":[{"id":"AQ","transports":["internal"],"type":"public-key"}],"#,
                r#""authenticatorSelection":{"residentKey":"preferred","userVerification":"preferred","#,
                r#""authenticatorAttachment":"cross-platform","requireResidentKey":false},"#,
                r#""extensions":{"credProps":true},"hints":[]}"#,
            )
        );
    }

    #[test]
    fn request_options_have_the_reference_servers_shape() {
        let relying_party = RelyingParty::new("localhost", "Spec App", ["http://localhost:3000"]);
        assert_eq!(
            serde_json::to_string(&relying_party.request_options(&[0; 3], None)).unwrap(),
            r#"{"rpId":"localhost","challenge":"AAAA","timeout":60000,"userVerification":"required"}"#
        );
        let allow = vec![CredentialDescriptor::new("AQ".to_owned(), vec![])];
        let json = serde_json::to_value(relying_party.request_options(&[0; 3], Some(allow))).unwrap();
        assert_eq!(json["allowCredentials"][0]["id"], "AQ");
    }
}
