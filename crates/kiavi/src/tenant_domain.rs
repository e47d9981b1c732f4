//! `kiavi tenant domain list | add | remove | primary`.

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::{
    client::ClientError,
    tenant::{Common, find, tenant_path, text},
    tenant_life::{ask, told},
    tenant_table::table,
};

/// Look at and change the hostnames of a tenant
///
/// Beside the name that its own name gives it, a tenant may be reached under names of yours. Adding one is your word that it
/// is the tenant's: lead its DNS record here. Links in mails and passkeys belong to the primary one.
#[derive(Debug, Args)]
pub(crate) struct DomainArgs {
    #[command(subcommand)]
    verb: DomainVerb,
}

#[derive(Debug, Subcommand)]
enum DomainVerb {
    /// List the hostnames of a tenant
    List {
        /// Its name or id
        tenant: String,
        #[command(flatten)]
        common: Common,
    },
    /// Serve a tenant under one more hostname
    Add {
        #[command(flatten)]
        name: Named,
    },
    /// Give a hostname back
    Remove {
        #[command(flatten)]
        name: Named,
    },
    /// Make a hostname the one that links and passkeys belong to
    Primary {
        #[command(flatten)]
        name: Named,
        /// Go on although passkeys that people have will not work at the new address
        #[arg(long)]
        accept_rp_id_change: bool,
    },
}

#[derive(Debug, Args)]
struct Named {
    /// Its name or id
    tenant: String,
    /// Such as auth.example.com
    hostname: String,
    #[command(flatten)]
    common: Common,
}

/// Does what the command says.
pub(crate) async fn run(args: DomainArgs) -> Result<String, ClientError> {
    match args.verb {
        DomainVerb::List { tenant, common } => list(&tenant, &common).await,
        DomainVerb::Add { name } => {
            name.common.client().folder()?;
            let body = json!({ "hostname": name.hostname });
            change(&name, Method::POST, ("Adding a hostname to", "hostnames"), &body).await
        }
        DomainVerb::Remove { name } => {
            let path = format!("hostnames/{}", plain(&name.hostname)?);
            change(&name, Method::DELETE, ("Removing a hostname from", &path), &json!({})).await
        }
        DomainVerb::Primary { name, accept_rp_id_change } => {
            let path = format!("hostnames/{}/primary", plain(&name.hostname)?);
            let body = json!({ "accept_rp_id_change": accept_rp_id_change });
            change(&name, Method::POST, ("Changing the address of", &path), &body).await
        }
    }
}

async fn change(
    name: &Named,
    method: Method,
    asked: (&str, &str),
    body: &Value,
) -> Result<String, ClientError> {
    let client = name.common.client();
    let before = find(&client, &name.tenant).await?;
    let after = ask(&client, &before, method, asked, body).await?;
    Ok(told(&before, after.as_ref(), name.common.json))
}

async fn list(tenant: &str, common: &Common) -> Result<String, ClientError> {
    let listed = common.client().get(&format!("{}/hostnames", tenant_path(tenant)?)).await?;
    if common.json {
        return Ok(listed["hostnames"].to_string());
    }
    let row = |name: &Value| ["hostname", "role", "release_at"].map(|member| text(name, member).to_owned());
    let rows: Vec<_> = listed["hostnames"].as_array().into_iter().flatten().map(row).collect();
    Ok(table(["HOSTNAME", "ROLE", "KEPT UNTIL"], &rows))
}

/// A hostname as it may be in a path.
fn plain(hostname: &str) -> Result<&str, ClientError> {
    let is_plain = hostname.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    if is_plain && !hostname.is_empty() {
        return Ok(hostname);
    }
    Err(ClientError::Input(format!("{hostname:?} is not a hostname, such as auth.example.com.")))
}
