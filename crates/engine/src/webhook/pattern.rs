//! Which events an endpoint wants.

use crate::audit::EventType;

/// One of the texts under `events`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pattern<'t> {
    /// `*`: everything.
    All,
    /// `session.*`: everything about one thing.
    Thing(&'t str),
    /// `session.created`: one type.
    Type(&'t str),
}

impl<'t> Pattern<'t> {
    /// Reads a pattern; `None` for one that no event can match, which is a mistake.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let pattern = match text.strip_suffix('*') {
            Some("") => Self::All,
            Some(thing) => Self::Thing(thing.strip_suffix('.')?),
            None => Self::Type(text),
        };
        EventType::ALL.iter().any(|kind| pattern.matches(*kind)).then_some(pattern)
    }

    /// Whether it wants events of this type.
    pub(super) fn matches(self, kind: EventType) -> bool {
        kind.is_published()
            && match self {
                Self::All => true,
                Self::Thing(thing) => kind.name().split('.').next() == Some(thing),
                Self::Type(name) => kind.name() == name,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matching(text: &str) -> Vec<&'static str> {
        let pattern = Pattern::parse(text).unwrap();
        EventType::ALL.iter().filter(|kind| pattern.matches(**kind)).map(|kind| kind.name()).collect()
    }

    #[test]
    fn a_pattern_is_a_type_or_a_thing_or_everything() {
        assert_eq!(matching("user.created"), ["user.created"]);
        assert_eq!(
            matching("session.*"),
            ["session.created", "session.revoked", "session.refused", "session.switched"]
        );
        let published = EventType::ALL.iter().filter(|kind| kind.is_published()).count();
        assert_eq!(matching("*").len(), published);
        assert!(!matching("*").contains(&"webhook.disabled"));
        for wrong in ["", ".*", "session", "session.", "session.*.created", "sess*", "**", "webhook.*"] {
            assert_eq!(Pattern::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_of_types_are_two_words() {
        for (place, kind) in EventType::ALL.iter().enumerate() {
            assert_eq!(*kind as usize, place);
            // Standard Webhooks, Event types.
            let is_word =
                |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(kind.name().split('.').all(is_word), "{}", kind.name());
            assert!(kind.about().ends_with('.') && !kind.about().contains('\n'), "{}", kind.about());
        }
    }
}
