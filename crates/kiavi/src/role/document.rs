//! What an engine is started with, as it travels from control through the launcher, which does not read it.

use kiavi_crypto::TenantSecret;
use kiavi_engine::Settings;
use kiavi_ipc::{Fd, SealedDocument, SealedDocumentError};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Serialize)]
struct Written<'a> {
    settings: &'a Value,
    secret: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read<'a> {
    settings: Settings,
    /// Borrowed, so that the buffer that is wiped is the only copy.
    #[serde(borrow)]
    secret: &'a str,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum DocumentError {
    #[error(transparent)]
    Sealed(#[from] SealedDocumentError),
    #[error("it is not what this program writes")]
    Json(#[from] serde_json::Error),
}

/// Seals settings and secret. The number differs whenever either does.
pub(super) fn write(settings: &Value, secret: &TenantSecret) -> Result<(SealedDocument, u64), DocumentError> {
    let written = Written { settings, secret: secret.expose_secret() };
    let bytes = Zeroizing::new(serde_json::to_vec(&written)?);
    let [a, b, c, d, e, f, g, h, ..] = kiavi_crypto::sha256(&bytes);
    Ok((SealedDocument::seal(&bytes)?, u64::from_be_bytes([a, b, c, d, e, f, g, h])))
}

/// Reads what [`write`] sealed.
pub(super) fn read(document: Fd) -> Result<(Settings, TenantSecret), DocumentError> {
    let bytes = SealedDocument::accept(document)?.read()?;
    let Read { settings, secret } = serde_json::from_slice(&bytes)?;
    Ok((settings, TenantSecret::new(SecretString::from(secret))))
}
