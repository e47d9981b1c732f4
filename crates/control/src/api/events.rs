//! A tenant's log, for operators: asked of its engine, which has the keys to what is personal in it.

use axum::{http::Uri, response::Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{
    Problem,
    code::Code,
    input::Asked,
    page::{self, Limit, Page},
    progress::ProgressEvent,
    reading::Reading,
};

/// What cursors of this list begin with.
const LIST: &str = "events";
/// Where the engine has it.
const EVENTS: &str = "/api/auth/audit/events";
/// The same as a file.
const EXPORT: &str = "/api/auth/audit/events/export";

/// The longest values of filters, in characters; their descriptions below say the same.
const LONGEST: &[(&str, usize)] = &[
    ("id", 36),
    ("type", 1000),
    ("actor", 254),
    ("subject", 200),
    ("email", 254),
    ("ip", 45),
    ("country", 2),
    ("network", 12),
    ("browser", 20),
    ("os", 20),
    ("device", 20),
    ("request_id", 32),
];

/// The queries of lists and of live views, which have their filters in common.
macro_rules! queries {
    ($($(#[$about:meta])* struct $name:ident { $($more:tt)* })+) => {
        $(
            $(#[$about])*
            #[derive(Deserialize, Serialize, IntoParams)]
            #[serde(deny_unknown_fields)]
            #[into_params(parameter_in = Query)]
            pub(super) struct $name {
                /// Only of these types, with commas between: `session.created`, `session.*` for all of a thing, `-session.*` for all
                /// but these.
                #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
                #[param(max_length = 1000, example = "session.*")]
                kind: Option<String>,
                /// Only with this outcome: `success` or `failure`.
                #[serde(skip_serializing_if = "Option::is_none")]
                #[param(inline)]
                outcome: Option<OutcomeFilter>,
                /// Only what this user did, by their id or their e-mail address; or `operator:NAME`.
                #[serde(skip_serializing_if = "Option::is_none")]
                #[param(max_length = 254)]
                actor: Option<String>,
                /// Only what is about this user, or about the address that `address:…` stands for.
                #[serde(skip_serializing_if = "Option::is_none")]
                #[param(max_length = 200)]
                subject: Option<String>,
                /// Only what the user with this e-mail address did or what is about them, or about the address itself.
                #[serde(skip_serializing_if = "Option::is_none")]
                #[param(max_length = 254)]
                email: Option<String>,
                /// Only requests from this address; of an IPv6 address the /64 counts.
                #[serde(skip_serializing_if = "Option::is_none")]
                #[param(max_length = 45)]
                ip: Option<String>,
                /// Only requests from this country (ISO 3166-1 alpha-2). There are countries where the instance has a database
                /// of them.
                #[serde(skip_serializing_if = "Option::is_none")]
                #[param(max_length = 2, example = "FR")]
                country: Option<String>,
                /// Only requests from this network, by the number of its autonomous system; likewise.
                #[serde(skip_serializing_if = "Option::is_none")]
                #[param(max_length = 12, example = "AS3215")]
                network: Option<String>,
                /// Only requests of this browser or program, such as `firefox` or `curl`.
                #[serde(skip_serializing_if = "Option::is_none")]
                #[param(max_length = 20)]
                browser: Option<String>,
                /// Only requests from this system, such as `android`.
                #[serde(skip_serializing_if = "Option::is_none")]
                #[param(max_length = 20)]
                os: Option<String>,
                /// Only requests from such a device: `phone`, `tablet`, `desktop`, `bot`; `iphone`, `ipad`.
                #[serde(skip_serializing_if = "Option::is_none")]
                #[param(max_length = 20)]
                device: Option<String>,
                /// Only what this request did.
                #[serde(skip_serializing_if = "Option::is_none")]
                #[param(max_length = 32)]
                request_id: Option<String>,
                /// Only from this moment on.
                #[serde(skip_serializing_if = "Option::is_none")]
                #[param(value_type = Option<String>, format = DateTime)]
                from: Option<Timestamp>,
                /// Only before this moment.
                #[serde(skip_serializing_if = "Option::is_none")]
                #[param(value_type = Option<String>, format = DateTime)]
                to: Option<Timestamp>,
                $($more)*
            }
        )+
    };
}

queries! {
    /// Which events to list.
    struct Wanted {
        /// How many, at most. A page may have fewer and yet have a next one.
        #[serde(skip_serializing)]
        #[param(minimum = 1, maximum = 1000, default = 100)]
        limit: Option<u16>,
        /// `next_cursor` of the page before.
        #[serde(skip_serializing)]
        #[param(max_length = 256, pattern = "^[A-Za-z0-9_-]+$")]
        cursor: Option<String>,
        /// Only the event with this id.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[param(max_length = 36)]
        id: Option<String>,
    }

    /// Which events to watch.
    struct Filters {}

    /// Which events to take out.
    struct WantedFile {
        /// How they are written down.
        #[param(inline)]
        format: Format,
    }
}

/// How events are written down in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    /// A table (RFC 4180).
    Csv,
    /// Lines of JSON, each with the proof that the log has the event.
    Ndjson,
}

impl Format {
    /// The name, which ends the names of files, too.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
        }
    }
}

/// How an event ended.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum OutcomeFilter {
    /// It was done.
    Success,
    /// It was not.
    Failure,
}

/// An event of a tenant's log.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description of what engines write")]
pub(super) struct EventResource {
    /// Its id, in the order of time.
    id: String,
    /// Its number in the tenant's database. Numbers have gaps.
    seq: i64,
    /// What happened.
    #[schema(example = "session.created")]
    r#type: String,
    /// `success` or `failure`.
    outcome: String,
    /// When.
    at: String,
    /// The request that did it.
    request_id: Option<String>,
    /// Who did it.
    actor: Option<NamedResource>,
    /// Whom or what it is about.
    subject: Option<NamedResource>,
    /// How they proved who they are.
    method: Option<String>,
    /// Where the request came from; null once its owner is erased.
    ip: Option<String>,
    /// The country of that address when it happened (ISO 3166-1 alpha-2); null where there is no database of countries.
    country: Option<String>,
    /// The network of that address when it happened: the number of its autonomous system, and who runs it.
    #[schema(example = "AS3215 Orange")]
    network: Option<String>,
    /// What it came with; null as `ip`.
    user_agent: Option<String>,
    /// The browser or program that the user agent says it is.
    #[schema(example = "firefox")]
    browser: Option<String>,
    /// Its system.
    #[schema(example = "android")]
    os: Option<String>,
    /// The kind of device: `phone`, `tablet`, `desktop`, `bot`; `iphone` and `ipad` are told apart.
    device: Option<String>,
    /// What else there is to say.
    facts: Option<Value>,
    /// What is personal of the subject; null once they are erased.
    personal: Option<Value>,
    /// Whether something personal can be read by nobody any more.
    is_erased: bool,
}

/// Whom an event names.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description of what engines write")]
pub(super) struct NamedResource {
    /// As the log has it: `user:…` is a random id of a user in this log; or `operator:…`, `address:…`.
    r#ref: String,
    /// The user's id, until they are erased.
    user_id: Option<String>,
}

/// List the events of a tenant
///
/// The newest first. The tenant's own log says who read it. Personal data are told as long as the person exists.
#[utoipa::path(get, path = "/tenants/{tenant}/audit/events", tag = "Audit log",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop"), Wanted), responses(
    (status = 200, description = "A page of events", body = Page<EventResource>),
))]
pub(super) async fn list(
    uri: Uri,
    reading: Reading,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let limit = Limit::of(wanted.limit)?;
    let cursor = page::position(LIST, wanted.cursor.as_deref())?;
    let limit = limit.get().to_string();
    let page = [("limit", Some(limit.as_str())), ("cursor", cursor.as_deref())];
    let body =
        reading.of_log().refused_as(Problem::invalid_filter).ask(&target(EVENTS, &wanted, &page)?).await?;
    #[derive(Deserialize)]
    struct Told {
        events: Vec<Value>,
        next: Option<String>,
    }
    let told: Told = serde_json::from_slice(&body).map_err(|_| Problem::from(Code::EngineAnswer))?;
    Ok(page::page_of(LIST, &uri, told.events, told.next.as_deref()))
}

/// Watch the events of a tenant
///
/// Server-sent events, from now on: `open` first, `event` with each event when it is committed, `missed` when the reader is
/// too slow to be told all, which ends it. What the control plane and the auditor write is in the list only.
#[utoipa::path(get, path = "/tenants/{tenant}/audit/events/live", tag = "Audit log",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop"), Filters), responses(
    (status = 200, description = "The events", content_type = "text/event-stream", body = ProgressEvent),
))]
pub(super) async fn live(reading: Reading, Asked(filters): Asked<Filters>) -> Result<Response, Problem> {
    reading
        .of_log()
        .refused_as(Problem::invalid_filter)
        .watch(&target(&format!("{EVENTS}/live"), &filters, &[])?)
        .await
}

/// Export events of a tenant
///
/// The newest that fit, 100,000 at most, with what is personal as long as the person exists. The tenant's log tells who took
/// them. As `csv` a table (RFC 4180) that no spreadsheet takes for formulas. As `ndjson` a line with the newest cosigned
/// checkpoint, and a line for each event with its index, its entry and its inclusion proof, which `kiavi audit proof verify`
/// reads. One that ends without its last line break was cut off.
#[utoipa::path(get, path = "/tenants/{tenant}/audit/events/export", tag = "Audit log",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop"), WantedFile), responses(
    (status = 200, description = "The file", content((String = "text/csv"), (String = "application/x-ndjson"))),
))]
pub(super) async fn export(reading: Reading, Asked(wanted): Asked<WantedFile>) -> Result<Response, Problem> {
    reading
        .of_log()
        .refused_as(Problem::invalid_filter)
        .stream(&target(EXPORT, &wanted, &[])?, wanted.format.media_type())
        .await
}

/// The file of events that the engine finds by a query of its own.
pub(super) async fn file(
    reading: Reading,
    format: Format,
    query: &[(&str, &str)],
) -> Result<Response, Problem> {
    let target = {
        let mut target = url::form_urlencoded::Serializer::for_suffix(format!("{EXPORT}?"), EXPORT.len() + 1);
        target.append_pair("format", format.name()).extend_pairs(query).finish()
    };
    let reading = reading.of_log().refused_as(Problem::invalid_filter);
    reading.stream(&target, format.media_type()).await
}

/// Path and query of the engine's route.
fn target(path: &str, filters: &impl Serialize, page: &[(&str, Option<&str>)]) -> Result<String, Problem> {
    let filters = serde_json::to_value(filters).map_err(|error| Problem::internal(&error))?;
    let mut query = url::form_urlencoded::Serializer::for_suffix(format!("{path}?"), path.len() + 1);
    for (name, value) in filters.as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        if let Some((_, limit)) =
            LONGEST.iter().find(|(of, limit)| of == name && value.chars().count() > *limit)
        {
            return Err(Problem::invalid_query(format!("`{name}` has at most {limit} characters.")));
        }
        query.append_pair(name, value);
    }
    query.extend_pairs(page.iter().filter_map(|(name, value)| Some((name, (*value)?))));
    Ok(query.finish())
}
