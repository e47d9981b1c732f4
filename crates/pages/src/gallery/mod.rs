//! Every page in every state, with made-up people: for whoever works on the pages, and for the tests.

use std::sync::Arc;

use crate::{
    Accents, Account, AccountDeleted, AccountRow, Acting, Brand, Branding, Captcha, CertificateCause,
    CertificateLine, ChangeEmail, Circumstances, CodeMail, CodePurpose, Connect, ConsoleTop, Corners,
    DeleteAccount, DomainRecord, DomainRow, DomainState, Domains, Failed, FigureRange, FigureSet,
    FiguresOfDay, FirstOwner, Frame, Granularity, Invitation, InvitationRow, Leaving, LinkMail, LinkPurpose,
    Logo, Mailbox, MailboxMessage, MemberRole, MemberRow, NewWorkspace, NoEntry, NoWorkspace, NotFound,
    Notice, NoticeMail, Offer, Page, PasskeyOffer, PasskeyRow, PasskeySteps, Place, Proof, Prove,
    ProviderButton, Refusal, Refused, RenderedMail, SessionRow, SignIn, SignInCode, SignInLink, SignOut,
    Signal, SignedOut, Team, TenantFigures, TenantPlace, TenantRow, TenantState, Tenants, TurnedAway,
    TurnedAwayBecause, UNKNOWN_HOST, Unavailable, Validity, What, WorkspaceLink,
};
use jiff::{SignedDuration, Span, Timestamp, civil::Date, tz::TimeZone};
use kiavi_base::Locale;

mod console;
mod index;
mod isolation;
mod mail;
mod security;
mod tenant;

pub use index::{COMPONENTS_PATH, Components};

/// The present of all samples.
const NOW: &str = "2026-06-15T12:00:00Z";
const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
const SAFARI: &str =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1";

/// Two tenants' looks that have little in common.
pub fn brandings() -> [Branding; 2] {
    let logo = |bytes: &[u8]| Logo::new(bytes.to_vec()).ok();
    let link = |path: &str| Some(format!("https://example.com/{path}"));
    [
        Branding {
            logo: logo(include_bytes!("wordmark.png")),
            logo_on_dark: logo(include_bytes!("wordmark-on-dark.png")),
            accent: "#1b2a6b".parse().ok(),
            corners: Corners::Square,
            terms_url: link("terms"),
            privacy_url: link("privacy"),
            support_url: Some("mailto:help@example.com".to_owned()),
            languages: ["de".to_owned(), "en".to_owned()].into(),
            ..Branding::default()
        },
        Branding {
            logo: logo(include_bytes!("square.png")),
            accent: "#c2185b".parse().ok(),
            accent_on_dark: "#ff8fb8".parse().ok(),
            corners: Corners::Round,
            privacy_url: link("privacy"),
            languages: ["en".to_owned()].into(),
            ..Branding::default()
        },
    ]
}

/// A rendered page and what it is called.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The page, and behind a point the notice that it tells.
    pub name: String,
    /// The page.
    pub html: String,
}

/// What people type, which a hostile one types otherwise.
#[derive(Debug, Clone)]
pub struct Words {
    /// What an application is called.
    pub app: String,
    /// Somebody's address.
    pub email: String,
    /// What somebody is called.
    pub name: String,
}

impl Words {
    /// What people mean.
    pub fn friendly() -> Self {
        Self { app: "Demo".into(), email: "klara@example.com".into(), name: "Klara Lindqvist".into() }
    }

    /// What would become part of a page that took words for markup.
    pub fn hostile() -> Self {
        let attack = r#"'"><script>alert(1)</script><img src=x onerror=alert(1)> style="x" {{7*7}}"#;
        Self { app: attack.into(), email: format!("{attack}@example.com"), name: attack.into() }
    }
}

/// The pages in a language, with somebody's words, in a tenant's look.
#[derive(Debug)]
pub struct Samples {
    locale: Locale,
    words: Words,
    brand: Arc<Brand>,
    accents: Option<Accents>,
    now: Timestamp,
}

impl Samples {
    /// The pages in our own look.
    pub fn new(locale: Locale, words: Words) -> Self {
        Self::branded(locale, words, &Branding::default())
    }

    /// The pages as a tenant with this branding has them.
    pub fn branded(locale: Locale, words: Words, branding: &Branding) -> Self {
        let (brand, accents) = (Arc::new(Brand::new(branding)), branding.accents());
        Self { locale, words, brand, accents, now: NOW.parse().unwrap_or(Timestamp::UNIX_EPOCH) }
    }

    /// Every page in every state.
    pub fn all(&self) -> Vec<Sample> {
        let mut out = Vec::new();
        let mut add = |name: &str, html: String| out.push(Sample { name: name.to_owned(), html });
        self.sign_ins(&mut add);
        self.notices(&mut add);
        add("passkey-offer", self.offer(None).html());
        add("passkey-offer-required", PasskeyOffer { is_required: true, ..self.offer(None) }.html());
        add("passkey-offer.cancelled", self.offer(Some(Notice::PasskeyCreateCancelled)).html());
        add("passkey-offer-nearby", PasskeyOffer { is_nearby: true, ..self.offer(None) }.html());
        add("account", self.account(None).html());
        add("change-email", self.change_email(None).html());
        let to = Some(self.words.email.clone());
        add("change-email-code", ChangeEmail { to, ..self.change_email(None) }.html());
        add(
            "account-empty",
            Account { passkeys: vec![], accounts: vec![], ..self.account(Some(Notice::PasskeyRemoved)) }
                .html(),
        );
        add(
            "account-without-providers",
            Account { accounts: vec![], linkable: vec![], ..self.account(None) }.html(),
        );
        let acting = Some(Acting { user: self.words.email.clone(), by: self.words.email.clone() });
        let frame = Frame { acting, ..self.frame("/account") };
        add("account-acting", Account { frame: frame.clone(), ..self.account(None) }.html());
        add("not-found-acting", NotFound { frame }.html());
        add("sign-in-link", self.sign_in_link().html());
        add("delete-account", self.delete_account(None).html());
        let target = Some(format!("https://app.example.com/{}", self.words.name));
        let frame = self.frame("/account/delete");
        add("account-deleted", AccountDeleted { frame: frame.clone(), target }.html());
        add("account-deleted-here", AccountDeleted { frame, target: None }.html());
        add("sign-out", SignOut { frame: self.frame("/sign-out"), email: self.words.email.clone() }.html());
        add("signed-out", SignedOut { frame: self.frame("/sign-out") }.html());
        let request_id = self.words.name.clone();
        add("error", Failed { frame: self.frame("/account"), request_id: request_id.clone() }.html());
        let refused = Refused {
            frame: self.frame("/account"),
            notice: Notice::RateLimited(90),
            back: "/account".into(),
        };
        add("refused", refused.html());
        let target = format!("https://app.example.com/{}", self.words.name);
        let leaving = Leaving { frame: self.frame("/sign-in/done"), target, provider: None };
        add("leaving", leaving.html());
        let leaving = Leaving { provider: Some(self.words.app.clone()), ..leaving };
        add("leaving-for-provider", leaving.html());
        add("not-found", NotFound { frame: self.frame("/nowhere") }.html());
        add("tenants", self.tenants().html());
        add("tenants-empty", Tenants { tenants: vec![], ..self.tenants() }.html());
        add("tenants-reader", Tenants { tenants: vec![], may_create: false, ..self.tenants() }.html());
        self.figure_pages(&mut add);
        add("domains", self.domains(None).html());
        add("domains-reader", Domains { may_change: false, ..self.domains(None) }.html());
        add("team", self.team(None).html());
        let reader = Team { roles: vec![], may_rename: false, invitations: vec![], ..self.team(None) };
        add("team-reader", reader.html());
        self.tenant_pages(&mut add);
        self.console_pages(&mut add);
        self.entries(&mut add);
        add("mailbox", self.mailbox().html());
        add("mailbox-empty", Mailbox { messages: vec![], ..self.mailbox() }.html());
        for why in TurnedAwayBecause::ALL {
            let page = TurnedAway { locale: self.locale, why };
            add(&format!("turned-away-{}", format!("{why:?}").to_lowercase()), page.html());
        }
        add("unavailable", Unavailable { locale: self.locale, request_id }.html());
        add("unknown-host", UNKNOWN_HOST.to_owned());
        let names = out.iter().map(|sample| sample.name.clone()).collect();
        let html = Components::new(self.locale, names, self.mails().len(), 0).html();
        out.push(Sample { name: "components".to_owned(), html });
        out
    }

    fn figure_pages(&self, add: &mut impl FnMut(&str, String)) {
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
        let fault = Some("A range has 1 to 400 days".into());
        add(
            "figures-refused",
            TenantFigures { figures: None, live: None, range: own, fault, ..self.figures() }.html(),
        );
    }

    fn sign_ins(&self, add: &mut impl FnMut(&str, String)) {
        add("sign-in", self.sign_in(None).html());
        let returning = SignIn { returning: Some(self.words.email.clone()), ..self.sign_in(None) };
        add("sign-in-returning", returning.html());
        let buttons = ["Google", "GitHub", &self.words.app];
        let buttons =
            buttons.map(|name| ProviderButton { id: "work".into(), name: name.to_owned() }).to_vec();
        add("sign-in-providers", SignIn { providers: buttons, ..self.sign_in(None) }.html());
        let challenge = "/api/auth/captcha/challenge".to_owned();
        let working = SignIn { captcha: Some(Captcha::ProofOfWork { challenge }), ..returning.clone() };
        add("sign-in-proof-of-work", working.html());
        let turnstile = Captcha::Turnstile {
            script: "https://challenges.example/api.js".into(),
            origin: "https://challenges.example".into(),
            site_key: self.words.name.clone(),
        };
        add("sign-in-turnstile", SignIn { captcha: Some(turnstile), ..self.sign_in(None) }.html());
        let both = SignIn {
            providers: vec![ProviderButton { id: "work".into(), name: "Google".into() }],
            ..returning.clone()
        };
        add("sign-in-returning-providers", both.html());
        add("sign-in-code", self.code(None, 0).html());
        let connecting = SignInCode { connects: Some(self.words.app.clone()), ..self.code(None, 0) };
        add("sign-in-code-connecting", connecting.html());
        add("connect", self.connect(None).html());
        add("connect-given", Connect { proof: Proof::Given, ..self.connect(None) }.html());
        add("sign-in-code-waiting", self.code(Some(Notice::CodeSent), 25).html());
    }

    /// Every notice, on a page that tells it.
    fn notices(&self, add: &mut impl FnMut(&str, String)) {
        for notice in Notice::ALL.iter().copied() {
            let key = notice.key();
            match key.split('-').next() {
                _ if matches!(notice, Notice::Unlocked | Notice::NotLocked | Notice::UnlockWho) => {
                    add(&format!("security.{key}"), self.security(Some(notice)).html());
                }
                Some("isolation") => {
                    add(&format!("isolation.{key}"), self.isolation(Some(notice)).html());
                }
                Some("code") => add(&format!("sign-in-code.{key}"), self.code(Some(notice), 0).html()),
                Some("member" | "invitation" | "workspace" | "step") => {
                    add(&format!("team.{key}"), self.team(Some(notice)).html());
                }
                Some("email") if notice != Notice::EmailInvalid => {
                    add(&format!("change-email.{key}"), self.change_email(Some(notice)).html());
                }
                Some("tenant") => add(&format!("new-tenant.{key}"), self.new_tenant(Some(notice)).html()),
                Some("key") => add(&format!("keys.{key}"), self.keys(Some(notice)).html()),
                Some("mail") if matches!(notice, Notice::MailLifted | Notice::MailNotSuppressed) => {
                    add(&format!("mail.{key}"), self.mail_page(Some(notice)).html());
                }
                Some("mail") if matches!(notice, Notice::MailRetried | Notice::MailNotWaiting) => {
                    add(&format!("mail-sent.{key}"), self.mail_sent(Some(notice)).html());
                }
                Some("provider")
                    if matches!(
                        notice,
                        Notice::ProviderExists | Notice::ProviderGone | Notice::ProviderRemoved
                    ) =>
                {
                    add(&format!("methods.{key}"), self.methods(Some(notice)).html());
                }
                Some("view") => add(&format!("events.{key}"), self.events_page(Some(notice)).html()),
                Some("webhook") => add(&format!("webhooks.{key}"), self.webhooks(Some(notice)).html()),
                Some("domain") => add(&format!("domains.{key}"), self.domains(Some(notice)).html()),
                Some("connect") => add(&format!("connect.{key}"), self.connect(Some(notice)).html()),
                Some("profile" | "session" | "sessions" | "name" | "account" | "acting" | "not") => {
                    add(&format!("account.{key}"), self.account(Some(notice)).html());
                }
                Some("deletion") => {
                    let page = DeleteAccount { sends_mail: true, ..self.delete_account(Some(notice)) };
                    add(&format!("delete-account.{key}"), page.html());
                }
                _ => add(&format!("sign-in.{key}"), self.sign_in(Some(notice)).html()),
            }
        }
    }

    /// Every mail, a code's first.
    pub fn mails(&self) -> Vec<RenderedMail> {
        let mut mails: Vec<_> = self.code_mails().iter().map(|mail| mail.render(self.accents)).collect();
        let link = |purpose, valid| {
            let url = "http://demo.localhost:8080/api/auth/verify?token=t0k3n&callbackURL=%2F".to_owned();
            LinkMail { locale: self.locale, app: self.words.app.clone(), url, valid, purpose }
                .render(self.accents)
        };
        mails.push(link(LinkPurpose::SignIn, Validity::Minutes(5)));
        mails.push(link(LinkPurpose::Deletion, Validity::Hours(24)));
        let (inviter, workspace) = (self.words.name.clone(), self.words.app.clone());
        mails.push(link(LinkPurpose::Invitation { inviter, workspace }, Validity::Days(7)));
        let by = |user_agent: Option<&str>| Circumstances {
            at: self.now,
            user_agent: user_agent.map(str::to_owned),
        };
        for what in [
            What::EmailChanged { to: "k•••@example.com".into() },
            What::UserDeleted,
            What::Test,
            What::AccountLinked { provider: "GitHub".into(), by: by(Some(FIREFOX)) },
            What::AccountUnlinked { provider: "GitHub".into(), by: by(Some(SAFARI)) },
            What::PasskeyAdded { by: by(Some(FIREFOX)) },
            What::PasskeyRemoved { by: by(Some(SAFARI)) },
            What::PasskeyRemoved { by: by(None) },
            What::Recovery { by: by(Some(SAFARI)), hours: 24 },
        ] {
            let (locale, app) = (self.locale, self.words.app.clone());
            mails.push(NoticeMail { locale, app, what }.render(self.accents));
        }
        mails
    }

    /// The mails with a code.
    pub fn code_mails(&self) -> Vec<CodeMail> {
        [CodePurpose::SignIn, CodePurpose::Verification]
            .map(|purpose| CodeMail {
                locale: self.locale,
                app: self.words.app.clone(),
                code: "493021".into(),
                valid_minutes: 5,
                purpose,
            })
            .into()
    }

    fn frame(&self, path: &str) -> Frame {
        Frame {
            app: self.words.app.clone(),
            brand: Arc::clone(&self.brand),
            is_ours: false,
            ..Frame::ours(self.locale, path.to_owned())
        }
    }

    fn before(&self, minutes: i64) -> Timestamp {
        self.now.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(self.now)
    }

    fn sign_in(&self, notice: Option<Notice>) -> SignIn {
        SignIn {
            frame: self.frame("/sign-in"),
            email: notice.map_or_else(String::new, |_| self.words.email.clone()),
            returning: None,
            api: "/api/auth".into(),
            next: "/account".into(),
            is_sign_up_open: true,
            providers: vec![],
            captcha: None,
            notice,
        }
    }

    fn code(&self, notice: Option<Notice>, resend_seconds: u32) -> SignInCode {
        SignInCode {
            frame: self.frame("/sign-in/code"),
            email: self.words.email.clone(),
            digits: 6,
            valid_minutes: 5,
            resend_seconds,
            connects: None,
            notice,
        }
    }

    fn change_email(&self, notice: Option<Notice>) -> ChangeEmail {
        ChangeEmail {
            frame: self.frame("/account/email"),
            email: self.words.email.clone(),
            to: None,
            digits: 6,
            valid_minutes: 5,
            resend_seconds: 0,
            notice,
        }
    }

    fn sign_in_link(&self) -> SignInLink {
        SignInLink {
            frame: self.frame("/sign-in/link"),
            email: self.words.email.clone(),
            token: self.words.name.clone(),
            target: Some(self.words.name.clone()),
            new_user_target: None,
            error_target: Some("/failed".into()),
        }
    }

    fn delete_account(&self, notice: Option<Notice>) -> DeleteAccount {
        DeleteAccount {
            frame: self.frame("/account/delete"),
            email: self.words.email.clone(),
            token: Some(self.words.name.clone()),
            target: Some(self.words.name.clone()),
            sends_mail: false,
            notice,
        }
    }

    fn connect(&self, notice: Option<Notice>) -> Connect {
        Connect {
            frame: self.frame("/sign-in/connect"),
            provider: self.words.app.clone(),
            email: self.words.email.clone(),
            proof: Proof::Wanted { api: "/api/auth".into(), next: "/sign-in/connect".into() },
            notice,
        }
    }

    fn offer(&self, notice: Option<Notice>) -> PasskeyOffer {
        let frame = self.frame("/sign-in/passkey");
        PasskeyOffer {
            frame,
            api: "/api/auth".into(),
            next: "/account".into(),
            is_required: false,
            is_nearby: false,
            notice,
        }
    }

    fn account(&self, notice: Option<Notice>) -> Account {
        let passkey = |id: &str, name: Option<&str>, aaguid: &str, is_synced, minutes| PasskeyRow {
            id: id.to_owned(),
            name: name.map(str::to_owned),
            aaguid: Some(aaguid.to_owned()),
            is_synced,
            created: Some(self.before(minutes)),
            last_used: Some(self.before(minutes / 8).to_zoned(TimeZone::UTC).date()),
        };
        let session = |id: &str, agent: &str, ip: &str, since, seen, is_current: bool| SessionRow {
            id: id.to_owned(),
            user_agent: Some(agent.to_owned()),
            ip: Some(ip.to_owned()),
            country: Some("FR".to_owned()),
            network: is_current.then(|| "AS64496 Example Telecom".to_owned()),
            created: self.before(since),
            last_seen: self.before(seen),
            is_current,
        };
        Account {
            frame: self.frame("/account"),
            name: self.words.name.clone(),
            email: self.words.email.clone(),
            passkeys: vec![
                passkey("p1", None, "fbfc3007-154e-4ecc-8c0b-6e020557d7bd", true, 60 * 24 * 3),
                passkey(
                    "p2",
                    Some(&self.words.name),
                    "00000000-0000-0000-0000-000000000000",
                    false,
                    60 * 24 * 120,
                ),
            ],
            signal: Signal::default(),
            held: None,
            accounts: vec![
                AccountRow { id: "a1".into(), provider: "GitHub".into(), linked: self.before(60 * 24 * 200) },
                AccountRow { id: "a2".into(), provider: self.words.app.clone(), linked: self.before(90) },
            ],
            linkable: vec![
                ProviderButton { id: "google".into(), name: "Google".into() },
                ProviderButton { id: "work".into(), name: self.words.name.clone() },
            ],
            sessions: vec![
                session("s1", FIREFOX, "203.0.113.7", 180, 0, true),
                session("s2", SAFARI, "2001:db8::7", 60 * 24 * 12, 60 * 5, false),
                session("s3", &self.words.name, &self.words.name, 60 * 24 * 40, 60 * 24 * 33, false),
            ],
            api: "/api/auth".into(),
            can_change_email: true,
            can_delete: true,
            now: self.now,
            notice,
        }
    }

    fn tenants(&self) -> Tenants {
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

    fn figures(&self) -> TenantFigures {
        let first = Date::constant(2026, 5, 17);
        let days: Vec<_> = (0..30)
            .map(|number: i64| FiguresOfDay {
                day: first.saturating_add(Span::new().days(number)),
                dau: 40 + (number * 37) % 23 + number,
                wau: Some(120 + number),
                mau: Some(300 + number * 2),
                new_users: number % 5,
            })
            .collect();
        let figures = FigureSet {
            as_of: self.now,
            time_zone: "Europe/Berlin".into(),
            users: 1_204,
            today: FiguresOfDay { day: first, dau: 92, wau: Some(149), mau: Some(358), new_users: 4 },
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

    fn domains(&self, notice: Option<Notice>) -> Domains {
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

    fn top(&self, place: Place) -> ConsoleTop {
        let link = |name: &str, path: &str| WorkspaceLink { name: name.to_owned(), path: path.to_owned() };
        ConsoleTop {
            workspace: link(&self.words.app, "/w/acme"),
            others: vec![link("Default", "/w/default"), link(&self.words.name, "/w/klara")],
            place,
            email: self.words.email.clone(),
            sees_keys: true,
            sees_team: true,
            may_create: true,
            sees_instance: true,
        }
    }

    fn team(&self, notice: Option<Notice>) -> Team {
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
    fn entries(&self, add: &mut impl FnMut(&str, String)) {
        let frame = || Frame::ours(self.locale, "/".into());
        let (email, name, app) = (&self.words.email, &self.words.name, &self.words.app);
        let offer = || Offer {
            id: "i1".into(),
            workspace: app.clone(),
            role: MemberRole::Developer,
            inviter: name.clone(),
        };
        let none = NoWorkspace { frame: frame(), email: email.clone(), offers: vec![] };
        add("no-workspace", none.html());
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

    fn mailbox(&self) -> Mailbox {
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
