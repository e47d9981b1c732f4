//! How many more or fewer there are than in the period before.

use std::cmp::Ordering;

use crate::text::Text;

/// Figures up to today, each with the one of the period before.
#[derive(Debug, Clone, Copy)]
pub struct Trends {
    /// New users of today; the day before.
    pub new_users: Trend,
    /// New users of 7 days; the 7 before.
    pub new_users_7_days: Trend,
    /// Active users of 7 days; the 7 before.
    pub wau: Trend,
    /// Active users of 30 days; the 30 before.
    pub mau: Trend,
}

/// A figure of the period up to and including today.
#[derive(Debug, Clone, Copy)]
pub struct Trend {
    /// What it is.
    pub now: i64,
    /// What it was in as many days before; `None` where nobody knows.
    pub before: Option<i64>,
}

/// How much more or less that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// With its sign (`+12`), for whoever sees it below its number.
    pub(crate) signed: String,
    /// In words, for whoever has it read out.
    pub(crate) words: String,
}

impl Trend {
    /// `before` says what it is compared with, in words; `None` where that is not known.
    pub(super) fn change(self, text: &Text, before: &str) -> Option<Change> {
        let more = self.now - self.before?;
        let count = more.abs();
        let (sign, words) = match more.cmp(&0) {
            Ordering::Greater => ("+", text.figures_more(before, count)),
            // The sign that is as wide as a plus.
            Ordering::Less => ("\u{2212}", text.figures_fewer(before, count)),
            Ordering::Equal => ("±", text.figures_as_many(before)),
        };
        Some(Change { signed: format!("{sign}{}", text.number(count)), words })
    }
}

#[cfg(test)]
mod tests {
    use kiavi_base::Locale;

    use super::*;

    #[test]
    fn a_change_has_a_sign_and_says_in_words_against_what() {
        let text = Text::of(Locale::En);
        let told = |now, before| {
            let change = Trend { now, before }.change(text, &text.figures_before_7());
            change.map(|Change { signed, words }| (signed, words))
        };
        let owned = |signed: &str, words: &str| Some((signed.to_owned(), words.to_owned()));
        assert_eq!(told(1_240, Some(40)), owned("+1,200", "1,200 more than in the 7 days before"));
        assert_eq!(told(2, Some(5)), owned("\u{2212}3", "3 fewer than in the 7 days before"));
        assert_eq!(told(5, Some(5)), owned("±0", "as many as in the 7 days before"));
        assert_eq!(told(5, None), None);
    }
}
