//! `kiavi user show | set-role | ban | unban | erase TENANT USER`: what an operator does for the users of a
//! tenant, through the management door of its engine. A user is named by id or by e-mail address.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::{
    client::{Client, ClientError},
    tenant::{Common, answer, tenant_path, text},
    user_list::{self, ExportArgs, ListArgs},
};

/// Look after the users of a tenant.
#[derive(Debug, Args)]
pub(crate) struct UserArgs {
    #[command(subcommand)]
    verb: UserVerb,
}

/// One user of one tenant.
#[derive(Debug, Clone, Args)]
struct Who {
    /// The tenant's name or id
    tenant: String,
    /// The user's id or e-mail address
    user: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum UserVerb {
    /// List users, the newest first
    List(ListArgs),
    /// Write users to standard output as a table (CSV) that spreadsheets open
    Export(ExportArgs),
    /// Show one user
    Show {
        #[command(flatten)]
        who: Who,
    },
    /// Give a user one or several roles, in place of those they have
    SetRole {
        #[command(flatten)]
        who: Who,
        /// The roles, such as admin
        #[arg(required = true)]
        role: Vec<String>,
    },
    /// Keep a user out and end their sessions
    Ban {
        #[command(flatten)]
        who: Who,
        /// Why
        #[arg(long)]
        reason: Option<String>,
        /// For how long, such as 90s, 30m, 12h or 7d [default: until unban]
        #[arg(long = "for", value_name = "DURATION", value_parser = seconds)]
        duration: Option<u64>,
    },
    /// Let a user in again
    Unban {
        #[command(flatten)]
        who: Who,
    },
    /// Erase a user and everything that is theirs
    Erase {
        #[command(flatten)]
        who: Who,
    },
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: UserArgs) -> ExitCode {
    match args.verb {
        UserVerb::List(args) => answer(user_list::list(args)),
        UserVerb::Export(args) => answer(user_list::export(args)),
        UserVerb::Show { who } => answer(show(who)),
        UserVerb::SetRole { who, role } => answer(set_role(who, role)),
        UserVerb::Ban { who, reason, duration } => answer(ban(who, reason, duration)),
        UserVerb::Unban { who } => answer(unban(who)),
        UserVerb::Erase { who } => answer(erase(who)),
    }
}

async fn show(who: Who) -> Result<String, ClientError> {
    let user = find(&who.common.client(), &who).await?;
    Ok(if who.common.json { user.to_string() } else { details(&user) })
}

async fn set_role(who: Who, roles: Vec<String>) -> Result<String, ClientError> {
    let role = if let [role] = roles.as_slice() { json!(role) } else { json!(roles) };
    let answer = act(&who, "set-role", json!({ "role": role })).await?;
    Ok(told(&who, &answer, &format!("has the role {} now", roles.join(", "))))
}

async fn ban(who: Who, reason: Option<String>, duration: Option<u64>) -> Result<String, ClientError> {
    let mut body = json!({});
    if let Some(reason) = reason {
        body["banReason"] = reason.into();
    }
    if let Some(seconds) = duration {
        body["banExpiresIn"] = seconds.into();
    }
    let answer = act(&who, "ban-user", body).await?;
    Ok(told(&who, &answer, "is banned"))
}

async fn unban(who: Who) -> Result<String, ClientError> {
    let answer = act(&who, "unban-user", json!({})).await?;
    Ok(told(&who, &answer, "is banned no longer"))
}

async fn erase(who: Who) -> Result<String, ClientError> {
    let answer = act(&who, "remove-user", json!({})).await?;
    Ok(told(&who, &answer, "is erased"))
}

/// Does something to a user.
async fn act(who: &Who, what: &str, mut body: Value) -> Result<Value, ClientError> {
    let client = who.common.client();
    let id = if who.user.contains('@') {
        text(&find(&client, who).await?, "id").to_owned()
    } else {
        who.user.clone()
    };
    body["userId"] = id.into();
    client.send_json(Method::POST, &engine_path(&who.tenant, what)?, None, &body).await
}

async fn find(client: &Client, who: &Who) -> Result<Value, ClientError> {
    let name = if who.user.contains('@') { "email" } else { "id" };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair(name, &who.user);
    let mut answer =
        client.get(&format!("{}?{}", engine_path(&who.tenant, "get-user")?, query.finish())).await?;
    Ok(if answer["user"].is_object() { answer["user"].take() } else { answer })
}

fn engine_path(tenant: &str, what: &str) -> Result<String, ClientError> {
    Ok(format!("{}/engine/admin/{what}", tenant_path(tenant)?))
}

fn told(who: &Who, answer: &Value, what: &str) -> String {
    if who.common.json { answer.to_string() } else { format!("{} {what}.", who.user) }
}

/// One user, a line for each thing to know.
fn details(user: &Value) -> String {
    let mut lines = Vec::new();
    for (word, member) in [
        ("Id", "id"),
        ("E-mail", "email"),
        ("Proved", "emailVerified"),
        ("Name", "name"),
        ("Role", "role"),
        ("Banned", "banned"),
        ("Reason", "banReason"),
        ("Until", "banExpires"),
        ("Created", "createdAt"),
    ] {
        match &user[member] {
            Value::Null => {}
            Value::String(text) => lines.push(format!("{word:<9}{text}")),
            Value::Bool(is_so) => lines.push(format!("{word:<9}{}", if *is_so { "yes" } else { "no" })),
            other => lines.push(format!("{word:<9}{other}")),
        }
    }
    lines.join("\n")
}

/// Reads a duration: a number of seconds, or with a unit of `s`, `m`, `h` or `d`.
pub(crate) fn seconds(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.char_indices().last() {
        Some((index, unit)) if !unit.is_ascii_digit() => (&text[..index], unit),
        _ => (text, 's'),
    };
    let factor = match unit {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3600),
        'd' => Some(86_400),
        _ => None,
    };
    let number = number.parse::<u64>().ok().filter(|number| *number > 0);
    let seconds = number.zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    seconds.ok_or_else(|| "write it as 90s, 30m, 12h or 7d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(
            ["90", "90s", "2m", "12h", "7d"].map(|text| seconds(text).unwrap()),
            [90, 90, 120, 43_200, 604_800]
        );
        for wrong in ["", "d", "0s", "-1s", "1w", "é", "99999999999999999999d", "18446744073709551615d"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_user_is_told_in_lines() {
        let user = json!({ "id": "u1", "email": "ada@example.com", "banned": true, "role": null, "banReason": "spam" });
        assert_eq!(details(&user), "Id       u1\nE-mail   ada@example.com\nBanned   yes\nReason   spam");
    }
}
