//! Secrets in settings documents: in the vault, and nowhere else.
//!
//! A member whose name ends in `_secret`, or is `password`, `private_key` or `secret_key`, is a secret, also as Better
//! Auth spells it. In a
//! stored document its value is a reference (`vault:NAME:VERSION`), in an answer it is [`MASK`], and only the
//! document that an engine is started with has it in clear. [`MASK`] that comes back stands for the secret that is
//! there.

use std::fmt::Write as _;

use kiavi_base::{ExposeSecret, SecretSlice, TenantId};
use kiavi_crypto::sha256;
use kiavi_vault::{SecretName, Vault, VaultError, Version};
use serde_json::Value;

use super::path::{SettingsPath, keys};

/// What callers see of a secret.
pub(crate) const MASK: &str = "***";

const REFERENCE: &str = "vault:";
/// What stands for a secret that would be stored, if this were not a trial.
const NOT_STORED: &str = "vault:";
/// Characters of a readable name in the vault, before the digest that a longer one gets.
const NAME_LENGTH: usize = 48;

/// Why a document's secrets could not be read or stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    #[error("the vault has no secret for {0}")]
    Missing(SettingsPath),
    #[error("{0}: there is no secret to keep; send the secret itself")]
    NothingToKeep(SettingsPath),
    #[error("{0}: a secret has at most 65536 bytes")]
    TooLong(SettingsPath),
}

/// Whether the member of this name is a secret.
pub fn is_secret(name: &str) -> bool {
    matches!(name, "password" | "private_key" | "privateKey" | "secret_key" | "clientSecret")
        || name.ends_with("_secret")
}

/// The document with its secrets masked.
pub(crate) fn masked(document: &Value) -> Value {
    let mut document = document.clone();
    each(&SettingsPath::default(), &mut document, &mut |_, text| MASK.clone_into(text));
    document
}

/// A part of a document with its secrets masked, the part itself if its path ends at one.
pub(super) fn masked_at(path: &SettingsPath, value: &Value) -> Value {
    if value.is_string() && path.names().last().is_some_and(is_secret) {
        return MASK.into();
    }
    masked(value)
}

/// Calls `visit` with the path and the text of every secret.
fn each(path: &SettingsPath, value: &mut Value, visit: &mut impl FnMut(SettingsPath, &mut String)) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if is_secret(name) => visit(path.member(name), text),
                    value => each(&path.member(name), value, visit),
                }
            }
        }
        Value::Array(list) => {
            let names: Option<Vec<String>> =
                keys(list).map(|keys| keys.into_iter().map(str::to_owned).collect());
            for (index, value) in list.iter_mut().enumerate() {
                let key = names.as_ref().and_then(|names| names.get(index));
                each(&path.element(&key.cloned().unwrap_or_else(|| index.to_string())), value, visit);
            }
        }
        _ => {}
    }
}

/// The paths of all secrets, with what is there.
fn found(document: &Value) -> Vec<(SettingsPath, String)> {
    let mut found = Vec::new();
    each(&SettingsPath::default(), &mut document.clone(), &mut |path, text| found.push((path, text.clone())));
    found
}

fn write(document: &mut Value, mut texts: impl FnMut(&SettingsPath) -> Option<String>) {
    each(&SettingsPath::default(), document, &mut |path, text| {
        if let Some(new) = texts(&path) {
            *text = new;
        }
    });
}

fn write_all(document: &mut Value, texts: &[(SettingsPath, String)]) {
    write(document, |path| texts.iter().find(|(known, _)| known == path).map(|(_, text)| text.clone()));
}

fn parse(reference: &str) -> Option<(SecretName, Version)> {
    let (name, version) = reference.strip_prefix(REFERENCE)?.rsplit_once(':')?;
    Some((name.parse().ok()?, Version(version.parse().ok()?)))
}

/// A stored document with its secrets in clear.
pub(crate) async fn opened(
    vault: &dyn Vault,
    tenant: &TenantId,
    stored: &Value,
) -> Result<Value, SecretError> {
    let mut texts = Vec::new();
    for (path, reference) in found(stored) {
        let text =
            open(vault, tenant, &reference).await?.ok_or_else(|| SecretError::Missing(path.clone()))?;
        texts.push((path, text));
    }
    let mut document = stored.clone();
    write_all(&mut document, &texts);
    Ok(document)
}

async fn open(vault: &dyn Vault, tenant: &TenantId, reference: &str) -> Result<Option<String>, SecretError> {
    let Some((name, version)) = parse(reference) else { return Ok(None) };
    let Some(stored) = vault.get_version(tenant, &name, version).await? else { return Ok(None) };
    Ok(std::str::from_utf8(stored.value.expose_secret()).ok().map(str::to_owned))
}

/// What came from a caller, with the secrets that it keeps. `opened` is the document that runs, in clear.
pub(super) fn unmasked(mut document: Value, opened: &Value) -> Result<Value, SecretError> {
    let mut missing = None;
    each(&SettingsPath::default(), &mut document, &mut |path, text| {
        if text == MASK {
            match path.get(opened).and_then(Value::as_str) {
                Some(kept) => kept.clone_into(text),
                None => missing = missing.take().or(Some(path)),
            }
        }
    });
    missing.map_or(Ok(document), |path| Err(SecretError::NothingToKeep(path)))
}

/// Where secrets that are new go.
pub(super) enum Keep<'v> {
    /// Into the vault.
    In(&'v dyn Vault, &'v TenantId),
    /// Nowhere: this is a trial.
    Not,
}

/// A document with references for its secrets. Those that the document before (`stored`, in clear `opened`) has at
/// the same place keep their reference.
pub(super) async fn sealed(
    keep: Keep<'_>,
    mut clear: Value,
    stored: &Value,
    opened: &Value,
) -> Result<Value, SecretError> {
    let mut references = Vec::new();
    for (path, secret) in found(&clear) {
        let known = path.get(stored).and_then(Value::as_str);
        let is_kept = path.get(opened).and_then(Value::as_str) == Some(secret.as_str());
        let reference = match (known.filter(|known| is_kept && parse(known).is_some()), &keep) {
            (Some(known), _) => known.to_owned(),
            (None, Keep::In(vault, tenant)) => put(*vault, tenant, &path, &secret).await?,
            (None, Keep::Not) => NOT_STORED.to_owned(),
        };
        references.push((path, reference));
    }
    write_all(&mut clear, &references);
    Ok(clear)
}

/// The document of a tenant that has none yet, in clear, with references for its secrets.
pub(crate) async fn sealed_anew(
    vault: &dyn Vault,
    tenant: &TenantId,
    clear: Value,
) -> Result<Value, SecretError> {
    sealed(Keep::In(vault, tenant), clear, &Value::Null, &Value::Null).await
}

async fn put(
    vault: &dyn Vault,
    tenant: &TenantId,
    path: &SettingsPath,
    secret: &str,
) -> Result<String, SecretError> {
    let name = name(path);
    let value = SecretSlice::from(secret.as_bytes().to_vec());
    let version = vault.put(tenant, &name, &value).await.map_err(|error| match error {
        VaultError::TooLong => SecretError::TooLong(path.clone()),
        error => error.into(),
    })?;
    Ok(format!("{REFERENCE}{name}:{}", version.0))
}

/// What the secret of a path is called in the vault: `provider-google` for the client secret of that provider, else
/// the path itself. Two paths may share a name, because a reference names the version too.
fn name(path: &SettingsPath) -> SecretName {
    let names: Vec<&str> = path.names().collect();
    let words = match names.as_slice() {
        [.., "providers", id, "client_secret"] => vec!["provider", id],
        names => [&["settings"], names].concat(),
    };
    let mut text = words.join("-").to_ascii_lowercase();
    text = text.chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' }).collect();
    if text.len() > NAME_LENGTH {
        text.truncate(NAME_LENGTH);
        text.push('-');
        for byte in &sha256(path.to_string().as_bytes())[..6] {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
        }
    }
    text.parse().unwrap_or_else(|_| unreachable!("it is made of what a name may have"))
}

/// Puts the references of `stored` into `document`, which was made from it with its secrets in clear.
pub(crate) fn resealed(mut document: Value, stored: &Value) -> Value {
    write_all(&mut document, &found(stored));
    document
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_secret_is_masked_and_nothing_else() {
        let document = json!({
            "app_name": "client_secret", "client_secret": "a", "list": [{ "webhook_secret": "b" }, 1],
            "apple": { "private_key": "c", "key_id": "d", "old_secret": null }, "secret": "no name of ours",
            "captcha": { "secret_key": "e", "site_key": "f" }, "smtp": { "user": "g", "password": "h" },
        });
        let masked = masked(&document);
        assert_eq!(masked["client_secret"], MASK);
        assert_eq!(masked["list"][0]["webhook_secret"], MASK);
        assert_eq!(masked["apple"], json!({ "private_key": MASK, "key_id": "d", "old_secret": null }));
        assert_eq!(masked["captcha"], json!({ "secret_key": MASK, "site_key": "f" }));
        assert_eq!(masked["smtp"], json!({ "user": "g", "password": MASK }));
        assert_eq!((&masked["app_name"], &masked["secret"]), (&document["app_name"], &document["secret"]));
    }

    #[test]
    fn a_mask_that_comes_back_stands_for_the_secret_of_the_same_element() {
        let opened = json!({ "providers": [{ "id": "x", "client_secret": "one" }, { "id": "y", "client_secret": "two" }] });
        let sent = json!({ "providers": [{ "id": "y", "client_secret": MASK }] });
        let kept = unmasked(sent, &opened).unwrap();
        assert_eq!(kept["providers"][0]["client_secret"], "two");
        let sent = json!({ "providers": [{ "id": "z", "client_secret": MASK }] });
        let error = unmasked(sent, &opened).unwrap_err().to_string();
        assert!(error.starts_with("providers[z].client_secret: "), "{error}");
    }

    #[test]
    fn names_in_the_vault_are_readable() {
        let name = |path: &str| name(&path.parse().unwrap()).as_str().to_owned();
        assert_eq!(name("social.providers[google].client_secret"), "provider-google");
        assert_eq!(name("hook.signing_secret"), "settings-hook-signing-secret");
        assert!(name(&format!("a.{}_secret", "long".repeat(30))).len() <= 64);
    }

    proptest! {
        #[test]
        fn every_path_has_a_name(text in "\\PC{1,80}") {
            if let Ok(path) = format!("a.{text}").parse() {
                name(&path);
            }
            let _ = parse(&text);
        }
    }
}
