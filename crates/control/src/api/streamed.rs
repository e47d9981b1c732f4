//! Bodies that are streams of frames (`kiavi_moving::stream`).

use axum::{
    extract::{FromRequest, Request},
    http::header,
};
use bytes::Bytes;
use kiavi_moving::stream::{Frame, InvalidStream, MEDIA_TYPE};
use serde::Deserialize;

use super::Problem;
use crate::{
    Control,
    provision::{Frames, ImportError},
};

/// A stream, as far as its head.
pub(super) struct Streamed {
    pub(super) head: StreamHead,
    /// What follows.
    pub(super) frames: Frames,
}

/// What one begins with: JSON.
pub(super) struct StreamHead(Bytes);

impl StreamHead {
    /// As what it is meant to be.
    pub(super) fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Problem> {
        serde_json::from_slice(&self.0).map_err(|error| Problem::invalid_body(format!("{error}.")))
    }
}

impl FromRequest<Control> for Streamed {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Control) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|line| line.to_str().ok());
        if kind != Some(MEDIA_TYPE) {
            return Err(Problem::invalid_body(format!("Send a stream as {MEDIA_TYPE}.")));
        }
        let mut frames = Frames::new(request.into_body());
        match frames.next().await? {
            Frame::Head(head) => Ok(Self { head: StreamHead(head), frames }),
            _ => Err(ImportError::Stream(InvalidStream).into()),
        }
    }
}
