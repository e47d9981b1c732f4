//! Every limit of the settings.

use serde::Serialize;
use serde_json::Value;

use crate::{Rate, Settings, rate_limit::Table};

/// By what a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Dimension {
    Network,
    Address,
    User,
    Credential,
    Key,
    Tenant,
}

impl Dimension {
    /// What events call it.
    const fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Address | Self::User | Self::Credential | Self::Key => "target",
            Self::Tenant => "tenant",
        }
    }

    /// Whether it counts by whom a request is about.
    pub(super) const fn is_target(self) -> bool {
        !matches!(self, Self::Network | Self::Tenant)
    }
}

/// What uses of a limit are in the log, and which limits a use meets in turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Mails that somebody asked for.
    Mails,
    /// Codes, links and one-time tokens that somebody tried.
    Tries,
    /// Wrong codes for an address, until a right one.
    Guesses,
    /// One-time tokens that a user asked for.
    Tokens,
}

/// A limit.
#[derive(Debug)]
pub(super) struct Limit {
    /// Where it stands in the settings.
    pub(super) setting: &'static str,
    pub(super) rate: fn(&Settings) -> Option<Rate>,
    pub(super) dimension: Dimension,
    /// Where its counters are; in memory without one.
    pub(super) table: Option<Table>,
    /// What events and counters call it.
    pub(super) scopes: &'static [&'static str],
    /// What the log has of its uses; without one, too little to count them again.
    pub(super) family: Option<Family>,
    /// The type of the events that tell of its refusals, where it is not `rate_limit.exceeded`.
    pub(super) told_as: Option<&'static str>,
}

const fn limit(
    setting: &'static str,
    rate: fn(&Settings) -> Option<Rate>,
    dimension: Dimension,
    table: Option<Table>,
    scopes: &'static [&'static str],
) -> Limit {
    Limit { setting, rate, dimension, table, scopes, family: None, told_as: None }
}

impl Limit {
    const fn in_log(self, family: Family) -> Self {
        Self { family: Some(family), ..self }
    }

    const fn told_as(self, kind: &'static str) -> Self {
        Self { told_as: Some(kind), ..self }
    }

    /// The limit at this place in the settings.
    pub(super) fn named(setting: &str) -> Option<&'static Self> {
        LIMITS.iter().find(|limit| limit.setting == setting)
    }

    /// The limit that a `rate_limit.exceeded` with these facts tells of, if it is one of the settings.
    pub(super) fn told(facts: Option<&Value>) -> Option<&'static Self> {
        let told = |fact: &str| facts?.get(fact)?.as_str();
        let (scope, counted_by) = (told("limit")?, told("counted_by")?);
        LIMITS.iter().find(|limit| limit.scopes.contains(&scope) && limit.dimension.name() == counted_by)
    }

    /// Whether it can keep somebody out: it counts in a table what they need to come in. What is only in memory passes in
    /// seconds, and no passkey that works meets the limit of failures.
    pub(super) fn locks_out(&self) -> bool {
        self.table.is_some() && self.dimension != Dimension::Credential
    }
}

const MEMORY: Option<Table> = None;
const USES: Option<Table> = Some(Table::Uses);

/// All of them, in the order of their names.
pub(super) const LIMITS: &[Limit] = &[
    limit(
        "api_key.requests_per_key",
        |settings| settings.api_key.requests_per_key,
        Dimension::Key,
        MEMORY,
        &[],
    )
    .told_as("api_key.refused"),
    limit(
        "api_key.unknown_per_network",
        |settings| settings.api_key.unknown_per_network,
        Dimension::Network,
        MEMORY,
        &["unknown_api_key"],
    ),
    limit(
        "email_otp.guesses",
        |settings| Some(settings.email_otp.guesses),
        Dimension::Address,
        Some(Table::Guesses),
        &["code_guesses"],
    )
    .in_log(Family::Guesses),
    limit(
        "one_time_token.per_user",
        |settings| Some(settings.one_time_token.per_user),
        Dimension::User,
        USES,
        &["one_time_token"],
    )
    .in_log(Family::Tokens),
    limit(
        "rate_limits.captcha_per_network",
        |settings| settings.rate_limits.captcha_per_network,
        Dimension::Network,
        USES,
        &["captcha"],
    ),
    limit(
        "rate_limits.code_check_per_network",
        |settings| settings.rate_limits.code_check_per_network,
        Dimension::Network,
        USES,
        &["code_check", "link_check", "one_time_token_check"],
    )
    .in_log(Family::Tries),
    limit(
        "rate_limits.code_check_per_tenant",
        |settings| settings.rate_limits.code_check_per_tenant,
        Dimension::Tenant,
        USES,
        &["code_check"],
    )
    .in_log(Family::Tries),
    limit(
        "rate_limits.code_send_per_address",
        |settings| settings.rate_limits.code_send_per_address,
        Dimension::Address,
        USES,
        &["code_send"],
    )
    .in_log(Family::Mails),
    limit(
        "rate_limits.code_send_per_network",
        |settings| settings.rate_limits.code_send_per_network,
        Dimension::Network,
        USES,
        &["code_send"],
    )
    .in_log(Family::Mails),
    limit(
        "rate_limits.code_send_per_tenant",
        |settings| settings.rate_limits.code_send_per_tenant,
        Dimension::Tenant,
        USES,
        &["code_send"],
    )
    .in_log(Family::Mails),
    limit(
        "rate_limits.general",
        |settings| settings.rate_limits.general,
        Dimension::Network,
        MEMORY,
        &["general"],
    ),
    limit(
        "rate_limits.passkey_per_credential",
        |settings| settings.rate_limits.passkey_per_credential,
        Dimension::Credential,
        USES,
        &["passkey.failure"],
    ),
    limit(
        "rate_limits.passkey_per_network",
        |settings| settings.rate_limits.passkey_per_network,
        Dimension::Network,
        USES,
        &["passkey.options", "passkey.verify"],
    ),
    limit(
        "rate_limits.session_check",
        |settings| settings.rate_limits.session_check,
        Dimension::Network,
        MEMORY,
        &["session_check"],
    ),
    limit(
        "social.calls_per_user",
        |settings| settings.social.calls_per_user,
        Dimension::User,
        USES,
        &["social.calls"],
    ),
    limit(
        "social.failed_per_network",
        |settings| settings.social.failed_per_network,
        Dimension::Network,
        MEMORY,
        &[],
    )
    .told_as("account.refused"),
    limit(
        "social.per_network",
        |settings| settings.social.per_network,
        Dimension::Network,
        USES,
        &["social"],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `{limit, window_seconds}` of a document, by its path.
    fn rates(value: &Value, path: &str, found: &mut Vec<String>) {
        let Some(fields) = value.as_object() else { return };
        if fields.contains_key("window_seconds") && fields.contains_key("limit") {
            found.push(path.to_owned());
        }
        for (name, value) in fields {
            let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            rates(value, &below, found);
        }
    }

    #[test]
    fn every_limit_of_the_settings_is_here_once() {
        let mut settings = Settings::for_slug(&"demo".parse().unwrap(), "https://demo.example.com").unwrap();
        settings.rate_limits.session_check = Some(Rate { limit: 1, window_seconds: 1 });
        let mut found = Vec::new();
        rates(&serde_json::to_value(&settings).unwrap(), "", &mut found);
        found.sort_unstable();
        let known: Vec<_> = LIMITS.iter().map(|limit| limit.setting).collect();
        assert_eq!(known, found);
        for limit in LIMITS {
            assert!((limit.rate)(&settings).is_some(), "{}", limit.setting);
        }
    }

    #[test]
    fn an_event_tells_of_one_limit() {
        let told = |limit: &str, counted_by: &str| {
            let facts = serde_json::json!({ "limit": limit, "counted_by": counted_by });
            Limit::told(Some(&facts)).map(|limit| limit.setting)
        };
        assert_eq!(told("code_send", "target"), Some("rate_limits.code_send_per_address"));
        assert_eq!(told("code_send", "tenant"), Some("rate_limits.code_send_per_tenant"));
        assert_eq!(told("link_check", "network"), Some("rate_limits.code_check_per_network"));
        assert_eq!(told("account_export", "target"), None);
        assert_eq!(Limit::told(None).map(|limit| limit.setting), None);
    }
}
