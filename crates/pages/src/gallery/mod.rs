//! Every page in every state, with made-up people: for whoever works on the pages, and for the tests.

use std::sync::Arc;

use crate::{
    Accents, Account, AccountDeleted, Brand, Branding, ChangeEmail, Corners, DeleteAccount, Domains, Failed,
    Frame, Leaving, Logo, Mailbox, NotFound, Notice, Page, PasskeyOffer, Refused, SignOut, SignedOut, Team,
    Tenants, TurnedAway, TurnedAwayBecause,
};
use jiff::{SignedDuration, Timestamp};
use kiavi_base::Locale;

mod console;
mod hosted;
mod index;
mod isolation;
mod letters;
mod mail;
mod security;
mod tenant;
mod workspace;

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
        self.acting_pages(&mut add);
        add("sign-in-link", self.sign_in_link().html());
        add("delete-account", self.delete_account(None).html());
        let target = Some(format!("https://app.example.com/{}", self.words.name));
        let frame = self.frame("/account/delete");
        add("account-deleted", AccountDeleted { frame: frame.clone(), target }.html());
        add("account-deleted-here", AccountDeleted { frame, target: None }.html());
        add("sign-out", SignOut { frame: self.frame("/sign-out"), email: self.words.email.clone() }.html());
        add("signed-out", SignedOut { frame: self.frame("/sign-out") }.html());
        let request_id = self.words.name.clone();
        add("error", Failed { frame: self.frame("/account"), request_id }.html());
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
        let names = out.iter().map(|sample| sample.name.clone()).collect();
        let html = Components::new(self.locale, names, self.mails().len(), 0).html();
        out.push(Sample { name: "components".to_owned(), html });
        out
    }

    /// Every notice, on a page that tells it.
    fn notices(&self, add: &mut impl FnMut(&str, String)) {
        for notice in Notice::ALL.iter().copied() {
            let key = notice.key();
            match key.split('-').next() {
                _ if matches!(
                    notice,
                    Notice::Unlocked | Notice::NotLocked | Notice::NetworkKeptOut | Notice::UnlockWho
                ) =>
                {
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
}
