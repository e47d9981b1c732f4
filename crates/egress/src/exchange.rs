//! One request and its answer on one connection, by HTTP/1.1.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{HOST, HeaderValue, USER_AGENT};
use http::{HeaderMap, Request, Response, Uri, Version};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::AbortHandle;

use crate::EgressError;

/// The longest body of an answer, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// The longest head of an answer, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// Who asks; some servers answer nobody who does not say.
const USER_AGENT_VALUE: HeaderValue = HeaderValue::from_static("kiavi");

/// How long the beginning of an answer is waited for once its status is there.
const START_LIMIT: Duration = Duration::from_secs(1);

/// How much of an answer's body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of it; the answer is none if it has more than [`MAX_BODY`].
    Whole,
    /// So many bytes, or what comes of them within [`START_LIMIT`].
    Start(usize),
}

/// A request as it goes over the wire.
pub(crate) type WireRequest = Request<Full<Bytes>>;

/// A connection. It closes when this is dropped, whatever it is in the middle of.
pub(crate) struct Line {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: AbortHandle,
    /// The rest of an answer is still to come, so there is no next one.
    is_spent: bool,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) struct NoAnswer {
    pub(crate) error: EgressError,
    /// The request, if not a byte of it was sent.
    pub(crate) unsent: Option<Box<WireRequest>>,
}

impl Line {
    /// A connection over `stream`.
    pub(crate) async fn new<S>(stream: S) -> Result<Self, EgressError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(MAX_HEAD)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failure(&error))?;
        // How it ends shows in what is asked over it.
        let driver = tokio::spawn(async move { drop(connection.await) }).abort_handle();
        Ok(Self { sender, driver, is_spent: false })
    }

    /// Sends the request and reads the answer.
    pub(crate) async fn ask(
        &mut self,
        request: WireRequest,
        wanted: Wanted,
    ) -> Result<Response<Bytes>, NoAnswer> {
        // What is left of the answer before must be out of the way; also notices that the server has closed.
        if let Err(error) = self.sender.ready().await {
            return Err(NoAnswer { error: failure(&error), unsent: Some(Box::new(request)) });
        }
        match self.sender.try_send_request(request).await {
            Ok(response) => match wanted {
                Wanted::Whole => read(response).await.map_err(|error| NoAnswer { error, unsent: None }),
                Wanted::Start(limit) => {
                    let (response, is_whole) = read_start(response, limit).await;
                    self.is_spent = !is_whole;
                    Ok(response)
                }
            },
            Err(mut refused) => {
                let unsent = refused.take_message().map(Box::new);
                Err(NoAnswer { error: failure(refused.error()), unsent })
            }
        }
    }

    /// Whether the server, or what it said, has ended it.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_spent || self.sender.is_closed()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// RFC 9112 §3.2.1: the path alone in the request line, the host in a header of its own (§3.2).
pub(crate) fn wire_form(request: Request<Bytes>) -> Result<WireRequest, EgressError> {
    let (mut head, body) = request.into_parts();
    let authority = head.uri.authority().ok_or(EgressError::Refused)?;
    let host = HeaderValue::from_str(authority.as_str()).map_err(|_| EgressError::Refused)?;
    head.headers.insert(HOST, host);
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

/// The first `limit` bytes, and whether these are all. What is in the way of the rest does not matter: the status says
/// what became of the request.
async fn read_start(response: Response<Incoming>, limit: usize) -> (Response<Bytes>, bool) {
    let (head, mut body) = response.into_parts();
    let mut start = BytesMut::new();
    let reading = async {
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            let Some(data) = frame.data_ref() else { continue };
            let room = limit - start.len();
            start.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() > room {
                return false;
            }
        }
        true
    };
    let is_whole = tokio::time::timeout(START_LIMIT, reading).await.unwrap_or(false);
    (Response::from_parts(head, start.freeze()), is_whole)
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(http::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn failure(error: &hyper::Error) -> EgressError {
    if error.is_parse() || error.is_parse_too_large() {
        EgressError::Protocol
    } else {
        EgressError::Unreachable
    }
}
