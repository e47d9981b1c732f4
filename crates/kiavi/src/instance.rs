//! Running an instance: what `kiavi dev` and `kiavi serve` share once they know what they want.

use std::io::Write;
use std::os::fd::RawFd;
use std::process::ExitCode;

use kiavi_launcher::LauncherConfig;

use crate::config::RequestLog;
use crate::log;

/// Runs an instance until it is told to stop; `takes_over` is what an upgrade hands to the new program.
pub(crate) fn run(config: LauncherConfig, takes_over: Option<RawFd>) -> ExitCode {
    // One thread: the launcher connects to PostgreSQL under other accounts, which are a thread's attribute.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&log::chain(&error)),
    };
    let queue = config.log.queue.clone();
    match runtime.block_on(kiavi_launcher::run(config, takes_over)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            queue.say(format!("kiavi: {}\n", log::chain(&error)).as_bytes());
            ExitCode::FAILURE
        }
    }
}

/// Says why there is no instance.
pub(crate) fn fail(message: &str) -> ExitCode {
    // Standard error may be closed; then there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "kiavi: {message}");
    ExitCode::FAILURE
}

/// How processes are told which requests to log.
pub(crate) fn request_options(requests: RequestLog, routine_sample: u32, networks: bool) -> Vec<String> {
    let name = match requests {
        RequestLog::Off => "off",
        RequestLog::Errors => "errors",
        RequestLog::Standard => "standard",
        RequestLog::All => "all",
    };
    let mut options = vec!["--requests".to_owned(), name.to_owned()];
    if routine_sample > 0 {
        options.extend(["--routine-sample".to_owned(), routine_sample.to_string()]);
    }
    if networks {
        options.push("--networks".to_owned());
    }
    options
}
