//! Deciding who asks, before any route runs.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header::AUTHORIZATION},
    middleware::Next,
    response::Response,
};
use kiavi_base::SecretString;

use super::Problem;
use crate::{Caller, Control, management_key};

/// On the control socket everybody is the operator: its folder lets nobody else in.
pub(super) async fn as_operator(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Caller::LocalOperator);
    next.run(request).await
}

/// On the console's host a management key decides. There is no cookie, so no other site can make a browser send
/// it.
pub(super) async fn by_key(
    State(control): State<Control>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let key = bearer(request.headers()).ok_or_else(Problem::unauthorized)?;
    match management_key::caller_of(&control, &key).await? {
        Some(caller) => {
            request.extensions_mut().insert(caller);
            Ok(next.run(request).await)
        }
        None => {
            tracing::warn!("a request with an unknown management key was refused");
            Err(Problem::unauthorized())
        }
    }
}

/// The token of a single `Authorization: Bearer` header (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let (line, None) = (lines.next()?, lines.next()) else { return None };
    let (scheme, token) = line.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| SecretString::from(token))
}

#[cfg(test)]
mod tests {
    use kiavi_base::ExposeSecret;
    use proptest::prelude::*;

    use super::*;

    fn token(lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(AUTHORIZATION, line.parse().unwrap());
        }
        bearer(&headers).map(|token| token.expose_secret().to_owned())
    }

    #[test]
    fn one_bearer_line_has_a_token() {
        assert_eq!(token(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(token(&["bearer abc"]).as_deref(), Some("abc"));
        for bad in [&[][..], &["abc"], &["Basic abc"], &["Bearer a", "Bearer b"]] {
            assert_eq!(token(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_line_panics(line in "[ -~]{0,80}") {
            token(&[&line]);
        }
    }
}
