//! A tenant's limits in the console: what they refused, whom they keep out, and what another rate would have done.

use std::collections::BTreeSet;

use askama::Template;
use jiff::Timestamp;

use crate::{ConsoleTop, Frame, Notice, Place, TenantTop, text::Text, when};

/// So many uses in so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitRate {
    /// How many.
    pub limit: u32,
    /// In how many seconds.
    pub window_seconds: u32,
}

impl LimitRate {
    fn words(self, text: &Text) -> String {
        text.security_rate(&text.number(self.limit), &when::span(text, self.window_seconds.into()))
    }
}

/// A rate in words, or that there is none.
fn rate_words(rate: Option<LimitRate>, text: &Text) -> String {
    rate.map_or_else(|| text.security_off(), |rate| rate.words(text))
}

/// What a limit is called, by where it stands in the settings; by that place where it is none of ours.
fn limit_words(setting: &str, text: &Text) -> String {
    match setting {
        "api_key.requests_per_key" => text.limit_api_key_requests(),
        "api_key.unknown_per_network" => text.limit_api_key_unknown(),
        "email_otp.guesses" => text.limit_guesses(),
        "one_time_token.per_user" => text.limit_tokens(),
        "rate_limits.captcha_per_network" => text.limit_captcha(),
        "rate_limits.code_check_per_network" => text.limit_check_network(),
        "rate_limits.code_check_per_tenant" => text.limit_check_tenant(),
        "rate_limits.code_send_per_address" => text.limit_send_address(),
        "rate_limits.code_send_per_network" => text.limit_send_network(),
        "rate_limits.code_send_per_tenant" => text.limit_send_tenant(),
        "rate_limits.general" => text.limit_general(),
        "rate_limits.passkey_per_credential" => text.limit_passkey_credential(),
        "rate_limits.passkey_per_network" => text.limit_passkey_network(),
        "rate_limits.session_check" => text.limit_session_check(),
        "social.calls_per_user" => text.limit_social_calls(),
        "social.failed_per_network" => text.limit_social_failed(),
        "social.per_network" => text.limit_social_network(),
        other => other.to_owned(),
    }
}

/// Whom a limit counts.
#[derive(Debug, Clone)]
pub enum Who {
    /// Everybody together.
    Everybody,
    /// A user: path of their page and address.
    User(String, String),
    /// A network: path of its refusals in the log, and its address.
    Network(String, String),
    /// What stands for an address in the log, which nobody there is known by.
    Reference(String),
}

impl Who {
    fn words(&self, text: &Text) -> String {
        match self {
            Self::Everybody => text.security_everybody(),
            Self::User(_, name) | Self::Network(_, name) | Self::Reference(name) => name.clone(),
        }
    }

    /// The address of a network.
    fn network(&self) -> Option<&str> {
        match self {
            Self::Network(_, address) => Some(address),
            Self::Everybody | Self::User(..) | Self::Reference(_) => None,
        }
    }

    fn path(&self) -> Option<&str> {
        match self {
            Self::User(path, _) | Self::Network(path, _) => Some(path),
            Self::Everybody | Self::Reference(_) => None,
        }
    }
}

/// Somebody whose requests a limit refused.
#[derive(Debug, Clone)]
pub struct Offender {
    /// Who.
    pub who: Who,
    /// The country of a network.
    pub country: Option<String>,
    /// How often in the last week.
    pub week: u64,
}

/// A limit.
#[derive(Debug, Clone)]
pub struct LimitRow {
    /// Where it stands in the settings.
    pub setting: String,
    /// None when it is switched off.
    pub rate: Option<LimitRate>,
    /// Requests refused in the last day and in the last week, where the log counts them by limit.
    pub refused: Option<(u64, u64)>,
    /// The type of the events that tell of its refusals, and the path of these, where it does not.
    pub told_as: Option<(String, String)>,
    /// Whether another rate can be tried.
    pub can_be_tried: bool,
    /// Those refused most.
    pub offenders: Vec<Offender>,
}

impl Limits {
    /// Those that refused somebody.
    fn loud(&self) -> impl Iterator<Item = &LimitRow> {
        self.rows.iter().filter(|row| !row.is_quiet())
    }

    /// Those that refused nobody, as far as that is counted.
    fn quiet(&self) -> impl Iterator<Item = &LimitRow> {
        self.rows.iter().filter(|row| row.is_quiet())
    }

    fn has_loud(&self) -> bool {
        self.loud().next().is_some()
    }

    fn has_quiet(&self) -> bool {
        self.quiet().next().is_some()
    }

    fn quiet_count(&self) -> i64 {
        i64::try_from(self.quiet().count()).unwrap_or(i64::MAX)
    }
}

impl LimitRow {
    fn is_quiet(&self) -> bool {
        self.offenders.is_empty() && self.refused.is_none_or(|(_, week)| week == 0)
    }

    fn rate_words(&self, text: &Text) -> String {
        rate_words(self.rate, text)
    }
}

/// All limits.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// In the order of their settings.
    pub rows: Vec<LimitRow>,
    /// Refusals of the last week that the log has as a number only.
    pub untold: i64,
    /// Those by limits that no setting changes.
    pub fixed: i64,
    /// From when on the log was read, if not a whole week.
    pub since: Option<Timestamp>,
}

/// Somebody whom limits keep out now.
#[derive(Debug, Clone)]
pub struct LockOutRow {
    /// Who.
    pub who: Who,
    /// What the engine calls them.
    pub name: String,
    /// The country of a network.
    pub country: Option<String>,
    /// The limits that do, by their settings, and for how many seconds.
    pub limits: Vec<(String, u64)>,
    /// Requests refused in the last day.
    pub refused: i64,
}

/// Everybody whom limits keep out now.
#[derive(Debug, Clone, Default)]
pub struct LockOuts {
    /// Those who wait longest first.
    pub rows: Vec<LockOutRow>,
    /// How many there are.
    pub total: i64,
    /// How many addresses have used up their wrong codes, known to the log or not.
    pub without_guesses: i64,
    /// From when on the log was read, if not a whole day.
    pub since: Option<Timestamp>,
}

impl LockOuts {
    /// Whether there are more than are shown.
    fn is_cut(&self) -> bool {
        usize::try_from(self.total).is_ok_and(|total| total > self.rows.len())
    }
}

/// A limit that can be tried with another rate.
#[derive(Debug, Clone)]
pub struct LimitChoice {
    /// Where it stands in the settings.
    pub setting: String,
    /// Whether it is the one that is tried.
    pub is_chosen: bool,
}

/// What a limit refuses: requests, of so many networks, about so many addresses or users.
type Refusals = (u64, u64, u64);

/// What came of trying another rate.
#[derive(Debug, Clone)]
pub struct DryRun {
    /// The limit, by its setting.
    pub setting: String,
    /// Its rate now.
    pub as_set: Option<LimitRate>,
    /// The other one.
    pub tried: LimitRate,
    /// Uses that the log has.
    pub uses: i64,
    /// Those of them that are of somebody forgotten.
    pub nameless: i64,
    /// Refusals that it has as a number only.
    pub untold: i64,
    /// From when on it was read, if not a whole week.
    pub since: Option<Timestamp>,
    /// What was refused in truth, what is refused of the same uses by the rate of now, and by the other.
    pub refused: [Refusals; 3],
}

impl DryRun {
    /// The lines of its table.
    fn rows(&self, text: &Text) -> [(String, Refusals); 3] {
        let [did, as_set, would] = self.refused;
        [
            (text.security_try_did(), did),
            (text.security_try_as_set(&rate_words(self.as_set, text)), as_set),
            (text.security_try_would(&self.tried.words(text)), would),
        ]
    }
}

/// The form that tries a rate, and what came of it.
#[derive(Debug, Clone, Default)]
pub struct TryOut {
    /// What can be tried.
    pub limits: Vec<LimitChoice>,
    /// How many, as typed.
    pub limit: String,
    /// In how many seconds, as typed.
    pub window_seconds: String,
    /// Why it could not be tried.
    pub fault: Option<String>,
    /// What came of it.
    pub result: Option<DryRun>,
}

/// What asking for a mail costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptchaKind {
    /// Nothing.
    None,
    /// Work that the browser does.
    Work,
    /// Cloudflare Turnstile.
    Turnstile,
}

impl CaptchaKind {
    fn words(self, text: &Text) -> String {
        match self {
            Self::None => text.security_captcha_none(),
            Self::Work => text.security_captcha_work(),
            Self::Turnstile => "Turnstile".to_owned(),
        }
    }
}

/// What the settings keep away.
#[derive(Debug, Clone)]
pub struct Blocked {
    /// Networks that nothing is answered to.
    pub networks: Vec<String>,
    /// Mail domains that get no new user.
    pub domains: Vec<String>,
    /// The only ones that do, if there are any.
    pub allowed: Vec<String>,
    /// Whether throwaway domains get none.
    pub refuses_disposable: bool,
    /// What asking for a mail costs.
    pub captcha: CaptchaKind,
}

/// Names of a list that are shown.
const SHOWN: usize = 50;

/// A list cut to what is shown, and how many names that leaves out.
fn cut(names: &[String]) -> (String, usize) {
    (names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", "), names.len().saturating_sub(SHOWN))
}

impl Blocked {
    /// Its lines: what, the names or how it is, and how many names are left out.
    fn lines(&self, text: &Text) -> [(String, String, usize); 5] {
        let list = |words: String, names: &[String], none: String| match cut(names) {
            _ if names.is_empty() => (words, none, 0),
            (shown, left_out) => (words, shown, left_out),
        };
        let none = || text.security_captcha_none();
        let disposable = match self.refuses_disposable {
            true => text.security_disposable_refused(),
            false => text.security_disposable_allowed(),
        };
        [
            list(text.security_blocked_networks(), &self.networks, none()),
            list(text.security_blocked_domains(), &self.domains, none()),
            list(text.security_allowed_domains(), &self.allowed, text.security_allowed_all()),
            (text.security_disposable(), disposable, 0),
            (text.security_captcha(), self.captcha.words(text), 0),
        ]
    }
}

/// A tenant's limits.
#[derive(Debug, Clone, Template)]
#[template(path = "security.html")]
pub struct Security {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// Who is locked out, where the visitor may know users.
    pub lock_outs: Option<LockOuts>,
    /// The limits, and another rate for one, where the visitor may read the log.
    pub limits: Option<(Limits, TryOut)>,
    /// What the settings keep away, where the visitor may read them.
    pub blocked: Option<Blocked>,
    /// Why it cannot be so.
    pub fault: Option<String>,
    /// Whether the visitor may change settings.
    pub may_change: bool,
    /// Whether the visitor may let somebody in again.
    pub may_unlock: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
}

impl Security {
    /// An address below the tenant's.
    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.tenant.path)
    }

    /// The dialog that asks whether a network is to be blocked, where the visitor may do that.
    fn block_dialog(&self, who: &Who) -> Option<String> {
        who.network().filter(|_| self.may_change).map(|network| self.dialog_for(network))
    }

    fn dialog_for(&self, network: &str) -> String {
        let number = self.networks().iter().position(|one| *one == network).unwrap_or_default();
        format!("block-{number}")
    }

    /// The networks that can be blocked from here, each once.
    fn networks(&self) -> BTreeSet<&str> {
        let locked = self.lock_outs.iter().flat_map(|all| &all.rows).map(|row| &row.who);
        let limits = self.limits.iter().flat_map(|(limits, _)| &limits.rows);
        let refused = limits.flat_map(|limit| &limit.offenders).map(|offender| &offender.who);
        locked.chain(refused).filter_map(Who::network).collect()
    }

    /// What a limit is called.
    fn called(&self, setting: &str) -> String {
        limit_words(setting, self.frame.text())
    }

    /// A moment in words, in UTC.
    fn moment(&self, at: &Timestamp) -> String {
        let (date, time) = when::utc(self.frame.text(), *at);
        format!("{date}, {time} UTC")
    }

    /// The address that tries a limit with its own rate.
    fn trial(&self, limit: &LimitRow) -> Option<String> {
        let rate = limit.rate.filter(|_| limit.can_be_tried)?;
        let LimitRate { limit: uses, window_seconds } = rate;
        let path = &self.tenant.path;
        let setting = &limit.setting;
        Some(format!("{path}/security?setting={setting}&limit={uses}&window_seconds={window_seconds}#try"))
    }
}

#[cfg(test)]
mod tests {
    use kiavi_base::Locale;

    use super::*;

    #[test]
    fn a_rate_is_told_in_words() {
        let text = Text::of(Locale::En);
        let rate = LimitRate { limit: 10, window_seconds: 900 };
        assert_eq!(rate_words(Some(rate), text), "10 in 15 minutes");
        assert_eq!(rate_words(None, text), "Off");
        assert_eq!(limit_words("rate_limits.unheard_of", text), "rate_limits.unheard_of");
    }

    #[test]
    fn a_long_list_is_cut() {
        let names: Vec<_> = (0..52).map(|n| format!("d{n}.example")).collect();
        assert_eq!(cut(&names).1, 2);
        assert_eq!(cut(&names[..2]), ("d0.example, d1.example".to_owned(), 0));
    }
}
