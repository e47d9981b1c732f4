//! Where something stands in a list that is ordered by time.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

/// When something came to be, and its id, which tells apart what came at once. As text it is both with a slash between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) at: Timestamp,
    pub(crate) id: String,
}

impl Position {
    /// Before everything.
    pub(crate) const fn first() -> Self {
        Self { at: Timestamp::UNIX_EPOCH, id: String::new() }
    }

    /// After everything.
    pub(crate) const fn last() -> Self {
        Self { at: Timestamp::MAX, id: String::new() }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.at, self.id)
    }
}

/// The text stands for no position.
#[derive(Debug, thiserror::Error)]
#[error("no position")]
pub(crate) struct InvalidPosition;

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let (at, id) = text.split_once('/').ok_or(InvalidPosition)?;
        Ok(Self { at: at.parse().map_err(|_| InvalidPosition)?, id: id.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_position_is_read_as_it_was_written(microsecond in 0..4_102_444_800_000_000_i64, id in "[!-~]{0,40}") {
            let position = Position { at: Timestamp::from_microsecond(microsecond).unwrap(), id };
            prop_assert_eq!(position.to_string().parse::<Position>().unwrap(), position);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,80}") {
            let _ = text.parse::<Position>();
        }
    }
}
