//! The way that a tenant's mail takes: its own server, or the platform's.
//!
//! The engine does not see it. Control makes a route of the settings and hands it to outbound with the engine's mail
//! door, so what an engine sends cannot choose a server, nor can whoever breaks into it learn the password.

use kiavi_base::{EmailAddress, Hostname};
use kiavi_ipc::egress::Target;
use kiavi_ipc::mail::{MailRoute, Security, SmtpServer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Secret, Settings, SettingsError};

/// Characters of a user's name or password.
const CREDENTIAL_LIMIT: usize = 1_024;

/// A tenant's own mail server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmtpSettings {
    /// Its DNS name or address, in lower case; an IPv6 address in brackets. Its certificate must have this name.
    pub host: String,
    /// The port; 465 for `implicit` and 587 for `starttls` if absent (RFC 8314 §3.3).
    #[serde(default)]
    pub port: Option<u16>,
    /// How TLS begins. There is no mail without TLS.
    #[serde(default)]
    pub security: SmtpSecurity,
    /// The account there; absent for a server that asks for none.
    #[serde(default)]
    pub user: Option<String>,
    /// The account's password.
    #[serde(default)]
    pub password: Option<Secret>,
    /// The address that mail comes from by this server; `sender_address` if absent.
    #[serde(default)]
    pub from: Option<String>,
}

/// How TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SmtpSecurity {
    /// With the first byte (RFC 8314 §3: to be preferred).
    #[default]
    Implicit,
    /// By the command STARTTLS; a server that does not know it gets no mail.
    StartTls,
}

impl SmtpSettings {
    fn target(&self) -> Option<Target> {
        let usual = match self.security {
            SmtpSecurity::StartTls => 587,
            SmtpSecurity::Implicit => 465,
        };
        Target::new(&self.host, self.port.unwrap_or(usual)).ok()
    }

    /// Checks everything that types cannot.
    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        let is_plain = |text: &str| {
            (1..=CREDENTIAL_LIMIT).contains(&text.chars().count()) && !text.chars().any(char::is_control)
        };
        let user = self.user.as_deref();
        let password = self.password.as_ref().map(Secret::expose);
        for (holds, key, rule) in [
            (
                self.target().is_some(),
                "mail.smtp.host",
                "must be a DNS name or an address, in lower case, and the port not 0",
            ),
            (user.is_none_or(is_plain), "mail.smtp.user", "must be 1 to 1,024 printable characters"),
            (password.is_none_or(is_plain), "mail.smtp.password", "must be 1 to 1,024 printable characters"),
            (user.is_some() == password.is_some(), "mail.smtp.password", "and user come together"),
            (
                self.from.as_ref().is_none_or(|from| from.parse::<EmailAddress>().is_ok()),
                "mail.smtp.from",
                "must be an e-mail address",
            ),
        ] {
            if !holds {
                return Err(SettingsError::Invalid(key, rule));
            }
        }
        Ok(())
    }
}

impl Settings {
    /// The way of this tenant's mail. `platform` are the domains that the platform's server sends for, its own first;
    /// any if there are none.
    ///
    /// # Errors
    /// When a document that was not validated names no server.
    pub fn mail_route(&self, platform: &[Hostname]) -> Result<MailRoute, SettingsError> {
        let Some(smtp) = &self.mail.smtp else {
            return Ok(MailRoute { sender: self.sender(&self.sender_address(platform)), server: None });
        };
        let target = smtp.target().ok_or(SettingsError::Invalid("mail.smtp.host", "names no server"))?;
        let server = SmtpServer {
            target,
            security: match smtp.security {
                SmtpSecurity::StartTls => Security::StartTls,
                SmtpSecurity::Implicit => Security::Implicit,
            },
            credentials: smtp
                .user
                .clone()
                .zip(smtp.password.as_ref().map(|password| password.expose().to_owned())),
            extra_roots: self.egress.extra_roots.clone(),
            allows_private: self.egress.allows_private,
        };
        Ok(MailRoute { sender: self.sender(&self.sender_address(platform)), server: Some(server) })
    }

    /// The address that this tenant's mail comes from. `platform` are the domains that the platform's server sends for.
    pub fn sender_address(&self, platform: &[Hostname]) -> String {
        match &self.mail.smtp {
            Some(smtp) => {
                let own = smtp.from.clone().or_else(|| self.mail.sender_address.clone());
                own.unwrap_or_else(|| self.no_reply())
            }
            None => self.address_by_platform(platform),
        }
    }

    /// Checks that the platform sends in this tenant's name, unless it has a server of its own.
    ///
    /// # Errors
    /// When `mail.sender_address` is in a domain that is not the tenant's, or not one that the platform sends for.
    pub fn check_sender(&self, platform: &[Hostname]) -> Result<(), SettingsError> {
        let own = self.mail.sender_address.as_ref().filter(|_| self.mail.smtp.is_none());
        if platform.is_empty() || own.is_none_or(|own| self.may_send_as(own, platform)) {
            return Ok(());
        }
        Err(SettingsError::Invalid(
            "mail.sender_address",
            "must be in a domain of the tenant's hostnames that the platform sends for; others need mail.smtp",
        ))
    }

    /// Whether a tenant may have this address by the platform's server: at one of its hostnames, or at a parent of one
    /// that is not the platform's own domain, which it shares with its neighbours.
    fn may_send_as(&self, address: &str, platform: &[Hostname]) -> bool {
        let Some((_, domain)) = address.rsplit_once('@') else { return false };
        let domain = domain.to_ascii_lowercase();
        let is_of_tenant = self.hostnames.iter().any(|host| is_or_is_below(host.as_str(), &domain));
        let is_shared = platform.first().is_some_and(|own| is_or_is_below(own.as_str(), &domain));
        is_of_tenant && !is_shared && is_sent_for(&domain, platform)
    }

    /// The address that mail comes from by the platform's server.
    fn address_by_platform(&self, platform: &[Hostname]) -> String {
        match (&self.mail.sender_address, platform.first()) {
            (Some(address), _) => address.clone(),
            (None, Some(own)) if !is_sent_for(self.base_url.host(), platform) => format!("no-reply@{own}"),
            (None, _) => self.no_reply(),
        }
    }

    fn no_reply(&self) -> String {
        format!("no-reply@{}", self.base_url.host())
    }
}

fn is_sent_for(domain: &str, platform: &[Hostname]) -> bool {
    platform.iter().any(|sent_for| is_or_is_below(domain, sent_for.as_str()))
}

fn is_or_is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn with(mail: Value) -> Result<Settings, SettingsError> {
        let settings = Settings::for_slug(&"demo".parse().unwrap(), "https://demo.kiavi.test").unwrap();
        let mut document = serde_json::to_value(settings).unwrap();
        document["mail"] = mail;
        document["hostnames"] = json!(["demo.kiavi.test", "auth.shop.test"]);
        Settings::from_json(document.to_string().as_bytes())
    }

    fn domains(names: &[&str]) -> Vec<Hostname> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn sender(mail: Value, platform: &[&str]) -> String {
        with(mail).unwrap().mail_route(&domains(platform)).unwrap().sender
    }

    #[test]
    fn a_server_of_its_own_is_all_that_a_tenant_needs() {
        let smtp = json!({ "host": "mail.shop.test", "user": "shop", "password": "open-sesame" });
        let settings = with(json!({ "smtp": smtp, "sender_address": "hello@shop.test" })).unwrap();
        let route = settings.mail_route(&domains(&["kiavi.test"])).unwrap();
        let server = route.server.unwrap();
        assert_eq!((server.target.as_str(), server.security), ("mail.shop.test:465", Security::Implicit));
        assert_eq!(server.credentials, Some(("shop".to_owned(), "open-sesame".to_owned())));
        assert_eq!(route.sender, "\"demo\" <hello@shop.test>");
        let smtp = json!({ "host": "192.0.2.1", "security": "starttls", "from": "code@other.test" });
        let route = with(json!({ "smtp": smtp, "sender_address": "hello@shop.test" })).unwrap();
        let route = route.mail_route(&domains(&["kiavi.test"])).unwrap();
        assert_eq!(route.server.unwrap().target.as_str(), "192.0.2.1:587");
        assert_eq!(route.sender, "\"demo\" <code@other.test>");
    }

    #[test]
    fn what_names_no_server_is_refused() {
        for smtp in [
            json!({}),
            json!({ "host": "" }),
            json!({ "host": "Mail.shop.test" }),
            json!({ "host": "mail.shop.test/x" }),
            json!({ "host": "127.1" }),
            json!({ "host": "mail.shop.test", "port": 0 }),
            json!({ "host": "mail.shop.test", "security": "none" }),
            json!({ "host": "mail.shop.test", "user": "a" }),
            json!({ "host": "mail.shop.test", "password": "a" }),
            json!({ "host": "mail.shop.test", "user": "a\r\nb", "password": "a" }),
            json!({ "host": "mail.shop.test", "user": "a", "password": "a\u{0}" }),
            json!({ "host": "mail.shop.test", "from": "nobody" }),
            json!({ "host": "mail.shop.test", "surprise": 1 }),
        ] {
            assert!(with(json!({ "smtp": smtp.clone() })).is_err(), "{smtp}");
        }
    }

    #[test]
    fn by_the_platform_a_tenant_sends_from_its_own_domains_only() {
        let platform = ["kiavi.test", "shop.test"];
        let may = |address: &str| {
            let settings = with(json!({ "sender_address": address })).unwrap();
            settings.check_sender(&domains(&platform)).is_ok()
        };
        for own in ["a@demo.kiavi.test", "a@auth.shop.test", "a@shop.test"] {
            assert!(may(own), "{own}");
        }
        for foreign in ["a@kiavi.test", "a@other.kiavi.test", "a@evil.test", "a@xshop.test", "a@test.test"] {
            assert!(!may(foreign), "{foreign}");
        }
        let anywhere = with(json!({ "sender_address": "a@evil.test" })).unwrap();
        assert!(anywhere.check_sender(&[]).is_ok(), "under development");
        let smtp = json!({ "smtp": { "host": "mail.evil.test" }, "sender_address": "a@evil.test" });
        assert!(with(smtp).unwrap().check_sender(&domains(&platform)).is_ok(), "by its own server");
    }

    #[test]
    fn whoever_names_no_sender_gets_one_that_the_platform_sends_for() {
        assert_eq!(sender(json!({}), &[]), "\"demo\" <no-reply@demo.kiavi.test>");
        assert_eq!(sender(json!({}), &["kiavi.test"]), "\"demo\" <no-reply@demo.kiavi.test>");
        assert_eq!(sender(json!({}), &["mail.example"]), "\"demo\" <no-reply@mail.example>");
    }
}
