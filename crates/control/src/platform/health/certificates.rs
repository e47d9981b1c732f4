//! Certificates that end soon, and names that have none.

use kiavi_db::DbError;

use super::{Check, Good, HealthFinding, Warning, names};
use crate::{
    Control,
    certificate::store::{self, Troubled},
};

pub(super) async fn finding(control: &Control) -> Result<HealthFinding, DbError> {
    let troubled = store::troubled(&control.parts().database).await?;
    let (ending, without): (Vec<_>, Vec<_>) = troubled.into_iter().partition(|one| one.not_after.is_some());
    let told = |all: &[Troubled]| {
        let texts: Vec<_> = all.iter().map(text).collect();
        names(texts.iter().map(String::as_str))
    };
    let parts = [
        ("end soon and could not be renewed", told(&ending)),
        ("could not be made yet, so browsers cannot come", told(&without)),
    ];
    let parts = parts.iter().filter(|(_, which)| !which.is_empty());
    let parts: Vec<_> = parts.map(|(what, which)| format!("{what}: {which}")).collect();
    Ok(match parts.is_empty() {
        true => HealthFinding::new(Check::Certificates, Good, "each name has one, and none ends soon"),
        false => {
            let detail = format!("{}; see kiavi certificate list", parts.join("; "));
            HealthFinding::new(Check::Certificates, Warning, detail)
        }
    })
}

fn text(one: &Troubled) -> String {
    let of = one.tenant.as_ref().map(|(_, slug)| format!(" of {slug}")).unwrap_or_default();
    let until = one.not_after.map(|at| format!(" on {}", at.strftime("%F"))).unwrap_or_default();
    let why = one.error.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
    format!("{}{of}{until}{why}", one.hostname)
}
