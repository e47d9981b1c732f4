//! Which servers outside a tenant's engine reaches. How it reaches them is `kiavi-egress`.

mod settings;

pub use kiavi_egress::{Client, EgressError, EgressHost, HttpClient, Shut};
pub use settings::EgressSettings;

/// A part of the settings that has the engine reach servers.
pub(crate) trait Reaches {
    /// Which.
    fn egress_hosts(&self) -> Vec<EgressHost>;
}

#[cfg(test)]
mod tests;
