//! `kiavi backup drill TENANT --from PLACE`: the newest archive, restored for a trial. With `--instance` it is that of the
//! instance, by [`super::drill_instance`].

use clap::Args;
use kiavi_base::{Alphabet, random_text};
use kiavi_crypto::SystemRng;
use serde_json::{Value, json};

use super::{
    Credentials,
    create::Outcome,
    drill_instance,
    open::{Archive, Keys, Opener},
    place::Place,
    progress::Progress,
    schedule,
    send::{Keeps, Order, What},
};
use crate::{
    client::{Client, ClientError},
    tenant::{Common, find, text},
};

/// Restore the newest archive of a tenant, or of the instance, for a trial.
#[derive(Debug, Args)]
pub(crate) struct DrillArgs {
    /// The tenant's name or id
    #[arg(required_unless_present = "instance", conflicts_with = "instance")]
    tenant: Option<String>,
    /// The instance itself: bring its newest archive back in tables that nobody else sees, and compare
    #[arg(long)]
    instance: bool,
    /// Where its archives are: a folder, or s3://BUCKET/PREFIX [default: the schedule's]
    #[arg(long, value_name = "PLACE")]
    from: Option<String>,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    credentials: Credentials,
    #[command(flatten)]
    common: Common,
}

/// What a drill found.
pub(super) struct Tried {
    pub(super) name: String,
    pub(super) rows: u64,
    /// `None` where nobody is in the archive.
    pub(super) signed_in: Option<bool>,
    is_removed: bool,
    pub(super) seconds: u64,
}

pub(super) async fn run(args: DrillArgs) -> Result<String, ClientError> {
    let client = args.common.client();
    client.folder()?;
    let (shown, credentials) = match &args.from {
        Some(from) => (from.clone(), args.credentials.clone()),
        None => schedule::place(&client).await?,
    };
    let place = Place::open(&shown, &credentials)?;
    let opener = Opener::new(&client, &args.keys)?;
    let progress = Progress::new("Reading the archive");
    let Some(tenant) = &args.tenant else {
        let tried = drill_instance::drill_and_note(&client, &place, &shown, &opener, &progress).await?;
        progress.clear();
        return Ok(drill_instance::told(&tried, args.common.json));
    };
    let tenant = find(&client, tenant).await?;
    let tried = drill_and_note(&client, &place, &shown, &tenant, &opener, &progress).await?;
    progress.clear();
    if args.common.json {
        return Ok(json!({
            "tenant": text(&tenant, "slug"), "name": tried.name, "rows": tried.rows, "signed_in": tried.signed_in,
            "seconds": tried.seconds, "removed": tried.is_removed,
        })
        .to_string());
    }
    let signed_in = match tried.signed_in {
        Some(_) => "an engine on the copy knew a session",
        None => "there is nobody to sign in",
    };
    let copy = if tried.is_removed { "is gone" } else { "is being removed" };
    Ok(format!(
        "{} can be restored from {}: {} rows in {} s, the log ends where it did, {signed_in}. The copy {copy}.",
        text(&tenant, "slug"),
        tried.name,
        tried.rows,
        tried.seconds
    ))
}

/// Drills, and has the instance remember what became of it.
pub(super) async fn drill_and_note(
    client: &Client,
    place: &Place,
    shown: &str,
    tenant: &Value,
    opener: &Opener<'_>,
    progress: &Progress,
) -> Result<Tried, ClientError> {
    let tried = drill(client, place, tenant, opener, progress).await;
    let (name, detail) = match &tried {
        Ok(tried) => {
            let Tried { rows, signed_in, seconds, .. } = tried;
            (Some(tried.name.as_str()), json!({ "rows": rows, "signed_in": signed_in, "seconds": seconds }))
        }
        Err(error) => (None, json!({ "reason": error.to_string() })),
    };
    let outcome = Outcome { kind: "drill", tenant, place: shown, name, detail };
    outcome.note(client, tried.is_ok()).await?;
    tried
}

async fn drill(
    client: &Client,
    place: &Place,
    tenant: &Value,
    opener: &Opener<'_>,
    progress: &Progress,
) -> Result<Tried, ClientError> {
    let began = std::time::Instant::now();
    let (id, slug) = (text(tenant, "id"), text(tenant, "slug"));
    let Some(name) = place.newest(id).await? else {
        return Err(ClientError::Failed(format!("There is no archive of {slug} yet.")));
    };
    let name = &name;
    let archive = Archive::verify(place, name, opener, progress).await?;
    let copy = format!("drill-{}", random_text(&SystemRng, Alphabet::LowerAlphaNumeric, 12));
    let keeps = Keeps::default();
    let what = What::Drill;
    let order = Order { slug: &copy, place, name, archive: &archive, left: &[], keeps, what, order: None };
    let answer = order.send(client, opener, progress).await?;
    let rows = answer["rows"].as_object().into_iter().flatten().filter_map(|(_, rows)| rows.as_u64()).sum();
    let signed_in = answer["signed_in"].as_bool();
    if signed_in == Some(false) {
        let reason = "the rows are there, but an engine on the copy did not know a session".to_owned();
        return Err(ClientError::Failed(format!("The archive {name} is not good: {reason}.")));
    }
    let (name, is_removed) = (name.clone(), answer["removed"] == true);
    Ok(Tried { name, rows, signed_in, is_removed, seconds: began.elapsed().as_secs() })
}
