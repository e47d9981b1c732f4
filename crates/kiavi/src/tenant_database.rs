//! The way of PostgreSQL's own programs (psql, pg_dump) to a tenant's database, as its owner.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use kiavi_base::TenantId;
use kiavi_db::RemoteUrl;
use rustix::fs::{CWD, MemfdFlags, Mode, OFlags, memfd_create, openat};
use secrecy::ExposeSecret;

use crate::data::postgres_run_folder;
use crate::postgres_url;

/// The role that this machine's operator may log in as at the private cluster.
const SUPERUSER: &str = "kiavi_super";
/// Where Debian and its like keep the system's authorities in one file, for a libpq that does not know where.
const SYSTEM_AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Where the databases of an instance are.
pub(crate) enum Way {
    /// In its private cluster: the folder of the socket, reached through its descriptor, because its path may be longer
    /// than a socket's (107 bytes).
    Socket(OwnedFd),
    /// On a server on a network; and a file in memory with the password, which is not for the environment.
    Server { url: Box<RemoteUrl>, password: OwnedFd },
}

impl Way {
    /// The server whose URL is in `url_file`, or the private cluster in the data folder.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub(crate) fn open(data: &Path, url_file: Option<&Path>) -> Result<Self, String> {
        let Some(file) = url_file else {
            let folder = open_inherited(&postgres_run_folder(data)).map_err(|error| {
                format!(
                    "The database's socket cannot be opened: {error}. If the instance keeps its databases on a server on \
                     a network, name the file with its URL with --postgres-url."
                )
            })?;
            return Ok(Self::Socket(folder));
        };
        let url = postgres_url::read(file).map_err(|error| format!("{error}."))?;
        let password = password_file(&url).map_err(|error| format!("There is no memory: {error}."))?;
        Ok(Self::Server { url: Box::new(url), password })
    }

    /// A program of PostgreSQL's with an environment that leads to the tenant's database and nowhere else. It must not
    /// outlive this value.
    pub(crate) fn command(&self, program: &Path, id: &TenantId) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("PG")) {
                command.env_remove(name);
            }
        }
        command
            .env("PGDATABASE", id.as_str())
            .env("PGOPTIONS", format!("-c role={id}_owner"))
            .env("PGAPPNAME", "kiavi");
        match self {
            Self::Socket(folder) => {
                command.env("PGHOST", inherited(folder)).env("PGPORT", "5432").env("PGUSER", SUPERUSER)
            }
            Self::Server { url, password } => command
                .env("PGHOST", url.host.trim_start_matches('[').trim_end_matches(']'))
                .env("PGPORT", url.port.to_string())
                .env("PGUSER", &url.user)
                .env("PGPASSFILE", inherited(password))
                .env("PGSSLMODE", "verify-full")
                .env("PGSSLROOTCERT", authorities(url))
                .env("PGGSSENCMODE", "disable"),
        };
        command
    }
}

/// Opens a folder so that the program that this one becomes has it too.
pub(crate) fn open_inherited(path: &Path) -> io::Result<OwnedFd> {
    Ok(openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY, Mode::empty())?)
}

fn inherited(descriptor: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", descriptor.as_raw_fd())
}

/// A password file (PostgreSQL manual §34.16) in memory, which the program inherits.
fn password_file(url: &RemoteUrl) -> io::Result<OwnedFd> {
    let mut file = std::fs::File::from(memfd_create("kiavi", MemfdFlags::empty())?);
    // It is ignored unless it is for its owner only.
    file.set_permissions(Permissions::from_mode(0o600))?;
    let password = url.password.expose_secret().replace('\\', "\\\\").replace(':', "\\:");
    file.write_all(format!("*:*:*:*:{password}\n").as_bytes())?;
    Ok(file.into())
}

fn authorities(url: &RemoteUrl) -> PathBuf {
    let system = || Some(PathBuf::from(SYSTEM_AUTHORITIES)).filter(|path| path.exists());
    url.authorities_file.clone().or_else(system).unwrap_or_else(|| PathBuf::from("system"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ffi::OsStr;

    use kiavi_base::SeededRng;

    use super::*;

    fn environment(way: &Way, id: &TenantId) -> BTreeMap<String, String> {
        let command = way.command(Path::new("psql"), id);
        let text = |text: &OsStr| text.to_str().unwrap().to_owned();
        command.get_envs().filter_map(|(name, value)| Some((text(name), text(value?)))).collect()
    }

    #[test]
    fn psql_is_led_to_the_tenant_as_its_owner() {
        let id = TenantId::random(&SeededRng::new(1));
        let set = environment(&Way::Socket(open_inherited(Path::new("/")).unwrap()), &id);
        assert_eq!((set["PGUSER"].as_str(), set["PGDATABASE"].as_str()), (SUPERUSER, id.as_str()));
        assert_eq!(set["PGOPTIONS"], format!("-c role={id}_owner"));
    }

    #[test]
    fn on_a_network_the_server_is_verified_and_the_password_is_in_no_variable() {
        let id = TenantId::random(&SeededRng::new(1));
        let url = RemoteUrl {
            host: "[::1]".to_owned(),
            port: 6000,
            user: "kiavi".to_owned(),
            database: "own".to_owned(),
            password: "a:b\\c".to_owned().into(),
            roots: Vec::new(),
            authorities_file: Some("/ca.pem".into()),
        };
        let password = password_file(&url).unwrap();
        let read = std::fs::read_to_string(inherited(&password)).unwrap();
        assert_eq!(read, "*:*:*:*:a\\:b\\\\c\n");
        let set = environment(&Way::Server { url: Box::new(url), password }, &id);
        assert_eq!((set["PGHOST"].as_str(), set["PGPORT"].as_str()), ("::1", "6000"));
        assert_eq!((set["PGSSLMODE"].as_str(), set["PGSSLROOTCERT"].as_str()), ("verify-full", "/ca.pem"));
        assert!(set.values().all(|value| !value.contains("a:b")));
    }
}
