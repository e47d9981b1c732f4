//! The slice's part of the settings.

use std::collections::BTreeMap;

use kiavi_base::{EmailAddress, Locale};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    smtp::SmtpSettings,
    template::{Template, TemplateError, TemplateKind},
};
use crate::{Settings, SettingsError};

/// Characters of a sender's name.
const NAME_LIMIT: usize = 64;

/// What people are told by mail about their accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NoticeSettings {
    /// That a passkey was added or removed (ASVS 5.0 §6.3.7), and that somebody who has some signed in by mail.
    pub passkeys: bool,
    /// That an account at a provider was linked or unlinked.
    pub accounts: bool,
}

impl Default for NoticeSettings {
    fn default() -> Self {
        Self { passkeys: true, accounts: true }
    }
}

/// Whom mail comes from and what it says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MailSettings {
    /// The name that mail comes from; the application's if absent.
    pub sender_name: Option<String>,
    /// The address that mail comes from; `no-reply` at the host of the base URL if absent. By the platform's server
    /// only an address in a domain of the tenant's own that the platform sends for.
    pub sender_address: Option<String>,
    /// The address that answers go to; that of the sender if absent.
    pub reply_to: Option<String>,
    /// The mail server of the tenant; the platform's if absent.
    pub smtp: Option<SmtpSettings>,
    /// Texts in place of ours, by what the mail is and by the reader's language. Readers of other languages get ours.
    #[schemars(extend("propertyNames" = { "enum": TemplateKind::NAMES }))]
    pub templates: BTreeMap<TemplateKind, BTreeMap<String, Template>>,
}

impl MailSettings {
    /// The address that answers go to.
    pub(crate) fn reply_to(&self) -> Option<EmailAddress> {
        self.reply_to.as_ref()?.parse().ok()
    }

    /// Checks everything that types cannot.
    pub(crate) fn validate(&self) -> Result<(), SettingsError> {
        let is_address =
            |text: &Option<String>| text.as_ref().is_none_or(|text| text.parse::<EmailAddress>().is_ok());
        let is_name = |name: &String| {
            (1..=NAME_LIMIT).contains(&name.chars().count()) && !name.chars().any(needs_more_than_quotes)
        };
        for (holds, key, rule) in [
            (
                self.sender_name.as_ref().is_none_or(is_name),
                "mail.sender_name",
                "must be 1 to 64 printable characters without \" \\ < >",
            ),
            (is_address(&self.sender_address), "mail.sender_address", "must be an e-mail address"),
            (is_address(&self.reply_to), "mail.reply_to", "must be an e-mail address"),
        ] {
            if !holds {
                return Err(SettingsError::Invalid(key, rule));
            }
        }
        self.smtp.as_ref().map_or(Ok(()), SmtpSettings::validate)?;
        for (kind, by_locale) in &self.templates {
            for (locale, template) in by_locale {
                let path = format!("mail.templates.{}.{locale}", kind.name());
                if Locale::from_tag(locale).is_none_or(|known| known.tag() != locale) {
                    return Err(TemplateError::Language(path).into());
                }
                template.check(*kind).map_err(|(part, fault)| TemplateError::Fault { path, part, fault })?;
            }
        }
        Ok(())
    }
}

/// What cannot stand in a quoted display name as it is (RFC 5322 §3.2.4), and brackets, which confuse readers.
fn needs_more_than_quotes(c: char) -> bool {
    c.is_control() || matches!(c, '"' | '\\' | '<' | '>' | '\u{2028}' | '\u{2029}')
}

impl Settings {
    /// The mailbox that mail comes from (RFC 5322 §3.4): a quoted name and an address.
    pub(super) fn sender(&self, address: &str) -> String {
        let name = self.mail.sender_name.as_ref().unwrap_or(&self.app_name);
        let name: String = name.chars().map(|c| if needs_more_than_quotes(c) { ' ' } else { c }).collect();
        format!("\"{name}\" <{address}>")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn with(mail: Value) -> Result<Settings, SettingsError> {
        let settings = Settings::for_slug(&"demo".parse().unwrap(), "http://demo.localhost:8080").unwrap();
        let mut document = serde_json::to_value(settings).unwrap();
        document["mail"] = mail;
        Settings::from_json(document.to_string().as_bytes())
    }

    fn fault(kind: &str, part: &str, text: &str) -> String {
        let mut template = json!({ "subject": "Hello", "text": "{{code}}", "html": "<p>{{code}}" });
        template[part] = text.into();
        with(json!({ "templates": { kind: { "en": template } } })).unwrap_err().to_string()
    }

    #[test]
    fn the_sender_is_the_application_unless_the_tenant_says_otherwise() {
        let sender = |mail| with(mail).unwrap().mail_route(&[]).unwrap().sender;
        assert_eq!(sender(json!({})), "\"demo\" <no-reply@demo.localhost>");
        let mail = json!({ "sender_name": "Zoë, Inc.", "sender_address": "hello@shop.example" });
        assert_eq!(sender(mail), "\"Zoë, Inc.\" <hello@shop.example>");
    }

    #[test]
    fn no_header_can_be_smuggled_in() {
        for mail in [
            json!({ "sender_name": "a\r\nBcc: eve@evil.example" }),
            json!({ "sender_name": "a\" <eve@evil.example>, \"b" }),
            json!({ "sender_name": "" }),
            json!({ "sender_address": "a@b.example\r\nBcc: eve@evil.example" }),
            json!({ "sender_address": "nobody" }),
            json!({ "reply_to": "a@b.example, eve@evil.example" }),
            json!({ "surprise": 1 }),
        ] {
            assert!(with(mail.clone()).is_err(), "{mail}");
        }
        assert!(fault("sign_in_code", "subject", "a\r\nBcc: eve@evil.example").contains("one line"));
    }

    #[test]
    fn what_is_wrong_with_a_template_is_named() {
        for (kind, part, text, told) in [
            (
                "sign_in_code",
                "text",
                "{{code}} {{name}}",
                "mail.templates.sign_in_code.en: text names {{name}}; here are {{code}}, {{app}}, {{minutes}}",
            ),
            (
                "sign_in_code",
                "html",
                "{{code}} {{link}}",
                "mail.templates.sign_in_code.en: html names {{link}}; here are {{code}}, {{app}}, {{minutes}}",
            ),
            ("sign_in_code", "text", "hello", "mail.templates.sign_in_code.en: text must contain {{code}}"),
            (
                "verification_code",
                "html",
                "<p>",
                "mail.templates.verification_code.en: html must contain {{code}}",
            ),
            ("sign_in_code", "text", "{{code", "mail.templates.sign_in_code.en: text has {{ without }}"),
        ] {
            assert_eq!(fault(kind, part, text), told);
        }
        let template = json!({ "subject": "Hi", "text": "{{link}}", "html": "{{ link }}" });
        assert!(with(json!({ "templates": { "sign_in_link": { "en": template } } })).is_ok());
        let told =
            with(json!({ "templates": { "sign_in_link": { "xx": template } } })).unwrap_err().to_string();
        assert_eq!(told, "mail.templates.sign_in_link.xx is in no language of ours");
        assert!(with(json!({ "templates": { "other": {} } })).is_err());
    }
}
