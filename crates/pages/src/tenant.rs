//! A tenant in the console: the frame of its pages, and the first of them.

use askama::Template;
use jiff::Timestamp;

use crate::{
    ConsoleTop, EventRow, FigureSet, FirstUser, Frame, Notice, Place, Progress, TenantState, text::Text, when,
};

/// The pages of a tenant that its menu leads to, in the menu's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantPlace {
    /// How it stands.
    Overview,
    /// Who is there, and how they sign in.
    Figures,
    /// Who signs in to it.
    Users,
    /// Who is signed in now.
    Sessions,
    /// What happened.
    Events,
    /// How they sign in.
    SignIn,
    /// How its pages look.
    Look,
    /// What people are written.
    Mail,
    /// Which servers are told.
    Webhooks,
    /// Where it is reached.
    Domains,
    /// What is limited, and who is locked out.
    Security,
    /// Whether what keeps it apart holds.
    Isolation,
    /// Copies for a bad day.
    Backups,
    /// How it behaves.
    Settings,
}

impl TenantPlace {
    /// What follows the tenant's path.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::Figures => "/figures",
            Self::Users => "/users",
            Self::Sessions => "/sessions",
            Self::Events => "/events",
            Self::Security => "/security",
            Self::Isolation => "/isolation",
            Self::SignIn => "/sign-in",
            Self::Mail => "/mail",
            Self::Webhooks => "/webhooks",
            Self::Domains => "/domains",
            Self::Look => "/sign-in-page",
            Self::Backups => "/backups",
            Self::Settings => "/settings",
        }
    }

    /// What it is about: how it goes, the people, the way in, what protects it, and how it behaves.
    const fn subject(self) -> u8 {
        match self {
            Self::Overview | Self::Figures => 0,
            Self::Users | Self::Sessions | Self::Events => 1,
            Self::SignIn | Self::Look | Self::Mail | Self::Webhooks | Self::Domains => 2,
            Self::Security | Self::Isolation | Self::Backups => 3,
            Self::Settings => 4,
        }
    }

    /// The field of its address in which somebody is searched for, where it is a list of people.
    pub(crate) const fn search(self) -> Option<&'static str> {
        match self {
            Self::Users => Some("text"),
            _ => None,
        }
    }

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Overview => text.tenant_overview(),
            Self::Figures => text.figures_title(),
            Self::Users => text.users_title(),
            Self::Sessions => text.live_title(),
            Self::Events => text.events_title(),
            Self::Security => text.security_title(),
            Self::Isolation => text.isolation_title(),
            Self::SignIn => text.methods_title(),
            Self::Mail => text.mail_title(),
            Self::Webhooks => text.webhooks_title(),
            Self::Domains => text.domains_title(),
            Self::Look => text.look_title(),
            Self::Backups => text.backups_title(),
            Self::Settings => text.settings_title(),
        }
    }
}

/// Which tenant a page is of, and where one can go in it.
#[derive(Debug, Clone)]
pub struct TenantTop {
    /// Its name.
    pub slug: String,
    /// Its path in the console, `/w/acme/t/shop`.
    pub path: String,
    /// Its sign-in page's site, `https://shop.example.com`.
    pub url: String,
    /// Where it is in its life.
    pub state: TenantState,
    /// This page.
    pub place: TenantPlace,
    /// The pages that the visitor may see.
    pub places: Vec<TenantPlace>,
}

impl TenantTop {
    /// Whether the visitor may see this page.
    pub(crate) fn shows(&self, place: TenantPlace) -> bool {
        self.places.contains(&place)
    }

    /// The pages of the menu, each with whether it begins what is about something else than the one before.
    pub(crate) fn menu(&self) -> impl Iterator<Item = (TenantPlace, bool)> {
        let before = [None].into_iter().chain(self.places.iter().map(|place| Some(place.subject())));
        self.places
            .iter()
            .zip(before)
            .map(|(place, before)| (*place, before.is_some_and(|before| before != place.subject())))
    }
}

/// How a tenant stands.
#[derive(Debug, Clone, Template)]
#[template(path = "tenant.html")]
pub struct TenantOverview {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// When it was asked for.
    pub created: Timestamp,
    /// How far it is, until it runs.
    pub progress: Option<Progress>,
    /// Its only user, who was active today.
    pub first: Option<FirstUser>,
    /// The path of the server-sent events that tell when this page is another one, while somebody will wait for it.
    pub live: Option<String>,
    /// Its figures, while it can be asked.
    pub figures: Option<FigureSet>,
    /// What happened last, where the visitor may know and it can be asked; the newest first.
    pub events: Option<Vec<EventRow>>,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
    /// The present.
    pub now: Timestamp,
}

impl TenantOverview {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }

    /// Whether nobody has come yet.
    pub(crate) fn is_new(&self) -> bool {
        self.figures.as_ref().is_some_and(|figures| figures.users == 0)
    }

    /// What an application has to be told, in the words of its client library.
    pub(crate) fn snippet(&self) -> String {
        format!(
            "import {{ createAuthClient }} from 'better-auth/client';\n\nexport const auth = createAuthClient({{ baseURL: '{}' }});",
            self.tenant.url
        )
    }
}

/// A page of a tenant that is not running, so that its engine cannot be asked.
#[derive(Debug, Clone, Template)]
#[template(path = "tenant-away.html")]
pub struct TenantAway {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
}

impl TenantAway {
    pub(crate) fn title(&self) -> String {
        self.tenant.place.words(self.frame.text())
    }
}
