//! How far it is, on a terminal; and for whoever has ordered it.

use std::{
    cell::Cell,
    io::{self, IsTerminal},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is being done, in the words of the instance's orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Waiting,
    Storing,
    Reading,
    Restoring,
}

impl Step {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Storing => "storing",
            Self::Reading => "reading",
            Self::Restoring => "restoring",
        }
    }
}

/// A line that counts bytes. Silent when there is no terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    step: Cell<Step>,
}

impl Progress {
    pub(super) fn new(doing: &str) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let target = if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {bytes} ({bytes_per_sec})") {
            bar.set_style(style);
        }
        bar.set_message(doing.to_owned());
        bar.enable_steady_tick(std::time::Duration::from_millis(80));
        Self { bar, step: Cell::new(Step::Waiting) }
    }

    /// Another step begins, which is shown in these words.
    pub(super) fn doing(&self, step: Step, doing: &str) {
        self.step.set(step);
        self.bar.set_message(doing.to_owned());
        self.bar.set_position(0);
    }

    /// The step, and its bytes so far.
    pub(super) fn now(&self) -> (Step, u64) {
        (self.step.get(), self.bar.position())
    }

    pub(super) fn advance(&self, bytes: usize) {
        self.bar.inc(bytes as u64);
    }

    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
