//! What a panic says inside the sandbox.

use std::{fmt::Write as _, panic::PanicHookInfo};

/// Replaces the panic hook by one that writes a single line to standard error: where, never what.
///
/// The payload may quote a customer's data. A backtrace would open files, which ends a sealed process with
/// `SIGSYS` and loses the message.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        let line = describe(info);
        // A failed write to the log cannot be reported anywhere else.
        let _ = rustix::io::write(std::io::stderr(), line.as_bytes());
    }));
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let mut line = String::from("panicked at ");
    match info.location() {
        Some(at) => {
            let _ = write!(line, "{}:{}:{}", at.file(), at.line(), at.column());
        }
        None => line.push_str("an unknown place"),
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_panic_line_says_where_and_never_what() {
        let seen = Arc::new(Mutex::new(String::new()));
        let sink = Arc::clone(&seen);
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| *sink.lock().unwrap() = describe(info)));
        let outcome = std::panic::catch_unwind(|| panic!("ada@example.com"));
        std::panic::set_hook(previous);
        assert!(outcome.is_err());
        let line = seen.lock().unwrap().clone();
        assert!(line.starts_with("panicked at ") && line.contains("panic.rs:"), "{line}");
        assert_eq!(line.matches('\n').count(), 1);
        assert!(!line.contains("ada"));
    }
}
