//! The console's frame, its members, and the pages on which people come in.

use askama::Template;
use jiff::Timestamp;

use crate::{Frame, Notice, sign_in::masked, text::Text, when};

/// What a member is in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each name is the role; what it may do is in locales/en.ftl under role-…")]
pub enum MemberRole {
    Owner,
    Admin,
    Developer,
    Support,
    Viewer,
    Auditor,
    Privacy,
}

impl MemberRole {
    /// Every role, the mightiest first.
    pub const ALL: [Self; 7] = [
        Self::Owner,
        Self::Admin,
        Self::Developer,
        Self::Support,
        Self::Viewer,
        Self::Auditor,
        Self::Privacy,
    ];

    /// The stable name, as forms send it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Support => "support",
            Self::Viewer => "viewer",
            Self::Auditor => "auditor",
            Self::Privacy => "privacy",
        }
    }

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Owner => text.role_owner(),
            Self::Admin => text.role_admin(),
            Self::Developer => text.role_developer(),
            Self::Support => text.role_support(),
            Self::Viewer => text.role_viewer(),
            Self::Auditor => text.role_auditor(),
            Self::Privacy => text.role_privacy(),
        }
    }

    pub(crate) fn about(self, text: &Text) -> String {
        match self {
            Self::Owner => text.role_owner_about(),
            Self::Admin => text.role_admin_about(),
            Self::Developer => text.role_developer_about(),
            Self::Support => text.role_support_about(),
            Self::Viewer => text.role_viewer_about(),
            Self::Auditor => text.role_auditor_about(),
            Self::Privacy => text.role_privacy_about(),
        }
    }
}

/// A workspace that somebody is a member of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceLink {
    /// Its name for people.
    pub name: String,
    /// Its path, `/w/acme`.
    pub path: String,
}

/// A tenant of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantLink {
    /// Its name.
    pub slug: String,
    /// Its path, `/w/acme/t/shop`.
    pub path: String,
}

/// The pages of a workspace that the menu leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Its tenants.
    Tenants,
    /// Keys of its API.
    Keys,
    /// Its members.
    Team,
    /// The whole instance, of which this is the first workspace.
    Instance,
}

/// What is on top of every page of a workspace: where one is, where one can go, who one is.
#[derive(Debug, Clone)]
pub struct ConsoleTop {
    /// The workspace of this page.
    pub workspace: WorkspaceLink,
    /// The others that the person is a member of, by name.
    pub others: Vec<WorkspaceLink>,
    /// The tenants that one can go to from a page of one of them, by name.
    pub tenants: Vec<TenantLink>,
    /// The page.
    pub place: Place,
    /// Who is signed in.
    pub email: String,
    /// Whether they see its keys.
    pub sees_keys: bool,
    /// Whether they see who is a member.
    pub sees_team: bool,
    /// Whether they may make workspaces.
    pub may_create: bool,
    /// Whether they are an owner of the platform, and see how the instance stands.
    pub sees_instance: bool,
}

impl ConsoleTop {
    pub(crate) fn is_at(&self, place: Place) -> bool {
        self.place == place
    }
}

/// Who works in a workspace, and who is invited to.
#[derive(Debug, Clone, Template)]
#[template(path = "team.html")]
pub struct Team {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The members, the first who came first.
    pub members: Vec<MemberRow>,
    /// The open invitations, newest first.
    pub invitations: Vec<InvitationRow>,
    /// The roles that the visitor may give; empty when they manage no members.
    pub roles: Vec<MemberRole>,
    /// Whether the visitor may rename the workspace.
    pub may_rename: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
    /// The present.
    pub now: Timestamp,
}

/// A member in the list.
#[derive(Debug, Clone)]
pub struct MemberRow {
    /// Names them in forms.
    pub id: String,
    /// What to call them; may be empty.
    pub name: String,
    /// Their address.
    pub email: String,
    /// What they are.
    pub role: MemberRole,
    /// When they came.
    pub joined: Timestamp,
    /// Whether it is the visitor.
    pub is_self: bool,
    /// Whether the visitor may change their role and remove them.
    pub is_changeable: bool,
    /// The names of management keys whose secret they know, with a comma between two; empty if there are none.
    pub keys: String,
}

/// An invitation in the list.
#[derive(Debug, Clone)]
pub struct InvitationRow {
    /// Names it in forms.
    pub id: String,
    /// Whom it is for.
    pub email: String,
    /// What they will be.
    pub role: MemberRole,
    /// When it was sent last.
    pub sent: Timestamp,
    /// Whether its time is over.
    pub is_expired: bool,
}

impl MemberRow {
    pub(crate) fn label(&self) -> &str {
        if self.name.is_empty() { &self.email } else { &self.name }
    }
}

impl Team {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }

    pub(crate) fn is_alone(&self) -> bool {
        self.members.len() == 1 && self.invitations.is_empty()
    }

    pub(crate) fn all_roles(&self) -> [MemberRole; 7] {
        MemberRole::ALL
    }
}

/// The form of a new workspace.
#[derive(Debug, Clone, Template)]
#[template(path = "new-workspace.html")]
pub struct NewWorkspace {
    /// The frame around the content.
    pub frame: Frame,
    /// The name, as typed.
    pub name: String,
    /// The name in addresses, as typed.
    pub slug: String,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
}

/// The question to whoever opened the link of the first owner.
#[derive(Debug, Clone, Template)]
#[template(path = "first-owner.html")]
pub struct FirstOwner {
    /// The frame around the content.
    pub frame: Frame,
    /// Who is signed in.
    pub email: String,
    /// The workspace's name.
    pub workspace: String,
    /// The link's token, which the form sends back.
    pub token: String,
}

/// An invitation that somebody may accept.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Names it in forms.
    pub id: String,
    /// The workspace's name.
    pub workspace: String,
    /// What they will be.
    pub role: MemberRole,
    /// Who invites.
    pub inviter: String,
}

/// The question to whoever opened an invitation that is for them.
#[derive(Debug, Clone, Template)]
#[template(path = "invitation.html")]
pub struct Invitation {
    /// The frame around the content.
    pub frame: Frame,
    /// Who is signed in.
    pub email: String,
    /// What they are invited to.
    pub offer: Offer,
}

/// For whoever is signed in and belongs nowhere.
#[derive(Debug, Clone, Template)]
#[template(path = "no-workspace.html")]
pub struct NoWorkspace {
    /// The frame around the content.
    pub frame: Frame,
    /// Who is signed in.
    pub email: String,
    /// Whether anybody is there who could invite them.
    pub has_owner: bool,
    /// What they are invited to.
    pub offers: Vec<Offer>,
}

/// Why somebody does not come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoEntry {
    /// The invitation's link is unknown, used, withdrawn or too old.
    InvitationGone,
    /// The owner's link is unknown, used or too old.
    OwnerLinkGone,
    /// Somebody owns the workspace already.
    OwnerExists,
    /// The invitation is for somebody else.
    WrongAddress {
        /// Whom it is for. Shown masked.
        invited: String,
        /// Who is signed in.
        email: String,
    },
    /// Nothing shows that the address is theirs.
    Unverified {
        /// Who is signed in.
        email: String,
    },
    /// The way back from the sign-in did not fit this browser.
    EntryFailed,
}

/// The page that says so, and the way on.
#[derive(Debug, Clone, Template)]
#[template(path = "no-entry.html")]
pub struct Refusal {
    /// The frame around the content.
    pub frame: Frame,
    /// Why.
    pub why: NoEntry,
}

impl Refusal {
    pub(crate) fn title(&self) -> String {
        let t = self.frame.text();
        match &self.why {
            NoEntry::InvitationGone | NoEntry::OwnerLinkGone => t.link_gone_title(),
            NoEntry::OwnerExists => t.owner_exists_title(),
            NoEntry::WrongAddress { .. } => t.wrong_address_title(),
            NoEntry::Unverified { .. } => t.unverified_title(),
            NoEntry::EntryFailed => t.entry_failed_title(),
        }
    }

    pub(crate) fn lede(&self) -> String {
        let t = self.frame.text();
        match &self.why {
            NoEntry::InvitationGone => t.link_gone_invitation(),
            NoEntry::OwnerLinkGone => t.link_gone_owner(),
            NoEntry::OwnerExists => t.owner_exists_lede(),
            NoEntry::WrongAddress { invited, email } => t.wrong_address_lede(email, &masked(invited)),
            NoEntry::Unverified { email } => t.unverified_lede(email),
            NoEntry::EntryFailed => t.entry_failed_lede(),
        }
    }

    /// Whether signing in as somebody else is the way on.
    pub(crate) fn wants_another(&self) -> bool {
        matches!(self.why, NoEntry::WrongAddress { .. } | NoEntry::Unverified { .. })
    }
}

/// The demand for a passkey, and nothing else, of whoever is signed in.
#[derive(Debug, Clone, Template)]
#[template(path = "prove.html")]
pub struct Prove {
    /// The frame around the content.
    pub frame: Frame,
    /// Who is signed in.
    pub email: String,
    /// Where the JSON API is mounted, without a slash at the end.
    pub api: String,
    /// Where to go after the ceremony: a path of this site.
    pub next: String,
    /// Whether they have one.
    pub has_passkey: bool,
    /// Where to go instead: the console.
    pub back: String,
}
