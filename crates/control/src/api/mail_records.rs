//! What the DNS says about the domain that a tenant's mail comes from.

use std::sync::Arc;

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use kiavi_ipc::mail_record::{DkimKey, Dmarc, Selector, Spf};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Problem,
    input::Asked,
    route::{Route, Takes, may},
};
use crate::{
    Control, Permission as P, Tenant,
    audit::nothing,
    mail_domain::{self, MailDomain, Record, Verdict},
};

/// All of them.
pub(super) fn routes() -> [Route; 1] {
    [Route::new(show, __path_show, may(P::SettingsRead), nothing("a read")).takes(Takes::Query)]
}

/// Which key is looked up.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// The selector of the DKIM key (RFC 6376 §3.1), which whatever server signs the mail has chosen. No key is looked up
    /// without one.
    #[param(max_length = 100, pattern = r"^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$", example = "s1")]
    selector: Option<String>,
}

/// What the DNS says about the domain that a tenant's mail comes from.
#[derive(Serialize, ToSchema)]
pub(super) struct MailRecords {
    /// The address that mail comes from.
    #[schema(example = "no-reply@example.com")]
    address: String,
    /// Its domain.
    #[schema(example = "example.com")]
    domain: String,
    /// `spf`, `dkim` where a selector was named, and `dmarc`.
    records: Vec<MailRecord>,
}

/// A record that receivers look up before they take a mail.
#[derive(Serialize, ToSchema)]
pub(super) struct MailRecord {
    /// `spf` (RFC 7208), `dkim` (RFC 6376) or `dmarc` (RFC 7489).
    #[schema(example = "dmarc")]
    kind: &'static str,
    /// The name at which it is, or belongs. That of `dmarc` may be of a domain above, which counts for those below.
    #[schema(example = "_dmarc.example.com")]
    name: String,
    verdict: Verdict,
    /// What was read in it, by names that depend on the kind; null where there is none.
    #[schema(value_type = Option<Object>, example = json!({
        "records": 1, "policy": "reject", "percent": 100, "has_reports": true
    }))]
    says: Option<serde_json::Value>,
    /// What a TXT record there could say, where that can be told.
    #[schema(example = "v=DMARC1; p=none; rua=mailto:postmaster@example.com")]
    suggestion: Option<String>,
}

impl MailRecord {
    fn new<T>(kind: &'static str, record: Record<T>, says: fn(&T) -> serde_json::Value) -> Self {
        let Record { name, verdict, says: found, suggestion } = record;
        Self { kind, name, verdict, says: found.as_ref().map(says), suggestion }
    }
}

fn spf(spf: &Spf) -> serde_json::Value {
    let includes: Vec<_> = spf.includes.iter().map(AsRef::as_ref).collect::<Vec<&str>>();
    serde_json::json!({
        "records": spf.records, "servers": spf.servers, "includes": includes, "others": spf.others.name(),
    })
}

fn dkim(key: &DkimKey) -> serde_json::Value {
    serde_json::json!({ "kind": key.kind.name(), "state": key.state.name(), "is_testing": key.is_testing })
}

fn dmarc(dmarc: &Dmarc) -> serde_json::Value {
    serde_json::json!({
        "records": dmarc.records, "policy": dmarc.policy.map(|policy| policy.name()),
        "percent": dmarc.percent, "has_reports": dmarc.has_reports,
    })
}

impl From<MailDomain> for MailRecords {
    fn from(found: MailDomain) -> Self {
        let dkim = found.dkim.map(|record| MailRecord::new("dkim", record, dkim));
        let records = [Some(MailRecord::new("spf", found.spf, spf)), dkim]
            .into_iter()
            .flatten()
            .chain([MailRecord::new("dmarc", found.dmarc, dmarc)]);
        Self { address: found.address, domain: found.domain.to_string(), records: records.collect() }
    }
}

/// The selector that was typed, if one was.
pub(super) fn selector(typed: Option<&str>) -> Result<Option<Selector>, Problem> {
    let parsed = typed.map(|typed| typed.parse::<Selector>()).transpose();
    parsed.map_err(|error| Problem::invalid_query(format!("\"selector\" {error}.")))
}

/// Look up the records of a tenant's mail
///
/// SPF, DKIM and DMARC of the domain that its mail comes from, as they are in the DNS now. An answer may take fifteen seconds
/// where no name server gives one.
#[utoipa::path(get, path = "/tenants/{tenant}/mail/records", tag = "Settings", params(
    ("tenant" = String, Path, description = "The tenant's name or id", example = "shop"), Wanted,
), responses(
    (status = 200, description = "What is there", body = MailRecords),
))]
pub(super) async fn show(
    State(control): State<Control>,
    Extension(tenant): Extension<Arc<Tenant>>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let selector = selector(wanted.selector.as_deref())?;
    let found = mail_domain::look_up(&control, &tenant, selector).await;
    let found = found.map_err(|error| Problem::internal(&*error))?;
    Ok(axum::Json(MailRecords::from(found)).into_response())
}
