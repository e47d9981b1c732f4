//! `kiavi backup` and `kiavi restore`: archives of tenants, where they are kept, and tenants out of them.
//!
//! This program runs as whoever can reach where archives are: a folder, or a store on a network. What it gets of the
//! instance is encrypted already.

mod bucket;
mod create;
mod drill;
mod drill_instance;
mod folder;
mod list;
mod name;
mod open;
mod orders;
mod place;
mod progress;
mod restore;
mod restore_instance;
mod retention;
mod run;
mod schedule;
mod send;
mod verify;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
// What archives of the instance itself are called by.
use kiavi_control::INSTANCE;

pub(crate) use bucket::credentials as store_credentials;
pub(crate) use create::{Wanted, archive_to_file};
pub(crate) use open::Keys;
pub(crate) use restore::{RestoreArgs, run as restore_archive};

use crate::tenant::answer;

const AFTER_HELP: &str = "\
An archive is one tenant: a snapshot of its database, its settings and its secret, compressed and encrypted. It opens with
the tenant's own key, which is in the vault and is destroyed with the tenant, and with the identities of recipients
(--recipient age1…), without any instance. Keys of persons are a file of their own, which is to be kept 30 days at most.

Where archives are: a folder, or s3://BUCKET/PREFIX. The store's credentials are in AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, or lines of such names in a file (--credentials); AWS_ENDPOINT_URL and AWS_REGION name a store that
is not Amazon's.

Examples:
  kiavi backup create shop --to /var/backups/kiavi
  kiavi backup create --all --to s3://backups/kiavi --credentials /etc/kiavi/s3.env --recipient age1…
  kiavi backup schedule --to /var/lib/kiavi-backups --at 03:10 --keep-daily 7 --keep-weekly 4 --keep-monthly 12
  kiavi backup drill shop --from /var/backups/kiavi
  kiavi backup drill --instance --identity operator.age
  kiavi backup restore-instance --from /var/backups/kiavi --identity operator.age

docs/backup.md tells the format, the keys, and what to do when everything is lost.";

/// Back tenants up.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP, after_help = "--help tells where archives go and who can open them.")]
pub(crate) struct BackupArgs {
    #[command(subcommand)]
    verb: BackupVerb,
}

/// Where archives are.
#[derive(Debug, Clone, Args)]
pub(crate) struct Credentials {
    /// A file with the store's credentials, as lines such as AWS_ACCESS_KEY_ID=…
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum BackupVerb {
    /// Make an archive of a tenant, or of each
    Create(create::CreateArgs),
    /// List what became of backups and drills, or the archives in a place
    List(list::ListArgs),
    /// Read an archive to its end, and make sure that it is whole
    Verify(verify::VerifyArgs),
    /// Restore the newest archive of a tenant, or of the instance, for a trial: count, sign in, remove
    Drill(drill::DrillArgs),
    /// Bring an instance back on an empty machine, from its archive and those of its tenants
    RestoreInstance(restore_instance::RestoreInstanceArgs),
    /// Show or set when `kiavi backup run` makes archives, where, and how long they are kept
    Schedule(schedule::ScheduleArgs),
    /// Do what the schedule says is due and what was ordered at the console. A timer starts this
    Run(run::RunArgs),
}

/// Does what the command says and returns what the process should exit with.
pub(crate) fn run(args: BackupArgs) -> ExitCode {
    match args.verb {
        BackupVerb::Create(args) => answer(create::run(args)),
        BackupVerb::List(args) => answer(list::run(args)),
        BackupVerb::Verify(args) => answer(verify::run(args)),
        BackupVerb::Drill(args) => answer(drill::run(args)),
        BackupVerb::RestoreInstance(args) => answer(restore_instance::run(args)),
        BackupVerb::Schedule(args) => answer(schedule::run(args)),
        BackupVerb::Run(args) => answer(run::run(args)),
    }
}

/// Does what `kiavi restore` says.
pub(crate) fn restore(args: RestoreArgs) -> ExitCode {
    answer(restore::run(args))
}
