//! What types cannot say about a configuration.

use std::collections::HashSet;

use secrecy::{ExposeSecret, SecretString};

use kiavi_base::Hostname;
use kiavi_http::SecurityContact;
use url::Url;

use super::load::Fault;
use super::{CertificateIssuer, CertificatesConfig, Config, EngineConfig, EngineOverride, ListenConfig};

/// The shortest token that a monitor may have, in characters.
const MIN_TOKEN: usize = 16;

/// The most entries of the list of load balancers.
const MAX_BALANCERS: usize = 64;

/// Checks everything but what is in other files.
pub(super) fn check(config: &Config) -> Result<(), Fault> {
    let rule = |holds: bool, key, what: &str| {
        if holds { Ok(()) } else { Err(Fault { key, what: what.to_owned() }) }
    };
    rule(config.data.is_absolute(), "data", "must be an absolute path")?;
    let domain = &config.domain;
    rule(domain.tenants.as_str().contains('.'), "domain.tenants", "must have a dot, such as auth.example")?;
    // `console` is a name that no tenant can have; any other name below the domain may become a tenant's.
    let named = |host: &Option<Hostname>, label: &str| {
        host.as_ref().map_or_else(|| format!("{label}.{}", domain.tenants), ToString::to_string)
    };
    let (console, sign_in) = (
        named(&domain.console, kiavi_control::CONSOLE_SLUG),
        named(&domain.sign_in, kiavi_control::SIGN_IN_LABEL),
    );
    let is_below = |name: &str| {
        let slug = name.strip_suffix(domain.tenants.as_str()).and_then(|slug| slug.strip_suffix('.'));
        slug.is_some_and(|slug| kiavi_control::parse_name(slug).is_ok())
    };
    rule(
        !is_below(&console),
        "domain.console",
        "could be a tenant's name: take console.DOMAIN or a host outside of domain.tenants",
    )?;
    rule(
        !is_below(&sign_in),
        "domain.sign_in",
        "could be a tenant's name: take id.DOMAIN or a host outside of domain.tenants",
    )?;
    rule(
        console != sign_in,
        "domain.sign_in",
        "is the console's: the console and its sign-in are two processes, which is two hosts",
    )?;
    listen(&config.listen)?;
    // RFC 9116 §2.5.3.
    let uri = "must be a URI that begins with mailto:, https: or tel:";
    rule(config.security.contact.iter().all(|it| SecurityContact::is_uri(it)), "security.contact", uri)?;
    rule(config.security.policy.iter().all(|it| SecurityContact::is_uri(it)), "security.policy", uri)?;
    let mail = &config.mail;
    rule(
        mail.smtp_url.is_none() || mail.smtp_url_file.is_none(),
        "mail.smtp_url",
        "is there beside mail.smtp_url_file: remove one of them",
    )?;
    let postgres = &config.postgres;
    rule(
        (20..=10_000).contains(&postgres.max_connections),
        "postgres.max_connections",
        "must be 20 to 10000",
    )?;
    rule(
        (16..=1_048_576).contains(&postgres.shared_buffers_mb),
        "postgres.shared_buffers_mb",
        "must be 16 to 1048576",
    )?;
    engine(&config.engine)?;
    rule(config.dns.servers.len() <= 3, "dns.servers", "has more than three name servers")?;
    certificates(&config.certificates, &config.listen)?;
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log.filter);
    rule(filter.is_ok(), "log.filter", "is not a filter such as info or warn,kiavi_engine=debug")?;
    let monitor = &config.monitor;
    let is_open = monitor.is_enabled && !monitor.listen.ip().is_loopback();
    rule(
        !is_open || monitor.token_file.is_some(),
        "monitor.listen",
        "can be reached by others: set monitor.token_file, or listen on 127.0.0.1",
    )
}

fn listen(listen: &ListenConfig) -> Result<(), Fault> {
    let fault = |key, what: String| Err(Fault { key, what });
    let (edge, balanced) = (listen.for_edge(), &listen.proxy_protocol);
    let keys = [
        ("listen.addresses", &edge),
        ("listen.https", &listen.https),
        ("listen.http", &listen.http),
        ("listen.proxy_protocol.https", &balanced.https),
        ("listen.proxy_protocol.http", &balanced.http),
    ];
    if keys.iter().all(|(_, addresses)| addresses.is_empty()) {
        return fault("listen.addresses", "must name one address at least".to_owned());
    }
    let mut seen = HashSet::new();
    for (key, address) in keys.iter().flat_map(|(key, all)| all.iter().map(|address| (*key, *address))) {
        if address.port() == 0 {
            return fault(key, format!("{address} has no port"));
        }
        if !seen.insert(address) {
            return fault(key, format!("{address} is listened on twice"));
        }
    }
    let is_balanced = !balanced.https.is_empty() || !balanced.http.is_empty();
    if is_balanced && balanced.from.is_empty() {
        let what = "must name the load balancers: whoever else connects there could say to be anybody";
        return fault("listen.proxy_protocol.from", what.to_owned());
    }
    if balanced.from.len() > MAX_BALANCERS {
        return fault("listen.proxy_protocol.from", format!("has more than {MAX_BALANCERS} entries"));
    }
    let public = edge.iter().find(|address| !address.ip().is_loopback());
    if let (Some(address), false) = (public, listen.behind_edge) {
        let what = format!(
            "{address} would take sign-ins over plain HTTP from everybody. Listen there by listen.https, or set \
             behind_edge = true and trusted_proxies if only a reverse proxy with TLS reaches it"
        );
        return fault("listen.addresses", what);
    }
    if listen.behind_edge && listen.trusted_proxies.is_empty() {
        let what = "must name the reverse proxies in front, or everybody has the proxy's address and shares its limits";
        return fault("listen.behind_edge", format!("listen.trusted_proxies {what}"));
    }
    let everybody = |network: &&kiavi_base::Network| network.to_string().ends_with("/0");
    let lists =
        [("listen.trusted_proxies", &listen.trusted_proxies), ("listen.proxy_protocol.from", &balanced.from)];
    for (key, list) in lists {
        if let Some(network) = list.iter().find(everybody) {
            return fault(key, format!("{network} lets everybody choose the address that limits count"));
        }
    }
    Ok(())
}

fn certificates(certificates: &CertificatesConfig, listen: &ListenConfig) -> Result<(), Fault> {
    let fault = |key, what: &str| Err(Fault { key, what: what.to_owned() });
    let speaks_tls = !listen.https.is_empty() || !listen.proxy_protocol.https.is_empty();
    match certificates.issuer {
        CertificateIssuer::None if speaks_tls => {
            return fault(
                "certificates.issuer",
                "must be \"acme\" (or \"local\"): listen.https needs certificates",
            );
        }
        CertificateIssuer::None | CertificateIssuer::Local => return Ok(()),
        CertificateIssuer::Acme => {}
    }
    if !Url::parse(&certificates.directory).is_ok_and(|url| url.scheme() == "https") {
        return fault("certificates.directory", "must be an https URL");
    }
    if !certificates.agrees_to_terms {
        return fault(
            "certificates.agrees_to_terms",
            "must be true: read the terms of service of the authority first, which its directory names",
        );
    }
    if certificates.challenges.is_empty() {
        return fault("certificates.challenges", "must name one way at least");
    }
    if !certificates.contact.iter().all(|contact| Url::parse(contact).is_ok()) {
        return fault("certificates.contact", "must be URLs such as mailto:ops@example.com");
    }
    Ok(())
}

fn engine(engine: &EngineConfig) -> Result<(), Fault> {
    let EngineConfig { memory_mb, processors, weight, .. } = *engine;
    let usual =
        EngineOverride { memory_mb: Some(memory_mb), processors: Some(processors), weight: Some(weight) };
    share(&usual, ["engine.memory_mb", "engine.processors", "engine.weight"])?;
    engine.tenants.values().try_for_each(|own| share(own, ["engine.tenants"; 3]))
}

fn rule(holds: bool, key: &'static str, what: &str) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault { key, what: what.to_owned() }) }
}

fn share(share: &EngineOverride, [memory, processors, weight]: [&'static str; 3]) -> Result<(), Fault> {
    let EngineOverride { memory_mb, processors: number, weight: own } = share;
    let is_memory = memory_mb.is_none_or(|megabytes| (32..=65_536).contains(&megabytes));
    rule(is_memory, memory, "must be 32 to 65536 (memory_mb)")?;
    let is_number = number.is_none_or(|number| (0.05..=256.0).contains(&number));
    rule(is_number, processors, "must be 0.05 to 256 (processors)")?;
    let is_weight = own.is_none_or(|weight| (1..=10_000).contains(&weight));
    rule(is_weight, weight, "must be 1 to 10000 (weight)")
}

/// Neither way is given.
pub(super) fn no_mail() -> Fault {
    let what = "needs smtp_url_file (or smtp_url): codes and links leave by mail".to_owned();
    Fault { key: "mail", what }
}

/// The URL must be one of an SMTP server. Whether the server answers shows when mail leaves.
pub(super) fn smtp_url(url: SecretString) -> Result<SecretString, Fault> {
    let parsed = url::Url::parse(url.expose_secret());
    let is_smtp = parsed.is_ok_and(|url| matches!(url.scheme(), "smtp" | "smtps") && url.has_host());
    let what = "the URL of the mail server must look like smtps://user:password@host or smtp://host:587?tls=required";
    if is_smtp { Ok(url) } else { Err(Fault { key: "mail", what: what.to_owned() }) }
}

/// A token that can be guessed is none.
pub(super) fn token(token: SecretString) -> Result<SecretString, Fault> {
    let text = token.expose_secret();
    if text.len() >= MIN_TOKEN && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(token);
    }
    let what = format!("the token must have {MIN_TOKEN} printable characters or more, without spaces");
    Err(Fault { key: "monitor.token_file", what })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(more: &str) -> Config {
        let text = format!("mail.smtp_url = \"smtp://127.0.0.1\"\ndomain.tenants = \"auth.example\"\n{more}");
        toml::from_str(&text).unwrap()
    }

    fn refused(more: &str) -> Option<&'static str> {
        check(&config(more)).err().map(|fault| fault.key)
    }

    #[test]
    fn a_public_plain_listener_needs_an_edge_and_its_addresses() {
        let public = "listen.addresses = [\"192.0.2.1:80\"]\n";
        assert_eq!(refused(public), Some("listen.addresses"));
        assert_eq!(refused(&format!("{public}listen.behind_edge = true")), Some("listen.behind_edge"));
        let with = |proxy: &str| {
            format!("{public}listen.behind_edge = true\nlisten.trusted_proxies = [\"{proxy}\"]")
        };
        assert_eq!(refused(&with("192.0.2.0/24")), None);
        assert_eq!(refused(&with("0.0.0.0/0")), Some("listen.trusted_proxies"));
        assert_eq!(refused("listen.addresses = [\"127.0.0.1:8080\", \"[::1]:8080\"]"), None);
        assert_eq!(refused("listen.addresses = []"), Some("listen.addresses"));
        assert_eq!(refused("listen.addresses = [\"127.0.0.1:0\"]"), Some("listen.addresses"));
    }

    #[test]
    fn tls_is_listened_for_anywhere_and_load_balancers_are_named() {
        let with_certificates = |more: &str| refused(&format!("certificates.issuer = \"local\"\n{more}"));
        let open = "listen.https = [\"0.0.0.0:443\"]\n";
        assert_eq!(with_certificates(&format!("{open}listen.http = [\"0.0.0.0:80\"]")), None);
        assert_eq!(with_certificates(&format!("{open}listen.addresses = []")), None);
        assert_eq!(refused(open), Some("certificates.issuer"));
        assert_eq!(refused("listen.https = [\"0.0.0.0:0\"]"), Some("listen.https"));
        let twice = "listen.https = [\"0.0.0.0:443\"]\nlisten.http = [\"0.0.0.0:443\"]";
        assert_eq!(refused(twice), Some("listen.http"));
        let balanced = "listen.proxy_protocol.https = [\"10.0.0.9:8443\"]\n";
        assert_eq!(refused(balanced), Some("listen.proxy_protocol.from"));
        let from =
            |from: &str| with_certificates(&format!("{balanced}listen.proxy_protocol.from = [\"{from}\"]"));
        assert_eq!(from("10.0.0.0/24"), None);
        assert_eq!(from("0.0.0.0/0"), Some("listen.proxy_protocol.from"));
    }

    #[test]
    fn who_listens_for_tls_listens_for_no_edge_besides() {
        assert_eq!(config("").listen.for_edge(), ["127.0.0.1:8080".parse().unwrap()]);
        let secure = config("listen.https = [\"0.0.0.0:443\"]").listen.all();
        let kinds: Vec<_> = secure.iter().map(|listening| listening.kind).collect();
        assert_eq!(kinds, [kiavi_launcher::ListenerKind::Tls]);
    }

    #[test]
    fn the_console_is_where_no_tenant_can_be() {
        assert_eq!(refused("domain.console = \"shop.auth.example\""), Some("domain.console"));
        assert_eq!(refused("domain.console = \"console.auth.example\""), None);
        assert_eq!(refused("domain.console = \"kiavi.example\""), None);
        assert_eq!(refused("domain.sign_in = \"shop.auth.example\""), Some("domain.sign_in"));
        assert_eq!(refused("domain.sign_in = \"console.auth.example\""), Some("domain.sign_in"));
        assert_eq!(refused("domain.sign_in = \"login.kiavi.example\""), None);
    }

    #[test]
    fn a_monitor_that_others_reach_needs_a_token() {
        assert_eq!(refused("monitor.listen = \"0.0.0.0:9464\""), Some("monitor.listen"));
        assert_eq!(refused("monitor.listen = \"0.0.0.0:9464\"\nmonitor.token_file = \"token\""), None);
        assert_eq!(refused("monitor.listen = \"0.0.0.0:9464\"\nmonitor.is_enabled = false"), None);
        assert!(token("short".into()).is_err() && token("a-token-of-26-characters-x".into()).is_ok());
    }

    #[test]
    fn numbers_have_ranges_and_mail_a_server() {
        assert_eq!(refused("postgres.max_connections = 5"), Some("postgres.max_connections"));
        assert_eq!(refused("engine.memory_mb = 1"), Some("engine.memory_mb"));
        assert_eq!(refused("engine.processors = 0.0"), Some("engine.processors"));
        assert_eq!(refused("engine.weight = 0"), Some("engine.weight"));
        let own = |what: &str| refused(&format!("engine.tenants.t{}.{what}", "a".repeat(24)));
        assert_eq!(own("memory_mb = 512"), None);
        assert_eq!(own("processors = 300.0"), Some("engine.tenants"));
    }

    #[test]
    fn a_tenants_share_is_everybodys_but_for_what_is_said_of_it() {
        let id: kiavi_base::TenantId = format!("t{}", "a".repeat(24)).parse().unwrap();
        let more = format!("engine.memory_mb = 64\nengine.weight = 50\nengine.tenants.{id}.processors = 0.5");
        let shares = config(&more).engine.shares();
        let other = format!("t{}", "b".repeat(24)).parse().unwrap();
        assert_eq!((shares.of(&other).memory_bytes, shares.of(&other).cpu_weight), (Some(64 << 20), 50));
        assert_eq!(shares.of(&other).cpu_microseconds, Some(100_000));
        let own = shares.of(&id);
        assert_eq!(
            (own.memory_bytes, own.cpu_weight, own.cpu_microseconds),
            (Some(64 << 20), 50, Some(50_000))
        );
    }

    #[test]
    fn other_numbers_have_ranges() {
        assert_eq!(refused("log.filter = \"a=b=c\""), Some("log.filter"));
        assert_eq!(refused("data = \"here\""), Some("data"));
        assert_eq!(refused("security.contact = [\"mailto:security@auth.example\"]"), None);
        assert_eq!(refused("security.contact = [\"security@auth.example\"]"), Some("security.contact"));
        assert_eq!(refused("security.policy = \"http://auth.example\""), Some("security.policy"));
        let acme = "certificates.issuer = \"acme\"\n";
        assert_eq!(refused(acme), Some("certificates.agrees_to_terms"));
        let acme = format!("{acme}certificates.agrees_to_terms = true\n");
        assert_eq!(refused(&acme), None);
        let with = |more: &str| refused(&format!("{acme}{more}"));
        assert_eq!(with("certificates.challenges = []"), Some("certificates.challenges"));
        assert_eq!(with("certificates.contact = [\"ops\"]"), Some("certificates.contact"));
        assert_eq!(with("certificates.directory = \"http://ca.example\""), Some("certificates.directory"));
        assert!(smtp_url("https://smtp.example".into()).is_err());
        assert!(smtp_url("smtps://a:b@smtp.example".into()).is_ok());
    }
}
