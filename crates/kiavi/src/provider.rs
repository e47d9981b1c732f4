//! `kiavi provider set TENANT`: one provider that people may sign in with, as JSON on standard input.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use kiavi_control::SettingsPath;
use serde_json::Value;

use crate::{
    client::ClientError,
    settings::{MASK, Wanted, change, told},
    settings_input::{json, path_of, read_input},
    tenant::{Common, answer},
};

/// Set up a provider that people may sign in with.
#[derive(Debug, Args)]
pub(crate) struct ProviderArgs {
    #[command(subcommand)]
    verb: ProviderVerb,
}

#[derive(Debug, Subcommand)]
enum ProviderVerb {
    /// Add a provider, or replace the one with its id. Reads JSON from standard input: id, client_id, client_secret,
    /// discovery_url or endpoints, scopes. Without client_secret the secret that is there stays.
    Set {
        /// The tenant's name or id
        tenant: String,
        #[command(flatten)]
        common: Common,
    },
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: ProviderArgs) -> ExitCode {
    let ProviderVerb::Set { tenant, common } = args.verb;
    answer(async {
        let provider = json(&read_input()?)?;
        let id = identifier(&provider)?;
        let place = path_of(&format!("social.providers[{id}]"))?;
        let wanted = Wanted { comment: Some(format!("provider {id}")), ..Wanted::default() };
        let client = common.client();
        let changed = change(&client, &tenant, &wanted, |document| put(document, &place, &provider)).await?;
        Ok(told(&changed, &tenant, common.json))
    })
}

/// The id of a provider, under either of its names.
fn identifier(provider: &Value) -> Result<&str, ClientError> {
    let id = provider.get("id").or_else(|| provider.get("providerId")).and_then(Value::as_str);
    let is_plain =
        |id: &&str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    id.filter(is_plain).ok_or_else(|| {
        ClientError::Input(
            "The provider needs an \"id\" of letters, digits, - and _, such as \"google\".".to_owned(),
        )
    })
}

/// Puts a provider where the one with its id is, or at the end.
fn put(document: &mut Value, place: &SettingsPath, provider: &Value) -> Result<(), ClientError> {
    let mut provider = provider.clone();
    let names_secret = ["client_secret", "clientSecret"].iter().any(|name| provider.get(name).is_some());
    let has_secret = place.get(document).is_some_and(|known| known["client_secret"].is_string());
    if has_secret && !names_secret {
        provider["client_secret"] = MASK.into();
    }
    place.set(document, Some(provider)).map_err(|error| ClientError::Input(format!("{error}.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_provider_takes_the_place_of_its_namesake_and_keeps_its_secret() {
        let place = path_of("social.providers[google]").unwrap();
        let mut document = json!({ "social": { "providers": [] } });
        put(&mut document, &place, &json!({ "id": "google", "client_secret": "s" })).unwrap();
        put(&mut document, &place, &json!({ "id": "google", "client_id": "c" })).unwrap();
        let expected = json!([{ "id": "google", "client_id": "c", "client_secret": MASK }]);
        assert_eq!(document["social"]["providers"], expected);
        put(&mut document, &place, &json!({ "id": "google", "client_secret": null })).unwrap();
        assert_eq!(document["social"]["providers"], json!([{ "id": "google", "client_secret": null }]));
    }

    #[test]
    fn a_provider_has_an_id() {
        assert_eq!(identifier(&json!({ "id": "my-idp_2" })).unwrap(), "my-idp_2");
        for wrong in [json!({}), json!({ "id": 1 }), json!({ "id": "a]b" }), json!({ "id": "" })] {
            assert!(identifier(&wrong).is_err(), "{wrong}");
        }
    }
}
