//! Why a ceremony failed.

/// Why a ceremony was refused. Every variant is the client's doing, none is a fault of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CeremonyError {
    /// A part of the response is not what its format allows.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// `type` of the credential is not `public-key`.
    #[error("the credential is not a public key")]
    NotAPublicKey,
    /// `id` and `rawId` differ, or are not the id of the credential at hand.
    #[error("the credential ids do not agree")]
    CredentialIdMismatch,
    /// The credential id is empty or longer than [`crate::MAX_CREDENTIAL_ID_BYTES`].
    #[error("the credential id has an impossible length")]
    CredentialIdLength,
    /// The client data belong to the other ceremony.
    #[error("the client data are of another ceremony")]
    WrongCeremony,
    /// The challenge is not the one that was issued.
    #[error("the challenge does not match")]
    ChallengeMismatch,
    /// The page's origin is not one of the relying party's.
    #[error("the origin is not expected")]
    OriginMismatch,
    /// The ceremony ran in a frame of another site.
    #[error("the ceremony ran in a cross-origin frame")]
    CrossOrigin,
    /// The authenticator signed for another relying party.
    #[error("the relying party does not match")]
    RelyingPartyMismatch,
    /// The user-present flag is not set.
    #[error("the user was not present")]
    UserNotPresent,
    /// The user-verified flag is not set, and must be.
    #[error("the user was not verified")]
    UserNotVerified,
    /// A backup state without backup eligibility, or an eligibility that changed since registration.
    #[error("the backup flags contradict each other or the registration")]
    BackupFlags,
    /// The key's algorithm was not offered, or is unknown.
    #[error("the algorithm is not allowed")]
    AlgorithmNotAllowed,
    /// The public key is not a usable key of its algorithm.
    #[error("the public key is not usable")]
    InvalidKey,
    /// The attestation statement's format is unknown.
    #[error("the attestation format is not supported")]
    UnsupportedAttestation,
    /// The user handle is another user's.
    #[error("the user handle does not match")]
    UserHandleMismatch,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    InvalidSignature,
    /// The signature counter did not increase: the authenticator may have been cloned.
    #[error("the signature counter did not increase")]
    CounterRegressed,
}
