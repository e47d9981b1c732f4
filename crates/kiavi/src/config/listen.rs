//! Where connections come in.

use std::net::SocketAddr;

use kiavi_base::Network;
use kiavi_http::ForwardedHeader;
use kiavi_launcher::{ListenerKind, Listening};
use schemars::JsonSchema;
use serde::Deserialize;

/// Where connections come in: by TLS, which this instance speaks itself; or in plain, from a reverse proxy that does.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ListenConfig {
    /// Addresses for browsers, with ports, such as `0.0.0.0:443` and `[::]:443`. What arrives is TLS.
    #[schemars(with = "Vec<String>")]
    pub(crate) https: Vec<SocketAddr>,
    /// Addresses for browsers that come in plain, such as `0.0.0.0:80` and `[::]:80`: they are led to HTTPS, and certificate
    /// authorities find answers to their challenges. Nothing else is served there.
    #[schemars(with = "Vec<String>")]
    pub(crate) http: Vec<SocketAddr>,
    /// The same for load balancers that pass connections on without a look into them and tell whose each is.
    pub(crate) proxy_protocol: ProxyProtocolConfig,
    /// Addresses for a reverse proxy, with ports. What arrives is plain HTTP, for something in front that speaks TLS.
    /// `["127.0.0.1:8080"]` where nothing else is listened on either.
    #[schemars(with = "Option<Vec<String>>")]
    pub(crate) addresses: Option<Vec<SocketAddr>>,
    /// Says that only a reverse proxy can reach the addresses. Without it, addresses other than loopback are refused:
    /// sign-in over plain HTTP gives sessions to everybody on the way.
    pub(crate) behind_edge: bool,
    /// Whether the reverse proxy uses a connection to here for one host only, ever. Most pool them, and a connection
    /// belongs to one tenant here; so unless this is set each answer closes its connection.
    pub(crate) edge_keeps_hosts_apart: bool,
    /// The reverse proxies, as addresses or CIDR blocks: they are believed about whom a request came from, for every tenant and
    /// at the console. Each adds the address that it was asked from to the header, at the end.
    #[schemars(with = "Vec<String>")]
    pub(crate) trusted_proxies: Vec<Network>,
    /// The header in which they tell it: `x-forwarded-for` or `forwarded` (RFC 7239). The other is not read, whoever sends it.
    #[schemars(with = "String")]
    pub(crate) forwarded_header: ForwardedHeader,
}

/// Listeners for load balancers: every connection there begins with a header of the PROXY protocol, version 2 (HAProxy,
/// AWS and Scaleway load balancers send it), which tells whose it is. A connection without one is closed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ProxyProtocolConfig {
    /// As `listen.https`.
    #[schemars(with = "Vec<String>")]
    pub(crate) https: Vec<SocketAddr>,
    /// As `listen.http`.
    #[schemars(with = "Vec<String>")]
    pub(crate) http: Vec<SocketAddr>,
    /// The load balancers, as addresses or CIDR blocks. Nobody else may connect there: they could say to be anybody.
    #[schemars(with = "Vec<String>")]
    pub(crate) from: Vec<Network>,
}

impl ListenConfig {
    /// Where plain HTTP of a reverse proxy arrives.
    pub(crate) fn for_edge(&self) -> Vec<SocketAddr> {
        let balanced = &self.proxy_protocol;
        let is_alone =
            [&self.https, &self.http, &balanced.https, &balanced.http].iter().all(|it| it.is_empty());
        let default = || if is_alone { vec![SocketAddr::from(([127, 0, 0, 1], 8080))] } else { Vec::new() };
        self.addresses.clone().unwrap_or_else(default)
    }

    /// All of it, as the launcher listens.
    pub(crate) fn all(&self) -> Vec<Listening> {
        let balanced = &self.proxy_protocol;
        let by_balancer = |kind, addresses: &Vec<SocketAddr>| Listening {
            proxies: Some(balanced.from.clone()),
            ..Listening::new(kind, addresses.clone())
        };
        let all = [
            Listening::new(ListenerKind::Plain, self.for_edge()),
            Listening::new(ListenerKind::Redirect, self.http.clone()),
            Listening::new(ListenerKind::Tls, self.https.clone()),
            by_balancer(ListenerKind::Redirect, &balanced.http),
            by_balancer(ListenerKind::Tls, &balanced.https),
        ];
        all.into_iter().filter(|listening| !listening.addresses.is_empty()).collect()
    }
}
