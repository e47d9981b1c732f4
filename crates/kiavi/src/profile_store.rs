//! Profiles of instances elsewhere, in a file of the user's own.
//!
//! The file has management keys, so it is readable by nobody else, and one that is is refused.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::client::ClientError;

/// The file in the user's folder.
const FILE: &str = "profiles.json";

/// An instance elsewhere, and what opens it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    /// The origin of its console.
    pub(crate) url: Origin,
    /// The management key.
    #[serde(with = "key_text")]
    pub(crate) key: SecretString,
    /// Certificate authorities (PEM) to believe besides the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) authorities: Option<String>,
}

/// All profiles of a user.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Profiles {
    /// The one that is meant when nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<String>,
    pub(crate) profiles: BTreeMap<String, Profile>,
}

mod key_text {
    use secrecy::{ExposeSecret, SecretString};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(key: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(key.expose_secret())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
        String::deserialize(deserializer).map(SecretString::from)
    }
}

/// Where an instance is: `https://HOST[:PORT]`; `http` on this machine only, since the key would be for all to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Origin(Url);

/// The text is no origin that a key may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be the address of the console, such as https://console.auth.example, with https unless it is on this machine"
)]
pub(crate) struct InvalidOrigin;

impl Origin {
    pub(crate) fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The name, or the address without brackets.
    pub(crate) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// As the header `Host` has it (RFC 9110 §7.2).
    pub(crate) fn authority(&self) -> &str {
        self.0.authority()
    }

    /// Whether the name means this machine, whatever a name server says (RFC 6761 §6.3).
    pub(crate) fn is_here(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }
}

impl std::str::FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let url = Url::parse(text).map_err(|_| InvalidOrigin)?;
        let is_bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let origin = Self(url);
        let is_safe = origin.is_secure() || (origin.0.scheme() == "http" && origin.is_here());
        if is_bare && is_safe { Ok(origin) } else { Err(InvalidOrigin) }
    }
}

impl TryFrom<String> for Origin {
    type Error = InvalidOrigin;

    fn try_from(text: String) -> Result<Self, InvalidOrigin> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.to_string()
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl Profiles {
    /// Those of the user; none if there is no file.
    ///
    /// # Errors
    /// When the file cannot be read, or others can read it.
    pub(crate) fn load() -> Result<Self, ClientError> {
        let path = file()?;
        let wrong = |what: String| ClientError::Input(format!("The profiles in {} {what}.", path.display()));
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(wrong(format!("cannot be read: {error}"))),
        };
        let mode = std::fs::metadata(&path).map(|found| found.mode()).unwrap_or_default();
        if mode & 0o077 != 0 {
            let then = format!("chmod 600 {}, and give the keys in it new secrets", path.display());
            return Err(wrong(format!("can be read by others: {then}")));
        }
        // Without the error's own words, which may show a part of a key.
        serde_json::from_slice(&text).map_err(|_| wrong("are not what kiavi profile writes".to_owned()))
    }

    /// Writes them, for the user alone: whoever reads sees the old ones or the new ones.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn save(&self) -> Result<(), ClientError> {
        let path = file()?;
        let failed = |error: &dyn std::fmt::Display| {
            ClientError::Failed(format!("{} cannot be written: {error}.", path.display()))
        };
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed(&error))?;
        write(&path, &text).map_err(|error| failed(&error))
    }

    /// The profile of this name.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn find(&self, name: &str) -> Result<&Profile, ClientError> {
        let known: Vec<_> = self.profiles.keys().map(String::as_str).collect();
        let known = if known.is_empty() { "there are none".to_owned() } else { known.join(", ") };
        let missing = || ClientError::NoProfile { name: name.to_owned(), known };
        self.profiles.get(name).ok_or_else(missing)
    }
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let written =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new).and_then(|mut file| {
            file.write_all(text)?;
            file.sync_all()?;
            std::fs::rename(&new, path)
        });
    if written.is_err() {
        // What is left of it is nobody's to find.
        let _ = std::fs::remove_file(&new);
    }
    written
}

/// `kiavi/profiles.json` in the user's folder for configuration (XDG Base Directory Specification).
fn file() -> Result<PathBuf, ClientError> {
    let none = "There is no folder for profiles: set HOME, or XDG_CONFIG_HOME.";
    choose(|name| std::env::var_os(name)).ok_or_else(|| ClientError::Input(none.to_owned()))
}

fn choose(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // The specification has relative paths ignored.
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")))?;
    Some(folder.join("kiavi").join(FILE))
}

/// Whether the text can be a management key (docs/api.md).
pub(crate) fn is_key(key: &SecretString) -> bool {
    let symbols = key.expose_secret().strip_prefix("kiavi_mk_");
    symbols.is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_sent_by_tls_or_to_this_machine() {
        for (text, shown, authority) in [
            ("https://console.auth.example", "https://console.auth.example", "console.auth.example"),
            (
                "https://Console.auth.example:8443/",
                "https://console.auth.example:8443",
                "console.auth.example:8443",
            ),
            ("https://console.auth.example:443", "https://console.auth.example", "console.auth.example"),
            ("http://console.localhost:8080", "http://console.localhost:8080", "console.localhost:8080"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080", "[::1]:8080"),
        ] {
            let origin: Origin = text.parse().unwrap();
            assert_eq!((origin.to_string().as_str(), origin.authority()), (shown, authority));
        }
        for text in [
            "http://console.auth.example",
            "http://notlocalhost",
            "http://localhost.example",
            "ftp://localhost",
            "https://console.auth.example/v1",
            "https://user@console.auth.example",
            "https://console.auth.example?a",
            "console.auth.example",
            "",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn profiles_are_read_as_they_were_written() {
        let profile = Profile {
            url: "https://console.auth.example".parse().unwrap(),
            key: "kiavi_mk_a".to_owned().into(),
            authorities: None,
        };
        let profiles =
            Profiles { default: Some("prod".to_owned()), profiles: [("prod".to_owned(), profile)].into() };
        let text = serde_json::to_string(&profiles).unwrap();
        let read: Profiles = serde_json::from_str(&text).unwrap();
        let prod = read.find("prod").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            (prod.key.expose_secret(), prod.url.host(), prod.url.port()),
            ("kiavi_mk_a", "console.auth.example", 443)
        );
        let missing = read.find("test").err().unwrap().to_string();
        assert!(missing.contains("test") && missing.contains("prod"), "{missing}");
        assert!(
            serde_json::from_str::<Profiles>(&text.replace("https://console", "http://console")).is_err()
        );
    }

    #[test]
    fn the_file_is_the_users_own() {
        let at = |variables: &[(&str, &str)]| {
            choose(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
        };
        assert_eq!(at(&[("HOME", "/home/a")]), Some("/home/a/.config/kiavi/profiles.json".into()));
        let both = [("HOME", "/home/a"), ("XDG_CONFIG_HOME", "/etc/a")];
        assert_eq!(at(&both), Some("/etc/a/kiavi/profiles.json".into()));
        assert_eq!(at(&[("XDG_CONFIG_HOME", "a")]), None);
        let folder = std::env::temp_dir().join(format!("kiavi-profiles-{}", std::process::id()));
        let path = folder.join("kiavi/profiles.json");
        for text in ["one", "two"] {
            write(&path, text.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
