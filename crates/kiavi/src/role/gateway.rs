//! The gateway's process.

use std::sync::OnceLock;

use kiavi_base::Locale;
use kiavi_gateway::{Pages, TurnedAway};
use kiavi_ipc::Endpoint;
use kiavi_pages::{BARE_CONTENT_SECURITY_POLICY, Page, TurnedAwayBecause};
use kiavi_sandbox::Profile;

use super::{RoleArgs, RoleError, begin, control_channel, lock_down, runtime, seal};

pub(super) fn run(args: &RoleArgs) -> Result<(), RoleError> {
    begin(args)?;
    let locked = lock_down(args, Profile::Gateway)?;
    runtime()?.block_on(async {
        let launcher = Endpoint::new(control_channel()?)?;
        seal(locked)?;
        let pages = Pages { page, policy: BARE_CONTENT_SECURITY_POLICY };
        Ok(kiavi_gateway::run(launcher, pages).await?)
    })
}

/// The page of somebody who is turned away, made when the first in their language is, and kept: whoever floods the gateway with
/// what it refuses has it copy bytes, and no more.
fn page(why: TurnedAway, locale: Locale) -> &'static str {
    const REASONS: usize = TurnedAwayBecause::ALL.len();
    const LANGUAGES: usize = Locale::ALL.len();
    static MADE: [[OnceLock<String>; LANGUAGES]; REASONS] =
        [const { [const { OnceLock::new() }; LANGUAGES] }; REASONS];
    let why = match why {
        TurnedAway::NoHost => TurnedAwayBecause::NoHost,
        TurnedAway::UnknownHost => TurnedAwayBecause::UnknownHost,
        TurnedAway::Busy => TurnedAwayBecause::Busy,
        TurnedAway::Suspended => TurnedAwayBecause::Suspended,
    };
    MADE[why as usize][locale as usize].get_or_init(|| kiavi_pages::TurnedAway { locale, why }.html())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_reason_has_a_page_of_its_own_in_each_language() {
        let reasons = [TurnedAway::NoHost, TurnedAway::UnknownHost, TurnedAway::Busy, TurnedAway::Suspended];
        let pages: BTreeSet<_> =
            reasons.into_iter().flat_map(|why| Locale::ALL.map(|locale| page(why, locale))).collect();
        assert_eq!(pages.len(), 4 * 6);
        assert!(page(TurnedAway::Busy, Locale::It).contains("<html lang=\"it\""));
    }
}
