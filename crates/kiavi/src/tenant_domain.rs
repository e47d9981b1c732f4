//! `kiavi tenant domain list | add | verify | remove | primary`.

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::{
    client::{ClientError, Problem},
    tenant::{Common, find, say, tenant_path, text},
    tenant_life::{ask, told},
    tenant_table::table,
};

/// Look at and change the domains of a tenant
///
/// Beside the name that its own name gives it, a tenant may be reached under names of yours. Add one, set the record that
/// proves that it is yours, and have the record looked for. Links in mails and passkeys belong to the primary name.
#[derive(Debug, Args)]
pub(crate) struct DomainArgs {
    #[command(subcommand)]
    verb: DomainVerb,
}

#[derive(Debug, Subcommand)]
enum DomainVerb {
    /// List the names of a tenant, and the domains that wait for their proof
    List {
        /// Its name or id
        tenant: String,
        #[command(flatten)]
        common: Common,
    },
    /// Add a domain, and say which record proves it
    Add {
        #[command(flatten)]
        name: Named,
        /// Serve the tenant there at once, on your word that it is the tenant's; for whoever runs the instance
        #[arg(long)]
        without_proof: bool,
    },
    /// Look for the record of a domain; once it is there, the tenant is served under the domain
    Verify {
        #[command(flatten)]
        name: Named,
    },
    /// Take a domain off a tenant, proved or not
    Remove {
        #[command(flatten)]
        name: Named,
    },
    /// Make a name the one that links and passkeys belong to
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
        DomainVerb::Add { name, without_proof: true } => {
            name.common.client().folder()?;
            let body = json!({ "hostname": name.hostname });
            change(&name, Method::POST, ("Adding a hostname to", "hostnames"), &body).await
        }
        DomainVerb::Add { name, without_proof: false } => add(&name).await,
        DomainVerb::Verify { name } => verify(&name).await,
        DomainVerb::Remove { name } => {
            let path = format!("{}/{}", kind(&name).await?, plain(&name.hostname)?);
            change(&name, Method::DELETE, ("Removing a domain from", &path), &json!({})).await
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

async fn add(name: &Named) -> Result<String, ClientError> {
    let path = format!("{}/domains", tenant_path(&name.tenant)?);
    let added = name.common.client().post(&path, &json!({ "domain": name.hostname })).await?;
    if name.common.json {
        return Ok(added.to_string());
    }
    let domain = text(&added, "domain");
    if text(&added, "state") != "pending" {
        return Ok(format!("{domain} is proved already. Leave its record there:\n\n{}", record(&added)));
    }
    Ok(format!(
        "{domain} waits for its proof. Set this record in the DNS, as a line of a zone file or part by part:\n\n{}\n\n\
         It is looked for every few minutes; at once by: kiavi tenant domain verify {} {domain}",
        record(&added),
        name.tenant
    ))
}

/// The record of a domain, ready to be copied: as a zone file has it, and as forms want it.
fn record(domain: &Value) -> String {
    let record = &domain["record"];
    let (name, value) = (text(record, "name"), text(record, "value"));
    format!("    {name}. 300 IN TXT \"{value}\"\n\n    Name   {name}\n    Type   TXT\n    Value  {value}")
}

async fn verify(name: &Named) -> Result<String, ClientError> {
    let path = format!("{}/domains/{}/verify", tenant_path(&name.tenant)?, plain(&name.hostname)?);
    let checked = name.common.client().post(&path, &json!({})).await?;
    if name.common.json {
        say(&checked.to_string());
    }
    match text(&checked, "outcome") {
        "proved" if name.common.json => Ok(String::new()),
        "proved" => Ok(format!("{} is proved; {} is served there.", text(&checked, "domain"), name.tenant)),
        outcome => {
            let (code, detail) = ("domain_unproved".to_owned(), unproved(&checked, outcome));
            Err(ClientError::Refused(Problem { code, detail }))
        }
    }
}

/// What there is instead of the proof, and what to do.
fn unproved(checked: &Value, outcome: &str) -> String {
    let record = text(&checked["record"], "name");
    let there = match outcome {
        "absent" => format!(
            "There is no TXT record at {record} yet. A new one may take some minutes, or as long as an answer from before may \
             be kept."
        ),
        "different" => {
            let found = checked["found"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let found: Vec<_> = found.map(|text| format!("\n    {text}")).collect();
            format!("The TXT records at {record} say something else:{}", found.join(""))
        }
        _ => format!("No name server gave an answer about {record}. Try again."),
    };
    format!("{there}\nThe record has to be:\n\n{}", self::record(checked))
}

/// Where a name is in the API: among the tenant's domains, which were or are to be proved, or its other hostnames.
async fn kind(name: &Named) -> Result<&'static str, ClientError> {
    let path = format!("{}/domains/{}", tenant_path(&name.tenant)?, plain(&name.hostname)?);
    match name.common.client().get(&path).await {
        Ok(_) => Ok("domains"),
        Err(ClientError::Refused(problem)) if problem.code == "domain_not_found" => Ok("hostnames"),
        Err(error) => Err(error),
    }
}

async fn list(tenant: &str, common: &Common) -> Result<String, ClientError> {
    let (client, path) = (common.client(), tenant_path(tenant)?);
    let hostnames = client.get(&format!("{path}/hostnames")).await?;
    let domains = client.get(&format!("{path}/domains")).await?;
    let names = joined(&hostnames["hostnames"], &domains["domains"]);
    if common.json {
        return Ok(Value::Array(names).to_string());
    }
    let row = |name: &Value| {
        let proof = text(name, "state");
        let since = name["failing_since"].as_str().filter(|_| proof == "verified");
        let proof = since.map_or_else(|| proof.to_owned(), |since| format!("missing since {since}"));
        let member = |member| text(name, member).to_owned();
        [member("hostname"), member("role"), proof, member("release_at")]
    };
    let rows: Vec<_> = names.iter().map(row).collect();
    Ok(table(["NAME", "ROLE", "PROOF", "KEPT UNTIL"], &rows))
}

/// The hostnames, each with what is known of its proof, and the domains that are not served yet, without a role.
fn joined(hostnames: &Value, domains: &Value) -> Vec<Value> {
    let array = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (mut names, mut domains) = (array(hostnames), array(domains));
    for name in &mut names {
        let domain = domains.iter().position(|domain| domain["domain"] == name["hostname"]);
        let proof = domain.map(|at| domains.remove(at)).unwrap_or_default();
        for member in ["state", "failing_since", "record"] {
            name[member] = proof[member].clone();
        }
    }
    names.extend(domains.into_iter().map(|domain| {
        json!({
            "hostname": domain["domain"], "role": null, "release_at": null, "state": domain["state"],
            "failing_since": domain["failing_since"], "record": domain["record"],
        })
    }));
    names
}

/// A hostname as it may be in a path.
fn plain(hostname: &str) -> Result<&str, ClientError> {
    let is_plain = hostname.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    if is_plain && !hostname.is_empty() {
        return Ok(hostname);
    }
    Err(ClientError::Input(format!("{hostname:?} is not a hostname, such as auth.example.com.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(name: &str, state: &str) -> Value {
        let record = json!({ "name": format!("_kiavi-challenge.{name}"), "type": "TXT", "value": "kiavi-challenge=1" });
        json!({ "domain": name, "state": state, "record": record, "failing_since": null })
    }

    #[test]
    fn a_record_can_be_copied_as_a_whole_and_in_parts() {
        assert_eq!(
            record(&domain("auth.example.com", "pending")).lines().map(str::trim).collect::<Vec<_>>(),
            [
                r#"_kiavi-challenge.auth.example.com. 300 IN TXT "kiavi-challenge=1""#,
                "",
                "Name   _kiavi-challenge.auth.example.com",
                "Type   TXT",
                "Value  kiavi-challenge=1",
            ]
        );
    }

    #[test]
    fn a_name_is_listed_once_with_its_proof() {
        let hostnames = json!([
            { "hostname": "shop.example", "role": "primary", "release_at": null },
            { "hostname": "auth.example.com", "role": "alias", "release_at": null },
        ]);
        let domains = json!([domain("auth.example.com", "verified"), domain("new.example.com", "pending")]);
        let names = joined(&hostnames, &domains);
        let told: Vec<_> = names
            .iter()
            .map(|name| [text(name, "hostname"), text(name, "role"), text(name, "state")])
            .collect();
        assert_eq!(
            told,
            [
                ["shop.example", "primary", ""],
                ["auth.example.com", "alias", "verified"],
                ["new.example.com", "", "pending"]
            ]
        );
    }

    #[test]
    fn what_is_found_instead_is_told() {
        let mut checked = domain("auth.example.com", "pending");
        checked["found"] = json!(["kiavi-challenge=2"]);
        assert!(unproved(&checked, "different").contains("say something else:\n    kiavi-challenge=2\n"));
        assert!(
            unproved(&checked, "absent").contains("no TXT record at _kiavi-challenge.auth.example.com yet")
        );
        assert!(unproved(&checked, "unanswered").contains("Try again."));
    }
}
