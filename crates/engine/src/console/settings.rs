//! The slice's part of the settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::settings::BaseUrl;

/// The management console whose people sign in here. Only the tenant that Kiavi makes for its own console has one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConsoleSettings {
    /// The console's origin, the only place that a sign-in for it leads back to. Kiavi sets it at each start.
    pub origin: Option<BaseUrl>,
}
