//! `kiavi restore ARCHIVE --as NAME`.

use clap::Args;
use indicatif::HumanCount;
use serde_json::{Value, json};

use super::{
    Credentials,
    open::{Archive, Keys, Opener},
    place::Place,
    progress::Progress,
    send::{Keeps, Order, What},
};
use crate::{
    client::ClientError,
    tenant::{Common, text},
};

pub(super) const SESSIONS: &str = "public.session";
pub(super) const API_KEYS: &str = "public.apikey";

const AFTER_HELP: &str = "\
The archive is read to its end before anything is made, and a tenant comes with all of its data or not at all. It gets the
secret of the archive, without which nobody's passkey and no token would verify, and the settings. Its log goes on where the
archive's ended, and is sealed anew.

What has ended since the archive was made ends again before the tenant serves anybody, as far as this instance has, or had,
the tenant: people who were erased, passkeys, linked accounts and API keys that were removed or switched off. --with-ended
brings them, for when their end was the accident. An instance that has not had the tenant cannot know; there, API keys come
switched off (--keep-api-keys: as they were).

Sessions are left behind, and signing in again is soon done (--keep-sessions brings those that the tenant still has, if it is
here). --without-api-keys leaves API keys behind, too.

Exit codes: 0 done; 1 failed; 2 the archive is damaged, or does not fit; 3 no key for it; 4 the name is taken.

Examples:
  kiavi restore /var/backups/kiavi/t…/20261126T031000Z-456789ab.kiavi --as shop-before --dry-run
  kiavi restore s3://backups/kiavi/t…/20261126T031000Z-456789ab.kiavi --as shop --identity operator.age";

/// Make a tenant of an archive
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP, after_help = "--help tells what comes back and what does not.")]
pub(crate) struct RestoreArgs {
    /// The archive: a file, or s3://BUCKET/PREFIX/NAME
    archive: String,
    /// The new tenant's name: lower-case letters, digits and hyphens
    #[arg(long = "as", value_name = "NAME")]
    name: String,
    /// Who is signed in in the archive stays signed in
    #[arg(long)]
    keep_sessions: bool,
    /// Leave API keys behind
    #[arg(long)]
    without_api_keys: bool,
    /// API keys work, although nobody here can know which were revoked since
    #[arg(long, conflicts_with = "without_api_keys")]
    keep_api_keys: bool,
    /// Bring back also who was erased since, and the passkeys, accounts and API keys that were removed
    #[arg(long)]
    with_ended: bool,
    /// Read and check everything, and make nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    credentials: Credentials,
    #[command(flatten)]
    common: Common,
}

impl RestoreArgs {
    /// What `kiavi tenant import NAME --archive FILE` means: all that was in it, as it was.
    pub(crate) fn whole(archive: String, name: String, dry_run: bool, keys: Keys, common: Common) -> Self {
        let credentials = Credentials { credentials: None };
        Self {
            archive,
            name,
            keep_sessions: true,
            without_api_keys: false,
            keep_api_keys: true,
            with_ended: false,
            dry_run,
            keys,
            credentials,
            common,
        }
    }

    fn left(&self) -> Vec<&'static str> {
        let sessions = (!self.keep_sessions).then_some(SESSIONS);
        sessions.into_iter().chain(self.without_api_keys.then_some(API_KEYS)).collect()
    }
}

pub(crate) async fn run(args: RestoreArgs) -> Result<String, ClientError> {
    let client = args.common.client();
    client.folder()?;
    let (place, name) = Place::of_file(&args.archive, &args.credentials)?;
    let opener = Opener::new(&client, &args.keys)?;
    let progress = Progress::new("Reading the archive");
    let archive = Archive::verify(&place, &name, &opener, &progress).await?;
    let left = args.left();
    let order = Order {
        slug: &args.name,
        place: &place,
        name: &name,
        archive: &archive,
        left: &left,
        keeps: Keeps { ended: args.with_ended, api_keys: args.keep_api_keys },
        what: What::Tenant,
        order: None,
    };
    // Whatever would refuse the tenant is known before a row is sent.
    let mut tenant = client.post("/v1/restores/check", &order.head()).await?;
    if !args.dry_run {
        tenant = order.send(&client, &opener, &progress).await?;
    }
    progress.clear();
    Ok(told(&args, &order, &tenant))
}

fn told(args: &RestoreArgs, order: &Order<'_>, tenant: &Value) -> String {
    let (manifest, summary) = (&order.archive.data.manifest, &order.archive.data.summary);
    let left: serde_json::Map<_, _> =
        order.left.iter().map(|table| ((*table).to_owned(), order.left_rows(table).into())).collect();
    if args.common.json {
        return json!({
            "slug": tenant["slug"], "url": tenant["url"], "id": tenant["id"], "rows": tenant["rows"],
            "ended": tenant["ended"], "warnings": tenant["warnings"], "left": left, "taken_at": manifest.taken_at,
            "running": tenant["running"], "has_person_keys": order.archive.person_keys.is_some(),
            "dry_run": args.dry_run,
        })
        .to_string();
    }
    let (name, url) = (text(tenant, "slug"), text(tenant, "url"));
    let mut lines = vec![match (args.dry_run, tenant["running"] == true) {
        (true, _) => format!("{name} can be made and would be at {url}. Nothing was made."),
        (false, true) => format!("{name} runs at {url}"),
        (false, false) => {
            format!("{name} has its data and does not run yet; kiavi tenant show {name} tells why.")
        }
    }];
    lines.push(format!("It is {} as of {}.", manifest.tenant.slug, manifest.taken_at));
    let is_left = |table: &str| order.left.contains(&table);
    for (table, content) in summary.tables.iter().filter(|(_, content)| content.rows > 0) {
        let rows = HumanCount(content.rows).to_string();
        let note = if is_left(table) { " left behind" } else { "" };
        lines.push(format!("  {rows:>12} {table}{note}"));
    }
    let warnings = tenant["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str);
    lines.extend(warnings.map(|warning| format!("- {warning}")));
    lines.join("\n")
}
