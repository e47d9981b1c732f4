//! The account page and the way out.

use askama::Template;
use jiff::{Timestamp, civil::Date};

use crate::{Frame, Notice, ProviderButton, authenticator, device, text::Text, when};

/// A person's own page: profile, passkeys, devices.
#[derive(Debug, Clone, Template)]
#[template(path = "account.html")]
pub struct Account {
    /// The frame around the content.
    pub frame: Frame,
    /// The person's name; may be empty.
    pub name: String,
    /// The person's e-mail address.
    pub email: String,
    /// Their passkeys, newest first.
    pub passkeys: Vec<PasskeyRow>,
    /// Their accounts at providers, the oldest first.
    pub accounts: Vec<AccountRow>,
    /// In how many seconds the passkeys of before a sign-in by mail can be removed, while they cannot.
    pub held: Option<i64>,
    /// The providers that they can link besides.
    pub linkable: Vec<ProviderButton>,
    /// Their sessions, the current one first.
    pub sessions: Vec<SessionRow>,
    /// Sessions in which somebody acts as them.
    pub support: Vec<SupportRow>,
    /// What the passkeys on the person's devices are told of this account.
    pub signal: Signal,
    /// Where the JSON API is mounted, without a slash at the end.
    pub api: String,
    /// Whether people may move to another address here.
    pub can_change_email: bool,
    /// Whether people may delete their account here.
    pub can_delete: bool,
    /// The present, which the times on the page are told from.
    pub now: Timestamp,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
}

/// What an authenticator may know of an account, so that it forgets passkeys that are gone and shows the name that
/// the account has now (WebAuthn L3 §5.1.10).
#[derive(Debug, Clone, Default)]
pub struct Signal {
    /// The relying party.
    pub rp_id: String,
    /// The user handle, base64url.
    pub user_id: String,
    /// The ids of all passkeys of the account, base64url, with a space between two.
    pub credential_ids: String,
    /// The name by which passkeys tell accounts apart.
    pub name: String,
    /// The name for people.
    pub display_name: String,
}

/// A passkey in the list.
#[derive(Debug, Clone)]
pub struct PasskeyRow {
    /// The id that the forms send back.
    pub id: String,
    /// The name that its owner gave it.
    pub name: Option<String>,
    /// The authenticator's model (WebAuthn L3 §6.5.1), for a name where the owner gave none.
    pub aaguid: Option<String>,
    /// Whether it is synchronised between devices.
    pub is_synced: bool,
    /// When it was registered, if known.
    pub created: Option<Timestamp>,
    /// The day (UTC) on which it was last used, if known.
    pub last_used: Option<Date>,
}

/// An account at a provider in the list.
#[derive(Debug, Clone)]
pub struct AccountRow {
    /// The id that the forms send back.
    pub id: String,
    /// What people call the provider.
    pub provider: String,
    /// When it was linked.
    pub linked: Timestamp,
}

/// A session in the list.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// The id that the forms send back; never the token.
    pub id: String,
    /// The `User-Agent` at sign-in.
    pub user_agent: Option<String>,
    /// The client address at sign-in.
    pub ip: Option<String>,
    /// The country of that, by its code.
    pub country: Option<String>,
    /// The network of that: its number and who runs it.
    pub network: Option<String>,
    /// When it began.
    pub created: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// Whether this page was asked for with it.
    pub is_current: bool,
}

/// A session in which somebody acts as the person. Whose browser it is is theirs to know.
#[derive(Debug, Clone)]
pub struct SupportRow {
    /// The id that the forms send back; never the token.
    pub id: String,
    /// When it began.
    pub created: Timestamp,
    /// When it ends at the latest.
    pub until: Timestamp,
}

impl Account {
    /// Since when and until when somebody acts as the person, in words.
    pub(crate) fn term(&self, row: &SupportRow) -> String {
        let (_, time) = when::utc(self.frame.text(), row.until);
        self.frame.text().acting_support_until(&self.ago(&row.created), &time)
    }

    /// How long the passkeys stay, in words.
    pub(crate) fn held_for(&self) -> Option<String> {
        let seconds = u64::try_from(self.held?).unwrap_or_default();
        Some(when::wait(self.frame.text(), seconds))
    }

    pub(crate) fn other_sessions(&self) -> i64 {
        i64::try_from(self.sessions.iter().filter(|session| !session.is_current).count()).unwrap_or(i64::MAX)
    }

    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }

    pub(crate) fn day(&self, day: &Date) -> String {
        when::day(self.frame.text(), *day, self.now)
    }
}

impl PasskeyRow {
    pub(crate) fn label(&self, text: &Text) -> String {
        let given = self.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let provider = || self.aaguid.as_deref().and_then(authenticator::name);
        given.or_else(provider).map_or_else(|| text.passkey_default_name(), str::to_owned)
    }
}

impl SessionRow {
    /// Who runs the network. Its number tells people nothing, unless there is no name.
    pub(crate) fn network_name(&self) -> Option<&str> {
        self.network.as_deref().map(|text| text.split_once(' ').map_or(text, |(_, name)| name))
    }

    pub(crate) fn device(&self, text: &Text) -> String {
        device::words(text, self.user_agent.as_deref())
    }

    pub(crate) fn is_handheld(&self) -> bool {
        device::is_handheld(self.user_agent.as_deref())
    }
}

/// Moving to another address: the address, then the code that was sent there.
#[derive(Debug, Clone, Template)]
#[template(path = "change-email.html")]
pub struct ChangeEmail {
    /// The frame around the content.
    pub frame: Frame,
    /// The address now.
    pub email: String,
    /// The new one, once a code was sent there.
    pub to: Option<String>,
    /// How many digits a code has.
    pub digits: u8,
    /// How long a code is valid, in minutes.
    pub valid_minutes: u32,
    /// Seconds until a new code may be asked for; 0 is now.
    pub resend_seconds: u32,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
}

impl ChangeEmail {
    pub(crate) fn is_field_invalid(&self) -> bool {
        self.notice.is_some_and(Notice::is_about_field)
    }
}

/// The question before signing out, for links that lead to it.
#[derive(Debug, Clone, Template)]
#[template(path = "sign-out.html")]
pub struct SignOut {
    /// The frame around the content.
    pub frame: Frame,
    /// Who is signed in.
    pub email: String,
}

/// The page after signing out.
#[derive(Debug, Clone, Template)]
#[template(path = "signed-out.html")]
pub struct SignedOut {
    /// The frame around the content.
    pub frame: Frame,
}
