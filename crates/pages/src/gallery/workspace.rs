//! The pages of a workspace, and those who come into one.

use jiff::{SignedDuration, Span, civil::Date};

use super::Samples;
use crate::{
    CertificateCause, CertificateLine, ConsoleTop, DomainRecord, DomainRow, DomainState, Domains,
    FigureRange, FigureSet, FiguresOfDay, FirstOwner, Frame, Granularity, Invitation, InvitationRow, Mailbox,
    MailboxMessage, MemberRole, MemberRow, NewWorkspace, NoEntry, NoWorkspace, Notice, Offer, Page,
    PasskeySteps, Place, Prove, Refusal, RenderedMail, SignIns, Team, TenantFigures, TenantLink, TenantPlace,
    TenantRow, TenantState, Tenants, Trend, Trends, WorkspaceLink,
};

impl Samples {
    pub(super) fn figure_pages(&self, add: &mut impl FnMut(&str, String)) {
        add("figures", self.figures().html());
        add("figures-away", TenantFigures { figures: None, live: None, ..self.figures() }.html());
        let weeks = self.figures().figures.map(|figures| FigureSet {
            granularity: Granularity::Week,
            is_open: false,
            ..figures
        });
        let own = FigureRange {
            days: None,
            from: Some(Date::constant(2026, 4, 1)),
            to: Some(Date::constant(2026, 5, 31)),
            granularity: Granularity::Week,
        };
        add(
            "figures-weeks",
            TenantFigures { figures: weeks, live: None, range: own, ..self.figures() }.html(),
        );
        let of_days = |change: fn(&mut FigureSet)| {
            let mut page = self.figures();
            page.figures.iter_mut().for_each(change);
            page.html()
        };
        add("figures-one-day", of_days(|figures| drop(figures.days.drain(1..))));
        add("figures-nobody", of_days(without_people));
        let fault = Some("A range has 1 to 400 days".into());
        add(
            "figures-refused",
            TenantFigures { figures: None, live: None, range: own, fault, ..self.figures() }.html(),
        );
    }

    pub(super) fn tenants(&self) -> Tenants {
        let row = |(i, state): (usize, TenantState)| TenantRow {
            slug: if i == 3 { self.words.name.clone() } else { format!("shop-{i}") },
            url: format!("http://shop-{i}.localhost:8080"),
            state,
            created: self.before(i64::try_from(i * i * 400).unwrap_or(0)),
        };
        Tenants {
            frame: Frame::ours(self.locale, "/".into()),
            tenants: TenantState::ALL.into_iter().enumerate().map(row).collect(),
            may_create: true,
            create_command: "kiavi tenant create shop".into(),
            events: "/w/acme/events".into(),
            top: self.top(Place::Tenants),
            notice: None,
            now: self.now,
        }
    }

    pub(super) fn figures(&self) -> TenantFigures {
        let first = Date::constant(2026, 5, 17);
        let days: Vec<_> = (0..30)
            .map(|number: i64| FiguresOfDay {
                day: first.saturating_add(Span::new().days(number)),
                dau: 40 + (number * 37) % 23 + number,
                wau: Some(120 + number),
                mau: Some(300 + number * 2),
                new_users: number % 5,
                sign_ins: SignIns {
                    passkey: 8 + number + number * 13 % 7,
                    code: number * 11 % 9,
                    link: number * 5 % 4,
                    provider: number * 7 % 6,
                },
            })
            .collect();
        let figures = FigureSet {
            as_of: self.now,
            time_zone: "Europe/Berlin".into(),
            users: 1_204,
            today: FiguresOfDay {
                day: first,
                dau: 92,
                wau: Some(149),
                mau: Some(358),
                new_users: 4,
                sign_ins: SignIns::default(),
            },
            trends: Some(Trends {
                new_users: Trend { now: 4, before: Some(4) },
                new_users_7_days: Trend { now: 14, before: Some(1_026) },
                wau: Trend { now: 149, before: Some(137) },
                mau: Trend { now: 358, before: None },
            }),
            granularity: Granularity::Day,
            days,
            is_open: true,
            sign_ins: vec![("passkey".into(), 620), ("email_otp".into(), 120), (self.words.name.clone(), 9)],
            failures: vec![("code.refused: wrong".into(), 12), (self.words.name.clone(), 1)],
            sign_in: PasskeySteps { offered: 900, declined: None, started: 850, completed: 620, failed: 4 },
            creation: PasskeySteps { offered: 90, declined: Some(31), started: 55, completed: 50, failed: 1 },
        };
        TenantFigures {
            frame: Frame::ours(self.locale, "/w/acme/t/shop/figures".into()),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Figures, TenantState::Running),
            range: FigureRange { days: Some(30), ..FigureRange::default() },
            fault: None,
            figures: Some(figures),
            live: Some("/w/acme/t/shop/figures/live".into()),
            csv: "/w/acme/t/shop/figures.csv".into(),
        }
    }

    pub(super) fn domains(&self, notice: Option<Notice>) -> Domains {
        let row = |(i, state): (usize, DomainState)| DomainRow {
            name: if i == 3 { self.words.name.clone() } else { format!("auth-{i}.example.com") },
            state,
            is_primary: i == 0,
            record: (i > 2).then(|| DomainRecord {
                name: format!("_kiavi-challenge.auth-{i}.example.com"),
                value: "kiavi-challenge=0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c".to_owned(),
            }),
            checked: (i > 3).then(|| self.before(400)),
            certificate: CertificateCause::ALL.into_iter().map(Some).chain([None]).nth(i).map(|cause| {
                let end = self.now + SignedDuration::from_hours(24 * (30 * i as i64 - 20));
                CertificateLine {
                    present: (i % 2 == 0).then(|| ("Example CA R3".to_owned(), end)),
                    detail: (i == 0).then(|| "192.0.2.7: Connection refused".to_owned()),
                    next: self.now + SignedDuration::from_hours(2),
                    cause,
                }
            }),
        };
        Domains {
            frame: Frame::ours(self.locale, "/".into()),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Domains, TenantState::Running),
            rows: DomainState::ALL.into_iter().enumerate().map(row).collect(),
            may_change: true,
            notice,
            now: self.now,
        }
    }

    pub(super) fn top(&self, place: Place) -> ConsoleTop {
        let link = |name: &str, path: &str| WorkspaceLink { name: name.to_owned(), path: path.to_owned() };
        let tenant = |slug: &str| TenantLink { slug: slug.to_owned(), path: format!("/w/acme/t/{slug}") };
        ConsoleTop {
            workspace: link(&self.words.app, "/w/acme"),
            others: vec![link("Default", "/w/default"), link(&self.words.name, "/w/klara")],
            tenants: ["shop", "shop-before-the-new-one"].map(tenant).to_vec(),
            place,
            email: self.words.email.clone(),
            sees_keys: true,
            sees_team: true,
            may_create: true,
            sees_instance: true,
        }
    }

    pub(super) fn team(&self, notice: Option<Notice>) -> Team {
        let member = |id: &str, name: &str, role, is_self| MemberRow {
            id: id.to_owned(),
            name: name.to_owned(),
            email: self.words.email.clone(),
            role,
            joined: self.before(60 * 24 * 12),
            is_self,
            is_changeable: !is_self,
            keys: if is_self { String::new() } else { "deploy, backup".to_owned() },
        };
        let invitation = |id: &str, is_expired| InvitationRow {
            id: id.to_owned(),
            email: self.words.email.clone(),
            role: MemberRole::Developer,
            sent: self.before(60 * 24),
            is_expired,
        };
        Team {
            frame: Frame::ours(self.locale, "/w/acme/team".into()),
            top: self.top(Place::Team),
            members: vec![
                member("u1", &self.words.name, MemberRole::Owner, true),
                member("u2", "", MemberRole::Support, false),
            ],
            invitations: vec![invitation("i1", false), invitation("i2", true)],
            roles: MemberRole::ALL.to_vec(),
            may_rename: true,
            notice,
            now: self.now,
        }
    }

    /// The pages on which people come into the console.
    pub(super) fn entries(&self, add: &mut impl FnMut(&str, String)) {
        let frame = || Frame::ours(self.locale, "/".into());
        let (email, name, app) = (&self.words.email, &self.words.name, &self.words.app);
        let offer = || Offer {
            id: "i1".into(),
            workspace: app.clone(),
            role: MemberRole::Developer,
            inviter: name.clone(),
        };
        let none = NoWorkspace { frame: frame(), email: email.clone(), has_owner: true, offers: vec![] };
        add("no-workspace", none.html());
        add("no-workspace-no-owner", NoWorkspace { has_owner: false, ..none.clone() }.html());
        add("no-workspace-invited", NoWorkspace { offers: vec![offer(), offer()], ..none }.html());
        let (workspace, token) = (app.clone(), name.clone());
        add("first-owner", FirstOwner { frame: frame(), email: email.clone(), workspace, token }.html());
        add("invitation", Invitation { frame: frame(), email: email.clone(), offer: offer() }.html());
        let new = NewWorkspace { frame: frame(), name: name.clone(), slug: "acme".into(), notice: None };
        add("new-workspace", new.html());
        for (key, why) in [
            ("invitation-gone", NoEntry::InvitationGone),
            ("owner-link-gone", NoEntry::OwnerLinkGone),
            ("owner-exists", NoEntry::OwnerExists),
            ("wrong-address", NoEntry::WrongAddress { invited: email.clone(), email: email.clone() }),
            ("unverified", NoEntry::Unverified { email: email.clone() }),
            ("entry-failed", NoEntry::EntryFailed),
        ] {
            add(&format!("no-entry-{key}"), Refusal { frame: frame(), why }.html());
        }
        let (api, next) = ("/api/auth".to_owned(), "/sign-in/console".to_owned());
        let back = "http://console.localhost:8080".to_owned();
        let prove = Prove { frame: frame(), email: email.clone(), api, next, has_passkey: true, back };
        add("prove", prove.html());
        add("prove-without", Prove { has_passkey: false, ..prove }.html());
    }

    pub(super) fn mailbox(&self) -> Mailbox {
        let message = |(i, mail): (usize, RenderedMail)| MailboxMessage {
            to: self.words.email.clone(),
            subject: mail.subject,
            text: mail.text,
            at: self.before(i64::try_from(i * 7).unwrap_or(0)),
        };
        Mailbox {
            frame: Frame::ours(self.locale, "/".into()),
            messages: self.mails().into_iter().enumerate().map(message).collect(),
            events: "/events".into(),
            now: self.now,
        }
    }
}

/// Of a tenant that nobody has come to.
fn without_people(figures: &mut FigureSet) {
    for day in figures.days.iter_mut().chain([&mut figures.today]) {
        *day = FiguresOfDay {
            dau: 0,
            wau: Some(0),
            mau: Some(0),
            new_users: 0,
            sign_ins: SignIns::default(),
            ..*day
        };
    }
    let none = Trend { now: 0, before: None };
    figures.trends = Some(Trends { new_users: none, new_users_7_days: none, wau: none, mau: none });
    (figures.users, figures.sign_ins, figures.failures) = (0, vec![], vec![]);
    (figures.sign_in, figures.creation) = (PasskeySteps::default(), PasskeySteps::default());
}
