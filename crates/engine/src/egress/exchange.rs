//! One request and its answer on one connection, by HTTP/1.1.

use std::pin::pin;

use axum::http::header::{CONNECTION, HOST, HeaderValue, USER_AGENT};
use axum::http::{HeaderMap, Request, Response, Uri, Version};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::EgressError;

/// The longest body of an answer, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// The longest head of an answer, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// Who asks; some servers answer nobody who does not say.
const USER_AGENT_VALUE: HeaderValue = HeaderValue::from_static("kiavi");

/// Sends the request and reads the answer to its end. The connection is not used again.
pub(super) async fn exchange<S>(stream: S, request: Request<Bytes>) -> Result<Response<Bytes>, EgressError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let request = wire_form(request)?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failure(&error))?;
    let mut answer = pin!(async move {
        let response = sender.send_request(request).await.map_err(|error| failure(&error))?;
        read(response).await
    });
    // Driven here and not by a task of its own, so that it ends with whoever waits for the answer. It may end before
    // the answer has been taken out of it.
    tokio::select! {
        answer = &mut answer => answer,
        _ = connection => answer.await,
    }
}

/// RFC 9112 §3.2.1: the path alone in the request line, the host in a header of its own (§3.2).
fn wire_form(request: Request<Bytes>) -> Result<Request<Full<Bytes>>, EgressError> {
    let (mut head, body) = request.into_parts();
    let authority = head.uri.authority().ok_or(EgressError::Refused)?;
    let host = HeaderValue::from_str(authority.as_str()).map_err(|_| EgressError::Refused)?;
    head.headers.insert(HOST, host);
    head.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    head.headers.entry(USER_AGENT).or_insert(USER_AGENT_VALUE);
    head.version = Version::HTTP_11;
    let path = head.uri.path_and_query().cloned();
    head.uri = path.map_or_else(|| Uri::from_static("/"), Uri::from);
    Ok(Request::from_parts(head, Full::new(body)))
}

async fn read(response: Response<Incoming>) -> Result<Response<Bytes>, EgressError> {
    let (head, body) = response.into_parts();
    if announced(&head.headers).is_some_and(|length| length > MAX_BODY as u64) {
        return Err(EgressError::TooLarge);
    }
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => Ok(Response::from_parts(head, body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(EgressError::TooLarge),
        Err(error) => Err(error.downcast_ref().map_or(EgressError::Unreachable, failure)),
    }
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(axum::http::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn failure(error: &hyper::Error) -> EgressError {
    if error.is_parse() || error.is_parse_too_large() {
        EgressError::Protocol
    } else {
        EgressError::Unreachable
    }
}
