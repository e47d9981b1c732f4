//! `kiavi psql TENANT [ARGS]`: psql as the owner of a tenant's database.

use std::{
    ffi::OsString,
    io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use kiavi_base::TenantId;

use crate::{
    client::{Client, ClientError},
    data::default_folder,
    place::Place,
    tenant::{Exit, block_on, complain, exit_of, find, text},
    tenant_database::Way,
};

/// Open psql on a tenant's database, as its owner.
#[derive(Debug, Args)]
pub(crate) struct PsqlArgs {
    /// The data folder of the instance [default: /var/lib/kiavi as root, else ~/.local/share/kiavi]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The file with the URL of the server that the instance keeps its databases on, if it has no private cluster
    #[arg(long, value_name = "FILE")]
    postgres_url: Option<PathBuf>,
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
    let folder = data.unwrap_or_else(default_folder);
    let client = Client::new(Place::Here(folder.clone()));
    let id = block_on(async {
        let tenant = find(&client, &args.tenant).await?;
        let id = text(&tenant, "id").parse::<TenantId>();
        id.map_err(|_| ClientError::Connection("an answer without an id".to_owned()))
    });
    let id = match id {
        Ok(id) => id,
        Err(error) => return complain(&error.to_string(), exit_of(&error)),
    };
    let way = match Way::open(&folder, args.postgres_url.as_deref()) {
        Ok(way) => way,
        Err(message) => return complain(&message, Exit::Failed),
    };
    let error = way.command(Path::new("psql"), &id).args(args.args).exec();
    let message = match error.kind() {
        io::ErrorKind::NotFound => {
            "psql is not installed: run `sudo apt-get install postgresql-client`.".to_owned()
        }
        _ => format!("psql could not be started: {error}."),
    };
    complain(&message, Exit::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;

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
