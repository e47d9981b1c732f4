//! `kiavi backup list`: what became of runs, or what is in a place.

use std::cmp::Reverse;

use clap::Args;
use indicatif::HumanBytes;
use serde_json::{Value, json};

use super::{Credentials, name::Name, place::Place};
use crate::{
    client::{Client, ClientError},
    tenant::{Common, find, query, text},
    tenant_table::table,
};

/// List what became of backups and drills, or the archives in a place.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Of this tenant only, by name or id
    tenant: Option<String>,
    /// The archives in this place: a folder, or s3://BUCKET/PREFIX
    #[arg(long, value_name = "PLACE")]
    from: Option<String>,
    #[command(flatten)]
    credentials: Credentials,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn run(args: ListArgs) -> Result<String, ClientError> {
    let client = args.common.client();
    let tenant = match &args.tenant {
        Some(tenant) => Some(text(&find(&client, tenant).await?, "id").to_owned()),
        None => None,
    };
    match &args.from {
        Some(from) => {
            let place = Place::open(from, &args.credentials)?;
            archives(&client, &place, tenant.as_deref(), args.common.json).await
        }
        None => runs(&client, tenant, args.common.json).await,
    }
}

async fn runs(client: &Client, tenant: Option<String>, is_json: bool) -> Result<String, ClientError> {
    let answer = client.get(&query("/v1/backups", [("tenant", tenant)])).await?;
    if is_json {
        return Ok(answer["runs"].to_string());
    }
    let row = |run: &Value| {
        let outcome = match (run["succeeded"] == true, run["detail"]["reason"].as_str()) {
            (true, _) => format!("{} rows", run["detail"]["rows"]),
            (false, reason) => format!("failed: {}", reason.unwrap_or("see the log")),
        };
        let get = |member| text(run, member).to_owned();
        [get("at"), get("slug"), get("kind"), outcome, format!("{}/{}", get("place"), get("name"))]
    };
    let rows: Vec<_> = answer["runs"].as_array().into_iter().flatten().map(row).collect();
    if rows.is_empty() {
        return Ok("Nothing was backed up yet: kiavi backup create --help tells how.".to_owned());
    }
    Ok(table(["ENDED", "TENANT", "WHAT", "OUTCOME", "ARCHIVE"], &rows))
}

async fn archives(
    client: &Client,
    place: &Place,
    tenant: Option<&str>,
    is_json: bool,
) -> Result<String, ClientError> {
    let mut found: Vec<_> = place
        .list()
        .await?
        .into_iter()
        .filter_map(|stored| Some((Name::parse(&stored.name)?, stored)))
        .filter(|((name, _), _)| tenant.is_none_or(|tenant| name.tenant == tenant))
        .collect();
    found.sort_by_key(|((name, _), _)| Reverse(name.at));
    if is_json {
        let archives = found.iter().map(|((name, is_keys), stored)| {
            let part = if *is_keys { "person_keys" } else { "data" };
            json!({
                "name": stored.name, "tenant": name.tenant, "taken_at": name.at.to_string(), "bytes": stored.bytes,
                "part": part,
            })
        });
        return Ok(Value::Array(archives.collect()).to_string());
    }
    let mut known = client.list("/v1/tenants").await.unwrap_or_default();
    known.extend(find(client, "console").await);
    known.push(super::create::instance());
    let slug =
        |id: &str| known.iter().find(|tenant| text(tenant, "id") == id).map(|tenant| text(tenant, "slug"));
    let rows: Vec<_> = found
        .iter()
        .map(|((name, is_keys), stored)| {
            let what = if *is_keys { "keys of persons" } else { "data" };
            let tenant = slug(&name.tenant).unwrap_or(&name.tenant).to_owned();
            let bytes = HumanBytes(stored.bytes).to_string();
            [name.at.to_string(), tenant, what.to_owned(), bytes, stored.name.clone()]
        })
        .collect();
    if rows.is_empty() {
        return Ok("There is no archive.".to_owned());
    }
    Ok(table(["TAKEN", "TENANT", "PART", "SIZE", "NAME"], &rows))
}
