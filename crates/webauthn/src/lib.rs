//! WebAuthn relying-party ceremonies (W3C Web Authentication Level 3, §7) over stored COSE keys.
//!
//! No I/O, no clock, no randomness: the caller brings the challenge, the stored credential and what the browser
//! sent, and gets a decision. [`RelyingParty::creation_options`] and [`RelyingParty::request_options`] make what
//! a browser is given; [`verify_registration`] and [`verify_authentication`] judge what comes back. Single use of
//! challenges and uniqueness of credential ids need a store, so they are the caller's.
//!
//! Attestation conveyance is `none`: a statement must have the shape of its format, a self attestation must
//! verify, and nothing is trusted on the word of a certificate.

mod attestation;
mod authentication;
mod authenticator_data;
mod bytes;
mod cbor;
mod client_data;
mod cose;
mod error;
mod options;
mod registration;
mod response;

pub use attestation::AttestationFormat;
pub use authentication::{Assertion, StoredCredential, verify_authentication};
pub use bytes::{Base64Url, MAX_FIELD_BYTES};
pub use cose::{Algorithm, is_usable_key};
pub use error::CeremonyError;
pub use options::{
    AuthenticatorAttachment, CreationOptions, CredentialDescriptor, RelyingParty, RequestOptions, UserEntity,
    UserVerification,
};
pub use registration::{RegisteredCredential, verify_registration};
pub use response::{
    AuthenticationResponse, AuthenticatorAssertionResponse, AuthenticatorAttestationResponse,
    RegistrationResponse,
};

/// Longest credential id, in bytes (WebAuthn L3 §7.1 step 25).
pub const MAX_CREDENTIAL_ID_BYTES: usize = 1023;
