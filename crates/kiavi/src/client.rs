//! Talking to a running instance: HTTP over its control socket, or to its console by a profile.

use std::{convert::Infallible, path::PathBuf};

use bytes::Bytes;
use futures_util::stream::unfold;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::{
    Method, Request, Response,
    body::{Body, Frame, Incoming},
    client::conn::http1,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, IF_MATCH},
};
use hyper_util::rt::TokioIo;
use kiavi_base::{Clock, RequestId, SystemClock};
use kiavi_crypto::SystemRng;
use kiavi_moving::stream;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::{
    client_events::EventParser,
    next_step::with_next_step,
    place::{Connected, Place, reach},
    profile_store::Profile,
};

/// Items of one page of a list.
const PAGE: u16 = 1000;
/// Longest answer that is read, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// Why an instance did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// Nothing listens.
    #[error("No Kiavi is running with data folder {}: start it (systemctl start kiavi, or ./scripts/run), or name another with --data DIR.", .0.display())]
    NotRunning(PathBuf),
    /// The socket is another user's.
    #[error("The Kiavi with data folder {} belongs to another user: run this command as that user.", .0.display())]
    NotAllowed(PathBuf),
    /// There is no such profile.
    #[error("There is no profile {name}, but {known}: kiavi profile add {name} --url https://console.DOMAIN")]
    NoProfile {
        /// What was asked for.
        name: String,
        /// Which there are.
        known: String,
    },
    /// The instance of a profile does not answer.
    #[error("{url} cannot be reached ({what}): check its address with kiavi profile list, and the network.")]
    Unreachable {
        /// Its address.
        url: String,
        /// What was in the way.
        what: String,
    },
    /// Something answers that does not prove to be the instance. Nothing was sent to it.
    #[error(
        "What answers at {url} does not prove to be that ({what}), so the key was not sent. If its certificate is of an \
         authority of your own, name that: kiavi profile add NAME --url {url} --ca FILE"
    )]
    Untrusted {
        /// Its address.
        url: String,
        /// What is wrong with its certificate.
        what: String,
    },
    /// The instance does not take the key of the profile.
    #[error(
        "The instance does not take the key of the profile {0}: it is unknown there, expired or revoked. Give the profile \
         another: kiavi profile add {0} --url URL"
    )]
    KeyRefused(String),
    /// The instance is elsewhere, and this can be done on its own machine only.
    #[error(
        "This can be done on the instance's own machine only, and the profile {0} leads elsewhere: run it there, or name a \
         data folder with --data DIR."
    )]
    OnlyThere(String),
    /// The instance refused.
    #[error("{}", with_next_step(&plain(&.0.detail), &.0.code))]
    Refused(Problem),
    /// Something beside the instance failed.
    #[error("{0}")]
    Failed(String),
    /// What was given to the command cannot be meant.
    #[error("{0}")]
    Input(String),
    /// Anything else about the connection.
    #[error("The connection to Kiavi failed ({0}): try again, and look at its log if that does not help.")]
    Connection(String),
}

/// A sentence about a request without where in it something stood, which whoever typed a command does not know:
/// `[query.limit] must be …` is `limit must be …`.
fn plain(detail: &str) -> String {
    let mut rest = detail;
    let mut plain = String::with_capacity(detail.len());
    while let Some((before, after)) = rest.split_once('[') {
        plain.push_str(before);
        let place = after.split_once("] ");
        let named = place.and_then(|(place, behind)| {
            let name = place.strip_prefix("query.").or_else(|| place.strip_prefix("body."))?;
            Some((name, behind))
        });
        match named {
            Some((name, behind)) => {
                plain.push_str(name);
                plain.push_str(": ");
                rest = behind;
            }
            None => {
                plain.push('[');
                rest = after;
            }
        }
    }
    plain + rest
}

impl ClientError {
    /// Whether the same request may do better in a moment: its connection was lost, or the database's was.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Connection(_) => true,
            Self::Refused(problem) => problem.code == "unavailable",
            _ => false,
        }
    }
}

/// The refusal of a name that cannot be one, worded as the instance words that of an unknown one.
pub(crate) fn unknown(what: &str, code: &str, name: &str) -> ClientError {
    let shown: String = name.chars().take(64).collect();
    ClientError::Refused(Problem { code: code.to_owned(), detail: format!("There is no {what} {shown:?}.") })
}

/// An error as the instance words it (RFC 9457), or as an engine does.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Problem {
    /// The stable name of the problem; an engine's refusal may have none.
    #[serde(default)]
    pub(crate) code: String,
    /// A sentence for people.
    #[serde(alias = "message")]
    pub(crate) detail: String,
}

/// A running instance.
#[derive(Clone)]
pub(crate) struct Client {
    place: Place,
    /// A profile that is not written down yet, instead.
    tried: Option<Profile>,
}

/// A key under which what is asked for is done once, however often it is asked.
pub(crate) fn idempotency_key() -> String {
    RequestId::new(SystemClock.now(), &SystemRng).to_string()
}

impl Client {
    /// The instance at this place. Nothing is opened yet.
    pub(crate) fn new(place: Place) -> Self {
        Self { place, tried: None }
    }

    /// The instance of a profile that may not be good.
    pub(crate) fn trying(profile: Profile) -> Self {
        Self { place: Place::Unsaid, tried: Some(profile) }
    }

    /// Its data folder, for what can be done on its own machine only.
    ///
    /// # Errors
    /// When it is elsewhere.
    pub(crate) fn folder(&self) -> Result<PathBuf, ClientError> {
        self.place.folder()
    }

    /// The JSON at a path.
    ///
    /// # Errors
    /// When no instance runs or it refuses.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, ClientError> {
        let request = Request::get(path).header(ACCEPT, "application/json").body(Full::<Bytes>::default());
        let response = self.send(request).await?;
        let body = read(response.into_body()).await?;
        serde_json::from_slice(&body).map_err(broken)
    }

    /// The bytes at a path.
    ///
    /// # Errors
    /// When no instance runs or it refuses.
    pub(crate) async fn get_bytes(&self, path: &str) -> Result<Bytes, ClientError> {
        let response = self.send(Request::get(path).body(Full::<Bytes>::default())).await?;
        read(response.into_body()).await
    }

    /// The bytes at a path, as they come.
    ///
    /// # Errors
    /// When no instance runs, it refuses, the answer is cut off, or `take` fails.
    pub(crate) async fn get_pieces(
        &self,
        path: &str,
        mut take: impl FnMut(&[u8]) -> Result<(), ClientError>,
    ) -> Result<(), ClientError> {
        let mut body = self.send(Request::get(path).body(Full::<Bytes>::default())).await?.into_body();
        while let Some(frame) = body.frame().await {
            if let Ok(piece) = frame.map_err(broken)?.into_data() {
                take(&piece)?;
            }
        }
        Ok(())
    }

    /// Sends JSON; the answer's JSON. `version` is the version that a change is made from.
    ///
    /// # Errors
    /// When no instance runs or it refuses.
    pub(crate) async fn send_json(
        &self,
        method: Method,
        path: &str,
        version: Option<i64>,
        body: &Value,
    ) -> Result<Value, ClientError> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json");
        if let Some(version) = version {
            request = request.header(IF_MATCH, format!("\"{version}\""));
        }
        let response = self.send(request.body(Full::new(Bytes::from(body.to_string())))).await?;
        let body = read(response.into_body()).await?;
        serde_json::from_slice(&body).map_err(broken)
    }

    /// Deletes what is at a path; the answer's JSON, null if it has none.
    ///
    /// # Errors
    /// When no instance runs or it refuses.
    pub(crate) async fn delete(&self, path: &str) -> Result<Value, ClientError> {
        let request = Request::delete(path).header(ACCEPT, "application/json").body(Full::<Bytes>::default());
        let body = read(self.send(request).await?.into_body()).await?;
        if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&body).map_err(broken) }
    }

    /// All items of a list, page by page. `path` may have a query.
    ///
    /// # Errors
    /// When no instance runs or it refuses.
    pub(crate) async fn list(&self, path: &str) -> Result<Vec<Value>, ClientError> {
        let mark = if path.contains('?') { '&' } else { '?' };
        let first = format!("{path}{mark}limit={PAGE}");
        let (mut items, mut next) = (Vec::new(), Some(first.clone()));
        while let Some(path) = next {
            let mut page = self.get(&path).await?;
            if let Some(more) = page["items"].as_array_mut() {
                items.append(more);
            }
            // A cursor has URL-safe symbols only.
            next = page["next_cursor"].as_str().map(|cursor| format!("{first}&cursor={cursor}"));
        }
        Ok(items)
    }

    /// Posts JSON that changes nothing with a version; the answer's JSON.
    ///
    /// # Errors
    /// When no instance runs or it refuses.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.send_json(Method::POST, path, None, body).await
    }

    /// Posts what comes through a channel, until it ends; the answer's JSON. The key makes a repetition the same request.
    ///
    /// # Errors
    /// When no instance runs or it refuses.
    pub(crate) async fn post_stream(
        &self,
        path: &str,
        (media_type, idempotency_key): (&str, &str),
        pieces: mpsc::Receiver<Bytes>,
    ) -> Result<Value, ClientError> {
        let pieces = unfold(pieces, |mut pieces| async {
            let piece = pieces.recv().await?;
            Some((Ok::<_, Infallible>(Frame::data(piece)), pieces))
        });
        let request = Request::post(path)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, media_type)
            .header("idempotency-key", idempotency_key);
        let response = self.send(request.body(StreamBody::new(Box::pin(pieces)))).await?;
        let body = read(response.into_body()).await?;
        serde_json::from_slice(&body).map_err(broken)
    }

    /// Posts JSON; the answer is a stream of frames.
    ///
    /// # Errors
    /// When no instance runs or it refuses.
    pub(crate) async fn post_for_frames(&self, path: &str, body: &Value) -> Result<FrameStream, ClientError> {
        let request = Request::post(path).header(CONTENT_TYPE, "application/json");
        let response = self.send(request.body(Full::new(Bytes::from(body.to_string())))).await?;
        Ok(FrameStream { body: response.into_body(), decoder: stream::Decoder::default() })
    }

    /// Sends JSON and calls `tell` with the name and the data of each event of the answer. An idempotency key makes a
    /// repetition the same request.
    ///
    /// # Errors
    /// When no instance runs, it refuses, or the connection ends before the answer does.
    pub(crate) async fn send_for_events(
        &self,
        (method, path): (Method, &str),
        idempotency_key: &str,
        body: &Value,
        mut tell: impl FnMut(&str, &Value),
    ) -> Result<(), ClientError> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(ACCEPT, "text/event-stream")
            .header(CONTENT_TYPE, "application/json")
            .header("idempotency-key", idempotency_key)
            .body(Full::new(Bytes::from(body.to_string())));
        let body = self.send(request).await?.into_body();
        read_events(body, |name, data| {
            tell(name, data);
            Ok(())
        })
        .await
    }

    /// Calls `tell` with the name and the data of each event of an answer that has no end.
    ///
    /// # Errors
    /// When no instance runs, it refuses, or the connection breaks.
    pub(crate) async fn events(
        &self,
        path: &str,
        tell: impl FnMut(&str, &Value) -> Result<(), ClientError>,
    ) -> Result<(), ClientError> {
        let request = Request::get(path).header(ACCEPT, "text/event-stream").body(Full::<Bytes>::default());
        read_events(self.send(request).await?.into_body(), tell).await
    }

    /// Sends a request on a connection of its own; an answer that is no success is an error.
    async fn send<B>(
        &self,
        request: Result<Request<B>, hyper::http::Error>,
    ) -> Result<Response<Incoming>, ClientError>
    where
        B: Body<Data = Bytes, Error = Infallible> + Send + Unpin + 'static,
    {
        let mut request = request.map_err(broken)?;
        let Connected { stream, host, authorization } = match &self.tried {
            Some(profile) => reach(profile).await?,
            None => self.place.connect().await?,
        };
        request.headers_mut().insert(HOST, host);
        request.headers_mut().extend(authorization.map(|value| (AUTHORIZATION, value)));
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // Ends with the connection; what goes wrong shows where the answer is read.
        tokio::spawn(connection);
        let response = sender.send_request(request).await.map_err(broken)?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = read(response.into_body()).await?;
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(self.refused(problem)),
            Err(_) => Err(ClientError::Connection(format!("status {status}"))),
        }
    }

    /// What a refusal means for who comes with a key.
    fn refused(&self, mut problem: Problem) -> ClientError {
        let is_unknown = problem.code == "unauthorized";
        if self.tried.is_some() && is_unknown {
            let what = "The instance does not take this key: it is unknown there, expired or revoked.";
            return ClientError::Failed(what.to_owned());
        }
        let profile = if self.tried.is_some() { None } else { self.place.profile() };
        let Some(profile) = profile else { return ClientError::Refused(problem) };
        match problem.code.as_str() {
            "unauthorized" => ClientError::KeyRefused(profile),
            // The console's host does not have the routes of the local socket.
            "not_found" | "method_not_allowed" => ClientError::OnlyThere(profile),
            "forbidden" => {
                let key = "make one that may with kiavi api-key create, and give it to the profile";
                problem.detail =
                    format!("{} The key of the profile {profile} may not: {key}.", problem.detail);
                ClientError::Refused(problem)
            }
            _ => ClientError::Refused(problem),
        }
    }
}

/// The frames of an answer.
pub(crate) struct FrameStream {
    body: Incoming,
    decoder: stream::Decoder,
}

impl FrameStream {
    /// The next frame; `None` when the answer is over.
    pub(crate) async fn next(&mut self) -> Result<Option<stream::Frame>, ClientError> {
        loop {
            if let Some(frame) = self.decoder.next_frame().map_err(broken)? {
                return Ok(Some(frame));
            }
            match self.body.frame().await {
                Some(frame) => {
                    if let Ok(bytes) = frame.map_err(broken)?.into_data() {
                        self.decoder.push(&bytes);
                    }
                }
                None => return Ok(None),
            }
        }
    }
}

/// Reads server-sent events to their end, or until `tell` fails.
async fn read_events(
    mut body: Incoming,
    mut tell: impl FnMut(&str, &Value) -> Result<(), ClientError>,
) -> Result<(), ClientError> {
    let mut parser = EventParser::default();
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame.map_err(broken)?.into_data() else { continue };
        for event in parser.push(&bytes).map_err(broken)? {
            let data = serde_json::from_str(&event.data).map_err(broken)?;
            tell(&event.name, &data)?;
        }
    }
    Ok(())
}

async fn read(body: Incoming) -> Result<Bytes, ClientError> {
    let body = Limited::new(body, MAX_ANSWER).collect().await;
    body.map(|body| body.to_bytes()).map_err(broken)
}

fn broken(error: impl std::fmt::Display) -> ClientError {
    ClientError::Connection(error.to_string())
}
