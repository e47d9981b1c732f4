//! What is spoken on a connection that the gateway hands over, by how it came in.

use std::io;
use std::sync::Arc;

use axum::Router;
use kiavi_http::{
    Answer, ConnectionInfo, Drain, challenge_routes, closing, redirect_routes, serve_connection,
    serve_http2_connection,
};
use kiavi_ipc::door::{HandedOver, ListenerKind};

use crate::{Protocol, TlsServer};

/// The ways in for clients of one destination. Cloning shares everything.
#[derive(Clone)]
pub struct Ways {
    tls: Arc<TlsServer>,
    plain: Router,
    redirect: Router,
    secure: Router,
}

impl Ways {
    /// `router` is what is served, and `is_served` tells under which hosts. With `closes_connections` each answer to a
    /// connection of [`ListenerKind::Plain`] closes it: a reverse proxy keeps connections for any host. Who speaks TLS has
    /// named the host.
    pub fn new(
        router: Router,
        tls: Arc<TlsServer>,
        is_served: impl Fn(&str) -> bool + Send + Sync + 'static,
        closes_connections: bool,
    ) -> Self {
        let authority = tls.clone();
        let answer: Answer = Arc::new(move |token| authority.key_authorization(token));
        let secure = router.merge(challenge_routes(answer.clone()));
        let plain = if closes_connections { closing(secure.clone()) } else { secure.clone() };
        Self { tls, plain, redirect: redirect_routes(answer, Arc::new(is_served)), secure }
    }

    /// The TLS of those who speak it.
    pub fn tls(&self) -> &TlsServer {
        &self.tls
    }

    /// What is served, for whoever comes by no listener. There is no second copy of it: a table of routes is large.
    pub fn router(&self) -> &Router {
        &self.secure
    }

    /// Serves a connection until it ends, as [`serve_connection`] and [`serve_http2_connection`] do.
    ///
    /// # Errors
    /// When the connection breaks, or no TLS comes about.
    pub async fn serve(self, connection: HandedOver, drain: Drain) -> io::Result<()> {
        let HandedOver { peer, kind, sequence, stream } = connection;
        let info = ConnectionInfo { peer, sequence };
        match kind {
            ListenerKind::Plain => serve_connection(stream, info, self.plain, drain).await,
            ListenerKind::Redirect => serve_connection(stream, info, self.redirect, drain).await,
            ListenerKind::Tls => match self.tls.accept(stream, peer.ip()).await.map_err(io::Error::other)? {
                Some((stream, Protocol::Http1)) => serve_connection(stream, info, self.secure, drain).await,
                Some((stream, Protocol::Http2)) => {
                    serve_http2_connection(stream, info, self.secure, drain).await
                }
                None => Ok(()),
            },
        }
    }
}
