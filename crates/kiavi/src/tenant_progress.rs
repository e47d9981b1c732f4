//! The true steps of a tenant on a terminal.

use std::{collections::HashSet, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use crate::{tenant::text, tenant_wait::Wait};

const TICK: Duration = Duration::from_millis(80);

/// A line that shows the step at work, with the finished ones above it. Silent when there is no terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// The steps that are shown as done: who asks again is told them again.
    done: HashSet<String>,
}

impl Progress {
    /// Starts to show progress on standard error; `doing` says what, such as `Creating shop`.
    pub(crate) fn new(doing: &str, is_terminal: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, target(is_terminal));
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.set_message(doing.to_owned());
        bar.enable_steady_tick(TICK);
        Self { bar, done: HashSet::new() }
    }

    /// Shows what a `step` event says.
    pub(crate) fn step(&mut self, data: &Value) {
        let words = words(text(data, "step"));
        if text(data, "status") == "done" {
            if self.done.insert(words.to_owned()) {
                self.bar.println(format!("✓ {words}"));
            }
        } else {
            self.bar.set_message(format!("{words} ({} of {})", data["number"], data["of"]));
        }
    }

    /// Shows what the step at work waits for.
    pub(crate) fn wait(&self, wait: Wait<'_>) {
        let message = self.bar.message();
        let step = message.split(": waiting").next().unwrap_or_default();
        self.bar.set_message(format!("{step}: {wait}"));
    }

    /// Clears the line.
    pub(crate) fn finish(self, is_done: bool) {
        if !is_done {
            self.bar.println(format!("✗ {}", self.bar.message()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A line that counts tenants, with those that failed above it.
pub(crate) struct Count {
    bar: ProgressBar,
}

impl Count {
    /// Starts to count up to `total` on standard error.
    pub(crate) fn new(total: usize, is_terminal: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total as u64), target(is_terminal));
        if let Ok(style) =
            ProgressStyle::with_template("{spinner} {pos} of {len} {wide_bar} {elapsed}, {eta} left\n{msg}")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self { bar }
    }

    /// Shows what one waits for.
    pub(crate) fn wait(&self, name: &str, wait: Wait<'_>) {
        self.bar.set_message(format!("{name}: {wait}"));
    }

    /// One is done, or failed for this reason.
    pub(crate) fn next(&self, name: &str, failure: Option<&str>) {
        if let Some(failure) = failure {
            self.bar.println(format!("✗ {name}: {failure}"));
        }
        self.bar.set_message("");
        self.bar.inc(1);
    }

    /// Clears the line.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        self.finish();
    }
}

fn target(is_terminal: bool) -> ProgressDrawTarget {
    if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() }
}

/// What a step is called on a terminal; a step of a newer instance keeps its own name.
pub(crate) fn words(step: &str) -> &str {
    match step {
        "secret" => "Secret",
        "role" => "Database roles",
        "database" => "Database",
        "schema" => "Tables",
        "certificate" => "Certificates",
        "running" => "Engine",
        "stopped" => "Engine stopped",
        "closed" => "Addresses given back",
        "shredded" => "Secrets destroyed",
        "dropped" => "Database dropped",
        "unlisted" => "Account removed",
        "removed" => "Forgotten",
        other => other,
    }
}
