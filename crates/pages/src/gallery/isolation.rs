//! A tenant's isolation.

use crate::{
    Isolation, IsolationCheck, IsolationOutcome, IsolationProof, Notice, Page, Place, TenantPlace,
    TenantState,
};

use super::{Frame, Samples};

impl Samples {
    pub(super) fn isolation(&self, notice: Option<Notice>) -> Isolation {
        Isolation {
            frame: Frame::ours(self.locale, "/w/acme/t/shop/isolation".into()),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Isolation, TenantState::Running),
            last: Some(self.proof(IsolationOutcome::Held, 9)),
            earlier: vec![self.proof(IsolationOutcome::Broken, 60 * 24 * 6)],
            may_prove: true,
            notice,
            now: self.before(0),
        }
    }

    pub(super) fn isolation_pages(&self, add: &mut impl FnMut(&str, String)) {
        add("isolation", self.isolation(None).html());
        let broken = Some(self.proof(IsolationOutcome::Broken, 9));
        add("isolation-broken", Isolation { last: broken, ..self.isolation(None) }.html());
        let unknown = Some(self.proof(IsolationOutcome::Unknown, 9));
        add("isolation-unknown", Isolation { last: unknown, ..self.isolation(None) }.html());
        let empty = Isolation { last: None, earlier: Vec::new(), may_prove: false, ..self.isolation(None) };
        add("isolation-empty", empty.html());
    }

    fn proof(&self, outcome: IsolationOutcome, minutes: i64) -> IsolationProof {
        let check = |id: &str, outcome, evidence: &str| IsolationCheck {
            id: id.into(),
            outcome,
            evidence: vec![evidence.into(), "engine 4711: user and group 1900001001 only".into()],
        };
        IsolationProof {
            path: "/w/acme/t/shop/isolation/0197".into(),
            at: self.before(minutes),
            outcome,
            digest: format!("sha256:{}", "0f".repeat(32)),
            key: "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=".into(),
            checks: vec![
                check("layer.account", IsolationOutcome::Held, "canary: own account active"),
                check("layer.landlock", outcome, "canary: Landlock is missing: Operation not supported"),
                check(
                    "tried.files",
                    IsolationOutcome::Held,
                    "files.read: the kernel ended the process (SIGSYS)",
                ),
                check(
                    "ways.certificate",
                    IsolationOutcome::NotApplicable,
                    "this instance keeps no certificates",
                ),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::Words;

    #[test]
    fn what_is_counted_is_named_for_what_it_is() {
        let samples = Samples::new(kiavi_base::Locale::default(), Words::friendly());
        let mut pages = Vec::new();
        samples.isolation_pages(&mut |name, html| pages.push((name.to_owned(), html)));
        let of = |name: &str| pages.iter().find(|(other, _)| other == name).unwrap().1.as_str();
        assert!(of("isolation").contains("3 hold, 0 broken, 0 unknown."));
        assert!(of("isolation-broken").contains("2 hold, 1 broken, 0 unknown."));
        assert!(of("isolation-unknown").contains("2 hold, 0 broken, 1 unknown."));
    }
}
