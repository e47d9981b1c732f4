//! `kiavi backup drill --instance`: the newest archive of the instance, brought back for a trial.
//!
//! Without the operator's identity a key of the instance's opens it, which is in the vault: so it can be tried each week by
//! itself. What that cannot show is that the operator still has what opens it when the vault is lost; with `--identity` the
//! trial shows that too, and the instance remembers with what it was opened.

use serde_json::{Value, json};

use super::{
    INSTANCE,
    create::{self, Outcome},
    open::{Archive, Opener},
    place::{Place, newest_of},
    progress::Progress,
    send::{Keeps, Order, What},
};
use crate::{
    client::{Client, ClientError},
    tenant::text,
};

/// What a trial of the instance's archive found.
pub(super) struct TriedInstance {
    pub(super) name: String,
    pub(super) rows: u64,
    /// Keys of the instance in it that open.
    vault_keys: u64,
    /// Tenants that it would bring back.
    tenants: Vec<String>,
    /// Those of them of which there is no archive in the same place.
    without_archive: Vec<String>,
    /// Whose keys to their archives the vault has.
    tenant_keys: u64,
    recipients: usize,
    opened_with: &'static str,
    seconds: u64,
}

impl TriedInstance {
    fn json(&self) -> Value {
        let Self {
            rows,
            vault_keys,
            tenants,
            without_archive,
            tenant_keys,
            recipients,
            opened_with,
            seconds,
            ..
        } = self;
        json!({
            "rows": rows, "vault_keys": vault_keys, "tenants": tenants, "without_archive": without_archive,
            "tenant_keys": tenant_keys, "recipients": recipients, "opened_with": opened_with, "seconds": seconds,
        })
    }
}

/// What was found, in words or in JSON.
pub(super) fn told(tried: &TriedInstance, is_json: bool) -> String {
    if is_json {
        let mut told = tried.json();
        told["name"] = tried.name.as_str().into();
        return told.to_string();
    }
    let TriedInstance { name, rows, vault_keys, tenants, recipients, seconds, .. } = tried;
    let opened = match tried.opened_with {
        IDENTITY => "the identity opens it",
        _ => {
            "the instance's own key opened it: whether the operator's identity does shows kiavi backup drill --instance \
             --identity FILE"
        }
    };
    let mut lines = vec![
        format!(
            "The instance can be brought back from {name}: {rows} rows in {seconds} s, and nothing of them is left."
        ),
        format!(
            "{vault_keys} keys of the instance in it open with the vault's master key; {recipients} recipients can open it; {opened}."
        ),
    ];
    let count = tenants.len();
    lines.push(match &tried.without_archive[..] {
        [] => format!("Of the {count} tenants that it knows each has an archive beside it."),
        missing => format!(
            "Of the {count} tenants that it knows these have no archive beside it, and would stay lost: {}.",
            missing.join(", ")
        ),
    });
    lines.join("\n")
}

/// By a key of the instance's, in the vault.
const VAULT: &str = "vault";
/// By an identity of the operator's.
const IDENTITY: &str = "identity";

/// Tries it, and has the instance remember what became of it.
pub(super) async fn drill_and_note(
    client: &Client,
    place: &Place,
    shown: &str,
    opener: &Opener<'_>,
    progress: &Progress,
) -> Result<TriedInstance, ClientError> {
    let tried = drill(client, place, opener, progress).await;
    let (name, detail) = match &tried {
        Ok(tried) => (Some(tried.name.as_str()), tried.json()),
        Err(error) => (None, json!({ "reason": error.to_string() })),
    };
    let outcome = Outcome { kind: "drill", tenant: &create::instance(), place: shown, name, detail };
    outcome.note(client, tried.is_ok()).await?;
    tried
}

async fn drill(
    client: &Client,
    place: &Place,
    opener: &Opener<'_>,
    progress: &Progress,
) -> Result<TriedInstance, ClientError> {
    let began = std::time::Instant::now();
    let stored = place.list().await?;
    let Some(name) = newest_of(&stored, INSTANCE) else {
        return Err(ClientError::Failed("There is no archive of the instance yet.".to_owned()));
    };
    let archive = Archive::verify(place, &name, opener, progress).await?;
    let recipients = archive.data.recipients;
    if recipients == 0 {
        let nobody =
            format!("The archive {name} is for no recipient: once the vault is lost, nobody can open it.");
        return Err(ClientError::Failed(nobody));
    }
    let (keeps, what) = (Keeps::default(), What::InstanceDrill);
    let order = Order {
        slug: "instance",
        place,
        name: &name,
        archive: &archive,
        left: &[],
        keeps,
        what,
        order: None,
    };
    let answer = order.send(client, opener, progress).await?;
    let rows = answer["rows"].as_object().into_iter().flatten().filter_map(|(_, rows)| rows.as_u64()).sum();
    let known: Vec<_> = answer["tenants"].as_array().into_iter().flatten().collect();
    let slugs = |tenants: &[&Value]| tenants.iter().map(|tenant| text(tenant, "slug").to_owned()).collect();
    let without: Vec<_> =
        known.iter().filter(|tenant| newest_of(&stored, text(tenant, "id")).is_none()).copied().collect();
    let number = |name: &str| answer[name].as_u64().unwrap_or_default();
    let opened_with = if matches!(opener, Opener::Instance(_)) { VAULT } else { IDENTITY };
    Ok(TriedInstance {
        rows,
        vault_keys: number("vault_keys"),
        tenants: slugs(&known),
        without_archive: slugs(&without),
        tenant_keys: number("tenant_keys"),
        recipients,
        opened_with,
        seconds: began.elapsed().as_secs(),
        name,
    })
}
