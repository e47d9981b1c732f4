//! A browser and its system in words, from the `User-Agent` header. Only for showing: nothing is decided by it.

use crate::text::Text;

/// The part of a header that is looked at, in characters.
const LONGEST_HEADER: usize = 512;

/// Marks of browsers; the first that matches wins, since most browsers also claim to be Chrome and Safari.
const BROWSERS: [(&str, &str); 12] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];

/// Marks of systems, the more exact first.
const SYSTEMS: [(&str, &str); 9] = [
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Mac OS X", "macOS"),
    ("FreeBSD", "FreeBSD"),
    ("Linux", "Linux"),
];

/// "Firefox on Windows", or as much as is known.
pub(crate) fn words(text: &Text, user_agent: Option<&str>) -> String {
    let header = shortened(user_agent.unwrap_or_default());
    match (find(&BROWSERS, header), find(&SYSTEMS, header)) {
        (Some(browser), Some(system)) => text.device_on(browser, system),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => text.device_unknown(),
    }
}

/// Whether it is carried in a hand.
pub(crate) fn is_handheld(user_agent: Option<&str>) -> bool {
    let header = shortened(user_agent.unwrap_or_default());
    matches!(find(&SYSTEMS, header), Some("iOS" | "iPadOS" | "Android"))
}

fn find(marks: &[(&str, &'static str)], header: &str) -> Option<&'static str> {
    marks.iter().find(|(mark, _)| header.contains(mark)).map(|(_, name)| *name)
}

fn shortened(header: &str) -> &str {
    header.char_indices().nth(LONGEST_HEADER).map_or(header, |(end, _)| &header[..end])
}

#[cfg(test)]
mod tests {
    use kiavi_base::Locale;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn common_browsers_are_named() {
        for (header, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
                "Safari on iOS",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
                "Edge on macOS",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("curl/8.5.0", "curl"),
            ("", "Unknown device"),
        ] {
            assert_eq!(words(Text::of(Locale::En), Some(header)), expected);
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(header in ".{0,1000}") {
            words(Text::of(Locale::En), Some(&header));
            is_handheld(Some(&header));
        }
    }
}
