//! How far it is, on a terminal.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A line that counts bytes. Silent when there is no terminal.
pub(super) struct Progress(ProgressBar);

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
        Self(bar)
    }

    pub(super) fn doing(&self, doing: &str) {
        self.0.set_message(doing.to_owned());
        self.0.set_position(0);
    }

    pub(super) fn advance(&self, bytes: usize) {
        self.0.inc(bytes as u64);
    }

    pub(super) fn clear(&self) {
        self.0.finish_and_clear();
    }
}
