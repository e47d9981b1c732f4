//! The auditor's role at the database server. A private cluster has it; on another server it is made here.

use kiavi_base::{Alphabet, ExposeSecret, SecretSlice, SecretString, random_bytes, random_text};
use kiavi_crypto::scram_verifier;
use kiavi_db::{SqlState, quote_ident};

use super::key::{instance, secret_name};
use crate::{Control, error::StepError};

/// Symbols of a password: 258 bits.
const PASSWORD_SYMBOLS: usize = 43;
/// Connections of two auditors, one of which takes over from the other.
const CONNECTIONS: u32 = 80;

/// The role's password, once the server has both; `None` where roles have none.
pub(crate) async fn password(control: &Control) -> Result<Option<SecretString>, StepError> {
    if !control.parts().server.has_passwords() {
        return Ok(None);
    }
    let settled = control.auditor_password().get_or_try_init(|| settle(control)).await?;
    Ok(Some(settled.clone()))
}

async fn settle(control: &Control) -> Result<SecretString, StepError> {
    let parts = control.parts();
    let (instance, name) = (instance()?, secret_name("auditor-password")?);
    if parts.vault.get(&instance, &name).await?.is_none() {
        let text = random_text(&*parts.rng, Alphabet::UrlSafe, PASSWORD_SYMBOLS);
        parts.vault.put(&instance, &name, &SecretSlice::from(text.into_bytes())).await?;
    }
    let stored = parts.vault.get(&instance, &name).await?.ok_or(StepError::SecretMissing)?;
    let text = std::str::from_utf8(stored.value.expose_secret()).map_err(|_| StepError::SecretMissing)?;
    let role = quote_ident(&parts.server.auditor_role());
    let connection = parts.server.administer(parts.server.own_database()).await?;
    match connection.batch_execute(&format!("CREATE ROLE {role}")).await {
        Err(error) if error.sqlstate() != Some(&SqlState::DUPLICATE_OBJECT) => return Err(error.into()),
        _ => {}
    }
    let verifier = scram_verifier(text, &random_bytes(&*parts.rng));
    connection
        .batch_execute(&format!(
            "ALTER ROLE {role} LOGIN NOCREATEDB NOCREATEROLE PASSWORD '{verifier}' CONNECTION LIMIT {CONNECTIONS};
             ALTER ROLE {role} RESET ALL"
        ))
        .await?;
    Ok(SecretString::from(text))
}
