//! What the DNS says about the domain that a tenant's mail comes from: receivers look at it before they take a mail.

use futures_util::future::join3;
use kiavi_base::{EmailAddress, Hostname};
use kiavi_ipc::{
    mail_record::{DkimKey, DkimState, Dmarc, DmarcPolicy, Selector, Spf, SpfOthers},
    proof::{Answer, Wanted},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Control, Failure, ProofDoor, Tenant};

/// How many names above a domain are asked what becomes of forgeries.
const PARENTS: usize = 3;

/// How a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MailRecordVerdict)]
pub(crate) enum Verdict {
    /// It says what it should.
    Good,
    /// It is there and keeps out little.
    Weak,
    /// It is there, and receivers cannot use it.
    Wrong,
    /// There is none.
    Absent,
    /// The DNS gave no answer.
    Unanswered,
}

/// A record, as it was found.
pub(crate) struct Record<T> {
    /// The name at which it is, or belongs.
    pub(crate) name: String,
    pub(crate) verdict: Verdict,
    /// What it says.
    pub(crate) says: Option<T>,
    /// A record that would do, where one can be told.
    pub(crate) suggestion: Option<String>,
}

/// What is known of the domain of a tenant's mail.
pub(crate) struct MailDomain {
    /// The address that mail comes from.
    pub(crate) address: String,
    /// Its domain.
    pub(crate) domain: Hostname,
    pub(crate) spf: Record<Spf>,
    /// The key of a selector, if one was named.
    pub(crate) dkim: Option<Record<DkimKey>>,
    pub(crate) dmarc: Record<Dmarc>,
}

/// Looks the records of a tenant's mail up. The selector is chosen by whatever server signs, so nobody but whoever set that up
/// knows it.
///
/// # Errors
/// When the tenant's settings name no address.
pub(crate) async fn look_up(
    control: &Control,
    tenant: &Tenant,
    selector: Option<Selector>,
) -> Result<MailDomain, Failure> {
    let parts = control.parts();
    let address = parts.schema.sender_address(&tenant.settings)?;
    let address: EmailAddress = address.parse()?;
    let domain = address.as_str().rsplit_once('@').map_or("", |(_, domain)| domain);
    let domain: Hostname = domain.parse()?;
    let server = tenant.settings["mail"]["smtp"]["host"].as_str();
    let key = async {
        match selector {
            Some(selector) => Some(dkim(&parts.proofs, &domain, selector).await),
            None => None,
        }
    };
    let (spf, dkim, dmarc) =
        join3(spf(&parts.proofs, &domain, server), key, dmarc(&parts.proofs, &domain)).await;
    Ok(MailDomain { address: address.as_str().to_owned(), domain, spf, dkim, dmarc })
}

async fn spf(door: &ProofDoor, domain: &Hostname, server: Option<&str>) -> Record<Spf> {
    let (verdict, says) = match door.look_up(domain, Wanted::Spf).await {
        Answer::Spf(spf) if spf.records > 1 => (Verdict::Wrong, Some(spf)),
        Answer::Spf(spf) => {
            let is_weak = matches!(spf.others, SpfOthers::Neutral | SpfOthers::Pass);
            (if is_weak { Verdict::Weak } else { Verdict::Good }, Some(spf))
        }
        Answer::Absent => (Verdict::Absent, None),
        _ => (Verdict::Unanswered, None),
    };
    // From which addresses a server sends that takes mail, its operator knows. That it is one of them is the best guess (RFC
    // 7208 §5.3), and an address in the place of a name is no guess.
    let host = server.and_then(|host| host.parse::<Hostname>().ok()).filter(|host| !is_address(host));
    let suggestion = match verdict {
        Verdict::Absent => host.map(|host| format!("v=spf1 a:{host} ~all")),
        _ => None,
    };
    Record { name: domain.to_string(), verdict, says, suggestion }
}

fn is_address(host: &Hostname) -> bool {
    host.as_str().parse::<std::net::IpAddr>().is_ok()
}

async fn dkim(door: &ProofDoor, domain: &Hostname, selector: Selector) -> Record<DkimKey> {
    let wanted = Wanted::DkimKey(selector);
    let name = wanted.name(domain);
    let (verdict, says) = match door.look_up(domain, wanted).await {
        Answer::DkimKey(key) => {
            let verdict = match key.state {
                DkimState::Good if !key.is_testing => Verdict::Good,
                DkimState::Good | DkimState::Short => Verdict::Weak,
                DkimState::Revoked | DkimState::Broken => Verdict::Wrong,
            };
            (verdict, Some(key))
        }
        Answer::Absent => (Verdict::Absent, None),
        _ => (Verdict::Unanswered, None),
    };
    // The key is made where mail is signed.
    Record { name, verdict, says, suggestion: None }
}

/// The record of the domain, or of the nearest name above that has one: receivers look at the organisation's own (RFC 7489
/// §6.6.3), and a name that is everybody's, as `co.uk`, has none.
async fn dmarc(door: &ProofDoor, domain: &Hostname) -> Record<Dmarc> {
    let own = Wanted::Dmarc.name(domain);
    let names = std::iter::successors(Some(domain.clone()), |name| {
        let (_, parent) = name.as_str().split_once('.')?;
        parent.contains('.').then(|| parent.parse().ok()).flatten()
    });
    let mut last = Record { name: own.clone(), verdict: Verdict::Absent, says: None, suggestion: None };
    for name in names.take(1 + PARENTS) {
        match door.look_up(&name, Wanted::Dmarc).await {
            Answer::Dmarc(dmarc) => {
                let policy = if name == *domain { dmarc.policy } else { dmarc.subdomains.or(dmarc.policy) };
                let verdict = match policy {
                    _ if dmarc.records > 1 => Verdict::Wrong,
                    None => Verdict::Wrong,
                    Some(DmarcPolicy::None) => Verdict::Weak,
                    Some(_) if dmarc.percent < 100 => Verdict::Weak,
                    Some(_) => Verdict::Good,
                };
                let says = Some(Dmarc { policy, ..dmarc });
                return Record { name: Wanted::Dmarc.name(&name), verdict, says, suggestion: None };
            }
            Answer::Absent => {}
            _ => {
                last.verdict = Verdict::Unanswered;
                return last;
            }
        }
    }
    // Every domain that takes mail has this mailbox (RFC 2142 §4), and a domain begins by listening (RFC 7489 §6.3).
    last.suggestion = Some(format!("v=DMARC1; p=none; rua=mailto:postmaster@{domain}"));
    last
}
