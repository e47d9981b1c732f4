//! What every page carries around its content.

use std::sync::Arc;

use jiff::Timestamp;
use kiavi_base::Locale;

use crate::{Brand, asset_url, text::Text, when};

/// The language, the names and the address of a page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The language of the page.
    pub locale: Locale,
    /// The name that people know the application by: the tenant's, or the product's on its own pages.
    pub app: String,
    /// The path of this page, with a query where the page is nothing without; a language is chosen with `lang=`
    /// behind it.
    pub path: String,
    /// Who acts as whom, where the visitor is not whom they are signed in as. It is told on top of the page.
    pub acting: Option<Acting>,
    /// How the pages look: the tenant's way, or ours on our own pages.
    pub brand: Arc<Brand>,
    /// Whether it is a page of our own, not of a tenant.
    pub is_ours: bool,
}

/// An administrator, or a member of the workspace, who acts as a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting {
    /// The user's e-mail address.
    pub user: String,
    /// The administrator or member: an e-mail address, or an operator's name.
    pub by: String,
    /// When it ends at the latest.
    pub until: Timestamp,
}

impl Acting {
    pub(crate) fn words(&self, text: &Text) -> String {
        let (_, time) = when::utc(text, self.until);
        text.acting_as(&self.by, &time, &self.user)
    }
}

impl Frame {
    /// What a language calls itself.
    pub(crate) const LANGUAGES: [(Locale, &'static str); Locale::ALL.len()] = [
        (Locale::En, "English"),
        (Locale::Fr, "Français"),
        (Locale::De, "Deutsch"),
        (Locale::Nl, "Nederlands"),
        (Locale::Es, "Español"),
        (Locale::It, "Italiano"),
    ];

    pub(crate) fn text(&self) -> &'static Text {
        Text::of(self.locale)
    }

    /// A page of our own, not of a tenant.
    pub fn ours(locale: Locale, path: String) -> Self {
        Self { locale, app: "Kiavi".to_owned(), path, acting: None, brand: Arc::default(), is_ours: true }
    }

    /// The languages that the page may be read in, where there is a choice.
    pub(crate) fn languages(&self) -> Vec<(Locale, &'static str)> {
        let offered = self.brand.languages();
        let is_offered = |(locale, _): &(Locale, &str)| offered.len() > 1 && offered.contains(locale);
        Self::LANGUAGES.into_iter().filter(is_offered).collect()
    }

    pub(crate) fn language(&self) -> &'static str {
        Self::LANGUAGES.iter().find(|(locale, _)| *locale == self.locale).map_or("", |(_, name)| name)
    }

    /// Where this page is in another language.
    pub(crate) fn in_language(&self, locale: &Locale) -> String {
        let mark = if self.path.contains('?') { '&' } else { '?' };
        format!("{}{mark}lang={}", self.path, locale.tag())
    }

    pub(crate) fn asset(&self, name: &str) -> String {
        asset_url(name)
    }

    /// The letter in the mark: the first of the application's name.
    pub(crate) fn initial(&self) -> String {
        let first = self.app.chars().find(|c| c.is_alphanumeric()).unwrap_or('•');
        first.to_uppercase().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_shows_the_first_letter() {
        for (app, initial) in [("demo", "D"), ("", "•"), (" <b>", "B"), ("éclair", "É")] {
            let frame = Frame { app: app.to_owned(), ..Frame::ours(Locale::En, "/".to_owned()) };
            assert_eq!(frame.initial(), initial);
        }
    }
}
