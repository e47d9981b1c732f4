//! What a tenant's TLS is made of: certificates for its own names, with keys that nobody else has, and that its visitors are
//! shown.

use std::collections::HashSet;

use kiavi_base::Hostname;
use rcgen::{KeyPair, PublicKeyData};

use super::{
    process::Found,
    report::{Check, Verdict},
    store, value,
};
use crate::{
    Control, ControlError, Tenant, Visit,
    certificate::{Certificate, Present, key, leaf, store::list},
    error::chain,
};

/// The check, where `names` are the tenant's own.
pub(super) async fn check(
    control: &Control,
    tenant: &Tenant,
    names: &HashSet<Hostname>,
) -> Result<Check, ControlError> {
    let mut found = Found::default();
    if control.parts().issuer.is_none() {
        let why = "this instance keeps no certificates: connections are encrypted by what is in front of it";
        found.note(Verdict::NotApplicable, why);
        return Ok(found.check("ways.certificate"));
    }
    let certificates = list(&control.parts().database, Some(&tenant.id)).await?;
    let mut visits = Visits { control, is_over: false };
    for certificate in &certificates {
        let hostname = &certificate.hostname;
        let Some(present) = &certificate.present else { continue };
        if !names.contains(hostname) {
            found.note(Verdict::Broken, format!("{hostname} has one, and is not among its own names"));
        }
        match leaf::contents(&present.chain) {
            Ok(contents) => {
                content(control, hostname, names, &contents, &mut found);
                whose(control, tenant, certificate, present, &contents, &mut found).await?;
                visits.compare(hostname, &contents, &mut found).await;
            }
            Err(error) => found.note(Verdict::Broken, format!("{hostname}: {error}")),
        }
    }
    let has_one = |name: &&Hostname| {
        certificates.iter().any(|certificate| certificate.hostname == **name && certificate.present.is_some())
    };
    let mut without: Vec<_> = names.iter().filter(|name| !has_one(name)).map(Hostname::as_str).collect();
    without.sort_unstable();
    for hostname in without {
        found.note(Verdict::NotApplicable, format!("{hostname} has none yet: nobody is served there by TLS"));
    }
    Ok(found.check("ways.certificate"))
}

/// For its own name and no other tenant's, and good now.
fn content(
    control: &Control,
    hostname: &Hostname,
    names: &HashSet<Hostname>,
    contents: &leaf::Contents,
    found: &mut Found,
) {
    let is_own = |name: &String| names.iter().any(|own| own.as_str().eq_ignore_ascii_case(name));
    if !contents.is_for(hostname) {
        found.note(Verdict::Broken, format!("{hostname}: its certificate is for another name"));
    }
    for name in contents.names.iter().filter(|name| !is_own(name)) {
        let line = format!("{hostname}: its certificate is for {name}, too, which is not its own");
        found.note(Verdict::Broken, line);
    }
    let (now, leaf) = (control.parts().clock.now(), &contents.leaf);
    if now < leaf.not_before || now >= leaf.not_after {
        let line =
            format!("{hostname}: its certificate is good from {} to {}", leaf.not_before, leaf.not_after);
        found.note(Verdict::Broken, line);
    } else {
        found.note(
            Verdict::Held,
            format!("{hostname}: its certificate is its own, and good to {}", leaf.not_after),
        );
    }
}

/// With a key that is in the vault under the tenant, and with no other tenant.
async fn whose(
    control: &Control,
    tenant: &Tenant,
    certificate: &Certificate,
    present: &Present,
    contents: &leaf::Contents,
    found: &mut Found,
) -> Result<(), ControlError> {
    let (parts, hostname) = (control.parts(), &certificate.hostname);
    let fingerprint = &contents.public_key;
    let values: [&(dyn kiavi_db::ToSql + Sync); 2] = [&tenant.id.as_str(), fingerprint];
    if let Some(other) = parts.database.query_opt(&store::SAME_CERTIFICATE_KEY, &values).await? {
        let other: String = value(&other, 0)?;
        found.note(Verdict::Broken, format!("{hostname}: its key {fingerprint} is that of {other}, too"));
    }
    let stored = key::get(&*parts.vault, &tenant.id, hostname, present.key_version).await;
    match stored {
        Ok(Some(stored)) => {
            let stored = KeyPair::try_from(stored.as_slice()).map(|key| key.subject_public_key_info());
            if stored.is_ok_and(|stored| leaf::fingerprint(&stored) == *fingerprint) {
                found.note(
                    Verdict::Held,
                    format!("{hostname}: its key {fingerprint} is among the tenant's own secrets"),
                );
            } else {
                let line = format!("{hostname}: the key among the tenant's secrets is not its certificate's");
                found.note(Verdict::Broken, line);
            }
        }
        Ok(None) => {
            let line = format!("{hostname}: its key is not among the tenant's secrets");
            found.note(Verdict::Broken, line);
        }
        Err(error) => found.note(Verdict::Unknown, format!("{hostname}: its key: {}", chain(&error))),
    }
    Ok(())
}

/// Handshakes with whoever serves the tenant's names. Where one does not come about, no others are tried.
struct Visits<'a> {
    control: &'a Control,
    is_over: bool,
}

impl Visits<'_> {
    async fn compare(&mut self, hostname: &Hostname, contents: &leaf::Contents, found: &mut Found) {
        if self.is_over {
            return;
        }
        match self.control.parts().privileged.visit(hostname).await {
            Ok(Visit::Shown(shown)) if shown == contents.chain => {
                let line = format!("{hostname}: visitors are shown it, by somebody who has its key");
                found.note(Verdict::Held, line);
            }
            Ok(Visit::Shown(shown)) => {
                let shown = shown.first().map_or_else(String::new, |der| leaf::fingerprint(der));
                found.note(Verdict::Broken, format!("{hostname}: visitors are shown another one, {shown}"));
            }
            Ok(Visit::TurnedAway) => {
                found.note(Verdict::Broken, format!("{hostname}: visitors are shown none"));
            }
            Ok(Visit::NoListener) => {
                self.is_over = true;
                let why = "visitors come by load balancers only, so none could be made from here";
                found.note(Verdict::NotApplicable, why);
            }
            Err(error) => {
                self.is_over = true;
                let line = format!("{hostname}: no visit by TLS came about: {}", chain(&*error));
                found.note(Verdict::Unknown, line);
            }
        }
    }
}
