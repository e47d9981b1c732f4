//! The pages of a tenant in the console.

use crate::{
    ActAs, Branding, ChangeRow, Deed, EventFiles, EventPage, EventRow, EventSearch, Events, Frame, Look,
    LookFields, Means, NewUser, NotDone, Notice, Page, Period, Place, PreviewFault, ProofFile, SavedView,
    SavedViews, Seal, SearchBy, Selection, SelectionDone, Settings, Standing, Suspension, TenantAway,
    TenantOverview, TenantPlace, TenantState, TenantTop, Total, UserKeyRow, UserPage, UserRow, UserSearch,
    Users, VersionRow, WrongFilter,
};
use jiff::{SignedDuration, civil::Date, tz::TimeZone};

use super::{FIREFOX, Samples, brandings};

impl Samples {
    pub(super) fn tenant_top(&self, place: TenantPlace, state: TenantState) -> TenantTop {
        TenantTop {
            slug: "shop".into(),
            path: "/w/acme/t/shop".into(),
            url: "http://shop.localhost:8080".into(),
            state,
            place,
            places: vec![
                TenantPlace::Overview,
                TenantPlace::Figures,
                TenantPlace::Users,
                TenantPlace::Sessions,
                TenantPlace::Events,
                TenantPlace::SignIn,
                TenantPlace::Look,
                TenantPlace::Mail,
                TenantPlace::Webhooks,
                TenantPlace::Domains,
                TenantPlace::Security,
                TenantPlace::Isolation,
                TenantPlace::Backups,
                TenantPlace::Settings,
            ],
        }
    }

    fn event(&self, kind: &str, is_success: bool, minutes: i64) -> EventRow {
        EventRow {
            path: "/w/acme/t/shop/events/0197".into(),
            kind: kind.into(),
            is_success,
            at: self.before(minutes),
            actor: self.words.email.clone(),
            subject: self.words.name.clone(),
            ip: is_success.then(|| "203.0.113.7".into()),
            country: is_success.then(|| "FR".into()),
            network: is_success.then(|| "AS64496 Example Telecom".into()),
            user_agent: is_success.then(|| FIREFOX.into()),
        }
    }

    fn events(&self) -> Vec<EventRow> {
        vec![
            self.event("session.created", true, 0),
            self.event("passkey.added", true, 3),
            self.event("code.refused", false, 95),
        ]
    }

    fn user(&self, name: &str, is_verified: bool, is_suspended: bool) -> UserRow {
        UserRow {
            id: "u1".into(),
            name: name.into(),
            email: self.words.email.clone(),
            is_verified,
            is_suspended,
            created: self.before(60 * 24 * 3),
            last_seen: is_verified.then(|| self.now.to_zoned(TimeZone::UTC).date()),
            passkeys: i64::from(is_verified) * 2,
            providers: if is_verified { vec!["Google".into(), self.words.name.clone()] } else { vec![] },
        }
    }

    fn selection_pages(&self, add: &mut impl FnMut(&str, String)) {
        let top = || self.top(Place::Tenants);
        let tenant = || self.tenant_top(TenantPlace::Users, TenantState::Running);
        let frame = || Frame::ours(self.locale, "/w/acme/t/shop/selection?do=delete".into());
        for deed in Deed::ALL {
            let page = Selection {
                frame: frame(),
                top: top(),
                tenant: tenant(),
                deed,
                people: vec![self.user(&self.words.name, true, false), self.user("", false, true)],
                count: Total::exact(2),
                gone: 1,
                most: Some(100),
                download: "/w/acme/t/shop/users.csv".into(),
                query: "standing=active".into(),
            };
            add(&format!("selection-{}", deed.key()), page.html());
            if deed == Deed::Delete {
                let none = Selection { people: vec![], count: Total::exact(0), gone: 0, most: None, ..page };
                add("selection-none", none.html());
            }
        }
        let reasons = [NotDone::Gone, NotDone::NotSuspended, NotDone::NoSessions, NotDone::Failed];
        let done = SelectionDone {
            frame: frame(),
            top: top(),
            tenant: tenant(),
            deed: Deed::Restore,
            done: 97,
            not_done: reasons.map(|why| (self.words.email.clone(), why)).into(),
            query: String::new(),
        };
        add("selection-done", done.html());
    }

    /// The pages of a tenant in the console.
    pub(super) fn tenant_pages(&self, add: &mut impl FnMut(&str, String)) {
        let frame = || Frame::ours(self.locale, "/w/acme/t/shop".into());
        let top = || self.top(Place::Tenants);
        let at = |place| self.tenant_top(place, TenantState::Running);
        let overview = TenantOverview {
            frame: frame(),
            top: top(),
            tenant: at(TenantPlace::Overview),
            created: self.before(60 * 24 * 9),
            progress: None,
            first: None,
            live: None,
            figures: self.figures().figures,
            events: Some(self.events()),
            notice: None,
            now: self.now,
        };
        add("tenant", overview.html());
        add("tenant-new", TenantOverview { events: Some(vec![]), ..overview.clone() }.html());
        self.onboarding(add, &overview);
        let tenant = self.tenant_top(TenantPlace::Overview, TenantState::Suspended);
        add("tenant-suspended", TenantOverview { tenant, figures: None, events: None, ..overview }.html());
        let tenant = self.tenant_top(TenantPlace::Users, TenantState::Suspended);
        add("tenant-away", TenantAway { frame: frame(), top: top(), tenant }.html());
        let users = Users {
            frame: frame(),
            top: top(),
            tenant: at(TenantPlace::Users),
            search: UserSearch::default(),
            views: SavedViews::default(),
            users: vec![self.user(&self.words.name, true, false), self.user("", false, true)],
            total: Total::exact(120),
            before: 50,
            previous: Some("?page=1".into()),
            next: Some("?page=3".into()),
            query: "page=2".into(),
            is_changeable: true,
            export: "/w/acme/t/shop/selection?do=export".into(),
            notice: None,
            now: self.now,
        };
        add("users", users.html());
        add("users-reader", Users { is_changeable: false, previous: None, ..users.clone() }.html());
        let more = Total { count: 10_000, is_exact: false };
        add("users-many", Users { total: more, before: 10_050, ..users.clone() }.html());
        let none = Users { users: vec![], total: Total::exact(0), ..users };
        add("users-empty", none.html());
        let text = self.words.email.clone();
        let days = (Some(Date::constant(2026, 1, 1)), None);
        let (standing, means) = (Standing::Suspended, Means::Passkey);
        let search = UserSearch { text, by: SearchBy::Name, standing, means, created: days, seen: days };
        let views = SavedViews { leaves_out: true, most: Some(20), ..self.views("users", None) };
        add("users-none", Users { search, views, ..none }.html());
        self.new_user_pages(add);
        self.selection_pages(add);
        self.user_pages(add);
        self.event_pages(add);
        self.settings_pages(add);
        self.look_pages(add);
    }

    fn new_user_pages(&self, add: &mut impl FnMut(&str, String)) {
        let page = NewUser {
            frame: Frame::ours(self.locale, "/w/acme/t/shop/users/new".into()),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Users, TenantState::Running),
            email: String::new(),
            name: String::new(),
            notice: None,
        };
        add("new-user", page.html());
        let (email, name) = (self.words.email.clone(), self.words.name.clone());
        add("new-user-exists", NewUser { email, name, notice: Some(Notice::UserExists), ..page }.html());
    }

    fn user_pages(&self, add: &mut impl FnMut(&str, String)) {
        let account = self.account(None);
        let page = UserPage {
            frame: Frame::ours(self.locale, "/w/acme/t/shop/users/u1".into()),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Users, TenantState::Running),
            user: self.user(&self.words.name, true, false),
            role: "user".into(),
            suspension: None,
            passkeys: account.passkeys,
            accounts: account.accounts,
            sessions: account.sessions,
            api_keys: self.keys_of_somebody(),
            events: Some(self.events()),
            log: "/w/acme/t/shop/events?period=all".into(),
            is_changeable: true,
            is_actable: true,
            is_copied: true,
            notice: None,
            now: self.now,
        };
        add("user", page.html());
        let act = ActAs {
            frame: Frame::ours(self.locale, "/w/acme/t/shop/users/u1/act".into()),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Users, TenantState::Running),
            user: self.user(&self.words.name, true, false),
            reason: String::new(),
            minutes: 15,
            choices: &[15, 30, 60],
            notice: None,
        };
        add("act-as", act.html());
        let notice = Some(Notice::UserActReason);
        add("act-as.user-act-reason", ActAs { reason: self.words.name.clone(), notice, ..act }.html());
        let suspension = Some(Suspension { reason: Some(self.words.name.clone()), until: Some(self.now) });
        let empty = UserPage {
            suspension,
            is_actable: false,
            is_copied: false,
            user: self.user("", false, true),
            role: self.words.name.clone(),
            passkeys: vec![],
            accounts: vec![],
            sessions: vec![],
            api_keys: vec![],
            events: Some(vec![]),
            ..page
        };
        add("user-suspended", empty.html());
        let always = Some(Suspension { reason: None, until: None });
        let reader = UserPage { suspension: always, is_changeable: false, events: None, ..empty };
        add("user-reader", reader.html());
    }

    /// One that works, one that is off, one that has ended.
    fn keys_of_somebody(&self) -> Vec<UserKeyRow> {
        let key = |id: &str, name: Option<&str>, is_on, expires| UserKeyRow {
            id: id.into(),
            name: name.map(str::to_owned),
            start: Some("kia_ab".into()),
            is_on,
            created: self.before(60 * 24 * 90),
            last_used: name.map(|_| self.before(90)),
            expires,
        };
        vec![
            key(
                "k1",
                Some(&self.words.name),
                true,
                self.now.checked_add(SignedDuration::from_hours(24 * 30)).ok(),
            ),
            key("k2", None, false, None),
            key("k3", Some(&self.words.app), true, Some(self.before(5))),
        ]
    }

    /// Two views, one of which the page shows.
    fn views(&self, list: &'static str, current: Option<usize>) -> SavedViews {
        let view = |(i, name): (usize, String)| SavedView {
            id: format!("view{i}"),
            name,
            path: format!("/w/acme/t/shop/{list}?type=session.*"),
            is_current: current == Some(i),
        };
        SavedViews {
            list,
            rows: [self.words.name.clone(), "FR".into()].into_iter().enumerate().map(view).collect(),
            filters: vec![("type".into(), self.words.name.clone())],
            leaves_out: false,
            most: None,
        }
    }

    pub(super) fn events_page(&self, notice: Option<Notice>) -> Events {
        Events {
            frame: Frame::ours(self.locale, "/w/acme/t/shop/events".into()),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Events, TenantState::Running),
            search: EventSearch::default(),
            views: self.views("events", notice.map(|_| 0)),
            kinds: vec!["session.created", "session.ended"],
            devices: vec!["firefox", "phone"],
            has_places: true,
            is_refused: false,
            wrong: vec![],
            time_zone: Some("Europe/Berlin".into()),
            events: self.events(),
            older: Some("?before=0197".into()),
            newest: None,
            live: Some("/w/acme/t/shop/events/live".into()),
            files: EventFiles {
                csv: "/w/acme/t/shop/events.csv".into(),
                ndjson: "/w/acme/t/shop/events.ndjson".into(),
                most: 100_000,
                verify: Some("kiavi audit proof verify shop-events-2026-11-20-2026-11-27.ndjson --key shop+0a1b2c3d+AAAA".into()),
                whole: "kiavi audit export shop --bundle shop-log".into(),
                is_open: false,
            },
            notice,
            now: self.now,
        }
    }

    fn event_pages(&self, add: &mut impl FnMut(&str, String)) {
        let list = self.events_page(None);
        add("events", list.html());
        let views = SavedViews::default();
        let none = Events { views, events: vec![], older: None, live: None, ..list.clone() };
        add("events-empty", none.html());
        let words = || self.words.name.clone();
        let own = EventSearch {
            actor: self.words.email.clone(),
            period: Period::Own,
            from: "2026-11-01".into(),
            to: "2026-11-26".into(),
            ..EventSearch::default()
        };
        let list = Events { search: own.clone(), ..list };
        let files = EventFiles { is_open: true, ..list.files };
        let list = Events { files, ..list };
        add("events-own", list.html());
        let none = Events { search: own, newest: Some("?".into()), ..none };
        add("events-none", none.html());
        let [kind, email, ip, country, network, device, actor, request] = std::array::from_fn(|_| words());
        let (period, from, to) = (Period::Own, "2026-11-26".into(), "2026-11-01".into());
        let search = EventSearch {
            kind,
            email,
            ip,
            country,
            network,
            device,
            actor,
            request,
            period,
            from,
            to,
            ..none.search
        };
        let (wrong, is_refused) = (WrongFilter::ALL.to_vec(), true);
        add("events-refused", Events { search, wrong, is_refused, ..none }.html());
        let event = self.an_event();
        add("event", event.html());
        for (name, seal) in [
            ("waiting", Some(Seal::Waiting)),
            ("uncosigned", Some(Seal::Uncosigned)),
            ("broken", Some(Seal::Broken)),
            ("unknown", None),
        ] {
            let row = self.event("user.deleted", false, 0);
            add(
                &format!("event-{name}"),
                EventPage { seal, row, network: None, is_erased: true, proof: None, ..event.clone() }.html(),
            );
        }
    }

    fn an_event(&self) -> EventPage {
        EventPage {
            frame: Frame::ours(self.locale, "/w/acme/t/shop/events/0197".into()),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Events, TenantState::Running),
            id: "01970000-0000-7000-8000-000000000001".into(),
            row: self.event("session.created", true, 3),
            method: Some("passkey".into()),
            request_id: Some("01j0000000".into()),
            network: Some("203.0.113.9/32".into()),
            is_erased: false,
            changes: vec![ChangeRow {
                path: "banReason".into(),
                from: None,
                to: Some(self.words.name.clone()),
            }],
            facts: vec![("reason".into(), self.words.name.clone())],
            json: format!("{{\n  \"name\": \"{}\"\n}}", self.words.name),
            link: "https://console.example.com/w/acme/t/shop/events/0197".into(),
            curl: "curl -H \"Authorization: Bearer $KEY\" 'https://console.example.com/v1/tenants/shop/audit/events?id=0197'"
                .into(),
            seal: Some(Seal::Holds { index: 41, size: 97, root: "bm90IGEgcm9vdA==".into(), hashes: 7 }),
            proof: Some(ProofFile {
                path: "/v1/tenants/shop/audit/proof/0197".into(),
                name: "0197.tlog-proof".into(),
                command: "kiavi audit proof verify 0197.tlog-proof --key shop+0a1b2c3d+AAAA".into(),
            }),
            now: self.now,
        }
    }

    fn look_pages(&self, add: &mut impl FnMut(&str, String)) {
        let [branding, _] = brandings();
        let page = Look {
            frame: Frame::ours(self.locale, "/w/acme/t/shop/sign-in-page".into()),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Look, TenantState::Running),
            fields: LookFields {
                app_name: self.words.name.clone(),
                accent: "#ffd600".into(),
                accent_on_dark: "#9db0ff".into(),
                default_locale: "en".into(),
                support_url: self.words.email.clone(),
                ..LookFields::default()
            },
            branding,
            version: 3,
            fault: None,
            changes: None,
            is_changeable: true,
            notice: None,
        };
        let change =
            ChangeRow { path: "branding.accent".into(), from: None, to: Some(self.words.name.clone()) };
        add("look", page.html());
        add("look-checked", Look { changes: Some(vec![change]), ..page.clone() }.html());
        let fault = self.words.name.clone();
        add("preview-fault", PreviewFault { frame: page.frame.clone(), fault }.html());
        add("look-fault", Look { fault: Some(self.words.name.clone()), ..page.clone() }.html());
        let (fields, branding) = (LookFields::default(), Branding::default());
        add("look-reader", Look { fields, branding, is_changeable: false, ..page }.html());
    }

    fn settings_pages(&self, add: &mut impl FnMut(&str, String)) {
        let change = |from: Option<&str>, to: Option<&str>| ChangeRow {
            path: "session.expires_in_seconds".into(),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
        };
        let version = |version, is_current| VersionRow {
            version,
            actor: self.words.email.clone(),
            at: self.before(60),
            comment: Some(self.words.name.clone()),
            changes: vec![change(Some("604800"), Some("86400")), change(None, Some("true"))],
            is_current,
        };
        let page = Settings {
            frame: Frame::ours(self.locale, "/w/acme/t/shop/settings".into()),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Settings, TenantState::Running),
            document: format!("{{ \"name\": \"{}\" }}", self.words.name),
            version: 3,
            comment: self.words.name.clone(),
            fault: None,
            preview: None,
            versions: vec![version(3, true), version(2, false)],
            older: Some("?before=2".into()),
            is_changeable: true,
            notice: None,
            now: self.now,
        };
        add("settings", page.html());
        let preview = Some(vec![change(Some("1"), None)]);
        add("settings-checked", Settings { preview, ..page.clone() }.html());
        add("settings-unchanged", Settings { preview: Some(vec![]), ..page.clone() }.html());
        let fault = Some(self.words.name.clone());
        add("settings-fault", Settings { fault, ..page.clone() }.html());
        add("settings-reader", Settings { is_changeable: false, older: None, ..page }.html());
    }
}
