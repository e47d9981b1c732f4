//! ACME's requests leave by outbound, as every request of this process does.

use std::{pin::Pin, sync::Arc};

use axum::http::Request;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use instant_acme::{BodyWrapper, BytesResponse, Error};
use kiavi_egress::{EgressError, HttpClient};

/// The way out.
pub(super) struct Way(pub(super) Arc<dyn HttpClient>);

impl instant_acme::HttpClient for Way {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let way = self.0.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            let answer = way.send(Request::from_parts(parts, body)).await;
            let answer = answer.map_err(|error| Error::Other(Box::new(error)))?;
            Ok(BytesResponse::from(answer.map(Full::new)))
        })
    }
}

/// Why the way out did not lead there, if that is what an error says.
pub(super) fn cause(error: &Error) -> Option<EgressError> {
    match error {
        Error::Other(error) => error.downcast_ref().copied(),
        _ => None,
    }
}
