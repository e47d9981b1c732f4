//! A tenant's limits.

use crate::{
    Blocked, CaptchaKind, DryRun, LimitChoice, LimitRate, LimitRow, Limits, LockOutRow, LockOuts, Notice,
    Offender, Page, Place, Security, TenantPlace, TenantState, TryOut, Who,
};

use super::{Frame, Samples};

/// The limits that can be tried in the samples.
const TRIED: [&str; 3] =
    ["email_otp.guesses", "rate_limits.code_send_per_address", "rate_limits.code_send_per_network"];

impl Samples {
    pub(super) fn security(&self, notice: Option<Notice>) -> Security {
        let lock_outs = LockOuts {
            rows: (0..3).map(|n| self.locked(n)).collect(),
            total: 3,
            without_guesses: 1,
            since: None,
        };
        let since = Some(self.before(60 * 24 * 3));
        let limits = Limits { rows: self.limit_rows(), untold: 1_240, fixed: 2, since };
        Security {
            frame: Frame::ours(self.locale, "/w/acme/t/shop/security".into()),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Security, TenantState::Running),
            lock_outs: Some(lock_outs),
            limits: Some((limits, self.tried(false))),
            blocked: Some(Blocked {
                networks: vec!["203.0.113.0/24".into(), "2001:db8::/32".into()],
                domains: vec!["spam.example".into()],
                allowed: vec![],
                refuses_disposable: true,
                captcha: CaptchaKind::Work,
            }),
            fault: None,
            may_change: true,
            may_unlock: true,
            notice,
        }
    }

    pub(super) fn security_pages(&self, add: &mut impl FnMut(&str, String)) {
        let all = || self.security(None);
        let with = |try_out: TryOut| all().limits.map(|(limits, _)| (limits, try_out));
        add("security", all().html());
        add("security-tried", Security { limits: with(self.tried(true)), ..all() }.html());
        let fault = TryOut { fault: Some(self.words.name.clone()), ..self.tried(false) };
        add(
            "security-fault",
            Security { limits: with(fault), may_unlock: false, may_change: false, ..all() }.html(),
        );
        let fault = Some("abuse.blocked_networks[2]".into());
        add("security-lists-fault", Security { fault, ..all() }.html());
        let cut = all().lock_outs.map(|lock_outs| LockOuts { total: 900, ..lock_outs });
        add(
            "security-support",
            Security { lock_outs: cut, limits: None, blocked: None, may_change: false, ..all() }.html(),
        );
        let quiet = Limits { rows: self.limit_rows().into_iter().take(1).collect(), ..Limits::default() };
        let limits = Some((quiet, self.tried(false)));
        add("security-empty", Security { lock_outs: Some(LockOuts::default()), limits, ..all() }.html());
    }

    fn somebody(&self, number: usize) -> Who {
        let network = ("/w/acme/t/shop/events?ip=203.0.113.7".into(), "203.0.113.7".into());
        match number {
            0 => Who::User("/w/acme/t/shop/users/u1".into(), self.words.email.clone()),
            1 => Who::Network(network.0, network.1),
            2 => Who::Everybody,
            _ => Who::Reference("address:3f0c9a7be1d2456789abcdef".into()),
        }
    }

    fn locked(&self, number: usize) -> LockOutRow {
        let limits =
            ["email_otp.guesses", "rate_limits.code_send_per_network", "rate_limits.code_send_per_tenant"];
        LockOutRow {
            who: self.somebody(number),
            name: "address:3f0c9a7be1d2456789abcdef".into(),
            country: (number == 1).then(|| "FR".into()),
            limits: vec![(limits[number].into(), [40_000, 500, 12][number])],
            refused: [1, 120, 14][number],
        }
    }

    fn limit_rows(&self) -> Vec<LimitRow> {
        let row = |setting: &str, refused, offenders: &[usize]| LimitRow {
            setting: setting.into(),
            rate: Some(LimitRate { limit: 10, window_seconds: 900 }),
            refused,
            told_as: None,
            can_be_tried: TRIED.contains(&setting),
            offenders: offenders
                .iter()
                .map(|number| Offender {
                    who: self.somebody(*number),
                    country: (*number == 1).then(|| "FR".into()),
                    week: 120,
                })
                .collect(),
        };
        let told_as = ("account.refused".to_owned(), "/w/acme/t/shop/events?type=account.refused".to_owned());
        vec![
            row("email_otp.guesses", Some((0, 0)), &[]),
            row("rate_limits.code_send_per_address", Some((3, 120)), &[0, 3]),
            row("rate_limits.code_send_per_network", Some((12, 450)), &[1]),
            LimitRow { rate: None, ..row("rate_limits.session_check", Some((0, 0)), &[]) },
            LimitRow { told_as: Some(told_as), ..row("social.failed_per_network", None, &[]) },
        ]
    }

    fn tried(&self, is_done: bool) -> TryOut {
        let rate = LimitRate { limit: 5, window_seconds: 900 };
        let result = is_done.then(|| DryRun {
            setting: TRIED[1].into(),
            as_set: Some(LimitRate { limit: 10, window_seconds: 900 }),
            tried: rate,
            uses: 4_812,
            nameless: 3,
            untold: 40,
            since: Some(self.before(60 * 24 * 3)),
            refused: [(120, 14, 9), (118, 14, 9), (311, 40, 27)],
        });
        TryOut {
            limits: TRIED
                .map(|setting| LimitChoice { setting: setting.into(), is_chosen: setting == TRIED[1] })
                .into(),
            limit: "5".into(),
            window_seconds: "900".into(),
            fault: None,
            result,
        }
    }
}
