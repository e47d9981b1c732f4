//! The hosted pages as they would look, for whoever decides about it: every page and every state that it can tell, with
//! made-up people, in a chosen appearance. What it makes runs no script and leads nowhere.

use askama::Template;
use jiff::{SignedDuration, Timestamp};

use crate::{
    Account, AccountRow, ChangeEmail, Connect, DeleteAccount, Failed, Frame, NotFound, Notice, Page,
    PasskeyOffer, PasskeyRow, Proof, ProviderButton, Refused, Scheme, SessionRow, SignIn, SignInCode,
    SignOut, Signal, SignedOut, asset, asset_url, text::Text,
};

const EMAIL: &str = "klara@example.com";
const API: &str = "/api/auth";
const NEXT: &str = "/account";
const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
const PHONE: &str =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1";
/// What asks for the appearance that a device prefers.
const PREFERS_DARK: &str = "(prefers-color-scheme: dark)";

/// Something that can be looked at: a page, or a state that a page tells.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Its stable name.
    pub key: &'static str,
    /// What it is, in words.
    pub words: String,
}

/// The pages in their usual state.
const PAGES: [&str; 12] = [
    "sign-in",
    "returning",
    "code",
    "offer",
    "offer-nearby",
    "connect",
    "account",
    "email",
    "delete",
    "sign-out",
    "signed-out",
    "error",
];

/// The pages that can be looked at.
pub(crate) fn pages(text: &Text) -> Vec<Scene> {
    let words = |key| match key {
        "returning" => text.returning_button(EMAIL),
        "code" => text.code_title(),
        "offer" => text.offer_title(),
        "offer-nearby" => text.offer_nearby_title(),
        "connect" => text.connect_title(),
        "account" => text.account_title(),
        "email" => text.email_title(),
        "delete" => text.delete_title(),
        "sign-out" => text.sign_out_title(),
        "signed-out" => text.signed_out_title(),
        "error" => text.error_title(),
        _ => text.passkey_sign_in(),
    };
    PAGES.into_iter().map(|key| Scene { key, words: words(key) }).collect()
}

/// The states that can be looked at.
pub(crate) fn states(text: &Text) -> Vec<Scene> {
    let scene = |notice: Notice| Scene { key: notice.key(), words: notice.words(text) };
    Notice::of_site().map(scene).collect()
}

/// In place of a preview: why there is none of what was typed.
#[derive(Debug, Clone, Template)]
#[template(path = "preview-fault.html")]
pub struct PreviewFault {
    /// The frame around the content.
    pub frame: Frame,
    /// What is wrong with it.
    pub fault: String,
}

/// The document of a scene; the first page for one that is none. `sheet` is the address of its style sheet
/// ([`preview_sheet`] makes it).
pub fn preview(frame: Frame, scene: &str, scheme: Scheme, sheet: &str, now: Timestamp) -> String {
    let frame = Frame { path: "/sign-in".to_owned(), ..frame };
    let html = document(&Staged { frame, now }, scene);
    let html = without(&without(&html, "<script", "</script>"), "<noscript", "</noscript>");
    let html = html.replace(&asset_url("app.css"), &escaped(sheet)).replace("<body>", "<body inert>");
    in_scheme(&html, scheme)
}

/// The style sheet of a preview: ours with a tenant's behind it.
pub fn preview_sheet(scheme: Scheme, own: Option<&str>) -> String {
    let ours = asset("app.css").map(|asset| String::from_utf8_lossy(&asset.bytes).into_owned());
    // There is no script in a preview, but what is shown is what people with script see.
    let ours = ours.unwrap_or_default().replace("(scripting: none)", "not all");
    in_scheme(&format!("{ours}\n{}", own.unwrap_or_default()), scheme)
}

/// A document or a style sheet as it is on a device that prefers this appearance.
fn in_scheme(text: &str, scheme: Scheme) -> String {
    let (query, name) = match scheme {
        Scheme::Light => ("not all", "light"),
        Scheme::Dark => ("all", "dark"),
    };
    text.replace(PREFERS_DARK, query)
        .replace("color-scheme: light dark", &format!("color-scheme: {name}"))
        .replace("content=\"light dark\"", &format!("content=\"{name}\""))
}

/// A text without every part from `start` to `end`.
fn without(text: &str, start: &str, end: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(start) {
        kept.push_str(before);
        rest = after.split_once(end).map_or("", |(_, after)| after);
    }
    kept + rest
}

fn escaped(address: &str) -> String {
    address.replace('&', "&#38;").replace('"', "&#34;").replace('<', "&#60;")
}

fn document(stage: &Staged, scene: &str) -> String {
    if let Some(notice) = Notice::of_site().find(|notice| notice.key() == scene) {
        return told(stage, notice);
    }
    match scene {
        "returning" => {
            SignIn { returning: Some(EMAIL.to_owned()), email: String::new(), ..stage.sign_in(None) }.html()
        }
        "code" => stage.code(None).html(),
        "offer" => stage.offer(None).html(),
        "offer-nearby" => PasskeyOffer { is_nearby: true, ..stage.offer(None) }.html(),
        "connect" => stage.connect(None).html(),
        "account" => stage.account(None).html(),
        "email" => stage.email(None).html(),
        "delete" => stage.deletion(None).html(),
        "sign-out" => SignOut { frame: stage.frame(), email: EMAIL.to_owned() }.html(),
        "signed-out" => SignedOut { frame: stage.frame() }.html(),
        "error" => Failed { frame: stage.frame(), request_id: "req_01j0example".to_owned() }.html(),
        "not-found" => NotFound { frame: stage.frame() }.html(),
        _ => stage.sign_in(None).html(),
    }
}

/// A state on a page that tells it.
fn told(stage: &Staged, notice: Notice) -> String {
    let told = Some(notice);
    match (notice, notice.key().split('-').next().unwrap_or_default()) {
        (Notice::CodeOtherBrowser, _) => stage.sign_in(told).html(),
        (Notice::PasskeyCreateCancelled | Notice::PasskeyExists, _) => stage.offer(told).html(),
        (Notice::WrongOrigin | Notice::NetworkBlocked, _) => {
            Refused { frame: stage.frame(), notice, back: NEXT.to_owned() }.html()
        }
        (Notice::AccountConflict, _) | (_, "connect") => stage.connect(told).html(),
        (
            Notice::EmailChanged | Notice::PasskeyCreated | Notice::PasskeyRenamed | Notice::PasskeyRemoved,
            _,
        )
        | (Notice::PasskeyGone | Notice::PasskeyLast | Notice::SignInAgain | Notice::SessionRevoked, _)
        | (_, "profile" | "name" | "sessions" | "account" | "acting" | "not") => stage.account(told).html(),
        (_, "code") => stage.code(told).html(),
        (_, "email") => stage.email(told).html(),
        (_, "deletion") => stage.deletion(told).html(),
        _ => stage.sign_in(told).html(),
    }
}

/// The pages with their made-up people.
struct Staged {
    frame: Frame,
    now: Timestamp,
}

impl Staged {
    fn frame(&self) -> Frame {
        self.frame.clone()
    }

    fn days_ago(&self, days: i64) -> Timestamp {
        self.now.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(self.now)
    }

    fn providers() -> Vec<ProviderButton> {
        vec![ProviderButton { id: "work".to_owned(), name: "Google".to_owned() }]
    }

    fn sign_in(&self, notice: Option<Notice>) -> SignIn {
        SignIn {
            frame: self.frame(),
            email: notice.map(|_| EMAIL.to_owned()).unwrap_or_default(),
            returning: None,
            api: API.to_owned(),
            next: NEXT.to_owned(),
            is_sign_up_open: true,
            providers: Self::providers(),
            captcha: None,
            notice,
        }
    }

    fn code(&self, notice: Option<Notice>) -> SignInCode {
        let (frame, email) = (self.frame(), EMAIL.to_owned());
        SignInCode { frame, email, digits: 6, valid_minutes: 5, resend_seconds: 0, connects: None, notice }
    }

    fn offer(&self, notice: Option<Notice>) -> PasskeyOffer {
        let (frame, api, next) = (self.frame(), API.to_owned(), NEXT.to_owned());
        PasskeyOffer { frame, api, next, is_required: false, is_nearby: false, notice }
    }

    fn connect(&self, notice: Option<Notice>) -> Connect {
        let proof = Proof::Wanted { api: API.to_owned(), next: NEXT.to_owned() };
        Connect { frame: self.frame(), provider: "Google".to_owned(), email: EMAIL.to_owned(), proof, notice }
    }

    fn email(&self, notice: Option<Notice>) -> ChangeEmail {
        let (frame, email) = (self.frame(), EMAIL.to_owned());
        ChangeEmail { frame, email, to: None, digits: 6, valid_minutes: 5, resend_seconds: 0, notice }
    }

    fn deletion(&self, notice: Option<Notice>) -> DeleteAccount {
        let (frame, email) = (self.frame(), EMAIL.to_owned());
        DeleteAccount { frame, email, sends_mail: true, token: None, target: None, notice }
    }

    fn account(&self, notice: Option<Notice>) -> Account {
        let session = |agent: &str, is_current| SessionRow {
            id: String::new(),
            user_agent: Some(agent.to_owned()),
            ip: Some("203.0.113.7".to_owned()),
            country: None,
            network: None,
            created: self.days_ago(3),
            last_seen: self.now,
            is_current,
        };
        let passkey = PasskeyRow {
            id: String::new(),
            name: None,
            aaguid: None,
            is_synced: true,
            created: Some(self.days_ago(9)),
            last_used: None,
        };
        let linked =
            AccountRow { id: String::new(), provider: "Google".to_owned(), linked: self.days_ago(9) };
        Account {
            frame: self.frame(),
            name: "Klara Lindqvist".to_owned(),
            email: EMAIL.to_owned(),
            passkeys: vec![passkey],
            held: None,
            accounts: vec![linked],
            linkable: Vec::new(),
            sessions: vec![session(BROWSER, true), session(PHONE, false)],
            support: vec![],
            signal: Signal::default(),
            api: API.to_owned(),
            can_change_email: true,
            can_delete: true,
            now: self.now,
            notice,
        }
    }
}

#[cfg(test)]
mod tests {
    use kiavi_base::Locale;

    use super::*;

    fn shown(scene: &str, scheme: Scheme) -> String {
        let frame = Frame::ours(Locale::En, "/".to_owned());
        preview(frame, scene, scheme, "/sheet.css?a=1&b=2", Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn every_scene_is_a_document_without_script_or_a_way_out_of_it() {
        let text = Text::of(Locale::En);
        for scene in pages(text).into_iter().chain(states(text)) {
            let html = shown(scene.key, Scheme::Light);
            assert!(!html.contains("<script") && !html.contains("<noscript"), "{}", scene.key);
            assert!(
                html.contains("<body inert>") && html.contains("/sheet.css?a=1&#38;b=2"),
                "{}",
                scene.key
            );
            assert!(html.ends_with("</html>\n") || html.ends_with("</html>"), "{}", scene.key);
        }
    }

    #[test]
    fn a_state_is_told_on_its_page() {
        for notice in Notice::of_site() {
            let html = shown(notice.key(), Scheme::Light);
            let templates = without(&html, "<template", "</template>");
            assert!(templates.contains(&format!("data-notice=\"{}\"", notice.key())), "{notice:?}");
        }
        assert_eq!(shown("nothing", Scheme::Light), shown("sign-in", Scheme::Light));
    }

    #[test]
    fn an_appearance_is_not_the_devices() {
        for scheme in Scheme::ALL {
            let sheet =
                preview_sheet(scheme, Some("@media (prefers-color-scheme: dark) { a { color: red } }"));
            assert!(!sheet.contains("prefers-color-scheme") && !sheet.contains("scripting: none"));
            assert!(!shown("sign-in", scheme).contains("light dark"));
        }
    }

    #[test]
    fn parts_are_taken_out_whole() {
        assert_eq!(without("a<x>1</x>b<x y>2</x>c", "<x", "</x>"), "abc");
        assert_eq!(without("a<x>1", "<x", "</x>"), "a");
    }
}
