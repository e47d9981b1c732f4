//! Lists in pages: a position after which the next page begins, so that what comes and goes meanwhile neither repeats
//! nor hides anything.

use axum::{
    Json,
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Problem, code::Code};
use crate::position::Position;

/// How many one page has when nothing is said.
const DEFAULT_LIMIT: u16 = 100;
/// How many one page has at most.
const MAX_LIMIT: u16 = 1000;
/// Longest cursor.
const MAX_CURSOR: usize = 256;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// What is on this page.
    items: Vec<T>,
    /// The `cursor` of the page after this one; null on the last. `Link` with `rel="next"` has its whole address.
    next_cursor: Option<String>,
}

/// How many one page has, at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit(u16);

impl Limit {
    /// As somebody wants it.
    pub(super) fn of(wanted: Option<u16>) -> Result<Self, Problem> {
        let limit = wanted.unwrap_or(DEFAULT_LIMIT);
        if (1..=MAX_LIMIT).contains(&limit) {
            Ok(Self(limit))
        } else {
            Err(Problem::invalid_query(format!("\"limit\" is between 1 and {MAX_LIMIT}.")))
        }
    }

    pub(super) const fn get(self) -> u16 {
        self.0
    }

    /// How many to read: one more tells whether there is another page.
    pub(super) fn and_one(self) -> i64 {
        i64::from(self.0) + 1
    }
}

/// The position that a cursor of a list by time stands for; without one, where it begins.
pub(super) fn position_in_time(
    list: &str,
    cursor: Option<&str>,
    begins: Position,
) -> Result<Position, Problem> {
    match position(list, cursor)? {
        None => Ok(begins),
        Some(text) => text.parse().map_err(|_| Code::InvalidCursor.into()),
    }
}

/// A part of a name, of `longest` characters at most, as the database is asked for it: it has no text with NUL, and no name has it either.
pub(super) fn searched(text: &str, longest: usize) -> Result<String, Problem> {
    if text.chars().count() > longest {
        return Err(Problem::invalid_query(format!("\"q\" has at most {longest} characters.")));
    }
    Ok(text.to_lowercase().replace('\0', "\u{fffd}"))
}

/// The position that a cursor of this list stands for.
pub(super) fn position(list: &str, cursor: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let bytes = Some(cursor).filter(|cursor| cursor.len() <= MAX_CURSOR);
    let bytes = bytes.and_then(|cursor| URL_SAFE_NO_PAD.decode(cursor).ok());
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let position = text.as_deref().and_then(|text| text.strip_prefix(list)?.strip_prefix(':'));
    // No position has other symbols.
    let position = position.filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
    position.map(|text| Some(text.to_owned())).ok_or_else(|| Code::InvalidCursor.into())
}

/// A page of at most `limit` of `rows`, of which there is one more if there is another page. `position` is where one
/// stands in the list, in visible ASCII.
pub(super) fn page<R, T: Serialize>(
    list: &str,
    uri: &Uri,
    mut rows: Vec<R>,
    limit: Limit,
    position: impl Fn(&R) -> String,
    resource: impl Fn(R) -> T,
) -> Response {
    let limit = usize::from(limit.get());
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| has_more);
    let next = last.map(position);
    page_of(list, uri, rows.into_iter().map(resource).collect(), next.as_deref())
}

/// The same of rows that are a page already; `next` is where the one after it begins.
pub(super) fn page_of<T: Serialize>(list: &str, uri: &Uri, items: Vec<T>, next: Option<&str>) -> Response {
    let next_cursor = next.map(|next| URL_SAFE_NO_PAD.encode(format!("{list}:{next}")));
    let link = next_cursor.as_deref().map(|cursor| next_link(uri, cursor));
    let mut response = Json(Page { items, next_cursor }).into_response();
    if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

/// The address of the next page (RFC 8288), with everything else that was asked for.
fn next_link(uri: &Uri, cursor: &str) -> String {
    let asked = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(asked.filter(|(name, _)| name != "cursor")).append_pair("cursor", cursor);
    format!("<{}?{}>; rel=\"next\"", uri.path(), query.finish())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cursor_is_of_its_list() {
        let cursor = URL_SAFE_NO_PAD.encode("tenants:shop");
        assert_eq!(position("tenants", Some(&cursor)).unwrap().as_deref(), Some("shop"));
        assert!(position("keys", Some(&cursor)).is_err() && position("tenants", Some("shop")).is_err());
        assert_eq!(position("tenants", None).unwrap(), None);
    }

    #[test]
    fn the_next_page_is_asked_for_as_this_one() {
        let uri = "/v1/tenants?q=a%26b&cursor=old&limit=2".parse().unwrap();
        assert_eq!(next_link(&uri, "new"), "</v1/tenants?q=a%26b&limit=2&cursor=new>; rel=\"next\"");
    }

    proptest! {
        #[test]
        fn no_cursor_panics(cursor in "\\PC{0,80}", bytes: Vec<u8>) {
            for text in [cursor, URL_SAFE_NO_PAD.encode(bytes)] {
                if let Ok(Some(position)) = position("tenants", Some(&text)) {
                    prop_assert!(!position.contains('\0'));
                }
            }
        }
    }
}
