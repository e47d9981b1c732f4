//! Changing a part of a tenant's settings by a page that is about it.

use kiavi_pages::Notice;
use serde_json::Value;

use super::{tenant::AtTenant, visit::Stop};
use crate::{
    ControlError,
    api::change_settings,
    settings::{self, Proposal, secrets::masked},
};

/// Why the settings are not as somebody wants them.
pub(super) enum Refused {
    /// They cannot be so, with the reason.
    Fault(String),
    Told(Notice),
    Stop(Stop),
}

/// The document as whoever changes it sees it.
pub(super) fn document(at: &AtTenant) -> Value {
    settings::without_fixed(masked(&at.tenant.settings))
}

/// Makes a document the settings, and waits until the engine has it, so that what is seen or tried next is what was saved.
pub(super) async fn change(at: &AtTenant, document: Value, comment: &str) -> Result<(), Refused> {
    let (control, comment) = (&at.here.visit.control, Some(comment.to_owned()));
    let proposal = Proposal { document, comment, is_trial: false };
    match settings::change(control, &at.here.actor, &at.tenant, proposal).await {
        Ok(decided) => {
            let delivered = change_settings::is_delivered(control, &at.tenant.id, decided.version).await;
            delivered.map(drop).map_err(|problem| Refused::Stop(problem.into()))
        }
        Err(ControlError::InvalidSettings(fault)) => Err(Refused::Fault(fault)),
        Err(ControlError::SettingsChangedMeanwhile) => Err(Refused::Told(Notice::SettingsMeanwhile)),
        Err(error) => Err(Refused::Stop(error.into())),
    }
}
