//! Where log lines go: to standard error, which for a child process is the launcher's pipe.

use std::error::Error;
use std::io;

use kiavi_launcher::LogQueue;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::time::SystemTime;

/// Which events are logged unless something else is asked for.
pub(crate) const DEFAULT_FILTER: &str = "info";

/// What the launcher logs until it ends.
pub(crate) struct LauncherLog(pub(crate) LogQueue);

impl Drop for LauncherLog {
    fn drop(&mut self) {
        // Whoever does not read by now has been told all that can be told.
        self.0.flush();
    }
}

/// Starts logging for a launcher, which waits for nobody who reads it; what was written last leaves when this is dropped.
///
/// # Errors
/// When the kernel has no descriptor or no thread left.
pub(crate) fn start_launcher(filter: &str, is_json: bool) -> io::Result<LauncherLog> {
    let queue = LogQueue::start()?;
    let lines = queue.clone();
    start_with(filter, is_json, move || lines.clone());
    // The hook of the standard library writes by itself, and waits.
    std::panic::set_hook(Box::new(|info| tracing::error!("{}", info.to_string().replace('\n', " "))));
    Ok(LauncherLog(queue))
}

/// Starts logging, as text or as JSON. An invalid filter is replaced by the default.
pub(crate) fn start(filter: &str, is_json: bool) {
    start_with(filter, is_json, io::stderr);
}

fn start_with(filter: &str, is_json: bool, writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(false)
        .with_target(false)
        .with_timer(SystemTime);
    if is_json {
        lines.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
    } else {
        lines.init();
    }
}

/// An error and everything that caused it, on one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}
