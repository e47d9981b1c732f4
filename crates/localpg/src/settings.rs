//! The server's settings.

use std::{fs, io, os::unix::fs::PermissionsExt, path::Path};

use crate::{AUDITOR_ROLE, CONTROL_ROLE, SUPERUSER, TENANTS_ROLE, layout::share_with_server};

/// The name of the map from operating system accounts to roles.
const MAP: &str = "kiavi";

/// What does not depend on the instance.
const FIXED: &str = "\
# Written at each start, and when another program takes the server over.
listen_addresses = ''
# Relative to the data folder: the path of a socket must fit into 108 bytes.
unix_socket_directories = '../run'
authentication_timeout = 10s

# Many small databases, most of them asleep.
autovacuum_naptime = 15min
recovery_init_sync_method = syncfs
jit = off
max_parallel_workers_per_gather = 0
max_prepared_transactions = 0
temp_file_limit = 256MB

# Times are UTC. No statement, parameter or value is logged; errors are reported by who caused them.
timezone = 'UTC'
log_timezone = 'UTC'
log_destination = 'stderr'
logging_collector = off
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_checkpoints = off
log_line_prefix = '%m [%p] '
";

/// Numbers that an instance may choose.
pub(crate) struct Sizes {
    pub(crate) max_connections: u32,
    pub(crate) shared_buffers_mb: u32,
}

/// Writes the three files into `folder`. The server sees that folder below `base`.
pub(crate) fn write(folder: &Path, base: &Path, root: bool, sizes: &Sizes) -> io::Result<()> {
    let files = [
        ("postgresql.conf", main_file(base, root, sizes)?),
        ("pg_hba.conf", access_file(root)),
        ("pg_ident.conf", map_file(root)),
    ];
    for (name, text) in files {
        let (path, unfinished) = (folder.join(name), folder.join(format!("{name}.new")));
        fs::write(&unfinished, text)?;
        fs::set_permissions(&unfinished, fs::Permissions::from_mode(0o600))?;
        share_with_server(&unfinished, root, 0o640)?;
        fs::rename(unfinished, path)?;
    }
    Ok(())
}

fn main_file(base: &Path, root: bool, sizes: &Sizes) -> io::Result<String> {
    let quoted = |name: &str| -> io::Result<String> {
        let path = base.join(name).into_os_string().into_string();
        let path = path.map_err(|_| io::Error::other("the data folder's path is not UTF-8"))?;
        if path.contains(['\n', '\r']) {
            return Err(io::Error::other("the data folder's path has a line break"));
        }
        // PostgreSQL manual §20.1.2: a quote and a backslash are doubled.
        Ok(format!("'{}'", path.replace('\\', "\\\\").replace('\'', "''")))
    };
    let Sizes { max_connections, shared_buffers_mb } = sizes;
    let socket_mode = if root { "0777" } else { "0700" };
    Ok(format!(
        "{FIXED}\n\
         data_directory = {data}\n\
         hba_file = {hba}\n\
         ident_file = {ident}\n\
         unix_socket_permissions = {socket_mode}\n\
         max_connections = {max_connections}\n\
         superuser_reserved_connections = 5\n\
         shared_buffers = {shared_buffers_mb}MB\n",
        data = quoted("data")?,
        hba = quoted("conf/pg_hba.conf")?,
        ident = quoted("conf/pg_ident.conf")?,
    ))
}

/// PostgreSQL manual §21.1: the first line that matches decides, and who matches none is refused.
fn access_file(root: bool) -> String {
    // Rootless, all processes are one user, and only that user can enter the socket's folder: there is nothing
    // that `peer` could tell apart.
    let (mapped, own_name) =
        if root { (format!("peer map={MAP}"), "peer") } else { ("trust".to_owned(), "trust") };
    format!(
        "local all {SUPERUSER} {mapped}\n\
         local replication {SUPERUSER} {mapped}\n\
         local all {CONTROL_ROLE} {mapped}\n\
         local all {AUDITOR_ROLE} {own_name}\n\
         local sameuser +{TENANTS_ROLE} {own_name}\n"
    )
}

fn map_file(root: bool) -> String {
    if root {
        format!("{MAP} root {SUPERUSER}\n{MAP} {CONTROL_ROLE} {CONTROL_ROLE}\n")
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes = Sizes { max_connections: 500, shared_buffers_mb: 128 };

    #[test]
    fn a_path_cannot_end_its_quotes() {
        let text = main_file(Path::new("/a'b\\c"), true, &SIZES).unwrap();
        assert!(text.contains("data_directory = '/a''b\\\\c/data'\n"), "{text}");
        assert!(main_file(Path::new("/a\nfsync = off"), true, &SIZES).is_err());
    }

    #[test]
    fn as_root_nobody_is_trusted() {
        assert!(!access_file(true).contains("trust"));
        assert!(access_file(true).lines().all(|line| line.starts_with("local ")));
    }
}
