//! What control asks of the launcher, over its channel.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kiavi_base::{ExposeSecret, Hostname, SecretString, TenantId};
use kiavi_control::monitor::Measure;
use kiavi_control::{Failure, LogStart, OwnHost, Privileged, TenantStart, Visit};
use kiavi_db::{BoxFuture, Connect, Secured, Stream};
use kiavi_http::Edge;
use kiavi_ipc::control::FromControl;
use kiavi_ipc::isolation::Inspection;
use kiavi_ipc::log::LogDocument;
use kiavi_ipc::metrics::Measurements;
use kiavi_ipc::survey::Survey;
use kiavi_ipc::{Fd, SealedDocument, Sender};
use kiavi_tls::TlsServer;
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::oneshot;

use super::{document, schema};

/// The launcher, as control's parts see it. Clones are the same one.
#[derive(Clone)]
pub(super) struct Launcher(Arc<Shared>);

struct Shared {
    sender: Sender<FromControl>,
    waiting: Mutex<Waiting>,
    platform: Platform,
    /// How the database server is recognised, if it is one on a network.
    secured: Option<Secured>,
    /// The console's.
    tls: Arc<TlsServer>,
}

/// What the instance decides for all of its tenants.
#[derive(Clone, Default)]
pub(super) struct Platform {
    /// The domains that the platform's mail server sends for.
    pub(super) sender_domains: Vec<Hostname>,
    /// The reverse proxies in front.
    pub(super) edge: Edge,
    /// Where tenants are reached by TLS besides, of a developer's instance.
    pub(super) tls_port: Option<u16>,
}

#[derive(Default)]
struct Waiting {
    last_request: u64,
    answers: HashMap<u64, oneshot::Sender<Answer>>,
}

enum Answer {
    Done(bool),
    Database(Option<Fd>),
    Measured(Option<Fd>),
    Accounts(Option<Fd>),
    Surveyed(Option<Fd>),
    Inspected(Option<Fd>),
    Visiting(Option<Fd>),
}

#[derive(Debug, thiserror::Error)]
enum RequestError {
    #[error("the launcher could not do it; its log says why")]
    Refused,
    #[error("the launcher is gone")]
    Gone,
}

impl Launcher {
    pub(super) fn new(
        sender: Sender<FromControl>,
        platform: Platform,
        secured: Option<Secured>,
        tls: Arc<TlsServer>,
    ) -> Self {
        Self(Arc::new(Shared { sender, waiting: Mutex::default(), platform, secured, tls }))
    }

    /// The launcher answered a request that changes something.
    pub(super) fn done(&self, request: u64, succeeded: bool) {
        self.answer(request, Answer::Done(succeeded));
    }

    /// The launcher answered a request for a database connection.
    pub(super) fn connected(&self, request: u64, stream: Option<Fd>) {
        self.answer(request, Answer::Database(stream));
    }

    /// The launcher answered a request for what it has counted.
    pub(super) fn measured(&self, request: u64, document: Option<Fd>) {
        self.answer(request, Answer::Measured(document));
    }

    /// The launcher answered a request for the accounts.
    pub(super) fn listed(&self, request: u64, document: Option<Fd>) {
        self.answer(request, Answer::Accounts(document));
    }

    /// The launcher answered a request for how everything stands.
    pub(super) fn surveyed(&self, request: u64, document: Option<Fd>) {
        self.answer(request, Answer::Surveyed(document));
    }

    /// The launcher answered a request to inspect a tenant.
    pub(super) fn inspected(&self, request: u64, document: Option<Fd>) {
        self.answer(request, Answer::Inspected(document));
    }

    /// The launcher answered a request for a connection to a listener of the instance's own.
    pub(super) fn visiting(&self, request: u64, stream: Option<Fd>) {
        self.answer(request, Answer::Visiting(stream));
    }

    fn answer(&self, request: u64, answer: Answer) {
        if let Some(waiting) = self.waiting().answers.remove(&request) {
            // Whoever asked may have given up.
            let _ = waiting.send(answer);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, message: impl FnOnce(u64) -> FromControl) -> Result<Answer, Failure> {
        let (answer, answered) = oneshot::channel();
        let request = {
            let mut waiting = self.waiting();
            waiting.last_request += 1;
            let request = waiting.last_request;
            waiting.answers.insert(request, answer);
            request
        };
        if let Err(error) = self.0.sender.send(&message(request)).await {
            self.waiting().answers.remove(&request);
            return Err(error.into());
        }
        answered.await.map_err(|_| RequestError::Gone.into())
    }

    async fn change(&self, message: impl FnOnce(u64) -> FromControl) -> Result<(), Failure> {
        match self.ask(message).await? {
            Answer::Done(true) => Ok(()),
            _ => Err(RequestError::Refused.into()),
        }
    }
}

impl Connect for Launcher {
    fn connect(&self) -> BoxFuture<'_, io::Result<Stream>> {
        Box::pin(async move {
            let answer =
                self.ask(|request| FromControl::NeedDatabase { request }).await.map_err(io::Error::other)?;
            let Answer::Database(Some(stream)) = answer else {
                return Err(io::ErrorKind::ConnectionRefused.into());
            };
            Stream::from_fd(stream.into_owned()?)
        })
    }

    fn secured(&self) -> Option<&Secured> {
        self.0.secured.as_ref()
    }
}

/// Connects as a tenant: under its account to the private cluster, with its password to a server on a network.
struct AsTenant {
    launcher: Launcher,
    tenant: TenantId,
    secured: Option<Secured>,
}

impl Connect for AsTenant {
    fn connect(&self) -> BoxFuture<'_, io::Result<Stream>> {
        Box::pin(async move {
            if self.secured.is_some() {
                return self.launcher.connect().await;
            }
            let tenant = self.tenant.clone();
            let asked = self.launcher.ask(|request| FromControl::NeedTenantDatabase { request, tenant });
            let Answer::Database(Some(stream)) = asked.await.map_err(io::Error::other)? else {
                return Err(io::ErrorKind::ConnectionRefused.into());
            };
            Stream::from_fd(stream.into_owned()?)
        })
    }

    fn secured(&self) -> Option<&Secured> {
        self.secured.as_ref()
    }
}

impl Measure for Launcher {
    fn measure(&self) -> BoxFuture<'_, Result<Measurements, Failure>> {
        Box::pin(async move {
            let Answer::Measured(Some(document)) =
                self.ask(|request| FromControl::Measure { request }).await?
            else {
                return Err(RequestError::Refused.into());
            };
            Ok(Measurements::read(&SealedDocument::accept(document)?.read()?)?)
        })
    }
}

impl Privileged for Launcher {
    fn add_account<'a>(&'a self, uid: u32, tenant: &'a TenantId) -> BoxFuture<'a, Result<(), Failure>> {
        let tenant = tenant.clone();
        Box::pin(self.change(move |request| FromControl::AddAccount { request, uid, tenant }))
    }

    fn tenant_expected<'a>(
        &'a self,
        tenant: &'a TenantId,
        hostnames: Vec<Hostname>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let message = FromControl::TenantExpected { tenant: tenant.clone(), hostnames };
            Ok(self.0.sender.send(&message).await?)
        })
    }

    fn hosts_known(&self) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move { Ok(self.0.sender.send(&FromControl::HostsKnown).await?) })
    }

    fn tenant_ready(&self, start: TenantStart) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let TenantStart { id, uid, slug: _, hostnames, settings, secret, database_password } = start;
            let (egress, is_owing) = (schema::egress(&settings)?, schema::is_owing(&settings)?);
            let route = schema::mail_route(&settings, &self.0.platform.sender_domains)?;
            let settings = schema::for_engine(settings, &self.0.platform);
            let (document, version) =
                document::write(&settings, &secret, database_password.as_ref(), &route)?;
            let mail = route.seal()?.fd();
            self.change(|request| FromControl::TenantReady {
                request,
                tenant: id,
                uid,
                hostnames,
                mail,
                document: document.fd(),
                version,
                egress,
                is_owing,
            })
            .await
        })
    }

    fn open_management<'a>(
        &'a self,
        tenant: &'a TenantId,
        operator: &'a str,
    ) -> BoxFuture<'a, Result<UnixStream, Failure>> {
        Box::pin(async move {
            let (ours, theirs) = UnixStream::pair()?;
            let stream = Fd::from(std::os::fd::OwnedFd::from(theirs.into_std()?));
            let (tenant, operator) = (tenant.clone(), operator.to_owned());
            self.change(|request| FromControl::OpenManagement { request, tenant, operator, stream }).await?;
            Ok(ours)
        })
    }

    fn open_log<'a>(
        &'a self,
        start: TenantStart,
        operator: &'a str,
    ) -> BoxFuture<'a, Result<UnixStream, Failure>> {
        Box::pin(async move {
            let TenantStart { id: tenant, uid, settings, secret, database_password, .. } = start;
            let route = schema::mail_route(&settings, &self.0.platform.sender_domains)?;
            let settings = schema::for_engine(settings, &self.0.platform);
            let (document, _) = document::write(&settings, &secret, database_password.as_ref(), &route)?;
            let (ours, theirs) = UnixStream::pair()?;
            let stream = Fd::from(std::os::fd::OwnedFd::from(theirs.into_std()?));
            let (document, operator) = (document.fd(), operator.to_owned());
            self.change(|request| FromControl::OpenLog { request, tenant, uid, document, operator, stream })
                .await?;
            Ok(ours)
        })
    }

    fn tenant_suspended<'a>(
        &'a self,
        tenant: &'a TenantId,
        hostnames: Vec<Hostname>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        let tenant = tenant.clone();
        Box::pin(self.change(move |request| FromControl::TenantSuspended { request, tenant, hostnames }))
    }

    fn remove_account<'a>(&'a self, uid: u32, tenant: &'a TenantId) -> BoxFuture<'a, Result<(), Failure>> {
        let tenant = tenant.clone();
        Box::pin(self.change(move |request| FromControl::RemoveAccount { request, uid, tenant }))
    }

    fn accounts(&self) -> BoxFuture<'_, Result<Vec<(u32, TenantId)>, Failure>> {
        Box::pin(async move {
            let answer = self.ask(|request| FromControl::NeedAccounts { request }).await?;
            let Answer::Accounts(Some(document)) = answer else { return Err(RequestError::Refused.into()) };
            let accounts: Vec<(u32, String)> =
                serde_json::from_slice(&SealedDocument::accept(document)?.read()?)?;
            // Other names are none of a tenant.
            Ok(accounts.into_iter().filter_map(|(uid, name)| Some((uid, name.parse().ok()?))).collect())
        })
    }

    fn survey(&self) -> BoxFuture<'_, Result<Survey, Failure>> {
        Box::pin(async move {
            let Answer::Surveyed(Some(document)) =
                self.ask(|request| FromControl::Survey { request }).await?
            else {
                return Err(RequestError::Refused.into());
            };
            Ok(Survey::read(&SealedDocument::accept(document)?.read()?)?)
        })
    }

    fn inspect<'a>(&'a self, tenant: &'a TenantId) -> BoxFuture<'a, Result<Inspection, Failure>> {
        let tenant = tenant.clone();
        Box::pin(async move {
            let asked = self.ask(|request| FromControl::Inspect { request, tenant });
            let Answer::Inspected(Some(document)) = asked.await? else {
                return Err(RequestError::Refused.into());
            };
            Ok(Inspection::read(&SealedDocument::accept(document)?.read()?)?)
        })
    }

    fn connect_as(&self, tenant: &TenantId, password: Option<SecretString>) -> Arc<dyn Connect> {
        let secured = self.0.secured.as_ref().zip(password).map(|(own, theirs)| own.with_password(theirs));
        Arc::new(AsTenant { launcher: self.clone(), tenant: tenant.clone(), secured })
    }

    fn log_ready(&self, log: LogStart) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let LogStart { tenant, origin, seed, role, password } = log;
            let (database, password) = (tenant.to_string(), password.map(|it| it.expose_secret().to_owned()));
            let document = LogDocument { origin, seed: *seed, database, role, password }.seal()?.fd();
            self.change(|request| FromControl::LogReady { request, tenant, document }).await
        })
    }

    fn announce_certificates<'a>(
        &'a self,
        tenant: &'a TenantId,
        certificates: SealedDocument,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        let (tenant, document) = (tenant.clone(), certificates.fd());
        Box::pin(self.change(move |request| FromControl::TenantCertificates { request, tenant, document }))
    }

    fn announce_own_certificates(
        &self,
        host: OwnHost,
        certificates: SealedDocument,
    ) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let document = certificates.fd();
            match host {
                OwnHost::Console => {
                    self.0.tls.announce(document);
                    Ok(())
                }
                OwnHost::Mailbox => {
                    self.change(|request| FromControl::MailboxCertificates { request, document }).await
                }
            }
        })
    }

    fn visit<'a>(&'a self, hostname: &'a Hostname) -> BoxFuture<'a, Result<Visit, Failure>> {
        Box::pin(async move {
            let Answer::Visiting(Some(stream)) =
                self.ask(|request| FromControl::NeedVisit { request }).await?
            else {
                return Ok(Visit::NoListener);
            };
            let stream = std::net::TcpStream::from(stream.into_owned()?);
            stream.set_nonblocking(true)?;
            let shown = kiavi_tls::visit(TcpStream::from_std(stream)?, hostname).await?;
            Ok(shown.map_or(Visit::TurnedAway, Visit::Shown))
        })
    }

    fn log_written<'a>(&'a self, tenant: &'a TenantId) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            // Without the launcher there is nobody to tell; the auditor looks by itself.
            let _ = self.0.sender.send(&FromControl::LogWritten { tenant: tenant.clone() }).await;
        })
    }

    fn tenant_removed<'a>(&'a self, tenant: &'a TenantId) -> BoxFuture<'a, Result<(), Failure>> {
        let tenant = tenant.clone();
        Box::pin(self.change(move |request| FromControl::TenantRemoved { request, tenant }))
    }
}
