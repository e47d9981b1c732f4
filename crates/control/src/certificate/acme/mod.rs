//! Certificates of an authority that is asked by ACME (RFC 8555).
//!
//! One order is for one name. The host itself answers the authority's challenge, which the launcher brings to its engine: over
//! HTTP (RFC 8555 §8.3) or TLS (RFC 8737). Or a program of the operator's publishes the answer in the DNS (RFC 8555 §8.4). What was begun and not finished is begun again: authorities give the same
//! order, or the same authorization, to who asks for the same.

mod http;

use std::{sync::Arc, time::Duration};

use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, CertificateIdentifier, ChallengeType, Error,
    ExternalAccountKey, Identifier, NewAccount, NewOrder, OrderStatus, RetryPolicy,
};
use jiff::Timestamp;
use kiavi_base::{ExposeSecret, SecretSlice, SecretString};
use kiavi_crypto::{Zeroizing, sha256};
use kiavi_db::{BoxFuture, Database};
use kiavi_egress::{EgressError, HttpClient};
use kiavi_ipc::certificate::Challenge;
use kiavi_vault::{SecretName, Vault, VaultError};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use rustls_pki_types::CertificateDer;
use tokio::sync::OnceCell;

use self::http::{Way, cause};
use super::{
    RenewalWindow,
    dns::Published,
    issuer::{Answering, IssueError, Issued, Issuer, Order, alpn_certificate},
    leaf::{self, hex},
    store,
};
use crate::log;

/// How long an authority may take to verify a name, and again to sign.
const PATIENCE: Duration = Duration::from_secs(90);

/// What the account's key is called in the vault, with a hash of the directory.
const ACCOUNT: &str = "acme-account-";

/// Bytes of that hash.
const HASH_LENGTH: usize = 8;

/// How a name is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChallengeKind {
    /// An answer over plain HTTP, at port 80 (RFC 8555 §8.3).
    Http01,
    /// A certificate over TLS, at port 443 (RFC 8737).
    TlsAlpn01,
    /// A record in the DNS (RFC 8555 §8.4).
    Dns01,
}

impl ChallengeKind {
    /// As the protocol spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http01 => "http-01",
            Self::TlsAlpn01 => "tls-alpn-01",
            Self::Dns01 => "dns-01",
        }
    }

    /// The kind with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Http01, Self::TlsAlpn01, Self::Dns01].into_iter().find(|kind| kind.as_str() == text)
    }

    fn wanted(self) -> ChallengeType {
        match self {
            Self::Http01 => ChallengeType::Http01,
            Self::TlsAlpn01 => ChallengeType::TlsAlpn01,
            Self::Dns01 => ChallengeType::Dns01,
        }
    }
}

/// Who an account belongs to outside of ACME (RFC 8555 §7.3.4).
#[derive(Clone)]
pub struct ExternalAccount {
    /// The authority's name for the key.
    pub key_id: String,
    /// The key, in base64url.
    pub hmac_key: SecretString,
}

/// Which authority is asked, and as whom.
#[derive(Clone)]
pub struct AcmeConfig {
    /// The URL of its directory.
    pub directory: String,
    /// Where it may write to, as URLs such as `mailto:…`.
    pub contact: Vec<String>,
    /// The ways in which names are proved, the one to try first before the others; at least one.
    pub challenges: Vec<ChallengeKind>,
    /// Who the account belongs to, where the authority wants to know.
    pub external_account: Option<ExternalAccount>,
}

/// An authority that is asked by ACME.
pub struct AcmeIssuer {
    config: AcmeConfig,
    http: Arc<dyn HttpClient>,
    vault: Arc<dyn Vault>,
    database: Database,
    account: OnceCell<Account>,
}

impl AcmeIssuer {
    /// Asks by way of `http`, which has to list the authority's servers. The account is kept in vault and database, and made
    /// by the first order.
    pub fn new(
        config: AcmeConfig,
        http: Arc<dyn HttpClient>,
        vault: Arc<dyn Vault>,
        database: Database,
    ) -> Self {
        Self { config, http, vault, database, account: OnceCell::new() }
    }

    async fn account(&self) -> Result<&Account, IssueError> {
        self.account.get_or_try_init(|| self.find_or_make_account()).await
    }

    async fn find_or_make_account(&self) -> Result<Account, IssueError> {
        let owner = log::INSTANCE.parse().map_err(|_| VaultError::Damaged)?;
        let hash = hex(&sha256(self.config.directory.as_bytes())[..HASH_LENGTH]);
        let name: SecretName = format!("{ACCOUNT}{hash}").parse().map_err(|_| VaultError::Damaged)?;
        let builder = || Account::builder_with_http(Box::new(Way(self.http.clone())));
        if let Some(stored) = self.vault.get(&owner, &name).await? {
            let known: AccountCredentials =
                serde_json::from_slice(stored.value.expose_secret()).map_err(|_| VaultError::Damaged)?;
            return builder().from_credentials(known).await.map_err(failed);
        }
        let contact: Vec<&str> = self.config.contact.iter().map(String::as_str).collect();
        let new =
            NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
        let external = self.config.external_account.as_ref().map(external_key).transpose()?;
        let made = builder().create(&new, self.config.directory.clone(), external.as_ref()).await;
        let (account, credentials) = made.map_err(failed)?;
        let written =
            serde_json::to_vec(&credentials).map_err(|error| IssueError::Making(error.to_string()))?;
        self.vault.put(&owner, &name, &SecretSlice::from(written)).await?;
        if let Err(error) = store::keep_account(&self.database, &self.config.directory, account.id()).await {
            tracing::warn!(%error, "the ACME account could not be noted; its key is in the vault");
        }
        Ok(account)
    }

    async fn order(&self, order: &Order, host: &dyn Answering) -> Result<Issued, IssueError> {
        let account = self.account().await?;
        let names = [Identifier::Dns(order.hostname.to_string())];
        let mut asked = self.begin(account, &names, order.replaces.as_deref()).await?;
        // Records stay until the authority has looked.
        let _published = self.prove(&mut asked, order, host).await?;
        let policy = RetryPolicy::new().timeout(PATIENCE);
        match asked.poll_ready(&policy).await {
            Ok(OrderStatus::Ready) => {}
            Ok(_) => return Err(self.why_invalid(&mut asked).await),
            Err(Error::Api(problem)) => return Err(unproved(&problem)),
            Err(error) => return Err(failed(error)),
        }
        let (key, request) = signing_request(order)?;
        asked.finalize_csr(&request).await.map_err(failed)?;
        let chain = asked.poll_certificate(&policy).await.map_err(failed)?;
        Ok(Issued { chain, key: Zeroizing::new(key.serialize_der()) })
    }

    /// Asks for a certificate; says which one it takes the place of, where the authority wants to know (RFC 9773 §5).
    async fn begin(
        &self,
        account: &Account,
        names: &[Identifier],
        replaces: Option<&str>,
    ) -> Result<instant_acme::Order, IssueError> {
        let chain = replaces.and_then(|chain| leaf::certificates(chain).ok()).unwrap_or_default();
        if let Some(id) = identifier(&chain) {
            match account.new_order(&NewOrder::new(names).replaces(id)).await {
                Ok(order) => return Ok(order),
                // It does not know it, or has replaced it already: that is no reason not to renew.
                Err(Error::Unsupported(_) | Error::Other(_)) => {}
                Err(Error::Api(problem)) if !is_limit(&problem) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        account.new_order(&NewOrder::new(names)).await.map_err(failed)
    }

    /// Has the host answer what the authority asks, or the DNS, and tells the authority to look. Gives what is in the DNS for it.
    async fn prove(
        &self,
        asked: &mut instant_acme::Order,
        order: &Order,
        host: &dyn Answering,
    ) -> Result<Vec<Published>, IssueError> {
        let mut published = Vec::new();
        let mut authorizations = asked.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization.map_err(failed)?;
            match authorization.status {
                AuthorizationStatus::Valid => continue,
                AuthorizationStatus::Pending => {}
                _ => return Err(IssueError::Protocol("an authorization is over already".to_owned())),
            }
            let kind = self.kind(&authorization, order.attempts).ok_or(IssueError::NoChallenge)?;
            let mut challenge = authorization.challenge(kind.wanted()).ok_or(IssueError::NoChallenge)?;
            let answer = challenge.key_authorization();
            match kind {
                ChallengeKind::Http01 => {
                    let (token, key_authorization) = (challenge.token.clone(), answer.as_str().to_owned());
                    host.answer(Challenge::Http01 { token, key_authorization }).await?;
                }
                ChallengeKind::TlsAlpn01 => {
                    let certificate = alpn_certificate(&order.hostname, answer.digest().as_ref())?;
                    host.answer(Challenge::TlsAlpn01(certificate)).await?;
                }
                ChallengeKind::Dns01 => published.push(host.publish(answer.dns_value()).await?),
            }
            challenge.set_ready().await.map_err(failed)?;
        }
        Ok(published)
    }

    /// The way to take: of those that the authority offers, another one each time.
    fn kind(&self, offered: &instant_acme::AuthorizationState, attempts: u32) -> Option<ChallengeKind> {
        let is_offered =
            |kind: &&ChallengeKind| offered.challenges.iter().any(|one| one.r#type == kind.wanted());
        let possible: Vec<_> = self.config.challenges.iter().filter(is_offered).collect();
        let at = usize::try_from(attempts).unwrap_or_default().checked_rem(possible.len())?;
        possible.get(at).map(|kind| **kind)
    }

    /// What the authority says of a name that it could not verify.
    async fn why_invalid(&self, asked: &mut instant_acme::Order) -> IssueError {
        let mut authorizations = asked.authorizations();
        while let Some(Ok(mut authorization)) = authorizations.next().await {
            let Ok(state) = authorization.refresh().await else { continue };
            let problem = state.challenges.iter().find_map(|challenge| challenge.error.as_ref());
            if let Some(problem) = problem {
                return unproved(problem);
            }
        }
        IssueError::Unverified { detail: "it says no more".to_owned() }
    }

    async fn ask_window(&self, chain: &str) -> Result<Option<RenewalWindow>, IssueError> {
        let chain = leaf::certificates(chain)?;
        let Some(id) = identifier(&chain) else { return Ok(None) };
        let (info, look_in) = match self.account().await?.renewal_info(&id).await {
            Ok(answer) => answer,
            Err(Error::Unsupported(_)) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let window = info.suggested_window;
        let time = |seconds| Timestamp::from_second(seconds).ok();
        let (start, end) = (time(window.start.unix_timestamp()), time(window.end.unix_timestamp()));
        // RFC 9773 §4.2: one that ends before it begins is to be ignored.
        let span = start.zip(end).filter(|(start, end)| start < end);
        Ok(span.map(|(start, end)| RenewalWindow { start, end, look_in }))
    }
}

impl Issuer for AcmeIssuer {
    fn name(&self) -> &str {
        &self.config.directory
    }

    fn is_immediate(&self) -> bool {
        false
    }

    fn issue<'a>(
        &'a self,
        order: &'a Order,
        host: &'a dyn Answering,
    ) -> BoxFuture<'a, Result<Issued, IssueError>> {
        Box::pin(self.order(order, host))
    }

    fn window<'a>(&'a self, chain: &'a str) -> BoxFuture<'a, Result<Option<RenewalWindow>, IssueError>> {
        Box::pin(self.ask_window(chain))
    }
}

/// A new key, and what asks to have it signed (RFC 2986): the name alone.
fn signing_request(order: &Order) -> Result<(KeyPair, Vec<u8>), IssueError> {
    let making = |error: rcgen::Error| IssueError::Making(error.to_string());
    let key = KeyPair::generate().map_err(making)?;
    let mut params = CertificateParams::new(vec![order.hostname.to_string()]).map_err(making)?;
    params.distinguished_name = DistinguishedName::new();
    let request = params.serialize_request(&key).map_err(making)?;
    Ok((key, request.der().to_vec()))
}

/// How an authority knows a certificate again (RFC 9773 §4.1).
fn identifier(chain: &[Vec<u8>]) -> Option<CertificateIdentifier<'static>> {
    let der = CertificateDer::from(chain.first()?.as_slice());
    CertificateIdentifier::try_from(&der).ok().map(CertificateIdentifier::into_owned)
}

fn external_key(account: &ExternalAccount) -> Result<ExternalAccountKey, IssueError> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let text = account.hmac_key.expose_secret().trim_end_matches('=');
    let key = URL_SAFE_NO_PAD.decode(text).map(Zeroizing::new);
    let key =
        key.map_err(|_| IssueError::Making("the external account's key is not base64url".to_owned()))?;
    Ok(ExternalAccountKey::new(account.key_id.clone(), &key))
}

fn is_limit(problem: &instant_acme::Problem) -> bool {
    matches!(refused(problem), IssueError::RateLimited { .. })
}

fn refused(problem: &instant_acme::Problem) -> IssueError {
    let detail = problem.detail.as_deref().unwrap_or("it says no more");
    IssueError::refused(problem.r#type.as_deref().unwrap_or_default(), detail)
}

/// What it means of an order whose name was to be proved: whatever was in the way, the authority has not found what it asked for.
fn unproved(problem: &instant_acme::Problem) -> IssueError {
    match refused(problem) {
        IssueError::Refused { detail } => IssueError::Unverified { detail },
        other => other,
    }
}

fn failed(error: Error) -> IssueError {
    match (cause(&error), error) {
        (Some(EgressError::Unreachable | EgressError::Deadline), _) => IssueError::Unreachable,
        (Some(EgressError::Refused), _) => IssueError::Protocol(
            "it sends us to a server that is not the directory's, or to a private address".to_owned(),
        ),
        (_, Error::Api(problem)) => refused(&problem),
        (_, Error::Timeout(_)) => IssueError::Deadline,
        (_, error) => IssueError::Protocol(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
