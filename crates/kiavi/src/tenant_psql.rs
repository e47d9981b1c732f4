//! `kiavi psql TENANT [ARGS]`: psql as the owner of a tenant's database.

use std::{
    ffi::OsString,
    io,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use clap::Args;
use kiavi_base::TenantId;
use rustix::fs::{CWD, Mode, OFlags, openat};

use crate::{
    client::{Client, ClientError},
    data::{default_folder, postgres_run_folder},
    tenant::{Exit, block_on, complain, exit_of, find, text},
};

/// The role that this machine's operator may log in as.
const SUPERUSER: &str = "kiavi_super";

/// Open psql on a tenant's database, as its owner.
#[derive(Debug, Args)]
pub(crate) struct PsqlArgs {
    /// The data folder of the instance [default: /var/lib/kiavi as root, else ~/.local/share/kiavi]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The tenant's name or id
    tenant: String,
    /// Arguments for psql, such as -c 'SELECT 1'
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// Takes `--data DIR` out of psql's arguments, where people may write it as well: psql has no option of that name.
fn take_data(args: &mut Vec<OsString>) -> Option<PathBuf> {
    const OPTION: &str = "--data";
    if let Some(at) = args.iter().position(|arg| arg == OPTION) {
        args.remove(at);
        return (at < args.len()).then(|| args.remove(at).into());
    }
    let value = |arg: &OsString| Some(PathBuf::from(arg.to_str()?.strip_prefix("--data=")?));
    let at = args.iter().position(|arg| value(arg).is_some())?;
    value(&args.remove(at))
}

/// Becomes psql. Returns only when that fails.
pub(crate) fn run(mut args: PsqlArgs) -> ExitCode {
    let data = take_data(&mut args.args).or(args.data);
    let client = Client::new(data.unwrap_or_else(default_folder));
    let id = block_on(async {
        let tenant = find(&client, &args.tenant).await?;
        let id = text(&tenant, "id").parse::<TenantId>();
        id.map_err(|_| ClientError::Connection("an answer without an id".to_owned()))
    });
    let id = match id {
        Ok(id) => id,
        Err(error) => return complain(&error.to_string(), exit_of(&error)),
    };
    let folder = match open_inherited(&postgres_run_folder(client.data())) {
        Ok(folder) => folder,
        Err(error) => {
            return complain(&format!("The database's socket cannot be opened: {error}."), Exit::Failed);
        }
    };
    let error = database_command(Path::new("psql"), &id, &folder).args(args.args).exec();
    let message = match error.kind() {
        io::ErrorKind::NotFound => {
            "psql is not installed: run `sudo apt-get install postgresql-client`.".to_owned()
        }
        _ => format!("psql could not be started: {error}."),
    };
    complain(&message, Exit::Failed)
}

/// Opens a folder so that the program that this one becomes has it too.
pub(crate) fn open_inherited(path: &Path) -> io::Result<OwnedFd> {
    Ok(openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY, Mode::empty())?)
}

/// A program of PostgreSQL's with an environment that leads to the tenant's database and nowhere else. The socket is
/// named through the open folder, whose path may be longer than a socket's (107 bytes).
pub(crate) fn database_command(program: &Path, id: &TenantId, folder: &OwnedFd) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("PG")) {
            command.env_remove(name);
        }
    }
    command
        .env("PGHOST", format!("/proc/self/fd/{}", folder.as_raw_fd()))
        .env("PGPORT", "5432")
        .env("PGUSER", SUPERUSER)
        .env("PGDATABASE", id.as_str())
        .env("PGOPTIONS", format!("-c role={id}_owner"))
        .env("PGAPPNAME", "kiavi");
    command
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kiavi_base::SeededRng;

    use super::*;

    #[test]
    fn psql_is_led_to_the_tenant_as_its_owner() {
        let id = TenantId::random(&SeededRng::new(1));
        let folder = open_inherited(Path::new("/")).unwrap();
        let command = database_command(Path::new("psql"), &id, &folder);
        let set: BTreeMap<_, _> =
            command.get_envs().filter_map(|(name, value)| Some((name, value?))).collect();
        let get = |name: &str| set[std::ffi::OsStr::new(name)].to_str().unwrap().to_owned();
        assert_eq!((get("PGUSER"), get("PGDATABASE")), (SUPERUSER.to_owned(), id.to_string()));
        assert_eq!(get("PGOPTIONS"), format!("-c role={id}_owner"));
    }

    #[test]
    fn options_of_psql_are_not_ours() {
        #[derive(clap::Parser)]
        struct Cli {
            #[command(flatten)]
            psql: PsqlArgs,
        }
        let cli = <Cli as clap::Parser>::parse_from([
            "x", "demo", "--data", "/d", "-At", "-c", "SELECT 1", "--json",
        ]);
        assert_eq!(cli.psql.data.as_deref(), Some(Path::new("/d")));
        assert_eq!(cli.psql.args, ["-At", "-c", "SELECT 1", "--json"]);
    }

    #[test]
    fn the_data_folder_may_be_named_anywhere() {
        for given in [&["-At", "--data", "/d", "-c", "x"][..], &["-At", "-c", "x", "--data=/d"]] {
            let mut args: Vec<OsString> = given.iter().map(OsString::from).collect();
            assert_eq!(take_data(&mut args), Some(PathBuf::from("/d")));
            assert_eq!(args, ["-At", "-c", "x"]);
        }
        let mut args = vec![OsString::from("--data")];
        assert_eq!((take_data(&mut args), args.len()), (None, 0));
    }
}
