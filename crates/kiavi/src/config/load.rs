//! Reading the configuration, and saying where in it something is wrong.

use std::ops::Range;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use toml::de::DeTable;

use kiavi_control::ChallengeKind;
use kiavi_ipc::SharedFile;
use kiavi_launcher::{CertificateStart, PostgresConfig};

use super::{CertificateIssuer, CertificatesConfig, Challenge, Config, check};
use crate::certificate_authority::{Acme, CertificateAuthority, Hidden, UnusableAuthority};
use crate::{geo, postgres_url};

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("cannot read {}", .path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// Where, and what to do.
    #[error("{place}: {what}")]
    Wrong { place: String, what: String },
}

/// Something that types cannot say, at a key such as `listen.addresses`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) key: &'static str,
    pub(super) what: String,
}

/// The configuration with what its files hold.
pub(crate) struct Loaded {
    pub(crate) config: Config,
    pub(crate) smtp_url: SecretString,
    pub(crate) monitor_token: Option<SecretString>,
    /// The database server, if it is one on a network.
    pub(crate) database_server: Option<PostgresConfig>,
    /// Who makes certificates.
    pub(crate) certificates: Option<CertificateStart>,
    /// What knows where addresses are.
    pub(crate) places: Vec<SharedFile>,
}

/// Reads and checks the file, and the files that it names.
///
/// # Errors
/// Names the file, the line, what is wrong and what would be right.
pub(crate) fn load(path: &Path) -> Result<Loaded, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    parse(path, &text)
}

/// Reads and checks the file alone: for whoever need not read the secrets that it names.
///
/// # Errors
/// As [`load`].
pub(crate) fn read(path: &Path) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    parse_alone(path, &text)
}

fn parse_alone(path: &Path, text: &str) -> Result<Config, ConfigError> {
    let config: Config = toml::from_str(text).map_err(|error| ConfigError::Wrong {
        place: place(path, text, error.span()),
        // Without the excerpt, which could show a password.
        what: error.message().to_owned(),
    })?;
    check::check(&config).map_err(|fault| wrong(path, text, &fault))?;
    Ok(config)
}

fn wrong(path: &Path, text: &str, fault: &Fault) -> ConfigError {
    ConfigError::Wrong {
        place: place(path, text, span_of(text, fault.key)),
        what: format!("{}: {}", fault.key, fault.what),
    }
}

pub(super) fn parse(path: &Path, text: &str) -> Result<Loaded, ConfigError> {
    let config = parse_alone(path, text)?;
    let wrong = |fault: Fault| wrong(path, text, &fault);
    let folder = path.parent().unwrap_or(Path::new(""));
    let smtp_url = match (&config.mail.smtp_url, &config.mail.smtp_url_file) {
        (Some(url), _) => Ok(SecretString::from(url.clone())),
        (None, Some(file)) => secret_file(folder, file, "mail.smtp_url_file"),
        (None, None) => Err(check::no_mail()),
    };
    let token = config.monitor.token_file.as_ref();
    let token = token.map(|file| secret_file(folder, file, "monitor.token_file")).transpose();
    let database = config.postgres.url_file.as_ref().map(|file| database_server(&folder.join(file)));
    let places = config.geo.files(folder).into_iter().map(|(key, path)| {
        geo::open(&path).map(|(file, _)| file).map_err(|error| wrong(Fault { key, what: error.to_string() }))
    });
    let certificates = certificates(&config.certificates, folder).map_err(wrong)?;
    Ok(Loaded {
        certificates,
        places: places.collect::<Result<_, _>>()?,
        database_server: database.transpose().map_err(wrong)?,
        smtp_url: smtp_url.and_then(check::smtp_url).map_err(wrong)?,
        monitor_token: token.and_then(|token| token.map(check::token).transpose()).map_err(wrong)?,
        config,
    })
}

fn database_server(path: &Path) -> Result<PostgresConfig, Fault> {
    let server = postgres_url::read(path).and_then(|url| postgres_url::config(&url));
    server.map_err(|error| Fault { key: "postgres.url_file", what: error.to_string() })
}

/// Who makes certificates, with what the files hold that the section names.
fn certificates(section: &CertificatesConfig, folder: &Path) -> Result<Option<CertificateStart>, Fault> {
    let authority = match section.issuer {
        CertificateIssuer::None => return Ok(None),
        CertificateIssuer::Local => CertificateAuthority::Local,
        CertificateIssuer::Acme => {
            let account = section.external_account.as_ref().map(|account| {
                let key = secret_file(folder, &account.key_file, "certificates.external_account.key_file")?;
                Ok((account.key_id.clone(), Hidden(key)))
            });
            let challenges = section.challenges.iter().map(|challenge| match challenge {
                Challenge::TlsAlpn01 => ChallengeKind::TlsAlpn01,
                Challenge::Http01 => ChallengeKind::Http01,
                Challenge::Dns01 => ChallengeKind::Dns01,
            });
            CertificateAuthority::Acme(Box::new(Acme {
                directory: section.directory.clone(),
                contact: section.contact.clone(),
                challenges: challenges.map(|kind| kind.as_str().to_owned()).collect(),
                roots: section.root_files.iter().map(|file| root(folder, file)).collect::<Result<_, _>>()?,
                allows_private: section.allow_private,
                external_account: account.transpose()?,
            }))
        }
    };
    let wrong = |error: UnusableAuthority| Fault { key: "certificates.directory", what: error.to_string() };
    authority.start().map(Some).map_err(wrong)
}

fn root(folder: &Path, file: &Path) -> Result<String, Fault> {
    let (path, key) = (folder.join(file), "certificates.root_files");
    let pem = std::fs::read_to_string(&path);
    let pem = pem.map_err(|error| Fault { key, what: format!("cannot read {}: {error}", path.display()) })?;
    if kiavi_egress::is_usable(&pem) {
        return Ok(pem);
    }
    Err(Fault { key, what: format!("{} has no certificate (PEM)", path.display()) })
}

fn secret_file(folder: &Path, file: &Path, key: &'static str) -> Result<SecretString, Fault> {
    let path = folder.join(file);
    match std::fs::read_to_string(&path).map(SecretString::from) {
        Ok(text) => Ok(SecretString::from(text.expose_secret().trim())),
        Err(error) => Err(Fault { key, what: format!("cannot read {}: {error}", path.display()) }),
    }
}

/// `FILE:LINE`, or the file alone.
fn place(path: &Path, text: &str, span: Option<Range<usize>>) -> String {
    match span.and_then(|span| text.get(..span.start)) {
        Some(before) => format!("{}:{}", path.display(), before.matches('\n').count() + 1),
        None => path.display().to_string(),
    }
}

/// Where the value of a key is, or the nearest table around it.
fn span_of(text: &str, key: &str) -> Option<Range<usize>> {
    let document = DeTable::parse(text).ok()?;
    let (mut table, mut span) = (document.get_ref(), None);
    for name in key.split('.') {
        let Some((name, value)) = table.get_key_value(name) else { break };
        span = Some(name.span());
        let Some(below) = value.get_ref().as_table() else { break };
        table = below;
    }
    span
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "
[domain]
tenants = \"auth.example\"

[mail]
smtp_url = \"smtp://127.0.0.1:25\"
";

    fn wrong(text: &str) -> String {
        match parse(Path::new("/etc/kiavi/kiavi.toml"), text) {
            Ok(_) => panic!("accepted"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn little_is_enough() {
        let Loaded { config, smtp_url, monitor_token, .. } = parse(Path::new("kiavi.toml"), GOOD).unwrap();
        assert_eq!(config.data, Path::new("/var/lib/kiavi"));
        assert_eq!(smtp_url.expose_secret(), "smtp://127.0.0.1:25");
        assert!(monitor_token.is_none() && config.monitor.is_enabled);
    }

    #[test]
    fn the_example_is_one() {
        let example = include_str!("../../../../deploy/kiavi.toml");
        let folder = std::env::temp_dir().join(format!("kiavi-config-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("smtp-url"), "smtps://a:b@smtp.example\n").unwrap();
        let loaded = parse(&folder.join("kiavi.toml"), example).map_err(|error| error.to_string());
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(loaded.unwrap().smtp_url.expose_secret(), "smtps://a:b@smtp.example");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let text = format!("{GOOD}[listen]\nadresses = []\n");
        let told = wrong(&text);
        assert!(told.starts_with("/etc/kiavi/kiavi.toml:8: unknown field `adresses`"), "{told}");

        let text = format!("{GOOD}[listen]\naddresses = [\"0.0.0.0:80\"]\n");
        let told = wrong(&text);
        assert!(told.starts_with("/etc/kiavi/kiavi.toml:8: listen.addresses: "), "{told}");
        assert!(told.contains("behind_edge = true"), "{told}");

        let told = wrong("[domain]\ntenants = \"auth.example\"\n[mail]\nsmtp_url = \"smtp://a:hunter2\n");
        assert!(told.contains(":4: ") && !told.contains("hunter2"), "{told}");

        let told = wrong(&format!("{GOOD}[geo]\nnetwork = \"/dev/null\"\n"));
        assert_eq!(told, "/etc/kiavi/kiavi.toml:8: geo.network: /dev/null is no file");

        let told = wrong("[domain]\ntenants = \"auth.example\"\n[mail]\nsmtp_url_file = \"/none\"\n");
        assert!(told.starts_with("/etc/kiavi/kiavi.toml:4: mail.smtp_url_file: cannot read /none"), "{told}");
    }
}
