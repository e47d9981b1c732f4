//! The hosted pages: signing in, the offer of a passkey, the account.

use jiff::tz::TimeZone;

use super::{FIREFOX, SAFARI, Samples};
use crate::{
    Account, AccountRow, Acting, ActingOffer, Captcha, ChangeEmail, Connect, DeleteAccount, Frame, NotFound,
    Notice, Page, PasskeyOffer, PasskeyRow, Proof, ProviderButton, SessionRow, SignIn, SignInCode,
    SignInLink, Signal, SupportRow,
};

impl Samples {
    pub(super) fn sign_ins(&self, add: &mut impl FnMut(&str, String)) {
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

    /// Of whoever acts as somebody else, and before.
    pub(super) fn acting_pages(&self, add: &mut impl FnMut(&str, String)) {
        let (user, by) = (self.words.email.clone(), self.words.email.clone());
        let acting = Some(Acting { user, by, until: self.before(-15) });
        let frame = Frame { acting, ..self.frame("/account") };
        add("account-acting", Account { frame: frame.clone(), ..self.account(None) }.html());
        add("not-found-acting", NotFound { frame }.html());
        let offer = ActingOffer {
            frame: self.frame("/sign-in/acting"),
            name: self.words.name.clone(),
            email: self.words.email.clone(),
            seconds: 900,
            reason: self.words.name.clone(),
            own: None,
        };
        add("acting", offer.html());
        add("acting-own", ActingOffer { own: Some(self.words.email.clone()), ..offer }.html());
    }

    pub(super) fn sign_in(&self, notice: Option<Notice>) -> SignIn {
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

    pub(super) fn code(&self, notice: Option<Notice>, resend_seconds: u32) -> SignInCode {
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

    pub(super) fn change_email(&self, notice: Option<Notice>) -> ChangeEmail {
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

    pub(super) fn sign_in_link(&self) -> SignInLink {
        SignInLink {
            frame: self.frame("/sign-in/link"),
            email: self.words.email.clone(),
            token: self.words.name.clone(),
            target: Some(self.words.name.clone()),
            new_user_target: None,
            error_target: Some("/failed".into()),
        }
    }

    pub(super) fn delete_account(&self, notice: Option<Notice>) -> DeleteAccount {
        DeleteAccount {
            frame: self.frame("/account/delete"),
            email: self.words.email.clone(),
            token: Some(self.words.name.clone()),
            target: Some(self.words.name.clone()),
            sends_mail: false,
            notice,
        }
    }

    pub(super) fn connect(&self, notice: Option<Notice>) -> Connect {
        Connect {
            frame: self.frame("/sign-in/connect"),
            provider: self.words.app.clone(),
            email: self.words.email.clone(),
            proof: Proof::Wanted { api: "/api/auth".into(), next: "/sign-in/connect".into() },
            notice,
        }
    }

    pub(super) fn offer(&self, notice: Option<Notice>) -> PasskeyOffer {
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

    pub(super) fn account(&self, notice: Option<Notice>) -> Account {
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
            support: vec![SupportRow { id: "s4".into(), created: self.before(4), until: self.before(-11) }],
            api: "/api/auth".into(),
            can_change_email: true,
            can_delete: true,
            now: self.now,
            notice,
        }
    }
}
