//! `kiavi generate`: the files that a package has and that are made of this program.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Command, Subcommand};
use clap_complete::Shell;

use crate::audit_catalogue;
use crate::config::reference;
use crate::instance::fail;

/// Options of `kiavi generate`.
#[derive(Args)]
pub(crate) struct GenerateArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Manual pages, one for each verb, into a folder
    Man {
        /// The folder; it is made if there is none
        folder: PathBuf,
    },
    /// A shell's completions, to standard output
    Completions {
        /// For which shell
        shell: Shell,
    },
    /// The events of audit logs, to standard output
    AuditEvents,
    /// The reference of the configuration, to standard output
    Configuration {
        /// The JSON Schema that it is made of instead
        #[arg(long)]
        schema: bool,
    },
}

pub(crate) fn run(args: GenerateArgs, command: Command) -> ExitCode {
    let mut command = public(&command);
    let mut out = io::stdout();
    let done = match args.what {
        What::Man { folder } => manual(&folder, command),
        What::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut command, "kiavi", &mut text);
            out.write_all(&text)
        }
        What::AuditEvents => out.write_all(audit_catalogue::page().as_bytes()),
        What::Configuration { schema: true } => writeln!(out, "{:#}", reference::schema()),
        What::Configuration { schema: false } => out.write_all(reference::page().as_bytes()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("the files could not be written: {error}")),
    }
}

/// The program as people use it: without the verbs that are hidden.
fn public(command: &Command) -> Command {
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned();
    let about = command.get_about().cloned().unwrap_or_default();
    Command::new("kiavi").version(env!("CARGO_PKG_VERSION")).about(about).subcommands(verbs)
}

fn manual(folder: &Path, mut command: Command) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    command.build();
    page(folder, "kiavi", &command)
}

/// The page of a verb, and those of the verbs below it.
fn page(folder: &Path, name: &str, command: &Command) -> io::Result<()> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone()).title(name).render(&mut text)?;
    std::fs::write(folder.join(format!("{name}.1")), text)?;
    let verbs = command.get_subcommands().filter(|verb| verb.get_name() != "help");
    verbs.into_iter().try_for_each(|verb| page(folder, &format!("{name}-{}", verb.get_name()), verb))
}
