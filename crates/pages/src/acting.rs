//! Acting as a user: the console's question why and for how long, and the page on which it begins.

use askama::Template;

use crate::{ConsoleTop, Frame, Notice, Place, TenantTop, UserRow, when};

/// The console's form.
#[derive(Debug, Clone, Template)]
#[template(path = "act-as.html")]
pub struct ActAs {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// As whom.
    pub user: UserRow,
    /// The reason that was typed.
    pub reason: String,
    /// The minutes that were chosen.
    pub minutes: u32,
    /// What there is to choose, in minutes.
    pub choices: &'static [u32],
    /// What is wrong with that.
    pub notice: Option<Notice>,
}

impl ActAs {
    pub(crate) fn path(&self) -> String {
        format!("{}/users/{}", self.tenant.path, self.user.id)
    }

    /// The choices with their words.
    pub(crate) fn terms(&self) -> Vec<(u32, String)> {
        let words = |minutes: &u32| (*minutes, when::span(self.frame.text(), u64::from(*minutes) * 60));
        self.choices.iter().map(words).collect()
    }

    /// Whether the reason is what is wrong.
    pub(crate) fn is_about_reason(&self) -> bool {
        self.notice == Some(Notice::UserActReason)
    }
}

/// The tenant's page that asks before it begins.
#[derive(Debug, Clone, Template)]
#[template(path = "acting.html")]
pub struct ActingOffer {
    /// The frame around the content.
    pub frame: Frame,
    /// What the person is called whom the visitor will act as; may be empty.
    pub name: String,
    /// Their address.
    pub email: String,
    /// For how long, in seconds.
    pub seconds: u32,
    /// Why.
    pub reason: String,
    /// As whom the visitor is signed in here themselves, if they are.
    pub own: Option<String>,
}

impl ActingOffer {
    pub(crate) fn label(&self) -> &str {
        if self.name.is_empty() { &self.email } else { &self.name }
    }

    pub(crate) fn time(&self) -> String {
        when::span(self.frame.text(), self.seconds.into())
    }
}
