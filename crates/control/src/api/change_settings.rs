//! Changing a tenant's settings.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use kiavi_base::TenantId;
use kiavi_http::{BodyError, parse_json, read_body};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{
    Problem,
    code::Code,
    input::{Asked as Input, integer},
    settings::{UNDELIVERED, document, with_tag},
};
use crate::{
    Control, ControlError, Tenant, TenantState,
    caller::Actor,
    settings::{self, Decided, Proposal, merge, secrets},
    tenant::{Target, store},
};

/// How long an answer waits for the change to reach the engine, which takes a fraction of a second.
const WAIT: Duration = Duration::from_secs(10);
/// How often a change that states no version is tried against others that come at the same time.
const ATTEMPTS: usize = 8;
/// Longest comment, in characters.
const MAX_COMMENT: usize = 200;
/// The media type of a merge patch (RFC 7396 §4).
const MERGE_PATCH: &str = "application/merge-patch+json";

#[derive(Deserialize, Clone, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Options {
    /// Check the change and tell what it would be; change nothing.
    #[serde(default)]
    #[param(default = false)]
    dry_run: bool,
    /// Why, for whoever reads the versions.
    #[param(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "longer sessions")]
    comment: Option<String>,
}

/// A request for a change, as all routes take it.
pub(super) struct Asked {
    change: Change,
    /// The version that `If-Match` names, if it is there.
    version: Option<Match>,
    sent: Sent,
}

/// The body that came along, and what it is said to be.
struct Sent {
    headers: HeaderMap,
    body: Body,
}

impl FromRequest<Control> for Asked {
    type Rejection = Problem;

    async fn from_request(request: Request, control: &Control) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let found = Extension::<Arc<Tenant>>::from_request_parts(&mut parts, control).await;
        let Extension(tenant) = found.map_err(|error| Problem::internal(&error))?;
        let Ok(actor) = Actor::from_request_parts(&mut parts, control).await;
        let options = checked(Input::<Options>::from_request_parts(&mut parts, control).await?)?;
        let version = if_match(&parts.headers)?;
        let change = Change { control: control.clone(), actor, id: tenant.id.clone(), options };
        Ok(Self { change, version, sent: Sent { headers: parts.headers, body } })
    }
}

/// What became of a change.
#[derive(Serialize, ToSchema)]
pub(super) struct Changed {
    /// The version that is current now.
    #[schema(example = 8)]
    version: i32,
    /// What differs from the version before; nothing when it was the same.
    changes: Vec<settings::Change>,
    /// Whether the running engine has it.
    delivered: bool,
    /// Whether it was only tried.
    dry_run: bool,
    /// The whole document; secrets are shown as `***`.
    #[schema(value_type = Object)]
    settings: Value,
}

/// Replace settings
///
/// The whole document, made from the version that `If-Match` names. What is `***` stays the secret that it is. Answers
/// 200 once the running engine has it, which drops no connection; 202 when that takes longer than 10 s.
#[utoipa::path(put, path = "/tenants/{tenant}/settings", tag = "Settings",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop"),
        ("If-Match" = String, Header, description = "The entity tag of the version that this was made from", example = "\"7\""),
        Options),
    request_body(content = Object, description = "As `GET` shows it; see the reference of the settings"), responses(
    (status = 200, description = "Changed and delivered", body = Changed,
        headers(("ETag" = String, description = "The new version"))),
    (status = 202, description = "Changed, and on its way to the engine", body = Changed,
        headers(("ETag" = String, description = "The new version"))),
))]
pub(super) async fn replace(asked: Asked) -> Result<Response, Problem> {
    let Asked { change, version, sent } = asked;
    let version = version.ok_or(Code::IfMatchRequired)?;
    let document = sent.object("application/json").await?;
    change.make(version, Wish::Whole(document)).await
}

/// Change settings
///
/// A JSON Merge Patch (RFC 7396): members that are named are set, or removed with null. With `If-Match` only on that
/// version.
#[utoipa::path(patch, path = "/tenants/{tenant}/settings", tag = "Settings",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop"),
        ("If-Match" = Option<String>, Header, description = "Change this version only", example = "\"7\""), Options),
    request_body(content((Object = "application/merge-patch+json"), (Object = "application/json"))), responses(
    (status = 200, description = "Changed and delivered", body = Changed,
        headers(("ETag" = String, description = "The new version"))),
    (status = 202, description = "Changed, and on its way to the engine", body = Changed,
        headers(("ETag" = String, description = "The new version"))),
))]
pub(super) async fn patch(asked: Asked) -> Result<Response, Problem> {
    let Asked { change, version, sent } = asked;
    let patch = sent.object(MERGE_PATCH).await?;
    change.make(version.unwrap_or(Match::Any), Wish::Patch(patch)).await
}

/// The version to go back to.
#[derive(Deserialize, ToSchema)]
#[schema(as = Rollback)]
#[serde(deny_unknown_fields)]
pub(super) struct Back {
    #[schema(example = 6, minimum = 1, maximum = 2_147_483_647)]
    #[serde(deserialize_with = "integer")]
    version: i32,
}

/// Go back to earlier settings
///
/// Makes a version of before the newest again, with the secrets of then. Base URL and hostnames stay as they are.
#[utoipa::path(post, path = "/tenants/{tenant}/settings/rollback", tag = "Settings",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop"),
        ("If-Match" = Option<String>, Header, description = "Change this version only", example = "\"7\""), Options),
    request_body = Back, responses(
    (status = 200, description = "Changed and delivered", body = Changed,
        headers(("ETag" = String, description = "The new version"))),
    (status = 202, description = "Changed, and on its way to the engine", body = Changed,
        headers(("ETag" = String, description = "The new version"))),
))]
pub(super) async fn roll_back(asked: Asked) -> Result<Response, Problem> {
    let Asked { mut change, version, sent } = asked;
    let body = sent.object("application/json").await?;
    let back: Back =
        serde_json::from_value(body).map_err(|error| Problem::invalid_body(format!("{error}.")))?;
    change.options.comment.get_or_insert_with(|| back_to(back.version));
    change.make(version.unwrap_or(Match::Any), Wish::Back(back.version)).await
}

/// Which version a change may be made on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Match {
    Any,
    /// One of these.
    Tags(Vec<i32>),
}

/// What the settings shall become.
enum Wish {
    /// This document.
    Whole(Value),
    /// What a merge patch makes of them.
    Patch(Value),
    /// What they were in this version.
    Back(i32),
}

impl Wish {
    async fn document(&self, control: &Control, tenant: &Tenant) -> Result<Value, Problem> {
        match self {
            Self::Whole(document) => Ok(document.clone()),
            Self::Patch(patch) => Ok(merge(secrets::masked(&tenant.settings), patch)),
            Self::Back(version) => earlier(control, tenant, *version).await,
        }
    }
}

/// The document of an earlier version, with the secrets of then.
pub(super) async fn earlier(control: &Control, tenant: &Tenant, version: i32) -> Result<Value, Problem> {
    let old = document(control, tenant, version).await?;
    let opened = secrets::opened(&*control.parts().vault, &tenant.id, &old).await;
    Ok(settings::without_fixed(opened.map_err(ControlError::from)?))
}

/// The comment of a change that makes an earlier version the newest again.
pub(super) fn back_to(version: i32) -> String {
    format!("back to version {version}")
}

/// A change of a tenant, whichever it is.
struct Change {
    control: Control,
    actor: Actor,
    id: TenantId,
    options: Options,
}

impl Change {
    /// Makes `wish` true on `version` and waits for the engine to have it.
    async fn make(self, version: Match, wish: Wish) -> Result<Response, Problem> {
        for _ in 0..ATTEMPTS {
            let found = store::find(&self.control.parts().database, self.id.as_str()).await?;
            let tenant = found.ok_or_else(|| Problem::tenant_not_found(self.id.as_str()))?;
            if matches!(tenant.target, Target::Deleted | Target::Destroyed) {
                return Err(Code::TenantDeleting.into());
            }
            let is_current = match &version {
                Match::Any => true,
                Match::Tags(versions) => versions.contains(&tenant.settings_version),
            };
            if !is_current {
                return Err(ControlError::SettingsChangedMeanwhile.into());
            }
            let Options { dry_run: is_trial, comment } = self.options.clone();
            let document = wish.document(&self.control, &tenant).await?;
            let proposal = Proposal { document, comment, is_trial };
            match settings::change(&self.control, &self.actor, &tenant, proposal).await {
                Ok(decided) => return self.answer(&tenant, decided).await,
                // With a stated version the next look at the tenant refuses it.
                Err(ControlError::SettingsChangedMeanwhile) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ControlError::SettingsChangedMeanwhile.into())
    }

    async fn answer(&self, tenant: &Tenant, decided: Decided) -> Result<Response, Problem> {
        let is_trial = self.options.dry_run;
        let is_delivered = is_trial || is_delivered(&self.control, &tenant.id, decided.version).await?;
        let body = Changed {
            version: decided.version,
            changes: decided.changes,
            delivered: is_delivered,
            dry_run: is_trial,
            settings: secrets::masked(&decided.document),
        };
        let status = if is_delivered { StatusCode::OK } else { StatusCode::ACCEPTED };
        Ok(with_tag((status, Json(body)).into_response(), decided.version, is_delivered))
    }
}

/// Waits for the running engine to have this version of the settings; whether it has.
pub(super) async fn is_delivered(control: &Control, id: &TenantId, version: i32) -> Result<bool, Problem> {
    // A tenant that is still being made gets its settings when it is.
    let is_over =
        |tenant: &Tenant| tenant.settings_delivered >= version || tenant.state != TenantState::Running;
    Ok(match tokio::time::timeout(WAIT, control.wait(id, is_over)).await {
        Ok(settled) => settled?.is_some_and(|tenant| tenant.settings_delivered >= version),
        Err(_) => false,
    })
}

/// Whether a text can be a comment.
#[allow(clippy::ptr_arg, reason = "for options")]
pub(super) fn is_comment(text: &String) -> bool {
    text.chars().count() <= MAX_COMMENT && !text.chars().any(char::is_control)
}

fn checked(Input(options): Input<Options>) -> Result<Options, Problem> {
    if options.comment.as_ref().is_none_or(is_comment) {
        Ok(options)
    } else {
        Err(Problem::invalid_query(format!("\"comment\" has at most {MAX_COMMENT} printable characters.")))
    }
}

/// The versions that `If-Match` names (RFC 9110 §13.1.1).
fn if_match(headers: &HeaderMap) -> Result<Option<Match>, Problem> {
    let lines: Result<Vec<_>, _> =
        headers.get_all(header::IF_MATCH).iter().map(|line| line.to_str()).collect();
    let list = lines.map_err(|_| Code::InvalidIfMatch)?.join(",");
    match list.trim() {
        "" if !headers.contains_key(header::IF_MATCH) => Ok(None),
        "*" => Ok(Some(Match::Any)),
        list => tags(list).map(|tags| Some(Match::Tags(tags))).ok_or_else(|| Code::InvalidIfMatch.into()),
    }
}

/// The versions in a list of entity tags; `None` when it is no such list. A weak tag matches nothing here (§8.8.3.2),
/// and neither does one that no version has.
fn tags(list: &str) -> Option<Vec<i32>> {
    let (mut rest, mut versions) = (list, Vec::new());
    loop {
        let (is_weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |quoted| (true, quoted));
        let (tag, after) = quoted.strip_prefix('"')?.split_once('"')?;
        // What may follow the number is about its delivery, not about the document.
        let version = tag.strip_suffix(UNDELIVERED).unwrap_or(tag).parse::<i32>().ok();
        versions.extend(version.filter(|_| !is_weak));
        match after.trim_start() {
            "" => return Some(versions),
            after => rest = after.strip_prefix(',')?.trim_start(),
        }
    }
}

impl Sent {
    /// One JSON object of this media type, or plainly JSON.
    async fn object(self, media_type: &str) -> Result<Value, Problem> {
        let Self { headers, body } = self;
        let bytes = read_body(body).await?;
        let given = headers.get(header::CONTENT_TYPE).and_then(|line| line.to_str().ok()).unwrap_or_default();
        let is_given =
            given.split(';').next().is_some_and(|given| given.trim().eq_ignore_ascii_case(media_type));
        let json = if is_given {
            Some(serde_json::from_slice(&bytes).map_err(|_| BodyError::Malformed)?)
        } else {
            parse_json(&headers, &bytes)?
        };
        match json {
            Some(document @ Value::Object(_)) => Ok(document),
            _ => Err(Problem::invalid_body(format!("Send a JSON object as {media_type}."))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tag(lines: &[&str]) -> Result<Option<Match>, ()> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::IF_MATCH, line.parse().unwrap());
        }
        if_match(&headers).map_err(drop)
    }

    #[test]
    fn strong_tags_name_versions() {
        let versions = |versions: &[i32]| Ok(Some(Match::Tags(versions.to_vec())));
        assert_eq!(tag(&[]), Ok(None));
        assert_eq!(tag(&["*"]), Ok(Some(Match::Any)));
        assert_eq!(tag(&["\"7\""]), versions(&[7]));
        assert_eq!(tag(&["\"7-undelivered\""]), versions(&[7]));
        assert_eq!(tag(&["\"7\", \"8\"", "\"9\""]), versions(&[7, 8, 9]));
        for nothing in ["\"x\"", "W/\"7\"", "\"\"", "\"7,8\"", "W/\"a\" , \"b\""] {
            assert_eq!(tag(&[nothing]), versions(&[]), "{nothing}");
        }
        for bad in [&["7"][..], &["\"7"], &["\""], &[""], &["\"7\" \"8\""], &["\"7\","], &["*, \"7\""]] {
            assert_eq!(tag(bad), Err(()), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_tag_panics(line in "[ -~]{0,40}") {
            let _ = tag(&[&line]);
        }
    }
}
