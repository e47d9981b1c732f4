//! `kiavi mail check TENANT`: what the DNS says about the domain that a tenant's mail comes from.

use serde_json::Value;

use crate::{
    client::{ClientError, Problem},
    tenant::{Common, say, tenant_path, text},
};

/// What a record says, in a line.
fn says(record: &Value) -> String {
    let says = &record["says"];
    let several = says["records"].as_u64().is_some_and(|records| records > 1);
    if several {
        return "there are several, so receivers use none".to_owned();
    }
    let number = |name: &str| says[name].as_u64().unwrap_or_default();
    match (text(record, "kind"), says.is_null()) {
        (_, true) => String::new(),
        ("spf", _) => {
            let names: Vec<&str> =
                says["includes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let servers = number("servers");
            format!(
                "{servers} entries of its own, includes [{}], others {}",
                names.join(" "),
                text(says, "others")
            )
        }
        ("dkim", _) => {
            let testing = if says["is_testing"] == true { ", marked as a test" } else { "" };
            format!("{} key, {}{testing}", text(says, "kind"), text(says, "state"))
        }
        _ => {
            let policy = says["policy"].as_str().unwrap_or("no policy");
            let reports = if says["has_reports"] == true { "" } else { ", no reports" };
            format!("{policy} for {} %{reports}", number("percent"))
        }
    }
}

fn line(record: &Value) -> String {
    let mut line =
        format!("{:<6}{:<11}{}", text(record, "kind"), text(record, "verdict"), text(record, "name"));
    let says = says(record);
    if !says.is_empty() {
        line.push_str(&format!("\n      {says}"));
    }
    if let Some(suggestion) = record["suggestion"].as_str() {
        line.push_str(&format!("\n      Set:  {}. 300 IN TXT \"{suggestion}\"", text(record, "name")));
    }
    line
}

/// Looks the records up and fails unless all of them are good.
pub(crate) async fn run(
    tenant: &str,
    selector: Option<&str>,
    common: &Common,
) -> Result<String, ClientError> {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(selector.map(|selector| ("selector", selector)))
        .finish();
    let told = common.client().get(&format!("{}/mail/records?{query}", tenant_path(tenant)?)).await?;
    let records = told["records"].as_array().map(Vec::as_slice).unwrap_or_default();
    if common.json {
        say(&told.to_string());
    } else {
        let unasked = if selector.is_none() {
            "\ndkim  not asked  (the mail server that signs has chosen a selector: --selector NAME)"
        } else {
            ""
        };
        let lines: Vec<String> = records.iter().map(line).collect();
        say(&format!("Mail comes from {}.\n\n{}{unasked}", text(&told, "address"), lines.join("\n")));
    }
    let open: Vec<&str> = records
        .iter()
        .filter(|record| record["verdict"] != "good")
        .map(|record| text(record, "kind"))
        .collect();
    if open.is_empty() {
        return Ok(String::new());
    }
    let detail = format!("Not in order: {}.", open.join(", "));
    Err(ClientError::Refused(Problem { code: "mail_records".to_owned(), detail }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_is_told_with_what_it_says_and_what_to_set() {
        let spf = json!({ "kind": "spf", "name": "a.example", "verdict": "good", "suggestion": null,
            "says": { "records": 1, "servers": 2, "includes": ["b.example"], "others": "softfail" } });
        assert_eq!(
            line(&spf),
            "spf   good       a.example\n      2 entries of its own, includes [b.example], others softfail"
        );
        let dmarc = json!({ "kind": "dmarc", "name": "_dmarc.a.example", "verdict": "absent", "says": null,
            "suggestion": "v=DMARC1; p=none" });
        assert_eq!(
            line(&dmarc),
            "dmarc absent     _dmarc.a.example\n      Set:  _dmarc.a.example. 300 IN TXT \"v=DMARC1; p=none\""
        );
        let dkim = json!({ "kind": "dkim", "name": "s._domainkey.a.example", "verdict": "weak",
            "says": { "kind": "rsa", "state": "short", "is_testing": true } });
        assert!(line(&dkim).ends_with("rsa key, short, marked as a test"));
    }
}
