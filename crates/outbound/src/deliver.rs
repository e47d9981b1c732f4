//! From a letter to the next hop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kiavi_base::{Clock, Hostname, TenantId};
use kiavi_ipc::mail::{Attempt, Delivery, Fault};
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::{AsyncTransport, Message, Tokio1Executor};
use serde::Deserialize;
use tokio::time::Instant;

use crate::letter::{Letter, compose};
use crate::mailbox::{Mailbox, ReceivedMail};
use crate::own::OwnServer;
use crate::pace::MailPace;
use crate::verdict;

/// How long one delivery may take; the sender tries again later.
const DELIVERY_DEADLINE: Duration = Duration::from_secs(30);

/// How mail leaves, as the launcher says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Where mail goes.
    pub mail: MailConfiguration,
    /// Whether a tenant may list servers of private networks and of this machine.
    pub private_egress: bool,
    /// The database server (`host:port`), if it is one on a network.
    pub database: Option<String>,
    /// The name servers that proofs of domains are looked up at; those of the system, if there are none.
    #[serde(default)]
    pub name_servers: Vec<SocketAddr>,
}

/// Where mail goes whose tenant has no server of its own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailConfiguration {
    /// Nowhere: it can be read at the development mailbox.
    Mailbox,
    /// To the platform's SMTP server.
    Smtp {
        /// Its URL; may hold a password.
        url: String,
        /// The domains that it sends for, with those below them; all if there are none.
        sender_domains: Vec<String>,
        /// Mails of one tenant that it takes a minute; 0: all.
        per_tenant_per_minute: u32,
    },
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// Not a URL of an SMTP server.
    #[error("the SMTP URL cannot be used")]
    SmtpUrl(#[source] lettre::transport::smtp::Error),
    /// The database server is not `host:port`.
    #[error("the database server {0}")]
    Database(#[from] kiavi_ipc::egress::InvalidTarget),
    /// A sender domain is no DNS name.
    #[error("a sender domain is no DNS name")]
    SenderDomain,
    /// There are more certificate authorities than fit, or no memory for them.
    #[error("the system's certificate authorities cannot be kept")]
    Roots(#[from] kiavi_ipc::SealedDocumentError),
}

/// The next hop.
pub(crate) enum Transport {
    /// Readable in a browser.
    Mailbox(Arc<Mailbox>, Arc<dyn Clock>),
    /// The platform's server.
    Platform(PlatformServer),
    /// A tenant's own server.
    Own(OwnServer),
}

/// The platform's server, for all tenants that have none of their own.
pub(crate) struct PlatformServer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    /// The domains that it sends for.
    domains: Vec<Hostname>,
    pace: Option<MailPace>,
}

impl Transport {
    /// The platform's server by its URL: `smtps://user:password@host`, or `smtp://host?tls=required`.
    pub(crate) fn platform(
        url: &str,
        sender_domains: &[String],
        pace: Option<MailPace>,
    ) -> Result<Self, ConfigurationError> {
        let transport =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(ConfigurationError::SmtpUrl)?;
        let domains: Result<_, _> = sender_domains.iter().map(|domain| domain.parse()).collect();
        let domains = domains.map_err(|_| ConfigurationError::SenderDomain)?;
        let transport = transport.timeout(Some(DELIVERY_DEADLINE)).build();
        Ok(Self::Platform(PlatformServer { transport, domains, pace }))
    }

    /// Whether it takes one more mail of this tenant now.
    pub(crate) fn admits(&self, tenant: &TenantId) -> bool {
        match self {
            Self::Platform(PlatformServer { pace: Some(pace), .. }) => pace.admits(tenant, Instant::now()),
            _ => true,
        }
    }

    /// One attempt.
    pub(crate) async fn deliver(&self, letter: Letter) -> Attempt {
        if let Self::Mailbox(mailbox, clock) = self {
            let Letter { from, to, subject, text, html, id: _, reply_to: _ } = letter;
            let to = to.as_str().to_owned();
            mailbox.receive(ReceivedMail { to, from, subject, text, html, received_at: clock.now() });
            return Attempt::DELIVERED;
        }
        let to = letter.to.masked();
        let attempt = match compose(letter) {
            Ok(message) => {
                let sent = tokio::time::timeout(DELIVERY_DEADLINE, self.send(message)).await;
                sent.unwrap_or(Attempt::deferred(Fault::TimedOut))
            }
            Err(error) => {
                tracing::error!(%to, %error, "a mail cannot be composed");
                Attempt::refused(Fault::NoMessage)
            }
        };
        // Without the server's text, which may repeat the address.
        let fault = attempt.fault.map(Fault::name);
        match attempt.delivery {
            Delivery::Delivered => {}
            Delivery::Deferred => tracing::warn!(%to, fault, "a mail is deferred"),
            Delivery::Refused | Delivery::RecipientRefused => tracing::warn!(%to, fault, "a mail is refused"),
        }
        attempt
    }

    async fn send(&self, message: Message) -> Attempt {
        match self {
            Self::Mailbox(..) => Attempt::DELIVERED,
            Self::Platform(server) if !is_sender_within(&message, &server.domains) => {
                Attempt::deferred(Fault::SenderNotAllowed)
            }
            Self::Platform(server) => match server.transport.send(message).await {
                Ok(_) => Attempt::DELIVERED,
                Err(error) => verdict::of_message(&error),
            },
            Self::Own(server) => server.send(&message).await,
        }
    }
}

/// Whether the sender's domain is one of these or below one; any is, if there are none.
fn is_sender_within(message: &Message, domains: &[Hostname]) -> bool {
    let sender = message.envelope().from().map(|sender| sender.domain().to_ascii_lowercase());
    let is_below = |domain: &Hostname, sender: &str| {
        sender.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    domains.is_empty() || sender.is_some_and(|sender| domains.iter().any(|domain| is_below(domain, &sender)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platform_sends_for_its_domains_and_those_below() {
        let domains: Vec<Hostname> = ["kiavi.test", "shop.test"].map(|name| name.parse().unwrap()).to_vec();
        let is_sent = |from: &str| {
            let letter = Letter {
                from: from.to_owned(),
                to: "ada@example.test".parse().unwrap(),
                subject: "hello".to_owned(),
                text: "hello".to_owned(),
                html: "hello".to_owned(),
                id: "1".to_owned(),
                reply_to: None,
            };
            let message = compose(letter).unwrap();
            assert!(is_sender_within(&message, &[]));
            is_sender_within(&message, &domains)
        };
        for from in ["a@kiavi.test", "a@KIAVI.test", "a@demo.kiavi.test", "\"A\" <a@shop.test>"] {
            assert!(is_sent(from), "{from}");
        }
        for from in ["a@evil.test", "a@notkiavi.test", "a@kiavi.test.evil.test", "kiavi.test@evil.test"] {
            assert!(!is_sent(from), "{from}");
        }
    }
}
