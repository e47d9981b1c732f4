//! Certificates that end soon, and names that have none.

use kiavi_db::DbError;
use kiavi_pages::HealthFact;

use super::{Check, Good, HealthFinding, Warning};
use crate::{
    Control,
    certificate::store::{self, Troubled},
};

pub(super) async fn finding(control: &Control) -> Result<HealthFinding, DbError> {
    let troubled = store::troubled(&control.parts().database).await?;
    let (ending, without): (Vec<_>, Vec<_>) = troubled.into_iter().partition(|one| one.not_after.is_some());
    let told = |all: &[Troubled]| all.iter().map(text).collect::<Vec<_>>();
    let (ending, without) = (told(&ending), told(&without));
    Ok(match ending.is_empty() && without.is_empty() {
        true => HealthFinding::new(Check::Certificates, Good, HealthFact::CertificatesHold),
        false => {
            let fact = HealthFact::CertificatesTroubled { ending, without };
            HealthFinding::new(Check::Certificates, Warning, fact)
        }
    })
}

/// A name, whose it is, when its certificate ends and the code of what went wrong, with no words of any language.
fn text(one: &Troubled) -> String {
    let of = one.tenant.as_ref().map(|(_, slug)| format!("{slug}: ")).unwrap_or_default();
    let until = one.not_after.map(|at| format!(" {}", at.strftime("%F"))).unwrap_or_default();
    let why = one.error.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
    format!("{of}{}{until}{why}", one.hostname)
}
