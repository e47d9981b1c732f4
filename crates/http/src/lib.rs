//! What every HTTP-speaking process of the product shares, as plain functions over `http` types: who the client
//! is, whether a request comes from a page we trust, cookies, error bodies, security headers, JSON bodies,
//! serving a connection that somebody else accepted, asking once on one that somebody else opened, and noting what
//! was answered.
//!
//! Nothing here knows a tenant or a database.

mod access;
mod address;
mod body;
mod cookie;
mod error;
mod exchange;
mod forwarded;
mod headers;
mod host;
mod http2;
mod networks;
mod origin;
mod secure;
mod security_txt;
mod serve;

pub use access::{Access, AccessLog, AccessOptions, PeerClass, RequestLines};
pub use address::{Edge, TrustedProxies, client_address, expanded};
pub use body::{BODY_LIMIT, BODY_READ_TIMEOUT, BodyError, parse_json, read_body};
pub use cookie::{SetCookie, cookie_pairs, cookie_value, joined_cookies};
pub use error::{error_response, json_response};
pub use exchange::{ExchangeError, exchange, open_exchange};
pub use forwarded::ForwardedHeader;
pub use headers::{
    API_CONTENT_SECURITY_POLICY, PAGE_CONTENT_SECURITY_POLICY, REQUEST_ID, STRICT_TRANSPORT_SECURITY,
    set_api_headers, set_page_headers,
};
pub use host::{MISDIRECTED_MESSAGE, requested_host};
pub use http2::serve_http2_connection;
pub use networks::{Networks, Place};
pub use origin::{InvalidOrigin, OriginError, TrustedOrigins};
pub use secure::{Answer, challenge_routes, on_hosts, redirect_routes};
pub use security_txt::{SECURITY_TXT, SecurityContact, with_security_txt};
pub use serve::{ConnectionInfo, Drain, DrainTrigger, closing, drain, serve_connection};
