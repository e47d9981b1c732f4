//! What handlers take out of a request: JSON bodies, queries, and who acts.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::{HeaderMap, HeaderName, request::Parts},
};
use kiavi_base::RequestId;
use kiavi_http::{parse_json, read_body};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error},
};

use super::Problem;
use crate::{Caller, Control, attempt::Attempt, audit::Known, caller::Actor};

/// A JSON object, with the members of `T` and no other.
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Control> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Control) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = read_body(body).await?;
        match parse_json(&parts.headers, &bytes)? {
            // A list would do for serde, whose structs can be read from one.
            Some(serde_json::Value::Object(_)) => {}
            _ => return Err(Problem::invalid_body("Send a JSON object as application/json.")),
        }
        // From the text, not from the parsed value: that has lost members that came twice.
        let read = serde_json::from_slice(&bytes);
        read.map(Self).map_err(|error| Problem::invalid_body(format!("{error}.")))
    }
}

/// The query, with the parameters of `T` and no other.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Control> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, control: &Control) -> Result<Self, Problem> {
        let read = Query::<T>::from_request_parts(parts, control).await;
        read.map(|Query(asked)| Self(asked)).map_err(|error| Problem::invalid_query(error.body_text()))
    }
}

impl FromRequestParts<Control> for Actor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Control) -> Result<Self, Infallible> {
        Ok(Self {
            caller: parts.extensions.get::<Caller>().cloned(),
            request: parts.extensions.get::<RequestId>().copied(),
            attempt: parts.extensions.get::<Arc<Attempt>>().cloned(),
            known: parts.extensions.get::<Arc<Known>>().cloned(),
        })
    }
}

/// A whole number, also one that is written as `7.0`: JSON and its schemas make no difference.
pub(super) fn integer<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: TryFrom<i64>,
    D: Deserializer<'de>,
{
    let number = serde_json::Number::deserialize(deserializer)?;
    #[allow(clippy::cast_possible_truncation, reason = "a float without a fraction, and a cast saturates")]
    let whole = || number.as_f64().filter(|float| float.fract() == 0.0).map(|float| float as i64);
    let value = number.as_i64().or_else(whole).and_then(|number| T::try_from(number).ok());
    value.ok_or_else(|| D::Error::custom(format!("{number} is no whole number in range")))
}

/// The same where there may be none.
pub(super) fn optional_integer<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: TryFrom<i64>,
    D: Deserializer<'de>,
{
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Whole<T: TryFrom<i64>>(#[serde(deserialize_with = "integer")] T);

    Option::<Whole<T>>::deserialize(deserializer).map(|whole| whole.map(|Whole(number)| number))
}

/// The one line of a header, when there is exactly one that is visible text.
pub(super) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Result<&'a str, ()>> {
    let mut lines = headers.get_all(name).iter();
    let line = lines.next()?;
    Some(match (line.to_str(), lines.next()) {
        (Ok(text), None) => Ok(text),
        _ => Err(()),
    })
}
