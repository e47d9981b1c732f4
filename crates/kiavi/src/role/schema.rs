//! What control needs to know of an engine's data.

use std::time::Duration;

use jiff::Timestamp;
use kiavi_base::{Hostname, Slug};
use kiavi_control::{
    Address, Adopted, Archived, DemoMade, DemoOrder, Failure, FormerServer, Right, SettingsFacts,
    TenantEvent, TenantEventKind, TenantSchema,
};
use kiavi_crypto::{SystemRng, TenantSecret};
use kiavi_db::{AdminConnection, BoxFuture};
use kiavi_engine::{Adoption, BaseUrl, Former, Settings, audit, audit::AuditSettings, demo, demo::DemoError};
use kiavi_ipc::egress::AllowList;
use kiavi_ipc::mail::MailRoute;
use serde::Deserialize;
use serde_json::Value;

use super::privileged::Platform;

/// Hundredths after which it is told how far the making of demo data is.
const PROGRESS: usize = 20;

/// The servers outside that an engine with these settings may reach.
pub(super) fn egress(settings: &Value) -> Result<AllowList, Failure> {
    Ok(Settings::deserialize(settings)?.allow_list()?)
}

/// Whether an engine with these settings may owe something that nobody will ask for.
pub(super) fn is_owing(settings: &Value) -> Result<bool, Failure> {
    Ok(Settings::deserialize(settings)?.owes())
}

/// The way that the tenant's mail takes; `platform` are the domains that the platform's server sends for.
pub(super) fn mail_route(settings: &Value, platform: &[Hostname]) -> Result<MailRoute, Failure> {
    Ok(Settings::deserialize(settings)?.mail_route(platform)?)
}

/// The settings as the tenant's engine gets them: without the account at its mail server, which is outbound's to use,
/// with the reverse proxies of the instance beside the tenant's own, and with the origins that its pages have by TLS where its
/// base URL is another.
pub(super) fn for_engine(mut settings: Value, platform: &Platform) -> Value {
    let edge = &platform.edge;
    if let Some(trusted) = settings.pointer_mut("/trusted_proxies").and_then(Value::as_array_mut) {
        trusted.extend(edge.proxies.0.iter().map(|proxy| proxy.to_string().into()));
    }
    if !edge.proxies.0.is_empty() {
        settings["forwarded_header"] = edge.header.as_str().into();
    }
    let hosts = settings["hostnames"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let origins =
        platform.tls_port.map(|port| hosts.map(move |host| format!("https://{host}:{port}").into()));
    let origins: Vec<Value> = origins.into_iter().flatten().collect();
    for list in ["/trusted_origins", "/passkey/origins"] {
        if let Some(list) = settings.pointer_mut(list).and_then(Value::as_array_mut) {
            list.extend_from_slice(&origins);
        }
    }
    if let Some(smtp) = settings.pointer_mut("/mail/smtp") {
        *smtp = Value::Null;
    }
    settings
}

/// The engine's own code, and what the platform adds to it.
pub(super) struct EngineSchema {
    /// The domains that the platform's mail server sends for.
    pub(super) sender_domains: Vec<Hostname>,
}

impl TenantSchema for EngineSchema {
    fn version(&self) -> i32 {
        kiavi_engine::SCHEMA_VERSION
    }

    fn migrate<'a>(
        &'a self,
        connection: &'a mut AdminConnection,
        owner: &'a str,
        runtime: &'a str,
        auditor: &'a str,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            kiavi_engine::migrate(connection, Some(owner), Some(runtime)).await?;
            Ok(kiavi_engine::let_auditor_in(connection, auditor).await?)
        })
    }

    fn migrate_to<'a>(
        &'a self,
        connection: &'a mut AdminConnection,
        owner: &'a str,
        version: i32,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move { Ok(kiavi_engine::migrate_to(connection, Some(owner), version).await?) })
    }

    fn event_types(&self) -> Vec<&'static str> {
        kiavi_engine::audit::EventType::ALL.iter().map(|kind| kind.name()).collect()
    }

    fn archived(&self, table: &str) -> Archived {
        match table {
            left if kiavi_engine::NOT_ARCHIVED.contains(&left) => Archived::Left,
            keys if kiavi_engine::PERSON_KEYS.contains(&keys) => Archived::PersonKeys,
            _ => Archived::Kept,
        }
    }

    fn default_settings(&self, slug: &Slug, base_url: &str) -> Result<Value, Failure> {
        Ok(serde_json::to_value(Settings::for_slug(slug, base_url)?)?)
    }

    fn check_settings(&self, settings: &Value) -> Result<Value, Failure> {
        let settings = Settings::deserialize(settings)?;
        settings.validate()?;
        settings.check_sender(&self.sender_domains)?;
        Ok(serde_json::to_value(settings)?)
    }

    fn sender_address(&self, settings: &Value) -> Result<String, Failure> {
        Ok(Settings::deserialize(settings)?.sender_address(&self.sender_domains))
    }

    fn adopt(&self, slug: &Slug, base_url: &str, former: &FormerServer) -> Result<Adopted, Failure> {
        let former = Former {
            base_url: former.base_url.as_deref(),
            cookie_prefix: former.cookie_prefix.as_deref(),
            algorithm: former.algorithm.as_deref(),
            brings_secret: former.brings_secret,
            has_passkeys: former.has_passkeys,
            has_tokens: former.has_tokens,
            oldest_session_days: former.oldest_session_days,
            providers: &former.providers,
        };
        let Adoption { settings, warnings, stays_signed_in } = Settings::adopting(slug, base_url, former)?;
        Ok(Adopted { settings: serde_json::to_value(settings)?, warnings, stays_signed_in })
    }

    fn record<'a>(
        &'a self,
        connection: &'a AdminConnection,
        event: TenantEvent<'a>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let TenantEvent { id, kind, operator, detail } = event;
            let kind = match kind {
                TenantEventKind::Imported => audit::EventType::TenantImported,
                TenantEventKind::Restored => audit::EventType::TenantRestored,
                TenantEventKind::Exported => audit::EventType::TenantExported,
                TenantEventKind::Suspended => audit::EventType::TenantSuspended,
                TenantEventKind::Resumed => audit::EventType::TenantResumed,
                TenantEventKind::Deleted => audit::EventType::TenantDeleted,
                TenantEventKind::Undeleted => audit::EventType::TenantUndeleted,
                TenantEventKind::Renamed => audit::EventType::TenantRenamed,
                TenantEventKind::HostnamesChanged => audit::EventType::TenantHostnamesChanged,
                TenantEventKind::DomainAdded => audit::EventType::TenantDomainAdded,
                TenantEventKind::DomainVerified => audit::EventType::TenantDomainVerified,
                TenantEventKind::DomainLapsed => audit::EventType::TenantDomainLapsed,
                TenantEventKind::DomainRemoved => audit::EventType::TenantDomainRemoved,
                TenantEventKind::SecretRotated => audit::EventType::TenantSecretRotated,
                TenantEventKind::SecretRetired => audit::EventType::TenantSecretRetired,
                TenantEventKind::IsolationProved => audit::EventType::IsolationProved,
                TenantEventKind::EngineFailed => audit::EventType::EngineFailed,
                TenantEventKind::CertificateIssued => audit::EventType::CertificateIssued,
                TenantEventKind::CertificateFailed => audit::EventType::CertificateFailed,
                TenantEventKind::CertificateEnding => audit::EventType::CertificateEnding,
                TenantEventKind::CertificateRenewalRequested => audit::EventType::CertificateRenewalRequested,
                TenantEventKind::CertificateRemoved => audit::EventType::CertificateRemoved,
            };
            Ok(audit::record_by_control(connection, id, kind, operator, detail).await?)
        })
    }

    fn settle_retention<'a>(
        &'a self,
        connection: &'a AdminConnection,
        settings: &'a Value,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            // Secrets are references here, and the rest of the document is not looked at.
            let settings = settings.get("audit").map(AuditSettings::deserialize).transpose()?;
            let days = settings.unwrap_or_default().retention_days;
            Ok(audit::settle_retention(connection, days).await?)
        })
    }

    fn console_settings(&self, settings: &Value, origin: &str) -> Result<Value, Failure> {
        let mut settings = Settings::deserialize(settings)?;
        if settings.console.origin.is_none() {
            // What is chosen once, and an operator may change: a working day, then sign in anew.
            settings.app_name = "Kiavi".to_owned();
            settings.session.expires_in_seconds = 24 * 3600;
            settings.session.absolute_lifetime_seconds = 24 * 3600;
            settings.session.update_age_seconds = 3600;
        }
        settings.console.origin = Some(BaseUrl::try_from(origin.to_owned())?);
        settings.validate()?;
        Ok(serde_json::to_value(settings)?)
    }

    fn with_address(&self, settings: &Value, address: &Address) -> Result<Value, Failure> {
        let mut settings = Settings::deserialize(settings)?;
        settings.base_url = BaseUrl::try_from(address.base_url.clone())?;
        settings.hostnames = address.hostnames.iter().cloned().collect();
        settings.former_hostnames = address.former.iter().cloned().collect();
        settings.validate()?;
        Ok(serde_json::to_value(settings)?)
    }

    fn facts(&self, settings: &Value) -> Result<SettingsFacts, Failure> {
        let settings = Settings::deserialize(settings)?;
        let session_lifetime = Duration::from_secs(settings.session.expires_in_seconds.into());
        Ok(SettingsFacts { rp_id: settings.rp_id().to_owned(), session_lifetime })
    }

    fn count_passkeys<'a>(
        &'a self,
        connection: &'a AdminConnection,
        before: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<i64, Failure>> {
        Box::pin(async move { Ok(kiavi_engine::count_passkeys(connection, before).await?) })
    }

    fn rights(&self) -> Vec<Right> {
        let right = |granted: kiavi_engine::Granted| Right {
            is_auditors: granted.is_auditors,
            object: granted.object.to_owned(),
            column: granted.column.map(str::to_owned),
            privilege: granted.privilege.to_owned(),
        };
        kiavi_engine::grants().into_iter().map(right).collect()
    }

    fn forbidden(&self) -> Vec<&'static str> {
        kiavi_engine::FORBIDDEN.to_vec()
    }

    fn objects(&self) -> Vec<&'static str> {
        kiavi_engine::objects()
    }

    fn objects_there<'a>(
        &'a self,
        connection: &'a AdminConnection,
    ) -> BoxFuture<'a, Result<Vec<String>, Failure>> {
        Box::pin(async move { Ok(kiavi_engine::objects_there(connection).await?) })
    }

    fn rewrap<'a>(
        &'a self,
        connection: &'a AdminConnection,
        secret: &'a TenantSecret,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move { Ok(audit::rewrap(connection, secret, &SystemRng).await?) })
    }

    fn populate<'a>(
        &'a self,
        connection: &'a AdminConnection,
        secret: &'a TenantSecret,
        order: DemoOrder,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<DemoMade, Failure>> {
        Box::pin(async move {
            let DemoOrder { people, seed, is_forced } = order;
            let order = demo::Order { people, seed, is_forced };
            let mut next = PROGRESS;
            let told = |done: usize, of: usize| {
                let share = done * 100 / of.max(1);
                if share >= next {
                    next = share / PROGRESS * PROGRESS + PROGRESS;
                    tracing::info!("demo data: {share} %");
                }
            };
            match demo::populate(connection, secret, order, (now, &SystemRng), told).await {
                Ok(demo::Made::Now { people, events }) => Ok(DemoMade::Now { people, events }),
                Ok(demo::Made::Before) => Ok(DemoMade::Before),
                Err(DemoError::Inhabited(users)) => Ok(DemoMade::Refused(users)),
                Err(error) => Err(error.into()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_developers_instance_has_its_tenants_trust_their_own_pages_by_https() {
        let settings = Settings::for_slug(&"demo".parse().unwrap(), "http://demo.localhost:8080").unwrap();
        let settings = serde_json::to_value(settings).unwrap();
        let plain = for_engine(settings.clone(), &Platform::default());
        assert_eq!(plain, settings);
        let platform = Platform { tls_port: Some(8443), ..Platform::default() };
        let secure = for_engine(settings, &platform);
        let origins = serde_json::json!(["https://demo.localhost:8443"]);
        assert_eq!((&secure["trusted_origins"], &secure["passkey"]["origins"]), (&origins, &origins));
        assert!(Settings::from_json(secure.to_string().as_bytes()).is_ok());
    }
}
