//! The instance's own authority, for development: made once, its key in the vault.
//!
//! Whoever has its key could make certificates that a developer's browser believes; so it may sign for the instance's own
//! domain and nothing else (name constraints, RFC 5280 §4.2.1.10), which in development is `localhost`.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use kiavi_base::{Clock, ExposeSecret, Hostname, SecretSlice};
use kiavi_crypto::Zeroizing;
use kiavi_db::BoxFuture;
use kiavi_vault::{SecretName, Vault, VaultError};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose, NameConstraints,
};

use super::issuer::{Answering, IssueError, Issued, Issuer, Order};
use crate::log;

/// What it is called as an issuer.
pub(crate) const NAME: &str = "local";

/// How long the authority's own certificate is good.
const ROOT_LIFE: SignedDuration = SignedDuration::from_hours(3650 * 24);

/// How long those that it signs are.
const LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Clocks differ.
const BEFORE: SignedDuration = SignedDuration::from_hours(1);

/// What parts the key from the certificate in the vault's value: both are PEM.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

/// The instance's own authority.
pub struct LocalIssuer {
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    domain: Hostname,
    root: tokio::sync::OnceCell<Root>,
}

struct Root {
    certificate: String,
    key: Zeroizing<String>,
}

impl LocalIssuer {
    /// The authority of the instance with this domain, whose key is in the vault or will be.
    pub fn new(vault: Arc<dyn Vault>, clock: Arc<dyn Clock>, domain: Hostname) -> Self {
        Self { vault, clock, domain, root: tokio::sync::OnceCell::new() }
    }

    async fn authority(&self) -> Result<&Root, IssueError> {
        self.root.get_or_try_init(|| self.find_or_make()).await
    }

    async fn find_or_make(&self) -> Result<Root, IssueError> {
        let owner = log::INSTANCE.parse().map_err(|_| VaultError::Damaged)?;
        let name: SecretName = "local-authority".parse().map_err(|_| VaultError::Damaged)?;
        if let Some(stored) = self.vault.get(&owner, &name).await? {
            return read(stored.value.expose_secret()).ok_or_else(|| VaultError::Damaged.into());
        }
        let key = KeyPair::generate().map_err(making)?;
        let certificate = self.params()?.self_signed(&key).map_err(making)?.pem();
        let key = Zeroizing::new(key.serialize_pem());
        let value = SecretSlice::from([key.as_bytes(), certificate.as_bytes()].concat());
        self.vault.put(&owner, &name, &value).await?;
        Ok(Root { certificate, key })
    }

    fn params(&self) -> Result<CertificateParams, IssueError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, format!("Kiavi local CA for {}", self.domain));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        // Names are constrained kind by kind, so that of addresses none is left.
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName(self.domain.to_string())],
            excluded_subtrees: vec![
                GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([0; 4], 0)),
                GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix([0; 16], 0)),
            ],
        });
        limit(&mut params, self.clock.now(), ROOT_LIFE)?;
        Ok(params)
    }

    async fn make(&self, hostname: &Hostname) -> Result<Issued, IssueError> {
        let name = hostname.as_str();
        let is_ours = name
            .strip_suffix(self.domain.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if !is_ours {
            let detail = format!("the local authority signs for {} and names below it only", self.domain);
            return Err(IssueError::Refused { detail });
        }
        let root = self.authority().await?;
        let authority = KeyPair::from_pem(&root.key).map_err(making)?;
        // Of the parameters the issuer's name, its usages and how it names its key go into what is signed.
        let authority = rcgen::Issuer::new(self.params()?, authority);
        let key = KeyPair::generate().map_err(making)?;
        let mut params = CertificateParams::new(vec![name.to_owned()]).map_err(making)?;
        params.distinguished_name = DistinguishedName::new();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        limit(&mut params, self.clock.now(), LIFE)?;
        let certificate = params.signed_by(&key, &authority).map_err(making)?;
        Ok(Issued { chain: certificate.pem(), key: Zeroizing::new(key.serialize_der()) })
    }
}

impl Issuer for LocalIssuer {
    fn name(&self) -> &str {
        NAME
    }

    fn is_immediate(&self) -> bool {
        true
    }

    fn issue<'a>(
        &'a self,
        order: &'a Order,
        _: &'a dyn Answering,
    ) -> BoxFuture<'a, Result<Issued, IssueError>> {
        Box::pin(self.make(&order.hostname))
    }

    fn root(&self) -> BoxFuture<'_, Result<Option<String>, IssueError>> {
        Box::pin(async move { Ok(Some(self.authority().await?.certificate.clone())) })
    }
}

fn read(value: &[u8]) -> Option<Root> {
    let text = std::str::from_utf8(value).ok()?;
    let (key, certificate) = text.split_at(text.find(CERTIFICATE)?);
    Some(Root { certificate: certificate.to_owned(), key: Zeroizing::new(key.to_owned()) })
}

fn making(error: rcgen::Error) -> IssueError {
    IssueError::Making(error.to_string())
}

/// Makes it good from a moment before `now`, for `life`.
fn limit(params: &mut CertificateParams, now: Timestamp, life: SignedDuration) -> Result<(), IssueError> {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let since = |change| {
        let at = now.checked_add(change).map(Timestamp::as_second).unwrap_or_default();
        u64::try_from(at)
            .map(Duration::from_secs)
            .map_err(|_| IssueError::Making("it is before 1970".to_owned()))
    };
    (params.not_before, params.not_after) = (epoch + since(-BEFORE)?, epoch + since(life)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use kiavi_base::ManualClock;
    use kiavi_crypto::SystemRng;
    use kiavi_vault::SealedFiles;
    use x509_parser::{extensions::ParsedExtension, pem::parse_x509_pem};

    use super::{super::leaf, *};

    struct Nobody;

    impl Answering for Nobody {
        fn answer(&self, _: kiavi_ipc::certificate::Challenge) -> BoxFuture<'_, Result<(), IssueError>> {
            Box::pin(async { panic!("the local authority asks nothing") })
        }

        fn publish(&self, _: String) -> BoxFuture<'_, Result<super::super::Published, IssueError>> {
            Box::pin(async { panic!("the local authority asks nothing") })
        }
    }

    fn order(hostname: &str) -> Order {
        Order { hostname: hostname.parse().unwrap(), replaces: None, attempts: 0 }
    }

    #[tokio::test]
    async fn it_signs_for_its_own_domain_under_one_root_for_ever() {
        let folder =
            std::env::temp_dir().join(format!("kiavi-ca-{}", kiavi_base::TenantId::random(&SystemRng)));
        std::fs::create_dir(&folder).unwrap();
        let clock = Arc::new(ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap()));
        let issuer = || {
            let vault = Arc::new(SealedFiles::open(&folder, Arc::new(SystemRng)).unwrap());
            LocalIssuer::new(vault, clock.clone(), "localhost".parse().unwrap())
        };
        let first = issuer();
        let made = first.issue(&order("demo.localhost"), &Nobody).await.unwrap();
        let root = first.root().await.unwrap().unwrap();
        clock.advance(SignedDuration::from_hours(24 * 60));
        let second = issuer();
        assert_eq!(second.root().await.unwrap().unwrap(), root, "who trusts it goes on trusting it");
        let renewed = second.issue(&order("demo.localhost"), &Nobody).await.unwrap();
        for refused in ["demo.example.com", "demolocalhost", "localhost.example.com"] {
            let refused = second.issue(&order(refused), &Nobody).await;
            assert!(matches!(refused, Err(IssueError::Refused { .. })));
        }
        let (_, pem) = parse_x509_pem(root.as_bytes()).unwrap();
        let authority = pem.parse_x509().unwrap();
        for issued in [made, renewed] {
            let der = leaf::certificates(&issued.chain).unwrap();
            let (_, certificate) = x509_parser::parse_x509_certificate(&der[0]).unwrap();
            assert_eq!(certificate.issuer(), authority.subject());
            let key_id = |wanted: &x509_parser::certificate::X509Certificate<'_>| {
                wanted.extensions().iter().find_map(|extension| match extension.parsed_extension() {
                    ParsedExtension::AuthorityKeyIdentifier(id) => {
                        id.key_identifier.as_ref().map(|id| id.0.to_vec())
                    }
                    _ => None,
                })
            };
            let own_id =
                authority.extensions().iter().find_map(|extension| match extension.parsed_extension() {
                    ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
                    _ => None,
                });
            assert_eq!(key_id(&certificate), own_id);
        }
        // RFC 5280 §4.2.1.10: critical, and for nothing but the domain.
        let constraints = authority.name_constraints().unwrap().unwrap();
        assert!(constraints.critical);
        assert_eq!(constraints.value.permitted_subtrees.as_ref().unwrap().len(), 1);
        assert_eq!(constraints.value.excluded_subtrees.as_ref().unwrap().len(), 2);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
