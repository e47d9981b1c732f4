//! Reading server-sent events (WHATWG HTML §9.2.6), as far as the management API uses them.

/// Longest event, in bytes.
const MAX_EVENT: usize = 1024 * 1024;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerEvent {
    pub(crate) name: String,
    pub(crate) data: String,
}

/// An event that is too long, or is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the events cannot be read")]
pub(crate) struct UnreadableEvents;

/// Puts events together from bytes that arrive in any pieces.
#[derive(Debug, Default)]
pub(crate) struct EventParser {
    line: Vec<u8>,
    name: String,
    data: Vec<String>,
    length: usize,
}

impl EventParser {
    /// The events that `bytes` complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<ServerEvent>, UnreadableEvents> {
        let mut events = Vec::new();
        for &byte in bytes {
            if byte != b'\n' {
                self.line.push(byte);
                self.length += 1;
                if self.length > MAX_EVENT {
                    return Err(UnreadableEvents);
                }
                continue;
            }
            let line = String::from_utf8(std::mem::take(&mut self.line)).map_err(|_| UnreadableEvents)?;
            events.extend(self.take_line(line.strip_suffix('\r').unwrap_or(&line)));
        }
        Ok(events)
    }

    fn take_line(&mut self, line: &str) -> Option<ServerEvent> {
        if line.is_empty() {
            self.length = 0;
            let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
            return (!data.is_empty()).then(|| ServerEvent { name, data: data.join("\n") });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => self.data.push(value.to_owned()),
            // A comment, or a field of no use here.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(name: &str, data: &str) -> ServerEvent {
        ServerEvent { name: name.into(), data: data.into() }
    }

    #[test]
    fn events_comments_and_lines() {
        let text =
            "event: step\ndata: {\"a\":1}\n\n:\n\n: keep\ndata: x\r\ndata:y\r\n\r\nevent: lost\n\ndata: half";
        let events = EventParser::default().push(text.as_bytes()).unwrap();
        assert_eq!(events, [event("step", "{\"a\":1}"), event("", "x\ny")]);
    }

    #[test]
    fn an_event_without_end_is_refused() {
        let mut parser = EventParser::default();
        let mut push = || parser.push(&[b'a'; 64 * 1024]);
        assert!((0..20).any(|_| push() == Err(UnreadableEvents)));
    }

    proptest! {
        #[test]
        fn the_pieces_do_not_matter(data in proptest::collection::vec("[ -~]{1,20}", 1..5), cut in 1usize..9) {
            let text: String = data.iter().map(|data| format!("event: n\ndata: {data}\n\n")).collect();
            let mut parser = EventParser::default();
            let pieces = text.as_bytes().chunks(cut);
            let events: Vec<_> = pieces.flat_map(|piece| parser.push(piece).unwrap()).collect();
            let expected: Vec<_> = data.iter().map(|data| event("n", data)).collect();
            prop_assert_eq!(events, expected);
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = EventParser::default().push(&bytes);
        }
    }
}
