//! The languages that pages and mails speak.

/// A language the product is translated into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Locale {
    /// English, the fallback.
    #[default]
    En,
    /// French.
    Fr,
    /// German.
    De,
    /// Dutch.
    Nl,
    /// Spanish.
    Es,
    /// Italian.
    It,
}

impl Locale {
    /// Every language, the fallback first.
    pub const ALL: [Self; 6] = [Self::En, Self::Fr, Self::De, Self::Nl, Self::Es, Self::It];

    /// The BCP 47 tag, as in `<html lang>`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
            Self::De => "de",
            Self::Nl => "nl",
            Self::Es => "es",
            Self::It => "it",
        }
    }

    /// The language of a BCP 47 tag, by its primary subtag: `de-AT` is German.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(primary))
    }

    /// The language an `Accept-Language` header prefers most (RFC 9110 §12.5.4): highest quality first, order
    /// in the header among equals; a quality of 0 excludes. English when it names none of ours.
    pub fn negotiate(accept_language: &str) -> Self {
        Self::preferred(accept_language, &Self::ALL).unwrap_or(Self::En)
    }

    /// The same among some of our languages; `None` when it names none of those.
    pub fn preferred(accept_language: &str, offered: &[Self]) -> Option<Self> {
        let mut best: Option<(Self, u16)> = None;
        for range in accept_language.split(',').take(32) {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default();
            let quality = parts.find_map(|p| p.strip_prefix("q=")).map_or(1000, milli_quality);
            if let Some(locale) = Self::from_tag(tag).filter(|locale| offered.contains(locale))
                && quality > best.map_or(0, |(_, q)| q)
            {
                best = Some((locale, quality));
            }
        }
        best.map(|(locale, _)| locale)
    }
}

/// A `qvalue` (RFC 9110 §12.4.2) in thousandths; what is malformed counts as 0.
fn milli_quality(text: &str) -> u16 {
    match text.parse::<f32>() {
        // The range check makes the cast exact: at most 1000.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Ok(quality) if (0.0..=1.0).contains(&quality) => (quality * 1000.0) as u16,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_header_decides() {
        for (header, expected) in [
            ("", Locale::En),
            ("de-AT,de;q=0.9,en;q=0.8", Locale::De),
            ("pl,it;q=0.5", Locale::It),
            ("en;q=0.1, fr;q=0.9", Locale::Fr),
            ("fr;q=0, nl;q=0.1", Locale::Nl),
            ("xx", Locale::En),
        ] {
            assert_eq!(Locale::negotiate(header), expected, "{header}");
        }
    }

    #[test]
    fn only_what_is_offered_is_preferred() {
        let offered = [Locale::De, Locale::Nl];
        assert_eq!(Locale::preferred("fr, nl;q=0.5, de;q=0.1", &offered), Some(Locale::Nl));
        assert_eq!(Locale::preferred("fr, en;q=0.5", &offered), None);
    }

    proptest! {
        #[test]
        fn no_header_panics(header in ".{0,200}") {
            Locale::negotiate(&header);
        }
    }
}
