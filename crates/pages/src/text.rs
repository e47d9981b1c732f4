//! The words of one language: each message is a method whose arguments are its variables.

use std::fmt::Display;
use std::sync::OnceLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use kiavi_base::Locale;

/// The messages of a language, ready to format.
pub(crate) struct Text {
    locale: Locale,
    bundle: FluentBundle<FluentResource>,
}

impl Text {
    /// The words of a language, parsed at first use: most processes speak one or two.
    pub(crate) fn of(locale: Locale) -> &'static Self {
        static TEXTS: [OnceLock<Text>; Locale::ALL.len()] = [const { OnceLock::new() }; Locale::ALL.len()];
        TEXTS[locale as usize].get_or_init(|| Self::parse(locale))
    }

    fn parse(locale: Locale) -> Self {
        let source = match locale {
            Locale::En => include_str!("../locales/en.ftl"),
            Locale::Fr => include_str!("../locales/fr.ftl"),
            Locale::De => include_str!("../locales/de.ftl"),
            Locale::Nl => include_str!("../locales/nl.ftl"),
            Locale::Es => include_str!("../locales/es.ftl"),
            Locale::It => include_str!("../locales/it.ftl"),
        };
        let mut bundle = FluentBundle::new_concurrent(vec![locale.tag().parse().unwrap_or_default()]);
        // Isolation marks would end up in mail subjects and in copied text; all our languages run left to right.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(match locale {
            Locale::En => |value, _| grouped(Locale::En, value),
            Locale::Fr => |value, _| grouped(Locale::Fr, value),
            Locale::De => |value, _| grouped(Locale::De, value),
            Locale::Nl => |value, _| grouped(Locale::Nl, value),
            Locale::Es => |value, _| grouped(Locale::Es, value),
            Locale::It => |value, _| grouped(Locale::It, value),
        }));
        // The build has parsed each file without an error.
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
        Self { locale, bundle }
    }

    /// A count as the language writes it: `3,000`.
    pub(crate) fn number(&self, count: impl Display) -> String {
        group(self.locale, &count.to_string())
    }

    /// A number with one decimal as the language writes it, from its tenths: `3.4`.
    pub(crate) fn tenths(&self, tenths: i128) -> String {
        let point = if self.locale == Locale::En { '.' } else { ',' };
        format!("{}{point}{}", self.number(tenths / 10), tenths % 10)
    }

    fn format<const N: usize>(&self, key: &str, arguments: [(&'static str, FluentValue<'_>); N]) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let arguments: FluentArgs<'_> = arguments.into_iter().collect();
        self.bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
    }
}

/// A count as a language writes it, in mails and on pages.
pub fn number(locale: Locale, count: u32) -> String {
    Text::of(locale).number(count)
}

/// What stands between thousands (CLDR 48, `symbols/group`), and from how many digits on there is something
/// (`minimumGroupingDigits`: Spanish and Italian leave four digits together).
fn group(locale: Locale, digits: &str) -> String {
    let (separator, from) = match locale {
        Locale::En => (',', 4),
        Locale::Fr => ('\u{202f}', 4),
        Locale::De | Locale::Nl => ('.', 4),
        Locale::Es | Locale::It => ('.', 5),
    };
    if digits.len() < from || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits.to_owned();
    }
    let mut out = String::with_capacity(digits.len() + digits.len() / 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

/// How a message writes its numbers.
fn grouped(locale: Locale, value: &FluentValue<'_>) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    Some(group(locale, &number.as_string()))
}

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_plural_rules_of_the_language() {
        assert_eq!(Text::of(Locale::En).time_days_ago(1), "1 day ago");
        assert_eq!(Text::of(Locale::En).time_days_ago(2), "2 days ago");
        assert_eq!(Text::of(Locale::De).time_days_ago(2), "vor 2 Tagen");
        assert_eq!(Text::of(Locale::Fr).time_days_ago(1), "il y a 1 jour");
    }

    #[test]
    fn numbers_are_grouped_as_the_language_has_it() {
        let people = |locale| Text::of(locale).users_count(12_345);
        assert_eq!(people(Locale::En), "12,345 people");
        for (locale, three, five) in [
            (Locale::En, "3,000", "12,345"),
            (Locale::Fr, "3\u{202f}000", "12\u{202f}345"),
            (Locale::De, "3.000", "12.345"),
            (Locale::Nl, "3.000", "12.345"),
            (Locale::Es, "3000", "12.345"),
            (Locale::It, "3000", "12.345"),
        ] {
            let text = Text::of(locale);
            assert_eq!((text.number(3000).as_str(), text.number(12_345).as_str()), (three, five));
            assert!(people(locale).starts_with(five), "{}", people(locale));
            assert_eq!(text.number(1_234_567).chars().filter(|c| !c.is_ascii_digit()).count(), 2);
            assert_eq!((text.number(999), text.number(-1)), ("999".into(), "-1".into()));
        }
        assert_eq!(
            (Text::of(Locale::En).tenths(34), Text::of(Locale::De).tenths(123_456)),
            ("3.4".into(), "12.345,6".into())
        );
    }

    /// The French set a space before double marks and inside guillemets, at which no line may break (Lexique des règles
    /// typographiques en usage à l'Imprimerie nationale); the same goes for a German ellipsis and for a per cent sign.
    #[test]
    fn no_line_begins_with_a_mark() {
        for (source, marks) in [
            (include_str!("../locales/fr.ftl"), [" ;", " ?", " !", " »", "« ", " %"].as_slice()),
            (include_str!("../locales/de.ftl"), &[" …", " %"]),
            (include_str!("../locales/es.ftl"), &[" %"]),
        ] {
            let words = source.lines().filter(|line| !line.starts_with('#'));
            for line in words.filter(|line| !line.ends_with("->")) {
                assert!(marks.iter().all(|mark| !line.contains(mark)), "{line}");
            }
        }
        let french = include_str!("../locales/fr.ftl").lines().filter(|line| !line.starts_with('#'));
        for line in french {
            assert!(!line.contains(" : ") && !line.ends_with(" :"), "{line}");
        }
    }

    #[test]
    fn every_language_has_its_own_words() {
        let titles: std::collections::HashSet<_> =
            Locale::ALL.map(|locale| Text::of(locale).passkey_sign_in()).into_iter().collect();
        assert_eq!(titles.len(), Locale::ALL.len());
    }
}
