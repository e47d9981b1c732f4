//! `kiavi certificate list | show | renew | root | dns`: the certificates of a tenant's names.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    certificate_dns::{self, DnsArgs},
    client::{Client, ClientError, Problem},
    tenant::{Common, answer, say, tenant_path, text},
    tenant_table::table,
};

/// How long a new certificate is waited for, and how often it is looked for.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
const PAUSE: Duration = Duration::from_millis(500);

/// Look at the certificates of a tenant's names, and have them made anew.
#[derive(Debug, Args)]
pub(crate) struct CertificateArgs {
    #[command(subcommand)]
    verb: CertificateVerb,
}

#[derive(Debug, Subcommand)]
enum CertificateVerb {
    /// List the certificates of a tenant's names
    List {
        /// The tenant's name or id
        tenant: String,
        #[command(flatten)]
        common: Common,
    },
    /// Show the certificate of a name, and why there is no new one
    Show {
        #[command(flatten)]
        name: Named,
        /// Print the certificate and those that lead to a root (PEM) instead
        #[arg(long)]
        chain: bool,
    },
    /// Have a certificate made now, and wait for it; what there is stays until there is a new one
    Renew {
        #[command(flatten)]
        name: Named,
    },
    Dns(DnsArgs),
    /// Print the root (PEM) to trust, where the instance signs certificates itself
    Root {
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Args)]
struct Named {
    /// The tenant's name or id
    tenant: String,
    /// One of its names, such as auth.example.com
    hostname: String,
    #[command(flatten)]
    common: Common,
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: CertificateArgs) -> ExitCode {
    match args.verb {
        CertificateVerb::List { tenant, common } => answer(list(tenant, common)),
        CertificateVerb::Show { name, chain } => answer(show(name, chain)),
        CertificateVerb::Renew { name } => answer(renew(name)),
        CertificateVerb::Dns(args) => answer(certificate_dns::run(args)),
        CertificateVerb::Root { common } => answer(root(common)),
    }
}

impl Named {
    fn path(&self) -> Result<String, ClientError> {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
        if self.hostname.is_empty() || !self.hostname.bytes().all(is_plain) {
            let input = format!("{:?} is not a hostname, such as auth.example.com.", self.hostname);
            return Err(ClientError::Input(input));
        }
        Ok(format!("{}/certificates/{}", tenant_path(&self.tenant)?, self.hostname))
    }
}

async fn list(tenant: String, common: Common) -> Result<String, ClientError> {
    let path = format!("{}/certificates", tenant_path(&tenant)?);
    let found = common.client().get(&path).await?;
    if common.json {
        return Ok(found["certificates"].to_string());
    }
    let all = found["certificates"].as_array().map(Vec::as_slice).unwrap_or_default();
    if all.is_empty() {
        return Ok(
            "None: something in front of the instance speaks TLS (see docs/certificates.md).".to_owned()
        );
    }
    let rows: Vec<_> = all.iter().map(row).collect();
    let listed = table(["NAME", "STATE", "ISSUED BY", "UNTIL", "NEXT ATTEMPT", "ERROR"], &rows);
    Ok(match found["account"].as_str() {
        Some(account) => format!("{listed}\n\nAccount at the authority: {account}"),
        None => listed,
    })
}

fn row(one: &Value) -> [String; 6] {
    let certificate = &one["certificate"];
    let get = |value: &Value, member| text(value, member).to_owned();
    [
        get(one, "hostname"),
        get(one, "state"),
        get(certificate, "issued_by"),
        get(certificate, "not_after"),
        get(one, "next_attempt_at"),
        get(one, "error"),
    ]
}

async fn show(name: Named, chain: bool) -> Result<String, ClientError> {
    let one = name.common.client().get(&name.path()?).await?;
    if chain {
        return Ok(text(&one["certificate"], "chain").trim_end().to_owned());
    }
    Ok(if name.common.json { one.to_string() } else { told(&one) })
}

/// All of one, a line each.
fn told(one: &Value) -> String {
    let certificate = &one["certificate"];
    let failures = one["failures"].as_i64().filter(|count| *count > 0).map(|count| count.to_string());
    let error = one["error"].as_str().map(|code| match (advice(code), one["error_detail"].as_str()) {
        (advice, Some(detail)) => format!("{code}: {advice}\n              In its own words: {detail}"),
        (advice, None) => format!("{code}: {advice}"),
    });
    let lines = [
        ("Name", Some(text(one, "hostname").to_owned())),
        ("State", Some(text(one, "state").to_owned())),
        ("Issued by", certificate["issued_by"].as_str().map(str::to_owned)),
        ("Issuer", certificate["issuer"].as_str().map(str::to_owned)),
        ("From", certificate["not_before"].as_str().map(str::to_owned)),
        ("Until", certificate["not_after"].as_str().map(str::to_owned)),
        ("Serial", certificate["serial"].as_str().map(str::to_owned)),
        ("SHA-256", certificate["fingerprint"].as_str().map(str::to_owned)),
        ("Next attempt", Some(text(one, "next_attempt_at").to_owned())),
        ("Failures", failures),
        ("Error", error),
    ];
    let lines = lines.iter().filter_map(|(what, value)| Some(format!("{what:<13} {}", value.as_ref()?)));
    lines.collect::<Vec<_>>().join("\n")
}

/// What to do about a failure.
fn advice(code: &str) -> &'static str {
    match code {
        "unverified" => {
            "the authority did not find this instance at the name. Its A and AAAA records have to lead here, and the ports \
             that the authority asks at have to be open."
        }
        "rate_limited" => "the authority wants to be asked later. It is, by itself.",
        "forbidden_by_caa" => "a CAA record of the domain names other authorities. Add this one to it.",
        "refused" => "the authority takes no order for this name, or none from this account.",
        "no_challenge" => "the authority offers none of the ways in certificates.challenges.",
        "unreachable" | "deadline" => {
            "the authority's server does not answer, or not in time. It is asked again by itself."
        }
        "no_publisher" => {
            "nobody took the record in hand that proves the name in the DNS. kiavi certificate dns has to run beside the \
             instance."
        }
        "unpublished" => "the program that kiavi certificate dns calls could not publish the record.",
        "vault_unavailable" => "the secret store cannot be reached, so no key can be kept.",
        "host_unreachable" => "the tenant's engine could not be told what to answer: see the instance's log.",
        _ => "see the instance's log.",
    }
}

async fn renew(name: Named) -> Result<String, ClientError> {
    let (client, path) = (name.common.client(), name.path()?);
    let before = client.get(&path).await?;
    client.post(&format!("{path}/renew"), &json!({})).await?;
    if !name.common.json {
        say(&format!("A certificate for {} is asked for.", name.hostname));
    }
    let after = match tokio::time::timeout(PATIENCE, changed(&client, &path, &before)).await {
        Ok(after) => after?,
        Err(_) => {
            let detail = "It is still under way: kiavi certificate show tells what became of it.".to_owned();
            return Err(ClientError::Refused(Problem { code: "certificate_pending".to_owned(), detail }));
        }
    };
    if name.common.json {
        say(&after.to_string());
    }
    match after["error"].as_str() {
        Some(_) => {
            let (code, detail) = ("certificate_failed".to_owned(), told(&after));
            Err(ClientError::Refused(Problem { code, detail }))
        }
        None if name.common.json => Ok(String::new()),
        None => Ok(told(&after)),
    }
}

/// The certificate once an attempt has come to something.
async fn changed(client: &Client, path: &str, before: &Value) -> Result<Value, ClientError> {
    let outcome = |one: &Value| (one["failures"].clone(), one["certificate"]["issued_at"].clone());
    loop {
        let now = client.get(path).await?;
        if outcome(&now) != outcome(before) {
            return Ok(now);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn root(common: Common) -> Result<String, ClientError> {
    let found = common.client().get("/v1/certificate-root").await?;
    match found["certificate"].as_str() {
        Some(root) => Ok(root.trim_end().to_owned()),
        None => Err(ClientError::Input(
            "This instance does not sign certificates itself: there is nothing to trust.".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_with_what_to_do_and_the_authoritys_words() {
        let one = json!({
            "hostname": "auth.example.com", "state": "failed", "certificate": null, "failures": 2,
            "next_attempt_at": "2026-01-01T00:00:00Z", "error": "unverified", "error_detail": "Connection refused",
        });
        let told = told(&one);
        assert!(told.contains("Failures      2\n"), "{told}");
        assert!(told.contains("A and AAAA records") && told.ends_with("words: Connection refused"), "{told}");
        assert!(!told.contains("Until"), "{told}");
    }

    #[test]
    fn every_code_has_advice() {
        let codes = kiavi_control::IssueError::CODES.into_iter();
        let without: Vec<_> = codes.filter(|code| advice(code) == advice("")).collect();
        assert_eq!(without, ["protocol", "unusable", "not_made"], "of these the log has the cause");
    }
}
