//! A browser and its system in a reader's words. Only for showing: nothing is decided by it.

use kiavi_base::{Device, DeviceKind};

use std::net::IpAddr;

use crate::text::Text;

/// "Firefox on Windows", or as much as is known.
pub(crate) fn words(text: &Text, user_agent: Option<&str>) -> String {
    user_agent.and_then(|header| known(text, header)).unwrap_or_else(|| text.device_unknown())
}

/// The same, if anything is known.
pub(crate) fn known(text: &Text, user_agent: &str) -> Option<String> {
    let device = Device::of(user_agent);
    match (device.browser_name(), device.system_name()) {
        (Some(browser), Some(system)) => Some(text.device_on(browser, system)),
        (one, other) => one.or(other).map(str::to_owned),
    }
}

/// Whether it is carried in a hand.
pub(crate) fn is_handheld(user_agent: Option<&str>) -> bool {
    let kind = Device::of(user_agent.unwrap_or_default()).kind();
    matches!(kind, Some(DeviceKind::Phone | DeviceKind::Tablet))
}

/// An IP address as people write it (RFC 5952 §4), which the log and sessions keep in full length; anything else as it is.
pub(crate) fn shown_ip(ip: &str) -> String {
    ip.parse::<IpAddr>().map_or_else(|_| ip.to_owned(), |ip| ip.to_string())
}

#[cfg(test)]
mod tests {
    use kiavi_base::Locale;

    use super::*;

    #[test]
    fn as_much_is_said_as_is_known() {
        for (header, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            ("curl/8.5.0", "curl"),
            ("Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X)", "iPadOS"),
            ("", "Unknown device"),
        ] {
            assert_eq!(words(Text::of(Locale::En), Some(header)), expected);
        }
    }
}
