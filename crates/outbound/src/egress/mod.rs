//! Connections to servers outside, for engines that can open none.
//!
//! What a tenant may reach is stated by the launcher with the door. A name is resolved here and the address that
//! was checked is the one that is connected to, so an answer of the DNS that changes between two looks gains
//! nothing. Outbound passes the connected socket on and keeps no copy: it sees neither the request nor, since
//! TLS is the engine's, could it read it.

mod address;
pub(crate) mod budget;
pub(crate) mod connect;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use kiavi_base::TenantId;
use kiavi_ipc::egress::{AllowList, Connect, FromEgress, Refusal, Target, join_certificates};
use kiavi_ipc::{Endpoint, SealedDocument, SealedDocumentError};
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::address::Reach;
use self::budget::{Admission, Budget};
use self::connect::connect;
use crate::tally::Tally;

/// On whose behalf somebody asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Asker {
    /// A tenant's engine, or its mail.
    Tenant(TenantId),
    /// Control, for the instance.
    Control,
}

impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant(tenant) => tenant.fmt(f),
            Self::Control => f.write_str("control"),
        }
    }
}

/// The way out of all tenants, and of control.
pub(crate) struct Egress {
    roots: SealedDocument,
    /// Whether the instance has tenants reach into private networks at all.
    may_be_private: bool,
    tally: Arc<Tally>,
    budgets: Mutex<HashMap<Asker, Weak<Budget>>>,
}

impl Egress {
    /// With the certificate authorities (DER) that engines are to believe. Makes a memory file, so it comes before
    /// the sandbox is closed.
    pub(crate) fn new<'a>(
        roots: impl IntoIterator<Item = &'a [u8]>,
        may_be_private: bool,
        tally: Arc<Tally>,
    ) -> Result<Self, SealedDocumentError> {
        let roots = SealedDocument::seal(&join_certificates(roots))?;
        Ok(Self { roots, may_be_private, tally, budgets: Mutex::default() })
    }

    /// One for each, whichever of its processes asks.
    fn budget(&self, asker: &Asker) -> Arc<Budget> {
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(budget) = budgets.get(asker).and_then(Weak::upgrade) {
            return budget;
        }
        budgets.retain(|_, budget| budget.strong_count() > 0);
        let budget = Arc::new(Budget::new(Instant::now()));
        budgets.insert(asker.clone(), Arc::downgrade(&budget));
        budget
    }

    /// The certificate authorities of the system, see [`join_certificates`].
    pub(crate) fn roots(&self) -> SealedDocument {
        self.roots.clone()
    }

    /// Where `target` is, as far as the asker may reach it.
    pub(crate) async fn addresses(
        &self,
        asker: &Asker,
        target: &Target,
        allows_private: bool,
    ) -> Result<Vec<SocketAddr>, Refusal> {
        let (reach, budget) = (self.reach(allows_private), self.budget(asker));
        connect::addresses_in_time(asker, target, reach, &budget).await
    }

    fn reach(&self, allows_private: bool) -> Reach {
        if allows_private && self.may_be_private { Reach::Private } else { Reach::Public }
    }

    /// Connects what is asked for on `door` until it is closed.
    pub(crate) async fn serve(
        self: Arc<Self>,
        asker: Asker,
        allowed: AllowList,
        door: Endpoint<FromEgress, Connect>,
    ) {
        let (answers, mut requests) = door.split();
        if answers.send(&FromEgress::Roots { document: self.roots.fd() }).await.is_err() {
            return;
        }
        let reach = self.reach(allowed.allows_private());
        let budget = self.budget(&asker);
        let mut door = Door { asker, allowed, reach, budget, attempts: JoinSet::new() };
        loop {
            let answer = tokio::select! {
                request = requests.receive() => match request {
                    Ok(Some(request)) => door.hear(request),
                    Ok(None) => return,
                    Err(error) => {
                        tracing::error!(asker = %door.asker, %error, "somebody broke the egress door's protocol");
                        return;
                    }
                },
                Some(Ok(answer)) = door.attempts.join_next(), if !door.attempts.is_empty() => Some(answer),
            };
            // Sent and dropped: this process's copy of a connection is closed here.
            if let Some(answer) = &answer {
                self.tally.egress(answer);
            }
            if let Some(answer) = answer
                && answers.send(&answer).await.is_err()
            {
                return;
            }
        }
    }
}

/// One process's door.
struct Door {
    asker: Asker,
    allowed: AllowList,
    reach: Reach,
    budget: Arc<Budget>,
    /// Aborted with the door: nobody waits for them any more.
    attempts: JoinSet<FromEgress>,
}

impl Door {
    /// Begins to connect, or answers at once that it will not.
    fn hear(&mut self, Connect { request, target }: Connect) -> Option<FromEgress> {
        let Admission { at, place } = match self.budget.admit(Instant::now()) {
            Ok(admission) => admission,
            Err(over) => {
                if over.is_news {
                    tracing::warn!(asker = %self.asker, "somebody asks for too many connections");
                }
                return Some(FromEgress::Refused { request, reason: Refusal::Busy });
            }
        };
        if !self.allowed.has(&target) {
            // It knows its list too: it has an old one, or is not itself.
            tracing::warn!(asker = %self.asker, %target, "somebody asks for a server that is not on its list");
            return Some(FromEgress::Refused { request, reason: Refusal::NotAllowed });
        }
        let (asker, reach, budget) = (self.asker.clone(), self.reach, self.budget.clone());
        self.attempts.spawn(async move {
            tokio::time::sleep_until(at).await;
            let connected = connect(&asker, &target, reach, &budget).await;
            drop(place);
            // Leaves this process's reactor.
            match connected.and_then(|stream| stream.into_std().map_err(|_| Refusal::Unreachable)) {
                Ok(stream) => FromEgress::Connected { request, stream: OwnedFd::from(stream).into() },
                Err(reason) => FromEgress::Refused { request, reason },
            }
        });
        None
    }
}
