//! The words of one language: each message is a method whose arguments are its variables.

use std::sync::OnceLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use kiavi_base::Locale;

/// The messages of a language, ready to format.
pub(crate) struct Text {
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
        // The build has parsed each file without an error.
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
        Self { bundle }
    }

    fn format<const N: usize>(&self, key: &str, arguments: [(&'static str, FluentValue<'_>); N]) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let arguments: FluentArgs<'_> = arguments.into_iter().collect();
        self.bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
    }
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
    fn every_language_has_its_own_words() {
        let titles: std::collections::HashSet<_> =
            Locale::ALL.map(|locale| Text::of(locale).passkey_sign_in()).into_iter().collect();
        assert_eq!(titles.len(), Locale::ALL.len());
    }
}
