//! Pages for when there is nothing else to show.

use askama::Template;
use kiavi_base::Locale;

use crate::{Frame, Notice, text::Text};

/// A fault of ours.
#[derive(Debug, Clone, Template)]
#[template(path = "error.html")]
pub struct Failed {
    /// The frame around the content.
    pub frame: Frame,
    /// What the log has this request under.
    pub request_id: String,
}

/// A request that was refused, with the reason and the way on.
#[derive(Debug, Clone, Template)]
#[template(path = "refused.html")]
pub struct Refused {
    /// The frame around the content.
    pub frame: Frame,
    /// The reason.
    pub notice: Notice,
    /// The path that the button leads to.
    pub back: String,
}

/// The last page of a sign-in that began elsewhere: sends the browser there. A redirect in answer to a form would
/// be stopped by `form-action 'self'` (CSP Level 3 §6.4.2), a page is not.
#[derive(Debug, Clone, Template)]
#[template(path = "leaving.html")]
pub struct Leaving {
    /// The frame around the content.
    pub frame: Frame,
    /// Where to: an absolute URL of a trusted origin. The caller has checked it.
    pub target: String,
    /// The provider that it leads to; `None` for the way back after a sign-in.
    pub provider: Option<String>,
}

/// An address of this site that leads nowhere.
#[derive(Debug, Clone, Template)]
#[template(path = "not-found.html")]
pub struct NotFound {
    /// The frame around the content.
    pub frame: Frame,
}

/// The Content-Security-Policy of [`TurnedAway`]: it is shown where no asset can be served, so it carries its style itself,
/// allowed by its hash.
pub const BARE_CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
    style-src 'sha256-J95gV4/WvhMFE4+oaLIM62D74TEf5+niS41pZsMurM0='; form-action 'none'; \
    frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Why nobody could be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnedAwayBecause {
    /// The request names no host, or several.
    NoHost,
    /// Nobody is served under its host (404, or 421 on a connection for another host).
    UnknownHost,
    /// Who is served there starts, or has too many visitors.
    Busy,
    /// An operator has switched it off.
    Suspended,
}

impl TurnedAwayBecause {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::NoHost, Self::UnknownHost, Self::Busy, Self::Suspended];

    /// Whether it is worth loading the page again at once.
    fn passes_soon(self) -> bool {
        self == Self::Busy
    }
}

/// The page of somebody who was let in nowhere: whose page it would be is not known, so it is in nobody's colours.
#[derive(Debug, Clone, Template)]
#[template(path = "turned-away.html")]
pub struct TurnedAway {
    /// The language of the page.
    pub locale: Locale,
    /// Why.
    pub why: TurnedAwayBecause,
}

impl TurnedAway {
    pub(crate) fn title(&self) -> String {
        let t = Text::of(self.locale);
        match self.why {
            TurnedAwayBecause::NoHost => t.no_host_title(),
            TurnedAwayBecause::UnknownHost => t.unknown_host_title(),
            TurnedAwayBecause::Busy => t.starting_title(),
            TurnedAwayBecause::Suspended => t.suspended_title(),
        }
    }

    pub(crate) fn lede(&self) -> String {
        let t = Text::of(self.locale);
        match self.why {
            TurnedAwayBecause::NoHost => t.no_host_lede(),
            TurnedAwayBecause::UnknownHost => t.unknown_host_lede(),
            TurnedAwayBecause::Busy => t.starting_lede(),
            TurnedAwayBecause::Suspended => t.suspended_lede(),
        }
    }
}
