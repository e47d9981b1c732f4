//! `kiavi mail set | unset | test | check | list | retry | unsuppress TENANT`: the mail of a tenant.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use hyper::Method;
use kiavi_control::SettingsPath;
use serde_json::{Value, json};

use crate::{
    client::{ClientError, Problem},
    mail_check, mail_list,
    settings::{MASK, Wanted, change, told},
    settings_input::{json, path_of, read_input},
    tenant::{Common, answer, tenant_path, text},
};

/// Where the server is in the settings.
const PLACE: &str = "mail.smtp";

/// Set up and try out the mail server of a tenant, and see what became of its mails.
#[derive(Debug, Args)]
pub(crate) struct MailArgs {
    #[command(subcommand)]
    verb: MailVerb,
}

#[derive(Debug, Subcommand)]
enum MailVerb {
    /// Have a tenant's mail leave by a server of its own. Reads JSON from standard input: host, port, security (implicit
    /// or starttls), user, password, from. Without password the one that is there stays.
    Set {
        /// The tenant's name or id
        tenant: String,
        #[command(flatten)]
        common: Common,
    },
    /// Have a tenant's mail leave by the platform's server again
    Unset {
        /// The tenant's name or id
        tenant: String,
        #[command(flatten)]
        common: Common,
    },
    /// Send a mail that says that mail arrives, and tell what became of it
    Test {
        /// The tenant's name or id
        tenant: String,
        /// Whom it goes to
        address: String,
        #[command(flatten)]
        common: Common,
    },
    /// List what became of mails: those that wait, and those that have landed in the last 30 days
    List(mail_list::Wanted),
    /// Have a mail that waits tried at once
    Retry(mail_list::Named),
    /// Have an address get mail again that its server said nobody is at
    Unsuppress(mail_list::Address),
    /// Look up what the DNS says about the domain that mail comes from: SPF, DKIM and DMARC. Fails unless all is in order
    Check {
        /// The tenant's name or id
        tenant: String,
        /// The selector of the DKIM key, which the mail server that signs has chosen
        #[arg(long)]
        selector: Option<String>,
        #[command(flatten)]
        common: Common,
    },
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: MailArgs) -> ExitCode {
    match args.verb {
        MailVerb::Set { tenant, common } => answer(set(tenant, common)),
        MailVerb::Unset { tenant, common } => answer(unset(tenant, common)),
        MailVerb::Test { tenant, address, common } => answer(test(tenant, address, common)),
        MailVerb::List(wanted) => answer(mail_list::list(wanted)),
        MailVerb::Retry(named) => answer(mail_list::retry(named)),
        MailVerb::Unsuppress(to) => answer(mail_list::unsuppress(to)),
        MailVerb::Check { tenant, selector, common } => {
            answer(async move { mail_check::run(&tenant, selector.as_deref(), &common).await })
        }
    }
}

async fn set(tenant: String, common: Common) -> Result<String, ClientError> {
    let (server, place) = (json(&read_input()?)?, path_of(PLACE)?);
    let comment = format!("mail by {}", server["host"].as_str().unwrap_or_default());
    let wanted = Wanted { comment: Some(comment), ..Wanted::default() };
    let changed =
        change(&common.client(), &tenant, &wanted, |document| put(document, &place, &server)).await?;
    Ok(told(&changed, &tenant, common.json))
}

async fn unset(tenant: String, common: Common) -> Result<String, ClientError> {
    let place = path_of(PLACE)?;
    let wanted = Wanted { comment: Some("mail by the platform".to_owned()), ..Wanted::default() };
    let changed = change(&common.client(), &tenant, &wanted, |document| {
        place.set(document, None).map_err(|error| ClientError::Input(format!("{error}.")))
    })
    .await?;
    Ok(told(&changed, &tenant, common.json))
}

/// Puts a server in place of the one that is there.
fn put(document: &mut Value, place: &SettingsPath, server: &Value) -> Result<(), ClientError> {
    let mut server = server.clone();
    let known = place.get(document);
    // A password belongs to its server and account: it is not sent to another.
    let is_same =
        known.is_some_and(|known| known["host"] == server["host"] && known["user"] == server["user"]);
    if is_same && server.get("password").is_none() && known.is_some_and(|known| known["password"].is_string())
    {
        server["password"] = MASK.into();
    }
    place.set(document, Some(server)).map_err(|error| ClientError::Input(format!("{error}.")))
}

async fn test(tenant: String, address: String, common: Common) -> Result<String, ClientError> {
    let path = format!("{}/engine/mail/test", tenant_path(&tenant)?);
    let outcome = common.client().send_json(Method::POST, &path, None, &json!({ "email": address })).await?;
    let (delivery, fault) = (text(&outcome, "delivery"), text(&outcome, "fault"));
    if delivery != "delivered" {
        let detail = format!("The mail was not delivered: {}", meaning(fault));
        return Err(ClientError::Refused(Problem { code: fault.to_owned(), detail }));
    }
    Ok(if common.json {
        outcome.to_string()
    } else {
        format!("The mail server has taken the mail to {address}.")
    })
}

/// A fault in words, with what to do about it.
fn meaning(fault: &str) -> String {
    let words = match fault {
        "no_way" => "the process that sends mail is not running; try again",
        "unreachable" => "the mail server cannot be reached; check host and port",
        "private_address" => {
            "the mail server is in a private network; such servers need egress.allows_private, and an instance that allows it"
        }
        "tls_failed" => {
            "TLS failed; check security and port, the certificate's name, and egress.extra_roots for a private authority"
        }
        "authentication_failed" => "the mail server does not take user and password",
        "timed_out" => "the mail server is too slow",
        "try_later" => "the mail server asks to try later",
        "sender_refused" => "the mail server does not take mail from this sender; check from",
        "sender_not_allowed" => "the platform does not send for the sender's domain; use mail.smtp",
        "recipient_refused" => "the mail server says that nobody is at this address",
        "message_refused" => "the mail server refused the message",
        "no_message" => "sender or recipient is no address",
        "protocol" => "the server does not speak SMTP; check port and security",
        other => return format!("{other}."),
    };
    format!("{words}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_stays_with_its_account() {
        let place = path_of(PLACE).unwrap();
        let mut document = json!({ "mail": { "smtp": null } });
        let first = json!({ "host": "a.test", "user": "u", "password": "p" });
        put(&mut document, &place, &first).unwrap();
        put(&mut document, &place, &json!({ "host": "a.test", "user": "u", "port": 2525 })).unwrap();
        let expected = json!({ "host": "a.test", "user": "u", "port": 2525, "password": MASK });
        assert_eq!(document["mail"]["smtp"], expected);
        put(&mut document, &place, &json!({ "host": "b.test", "user": "u" })).unwrap();
        assert_eq!(document["mail"]["smtp"], json!({ "host": "b.test", "user": "u" }));
    }

    #[test]
    fn every_fault_has_words() {
        for fault in kiavi_ipc::mail::Fault::ALL {
            assert_ne!(meaning(fault.name()), format!("{}.", fault.name()));
        }
    }
}
