//! One request and its answer over a connection that already exists.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, Response},
};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The other side did not answer in time. Whether it did what was asked is unknown.
    #[error("no answer came in time")]
    Deadline,
    /// More bytes than the caller takes.
    #[error("the answer is too large")]
    TooLarge,
    /// The connection ended early, or what came is not HTTP.
    #[error("the connection failed")]
    Connection(#[from] hyper::Error),
}

/// Sends one HTTP/1.1 request on `stream` and reads the whole answer, at most `limit` bytes of body, within
/// `deadline`. The stream is closed afterwards.
///
/// # Errors
/// See [`ExchangeError`].
pub async fn exchange<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    limit: usize,
    deadline: Duration,
) -> Result<Response<Bytes>, ExchangeError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answered = async {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let answer = async {
            let (parts, body) = sender.send_request(request).await?.into_parts();
            let body = Limited::new(body, limit).collect().await.map_err(refused)?;
            Ok(Response::from_parts(parts, body.to_bytes()))
        };
        tokio::pin!(answer, connection);
        tokio::select! {
            answer = &mut answer => answer,
            // The connection can end before the answer is taken from it.
            ended = &mut connection => match ended {
                Ok(()) => answer.await,
                Err(error) => Err(error.into()),
            },
        }
    };
    tokio::time::timeout(deadline, answered).await.unwrap_or(Err(ExchangeError::Deadline))
}

/// Sends `request` on `stream` and gives the answer as soon as it begins, within `deadline`. The stream is closed when the
/// body has ended or is dropped.
///
/// # Errors
/// See [`ExchangeError`].
pub async fn open_exchange<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    deadline: Duration,
) -> Result<Response<Body>, ExchangeError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answered = async {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Ends with the body; what goes wrong shows there.
        tokio::spawn(connection);
        Ok(sender.send_request(request).await?.map(Body::new))
    };
    tokio::time::timeout(deadline, answered).await.unwrap_or(Err(ExchangeError::Deadline))
}

fn refused(error: Box<dyn std::error::Error + Send + Sync>) -> ExchangeError {
    match error.downcast::<hyper::Error>() {
        Ok(error) => ExchangeError::Connection(*error),
        Err(_) => ExchangeError::TooLarge,
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, http::StatusCode, routing::post};
    use tokio::io::AsyncWriteExt;

    use super::*;
    use crate::{ConnectionInfo, drain, serve_connection};

    const LIMIT: usize = 1024;

    fn request() -> Request<Full<Bytes>> {
        Request::post("/").header("host", "a").body(Full::from("seven".to_owned())).unwrap()
    }

    async fn ask(router: Router, limit: usize) -> Result<Response<Bytes>, ExchangeError> {
        let (ours, theirs) = tokio::io::duplex(4096);
        let info = ConnectionInfo { peer: ([127, 0, 0, 1], 0).into(), sequence: 0 };
        let (_trigger, drain) = drain();
        tokio::spawn(serve_connection(theirs, info, router, drain));
        exchange(ours, request(), limit, Duration::from_secs(10)).await
    }

    #[tokio::test]
    async fn the_answer_comes_whole() {
        let router = Router::new().route("/", post(async |body: String| (StatusCode::CREATED, body)));
        let answer = ask(router, LIMIT).await.unwrap();
        assert_eq!((answer.status(), answer.body().as_ref()), (StatusCode::CREATED, b"seven".as_slice()));
    }

    #[tokio::test]
    async fn a_large_answer_is_not_kept() {
        let router = Router::new().route("/", post(async || "a".repeat(LIMIT + 1)));
        assert!(matches!(ask(router, LIMIT).await, Err(ExchangeError::TooLarge)));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_at_the_deadline_and_a_closed_stream_at_once() {
        let (ours, _theirs) = tokio::io::duplex(4096);
        let silent = exchange(ours, request(), LIMIT, Duration::from_secs(10)).await;
        assert!(matches!(silent, Err(ExchangeError::Deadline)));
        let (ours, theirs) = tokio::io::duplex(4096);
        drop(theirs);
        let closed = exchange(ours, request(), LIMIT, Duration::from_secs(10)).await;
        assert!(matches!(closed, Err(ExchangeError::Connection(_))));
        let (ours, mut theirs) = tokio::io::duplex(4096);
        theirs.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc").await.unwrap();
        drop(theirs);
        let cut = exchange(ours, request(), LIMIT, Duration::from_secs(10)).await;
        assert!(matches!(cut, Err(ExchangeError::Connection(_))));
    }
}
