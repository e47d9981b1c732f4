//! A tenant's webhooks in the console: the endpoints, one of them with what it was sent, one delivery with its attempts.

use askama::Template;
use jiff::Timestamp;

use crate::{ConsoleTop, Frame, Notice, Place, TenantTop, text::Text, when};

/// How an endpoint does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointState {
    /// It takes what it is sent.
    Active,
    /// The last event was not taken; it is tried again.
    Failing,
    /// The settings say that it is sent nothing.
    Paused,
    /// It failed for too long, or asked to be sent nothing.
    Disabled,
    /// Nobody can say at the moment.
    Unknown,
}

impl EndpointState {
    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Active => text.webhooks_active(),
            Self::Failing => text.webhooks_failing(),
            Self::Paused => text.webhooks_paused(),
            Self::Disabled => text.webhooks_disabled(),
            Self::Unknown => text.webhooks_unknown(),
        }
    }

    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Active => "good",
            Self::Failing => "warn",
            Self::Disabled => "bad",
            Self::Paused | Self::Unknown => "",
        }
    }
}

/// An endpoint.
#[derive(Debug, Clone)]
pub struct EndpointRow {
    /// What it is called.
    pub id: String,
    /// Where events are sent.
    pub url: String,
    /// Which events.
    pub events: Vec<String>,
    /// What it is for.
    pub description: String,
    /// Whether the settings say that it is sent events.
    pub is_enabled: bool,
    /// How it does.
    pub state: EndpointState,
    /// How many events wait for it.
    pub pending: i64,
    /// Since when it fails, if it does.
    pub failing_since: Option<Timestamp>,
    /// Why it was disabled, by a stable name.
    pub reason: Option<String>,
}

impl EndpointRow {
    /// The events as the form has them, one in a line.
    pub(crate) fn lines(&self) -> String {
        self.events.join("\n")
    }

    /// Whether it can be told to begin anew.
    pub(crate) fn is_retriable(&self) -> bool {
        matches!(self.state, EndpointState::Failing | EndpointState::Disabled)
    }
}

/// The endpoints of a tenant.
#[derive(Debug, Clone, Template)]
#[template(path = "webhooks.html")]
pub struct Webhooks {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// The endpoints, in the order of the settings.
    pub endpoints: Vec<EndpointRow>,
    /// Whether the visitor may change them.
    pub may_change: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
    /// The present.
    pub now: Timestamp,
}

impl Webhooks {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }
}

/// The form of a new endpoint.
#[derive(Debug, Clone, Template)]
#[template(path = "new-webhook.html")]
pub struct NewWebhook {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// What was typed.
    pub typed: EndpointRow,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
}

/// What became of a test event.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Whether it was taken.
    pub is_taken: bool,
    /// The HTTP status of the answer, if there was one.
    pub status: Option<i64>,
    /// How long it took, in milliseconds.
    pub duration: i64,
    /// What was in the way, by a stable name.
    pub fault: Option<String>,
    /// The beginning of the answer.
    pub answer: Option<String>,
}

/// One endpoint with what it was and will be sent, the newest first.
#[derive(Debug, Clone, Template)]
#[template(path = "webhook.html")]
pub struct Webhook {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// The endpoint, as it is or as typed.
    pub endpoint: EndpointRow,
    /// What is wrong with what was typed.
    pub fault: Option<String>,
    /// What became of the test event that was just sent.
    pub trial: Option<Trial>,
    /// What it was and will be sent, where the visitor may know and it can be asked.
    pub deliveries: Option<Vec<DeliveryRow>>,
    /// Which deliveries are shown.
    pub shown: Option<DeliveryState>,
    /// The address of what is older, if there is more.
    pub older: Option<String>,
    /// Whether the visitor may change it.
    pub may_change: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
    /// The present.
    pub now: Timestamp,
}

impl Webhook {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }

    /// The path of its page.
    pub(crate) fn path(&self) -> String {
        format!("{}/webhooks/{}", self.tenant.path, self.endpoint.id)
    }

    /// Whether only deliveries in this state are shown.
    pub(crate) fn is_shown(&self, state: &DeliveryState) -> bool {
        self.shown == Some(*state)
    }

    /// The choices of days for which the secret of before signs as well.
    pub(crate) fn overlaps(&self) -> [(i64, String); 3] {
        [1, 7, 30].map(|days| (days, self.frame.text().user_days(days)))
    }
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is sent when its turn comes.
    Pending,
    /// It was taken.
    Delivered,
    /// It was given up.
    Failed,
}

impl DeliveryState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];

    /// The stable name, as addresses and the engine have it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// The state of this name.
    pub fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.key() == key)
    }

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Pending => text.delivery_pending(),
            Self::Delivered => text.delivery_delivered(),
            Self::Failed => text.delivery_failed(),
        }
    }

    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Pending => "warn",
            Self::Delivered => "good",
            Self::Failed => "bad",
        }
    }
}

/// An event that an endpoint was or will be sent.
#[derive(Debug, Clone)]
pub struct DeliveryRow {
    /// Names it in addresses.
    pub id: String,
    /// The type of the event.
    pub kind: String,
    /// The event's id, which is the `webhook-id`.
    pub event: String,
    /// How far it is.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i64,
    /// When it came into being.
    pub created: Timestamp,
}

/// One try.
#[derive(Debug, Clone)]
pub struct AttemptRow {
    /// When.
    pub at: Timestamp,
    /// The HTTP status of the answer, if there was one.
    pub status: Option<i64>,
    /// How long it took, in milliseconds.
    pub duration: i64,
    /// What was in the way, by a stable name.
    pub fault: Option<String>,
    /// The beginning of the answer.
    pub answer: Option<String>,
}

impl AttemptRow {
    pub(crate) fn is_success(&self) -> bool {
        self.fault.is_none() && self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// The status, or what was in the way.
    pub(crate) fn outcome(&self) -> String {
        let status = self.status.map(|status| status.to_string());
        status.into_iter().chain(self.fault.clone()).collect::<Vec<_>>().join(" ")
    }
}

/// One delivery with its attempts.
#[derive(Debug, Clone, Template)]
#[template(path = "webhook-delivery.html")]
pub struct WebhookDelivery {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// What the endpoint is called.
    pub endpoint: String,
    /// The delivery.
    pub row: DeliveryRow,
    /// The path of the event in the log.
    pub event: String,
    /// The attempts, the first one first.
    pub attempts: Vec<AttemptRow>,
    /// The body that is sent.
    pub body: String,
    /// Whether the visitor may have it sent again.
    pub may_replay: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
    /// The present.
    pub now: Timestamp,
}

impl WebhookDelivery {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }

    /// The path of its endpoint's page.
    pub(crate) fn path(&self) -> String {
        format!("{}/webhooks/{}", self.tenant.path, self.endpoint)
    }
}
