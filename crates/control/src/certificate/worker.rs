//! The background job: has certificates made that are due, asks authorities when they would have them renewed, and says what
//! ends soon.

use std::{collections::HashSet, time::Duration};

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use rcgen::{KeyPair, PublicKeyData};
use serde_json::json;

use super::{
    Certificate, Present,
    announce::{self, Host},
    event,
    issuer::{IssueError, Issued, Issuer, Order},
    key,
    leaf::{self, Contents},
    rules, settle, store,
};
use crate::{Control, ControlError, TenantEventKind, caller::Actor, error::StepError, error::chain};

/// Orders under way at a time.
const MAX_AT_ONCE: usize = 4;

/// How long an order may take in all.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// After how long an order that was cut off is begun anew: none is under way for so long.
const LEASE: SignedDuration = SignedDuration::from_secs(15 * 60);

/// The longest pause: clocks are set, and the database is somebody else's at times.
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);

/// The pause after the database could not be asked.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

impl Control {
    /// Has certificates made and renewed, for as long as it is polled; does nothing where none are. Run exactly one.
    pub async fn run_certificates(&self) {
        if self.parts().issuer.is_none() {
            return;
        }
        let mut is_settled = false;
        loop {
            is_settled = is_settled || own(self).await;
            let mut pause = round(self).await.unwrap_or_else(|error| {
                tracing::error!(error = chain(&error), "certificates that are due could not be read");
                AFTER_FAILURE
            });
            if !is_settled {
                pause = pause.min(AFTER_FAILURE);
            }
            tokio::select! {
                () = self.certificates().wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}

/// Whether those of the instance's own hosts are asked for and announced.
async fn own(control: &Control) -> bool {
    let noted = store::note_public_keys(&control.parts().database).await;
    let settled = match noted {
        Ok(()) => settle::own(control).await,
        Err(error) => Err(error.into()),
    };
    settled
        .inspect_err(|error| {
            tracing::error!(
                error = chain(error),
                "the certificates of the instance's own hosts are not settled yet"
            );
        })
        .is_ok()
}

/// Everything that is due once, and how long nothing else will be.
pub(crate) async fn round(control: &Control) -> Result<Duration, ControlError> {
    let (parts, now) = (control.parts(), control.parts().clock.now());
    let Some(issuer) = &parts.issuer else { return Ok(LONGEST_PAUSE) };
    alarm(control, now).await?;
    look(control, &**issuer, now).await?;
    let due = store::due(&parts.database, now, None).await?;
    let mut is_limited = false;
    let mut under_way = HashSet::new();
    for id in due {
        if !issuer.is_immediate() && !may_order(control, now).await? {
            is_limited = true;
            break;
        }
        under_way.insert(id);
    }
    let made = stream::iter(under_way).for_each_concurrent(MAX_AT_ONCE, |id| async move {
        if let Err(error) = make(control, id).await {
            tracing::error!(error = chain(&error), "a certificate could not be made, or not be kept");
        }
    });
    made.await;
    let next = match is_limited {
        true => {
            tracing::warn!(
                "{} certificates were ordered in an hour: the rest waits",
                rules::MAX_ORDERS_PER_HOUR
            );
            let first = store::first_order(&parts.database, hour_before(now)).await?;
            first.and_then(|at| at.checked_add(rules::ORDER_PERIOD).ok())
        }
        false => store::next(&parts.database).await?,
    };
    let pause = next.map(|at| at.duration_since(parts.clock.now()));
    let pause = pause.map(|pause| Duration::try_from(pause).unwrap_or_default());
    Ok(pause.unwrap_or(LONGEST_PAUSE).clamp(Duration::from_secs(1), LONGEST_PAUSE))
}

fn hour_before(now: Timestamp) -> Timestamp {
    now.checked_sub(rules::ORDER_PERIOD).unwrap_or(now)
}

async fn may_order(control: &Control, now: Timestamp) -> Result<bool, ControlError> {
    let since = hour_before(now);
    Ok(store::take_order(&control.parts().database, now, since, rules::MAX_ORDERS_PER_HOUR).await?)
}

/// Makes one that is due, unless somebody else does.
pub(super) async fn make(control: &Control, id: i64) -> Result<(), StepError> {
    let parts = control.parts();
    let (Some(issuer), now) = (&parts.issuer, parts.clock.now()) else { return Ok(()) };
    let until = now.checked_add(LEASE).unwrap_or(now);
    let Some(certificate) = store::take(&parts.database, id, now, until).await? else { return Ok(()) };
    let Certificate { tenant, hostname, .. } = &certificate;
    let order = Order {
        hostname: hostname.clone(),
        replaces: certificate
            .present
            .as_ref()
            .filter(|present| present.issuer == issuer.name())
            .map(|present| present.chain.clone()),
        attempts: u32::try_from(certificate.attempts).unwrap_or_default(),
    };
    let host = Host { control, tenant: tenant.as_ref(), hostname };
    let made = tokio::time::timeout(PATIENCE, issuer.issue(&order, &host)).await;
    let made = made.unwrap_or(Err(IssueError::Deadline));
    control.certificates().forget(tenant.as_ref(), hostname);
    let checked = made.and_then(|issued| {
        let contents = check(&issued, &certificate, parts.clock.now())?;
        Ok((issued, contents))
    });
    let outcome = match checked {
        Ok((issued, contents)) => keep(control, &certificate, &**issuer, issued, contents).await,
        Err(error) => fail(control, &certificate, &error).await,
    };
    // What was answered is answered no more, whatever came of it. Whoever is told of a new one is shown it by then.
    let announced = announce::announce(control, tenant.as_ref()).await;
    if let Some(tenant) = tenant {
        event::tell(control, tenant).await;
    }
    announced.and(outcome)
}

/// Whether what was issued can be used.
fn check(issued: &Issued, certificate: &Certificate, now: Timestamp) -> Result<Contents, IssueError> {
    let key = KeyPair::try_from(issued.key.as_slice());
    let key = key.map_err(|_| IssueError::Unusable("its key cannot be read"))?;
    leaf::check(&issued.chain, &certificate.hostname, &key.subject_public_key_info(), now)
}

/// The key first, so that there is no certificate without one.
async fn keep(
    control: &Control,
    certificate: &Certificate,
    issuer: &dyn Issuer,
    issued: Issued,
    Contents { leaf, public_key, .. }: Contents,
) -> Result<(), StepError> {
    let (parts, tenant) = (control.parts(), certificate.tenant.as_ref());
    let (hostname, owner) = (&certificate.hostname, announce::owner(tenant)?);
    let key_version = match key::put(&*parts.vault, &owner, hostname, &issued.key).await {
        Ok(version) => version,
        Err(error) => return fail(control, certificate, &error.into()).await,
    };
    let now = parts.clock.now();
    let renew_at = rules::renew_at(leaf.not_before, leaf.not_after, &*parts.rng);
    let look_at = (!issuer.is_immediate()).then_some(now);
    let detail = json!({
        "hostname": hostname, "issuer": issuer.name(), "issued_by": leaf.issued_by, "serial": leaf.serial,
        "fingerprint": leaf.fingerprint, "not_after": leaf.not_after.to_string(),
        "renewed": certificate.present.is_some(),
    });
    let present =
        Present { issuer: issuer.name().to_owned(), chain: issued.chain, key_version, leaf, issued_at: now };
    let transaction = parts.database.begin().await?;
    if !store::issued(&transaction, certificate.id, &present, &public_key, renew_at, look_at).await? {
        // The name was given up meanwhile.
        drop(transaction);
        return Ok(key::destroy(&*parts.vault, &owner, hostname).await?);
    }
    let kind = TenantEventKind::CertificateIssued;
    event::record(control, &transaction, &Actor::CONTROL, tenant, kind, detail).await?;
    transaction.commit().await?;
    tracing::info!(%hostname, not_after = %present.leaf.not_after, "there is a new certificate");
    if let Err(error) = key::destroy_earlier(&*parts.vault, &owner, hostname).await {
        tracing::warn!(%hostname, %error, "an earlier key could not be destroyed; it is with the next");
    }
    Ok(())
}

/// What there was stays; it is tried again.
async fn fail(control: &Control, certificate: &Certificate, error: &IssueError) -> Result<(), StepError> {
    let (parts, tenant) = (control.parts(), certificate.tenant.as_ref());
    let hostname = &certificate.hostname;
    let attempts = certificate.attempts.saturating_add(1);
    let again_at = rules::again_at(error, attempts, parts.clock.now(), &*parts.rng);
    tracing::warn!(%hostname, code = error.code(), %error, %again_at, "there is no new certificate");
    let transaction = parts.database.begin().await?;
    if !store::failed(&transaction, certificate.id, error, again_at).await? {
        return Ok(());
    }
    let detail = json!({
        "hostname": hostname, "code": error.code(), "detail": error.detail(), "attempts": attempts,
        "again_at": again_at.to_string(),
    });
    let kind = TenantEventKind::CertificateFailed;
    event::record(control, &transaction, &Actor::CONTROL, tenant, kind, detail).await?;
    transaction.commit().await?;
    Ok(())
}

/// Asks when certificates should be renewed. An authority that does not say is asked later.
async fn look(control: &Control, issuer: &dyn Issuer, now: Timestamp) -> Result<(), ControlError> {
    let parts = control.parts();
    for certificate in store::looks_due(&parts.database, now, issuer.name()).await? {
        let Some(present) = &certificate.present else { continue };
        let asked = tokio::time::timeout(PATIENCE, issuer.window(&present.chain)).await;
        let window = asked.unwrap_or(Err(IssueError::Deadline)).unwrap_or_else(|error| {
            tracing::warn!(hostname = %certificate.hostname, %error, "the authority does not say when to renew");
            None
        });
        let Some(window) = window else {
            store::looked(&parts.database, &certificate, certificate.window, rules::look_without(now), None)
                .await?;
            continue;
        };
        let span = (window.start, window.end);
        // A time that was chosen stays, as long as the window does.
        let is_new = certificate.window != Some(span) && certificate.attempts == 0;
        let renew_at = is_new.then(|| rules::renew_in(&window, now, &*parts.rng));
        store::looked(&parts.database, &certificate, Some(span), rules::look_at(&window, now), renew_at)
            .await?;
    }
    Ok(())
}

/// Says of each certificate once that it ends soon.
async fn alarm(control: &Control, now: Timestamp) -> Result<(), ControlError> {
    let parts = control.parts();
    let before = now.checked_add(rules::ALARM).unwrap_or(now);
    for certificate in store::ending(&parts.database, before).await? {
        let Some(Present { leaf, .. }) = &certificate.present else { continue };
        if rules::alarm_at(leaf.not_before, leaf.not_after) > now {
            continue;
        }
        let (tenant, hostname) = (certificate.tenant.as_ref(), &certificate.hostname);
        let transaction = parts.database.begin().await?;
        transaction.execute(&store::CERTIFICATE_ALARMED, &[&certificate.id, &now]).await?;
        let detail = json!({ "hostname": hostname, "not_after": leaf.not_after.to_string(), "code": certificate.error });
        let kind = TenantEventKind::CertificateEnding;
        event::record(control, &transaction, &Actor::CONTROL, tenant, kind, detail).await?;
        transaction.commit().await?;
        tracing::error!(%hostname, not_after = %leaf.not_after, "a certificate ends soon and could not be renewed");
        if let Some(tenant) = tenant {
            event::tell(control, tenant).await;
        }
    }
    Ok(())
}
