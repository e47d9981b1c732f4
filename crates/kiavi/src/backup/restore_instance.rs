//! `kiavi backup restore-instance`: an instance on an empty machine, from its archive and those of its tenants.

use clap::{ArgGroup, Args};
use serde_json::{Value, json};

use super::{
    Credentials, INSTANCE,
    open::{Archive, Keys, Opener},
    place::{Place, newest_of},
    progress::Progress,
    send::{Keeps, Order, What},
};
use crate::{
    client::{Client, ClientError},
    tenant::{Common, text},
};

const AFTER_HELP: &str = "\
For an instance that was started and has nothing yet: no tenant, no member. Put the configuration and the vault's master key of
the one that is lost in their places before its first start; docs/backup.md has it step by step.

From an archive of the instance come its workspaces, members, management keys (revoked, unless --keep-keys), its schedule of
backups, its log, and which tenants it had. With --from the newest archive of the instance in that place is taken, and then
the newest of each tenant, the console's own first; what was done before is not done again. API keys of tenants come switched
off, because nobody knows which were revoked after the archives were made, unless --keep-api-keys.

Exit codes: 0 done; 1 failed, or some tenants are not back yet; 2 an archive is damaged, or does not fit; 3 no key for it.

Examples:
  kiavi backup restore-instance --from s3://backups/kiavi --identity operator.age
  kiavi backup restore-instance /var/backups/kiavi/t000000000000000000000000/20261126T031000Z-456789ab.kiavi \\
      --identity operator.age";

/// Bring an instance back on an empty machine.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP, after_help = "--help tells what has to be there first, and what comes back.")]
#[command(group = ArgGroup::new("source").required(true).args(["archive", "from"]))]
pub(crate) struct RestoreInstanceArgs {
    /// An archive of the instance: a file, or s3://BUCKET/PREFIX/NAME. Tenants are restored one by one then
    archive: Option<String>,
    /// Where all archives are: a folder, or s3://BUCKET/PREFIX
    #[arg(long, value_name = "PLACE")]
    from: Option<String>,
    /// Management keys stay good, although nobody knows which were revoked since
    #[arg(long)]
    keep_keys: bool,
    /// API keys of tenants work, although nobody knows which were revoked since
    #[arg(long, requires = "from")]
    keep_api_keys: bool,
    /// Go on although the vault here has another master key: domains have to be proved anew, and what ended before is not known
    #[arg(long)]
    without_vault_keys: bool,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    credentials: Credentials,
    #[command(flatten)]
    common: Common,
}

/// What came back.
#[derive(Default)]
struct Back {
    instance: Value,
    tenants: Vec<Value>,
    failures: Vec<String>,
    /// Those that are not back yet.
    lost: Vec<Value>,
}

pub(super) async fn run(args: RestoreInstanceArgs) -> Result<String, ClientError> {
    let client = args.common.client();
    client.folder()?;
    let progress = Progress::new("Reading the archive");
    let run = Run { args: &args, client: &client, progress: &progress };
    let mut back = Back::default();
    match (&args.from, &args.archive) {
        (Some(from), _) => run.all(&Place::open(from, &args.credentials)?, &mut back).await?,
        (None, archive) => {
            let (place, name) = Place::of_file(archive.as_deref().unwrap_or_default(), &args.credentials)?;
            back.instance = run.instance(&place, &name).await?;
        }
    }
    back.lost = lost(&client).await?;
    progress.clear();
    let is_whole = back.failures.is_empty();
    let told = told(&back, args.common.json);
    if is_whole { Ok(told) } else { Err(ClientError::Failed(told)) }
}

struct Run<'a> {
    args: &'a RestoreInstanceArgs,
    client: &'a Client,
    progress: &'a Progress,
}

impl Run<'_> {
    /// The instance, unless it is back already, and then each tenant that is not.
    async fn all(&self, place: &Place, back: &mut Back) -> Result<(), ClientError> {
        let stored = place.list().await?;
        let newest = |id: &str| newest_of(&stored, id);
        if lost(self.client).await?.is_empty() {
            let none =
                || ClientError::Failed("There is no archive of the instance in that place.".to_owned());
            back.instance = self.instance(place, &newest(INSTANCE).ok_or_else(none)?).await?;
        }
        for tenant in lost(self.client).await? {
            let (id, slug) = (text(&tenant, "id"), text(&tenant, "slug"));
            let restored = match newest(id) {
                Some(name) => self.tenant(place, &name, slug).await,
                None => Err(ClientError::Failed("there is no archive of it".to_owned())),
            };
            match restored {
                Ok(tenant) => back.tenants.push(tenant),
                Err(error) => back.failures.push(format!("{slug} is not back: {error}")),
            }
        }
        Ok(())
    }

    async fn instance(&self, place: &Place, name: &str) -> Result<Value, ClientError> {
        let RestoreInstanceArgs { keep_keys, without_vault_keys, .. } = *self.args;
        self.send(place, name, "instance", What::Instance { keep_keys, without_vault_keys }).await
    }

    async fn tenant(&self, place: &Place, name: &str, slug: &str) -> Result<Value, ClientError> {
        self.send(place, name, slug, What::Tenant).await
    }

    async fn send(&self, place: &Place, name: &str, slug: &str, what: What) -> Result<Value, ClientError> {
        let opener = Opener::new(self.client, &self.args.keys)?;
        let archive = Archive::verify(place, name, &opener, self.progress).await?;
        let keeps = Keeps { ended: false, api_keys: self.args.keep_api_keys };
        // Nobody can say which sessions ended since.
        let left: &[&str] = if what == What::Tenant { &[super::restore::SESSIONS] } else { &[] };
        let order = Order { slug, place, name, archive: &archive, left, keeps, what, order: None };
        order.send(self.client, &opener, self.progress).await
    }
}

async fn lost(client: &Client) -> Result<Vec<Value>, ClientError> {
    let answer = client.get("/v1/lost-tenants").await?;
    Ok(answer["tenants"].as_array().cloned().unwrap_or_default())
}

fn told(back: &Back, is_json: bool) -> String {
    if is_json {
        return json!({
            "instance": back.instance, "restored": back.tenants, "failures": back.failures, "lost": back.lost,
        })
        .to_string();
    }
    let mut lines = Vec::new();
    if back.instance.is_object() {
        let rows = |table: &str| back.instance["rows"][table].as_u64().unwrap_or_default();
        lines.push(format!(
            "The instance is back: {} workspaces, {} members, {} management keys, {} events. Look through who is a member, and \
             restart the instance so that it cosigns by its own key again.",
            rows("public.workspace"),
            rows("public.member"),
            rows("public.management_key"),
            rows("public.audit_event"),
        ));
        if let Some(revoked @ 1..) = back.instance["revoked_keys"].as_u64() {
            lines.push(format!(
                "{revoked} management keys are revoked: make new ones with kiavi api-key create."
            ));
        }
    }
    for tenant in &back.tenants {
        lines.push(format!("{} runs at {}", text(tenant, "slug"), text(tenant, "url")));
        let warnings = tenant["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str);
        lines.extend(warnings.map(|warning| format!("- {warning}")));
    }
    lines.extend(back.failures.iter().cloned());
    for tenant in &back.lost {
        let (id, slug) = (text(tenant, "id"), text(tenant, "slug"));
        lines.push(format!("{slug} is lost: kiavi restore PLACE/{id}/… --as {slug}"));
    }
    lines.join("\n")
}
