//! Looking for the record of a domain: when somebody asks, and from time to time.

use std::time::Duration;

use jiff::Timestamp;
use kiavi_base::{Rng, random_bytes};
use kiavi_ipc::proof::{Answer, Wanted};

use super::{Domain, DomainState, Outcome, PATIENCE, store};
use crate::{
    Control, ControlError,
    caller::Actor,
    error::chain,
    operation::Operation,
    provision::{self, Change, Order, RequestError},
};

/// When a proof that was there is looked for again; sooner when it was not, so that an alarm rests on many looks.
const WHILE_THERE: Duration = Duration::from_secs(24 * 3600);
const WHILE_GONE: Duration = Duration::from_secs(6 * 3600);

/// When the record of a domain that was never proved is looked for again, by how long ago it was added: soon while somebody
/// is setting it, and no more after the last of these times, until somebody asks.
const WHILE_PENDING: [(Duration, Duration); 3] = [
    (Duration::from_secs(24 * 3600), FIRST_LOOK),
    (Duration::from_secs(7 * 24 * 3600), Duration::from_secs(3600)),
    (Duration::from_secs(30 * 24 * 3600), Duration::from_secs(24 * 3600)),
];

/// When it is looked for first.
pub(crate) const FIRST_LOOK: Duration = Duration::from_secs(5 * 60);

/// The longest pause of the background job: what is added meanwhile is due later than that.
const LONGEST_PAUSE: Duration = Duration::from_secs(2 * 60);

/// What a look found, and what became of the domain.
pub(crate) struct Checked {
    pub(crate) domain: Domain,
    /// The texts that are at the record's name.
    pub(crate) found: Vec<String>,
}

/// Looks for the record of a domain and draws what follows from it.
///
/// # Errors
/// [`ControlError::HostnameTaken`] when it is there and the domain, or one above or below it, is another tenant's;
/// [`ControlError::NoSuchDomain`] when it was removed meanwhile; when the tenant is going, or the database fails.
pub(crate) async fn check(
    control: &Control,
    actor: &Actor,
    domain: &Domain,
) -> Result<Checked, RequestError> {
    let (outcome, found) = look(control, domain).await;
    let gone = || RequestError::from(ControlError::NoSuchDomain(domain.domain.clone()));
    let database = &control.parts().database;
    if outcome == Outcome::Proved && domain.state != DomainState::Verified {
        let verified = verify(control, actor, domain).await;
        // Of two who look at the same time, one was first.
        if !matches!(verified, Err(RequestError::Control(ControlError::NoSuchDomain(_)))) {
            verified?;
        }
        let now = store::find(database, &domain.tenant, &domain.domain).await?;
        return Ok(Checked { domain: now.ok_or_else(gone)?, found });
    }
    let noted = store::note(database, domain, outcome, next_look(control, domain, outcome)).await?;
    let now = match noted {
        Some(noted) => lapse(control, noted).await?,
        // Somebody else has looked.
        None => store::find(database, &domain.tenant, &domain.domain).await?.ok_or_else(gone)?,
    };
    Ok(Checked { domain: now, found })
}

async fn look(control: &Control, domain: &Domain) -> (Outcome, Vec<String>) {
    match control.parts().proofs.look_up(&domain.domain, Wanted::Proof).await {
        Answer::Texts(texts) => {
            let found: Vec<_> = texts.iter().map(|text| text.as_ref().to_owned()).collect();
            let is_proved = found.contains(&domain.challenge);
            (if is_proved { Outcome::Proved } else { Outcome::Different }, found)
        }
        Answer::Absent => (Outcome::Absent, Vec::new()),
        // A record about mail is no answer to this question.
        Answer::Unanswered | Answer::Spf(_) | Answer::Dmarc(_) | Answer::DkimKey(_) => {
            (Outcome::Unanswered, Vec::new())
        }
    }
}

/// It is the tenant's from now on. Who had it and could not prove it for days loses it first.
async fn verify(control: &Control, actor: &Actor, domain: &Domain) -> Result<(), RequestError> {
    let Domain { tenant, domain: name, .. } = domain;
    if let Some(loser) = store::lapsed_elsewhere(&control.parts().database, tenant, name).await? {
        let change = Change::LoseDomain { domain: name.clone() };
        let order = Order { operation: Operation::RemoveDomain, reason: None, change };
        provision::request(control, &Actor::CONTROL, &loser, &order).await?;
        tracing::warn!(tenant = %loser, domain = %name, "a domain went to another tenant, who has proved it");
    }
    let change = Change::VerifyDomain { domain: name.clone(), again_in: again_in(control, Outcome::Proved) };
    let order = Order { operation: Operation::VerifyDomain, reason: None, change };
    provision::request(control, actor, tenant, &order).await.map(drop)
}

/// Raises the alarm when a proof is gone for too long.
async fn lapse(control: &Control, domain: Domain) -> Result<Domain, RequestError> {
    let Domain { tenant, domain: name, state, failing_since, outcome, .. } = &domain;
    // An alarm rests on an answer.
    let is_missing = matches!(outcome, Some(Outcome::Absent | Outcome::Different));
    let Some(since) = failing_since.filter(|_| is_missing && *state == DomainState::Verified) else {
        return Ok(domain);
    };
    if control.parts().clock.now().duration_since(since).unsigned_abs() < PATIENCE {
        tracing::warn!(%tenant, domain = %name, "the record that proves a domain is not there");
        return Ok(domain);
    }
    let change = Change::LapseDomain { domain: name.clone() };
    let order = Order { operation: Operation::LapseDomain, reason: None, change };
    match provision::request(control, &Actor::CONTROL, tenant, &order).await {
        Ok(_) => tracing::error!(%tenant, domain = %name, "the record that proves a domain is gone for days"),
        // By the database's clock it is not time yet, or it was removed.
        Err(RequestError::Control(ControlError::NoSuchDomain(_))) => return Ok(domain),
        Err(error) => return Err(error),
    }
    let now = store::find(&control.parts().database, tenant, name).await?;
    Ok(now.unwrap_or(domain))
}

/// When to look again; `None` when somebody has to ask.
fn next_look(control: &Control, domain: &Domain, outcome: Outcome) -> Option<Duration> {
    if domain.state != DomainState::Pending {
        return Some(again_in(control, outcome));
    }
    let pause = while_pending(domain.created_at, control.parts().clock.now())?;
    Some(spread(pause, &*control.parts().rng))
}

/// The pause of a domain that was added at this time and never proved.
fn while_pending(added_at: Timestamp, now: Timestamp) -> Option<Duration> {
    let age = Duration::try_from(now.duration_since(added_at)).unwrap_or_default();
    WHILE_PENDING.iter().find(|(until, _)| age < *until).map(|(_, pause)| *pause)
}

/// Not all at the same hour.
fn again_in(control: &Control, outcome: Outcome) -> Duration {
    let pause = if outcome == Outcome::Proved { WHILE_THERE } else { WHILE_GONE };
    spread(pause, &*control.parts().rng)
}

/// The pause, or up to a sixth more or less.
fn spread(pause: Duration, rng: &dyn Rng) -> Duration {
    let chance = f64::from(u16::from_be_bytes(random_bytes(rng))) / f64::from(u16::MAX);
    pause.mul_f64(5.0 / 6.0 + chance / 3.0)
}

/// Looks at those whose time has come. Whether there may be more.
pub(crate) async fn check_due(control: &Control) -> Result<bool, ControlError> {
    let due = store::take_due(&control.parts().database).await?;
    for domain in &due {
        let Domain { tenant, domain: name, .. } = domain;
        match check(control, &Actor::CONTROL, domain).await {
            // Its record is there, and it is another tenant's: that may end, and nobody who could end it is here.
            Err(RequestError::Control(ControlError::HostnameTaken(_))) => {
                let again = next_look(control, domain, Outcome::Proved);
                store::note(&control.parts().database, domain, Outcome::Proved, again).await?;
            }
            // The tenant is going, or the domain is gone.
            Err(RequestError::Gone | RequestError::Target(_))
            | Err(RequestError::Control(ControlError::NoSuchDomain(_)))
            | Ok(_) => {}
            Err(error) => {
                tracing::error!(%tenant, domain = %name, error = chain(&error), "a domain could not be looked at")
            }
        }
    }
    Ok(!due.is_empty())
}

impl Control {
    /// Looks for the proofs of domains again from time to time, for as long as it is polled. Run exactly one.
    pub async fn run_domain_checks(&self) {
        loop {
            match check_due(self).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(error = chain(&error), "domains that are due could not be read")
                }
            }
            tokio::time::sleep(self.pause().await).await;
        }
    }

    async fn pause(&self) -> Duration {
        let next = self.parts().database.query_one(&store::NEXT_DOMAIN_CHECK, &[]).await;
        let seconds = next.ok().and_then(|row| row.try_get::<_, Option<f64>>(0).ok()).flatten();
        let pause = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(1.0)).ok());
        pause.unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Same(u8);

    impl Rng for Same {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    #[test]
    fn a_pause_is_about_what_it_should_be() {
        assert_eq!(spread(WHILE_THERE, &Same(0)), Duration::from_secs(20 * 3600));
        assert_eq!(spread(WHILE_THERE, &Same(255)), Duration::from_secs(28 * 3600));
        // What is added while the background job sleeps is due after that.
        assert!(LONGEST_PAUSE < spread(FIRST_LOOK, &Same(0)));
        // An alarm rests on more than a handful of looks.
        assert!(PATIENCE.as_secs() / spread(WHILE_GONE, &Same(255)).as_secs() >= 10);
    }

    #[test]
    fn who_has_just_added_a_domain_need_not_ask_and_nobody_is_looked_for_for_ever() {
        let added: Timestamp = "2026-11-27T00:00:00Z".parse().unwrap();
        let after = |hours: i64| while_pending(added, added + jiff::SignedDuration::from_hours(hours));
        assert_eq!([after(0), after(23)], [Some(FIRST_LOOK); 2]);
        assert_eq!([after(24), after(7 * 24 - 1)], [Some(Duration::from_secs(3600)); 2]);
        assert_eq!([after(7 * 24), after(30 * 24 - 1)], [Some(Duration::from_secs(24 * 3600)); 2]);
        assert_eq!([after(30 * 24), after(9_000)], [None; 2]);
        // A clock that was set back.
        assert_eq!(after(-5), Some(FIRST_LOOK));
    }
}
