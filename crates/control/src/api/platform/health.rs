//! Whether all is well.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Control,
    platform::health::{HealthFinding, HealthVerdict, findings},
};

/// Whether all is well.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Health {
    /// The worst of the findings.
    verdict: HealthVerdict,
    findings: Vec<HealthFinding>,
}

/// Show whether all is well
///
/// Looks at everything anew: the database, the processes, the vault, what is under way, backups, domains, the machine. What
/// does not answer in time is a finding, and not an error.
#[utoipa::path(get, path = "/instance/health", tag = "Instance", responses(
    (status = 200, description = "What was found", body = Health),
))]
pub(in crate::api) async fn show(State(control): State<Control>) -> Json<Health> {
    let findings = findings(&control).await;
    let verdict = findings.iter().map(|finding| finding.verdict).max().unwrap_or(HealthVerdict::Ok);
    Json(Health { verdict, findings })
}
