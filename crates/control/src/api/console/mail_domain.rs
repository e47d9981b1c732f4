//! What the DNS says about the domain that a tenant's mail comes from.

use axum::extract::{Path, Query};
use kiavi_ipc::mail_record::{DkimKey, DkimKind, DkimState, Dmarc, DmarcPolicy, Spf, SpfOthers};
use kiavi_pages::{
    MailDomain, MailTab, Place, RecordFact as Fact, RecordKind, RecordRow, RecordVerdict, TenantPlace,
};
use serde::Deserialize;

use super::{
    mail::tabs,
    visit::{Answer, Visit, html},
};
use crate::{
    Permission,
    api::{Problem, mail_records},
    mail_domain::{self, Record, Verdict},
};

/// What the page is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    selector: String,
}

/// `GET …/mail/domain` `selector`.
pub(super) async fn page(
    visit: Visit,
    Path(named): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsRead).await?;
    let typed = asked.selector.trim();
    let selector = mail_records::selector(Some(typed).filter(|typed| !typed.is_empty()));
    let is_wrong = selector.is_err();
    let found = mail_domain::look_up(&at.here.visit.control, &at.tenant, selector.ok().flatten()).await;
    let found = found.map_err(|error| Problem::internal(&*error))?;
    let key = found.dkim.map(|record| row(RecordKind::Dkim, record, dkim));
    let records = [Some(row(RecordKind::Spf, found.spf, spf)), key].into_iter().flatten().chain([row(
        RecordKind::Dmarc,
        found.dmarc,
        dmarc,
    )]);
    Ok(html(&MailDomain {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Mail),
        tabs: tabs(&at, MailTab::Domain),
        address: found.address,
        domain: found.domain.to_string(),
        records: records.collect(),
        selector: typed.to_owned(),
        is_wrong,
    }))
}

fn row<T>(kind: RecordKind, record: Record<T>, facts: fn(&T) -> Vec<Fact>) -> RecordRow {
    let verdict = match record.verdict {
        Verdict::Good => RecordVerdict::Good,
        Verdict::Weak => RecordVerdict::Weak,
        Verdict::Wrong => RecordVerdict::Wrong,
        Verdict::Absent => RecordVerdict::Absent,
        Verdict::Unanswered => RecordVerdict::Unanswered,
    };
    let facts = record.says.as_ref().map(facts).unwrap_or_default();
    RecordRow { kind, name: record.name, verdict, facts, suggestion: record.suggestion }
}

fn spf(spf: &Spf) -> Vec<Fact> {
    if spf.records > 1 {
        return vec![Fact::Several];
    }
    let mut facts = Vec::new();
    if spf.servers > 0 {
        facts.push(Fact::Servers(spf.servers.into()));
    }
    if !spf.includes.is_empty() {
        facts.push(Fact::Includes(spf.includes.iter().map(ToString::to_string).collect()));
    }
    facts.extend(match spf.others {
        SpfOthers::Fail => Some(Fact::OthersFail),
        SpfOthers::SoftFail => Some(Fact::OthersSoftFail),
        SpfOthers::Neutral => Some(Fact::OthersNeutral),
        SpfOthers::Pass => Some(Fact::OthersPass),
        // The record that it redirects to is among the names.
        SpfOthers::Redirected => None,
    });
    facts
}

fn dkim(key: &DkimKey) -> Vec<Fact> {
    let state = match (key.state, key.kind) {
        (DkimState::Good, DkimKind::Rsa) => Fact::Key("RSA".to_owned()),
        (DkimState::Good, DkimKind::Ed25519) => Fact::Key("Ed25519".to_owned()),
        (DkimState::Good, DkimKind::Other) => Fact::Key("?".to_owned()),
        (DkimState::Short, _) => Fact::KeyShort,
        (DkimState::Revoked, _) => Fact::KeyRevoked,
        (DkimState::Broken, _) => Fact::KeyBroken,
    };
    [Some(state), key.is_testing.then_some(Fact::KeyTesting)].into_iter().flatten().collect()
}

fn dmarc(dmarc: &Dmarc) -> Vec<Fact> {
    if dmarc.records > 1 {
        return vec![Fact::Several];
    }
    let policy = match dmarc.policy {
        None => return vec![Fact::PolicyUnusable],
        Some(DmarcPolicy::None) => Fact::PolicyNone,
        Some(DmarcPolicy::Quarantine) => Fact::PolicyQuarantine,
        Some(DmarcPolicy::Reject) => Fact::PolicyReject,
    };
    let part = (dmarc.percent < 100).then(|| Fact::Percent(dmarc.percent.into()));
    let reports = (!dmarc.has_reports).then_some(Fact::NoReports);
    [Some(policy), part, reports].into_iter().flatten().collect()
}
