//! A tenant's own mail server. Which one it is, is a fact about the door that its engine sends by.
//!
//! The rules of egress hold: its name is resolved here and only addresses that the tenant may reach are connected to,
//! the very ones that were looked at. There is no mail without TLS, and the certificate must be the host's. Each mail
//! has a connection of its own: a tenant's codes are rare, and a connection that waits costs more than it saves.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use kiavi_base::TenantId;
use kiavi_ipc::egress::{Refusal, split_certificates};
use kiavi_ipc::mail::{Attempt, Fault, Security, SmtpServer};
use lettre::Message;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;

use crate::breaker::Breaker;
use crate::egress::{Asker, Egress};
use crate::verdict;

/// How long one address may take to connect.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// How long it may take in all until the server has let us in.
const OPEN_LIMIT: Duration = Duration::from_secs(15);

/// The server of one tenant, and the way to it.
pub(crate) struct OwnServer {
    tenant: TenantId,
    server: SmtpServer,
    egress: Arc<Egress>,
    breaker: Breaker,
    /// Made by the first mail: most tenants send none for hours.
    tls: OnceLock<TlsParameters>,
}

impl OwnServer {
    pub(crate) fn new(tenant: TenantId, server: SmtpServer, egress: Arc<Egress>) -> Self {
        Self { tenant, server, egress, breaker: Breaker::default(), tls: OnceLock::new() }
    }

    /// One attempt.
    pub(crate) async fn send(&self, message: &Message) -> Attempt {
        if let Err(fault) = self.breaker.enter() {
            return Attempt::deferred(fault);
        }
        let opened = timeout(OPEN_LIMIT, self.open()).await.unwrap_or(Err(Fault::TimedOut));
        let mut connection = match opened {
            Ok(connection) => connection,
            Err(fault) => {
                self.breaker.failed(fault);
                tracing::warn!(tenant = %self.tenant, fault = fault.name(), "a tenant's mail server let nothing in");
                return Attempt::deferred(fault);
            }
        };
        self.breaker.succeeded();
        match connection.send(message.envelope(), &message.formatted()).await {
            Ok(_) => {
                // The mail is the server's; how it takes the farewell changes nothing.
                let _ = connection.quit().await;
                Attempt::DELIVERED
            }
            Err(error) => verdict::of_message(&error),
        }
    }

    /// A connection that is encrypted and, if the tenant has an account there, signed in.
    async fn open(&self) -> Result<AsyncSmtpConnection, Fault> {
        let addresses = self.addresses().await?;
        let (tls, hello) = (self.tls()?, ClientId::default());
        let implicit = (self.server.security == Security::Implicit).then(|| tls.clone());
        let connecting =
            AsyncSmtpConnection::connect_tokio1(&addresses[..], Some(CONNECT_LIMIT), &hello, implicit, None);
        let mut connection = connecting.await.map_err(|error| verdict::of_connection(&error))?;
        if self.server.security == Security::StartTls {
            let upgraded = connection.starttls(tls, &hello).await;
            upgraded.map_err(|error| verdict::of_connection(&error))?;
        }
        if let Some((user, password)) = self.server.credentials.clone() {
            let account = Credentials::new(user, password);
            let admitted = connection.auth(DEFAULT_MECHANISMS, &account).await;
            admitted.map_err(|error| verdict::of_authentication(&error))?;
        }
        Ok(connection)
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, Fault> {
        let SmtpServer { target, allows_private, .. } = &self.server;
        let asker = Asker::Tenant(self.tenant.clone());
        let found = self.egress.addresses(&asker, target, *allows_private).await;
        found.map_err(|refusal| match refusal {
            Refusal::NotAllowed | Refusal::PrivateAddress => Fault::PrivateAddress,
            Refusal::Busy => Fault::TryLater,
            Refusal::Unreachable => Fault::Unreachable,
            Refusal::Deadline => Fault::TimedOut,
        })
    }

    /// TLS for this server, by the certificate authorities of the system and of the tenant.
    fn tls(&self) -> Result<TlsParameters, Fault> {
        if let Some(tls) = self.tls.get() {
            return Ok(tls.clone());
        }
        let tls = self.configure().map_err(|error| {
            tracing::error!(tenant = %self.tenant, %error, "the certificate authorities cannot be used");
            Fault::TlsFailed
        })?;
        Ok(self.tls.get_or_init(|| tls).clone())
    }

    fn configure(&self) -> Result<TlsParameters, Box<dyn std::error::Error + Send + Sync>> {
        let host = self.server.target.host().trim_start_matches('[').trim_end_matches(']');
        // Not lettre's default, which reads the system's files: those are out of reach by now.
        let mut builder = TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::None);
        let roots = self.egress.roots().read()?;
        for root in split_certificates(&roots) {
            builder = builder.add_root_certificate(Certificate::from_der(root.to_vec())?);
        }
        for root in &self.server.extra_roots {
            builder = builder.add_root_certificate(Certificate::from_pem(root.as_bytes())?);
        }
        Ok(builder.build()?)
    }
}
