//! `kiavi mail list | retry | unsuppress TENANT`: what became of a tenant's mails, and having one tried again.

use clap::Args;
use hyper::Method;
use serde_json::{Value, json};

use crate::{
    client::{ClientError, Problem},
    tenant::{Common, tenant_path, text},
    tenant_table::table,
};

/// Which mails.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// The tenant's name or id
    tenant: String,
    /// Only those in this state
    #[arg(long, value_parser = ["waiting", "accepted", "refused", "suppressed", "expired"])]
    state: Option<String>,
    /// Only those of this kind, such as sign_in_code
    #[arg(long)]
    letter: Option<String>,
    /// Only those to this address
    #[arg(long)]
    email: Option<String>,
    /// How many that have landed at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
    limit: u16,
    #[command(flatten)]
    common: Common,
}

/// One that is named.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The tenant's name or id
    tenant: String,
    /// Which, as `kiavi mail list` calls it
    id: String,
    #[command(flatten)]
    common: Common,
}

/// An address.
#[derive(Debug, Args)]
pub(crate) struct Address {
    /// The tenant's name or id
    tenant: String,
    /// The address
    address: String,
    #[command(flatten)]
    common: Common,
}

fn row(mail: &Value, at: &str, state: &str) -> [String; 6] {
    let why =
        [mail["fault"].as_str().map(str::to_owned), mail["reply"].as_i64().map(|code| code.to_string())];
    let why: Vec<String> = why.into_iter().flatten().collect();
    [
        text(mail, at).to_owned(),
        state.to_owned(),
        text(mail, "letter").to_owned(),
        mail["email"].as_str().unwrap_or("(gone)").to_owned(),
        why.join(" "),
        text(mail, "id").to_owned(),
    ]
}

fn rows(told: &Value) -> Vec<[String; 6]> {
    let list = |name: &str| told[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let waiting = list("waiting").iter().map(|mail| row(mail, "owed_at", "waiting"));
    waiting.chain(list("deliveries").iter().map(|mail| row(mail, "at", text(mail, "state")))).collect()
}

/// Lists mails, those that wait first.
pub(crate) async fn list(wanted: Wanted) -> Result<String, ClientError> {
    let Wanted { tenant, state, letter, email, limit, common } = wanted;
    let limit = limit.to_string();
    let query = [("state", state), ("letter", letter), ("email", email), ("limit", Some(limit))];
    let query = query.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let path = format!("{}/engine/mail/deliveries?{query}", tenant_path(&tenant)?);
    let told = common.client().get(&path).await?;
    if common.json {
        return Ok(told.to_string());
    }
    let rows = rows(&told);
    if rows.is_empty() {
        return Ok("No such mail.".to_owned());
    }
    Ok(table(["TIME", "STATE", "LETTER", "TO", "WHY", "ID"], &rows))
}

/// Has a mail that waits tried at once.
pub(crate) async fn retry(named: Named) -> Result<String, ClientError> {
    let path = format!("{}/engine/mail/retry", tenant_path(&named.tenant)?);
    let told = named.common.client().send_json(Method::POST, &path, None, &json!({ "id": named.id })).await?;
    if told["retried"] != true {
        let detail = format!("{} does not wait: it has landed, or is tried right now.", named.id);
        return Err(ClientError::Refused(Problem { code: "mail_not_waiting".to_owned(), detail }));
    }
    Ok(if named.common.json { told.to_string() } else { "It is tried now.".to_owned() })
}

/// Has an address get mail again that a server said nobody is at.
pub(crate) async fn unsuppress(to: Address) -> Result<String, ClientError> {
    let path = format!("{}/engine/mail/unsuppress", tenant_path(&to.tenant)?);
    let body = json!({ "email": to.address });
    let told = to.common.client().send_json(Method::POST, &path, None, &body).await?;
    Ok(match told["lifted"] == true {
        _ if to.common.json => told.to_string(),
        true => format!("{} gets mail again.", to.address),
        false => format!("{} was not on the list: it gets mail.", to.address),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_comes_first_and_who_is_gone_has_no_address() {
        let told = json!({
            "waiting": [{ "id": "a", "letter": "sign_in_code", "email": "ada@example.com", "owed_at": "T1" }],
            "deliveries": [{ "id": "b", "letter": "test", "email": null, "state": "refused", "at": "T2",
                "fault": "recipient_refused", "reply": 550 }],
        });
        let rows = rows(&told);
        assert_eq!(rows[0], ["T1", "waiting", "sign_in_code", "ada@example.com", "", "a"]);
        assert_eq!(rows[1], ["T2", "refused", "test", "(gone)", "recipient_refused 550", "b"]);
    }
}
